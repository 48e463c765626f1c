//! Where the matrices of a tensor are: matrix by matrix, row by row.

use core::ops::Range;

use super::block::Block;
use super::shape;
use crate::error::ShapeError;

/// Axes of a tensor, each with its length and the distance of its neighbours, the last one innermost.
#[derive(Clone, Debug, PartialEq)]
struct Grid(Vec<(usize, usize)>);

impl Grid {
    fn len(&self) -> usize {
        self.0.iter().map(|&(len, _)| len).product()
    }

    /// Returns the place of the element of this number.
    fn place(&self, mut i: usize) -> usize {
        let mut place = 0;
        for &(len, stride) in self.0.iter().rev() {
            place += i % len * stride;
            i /= len;
        }
        place
    }

    /// Whether elements follow each other at this distance.
    fn is_dense(&self, mut distance: usize) -> bool {
        self.0.iter().rev().filter(|&&(len, _)| len > 1).all(|&(len, stride)| {
            let dense = stride == distance;
            distance *= len;
            dense
        })
    }
}

/// Indices of an axis that a matrix has one after another: those from `first + i step` on, `step` of
/// them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slices {
    pub(super) axis: usize,
    pub(super) first: usize,
    pub(super) step: usize,
    pub(super) count: usize,
}

/// Returns how many indices of an axis a matrix has.
pub(super) fn len(shape: &[usize], slices: &[Slices], axis: usize) -> usize {
    let slices = slices.iter().find(|slices| slices.axis == axis);
    slices.map_or(shape[axis], |slices| slices.step)
}

/// The matrices of a tensor, equal in size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrices {
    slices: Vec<Slices>,
    /// The place of the first matrix.
    first: usize,
    numbers: Grid,
    rows: Grid,
    cols: Grid,
}

impl Matrices {
    /// Returns the matrices that have one slice each of these axes, numbered with the last of them
    /// fastest, and these axes as rows and columns. An axis that is cut into slices of several indices
    /// is among the rows or columns, too.
    pub(super) fn new(
        shape: &[usize],
        slices: Vec<Slices>,
        rows: &[usize],
        cols: &[usize],
    ) -> Result<Self, ShapeError> {
        if shape::elements(shape)? == 0 {
            let [numbers, rows, cols] = [(); 3].map(|()| Grid(vec![(0, 0)]));
            return Ok(Matrices { slices: vec![], first: 0, numbers, rows, cols });
        }
        let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
        let part = |axis| (len(shape, &slices, axis), stride(axis));
        let grid = |axes: &[usize]| Grid(axes.iter().map(|&axis| part(axis)).collect());
        let first = slices.iter().map(|slices| slices.first * stride(slices.axis)).sum();
        let numbers = slices.iter().map(|s| (s.count, s.step * stride(s.axis)));
        let (numbers, rows, cols) = (Grid(numbers.collect()), grid(rows), grid(cols));
        Ok(Matrices { slices, first, numbers, rows, cols })
    }

    /// Returns how many matrices there are.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn cols(&self) -> usize {
        self.cols.len()
    }

    /// Returns the place of the first element of a matrix.
    pub(super) fn start(&self, matrix: usize) -> usize {
        self.first + self.numbers.place(matrix)
    }

    /// Whether the matrices follow each other without gaps, row by row.
    pub(super) fn are_contiguous(&self) -> bool {
        let elements = Grid([&*self.rows.0, &self.cols.0].concat());
        elements.is_dense(1) && self.numbers.is_dense(elements.len())
    }

    /// Returns the places of a matrix' elements, row by row.
    pub(super) fn places(&self, matrix: usize) -> impl Iterator<Item = usize> {
        let start = self.start(matrix);
        (0..self.rows()).flat_map(move |row| {
            let start = start + self.rows.place(row);
            (0..self.cols()).map(move |col| start + self.cols.place(col))
        })
    }

    /// Returns the places from the first to the last element of a matrix.
    pub(super) fn span(&self, matrix: usize) -> Range<usize> {
        let start = self.start(matrix);
        let last = [&self.rows, &self.cols].map(|grid| grid.place(grid.len() - 1));
        start..start + last[0] + last[1] + 1
    }

    /// Whether the block has elements of a matrix.
    pub(super) fn are_in(&self, mut matrix: usize, block: &Block) -> bool {
        self.slices.iter().rev().all(|&Slices { axis, first, step, count }| {
            let start = first + matrix % count * step;
            matrix /= count;
            let range = block.range(axis);
            range.start < start + step && start < range.end
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_found_in_blocks() {
        // Batch axis 1, 2 parts of axis 0, and a tap of axis 3.
        let shape = [6, 3, 2, 5];
        let slices = [(1, 0, 1, 3), (3, 2, 1, 1), (0, 0, 3, 2)];
        let slices = slices.map(|(axis, first, step, count)| Slices { axis, first, step, count });
        let matrices = Matrices::new(&shape, slices.to_vec(), &[0], &[2]).unwrap();
        assert_eq!((matrices.count(), matrices.rows(), matrices.cols()), (6, 3, 2));
        let mut found = 0;
        for a in 0..6 {
            for b in 0..3 {
                for tap in 0..5 {
                    let block =
                        Block::new(&shape, &[a..6.min(a + 2), b..b + 1, 1..2, tap..5]).unwrap();
                    for matrix in 0..6 {
                        let any = matrices.places(matrix).any(|p| block.position(p).is_some());
                        assert_eq!(matrices.are_in(matrix, &block), any, "{block:?} {matrix}");
                        found += usize::from(any);
                    }
                }
            }
        }
        assert_eq!(found, 7 * 3 * 3);
        for matrix in 0..6 {
            let (span, places) = (matrices.span(matrix), || matrices.places(matrix));
            assert_eq!(places().min(), Some(span.start));
            assert_eq!(places().max(), Some(span.end - 1));
        }
        assert!(!matrices.are_contiguous());
    }

    #[test]
    fn leading_matrices_are_contiguous() {
        let batch = |axis, count| vec![Slices { axis, first: 0, step: 1, count }];
        assert!(Matrices::new(&[4, 2, 3], batch(0, 4), &[1], &[2]).unwrap().are_contiguous());
        assert!(!Matrices::new(&[4, 2, 3], batch(0, 4), &[2], &[1]).unwrap().are_contiguous());
        assert!(!Matrices::new(&[2, 4, 3], batch(1, 4), &[0], &[2]).unwrap().are_contiguous());
        assert!(Matrices::new(&[1, 4, 3], batch(1, 4), &[0], &[2]).unwrap().are_contiguous());
    }
}
