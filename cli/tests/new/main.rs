//! The command `seedbed new`: its file, its report, and what it does with bad input.

mod headers;
mod like;
mod lists;
mod models;
mod output;
mod published;
mod recipes;
mod report;
mod specification;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use safetensors::SafeTensors;
use seedbed_cli::commands::{self, new};
use seedbed_cli::failure::Failure;
use seedbed_cli::spec::Entry;
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_seedbed");

/// Several systems, ranks, distributions and element types, large enough for several threads.
fn mixed() -> Value {
    let entry = |name: &str, shape: Value, class_name: &str, config: Value| {
        let init = json!({"class_name": class_name, "config": config});
        json!({"name": name, "shape": shape, "init": init})
    };
    let mut entries = vec![
        entry("normal", json!([400, 300]), "keras.RandomNormal", json!({"stddev": 0.02})),
        entry("same distribution", json!([7]), "torch.normal_", json!({"mean": 0.0, "std": 0.02})),
        entry("uniform", json!([1, 99]), "torch.uniform_", json!({"a": -0.5, "b": 0.25})),
        entry("he", json!([64, 32, 3, 3]), "lasagne.HeNormal", json!({"gain": "relu"})),
        entry("glorot", json!([300, 200]), "keras.glorot_uniform", json!({})),
        entry("lecun", json!([300, 200]), "keras.lecun_normal", json!({})),
        entry("truncated", json!([70000]), "torch.trunc_normal_", json!({"std": 0.5, "a": 1.0})),
        entry("sparse", json!([100, 50]), "lasagne.Sparse", json!({"sparsity": 0.2})),
        entry("ones", json!([33]), "keras.Ones", json!({})),
        entry("scalar", json!([]), "keras.Constant", json!({"value": 0.1})),
        entry("empty", json!([5, 0, 3]), "torch.kaiming_normal_", json!({})),
        entry("orthogonal", json!([64, 48]), "keras.Orthogonal", json!({})),
    ];
    for (name, dtype) in [("a", "f16"), ("b", "bf16"), ("c", "f64"), ("d", "f32")] {
        let mut typed = entry(name, json!([1001]), "keras.RandomUniform", json!({}));
        typed["dtype"] = dtype.into();
        entries.push(typed);
    }
    entries.into()
}

/// An entry that is accepted.
fn good_named(name: &str) -> Value {
    json!({"name": name, "shape": [2], "init": {"class_name": "keras.Zeros", "config": {}}})
}

/// A directory with a specification in it.
struct Place(TempDir);

impl Place {
    fn new(spec: &str) -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        fs::write(place.spec(), spec).unwrap();
        place
    }

    fn spec(&self) -> PathBuf {
        self.0.path().join("spec.json")
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out.safetensors")
    }

    /// The command line for the specification and the output, and these arguments.
    fn args(&self, more: &[&str]) -> Vec<String> {
        let (spec, out) = (self.spec(), self.out());
        let fixed = ["--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()];
        fixed.iter().chain(more).map(|arg| arg.to_string()).collect()
    }

    /// What the program prints.
    fn run(&self, more: &[&str]) -> Result<String, Failure> {
        run(&self.args(more))
    }

    /// The names of its files.
    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The command line with these arguments.
fn command_line<S: AsRef<str>>(args: &[S]) -> impl Iterator<Item = &str> {
    ["seedbed", "new"].into_iter().chain(args.iter().map(AsRef::as_ref))
}

/// Reads a command line with these arguments.
fn parse(args: &[&str]) -> Result<new::Args, clap::Error> {
    match commands::Args::try_parse_from(command_line(args))?.command {
        commands::Command::New(args) => Ok(args),
        other => panic!("{other:?}"),
    }
}

fn run<S: AsRef<str>>(args: &[S]) -> Result<String, Failure> {
    let mut printed = Vec::new();
    commands::Args::try_parse_from(command_line(args)).unwrap().run(&mut printed)?;
    Ok(String::from_utf8(printed).unwrap())
}

/// The data of a file: what is after the header.
fn data(file: &[u8]) -> &[u8] {
    let (header, _) = SafeTensors::read_metadata(file).unwrap();
    &file[8 + header..]
}

/// The message of a failure that the input is to blame for.
fn input_error(failed: Result<String, Failure>) -> String {
    let failure = failed.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::from(2));
    failure.to_string()
}

/// The message of any other failure.
fn runtime_error(failed: Result<String, Failure>) -> String {
    let failure = failed.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::from(1));
    failure.to_string()
}

fn parameters(entries: &[Entry]) -> usize {
    entries.iter().map(|e| e.shape.iter().product::<usize>()).sum()
}

fn find<'a>(entries: &'a [Entry], name: &str) -> &'a Entry {
    entries.iter().find(|e| e.name == name).unwrap()
}
