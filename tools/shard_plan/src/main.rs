//! Plans Llama 3.1 405B (405,853,388,800 parameters) over 1,024 ranks, then is some of those
//! ranks: fills all of their shards, of f32, and checks them against windows of the whole tensors.
//!
//! ```text
//! cargo run --release -p shard_plan
//! cargo run --release -p shard_plan -- --ranks-sampled 1024 --json
//! ```

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use seedbed::Seed;
use serde::Serialize;
use shard_plan::fill::{self, RankWork, Work};
use shard_plan::model::{self, Entry, FULLY_SHARDED, RANKS, TENSOR_PARALLEL};

/// Initialises shards of a model of 405 billion parameters as some of 1,024 ranks would.
#[derive(Debug, Parser)]
#[command(name = "shard_plan")]
struct Args {
    /// How many ranks are simulated in full, from the first to the last
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=RANKS as i64))]
    ranks_sampled: u16,

    /// The seed of all values
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Print one JSON object in place of the report
    #[arg(long)]
    json: bool,
}

/// What is reported.
#[derive(Serialize)]
struct Report {
    model: &'static str,
    tensors: usize,
    parameters: u64,
    ranks: usize,
    tensor_parallel: usize,
    fully_sharded: usize,
    /// Shards of all ranks, empty ones left out, and their elements.
    planned_shards: u64,
    planned_parameters: u64,
    threads: usize,
    sampled: Vec<RankWork>,
    /// All sampled ranks.
    rows: Work,
    columns: Work,
    /// Of filling, without the comparison.
    mean_seconds_per_rank: f64,
    /// What all ranks would take in turn on this machine, from the mean.
    estimated_seconds_for_all_ranks: f64,
    elapsed_seconds: f64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let report = run(&args).map(|report| match args.json {
        true => serde_json::to_string_pretty(&report).expect("string keys only") + "\n",
        false => report.to_string(),
    });
    match report {
        Ok(report) => {
            // A closed pipe is no failure: the reader has read enough.
            let _ = io::stdout().write_all(report.as_bytes());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<Report, String> {
    let started = Instant::now();
    let model = model::tensors();
    let planned: Vec<[u64; 2]> = (0..RANKS).map(|rank| planned(&model, rank)).collect();

    let sampled = sampled(args.ranks_sampled.into());
    let bar = ProgressBar::new(sampled.iter().map(|&rank| planned[rank][1]).sum());
    let style = "{bar:40} {human_pos}/{human_len} parameters {wide_msg}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
    let seed = Seed::from(args.seed);
    let work = sampled.into_iter().map(|rank| {
        bar.set_message(format!("rank {rank}"));
        fill::rank(rank, &model, seed, &bar)
    });
    let sampled = work.collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();

    let all =
        |kind: fn(&RankWork) -> Work| sampled.iter().map(kind).fold(Work::default(), Work::and);
    let (rows, columns) = (all(|rank| rank.rows), all(|rank| rank.columns));
    let mean = rows.and(columns).seconds / sampled.len() as f64;
    Ok(Report {
        model: "Llama 3.1 405B",
        tensors: model.len(),
        parameters: model.iter().map(|entry| entry.len() as u64).sum(),
        ranks: RANKS,
        tensor_parallel: TENSOR_PARALLEL,
        fully_sharded: FULLY_SHARDED,
        planned_shards: planned.iter().map(|p| p[0]).sum(),
        planned_parameters: planned.iter().map(|p| p[1]).sum(),
        threads: rayon::current_num_threads(),
        sampled,
        rows,
        columns,
        mean_seconds_per_rank: mean,
        estimated_seconds_for_all_ranks: mean * RANKS as f64,
        elapsed_seconds: started.elapsed().as_secs_f64(),
    })
}

/// Returns how many shards a rank has, and how many parameters.
fn planned(model: &[Entry], rank: usize) -> [u64; 2] {
    let sizes = model.iter().map(|e| e.shard(rank).iter().map(|r| r.len() as u64).product::<u64>());
    sizes.filter(|&size| size > 0).fold([0, 0], |[n, sum], size| [n + 1, sum + size])
}

/// Returns this many ranks, evenly from the first to the last.
fn sampled(number: usize) -> Vec<usize> {
    (0..number).map(|i| i * (RANKS - 1) / (number - 1).max(1)).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { tensors, ranks, tensor_parallel, fully_sharded, threads, .. } = self;
        let [parameters, copies, shards] =
            [self.parameters, self.planned_parameters - self.parameters, self.planned_shards]
                .map(HumanCount);
        writeln!(f, "{}: {parameters} parameters in {tensors} tensors", self.model)?;
        writeln!(f, "{ranks} ranks: {tensor_parallel} split the rows or columns of each matrix,")?;
        writeln!(f, "and {fully_sharded} each of these parts by rows: {shards} shards,")?;
        writeln!(f, "{copies} parameters of which are copies of vectors\n")?;

        let titles = ["shards", "parameters", "windows", "seconds", "ns/element"];
        let [shards, parameters, windows, seconds, each] = titles;
        write!(f, "{:>11}{shards:>8}{parameters:>15}", "")?;
        writeln!(f, "{windows:>9}{seconds:>9}{each:>12}")?;
        for rank in &self.sampled {
            line(f, &format!("rank {}", rank.rank), rank.rows.and(rank.columns))?;
        }
        line(f, "by rows", self.rows)?;
        line(f, "by columns", self.columns)?;

        writeln!(f, "\nAll windows, filled from whole tensors, are equal to the shards.")?;
        let (mean, all) = (self.mean_seconds_per_rank, self.estimated_seconds_for_all_ranks);
        writeln!(f, "A rank takes {mean:.2} s on {threads} threads.")?;
        writeln!(f, "All ranks in turn would take {:.0} min (estimated).", all / 60.0)
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, work: Work) -> fmt::Result {
    let Work { shards, parameters, seconds, windows } = work;
    let each = 1e9 * seconds / parameters as f64;
    let parameters = HumanCount(parameters).to_string();
    write!(f, "{label:>11}{shards:>8}{parameters:>15}")?;
    writeln!(f, "{windows:>9}{seconds:>9.2}{each:>12.2}")
}
