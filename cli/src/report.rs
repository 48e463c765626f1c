//! What a person would check: the values against their distributions, time, and one hash.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::time::Duration;

use indicatif::HumanCount;
use serde::Serialize;

use crate::distribution::{Short, apart};
use crate::measure::{COLUMNS, Measured};
use crate::plan::{Planned, order};
use crate::theory::{Expected, Theory};
use crate::write::{Output, Written};

/// What the user asked for.
#[derive(Serialize)]
pub struct Request {
    pub model: String,
    pub file: String,
    pub seed: u64,
    pub threads: usize,
}

/// The report of a run. Its fields are those of `--json`.
#[derive(Serialize)]
pub struct Report {
    #[serde(flatten)]
    pub request: Request,
    pub tensors: usize,
    pub parameters: u64,
    /// The bytes of all values.
    pub bytes: u64,
    /// The bytes of the file.
    pub file_bytes: u64,
    pub distributions: Vec<DistributionReport>,
    pub hash: Hash,
    pub seconds: Parts,
    /// The bytes of all values over the seconds.
    pub gigabytes_per_second: Parts,
}

/// The hash of all values: of the file's data, which is everything after its header.
#[derive(Serialize)]
pub struct Hash {
    pub algorithm: &'static str,
    pub value: String,
}

/// What a run has done, and how long it took.
pub struct Run<'a> {
    pub written: &'a Written,
    pub total: Duration,
}

/// A number for each part of a run, as a mean over the threads, and for all of it.
#[derive(Serialize)]
pub struct Parts {
    /// Sampling.
    pub fill: f64,
    /// Measuring and hashing.
    pub check: f64,
    /// The rest: writing, until the disk has all.
    pub write: f64,
    /// All of the run.
    pub total: f64,
}

/// The tensors of one distribution and element type.
#[derive(Serialize)]
pub struct DistributionReport {
    pub distribution: String,
    pub dtype: &'static str,
    pub tensors: usize,
    pub values: u64,
    /// None if there are no values.
    pub measured: Option<Numbers>,
    /// The extremes are the medians of the least and the greatest of this many values.
    pub theory: Option<Numbers>,
    /// None if all values are the same.
    pub standard_errors_off: Option<Off>,
    pub histogram: Option<Histogram>,
    #[serde(skip)]
    bounds: [f64; 2],
}

/// The numbers that are compared.
#[derive(Clone, Copy, Serialize)]
pub struct Numbers {
    pub mean: f64,
    pub std: f64,
    pub min: f64,
    pub max: f64,
}

/// The measured moments minus those of theory, in standard errors.
#[derive(Serialize)]
pub struct Off {
    pub mean: f64,
    pub std: f64,
}

/// Counts in columns of equal width; the outer ones also count what is beyond.
#[derive(Debug, Serialize)]
pub struct Histogram {
    pub from: f64,
    pub to: f64,
    pub counts: [u64; COLUMNS],
}

/// Groups what was measured by distribution and element type.
fn distributions(plan: &[Planned], measured: &[&Measured]) -> Vec<DistributionReport> {
    let mut places = HashMap::new();
    let mut groups: Vec<(&Planned, usize, Measured)> = Vec::new();
    for (planned, measured) in plan.iter().zip(measured) {
        let place = *places.entry((planned.elements.key(), planned.dtype)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, tensors, sum)) => {
                *tensors += 1;
                *sum = sum.clone().and(measured);
            }
            None => groups.push((planned, 1, (*measured).clone())),
        }
    }
    let mut theory = Theory::default();
    let report = |(first, tensors, sum): &(&Planned, usize, Measured)| {
        DistributionReport::new(first, *tensors, sum, &mut theory)
    };
    groups.iter().map(report).collect()
}

impl DistributionReport {
    fn new(planned: &Planned, tensors: usize, measured: &Measured, theory: &mut Theory) -> Self {
        let (elements, count) = (&planned.elements, measured.count);
        let distribution = elements.distribution();
        let expected = distribution.map(|d| theory.expected(d, planned.dtype, count));
        let [from, to] = elements.frame().range;
        DistributionReport {
            distribution: elements.to_string(),
            dtype: planned.dtype.name(),
            tensors,
            values: count,
            measured: (count > 0).then(|| measured.numbers()),
            theory: expected.map(|Expected { mean, std, extremes: [min, max], .. }| Numbers {
                mean,
                std,
                min,
                max,
            }),
            standard_errors_off: expected.filter(|e| e.std > 0.0).map(|e| Off::new(e, measured)),
            histogram: (from < to).then_some(Histogram { from, to, counts: measured.histogram }),
            bounds: distribution.map_or([f64::NAN; 2], |d| [d.low(), d.high()]),
        }
    }

    /// Returns a row of numbers, in which no extreme reads as a bound that it is not.
    fn row(&self, numbers: &Numbers) -> String {
        let [mean, std] = [numbers.mean, numbers.std].map(Short);
        let [min, max] = [numbers.min, numbers.max].map(|number| apart(number, self.bounds));
        // With a space between numbers that are longer than their column.
        format!("{mean:>12} {std:>11} {min:>11} {max:>11}")
    }
}

impl Off {
    fn new(expected: Expected, measured: &Measured) -> Self {
        let (count, std) = (measured.count as f64, expected.std);
        let std_error = std * ((expected.kurtosis - 1.0) / (4.0 * count)).sqrt();
        Off {
            mean: (measured.mean() - expected.mean) / (std / count.sqrt()),
            std: (measured.std() - std) / std_error,
        }
    }
}

impl Measured {
    fn numbers(&self) -> Numbers {
        Numbers { mean: self.mean(), std: self.std(), min: self.min, max: self.max }
    }
}

impl Report {
    /// Returns the report of a run.
    pub fn new(request: Request, plan: &[Planned], output: &Output, run: Run<'_>) -> Self {
        let Run { written, total } = run;
        let bytes: u64 = plan.iter().map(|p| p.bytes as u64).sum();
        let parts = |number: &dyn Fn(Duration) -> f64| Parts {
            fill: number(written.filling),
            check: number(written.checking),
            write: number(total.saturating_sub(written.filling + written.checking)),
            total: number(total),
        };
        let [file] = &written.files[..] else { panic!("a plan is one file") };
        // In the order of the plan.
        let mut measured: Vec<(usize, &Measured)> =
            order(plan).into_iter().zip(&file.measured).collect();
        measured.sort_by_key(|(at, _)| *at);
        let measured: Vec<&Measured> = measured.into_iter().map(|(_, measured)| measured).collect();
        Report {
            request,
            tensors: plan.len(),
            parameters: measured.iter().map(|m| m.count).sum(),
            bytes,
            file_bytes: output.length,
            distributions: distributions(plan, &measured),
            hash: Hash {
                algorithm: "XXH3-128",
                value: format!("{:032x}", file.hash.unwrap_or_default()),
            },
            seconds: parts(&|time| time.as_secs_f64()),
            gigabytes_per_second: parts(&|time| bytes as f64 / time.as_nanos().max(1) as f64),
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { model, file, seed, threads } = &self.request;
        let tensors = counted(self.tensors as u64, "tensor");
        let parameters = counted(self.parameters, "parameter");
        writeln!(f, "{model}: {tensors}, {parameters}, seed {seed}, threads: {threads}\n")?;
        writeln!(f, "{:12}{:>12}{:>12}{:>12}{:>12}", "", "mean", "std", "min", "max")?;
        self.distributions.iter().try_for_each(|report| report.fmt(f))?;
        let (seconds, rates) = (&self.seconds, &self.gigabytes_per_second);
        writeln!(f)?;
        for (what, seconds, rate) in [
            ("fill", seconds.fill, rates.fill),
            ("check", seconds.check, rates.check),
            ("write", seconds.write, rates.write),
            ("total", seconds.total, rates.total),
        ] {
            writeln!(f, "{what:<6} {seconds:.3} s, {rate:.2} GB/s")?;
        }
        writeln!(f, "hash   {} ({} of all values)", self.hash.value, self.hash.algorithm)?;
        writeln!(f, "file   {file} ({})", counted(self.file_bytes, "byte"))
    }
}

impl Display for DistributionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tensors = counted(self.tensors as u64, "tensor");
        let values = counted(self.values, "value");
        writeln!(f, "{} ({}): {tensors}, {values}", self.distribution, self.dtype)?;
        let Some(measured) = &self.measured else {
            return Ok(());
        };
        if measured.min == measured.max {
            return writeln!(f, "  all are {}", measured.min);
        }
        writeln!(f, "  measured  {}", self.row(measured))?;
        if let Some(theory) = &self.theory {
            writeln!(f, "  theory    {}", self.row(theory))?;
        }
        if let Some(off) = &self.standard_errors_off {
            writeln!(f, "  off by    {:>+12.2}{:>+12.2}  standard errors", off.mean, off.std)?;
        }
        self.histogram.as_ref().map_or(Ok(()), |h| writeln!(f, "            {h}"))
    }
}

impl Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let highest = self.counts.iter().max().copied().unwrap_or(0).max(1);
        // Rounded up, so that a column that is not empty is visible.
        const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let bar = |count: u64| BARS[(count * 8).div_ceil(highest) as usize];
        let bars: String = self.counts.into_iter().map(bar).collect();
        write!(f, "{} {bars} {}", Short(self.from), Short(self.to))
    }
}

/// Returns a count with its noun, such as `1 tensor` or `1,000 tensors`.
fn counted(number: u64, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", HumanCount(number))
}
