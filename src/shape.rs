//! Shapes: checked products and the rectangular parts of row-major tensors.

use core::ops::Range;

use crate::error::Error;

/// The number of elements of a shape; of the empty shape, 1.
pub(crate) fn elements(shape: &[usize]) -> Result<usize, Error> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let product = shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
    product.ok_or_else(|| Error::ShapeOverflow { shape: shape.to_vec() })
}

/// That a slice has as many elements as its shape.
pub(crate) fn check_len(length: usize, shape: &[usize]) -> Result<(), Error> {
    let expected = elements(shape)?;
    if length == expected {
        return Ok(());
    }
    Err(Error::LengthMismatch { length, expected, shape: shape.to_vec() })
}

/// A rectangular part of a row-major tensor, as runs of neighbouring elements of equal length.
#[derive(Debug)]
pub(crate) struct Block {
    /// Elements of a run.
    pub(crate) len: usize,
    /// Runs.
    pub(crate) count: usize,
    /// Where the first run starts.
    first: usize,
    /// How many steps an outer axis has and how far one is, the last axis first.
    steps: Vec<(usize, usize)>,
    /// The indices on each axis and its length, the last axis first.
    axes: Vec<(Range<usize>, usize)>,
}

impl Block {
    /// The part of a tensor of this shape with these indices on each axis.
    pub(crate) fn new(shape: &[usize], ranges: &[Range<usize>]) -> Result<Self, Error> {
        let inside =
            |(range, &n): (&Range<usize>, &usize)| range.start <= range.end && range.end <= n;
        if ranges.len() != shape.len() || !ranges.iter().zip(shape).all(inside) {
            return Err(Error::Block { ranges: ranges.to_vec(), shape: shape.to_vec() });
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

    /// Where run `i` starts in the whole tensor.
    pub(crate) fn start(&self, mut i: usize) -> usize {
        let mut start = self.first;
        for &(count, stride) in &self.steps {
            start += i % count * stride;
            i /= count;
        }
        start
    }

    /// Where an element of the whole tensor is in the block.
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
    fn products_are_checked() {
        assert_eq!(elements(&[]), Ok(1));
        assert_eq!(elements(&[3, 4]), Ok(12));
        assert_eq!(elements(&[usize::MAX, 2, 0]), Ok(0));
        assert!(matches!(elements(&[usize::MAX, 2]), Err(Error::ShapeOverflow { .. })));
    }

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
