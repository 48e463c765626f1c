//! `seedbed inspect`: what is in files.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::inspect::{Order, Text, html, inspect};
use crate::target::target;

/// Measure the values of any .safetensors file, ours or not, in one pass
///
/// Per tensor and per kind, which is the tensors whose names differ in numbers only: mean, standard
/// deviation, extremes, kurtosis, zeros, NaN, infinities and a histogram, and the gain, std
/// sqrt(fan_in), which is 1 where a layer keeps the variance of its input. What stands out is listed
/// first: values that are not finite, tensors of the same bytes (ties and accidental copies), tensors unlike
/// the others of their kind, and outliers. Integers and packed types are counted and compared only.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seedbed inspect model.safetensors
  seedbed inspect checkpoint/ --html report.html
  seedbed inspect gpt2.safetensors --layout in-out --tensors
  seedbed inspect checkpoint/ --json | jq '.findings[].what'")]
pub struct Args {
    /// A .safetensors file, an index, or a directory
    pub path: PathBuf,

    /// Write a page to look at, complete in this one file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Which axes of a weight are its inputs [default: in-out for names that end in `kernel`, else
    /// out-in]
    #[arg(long, value_enum)]
    pub layout: Option<Order>,

    /// List every tensor in place of every kind
    #[arg(long)]
    pub tensors: bool,

    /// Threads, on which no number depends [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Print one JSON object in place of the report
    #[arg(long, conflicts_with = "tensors")]
    pub json: bool,
}

/// Does what `args` asks for.
pub fn run(args: &Args, stdout: &mut impl Write) -> Result<(), Failure> {
    args.html.as_deref().map_or(Ok(()), check)?;
    let report = super::pool(args.threads)?.install(|| inspect(&args.path, args.layout))?;
    if let Some(out) = &args.html {
        write(out, &html::page(&report)).map_err(|e| Failure::at(out, e))?;
    }
    match args.json {
        true => super::print_json(&report, stdout),
        false => super::print(&Text { report: &report, all: args.tensors }.to_string(), stdout),
    }
}

/// Refuses a place for the page where a model may be.
fn check(out: &Path) -> Result<(), Failure> {
    let taken = ["safetensors", "json"];
    if out.extension().is_some_and(|extension| taken.iter().any(|taken| extension == *taken)) {
        let out = out.display();
        return Err(Failure::Input(format!("--html {out}: the page would take a model's place")));
    }
    target(out).map(drop)
}

/// Writes a file, complete or not at all.
fn write(out: &Path, text: &str) -> io::Result<()> {
    let directory = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // With the permissions of a new file; a temporary one is private to its owner.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    let mut file = tempfile::Builder::new().prefix(".seedbed-").make_in(directory, create)?;
    file.as_file_mut().write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(out).map(drop).map_err(|e| e.error)
}
