//! Haar-distributed matrices with orthonormal columns, without a QR factorisation.
//!
//! An `m x n` matrix `Q` (`m >= n`) is Haar-distributed when it is the product of `n` Householder
//! reflections `H_1 ... H_n [D; 0]`, where `H_k` maps an independent Gaussian vector of `m - k + 1`
//! entries to a multiple of its first axis and `D` holds the signs of these multiples (Stewart
//! 1980, "The efficient generation of random orthogonal matrices with an application to condition
//! estimators"; LAPACK's xLAROR; Mezzadri 2007, "How to generate random matrices from the classical
//! compact groups", for the signs). It is the distribution of the factor `Q` of a Gaussian matrix
//! with `R` of positive diagonal, but the vectors come first: nothing has to be eliminated, and
//! the half of the work that QR spends on that is saved. For a square matrix the last vector has
//! one entry and contributes its sign only, so both determinants occur.
//!
//! # The product
//!
//! With `H_k = I - v_k v_k' / tau_k`, `V = [v_1 ... v_n]` unit lower trapezoidal and `V1` its first
//! `n` rows, the product is the single block reflection
//!
//! ```text
//! Q = [D; 0] - V P'      with  P = D V1 T^-T,
//! T + T' = V'V,  T upper triangular,  diag(T) = tau.
//! ```
//!
//! These are three triangular products: `V'V` (`mn^2 - 2n^3/3` operations), `V1 T^-T` (`n^3/3`)
//! and `V P'` (`mn^2 - n^3/3`): `2mn^2 - 2n^3/3` altogether, or `4n^3/3` for a square matrix, the
//! same as applying the reflections one by one, and nearly all of it in large matrix products.
//!
//! # Storage
//!
//! The result takes the place of the Gaussians, and one more `m x n` matrix `vt` is needed, besides
//! two panels of `n x w`. Columns are grouped in panels of `w`.
//!
//! 1. `reflect`: the slice holds the Gaussian vectors one after the other. They are turned into
//!    `V` in place (column-major `m x n`), and `vt` gets the transposed copy. Blocks of `vt` below
//!    its diagonal blocks are zero in `V'`, so they are free for what follows.
//! 2. `gram`: the free blocks of `vt` get those of `T'`. `invert`: the diagonal blocks of `T'` are
//!    inverted, into a panel.
//! 3. `solve`: `P` is found panel by panel, in the slice.
//! 4. `keep`: `P` is moved over `T'`, its diagonal blocks into a panel.
//! 5. `product`: `Q` is written to the slice from `vt` alone.
//!
//! Within a step all tasks are independent. They are cut by the shape alone and each is worked by
//! one thread, hence the result does not depend on the number of threads.

use core::ops::{MulAssign, Range};

use faer::prelude::*;
use faer::traits::RealField;
use faer::{ColMut, MatMut, MatRef};

use crate::element::Element;
use crate::error::Error;
use crate::init::tensor::reserved;

mod product;
mod reflect;
mod solve;

/// The types of the computation, f32 and f64.
pub(crate) trait Number: RealField + Element + MulAssign {
    const ZERO: Self;
    const ONE: Self;

    fn from_f64(x: f64) -> Self {
        Self::round(x)
    }
}

impl Number for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
}

impl Number for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
}

/// Columns of a tile of `T'` or `Q'`; a multiple of every panel width.
const SPAN: usize = 256;

/// Operations below which handing out tasks costs more than it saves.
const SEQUENTIAL: usize = 1 << 22;

/// The shape of the matrix, and how it is cut.
#[derive(Clone, Copy)]
struct Plan {
    /// Rows of `Q`.
    m: usize,
    /// Columns of `Q`, at most `m`.
    n: usize,
    /// Columns of a panel.
    w: usize,
    /// Rows of a tile of `T'` or `Q'`; a multiple of `w`.
    group: usize,
    /// Whether the work is worth several threads.
    #[cfg_attr(not(feature = "rayon"), allow(dead_code))]
    parallel: bool,
}

impl Plan {
    fn new(m: usize, n: usize, parallel: bool) -> Self {
        let w = if n < 256 { 32 } else { 64 };
        let group = (n / 8 / w * w).clamp(w, SPAN);
        let work = m.saturating_mul(n).saturating_mul(n);
        let parallel = parallel && work >= SEQUENTIAL;
        Self { m, n, w, group, parallel }
    }

    /// The columns of panel `p`.
    fn panel(&self, p: usize) -> Range<usize> {
        p * self.w..(p * self.w + self.w).min(self.n)
    }

    /// Works all items, the first ones first: the largest should come first.
    fn for_each<I>(&self, items: I, work: impl Fn(I::Item) + Send + Sync)
    where
        I: Iterator<Item: Send> + Send,
    {
        #[cfg(feature = "rayon")]
        if self.parallel {
            use rayon::iter::{ParallelBridge, ParallelIterator};
            return items.par_bridge().for_each(work);
        }
        items.for_each(work);
    }

    fn zeros<T: Number>(&self, len: usize) -> Result<Vec<T>, Error> {
        let mut zeros = reserved(len)?;
        #[cfg(feature = "rayon")]
        if self.parallel {
            use rayon::iter::IndexedParallelIterator;
            rayon::iter::repeat_n(T::ZERO, len).collect_into_vec(&mut zeros);
            return Ok(zeros);
        }
        zeros.resize(len, T::ZERO);
        Ok(zeros)
    }
}

/// Replaces independent standard Gaussians by `gain` times a Haar-distributed matrix.
///
/// The result is a row-major `rows x cols` matrix with orthonormal columns if `rows >= cols`, and
/// with orthonormal rows otherwise. Let `m` be the larger and `n` the smaller side: of the `k`-th of
/// the `n` runs of `m` Gaussians (counted from 0) the first `k` are not used, and need not be drawn.
///
/// Every finite input gives orthonormal columns; one of zeros counts as a multiple of the first
/// axis with the sign `+`. With `parallel`, the work is shared among the threads of the current
/// rayon pool; the result is the same.
///
/// # Errors
///
/// [`Error::Allocation`] when there is no memory for a second matrix of this size. The slice is
/// unchanged then.
pub(crate) fn haar_in_place<T: Number>(
    gaussians: &mut [T],
    rows: usize,
    cols: usize,
    gain: T,
    parallel: bool,
) -> Result<(), Error> {
    assert_eq!(gaussians.len(), rows * cols);
    let plan = Plan::new(rows.max(cols), rows.min(cols), parallel);
    if plan.n == 0 {
        return Ok(());
    }
    let mut vt = plan.zeros(plan.m * plan.n)?;
    let mut inverse = plan.zeros(plan.n * plan.w)?;
    let mut diagonal = plan.zeros(plan.n * plan.w)?;
    let mut tau = plan.zeros(plan.n)?;
    let mut sign = plan.zeros(plan.n)?;

    reflect::reflect(&plan, gaussians, &mut vt, &mut tau, &mut sign);
    solve::gram(&plan, gaussians, &mut vt);
    solve::invert(&plan, gaussians, &tau, &mut diagonal, &mut inverse);
    solve::solve(&plan, gaussians, &vt, &inverse, &mut diagonal);
    solve::keep(&plan, gaussians, &mut vt, &mut diagonal, &sign);
    let factors = product::Factors { plan, vt: &vt, diagonal: &diagonal, sign: &sign };
    factors.product(gaussians, gain, rows < cols);
    Ok(())
}

/// The first `rows x cols` entries of a column-major matrix.
fn mat<T>(x: &[T], rows: usize, cols: usize, stride: usize) -> MatRef<'_, T> {
    MatRef::from_column_major_slice_with_stride(x, rows, cols, stride)
}

fn mat_mut<T>(x: &mut [T], rows: usize, cols: usize, stride: usize) -> MatMut<'_, T> {
    MatMut::from_column_major_slice_with_stride_mut(x, rows, cols, stride)
}

/// A column of a column-major matrix as a slice.
fn slice_mut<T>(column: ColMut<'_, T>) -> &mut [T] {
    column.try_as_col_major_mut().expect("a contiguous column").as_slice_mut()
}

/// A part of a matrix: its rows, its columns and its entries.
type Tile<'a, T> = (Range<usize>, Range<usize>, MatMut<'a, T>);

/// Cuts a matrix into tiles, row by row.
fn tiles<T>(matrix: MatMut<'_, T>, rows: usize, cols: usize) -> Vec<Tile<'_, T>> {
    let (m, n) = matrix.shape();
    let mut tiles = Vec::with_capacity(m.div_ceil(rows) * n.div_ceil(cols));
    let mut below = matrix;
    for r in (0..m).step_by(rows) {
        let (mut right, rest) = below.split_at_row_mut(rows.min(m - r));
        below = rest;
        for c in (0..n).step_by(cols) {
            let (tile, rest) = right.split_at_col_mut(cols.min(n - c));
            right = rest;
            tiles.push((r..r + tile.nrows(), c..c + tile.ncols(), tile));
        }
    }
    tiles
}

/// The rows of a matrix within `range`.
fn rows_mut<T>(matrix: MatMut<'_, T>, range: Range<usize>) -> MatMut<'_, T> {
    matrix.split_at_row_mut(range.end).0.split_at_row_mut(range.start).1
}

/// The ranges of at most `step` that make up `range`.
fn steps(range: Range<usize>, step: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    let end = range.end;
    range.step_by(step).map(move |start| start..(start + step).min(end))
}

#[cfg(test)]
mod tests;
