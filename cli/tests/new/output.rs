//! What the file holds, where it may be, and what the program leaves when it fails.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use safetensors::{Dtype, SafeTensors};
use seedbed::{Element, Seed};
use seedbed_cli::spec;
use seedbed_cli::spec::Entry;
use serde_json::{Value, json};

use crate::{PROGRAM, Place, data, good_named, input_error, mixed, parse, run, runtime_error};

#[test]
fn the_file_has_what_the_specification_says() {
    let place = Place::new(&mixed().to_string());
    place.run(&["--seed", "7"]).unwrap();
    assert_eq!(place.files(), ["out.safetensors", "spec.json"]);
    let file = fs::read(place.out()).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let entries = spec::from_file(&place.spec()).unwrap();
    assert_eq!(tensors.len(), entries.len());
    for entry in &entries {
        let tensor = tensors.tensor(&entry.name).unwrap();
        assert_eq!(tensor.shape(), entry.shape);
        let expected = match tensor.dtype() {
            Dtype::F32 => direct::<f32>(entry, |v| v.to_le_bytes().to_vec()),
            Dtype::F64 => direct::<f64>(entry, |v| v.to_le_bytes().to_vec()),
            Dtype::F16 => direct::<half::f16>(entry, |v| v.to_le_bytes().to_vec()),
            Dtype::BF16 => direct::<half::bf16>(entry, |v| v.to_le_bytes().to_vec()),
            other => panic!("{other:?}"),
        };
        assert!(tensor.data() == expected, "{}", entry.name);
        assert_eq!(tensor.dtype(), entry.dtype.unwrap_or(spec::Dtype::F32).into());
    }
}

/// The bytes of a tensor, filled without the program.
fn direct<T: Element>(entry: &Entry, bytes: impl Fn(T) -> Vec<u8>) -> Vec<u8> {
    let tensor = entry.init.initializer.for_shape::<T>(&entry.shape).unwrap();
    let mut values = vec![T::default(); entry.shape.iter().product()];
    tensor.fill(&mut values, &Seed::from(7).stream(&entry.name)).unwrap();
    values.into_iter().flat_map(bytes).collect()
}

#[test]
fn threads_change_nothing_and_the_seed_everything() {
    let place = Place::new(&mixed().to_string());
    let run = |more: &[&str]| {
        let report: Value = serde_json::from_str(&place.run(more).unwrap()).unwrap();
        (fs::read(place.out()).unwrap(), report)
    };
    let (file, report) = run(&["--json", "--threads", "1"]);
    let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(data(&file)));
    assert_eq!(report["hash"], json!({"algorithm": "XXH3-128", "value": hash}));
    for threads in ["2", "3"] {
        let (same, again) = run(&["--json", "--threads", threads]);
        assert!(same == file, "{threads} threads");
        assert_eq!(again["threads"].to_string(), threads);
        assert_eq!(again["hash"], report["hash"]);
        assert_eq!(again["distributions"], report["distributions"], "{threads} threads");
    }
    let (other, again) = run(&["--json", "--seed", "1"]);
    assert!(other.len() == file.len() && other != file);
    assert_ne!(again["hash"], report["hash"]);
}

#[test]
fn every_element_type() {
    for dtype in ["f32", "f16", "bf16", "f64"] {
        let place = Place::new(&mixed().to_string());
        let report = place.run(&["--dtype", dtype, "--json"]).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["distributions"][0]["dtype"], dtype);
        let file = fs::read(place.out()).unwrap();
        let tensors = SafeTensors::deserialize(&file).unwrap();
        let found = |name| format!("{:?}", tensors.tensor(name).unwrap().dtype()).to_lowercase();
        assert_eq!((found("he").as_str(), found("a").as_str()), (dtype, "f16"));
    }
}

#[test]
fn an_empty_model_is_a_file_without_tensors() {
    let place = Place::new("[]");
    place.run(&[]).unwrap();
    let file = fs::read(place.out()).unwrap();
    assert!(SafeTensors::deserialize(&file).unwrap().is_empty());
}

#[test]
fn an_output_that_cannot_be_is_refused() {
    let place = Place::new(&mixed().to_string());
    let (spec, dir) = (place.spec(), place.0.path().to_path_buf());
    let to = |out: &Path| run(&["--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let missing = runtime_error(to(&dir.join("missing").join("m.safetensors")));
    assert!(missing.contains("missing") && missing.contains("No such file"), "{missing}");
    assert!(input_error(to(&dir)).contains("not a regular file"));
    assert!(input_error(to(&spec)).contains("is the specification itself"));
    assert_eq!(place.files(), ["spec.json"]);
    let absent = input_error(run(&["--spec", "no-such.json", "--out", "x"]));
    assert!(absent.contains("no-such.json: No such file"), "{absent}");
}

#[cfg(unix)]
#[test]
fn only_a_new_name_or_a_regular_file_is_written() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    let place = Place::new(&json!([good_named("w")]).to_string());
    let (spec, dir) = (place.spec(), place.0.path().to_path_buf());
    let to = |out: &Path| run(&["--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let refused = |name: &str, message: &str| {
        let before = place.files();
        let printed = input_error(to(&dir.join(name)));
        assert!(printed.contains(name) && printed.contains(message), "{printed}");
        assert_eq!(place.files(), before);
    };
    symlink("nothing", dir.join("dangling")).unwrap();
    refused("dangling", "a link to nothing, which does not exist");
    symlink("/dev/null", dir.join("null")).unwrap();
    refused("null", "a device, not a regular file");
    assert!(dir.join("null").is_symlink());
    let pipe = Command::new("mkfifo").arg(dir.join("pipe")).status().unwrap();
    assert!(pipe.success());
    refused("pipe", "a pipe, not a regular file");
    let _listener = UnixListener::bind(dir.join("socket")).unwrap();
    refused("socket", "a socket, not a regular file");
    refused("new/", "not the name of a file");
    symlink(&dir, dir.join("directory")).unwrap();
    refused("directory", "a directory, not a regular file");
    // The pipe that /proc names in a form that is no path.
    let (_reader, writer) = std::io::pipe().unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&writer);
    let printed = input_error(to(Path::new(&format!("/proc/self/fd/{fd}"))));
    assert!(printed.contains("a pipe"), "{printed}");

    for link in ["loop", "through"] {
        let to_itself = if link == "loop" { "loop" } else { "spec.json/w" };
        symlink(to_itself, dir.join(link)).unwrap();
        runtime_error(to(&dir.join(link)));
        assert!(dir.join(link).is_symlink());
    }
}

#[cfg(unix)]
#[test]
fn an_existing_output_keeps_its_mode_and_a_read_only_one_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let place = Place::new(&json!([good_named("w")]).to_string());
    let mode = |mode| fs::set_permissions(place.out(), fs::Permissions::from_mode(mode)).unwrap();
    let link = place.0.path().join("link");
    symlink(place.out(), &link).unwrap();
    for bits in [0o600, 0o664, 0o755] {
        fs::write(place.out(), "older").unwrap();
        mode(bits);
        let out = link.to_str().unwrap();
        run(&["--spec", place.spec().to_str().unwrap(), "--out", out]).unwrap();
        assert_eq!(fs::metadata(place.out()).unwrap().permissions().mode() & 0o7777, bits);
        assert!(link.is_symlink() && fs::read(place.out()).unwrap() != b"older");
    }
    fs::write(place.out(), "older").unwrap();
    mode(0o444);
    assert!(input_error(place.run(&[])).contains("the file is read-only"));
    assert_eq!(fs::read(place.out()).unwrap(), b"older");
    assert_eq!(place.files(), ["link", "out.safetensors", "spec.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_failure_keeps_the_older_file() {
    let place = Place::new(&json!([good_named("w")]).to_string());
    place.run(&[]).unwrap();
    let older = fs::read(place.out()).unwrap();
    fs::write(place.spec(), mixed().to_string()).unwrap();
    // A limit on the length of files: the write that exceeds it fails, as on a full disk.
    let command =
        format!("trap '' XFSZ; ulimit -f 200; exec {PROGRAM} new {}", place.args(&[]).join(" "));
    let output = Command::new("bash").args(["-c", &command]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains("out.safetensors: File too large"), "{printed}");
    assert_eq!(fs::read(place.out()).unwrap(), older);
    assert_eq!(place.files(), ["out.safetensors", "spec.json"]);
}

#[cfg(unix)]
#[test]
fn a_killed_run_is_resumed() {
    use std::time::Duration;

    // Several tiles, some of them wide, and a matrix that is one.
    let entry = |name: &str, shape: Value, init: &str| json!({"name": name, "shape": shape, "init": {"class_name": init}});
    let place = Place::new(
        &json!([
            entry("a", json!([4000, 3001]), "keras.RandomNormal"),
            entry("b", json!([300, 200]), "keras.Orthogonal"),
            entry("c", json!([9_000_001]), "keras.RandomUniform"),
        ])
        .to_string(),
    );
    let read = |report: String| -> Value { serde_json::from_str(&report).unwrap() };
    let report = read(place.run(&["--json"]).unwrap());
    let whole = fs::read(place.out()).unwrap();
    fs::remove_file(place.out()).unwrap();

    let [partial, journal] = ["partial", "journal"]
        .map(|end| place.0.path().join(format!(".seedbed-out.safetensors-{end}")));
    let listed = || fs::metadata(&journal).map_or(0, |journal| journal.len());
    let kill = |args: &[&str], records: u64| {
        let mut child = Command::new(PROGRAM).arg("new").args(place.args(args)).spawn().unwrap();
        while listed() < 16 * (1 + records) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(100));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(partial.exists() && !place.out().exists(), "killed too late");
        listed() / 16 - 1
    };
    let first = kill(&["--threads", "1"], 3);
    let second = kill(&["--threads", "1", "--resume"], first + 3);
    assert!(second > first);
    // A tile that did not reach the disk, and a record that did in part.
    let written = SafeTensors::read_metadata(&whole).unwrap().0 + 8;
    let mut damaged = fs::read(&partial).unwrap();
    damaged[written + 5] ^= 1;
    // Nor did the header, which was written first.
    damaged[..written].fill(0);
    fs::write(&partial, damaged).unwrap();
    let records = fs::read(&journal).unwrap();
    fs::write(&journal, &records[..records.len() - 7]).unwrap();

    let resumed = read(place.run(&["--json", "--resume"]).unwrap());
    assert!(fs::read(place.out()).unwrap() == whole);
    for field in ["hash", "distributions", "parameters"] {
        assert_eq!(resumed[field], report[field], "{field}");
    }
    assert_eq!(place.files(), ["out.safetensors", "spec.json"]);
    // What is complete is read, not written.
    let modified = || fs::metadata(place.out()).unwrap().modified().unwrap();
    let before = modified();
    let again = read(place.run(&["--json", "--resume"]).unwrap());
    assert_eq!((modified(), &again["hash"]), (before, &report["hash"]));
    let other = input_error(place.run(&["--resume", "--seed", "1"]));
    assert!(other.contains("a file of another seed, rules, list or version"), "{other}");
    // What is left of another seed is not gone on with.
    fs::remove_file(place.out()).unwrap();
    kill(&["--threads", "1", "--seed", "1"], 3);
    place.run(&["--resume"]).unwrap();
    assert!(fs::read(place.out()).unwrap() == whole);
    // A run that was to replace a file of another seed.
    fs::remove_file(place.out()).unwrap();
    kill(&["--threads", "1", "--seed", "1"], 3);
    fs::write(place.out(), &whole).unwrap();
    let replaced = read(place.run(&["--resume", "--seed", "1", "--json"]).unwrap());
    assert!(fs::read(place.out()).unwrap() != whole);
    assert_ne!(replaced["hash"], report["hash"]);
}

#[test]
fn a_file_has_one_writer() {
    let place = Place::new(&mixed().to_string());
    let partial = place.0.path().join(".seedbed-out.safetensors-partial");
    let other = fs::File::create(&partial).unwrap();
    other.lock().unwrap();
    let refused = input_error(place.run(&[]));
    assert!(refused.ends_with("out.safetensors: another process is writing it"), "{refused}");
    assert!(partial.exists() && !place.out().exists());
    drop(other);
    place.run(&[]).unwrap();
    assert!(!partial.exists());
    assert_eq!(place.files(), ["out.safetensors", "spec.json"]);
}

#[test]
fn a_dry_run_shows_the_distributions_and_writes_nothing() {
    let place = Place::new(&mixed().to_string());
    let text = place.run(&["--dry-run"]).unwrap();
    assert!(text.contains("  normal ") && text.contains("[400, 300]"), "{text}");
    assert!(text.ends_with(" 1 file\n") && text.contains("16 tensors"), "{text}");
    let json: Value = serde_json::from_str(&place.run(&["--dry-run", "--json"]).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 16);
    assert_eq!(place.files(), ["spec.json"]);
}

#[test]
fn bad_usage_is_refused() {
    for args in [
        &[][..],
        &["gpt5"],
        &["gpt2", "resnet50"],
        &["gpt2", "--spec", "x.json"],
        &["gpt2", "--threads", "0"],
        &["gpt2", "--seed", "-1"],
        &["gpt2", "--dtype", "int8"],
        &["gpt2", "--fast"],
    ] {
        assert_eq!(parse(args).unwrap_err().exit_code(), 2, "{args:?}");
    }
}

#[test]
fn the_program_has_exit_codes_and_clean_output() {
    let run = |place: &Place, args: &[&str]| -> Output {
        Command::new(PROGRAM).current_dir(place.0.path()).arg("new").args(args).output().unwrap()
    };
    let good = Place::new(&json!([good_named("w")]).to_string());
    let done = run(&good, &["--spec", "spec.json", "--json"]);
    assert_eq!((done.status.code(), done.stderr.len()), (Some(0), 0), "{done:?}");
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&report["model"], &report["file"]), (&json!("spec"), &json!("spec.safetensors")));
    assert_eq!(good.files(), ["spec.json", "spec.safetensors"]);

    let failed = |args: &[&str], code: i32, message: &str| {
        let failed = run(&good, args);
        let printed = String::from_utf8(failed.stderr).unwrap();
        assert_eq!(failed.status.code(), Some(code), "{printed}");
        assert!(printed.starts_with("error: ") && printed.contains(message), "{printed}");
        assert!(failed.stdout.is_empty());
    };
    failed(&["--spec", "spec.json", "--out", "no/w"], 1, "no/w: No such file");
    failed(&["--spec", "spec.json", "--out", "."], 2, ".: a directory, not a regular file");
    failed(&["--spec", "none.json"], 2, "none.json: No such file");
    failed(&["gpt2", "--threads", "none"], 2, "--threads");
    fs::write(good.spec(), "[{}]").unwrap();
    failed(&["--spec", "spec.json"], 2, "spec.json: entry 1: the key `name` is missing");
    assert_eq!(good.files(), ["spec.json", "spec.safetensors"]);
}

/// On a file system of 256 KiB, which takes a namespace where anybody may mount.
#[test]
fn a_full_disk_is_reported_and_left_empty() {
    let place = Place::new(&mixed().to_string());
    let disk = place.0.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let script = r#"mount -t tmpfs -o size=256k none "$1" 2>&1 || exit 77
        "$2" new --spec "$3" --out "$1/w.safetensors" 2>&1; code=$?; ls -A "$1"; exit $code"#;
    let args = [disk, PROGRAM.into(), place.spec()];
    let run = Command::new("unshare").args(["-rm", "sh", "-c", script, "sh"]).args(args).output();
    let Some(run) = run.ok().filter(|run| run.status.code() == Some(1) || run.status.success())
    else {
        return eprintln!("skipped: no file system can be mounted");
    };
    let printed = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(1), "{printed}");
    assert!(printed.contains("w.safetensors: No space left on device"), "{printed}");
    assert_eq!(printed.lines().count(), 1, "{printed}");
}
