//! What stands out: values that no training survives, and tensors unlike the others of their kind.

use std::cmp::Reverse;
use std::collections::HashMap;

use indicatif::HumanCount;
use serde::Serialize;

use super::{Found, Kind, Statistics};
use crate::distribution::Short;
use crate::like::defaults::is_scale;

/// A tensor that stands out, and how.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The place of the tensor in the report.
    pub tensor: usize,
    /// What was found, in words.
    pub what: String,
    /// How striking it is; only the order matters.
    #[serde(skip)]
    weight: f64,
}

/// How far an extreme is from the mean, in standard deviations: the greatest of 10^12 normal values is 7.1
/// away.
const FAR: f64 = 12.0;

/// A kurtosis that no initializer has.
const HEAVY: f64 = 10.0;

/// How many times the median of its kind a standard deviation is, or the reverse.
const UNLIKE: f64 = 1.5;

/// Returns what stands out, most striking first.
pub fn of(tensors: &[Found], kinds: &[Kind]) -> Vec<Finding> {
    let medians = medians(tensors, kinds.len());
    let mut findings: Vec<Finding> = equal(tensors);
    for (tensor, found) in tensors.iter().enumerate() {
        let mut add = |weight: f64, what: String| findings.push(Finding { tensor, what, weight });
        let own = &found.statistics;
        not_finite(own, &mut add);
        let is_matrix = found.shape.len() > 1 && own.count > 1 && own.nan.is_some();
        if found.constant && is_matrix && !is_scale(&found.name) {
            add(500.0, format!("all values are {}", Short(own.mean.unwrap_or(f64::NAN))));
        }
        if let (Some(std), Some(median)) = (own.std, medians[found.kind])
            && std > 0.0
            && (std / median).ln().abs() > UNLIKE.ln()
        {
            let times = Short((std / median * 100.0).round() / 100.0);
            let what = format!("std {} is {times} times the median of its kind", Short(std));
            add(100.0 * (std / median).ln().abs(), what);
        }
        tails(own, &mut add);
    }
    findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    findings
}

fn not_finite(own: &Statistics, add: &mut impl FnMut(f64, String)) {
    for (count, what) in [(own.nan, "NaN"), (own.infinite, "infinite")] {
        if let Some(count @ 1..) = count {
            add(
                1000.0,
                format!("{} of {} values are {what}", HumanCount(count), HumanCount(own.count)),
            );
        }
    }
}

fn tails(own: &Statistics, add: &mut impl FnMut(f64, String)) {
    // The extreme of few values that are not 0 is no outlier: an identity, a sparse matrix.
    if own.zeros.is_none_or(|zeros| zeros >= own.count / 2) {
        return;
    }
    let (Some(mean), Some(std), Some(min), Some(max)) = (own.mean, own.std, own.min, own.max)
    else {
        return;
    };
    let extreme = if max - mean > mean - min { max } else { min };
    let off = (extreme - mean).abs() / std;
    match own.kurtosis {
        Some(_) if off > FAR => {
            add(off.min(90.0), format!("{} is {} std from the mean", Short(extreme), off.round()));
        }
        Some(kurtosis) if kurtosis > HEAVY => {
            add(
                kurtosis.sqrt().min(80.0),
                format!("kurtosis {}: heavy tails", Short(kurtosis.round())),
            );
        }
        _ => {}
    }
}

/// Returns the median standard deviation of each kind of several tensors.
fn medians(tensors: &[Found], kinds: usize) -> Vec<Option<f64>> {
    let mut stds = vec![Vec::new(); kinds];
    for found in tensors {
        stds[found.kind].extend(found.statistics.std.filter(|&std| std > 0.0));
    }
    let median = |mut stds: Vec<f64>| {
        stds.sort_by(f64::total_cmp);
        (stds.len() > 2).then(|| stds[stds.len() / 2])
    };
    stds.into_iter().map(median).collect()
}

/// Returns tensors of the same bytes as an earlier one, unless all their elements are the same or they are
/// lists of integers, as the groups and the shapes of quantised layers are.
fn equal(tensors: &[Found]) -> Vec<Finding> {
    let mut first: HashMap<(&str, usize), usize> = HashMap::new();
    let mut findings = Vec::new();
    let is_list = |found: &Found| found.statistics.nan.is_none() && found.shape.len() < 2;
    let varied = |found: &Found| !found.constant && found.bytes > 0 && !is_list(found);
    for (tensor, found) in tensors.iter().enumerate().filter(|(_, found)| varied(found)) {
        let earlier = *first.entry((&found.hash, found.bytes)).or_insert(tensor);
        if earlier != tensor {
            let what = format!("has the bytes of {}", tensors[earlier].name);
            findings.push(Finding { tensor, what, weight: 400.0 });
        }
    }
    // Large tensors first.
    findings.sort_by_key(|finding| Reverse(tensors[finding.tensor].bytes));
    findings
}
