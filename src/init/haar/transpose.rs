//! Transposition of column-major matrices, in squares that fit registers and the first-level cache.

use faer::MatMut;
use faer::prelude::*;

use super::plan::{Entry, slice_mut};

/// The side of a square.
pub(super) const SIDE: usize = 16;

/// Writes the transpose of the column-major `from` to the column-major `to`.
pub(super) fn transpose<T: Entry>(from: &[T], stride: usize, mut to: MatMut<'_, T>) {
    let (rows, cols) = to.shape();
    for c in (0..cols).step_by(SIDE) {
        for r in (0..rows).step_by(SIDE) {
            let (height, width) = (SIDE.min(rows - r), SIDE.min(cols - c));
            let to = to.rb_mut().submatrix_mut(r, c, height, width);
            if height == SIDE && width == SIDE {
                transpose_square(&from[c + r * stride..], stride, to);
            } else {
                transpose_edge(&from[c + r * stride..], stride, to);
            }
        }
    }
}

/// Transposes a whole square.
#[inline(always)]
fn transpose_square<T: Entry>(from: &[T], stride: usize, to: MatMut<'_, T>) {
    let mut block = [[T::ZERO; SIDE]; SIDE];
    for (i, row) in block.iter_mut().enumerate() {
        row.copy_from_slice(&from[i * stride..][..SIDE]);
    }
    for (j, column) in to.col_iter_mut().enumerate() {
        let column: &mut [T; SIDE] = slice_mut(column).try_into().expect("a full column");
        for (x, row) in column.iter_mut().zip(&block) {
            *x = row[j];
        }
    }
}

/// Transposes a part of a square, at an edge of the matrix.
#[cold]
fn transpose_edge<T: Entry>(from: &[T], stride: usize, to: MatMut<'_, T>) {
    for (j, column) in to.col_iter_mut().enumerate() {
        for (i, x) in slice_mut(column).iter_mut().enumerate() {
            *x = from[i * stride + j];
        }
    }
}
