//! The commands `seedbed names`, `verify` and `inspect`.

mod generate;
mod inspect;
mod names;
mod verify;

use clap::Parser;
use seedbed_cli::commands;
use seedbed_cli::failure::Failure;

/// What the program prints for a command line.
fn run<S: AsRef<str>>(args: &[S]) -> Result<String, Failure> {
    let args = ["seedbed"].into_iter().chain(args.iter().map(AsRef::as_ref));
    let mut printed = Vec::new();
    commands::Args::try_parse_from(args).unwrap().run(&mut printed)?;
    Ok(String::from_utf8(printed).unwrap())
}

/// The message of a failure, with its exit code.
fn failure(failed: Result<String, Failure>) -> (u8, String) {
    let failure = failed.unwrap_err();
    (failure.code(), failure.to_string())
}
