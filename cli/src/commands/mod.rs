//! The command line: one module for each subcommand.

use std::io::{self, Write};

use clap::{Parser, Subcommand};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use crate::failure::Failure;

pub mod generate;
pub mod inspect;
pub mod like;
pub mod names;
pub mod new;
pub mod verify;

/// Makes files of random weights, the same for the same seed on every machine, and looks into any.
///
/// Exit codes: 0 done, 1 the disk or the machine failed or a file is not of its seed, 2 bad usage or
/// input.
#[derive(Debug, Parser)]
#[command(name = "seedbed", version)]
#[command(after_help = "Examples:
  seedbed new gpt2                        write gpt2.safetensors
  seedbed new --like DIR --out NEW        names, shapes and files of another checkpoint
  seedbed verify gpt2.safetensors         compare every byte with its seed
  seedbed inspect DIR --html report.html  measure what is in any checkpoint
  seedbed names torch                     the initializers of torch.nn.init")]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    New(new::Args),
    Verify(verify::Args),
    Inspect(inspect::Args),
    Names(names::Args),
    #[command(hide = true)]
    Generate(generate::Args),
}

impl Args {
    /// Does what the command line asks for; a report goes to `stdout`.
    pub fn run(&self, stdout: &mut impl Write) -> Result<(), Failure> {
        match &self.command {
            Command::New(args) => new::run(args, stdout),
            Command::Verify(args) => verify::run(args, stdout),
            Command::Inspect(args) => inspect::run(args, stdout),
            Command::Names(args) => names::run(args, stdout),
            Command::Generate(args) => generate::run(args),
        }
    }
}

/// Starts threads, one for each processor unless a number is given.
fn pool(threads: Option<u16>) -> Result<ThreadPool, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(threads.map_or(0, usize::from)).build();
    pool.map_err(|e| Failure::Runtime(format!("cannot start threads: {e}")))
}

/// Prints a report.
fn print(text: &str, stdout: &mut impl Write) -> Result<(), Failure> {
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // A closed pipe is no failure: the reader has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|e| Failure::Runtime(format!("cannot print the report: {e}"))),
    }
}

/// Prints a report as JSON.
fn print_json(report: &impl Serialize, stdout: &mut impl Write) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report).expect("reports have string keys only");
    print(&(text + "\n"), stdout)
}
