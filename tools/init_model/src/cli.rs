//! The command line.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use rayon::ThreadPoolBuilder;
use seedbed::Seed;

use crate::failure::Failure;
use crate::models::Model;
use crate::plan;
use crate::report::{Report, Request};
use crate::spec::{self, Dtype, Entry};
use crate::write;

/// Initialises every weight of a model, reproducibly and in parallel, and writes a .safetensors
/// file.
///
/// The values depend on the seed, the tensors' names, shapes, element types and initializers, and
/// on nothing else: not on the number of threads, nor on the machine. The hash that is printed is
/// XXH3-128 of the file's data, which is everything after its header: little-endian values, tensor
/// after tensor in the file's order.
///
/// Exit codes: 0 done, 1 the disk or the machine failed, 2 bad usage or specification. The file is
/// complete or absent, and an existing one is replaced at the end; a run that is interrupted leaves
/// a directory .init_model-* beside it.
#[derive(Debug, Parser)]
#[command(name = "init_model")]
pub struct Args {
    /// The model
    #[arg(long, value_enum, default_value = "gpt2", conflicts_with = "spec")]
    pub model: Model,

    /// A model of your own, or `-` for standard input: a JSON array of {"name", "shape", "dtype"?,
    /// "init"}, where "init" is a name or {"class_name", "config"}, such as {"name": "fc.weight", "shape": [784, 128], "init": {"class_name":
    /// "keras.RandomNormal", "config": {"stddev": 0.02}}}
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,

    /// The file to write [default: the model's or the specification's name with .safetensors, in
    /// the current directory]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// The seed of all values
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// The element type, where a specification's entry states none: f32, f16, bf16 or f64, by any of
    /// their usual names (float32, half, bfloat16, double)
    #[arg(long, default_value = "f32")]
    pub dtype: Dtype,

    /// Threads, on which no value depends [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Print one JSON object in place of the report
    #[arg(long)]
    pub json: bool,
}

/// Does what `args` asks for and prints the report to `stdout`.
pub fn run(args: &Args, stdout: &mut impl Write) -> Result<(), Failure> {
    let started = Instant::now();
    let refuse = |message: String| Failure::Input(format!("{}: {message}", args.origin()));
    let entries = args.entries().map_err(refuse)?;
    let out = args.out()?;
    let plan = plan::plan(&entries, Seed::from(args.seed), args.dtype).map_err(refuse)?;

    let pool = ThreadPoolBuilder::new().num_threads(args.threads.map_or(0, usize::from)).build();
    let pool = pool.map_err(|e| Failure::Runtime(format!("cannot start threads: {e}")))?;
    let written = pool.install(|| write::write(&plan, &out))?;

    let request = Request {
        model: args.model(),
        file: out.display().to_string(),
        seed: args.seed,
        threads: pool.current_num_threads(),
    };
    print(&Report::new(request, &plan, &written, started.elapsed()), args.json, stdout)
}

fn print(report: &Report, json: bool, stdout: &mut impl Write) -> Result<(), Failure> {
    let text = if json {
        serde_json::to_string_pretty(report).expect("the report has string keys only") + "\n"
    } else {
        report.to_string()
    };
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // A closed pipe is no failure: the reader has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|e| Failure::Runtime(format!("cannot print the report: {e}"))),
    }
}

impl Args {
    /// Returns where the list of tensors comes from.
    fn origin(&self) -> String {
        match &self.spec {
            Some(file) if file == Path::new("-") => "standard input".into(),
            Some(file) => file.display().to_string(),
            None => self.model.name().into(),
        }
    }

    /// Returns the model's name.
    fn model(&self) -> String {
        if self.spec.as_deref() == Some(Path::new("-")) {
            return "stdin".into();
        }
        let stem = self.spec.as_ref().and_then(|file| file.file_stem());
        stem.map_or(self.model.name().into(), |stem| stem.to_string_lossy().into_owned())
    }

    /// Returns the tensors.
    fn entries(&self) -> Result<Vec<Entry>, String> {
        self.spec.as_ref().map_or_else(|| Ok(self.model.entries()), |file| spec::read(file))
    }

    /// Returns where the file goes: anywhere except onto the specification.
    fn out(&self) -> Result<PathBuf, Failure> {
        let named = || format!("{}.safetensors", self.model()).into();
        let out = self.out.clone().unwrap_or_else(named);
        let same = |spec: &PathBuf| Some(spec.canonicalize().ok()? == out.canonicalize().ok()?);
        match self.spec.as_ref().and_then(same) {
            Some(true) => {
                Err(Failure::Input(format!("{}: is the specification itself", out.display())))
            }
            _ => Ok(out),
        }
    }
}
