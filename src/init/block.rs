//! Rectangular blocks of row-major tensors.

use core::ops::Range;

use crate::error::ShapeError;

/// A rectangular part of a row-major tensor, as runs of neighbouring elements of equal length.
#[derive(Debug)]
pub(crate) struct Block {
    /// Elements of a run.
    pub(crate) len: usize,
    /// How many runs there are.
    pub(crate) count: usize,
    /// Where the first run starts.
    first: usize,
    /// For each axis outside the runs, the last axis first: its steps and the length of a step.
    steps: Vec<(usize, usize)>,
    /// For each axis, the last first: the indices in the block and the axis' length.
    axes: Vec<(Range<usize>, usize)>,
}

impl Block {
    /// Returns the part of a tensor of this shape with these indices on each axis.
    pub(crate) fn new(shape: &[usize], ranges: &[Range<usize>]) -> Result<Self, ShapeError> {
        let inside =
            |(range, &n): (&Range<usize>, &usize)| range.start <= range.end && range.end <= n;
        if ranges.len() != shape.len() || !ranges.iter().zip(shape).all(inside) {
            return Err(ShapeError::Block { ranges: ranges.to_vec(), shape: shape.to_vec() });
        }
        let axes = ranges.iter().cloned().zip(shape.iter().copied()).rev().collect();
        let mut block = Block { len: 1, count: 1, first: 0, steps: Vec::new(), axes };
        if ranges.iter().any(Range::is_empty) {
            return Ok(Block { len: 0, count: 0, ..block });
        }
        let (mut stride, mut whole) = (1, true);
        for (range, &n) in ranges.iter().zip(shape).rev() {
            block.first += range.start * stride;
            if whole {
                block.len = range.len() * stride;
                whole = range.len() == n;
            } else {
                block.count *= range.len();
                block.steps.push((range.len(), stride));
            }
            stride *= n;
        }
        Ok(block)
    }

    /// Returns the indices on an axis.
    pub(crate) fn range(&self, axis: usize) -> Range<usize> {
        self.axes[self.axes.len() - 1 - axis].0.clone()
    }

    /// Returns where run `i` starts in the whole tensor.
    pub(crate) fn start(&self, mut i: usize) -> usize {
        let mut start = self.first;
        for &(count, stride) in &self.steps {
            start += i % count * stride;
            i /= count;
        }
        start
    }

    /// Returns where an element of the whole tensor is in the block, if it is.
    pub(crate) fn position(&self, mut element: usize) -> Option<usize> {
        let (mut position, mut stride) = (0, 1);
        for (range, n) in &self.axes {
            let i = element % n;
            element /= n;
            position += range.contains(&i).then(|| i - range.start)? * stride;
            stride *= range.len();
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_merged_and_cover_the_block() {
        let shape = [3, 4, 5];
        for ranges in
            [[0..3, 0..4, 0..5], [1..3, 0..4, 0..5], [1..2, 1..3, 0..5], [0..3, 2..3, 1..4]]
        {
            let block = Block::new(&shape, &ranges).unwrap();
            let mut expected = Vec::new();
            for i in ranges[0].clone() {
                for j in ranges[1].clone() {
                    expected.extend(ranges[2].clone().map(|k| (i * 4 + j) * 5 + k));
                }
            }
            let runs = (0..block.count).map(|i| block.start(i)..block.start(i) + block.len);
            assert_eq!(runs.flatten().collect::<Vec<_>>(), expected, "{ranges:?}");
            let positions = expected.iter().map(|&element| block.position(element).unwrap());
            assert!(positions.eq(0..expected.len()));
            let within = (0..60).filter(|&element| block.position(element).is_some());
            assert_eq!(within.count(), expected.len());
        }
        assert_eq!(Block::new(&shape, &[1..3, 0..4, 0..5]).unwrap().count, 1);
        assert_eq!(Block::new(&shape, &[0..3, 1..1, 0..5]).unwrap().count, 0);
        assert_eq!(Block::new(&[], &[]).unwrap().len, 1);
        assert!(Block::new(&shape, &[0..3, 0..5, 0..5]).is_err());
        assert!(Block::new(&shape, &[0..3, 0..4]).is_err());
    }
}
