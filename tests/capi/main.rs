//! The C interface, used by a C program that the system's compiler builds.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use half::bf16;
use seedbed::{Element, Error, Normal, Sample, Seed, Stream, TruncatedNormal, Uniform};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

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

/// Compiles the C program and returns what it prints. With `-Ofast` the program sets flush-to-zero
/// when it starts.
fn c_program(library: &Path, optimisation: &str) -> Vec<u8> {
    let program = library.join("seedbed_test");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .current_dir(ROOT)
        .arg(optimisation)
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-Iinclude", "tests/capi/seedbed_test.c"])
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-lseedbed", "-lpthread"]));
    run(&mut Command::new(program))
}

fn bytes<T: Element + bytemuck::NoUninit>(
    law: &impl Sample<T>,
    len: usize,
    stream: &Stream,
) -> Vec<u8> {
    bytemuck::cast_slice(&law.sample_vec(len, stream)).to_vec()
}

/// What the C program prints: its fills, one after the other.
fn expected() -> Result<Vec<Vec<u8>>, Error> {
    let stream = Seed::from(42).stream("encoder.é.weight").at(1000)?;
    let he_normal = seedbed::keras::he_normal(None);
    let he_normal = seedbed::Preset::resolve::<f32>(&he_normal, &[20, 50])?;
    Ok(vec![
        bytes::<f32>(&Uniform::new(-0.5, 0.5)?, 1000, &stream),
        bytes::<f64>(&Uniform::new(-0.5, 0.5)?, 1000, &stream),
        bytes::<bf16>(&Uniform::new(-0.5, 0.5)?, 1000, &stream),
        bytes::<f32>(&Normal::new(1.0, 0.02)?, 1000, &stream),
        bytes::<f64>(&Normal::new(1.0, 0.02)?, 1000, &stream),
        bytes::<bf16>(&Normal::new(1.0, 0.02)?, 1000, &stream),
        bytes::<f32>(&Normal::new(0.0, 1e-39)?, 1000, &stream),
        bytes::<f64>(&Normal::new(0.0, 1e-39)?, 1000, &stream),
        bytes::<bf16>(&Normal::new(0.0, 1e-39)?, 1000, &stream),
        bytes::<f32>(&TruncatedNormal::new(1.0, 0.02, -2.0, 2.0)?, 1000, &stream),
        bytes::<f64>(&TruncatedNormal::new(1.0, 0.02, -2.0, 2.0)?, 1000, &stream),
        bytes::<bf16>(&TruncatedNormal::new(1.0, 0.02, -2.0, 2.0)?, 1000, &stream),
        bytes::<f32>(&TruncatedNormal::absolute(1.0, 0.02, 0.9, 1.5)?, 1000, &stream),
        bytes::<f64>(&TruncatedNormal::absolute(1.0, 0.02, 0.9, 1.5)?, 1000, &stream),
        bytes::<bf16>(&TruncatedNormal::absolute(1.0, 0.02, 0.9, 1.5)?, 1000, &stream),
        bytemuck::cast_slice(&he_normal.to_vec(&stream.at(0)?)?).to_vec(),
    ])
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
    let header = include_str!("../../include/seedbed.h");
    let sources = [
        include_str!("../../src/capi/mod.rs"),
        include_str!("../../src/capi/fills.rs"),
        include_str!("../../src/capi/initialize.rs"),
    ];
    let mut functions = 0;
    for source in sources.iter().flat_map(|source| source.split("extern \"C\" fn ").skip(1)) {
        let name = source.split('(').next().unwrap();
        assert!(header.contains(&format!("{name}(")), "{name} is not in the header");
        functions += 1;
    }
    assert_eq!(functions, header.matches(");\n").count(), "the header has more");
}
