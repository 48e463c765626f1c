//! `seedbed generate`, `--help` and `--version`.

use std::fs;
use std::process::Command;

use crate::run;

#[test]
fn man_pages_and_completions_are_of_this_command() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("new");
    run(&["generate", out.to_str().unwrap()]).unwrap();
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    for name in ["seedbed.bash", "_seedbed", "seedbed.fish", "_seedbed.ps1", "seedbed.elv"] {
        let text = read(name);
        for word in ["inspect", "verify", "html"] {
            assert!(text.contains(word), "{name} {word}");
        }
    }
    assert!(read("seedbed.1").contains("seedbed new gpt2"));
    assert!(read("seedbed-inspect.1").contains("std sqrt(fan_in)"));
}

#[test]
fn help_has_examples_and_hides_what_packagers_call() {
    let program = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_seedbed")).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let help = program(&["--help"]);
    assert!(help.contains("Examples:") && !help.contains("generate"), "{help}");
    for command in ["verify", "inspect", "names"] {
        assert!(program(&[command, "--help"]).contains(&format!("\n  seedbed {command} ")));
    }
    assert_eq!(program(&["--version"]), format!("seedbed {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn exit_codes_tell_what_failed() {
    let code = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_seedbed")).args(args).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.is_empty(), output.status.success(), "{error}");
        output.status.code().unwrap()
    };
    assert_eq!(code(&["names", "torch"]), 0);
    assert_eq!(code(&["names", "torhc"]), 2);
    assert_eq!(code(&["inspect"]), 2);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("m.safetensors");
    let path = file.to_str().unwrap();
    assert_eq!(code(&["verify", path]), 2);
    let spec = r#"[{"name": "w", "shape": [9], "init": "torch.normal_"}]"#;
    fs::write(place.path().join("spec.json"), spec).unwrap();
    let spec = place.path().join("spec.json");
    assert_eq!(code(&["new", "--spec", spec.to_str().unwrap(), "--out", path]), 0);
    assert_eq!(code(&["verify", path]), 0);
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(code(&["verify", path]), 1);
}
