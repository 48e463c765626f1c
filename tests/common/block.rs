//! The elements of a block of a tensor, by the definition. The fuzz targets use it, too.

use core::ops::Range;

/// The places in a row-major tensor of the elements of a block, in their order in the block.
pub fn places(shape: &[usize], block: &[Range<usize>]) -> Vec<usize> {
    shape.iter().zip(block).fold(vec![0], |outer, (n, range)| {
        outer.iter().flat_map(|place| range.clone().map(move |i| place * n + i)).collect()
    })
}
