//! What is in files: measured in one pass, by tensor and by kind.
//!
//! A kind is the tensors whose names differ in numbers only (`kind`). Every tensor is read once,
//! in tiles on several threads (`values`), into histograms whose range a sample of its kind gives
//! (`frame`). What stands out of a kind is listed first (`findings`).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use indicatif::ProgressBar;
use rayon::prelude::*;
use safetensors::Dtype;
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::failure::Failure;
use crate::header::Tensor;
use crate::kind;
use crate::like::defaults::is_scale;
use crate::measure::COLUMNS;
use crate::progress;
use crate::report::Histogram;
use crate::tiles::Data;

mod fan;
mod findings;
mod frame;
pub mod html;
mod moments;
mod text;
mod values;

pub use fan::Order;
pub use findings::Finding;
use moments::Moments;
pub use text::Text;
use values::{Measured, is_measured};

/// What was found in files. Its fields are those of `--json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file, index or directory that was asked for.
    pub path: String,
    /// The files.
    pub files: Vec<String>,
    /// The elements of all tensors.
    pub elements: u64,
    /// The bytes of all tensors.
    pub bytes: u64,
    /// What stands out, most striking first.
    pub findings: Vec<Finding>,
    /// The kinds, in the order of their first tensors.
    pub kinds: Vec<Kind>,
    /// The tensors, in the order of files and of their bytes.
    pub tensors: Vec<Found>,
}

/// What was measured of a tensor.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The name.
    pub name: String,
    /// The place of its kind in the report.
    pub kind: usize,
    /// The first number of its name.
    pub depth: Option<u64>,
    /// The place of its file in the report.
    pub file: usize,
    /// The element type.
    pub dtype: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// Its bytes in the file.
    pub bytes: usize,
    /// How many values the sum behind each output has: of a matrix or a convolution.
    pub fan_in: Option<usize>,
    /// The hash of its bytes: XXH3-128 of parts of 786,432 bytes, and of the hashes.
    pub hash: String,
    /// Whether all elements have the same bytes.
    pub constant: bool,
    /// What was measured of its values.
    #[serde(flatten)]
    pub statistics: Statistics,
}

/// What was measured of all tensors of a kind.
#[derive(Debug, Serialize)]
pub struct Kind {
    /// The names, with `*` in place of numbers.
    pub kind: String,
    /// How many tensors.
    pub tensors: usize,
    /// The element type, if all tensors have the same.
    pub dtype: Option<String>,
    /// The fan-in, if all tensors have the same.
    pub fan_in: Option<usize>,
    /// What was measured of all values.
    #[serde(flatten)]
    pub statistics: Statistics,
}

/// What was measured of values. Of integers and of packed types only the count is known.
#[derive(Debug, Serialize)]
pub struct Statistics {
    /// How many elements.
    pub count: u64,
    /// How many are 0.
    pub zeros: Option<u64>,
    /// How many are NaN.
    pub nan: Option<u64>,
    /// How many are infinite.
    pub infinite: Option<u64>,
    /// The numbers of the values that are finite; none if there are none.
    pub mean: Option<f64>,
    pub std: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// 3 for a normal distribution; none if all values are the same.
    pub kurtosis: Option<f64>,
    /// The standard deviation times the root of the fan-in: 1 keeps the variance from layer to layer. None of
    /// float8, whose scales are other tensors, nor of these.
    pub gain: Option<f64>,
    /// The finite values; none if all are the same.
    pub histogram: Option<Histogram>,
}

impl Statistics {
    fn new(
        count: u64,
        fan_in: Option<usize>,
        measured: Option<&Measured>,
        range: [f64; 2],
    ) -> Self {
        let moments = measured.map_or(Moments::default(), |m| m.moments);
        let finite = (moments.count > 0).then_some(moments);
        let varied = finite.filter(|moments| moments.min < moments.max);
        let number = |number: f64| Some(number).filter(|number| number.is_finite());
        let std = finite.and_then(|m| if m.min < m.max { number(m.std()) } else { Some(0.0) });
        Statistics {
            count,
            zeros: measured.map(|m| m.zeros),
            nan: measured.map(|m| m.nan),
            infinite: measured.map(|m| m.infinite),
            mean: finite.and_then(|m| number(if m.min < m.max { m.mean } else { m.min })),
            std,
            min: finite.map(|m| m.min),
            max: finite.map(|m| m.max),
            kurtosis: varied.and_then(|m| number(m.kurtosis())),
            gain: fan_in.and_then(|fan| Some(std? * (fan as f64).sqrt())),
            histogram: varied.and(measured).map(|m| {
                let [from, to] = range;
                Histogram { from, to, counts: m.histogram }
            }),
        }
    }
}

/// Measures all files of a checkpoint on the threads of the current pool.
pub fn inspect(path: &Path, order: Option<Order>) -> Result<Report, Failure> {
    let checkpoint = Checkpoint::read(path, None)?;
    let files = Data::of(&checkpoint)?;
    let tensors: Vec<(usize, &Data<'_>, &Tensor)> = files
        .iter()
        .enumerate()
        .flat_map(|(at, file)| file.header.tensors.iter().map(move |tensor| (at, file, tensor)))
        .collect();
    let groups = Groups::of(&tensors)?;
    let bytes = tensors.iter().map(|(_, _, tensor)| tensor.bytes as u64).sum();
    let bar = progress::bar(bytes);
    let measured = tensors
        .par_iter()
        .zip(&groups.places)
        .map(|(&(_, file, tensor), &kind)| measure(file, tensor, groups.ranges[kind], &bar));
    let measured = measured.collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();

    let found: Vec<Found> = tensors
        .iter()
        .zip(&groups.places)
        .zip(&measured)
        .map(|((&(file, _, tensor), &kind), measured)| {
            Found::new(file, tensor, kind, measured, order, groups.ranges[kind])
        })
        .collect();
    let kinds = groups.kinds(&found, &measured);
    Ok(Report {
        path: path.display().to_string(),
        files: checkpoint.shards.iter().map(|shard| shard.file.clone()).collect(),
        elements: found.iter().map(|found| found.statistics.count).sum(),
        bytes,
        findings: findings::of(&found, &kinds),
        kinds,
        tensors: found,
    })
}

fn measure(
    file: &Data<'_>,
    tensor: &Tensor,
    range: [f64; 2],
    bar: &ProgressBar,
) -> Result<Measured, Failure> {
    let tiles: Vec<_> = file.tiles(tensor).collect();
    let parts = tiles.par_iter().map_init(Vec::new, |buffer, tile| {
        let measured = Measured::of(tile.read(buffer)?, tensor.dtype, range);
        bar.inc(tile.bytes as u64);
        Ok(measured)
    });
    // In order, so that no sum depends on the number of threads.
    let parts = parts.collect::<Result<Vec<_>, Failure>>()?;
    let empty = || Measured::of(&[], tensor.dtype, range);
    Ok(parts.into_iter().reduce(|sum, part| sum.and(&part)).unwrap_or_else(empty))
}

impl Found {
    fn new(
        file: usize,
        tensor: &Tensor,
        kind: usize,
        measured: &Measured,
        order: Option<Order>,
        range: [f64; 2],
    ) -> Self {
        let Tensor { name, dtype, shape, bytes, .. } = tensor;
        let is_scaled = matches!(dtype, Dtype::F8_E4M3 | Dtype::F8_E5M2) || is_scale(name);
        let fan_in = fan::fan_in(name, shape, order);
        let fan_in = fan_in.filter(|_| is_measured(*dtype) && !is_scaled);
        let own = is_measured(*dtype).then_some(measured);
        Found {
            name: name.clone(),
            kind,
            depth: kind::depth(name),
            file,
            dtype: dtype.to_string(),
            shape: shape.clone(),
            bytes: *bytes,
            fan_in,
            hash: format!("{:032x}", measured.hash),
            constant: measured.constant.is_some(),
            statistics: Statistics::new(tensor.elements() as u64, fan_in, own, range),
        }
    }
}

/// The kinds of a list of tensors.
struct Groups {
    /// The kind of each tensor.
    places: Vec<usize>,
    names: Vec<String>,
    /// The range of each kind's histograms.
    ranges: Vec<[f64; 2]>,
}

impl Groups {
    fn of(tensors: &[(usize, &Data<'_>, &Tensor)]) -> Result<Self, Failure> {
        let (mut names, mut seen) = (Vec::new(), HashMap::new());
        let mut members: Vec<Vec<(&Data<'_>, &Tensor)>> = Vec::new();
        let mut places = Vec::with_capacity(tensors.len());
        for &(_, file, tensor) in tensors {
            let kind = kind::of(&tensor.name);
            let place = *seen.entry(kind.clone()).or_insert(names.len());
            if place == names.len() {
                names.push(kind);
                members.push(Vec::new());
            }
            members[place].push((file, tensor));
            places.push(place);
        }
        let ranges = members.par_iter().map(|members| frame::range(members));
        Ok(Groups { places, names, ranges: ranges.collect::<Result<_, _>>()? })
    }

    fn kinds(&self, found: &[Found], measured: &[Measured]) -> Vec<Kind> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, &place) in self.places.iter().enumerate() {
            members.entry(place).or_default().push(at);
        }
        let kind = |(place, members): (usize, Vec<usize>)| {
            let first = &found[members[0]];
            let all = |alike: fn(&Found, &Found) -> bool| {
                members.iter().all(|&at| alike(first, &found[at]))
            };
            let fan_in = first.fan_in.filter(|_| all(|a, b| a.fan_in == b.fan_in));
            let dtype = all(|a, b| a.dtype == b.dtype).then(|| first.dtype.clone());
            // Only of those whose values are measured.
            let known = members.iter().filter(|&&at| found[at].statistics.nan.is_some());
            let sum = known.map(|&at| measured[at].clone()).reduce(|sum, next| sum.and(&next));
            let count = members.iter().map(|&at| found[at].statistics.count).sum();
            let statistics = Statistics::new(count, fan_in, sum.as_ref(), self.ranges[place]);
            let (kind, tensors) = (self.names[place].clone(), members.len());
            Kind { kind, tensors, dtype, fan_in, statistics }
        };
        members.into_iter().map(kind).collect()
    }
}

/// Returns a histogram as bars that are an eighth of a line or more high where there is a value.
fn bars(counts: &[u64; COLUMNS]) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = counts.iter().max().copied().unwrap_or(0).max(1);
    counts.iter().map(|&count| BARS[(count * 8).div_ceil(highest) as usize]).collect()
}
