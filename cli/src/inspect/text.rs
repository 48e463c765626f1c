//! The report as text: what stands out, and a line for each kind or tensor.

use std::fmt;

use indicatif::{DecimalBytes, HumanCount};

use super::{Report, Statistics, bars};
use crate::distribution::Short;

/// Findings that are listed.
const MOST: usize = 20;

/// A report as text, with its kinds or with all tensors.
pub struct Text<'a> {
    pub report: &'a Report,
    pub all: bool,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { path, files, elements, bytes, findings, kinds, tensors } = self.report;
        writeln!(
            f,
            "{path}: {}, {} tensors of {} kinds, {} elements, {}\n",
            if files.len() == 1 { "1 file".into() } else { format!("{} files", files.len()) },
            HumanCount(tensors.len() as u64),
            kinds.len(),
            HumanCount(*elements),
            DecimalBytes(*bytes),
        )?;
        for finding in findings.iter().take(MOST) {
            writeln!(f, "! {}: {}", tensors[finding.tensor].name, finding.what)?;
        }
        if findings.len() > MOST {
            writeln!(f, "! and {} more, which --json and --html have", findings.len() - MOST)?;
        }
        if !findings.is_empty() {
            writeln!(f)?;
        }
        let mut rows: Vec<(String, &Statistics)> = Vec::new();
        if self.all {
            for found in tensors {
                let shape = format!("{} {:?}", found.dtype, found.shape);
                rows.push((format!("{}  {shape}", found.name), &found.statistics));
            }
        } else {
            for kind in kinds {
                let times =
                    if kind.tensors == 1 { String::new() } else { format!("  x {}", kind.tensors) };
                let dtype = kind.dtype.as_deref().unwrap_or("several types");
                rows.push((format!("{}{times}  {dtype}", kind.kind), &kind.statistics));
            }
        }
        writeln!(
            f,
            "{:>15} {:>11} {:>10} {:>10} {:>11} {:>11} {:>8}  histogram",
            "elements", "mean", "std", "gain", "min", "max", "kurtosis"
        )?;
        rows.iter().try_for_each(|(name, own)| row(f, name, own))
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, own: &Statistics) -> fmt::Result {
    let text =
        |number: Option<f64>| number.map_or("-".to_string(), |n| Short(rounded(n)).to_string());
    let [mean, std, gain] = [own.mean, own.std, own.gain].map(text);
    let [min, max, kurtosis] = [own.min, own.max, own.kurtosis].map(text);
    writeln!(f, "{name}")?;
    let count = HumanCount(own.count).to_string();
    write!(f, "{count:>15} {mean:>11} {std:>10} {gain:>10} {min:>11} {max:>11} {kurtosis:>8}")?;
    if let Some(histogram) = &own.histogram {
        let (from, to) = (Short(rounded(histogram.from)), Short(rounded(histogram.to)));
        write!(f, "  {from} {} {to}", bars(&histogram.counts))?;
    }
    for (count, what) in [(own.zeros, "zeros"), (own.nan, "NaN"), (own.infinite, "infinite")] {
        if let Some(count @ 1..) = count {
            write!(f, "  {} {what}", HumanCount(count))?;
        }
    }
    writeln!(f)
}

/// Returns a number with four significant digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}
