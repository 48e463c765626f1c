//! Several processes write one `.safetensors` file, each its own byte ranges. The result is the file
//! that a single process writes. A process that is killed can be restarted alone, and goes on where it
//! stopped.
//!
//! ```text
//! cargo run --release -p processes                       # all of it, by four processes
//!
//! cargo run --release -p processes -- prepare            # or step by step, on any machines
//! cargo run --release -p processes -- rank 0             # that share the disk
//! cargo run --release -p processes -- rank 1             # .. and so on
//! cargo run --release -p processes -- check
//!
//! cargo run --release -p processes -- --pause 500        # or slowly: kill one of them
//! cargo run --release -p processes                       # and write what is missing
//! ```
//!
//! The processes do not communicate: values depend only on the seed, the tensor's name and the
//! element's index. A rank that is started twice writes the same bytes twice.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use processes::layout;
use processes::rank::{Done, MOST_RANKS, Plan};
use serde_json::{Value, json};

/// Initialises a model by several processes that write one file.
#[derive(Debug, Parser)]
#[command(name = "processes")]
struct Args {
    /// The file to write; the ledgers of the ranks are beside it
    #[arg(long, value_name = "FILE", default_value = "processes.safetensors", global = true)]
    out: PathBuf,

    /// How many processes there are
    #[arg(long, value_name = "N", default_value_t = 4, global = true,
        value_parser = clap::value_parser!(u16).range(1..=MOST_RANKS as i64))]
    ranks: u16,

    /// The seed of all values
    #[arg(long, value_name = "N", default_value_t = 0, global = true)]
    seed: u64,

    /// Layers of the model
    #[arg(long, value_name = "N", default_value_t = 4, global = true)]
    layers: u16,

    /// Width of the model
    #[arg(long, value_name = "N", default_value_t = 512, global = true)]
    width: u16,

    /// Milliseconds that a rank rests after each piece, so that there is time to kill it
    #[arg(long, value_name = "MS", default_value_t = 0, global = true)]
    pause: u64,

    #[command(subcommand)]
    step: Option<Step>,
}

/// A single step; without a subcommand all steps run, as far as they are not done yet.
#[derive(Clone, Copy, Debug, Subcommand)]
enum Step {
    /// Make the file, without data
    Prepare,
    /// Write what is missing of a rank's part
    Rank {
        /// The rank's number, from 0
        rank: u16,
    },
    /// Compare the file with what a single process writes
    Check,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(report) => {
            println!("{report:#}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<Value, String> {
    let plan = Plan {
        out: args.out.clone(),
        layout: layout::layout(args.layers.into(), args.width.into()),
        seed: args.seed,
        ranks: args.ranks.into(),
        pause: Duration::from_millis(args.pause),
    };
    match args.step {
        Some(Step::Prepare) => plan.prepare().map(|()| json!({"bytes": plan.layout.bytes})),
        Some(Step::Rank { rank }) if rank >= args.ranks => {
            Err(format!("rank {rank}: there are {} ranks, from 0", args.ranks))
        }
        Some(Step::Rank { rank }) => plan.rank(rank.into()).map(|done| json!(done)),
        Some(Step::Check) => plan.check().map(|hash| json!({"xxh3_128": hash})),
        None => all(&plan),
    }
}

/// Prepares the file unless an earlier run has, runs the ranks and checks what they have written.
fn all(plan: &Plan) -> Result<Value, String> {
    if !plan.out.exists() {
        plan.prepare()?;
    }
    (0..plan.ranks).try_for_each(|rank| plan.found(rank).map(drop))?;
    let started = Instant::now();
    let children: Vec<Child> = (0..plan.ranks).map(start).collect::<Result<_, _>>()?;
    let done: Vec<_> = children.into_iter().enumerate().map(finish).collect();
    let seconds = started.elapsed().as_secs_f64();
    // All processes have ended before the first failure is reported.
    let done = done.into_iter().collect::<Result<Vec<_>, _>>()?;
    let hash = plan.check()?;
    let (out, bytes) = (plan.out.display().to_string(), plan.layout.bytes);
    Ok(json!({"file": out, "bytes": bytes, "xxh3_128": hash, "seconds": seconds, "ranks": done}))
}

/// Starts a rank: this program with the same arguments.
fn start(rank: usize) -> Result<Child, String> {
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut command = Command::new(this);
    command.args(std::env::args_os().skip(1)).arg("rank").arg(rank.to_string());
    let child = command.stdout(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
    eprintln!("rank {rank}: process {}", child.id());
    Ok(child)
}

fn finish((rank, child): (usize, Child)) -> Result<Done, String> {
    let failed = |problem: &dyn Display| format!("rank {rank}: {problem}");
    let output = child.wait_with_output().map_err(|e| failed(&e))?;
    if !output.status.success() {
        return Err(failed(&format!("{}; run this again for what is missing", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| failed(&e))
}
