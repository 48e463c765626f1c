//! `seedbed new --like`: a checkpoint with the names, shapes and files of another.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ArgGroup;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use rayon::ThreadPool;
use serde_json::{Value, json};

use crate::checkpoint::{Checkpoint, INDEX};
use crate::commands::print;
use crate::failure::Failure;
use crate::like::files::{self, Output, Watch};
use crate::like::list::{self, Changes};
use crate::like::plan::{Plan, Recipes};
use crate::like::published::Published;
use crate::like::rank::Rank;
use crate::like::rules::Rules;
use crate::like::{beside, table};

/// What `--like` needs to know.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("recipes").args(["rules", "recipe", "depth_scaled"]))]
pub struct Args {
    /// A checkpoint with the names, shapes, types and files to write: a directory, a
    /// model.safetensors.index.json, a .safetensors file, or a JSON of headers such as {"fc.weight":
    /// {"dtype": "BF16", "shape": [784, 128]}}. Only headers are read; the weights need not be there
    #[arg(long, value_name = "PATH", requires = "out")]
    pub like: Option<PathBuf>,

    /// The headers of an index whose files are not there, as JSON
    #[arg(long, value_name = "FILE", requires = "like")]
    pub headers: Option<PathBuf>,

    /// Rules for all tensors: a JSON list of ["pattern", initializer], of which the first that matches a
    /// name holds; * stands for any characters. Quantised tensors take "file.Bits", or "file.Bytes",
    /// "file.Ramp" and "file.Values" with a "config" [default: norms and scales one, biases zero, all
    /// else normal with config.json's initializer_range or 0.02]
    #[arg(long, value_name = "FILE", requires = "like")]
    pub rules: Option<PathBuf>,

    /// The rules of a published model
    #[arg(long, value_enum, requires = "like")]
    pub recipe: Option<Published>,

    /// Divide weights that add to the residual stream by the root of twice the number of layers
    #[arg(long, requires = "like")]
    pub depth_scaled: bool,

    /// Split into files of at most this size, such as 5GB, by Hugging Face's names and with their index
    /// [default: the files of the source]
    #[arg(long, value_name = "SIZE", value_parser = list::size, requires = "like")]
    pub max_shard_size: Option<u64>,

    /// Keep the first K layers
    #[arg(long, value_name = "K", requires = "like",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub layers: Option<u32>,

    /// Write the files of process r of n, from 0, or `auto`: as torchrun, MPI or Slurm say. Processes need
    /// not know of each other
    #[arg(long, value_name = "r/n", requires = "like")]
    pub rank: Option<Rank>,

    /// Keep the files that are complete and of the same seed, rules and list
    #[arg(long, requires = "like")]
    pub resume: bool,

    /// Print every tensor with its distribution, and write nothing
    #[arg(long, requires = "like")]
    pub dry_run: bool,
}

/// What else of the command line matters.
pub struct Common<'a> {
    pub out: &'a Path,
    pub seed: u64,
    pub dtype: Option<safetensors::Dtype>,
    pub json: bool,
    pub pool: &'a ThreadPool,
}

/// Writes a checkpoint like the one at `like`.
pub fn run(
    args: &Args,
    like: &Path,
    common: &Common<'_>,
    stdout: &mut impl Write,
) -> Result<(), Failure> {
    let started = Instant::now();
    let source = Checkpoint::read(like, args.headers.as_deref())?;
    let refuse = |path: &Path, e: String| Failure::Input(format!("{}: {e}", path.display()));
    let changes = Changes {
        dtype: common.dtype,
        layers: args.layers.map(|layers| layers as usize),
        most: args.max_shard_size,
    };
    let config = beside::config(&source.directory)?;
    let shards = list::files(&source, changes).map_err(|e| refuse(like, e))?;
    let recipes = args.recipes()?;
    let plan = Plan::new(shards, &recipes, &config, common.seed).map_err(|e| refuse(like, e))?;
    for pattern in &plan.unused {
        eprintln!("warning: the rule {pattern:?} gives no tensor its values");
    }
    let outputs = (0..plan.shards.len()).map(|at| plan.output(at, common.out));
    let outputs = outputs.collect::<Result<Vec<_>, _>>().map_err(|e| refuse(like, e))?;
    if args.dry_run {
        let json = || serde_json::to_string_pretty(&table::json(&plan)).expect("string keys only");
        let text = if common.json { json() + "\n" } else { table::text(&plan) + &total(&plan) };
        return print(&text, stdout);
    }

    let target = Target { directory: common.out, rank: args.rank.unwrap_or(Rank::ONLY) };
    let kept = target.prepare(&source.directory, &outputs, args)?;
    let mine: Vec<Output> = target.mine(outputs, &kept);
    let progress = Progress::new(&mine);
    if target.rank.is_first() {
        let besides = beside::files(&source.directory);
        beside::copy(&besides, common.out, &config, changes)?;
    }
    common.pool.install(|| files::write(&mine, &progress))?;
    progress.bar.finish_and_clear();
    let complete = target.complete(&plan)?;
    let seconds = started.elapsed().as_secs_f64();
    print(&report(&plan, &mine, kept.len(), complete, seconds, common), stdout)
}

impl Args {
    fn recipes(&self) -> Result<Recipes, Failure> {
        Ok(match (&self.rules, self.recipe) {
            (Some(path), _) => {
                let refuse = |e: String| Failure::Input(format!("{}: {e}", path.display()));
                let text = fs::read_to_string(path).map_err(|e| refuse(e.to_string()))?;
                Recipes::Rules(Rules::parse(&text).map_err(refuse)?)
            }
            (None, Some(published)) => Recipes::Published(published),
            (None, None) => Recipes::Defaults { depth_scaled: self.depth_scaled },
        })
    }
}

/// Where files go, and which of them this process writes.
struct Target<'a> {
    directory: &'a Path,
    rank: Rank,
}

impl Target<'_> {
    /// Makes the directory, and returns the places of this process' files that an earlier run has
    /// completed.
    fn prepare(
        &self,
        source: &Path,
        outputs: &[Output],
        args: &Args,
    ) -> Result<Vec<usize>, Failure> {
        let refuse = |path: &Path, e: &str| Err(Failure::Input(format!("{}: {e}", path.display())));
        if self.directory.exists() && !self.directory.is_dir() {
            return refuse(self.directory, "not a directory, which --like writes");
        }
        fs::create_dir_all(self.directory).map_err(|e| Failure::at(self.directory, e))?;
        let source = if source.as_os_str().is_empty() { Path::new(".") } else { source };
        if source.canonicalize().is_ok_and(|s| self.directory.canonicalize().is_ok_and(|d| s == d))
        {
            return refuse(self.directory, "the directory of --like itself");
        }
        let entries = fs::read_dir(self.directory).map_err(|e| Failure::at(self.directory, e))?;
        for entry in entries {
            let path = entry.map_err(|e| Failure::at(self.directory, e))?.path();
            let other = path.extension().is_some_and(|extension| extension == "safetensors")
                && !outputs.iter().any(|output| output.path == path);
            if other {
                return refuse(
                    &path,
                    "a file that this checkpoint has not; choose another directory",
                );
            }
        }
        let mut kept = Vec::new();
        for (at, output) in outputs.iter().enumerate().filter(|(at, _)| self.rank.has(*at)) {
            if output.path.symlink_metadata().is_ok() && !args.resume {
                return refuse(&output.path, "exists; --resume keeps files that are complete");
            }
            if output.is_done()? {
                kept.push(at);
            }
        }
        Ok(kept)
    }

    fn mine(&self, outputs: Vec<Output>, kept: &[usize]) -> Vec<Output> {
        let outputs = outputs.into_iter().enumerate();
        let mine = outputs.filter(|(at, _)| self.rank.has(*at) && !kept.contains(at));
        mine.map(|(_, output)| output).collect()
    }

    /// Writes the index if all files are there: the last of several processes finds them. Returns whether
    /// they are.
    fn complete(&self, plan: &Plan) -> Result<bool, Failure> {
        let all = plan.shards.iter().all(|shard| self.directory.join(&shard.file).exists());
        if let Some(index) = plan.index().filter(|_| all) {
            files::write_whole(&self.directory.join(INDEX), index.as_bytes())?;
        }
        Ok(all)
    }
}

/// A bar on a terminal, and a line for each file elsewhere.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(outputs: &[Output]) -> Self {
        let bar = ProgressBar::new(outputs.iter().map(|output| output.length).sum());
        let style = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left {wide_msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
        Progress { bar }
    }
}

impl Watch for Progress {
    fn wrote(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn finished(&self, output: &Output) {
        let name = output.path.file_name().unwrap_or_default().to_string_lossy();
        if std::io::stderr().is_terminal() {
            self.bar.set_message(name.into_owned());
        } else {
            eprintln!("{name}: {}", HumanBytes(output.length));
        }
    }
}

fn total(plan: &Plan) -> String {
    let count = |number: u64, what: &str| {
        format!("{} {what}{}", HumanCount(number), if number == 1 { "" } else { "s" })
    };
    let tensors: usize = plan.shards.iter().map(|shard| shard.header.tensors.len()).sum();
    let parts =
        [(tensors as u64, "tensor"), (plan.parameters(), "element"), (plan.bytes(), "byte")];
    let files = count(plan.shards.len() as u64, "file");
    format!("{}, {files}\n", parts.map(|(number, what)| count(number, what)).join(", "))
}

fn report(
    plan: &Plan,
    written: &[Output],
    kept: usize,
    complete: bool,
    seconds: f64,
    common: &Common<'_>,
) -> String {
    let bytes: u64 = written.iter().map(|output| output.length).sum();
    let rate = bytes as f64 / 1e9 / seconds.max(1e-9);
    let (out, hash) = (common.out.display().to_string(), plan.provenance.hash());
    if common.json {
        let value: Value = json!({
            "directory": out,
            "seed": common.seed,
            "recipes_hash": hash,
            "parameters": plan.parameters(),
            "bytes": plan.bytes(),
            "files": plan.shards.len(),
            "written_files": written.len(),
            "written_bytes": bytes,
            "kept_files": kept,
            "complete": complete,
            "seconds": seconds,
            "gigabytes_per_second": rate,
            "threads": common.pool.current_num_threads(),
        });
        return serde_json::to_string_pretty(&value).expect("string keys only") + "\n";
    }
    let missing = if complete { "" } else { "; files of other ranks are missing" };
    format!(
        "{}seed {}, recipes {hash}\n{} of {} files written, {kept} kept: {} bytes in {seconds:.3} s, \
         {rate:.2} GB/s{missing}\n{out}\n",
        total(plan),
        common.seed,
        written.len(),
        plan.shards.len(),
        HumanCount(bytes),
    )
}
