//! Rectangular parts of tensors as fills.

use std::ops::Range;

use seedbed::device::Job;

/// Cuts the block of a tensor into fills of rows of columns. `whole` is the fill of the tensor, at the first
/// element that the block's memory is for. Returns none if the block is not inside of the shape.
///
/// The last axis that the block has a part of makes the columns, with the axes after it. The axis before it
/// makes the rows, and each index of the axes before that makes another fill.
pub(crate) fn rectangles(
    whole: Job,
    shape: &[usize],
    block: &[Range<usize>],
    size: u64,
) -> Option<Vec<Job>> {
    let inside = |(range, dimension): (&Range<usize>, &usize)| {
        range.start <= range.end && range.end <= *dimension
    };
    if block.len() != shape.len() || !block.iter().zip(shape).all(inside) {
        return None;
    }
    let product = |dimensions: &[usize]| dimensions.iter().map(|d| *d as u64).product::<u64>();
    let len = block.iter().map(|range| range.len() as u64).product::<u64>();
    if len == 0 {
        return Some(Vec::new());
    }
    let partial = block.iter().zip(shape).rposition(|(range, d)| range.len() < *d).unwrap_or(0);
    let (range, inner) = (&block[partial..], product(&shape[partial + 1..]));
    let [first, many] = [range[0].start as u64 * inner, range[0].len() as u64 * inner];
    if partial == 0 {
        return Some(vec![Job { offset: whole.offset + first, len: many, ..whole }]);
    }
    let width = product(&shape[partial..]);
    let (outer, rows) = (&block[..partial - 1], &block[partial - 1]);
    let piece = rows.len() as u64 * many;
    let mut jobs = vec![whole];
    for (axis, range) in outer.iter().enumerate() {
        let stride = product(&shape[axis + 1..]);
        jobs = jobs
            .into_iter()
            .flat_map(|job| {
                range.clone().map(move |i| Job { offset: job.offset + i as u64 * stride, ..job })
            })
            .collect();
    }
    for (number, job) in (0..).zip(&mut jobs) {
        job.out += number * piece * size;
        job.offset += rows.start as u64 * width;
        job.len = rows.len() as u64 * width;
        (job.width, job.columns) = (width, [first, many]);
    }
    Some(jobs)
}
