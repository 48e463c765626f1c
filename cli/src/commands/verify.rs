//! `seedbed verify`: whether files have the values of their seed.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use indicatif::HumanCount;
use serde_json::json;

use crate::failure::Failure;
use crate::verify::{Verified, verify};

/// Make the values of files again and compare every byte
///
/// Reads the seed and the recipe of each tensor in the metadata that `seedbed new` writes, and names the
/// first byte that is not of them. Exit codes: 0 all bytes are the seed's, 1 a byte is not or the disk
/// failed, 2 the file does not say how its values are made.
///
/// Tensors are compared in parts of less than 1 MB, orthogonal and sparse matrices whole.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seedbed verify gpt2.safetensors
  seedbed verify checkpoint/           all files of its index, or all that are there")]
pub struct Args {
    /// A .safetensors file, an index, or a directory
    pub path: PathBuf,

    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Print one JSON object in place of the report
    #[arg(long)]
    pub json: bool,
}

/// Does what `args` asks for.
pub fn run(args: &Args, stdout: &mut impl Write) -> Result<(), Failure> {
    let files = super::pool(args.threads)?.install(|| verify(&args.path))?;
    match args.json {
        true => super::print_json(&json!({"verified": true, "files": files}), stdout),
        false => super::print(&text(&files), stdout),
    }
}

fn text(files: &[Verified]) -> String {
    let mut text = String::new();
    for Verified { file, seed, tensors, bytes, .. } in files {
        let (tensors, bytes) = (HumanCount(*tensors as u64), HumanCount(*bytes));
        let _ = writeln!(text, "{file}: {tensors} tensors, {bytes} bytes, all of seed {seed}");
    }
    text
}
