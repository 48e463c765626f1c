//! `seedbed generate`, which packagers call: man pages and completions.

use std::fs;
use std::path::PathBuf;

use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;

use crate::failure::Failure;

/// Write man pages and the completions of all shells into a directory
#[derive(Debug, clap::Args)]

pub struct Args {
    /// The directory, which is made if it is not there
    pub out: PathBuf,
}

/// Does what `args` asks for.
pub fn run(args: &Args) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::at(&args.out, e);
    fs::create_dir_all(&args.out).map_err(failed)?;
    for shell in Shell::value_variants() {
        let mut command = super::Args::command();
        clap_complete::generate_to(*shell, &mut command, "seedbed", &args.out).map_err(failed)?;
    }
    clap_mangen::generate_to(super::Args::command(), &args.out).map_err(failed)
}
