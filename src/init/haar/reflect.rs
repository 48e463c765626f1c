//! The Householder vectors of the columns.

use super::{Number, Plan, mat_mut, slice_mut, tiles};
use faer::MatMut;
use faer::prelude::*;

/// The side of the blocks that are transposed in registers and the first level of cache.
const BLOCK: usize = 16;

/// Turns the columns of `g` into Householder vectors, with zeros above them in their diagonal
/// block, and copies them to the rows of `vt`.
pub(super) fn reflect<T: Number>(
    plan: &Plan,
    g: &mut [T],
    vt: &mut [T],
    tau: &mut [T],
    sign: &mut [T],
) {
    let &Plan { m, n, w, .. } = plan;
    let width = n.div_ceil(16).next_multiple_of(BLOCK).min(2 * w);
    let rows = tiles(mat_mut(vt, n, m, n), width, m).into_iter();
    let scalars = tau.chunks_mut(width).zip(sign.chunks_mut(width));
    plan.for_each(
        g.chunks_mut(m * width).zip(rows).zip(scalars),
        |((g, (r, _, vt)), (tau, sign))| {
            for (j, (column, k)) in g.chunks_mut(m).zip(r.clone()).enumerate() {
                column[k / w * w..k].fill(T::ZERO);
                (tau[j], sign[j]) = householder(&mut column[k..]);
            }
            let top = r.start / w * w;
            transpose(&g[top..], m, vt.subcols_mut(top, m - top));
        },
    );
}

/// Overwrites `x` by the vector `v` with `v[0] = 1` of the reflection `I - v v' / tau` that takes
/// `x` to a multiple of the first axis. Returns `tau` and the sign of the multiple.
///
/// `tau` belongs to the `v` that is stored, so the reflection is orthogonal even if `v` is rounded.
/// If `x` is such a multiple already, as it is to 10^-54 of itself where only the square of its first
/// entry overflows, or its scale has no reciprocal, `v` is zero.
fn householder<T: Number>(x: &mut [T]) -> (T, T) {
    let (head, tail) = x.split_first_mut().expect("a column reaches its diagonal");
    let x0 = head.to_f64();
    let mut scale = 1.0;
    let mut squares = sum_squares(tail, scale);
    if !(1e-200..1e200).contains(&squares) {
        scale = largest(x0, tail).recip();
        squares = if scale.is_finite() { sum_squares(tail, scale) } else { 0.0 };
    }
    let x0 = x0 * scale;
    let norm = (x0 * x0 + squares).sqrt();
    let factor = T::from_f64(scale / (x0 + norm.copysign(x0))).to_f64();
    if squares == 0.0 || !factor.is_normal() {
        let sign = if *head < T::ZERO { -1.0 } else { 1.0 };
        x.fill(T::ZERO);
        return (T::ONE, T::from_f64(sign));
    }
    *head = T::ONE;
    for x in tail {
        *x *= T::from_f64(factor);
    }
    let ratio = factor / scale;
    (T::from_f64(0.5 + 0.5 * ratio * ratio * squares), T::from_f64(-1f64.copysign(x0)))
}

fn sum_squares<T: Number>(x: &[T], scale: f64) -> f64 {
    let mut sums = [0.0; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for chunk in chunks {
        add_squares(&mut sums, chunk, scale);
    }
    add_squares(&mut sums, rest, scale);
    sums.iter().sum()
}

#[inline(always)]
fn add_squares<T: Number>(sums: &mut [f64; 16], x: &[T], scale: f64) {
    for (sum, x) in sums.iter_mut().zip(x) {
        let x = x.to_f64() * scale;
        *sum += x * x;
    }
}

/// The largest absolute value.
fn largest<T: Number>(x0: f64, x: &[T]) -> f64 {
    x.iter().fold(x0.abs(), |top, x| top.max(x.to_f64().abs()))
}

/// Writes the transpose of the column-major `from` to the column-major `to`.
pub(super) fn transpose<T: Number>(from: &[T], stride: usize, mut to: MatMut<'_, T>) {
    let (rows, cols) = to.shape();
    for c in (0..cols).step_by(BLOCK) {
        for r in (0..rows).step_by(BLOCK) {
            let (height, width) = (BLOCK.min(rows - r), BLOCK.min(cols - c));
            let to = to.rb_mut().submatrix_mut(r, c, height, width);
            if height == BLOCK && width == BLOCK {
                transpose_block(&from[c + r * stride..], stride, to);
            } else {
                transpose_edge(&from[c + r * stride..], stride, to);
            }
        }
    }
}

/// [`transpose`] for `BLOCK x BLOCK` entries.
#[inline(always)]
fn transpose_block<T: Number>(from: &[T], stride: usize, to: MatMut<'_, T>) {
    let mut block = [[T::ZERO; BLOCK]; BLOCK];
    for (i, row) in block.iter_mut().enumerate() {
        row.copy_from_slice(&from[i * stride..][..BLOCK]);
    }
    for (j, column) in to.col_iter_mut().enumerate() {
        let column: &mut [T; BLOCK] = slice_mut(column).try_into().expect("a full column");
        for (x, row) in column.iter_mut().zip(&block) {
            *x = row[j];
        }
    }
}

/// [`transpose`] for any number of entries.
#[cold]
fn transpose_edge<T: Number>(from: &[T], stride: usize, to: MatMut<'_, T>) {
    for (j, column) in to.col_iter_mut().enumerate() {
        for (i, x) in slice_mut(column).iter_mut().enumerate() {
            *x = from[i * stride + j];
        }
    }
}
