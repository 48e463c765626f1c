//! `seedbed new --like`: a checkpoint with the names, shapes and files of another.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ArgGroup;
use indicatif::HumanCount;
use rayon::ThreadPool;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

use crate::checkpoint::{Checkpoint, INDEX};
use crate::commands::print;
use crate::failure::Failure;
use crate::like::list::{self, Changes};
pub use crate::like::plan::Plan;
use crate::like::plan::Recipes;
use crate::like::published::Published;
use crate::like::rank::Rank;
use crate::like::rules::Rules;
use crate::like::{beside, table};
use crate::progress::Progress;
use crate::write::{self, Done, Options, Output, Written};

/// What `--like` needs to know.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("recipes").args(["rules", "recipe", "depth_scaled"]))]
pub struct Args {
    /// A checkpoint with the names, shapes, types and files to write: a directory, a
    /// model.safetensors.index.json, a .safetensors file, or a JSON of headers such as {"fc.weight":
    /// {"dtype": "BF16", "shape": [784, 128]}}. Only headers are read; the weights need not be there
    #[arg(long, value_name = "PATH")]
    pub like: Option<PathBuf>,

    /// The headers of an index whose files are not there, as JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "spec"])]
    pub headers: Option<PathBuf>,

    /// Rules for all tensors: a JSON list of ["pattern", initializer], of which the first that matches a
    /// name holds; * stands for any characters. Quantised tensors take "file.Bits", or "file.Bytes",
    /// "file.Ramp" and "file.Values" with a "config" [default: norms and scales one, biases zero, all
    /// else normal with config.json's initializer_range or 0.02]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "spec"])]
    pub rules: Option<PathBuf>,

    /// The rules of a published model
    #[arg(long, value_enum, conflicts_with_all = ["model", "spec"])]
    pub recipe: Option<Published>,

    /// Divide weights that add to the residual stream by the root of twice the number of layers
    #[arg(long, conflicts_with_all = ["model", "spec"])]
    pub depth_scaled: bool,

    /// Split into files of at most this size, such as 5GB, by Hugging Face's names and with their index
    /// [default: the files of the source]
    #[arg(long, value_name = "SIZE", value_parser = list::size, conflicts_with_all = ["model", "spec"])]
    pub max_shard_size: Option<u64>,

    /// Keep the first K layers
    #[arg(long, value_name = "K", conflicts_with_all = ["model", "spec"],
        value_parser = clap::value_parser!(u32).range(1..))]
    pub layers: Option<u32>,

    /// Write the files of process r of n, from 0, or `auto`: as torchrun, MPI or Slurm say. Processes need
    /// not know of each other: whole files are shared out, so that each process has about as many bytes.
    /// Processes beyond the number of files have nothing to do; a smaller --max-shard-size makes more files
    #[arg(long, value_name = "r/n", conflicts_with_all = ["model", "spec"])]
    pub rank: Option<Rank>,

    /// Print the hash of each file, XXH3-128 of its data, which is everything after its header, and the hash
    /// of all, XXH3-128 of these lines. The report of a model or of a list of your own has it in any case
    #[arg(long, conflicts_with_all = ["model", "spec"])]
    pub hash: bool,
}

/// What else of the command line matters.
pub struct Common<'a> {
    pub out: Option<&'a Path>,
    pub seed: u64,
    pub dtype: Option<safetensors::Dtype>,
    pub resume: bool,
    pub dry_run: bool,
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
    let out = common.out.unwrap_or(Path::new(""));
    let outputs = (0..plan.shards.len()).map(|at| plan.output(at, out));
    let outputs = outputs.collect::<Result<Vec<_>, _>>().map_err(|e| refuse(like, e))?;
    if common.dry_run {
        return print(&dry_run(&plan, common.json), stdout);
    }
    if common.out.is_none() {
        return Err(Failure::Input("--like needs --out, the directory to write".into()));
    }

    let target = Target { directory: out, rank: args.rank.unwrap_or(Rank::ONLY) };
    let (mine, complete) = target.prepare(&source.directory, outputs, common.resume)?;
    if target.rank.is_first() {
        let besides = beside::files(&source.directory);
        beside::copy(&besides, out, &config, changes)?;
    }
    let options = Options { resume: common.resume, hash: args.hash };
    let lengths = mine.iter().zip(&complete).filter(|(_, complete)| args.hash || !**complete);
    let progress = Progress::new(lengths.map(|(output, _)| output.length).sum(), true);
    let written = common.pool.install(|| write::write(&mine, &complete, options, &progress));
    drop(progress);
    let done = Finished { outputs: &mine, complete: &complete, written: &written? };
    let all = target.complete(&plan)?;
    print(&report(&plan, &done, all, started.elapsed().as_secs_f64(), common), stdout)
}

/// Returns every tensor with its distribution.
pub fn dry_run(plan: &Plan, json: bool) -> String {
    match json {
        true => serde_json::to_string_pretty(&table::json(plan)).expect("string keys only") + "\n",
        false => table::text(plan),
    }
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
    /// Makes the directory, and returns the files of this process and which of them an earlier run has
    /// completed.
    fn prepare(
        &self,
        source: &Path,
        outputs: Vec<Output>,
        resume: bool,
    ) -> Result<(Vec<Output>, Vec<bool>), Failure> {
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
        let lengths: Vec<u64> = outputs.iter().map(|output| output.length).collect();
        let mine = outputs.into_iter().zip(self.rank.files(&lengths));
        let mine: Vec<Output> = mine.filter(|(_, mine)| *mine).map(|(output, _)| output).collect();
        let mut complete = Vec::new();
        for output in &mine {
            if output.path.symlink_metadata().is_ok() && !resume {
                return refuse(&output.path, "exists; --resume keeps files that are complete");
            }
            complete.push(output.is_done()?);
            if complete.ends_with(&[true]) {
                write::remove_leftovers(&output.path).map_err(|e| Failure::at(&output.path, e))?;
            }
        }
        Ok((mine, complete))
    }

    /// Writes the index if all files are there: the last of several processes finds them. Returns whether
    /// they are.
    fn complete(&self, plan: &Plan) -> Result<bool, Failure> {
        let all = plan.shards.iter().all(|shard| self.directory.join(&shard.file).exists());
        if let Some(index) = plan.index().filter(|_| all) {
            write::write_whole(&self.directory.join(INDEX), index.as_bytes())?;
        }
        Ok(all)
    }
}

/// What a run has done.
struct Finished<'a> {
    outputs: &'a [Output],
    complete: &'a [bool],
    written: &'a Written,
}

impl Finished<'_> {
    /// The files that were not there before.
    fn new_files(&self) -> impl Iterator<Item = (&Output, &Done)> {
        let files = self.outputs.iter().zip(&self.written.files).zip(self.complete);
        files.filter(|(_, complete)| !**complete).map(|(file, _)| file)
    }

    /// The hash of each file, by its name.
    fn hashes(&self) -> BTreeMap<String, String> {
        let files = self.outputs.iter().zip(&self.written.files);
        let hashes = files.filter_map(|(output, done)| {
            let name = output.path.file_name().unwrap_or_default().to_string_lossy();
            Some((name.into_owned(), format!("{:032x}", done.hash?)))
        });
        hashes.collect()
    }

    /// The hash of all files: of their lines.
    fn hash_of(hashes: &BTreeMap<String, String>) -> String {
        format!("{:032x}", xxh3_128(lines(hashes).as_bytes()))
    }
}

fn report(
    plan: &Plan,
    done: &Finished<'_>,
    all: bool,
    seconds: f64,
    common: &Common<'_>,
) -> String {
    let files = done.new_files().count();
    let bytes: u64 = done.new_files().map(|(output, _)| output.length).sum();
    let found: u64 = done.new_files().map(|(_, done)| done.kept).sum();
    let kept = done.outputs.len() - files;
    let rate = (bytes - found) as f64 / 1e9 / seconds.max(1e-9);
    let out = common.out.map(|out| out.display().to_string()).unwrap_or_default();
    let (hash, hashes) = (plan.provenance.hash(), done.hashes());
    if common.json {
        let mut value: Value = json!({
            "directory": out,
            "seed": common.seed,
            "recipes_hash": hash,
            "parameters": plan.parameters(),
            "bytes": plan.bytes(),
            "files": plan.shards.len(),
            "written_files": files,
            "written_bytes": bytes - found,
            "kept_files": kept,
            "kept_bytes": found,
            "complete": all,
            "seconds": seconds,
            "gigabytes_per_second": rate,
            "threads": common.pool.current_num_threads(),
        });
        if !hashes.is_empty() {
            value["hashes"] = json!({"algorithm": "XXH3-128", "files": hashes});
            if hashes.len() == plan.shards.len() {
                value["hashes"]["all"] = Finished::hash_of(&hashes).into();
            }
        }
        return serde_json::to_string_pretty(&value).expect("string keys only") + "\n";
    }
    let missing = if all { "" } else { "; files of other ranks are missing" };
    let unfinished = match found {
        0 => String::new(),
        found => format!(", {} bytes of unfinished files kept", HumanCount(found)),
    };
    let mut printed = lines(&hashes);
    if hashes.len() == plan.shards.len() {
        printed += &format!("{}  all files\n", Finished::hash_of(&hashes));
    }
    format!(
        "{}seed {}, recipes {hash}\n{files} of {} files written, {kept} kept{unfinished}: {} bytes in \
         {seconds:.3} s, {rate:.2} GB/s{missing}\n{printed}{out}\n",
        table::total(plan),
        common.seed,
        plan.shards.len(),
        HumanCount(bytes - found),
    )
}

/// Returns a line for the hash of each file, as the tool xxhsum prints them.
fn lines(hashes: &BTreeMap<String, String>) -> String {
    hashes.iter().map(|(file, hash)| format!("{hash}  {file}\n")).collect()
}
