//! The command line: one module for each subcommand.

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

pub mod new;

/// Makes files of random weights, the same for the same seed on every machine.
///
/// Exit codes: 0 done, 1 the disk or the machine failed, 2 bad usage or input.
#[derive(Debug, Parser)]
#[command(name = "seedbed", version)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    New(new::Args),
}

impl Args {
    /// Does what the command line asks for; a report goes to `stdout`.
    pub fn run(&self, stdout: &mut impl Write) -> Result<(), Failure> {
        match &self.command {
            Command::New(args) => new::run(args, stdout),
        }
    }
}
