//! `seedbed new`: the weights of a model, in a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ArgGroup;

use crate::checkpoint::Shard;
use crate::commands::like;
use crate::failure::Failure;
use crate::like::list;
use crate::models::Model;
use crate::plan::{self, Planned};
use crate::progress::Progress;
use crate::provenance::Provenance;
use crate::report::{Report, Request, Run};
use crate::spec::{self, Dtype, Entry};
use crate::target::target;
use crate::write::{self, Options, Output};

/// Initialise every weight of a model, reproducibly and in parallel, and write a .safetensors file
///
/// The values depend on the seed, the tensors' names, shapes, element types and initializers, and
/// on nothing else: not on the number of threads, nor on the machine. The hash that is printed is
/// XXH3-128 of the file's data, which is everything after its header: little-endian values, tensor
/// after tensor in the file's order.
///
/// The file is complete or absent, and an existing one is replaced at the end. A run that is killed leaves
/// two files .seedbed-* beside it, from which --resume goes on. Memory is 2 MiB a thread, and all of a matrix
/// that is orthogonal or sparse.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seedbed new gpt2                            write gpt2.safetensors
  seedbed new gpt2 --dtype bf16 --seed 7 --out w.safetensors
  seedbed new --spec model.json --json        your own list; a report for programs
  seedbed new --like DIR --dry-run            every tensor with its distribution
  seedbed new --like DIR --out NEW --hash     names, shapes and files of another checkpoint
  seedbed new --like DIR --out NEW --resume   go on after a kill
  srun -n 8 seedbed new --like DIR --out NEW --rank auto

Exit codes: 0 done, 1 the disk or the machine failed, 2 bad usage or input.")]
#[command(group = ArgGroup::new("list").args(["model", "spec", "like"]).required(true))]
pub struct Args {
    /// The model
    #[arg(value_enum)]
    pub model: Option<Model>,

    /// A model of your own, or `-` for standard input: a JSON array of {"name", "shape", "dtype"?,
    /// "init"}, where "init" is a name or {"class_name", "config"}, such as {"name": "fc.weight", "shape": [784, 128], "init": {"class_name":
    /// "keras.RandomNormal", "config": {"stddev": 0.02}}}
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,

    #[command(flatten)]
    pub like: like::Args,

    /// The file to write [default: the model's or the specification's name with .safetensors, in
    /// the current directory]; with --like the directory, which it needs
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// The seed of all values
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// The element type, where a specification's entry states none: f32, f16, bf16 or f64, by any of
    /// their usual names (float32, half, bfloat16, double) [default: f32]; with --like that of all
    /// floating-point tensors, also f8_e4m3 or f8_e5m2, or keep [default: keep]
    #[arg(long)]
    pub dtype: Option<list::Type>,

    /// Threads, on which no value depends [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Go on where a run that was killed has stopped: files that are complete and of the same seed, rules
    /// and list are kept, and so is what is written of the others
    #[arg(long)]
    pub resume: bool,

    /// Print every tensor with its distribution, and write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Print one JSON object in place of the report
    #[arg(long)]
    pub json: bool,
}

/// Does what `args` asks for and prints the report to `stdout`.
pub fn run(args: &Args, stdout: &mut impl Write) -> Result<(), Failure> {
    let started = Instant::now();
    if let Some(path) = &args.like.like {
        return args.like(path, stdout);
    }
    let source = Source::of(args);
    let refuse = |message: String| Failure::Input(format!("{}: {message}", source.origin()));
    let entries = source.entries().map_err(refuse)?;
    let out = args.out()?;
    let plan = plan::plan(&entries, args.seed, args.dtype()?).map_err(refuse)?;

    let provenance = Provenance::of(args.seed, &plan);
    if args.dry_run {
        return super::print(&like::dry_run(&whole(&plan, &provenance, &out), args.json), stdout);
    }

    let pool = super::pool(args.threads)?;
    let (path, permissions) = target(&out)?;
    let mut output = plan::output(&plan, &provenance, path).map_err(refuse)?;
    output.permissions = permissions;
    let outputs = [output];
    let complete = [args.resume && is_done(&outputs[0])?];
    let options = Options { resume: args.resume, hash: true };
    let progress = Progress::new(outputs[0].length, false);
    let written = pool.install(|| write::write(&outputs, &complete, options, &progress));
    drop(progress);
    let written = &written?;

    let request = Request {
        model: source.name(),
        file: out.display().to_string(),
        seed: args.seed,
        threads: pool.current_num_threads(),
    };
    let run = Run { written, total: started.elapsed() };
    let report = Report::new(request, &plan, &outputs[0], run);
    match args.json {
        true => super::print_json(&report, stdout),
        false => super::print(&report.to_string(), stdout),
    }
}

/// Whether the file is complete. One of other values is to be replaced if a run has begun to.
fn is_done(output: &Output) -> Result<bool, Failure> {
    match output.is_done() {
        Err(Failure::Input(_)) if write::is_begun(&output.path) => Ok(false),
        done => done,
    }
}

impl Args {
    /// Writes a checkpoint like another.
    fn like(&self, path: &Path, stdout: &mut impl Write) -> Result<(), Failure> {
        let common = like::Common {
            out: self.out.as_deref(),
            seed: self.seed,
            dtype: self.dtype.and_then(list::Type::changed),
            resume: self.resume,
            dry_run: self.dry_run,
            json: self.json,
            pool: &super::pool(self.threads)?,
        };
        like::run(&self.like, path, &common, stdout)
    }

    /// Returns the element type of entries that state none.
    fn dtype(&self) -> Result<Dtype, Failure> {
        match self.dtype {
            None => Ok(Dtype::F32),
            Some(list::Type::Real(dtype)) => Ok(dtype),
            Some(other) => Err(Failure::Input(format!("--dtype {other} is for --like only"))),
        }
    }

    /// Returns where the file goes: anywhere except onto the specification.
    fn out(&self) -> Result<PathBuf, Failure> {
        let named = || format!("{}.safetensors", Source::of(self).name()).into();
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

/// Returns a plan as that of a checkpoint of one file.
fn whole(plan: &[Planned], provenance: &Provenance, out: &Path) -> like::Plan {
    let recipes = plan::order(plan).into_iter().map(|at| plan[at].recipe.clone()).collect();
    let shard = Shard { file: out.display().to_string(), header: plan::header(plan) };
    like::Plan {
        shards: vec![shard],
        recipes: vec![recipes],
        provenance: provenance.clone(),
        unused: Vec::new(),
    }
}

/// Where the list of tensors comes from.
enum Source<'a> {
    Model(Model),
    StandardInput,
    File(&'a Path),
}

impl<'a> Source<'a> {
    fn of(args: &'a Args) -> Self {
        match &args.spec {
            Some(file) if file == Path::new("-") => Source::StandardInput,
            Some(file) => Source::File(file),
            None => Source::Model(
                args.model.expect("clap asks for a model, a specification or a checkpoint"),
            ),
        }
    }

    /// Returns the name in messages.
    fn origin(&self) -> String {
        match self {
            Source::Model(model) => model.name().into(),
            Source::StandardInput => "standard input".into(),
            Source::File(file) => file.display().to_string(),
        }
    }

    /// Returns the name of the model.
    fn name(&self) -> String {
        match self {
            Source::Model(model) => model.name().into(),
            Source::StandardInput => "stdin".into(),
            Source::File(file) => file.file_stem().unwrap_or_default().to_string_lossy().into(),
        }
    }

    /// Returns the tensors.
    fn entries(&self) -> Result<Vec<Entry>, String> {
        match self {
            Source::Model(model) => Ok(model.entries()),
            Source::StandardInput => spec::from_standard_input(),
            Source::File(file) => spec::from_file(file),
        }
    }
}
