//! Where the histograms of a kind of tensors are, from a sample of their values.

use crate::failure::Failure;
use crate::header::Tensor;
use crate::tiles::{Data, Tile};

use super::values::{Chunk, each_chunk, is_measured};

/// Tensors of a kind that are sampled, and places of each.
const TENSORS: usize = 16;
const PLACES: usize = 16;

/// Bytes that are read at a place: a page.
const BYTES: usize = 4096;

/// Returns the range that histograms of these tensors have: all of the sample, except outliers.
///
/// A range is chosen before the pass over all values, so that one pass is enough, and for a kind, so that
/// its tensors can be compared and added. Outliers are further from the median than 1.75 times the first
/// and the last percentile: beyond 4 standard deviations of a normal distribution.
pub fn range(tensors: &[(&Data<'_>, &Tensor)]) -> Result<[f64; 2], Failure> {
    let mut sample = Vec::new();
    for at in spread(tensors.len(), TENSORS) {
        let (file, tensor) = tensors[at];
        if is_measured(tensor.dtype) {
            add(file, tensor, &mut sample)?;
        }
    }
    Ok(range_of(&mut sample))
}

/// Returns places of a list of this length: all, or so many, evenly.
fn spread(length: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = length.min(most);
    (0..count).map(move |at| (at as u128 * length as u128 / count as u128) as usize)
}

/// Adds values of a tensor to a sample.
fn add(file: &Data<'_>, tensor: &Tensor, sample: &mut Vec<f64>) -> Result<(), Failure> {
    let mut buffer = Vec::new();
    for page in spread(tensor.bytes.div_ceil(BYTES), PLACES) {
        let start = page * BYTES;
        let tile = Tile { file, tensor, start, bytes: BYTES.min(tensor.bytes - start) };
        let mut keep = |value: f64| sample.extend(Some(value).filter(|value| value.is_finite()));
        each_chunk(tile.read(&mut buffer)?, tensor.dtype, |chunk| match chunk {
            Chunk::Single(values) => values.iter().for_each(|&value| keep(value.into())),
            Chunk::Double(values) => values.iter().for_each(|&value| keep(value)),
        });
    }
    Ok(())
}

fn range_of(sample: &mut [f64]) -> [f64; 2] {
    if sample.is_empty() {
        return [-1.0, 1.0];
    }
    sample.sort_by(f64::total_cmp);
    let last = sample.len() - 1;
    let [median, low, high] = [last / 2, last / 100, last - last / 100].map(|at| sample[at]);
    let [from, to] = [median - 1.75 * (median - low), median + 1.75 * (high - median)];
    let [from, to] = [from.max(sample[0]), to.min(sample[last])];
    // Around values that are all the same, or nearly all: a sparse matrix.
    let [from, to] = if from < to { [from, to] } else { [sample[0], sample[last]] };
    if from < to && (to - from).is_finite() {
        return [from, to];
    }
    let size = if median == 0.0 { 1.0 } else { median.abs() / 2.0 };
    [median - size, median + size]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_left_out() {
        let mut values: Vec<f64> = (0..=1000).map(|i| f64::from(i) / 1000.0).collect();
        assert_eq!(range_of(&mut values), [0.0, 1.0]);
        values.push(1e9);
        let [from, to] = range_of(&mut values);
        assert!(from == 0.0 && (1.0..1.5).contains(&to), "{to}");
        let mut sparse = vec![0.0; 1000];
        sparse[7] = 3.0;
        assert_eq!(range_of(&mut sparse), [0.0, 3.0]);
        assert_eq!(range_of(&mut [0.0; 9]), [-1.0, 1.0]);
        assert_eq!(range_of(&mut [-4.0; 9]), [-6.0, -2.0]);
        assert_eq!(range_of(&mut []), [-1.0, 1.0]);
    }

    #[test]
    fn places_are_spread() {
        assert_eq!(spread(3, 16).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(spread(100, 4).collect::<Vec<_>>(), [0, 25, 50, 75]);
        assert_eq!(spread(0, 4).count(), 0);
    }
}
