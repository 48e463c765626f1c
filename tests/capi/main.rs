//! The C interface, used by a C program that the system's compiler builds.
#![cfg(unix)]

#[cfg(feature = "serde")]
#[path = "../common/vectors.rs"]
mod file;
#[cfg(feature = "serde")]
mod vectors;

use std::path::{Path, PathBuf};
use std::process::Command;

use half::{bf16, f16};
use seedbed::{Element, Error, Normal, Sample, Seed, TruncatedNormal, Uniform};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const HEADER: &str = include_str!("../../include/seedbed.h");

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    output.stdout
}

/// Builds the shared object, without `orthogonal` to be quick, and returns its directory.
fn library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi");
    run(Command::new(env!("CARGO"))
        .current_dir(ROOT)
        .args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib", "--target-dir"])
        .arg(&target)
        // The features that it is about, whatever the test itself was built with.
        .args(["--no-default-features", "--features", "capi,rayon,serde"]));
    target.join("debug")
}

/// Runs the C program and returns what it prints. With `-Ofast` the program sets flush-to-zero
/// when it starts.
fn c_program(library: &Path, optimisation: &str) -> Vec<u8> {
    run(&mut Command::new(compiled(library, "seedbed_test", optimisation)))
}

/// Compiles a C program and returns its path.
fn compiled(library: &Path, name: &str, optimisation: &str) -> PathBuf {
    let program = library.join(name);
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .current_dir(ROOT)
        .arg(optimisation)
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-Iinclude"])
        .arg(format!("tests/capi/{name}.c"))
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-lseedbed", "-lpthread"]));
    program
}

/// The values of a distribution in each element type, in the C program's order.
macro_rules! in_each_type {
    ($distribution:expr) => {
        [
            bytes::<f32>(&$distribution?),
            bytes::<f64>(&$distribution?),
            bytes::<bf16>(&$distribution?),
            bytes::<f16>(&$distribution?),
        ]
    };
}

fn bytes<T: Element + bytemuck::NoUninit>(distribution: &impl Sample<T>) -> Vec<u8> {
    let stream = Seed::from(42).stream("encoder.é.weight").at(1000).unwrap();
    bytemuck::cast_slice(&distribution.sample_vec(1000, &stream)).to_vec()
}

/// Returns what the C program prints: its fills, one after the other.
fn expected() -> Result<Vec<Vec<u8>>, Error> {
    let mut printed = [
        in_each_type!(Uniform::new(-0.5, 0.5)),
        in_each_type!(Normal::new(1.0, 0.02)),
        in_each_type!(Normal::new(0.0, 1e-39)),
        in_each_type!(TruncatedNormal::new(1.0, 0.02, -2.0, 2.0)),
        in_each_type!(TruncatedNormal::absolute(1.0, 0.02, 0.9, 1.5)),
    ]
    .concat();
    let he_normal = seedbed::keras::he_normal();
    let he_normal = he_normal.for_shape::<f32>(&[20, 50])?;
    let stream = Seed::from(42).stream("encoder.é.weight");
    printed.push(bytemuck::cast_slice(&he_normal.to_vec(&stream)?).to_vec());
    Ok(printed)
}

#[test]
fn a_c_program_gets_the_values_of_rust_and_every_error() {
    let library = library();
    for optimisation in ["-O1", "-Ofast"] {
        let printed = c_program(&library, optimisation);
        let mut rest = printed.as_slice();
        for (i, fill) in expected().unwrap().iter().enumerate() {
            let (values, later) = rest.split_at_checked(fill.len()).expect("a fill is missing");
            assert!(values == fill, "fill {i} differs with {optimisation}");
            rest = later;
        }
        assert!(rest.is_empty());
    }
}

/// `.ci/header` compares the whole; this finds a function that was forgotten without a tool.
#[test]
fn the_header_declares_every_function() {
    let sources = [
        include_str!("../../src/capi/mod.rs"),
        include_str!("../../src/capi/fills.rs"),
        include_str!("../../src/capi/initialize.rs"),
    ];
    let mut functions = 0;
    for source in sources.iter().flat_map(|source| source.split("extern \"C\" fn ").skip(1)) {
        let name = source.split('(').next().unwrap();
        assert!(HEADER.contains(&format!("{name}(")), "{name} is not in the header");
        functions += 1;
    }
    assert_eq!(functions, HEADER.matches(");\n").count(), "the header has more");
}

#[cfg(feature = "serde")]
#[test]
fn the_initializers_in_the_header_exist() {
    let text: String = HEADER.lines().map(|line| line.trim_start_matches(" *")).collect();
    let examples = text.match_indices(r#"{"class_name"#).map(|(start, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
        values.next().unwrap().unwrap()
    });
    let examples: Vec<serde_json::Value> = examples.collect();
    assert!(!examples.is_empty());
    for example in examples {
        let initializer = seedbed::registry::from_json(&example);
        assert!(initializer.is_ok(), "{example}: {}", initializer.unwrap_err());
    }
}
