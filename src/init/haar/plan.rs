//! How a matrix is cut into panels and tiles, and views of column-major matrices.

use core::ops::{MulAssign, Range};

use faer::traits::RealField;
use faer::{ColMut, MatMut, MatRef};

use crate::alloc::reserved;
use crate::error::Error;
use crate::fill::threads;
use crate::number::Number;

/// The types of the computation, f32 and f64.
pub(crate) trait Entry: RealField + Number + MulAssign {
    const ZERO: Self;
    const ONE: Self;
}

impl Entry for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
}

impl Entry for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
}

/// Columns of a tile of `T'` or `Q'`; a multiple of every panel width.
pub(super) const SPAN: usize = 256;

/// Operations below which handing out tasks costs more than it saves.
const SEQUENTIAL: usize = 1 << 22;

/// The shape of the matrix, and how it is cut.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// Rows of `Q`.
    pub(super) m: usize,
    /// Columns of `Q`, at most `m`.
    pub(super) n: usize,
    /// Columns of a panel.
    pub(super) w: usize,
    /// Rows of a tile of `T'` or `Q'`; a multiple of `w`.
    pub(super) group: usize,
    /// Whether the work is worth several threads.
    parallel: bool,
}

impl Plan {
    pub(super) fn new(m: usize, n: usize, parallel: bool) -> Self {
        let w = if n < 256 { 32 } else { 64 };
        let group = (n / 8 / w * w).clamp(w, SPAN);
        let work = m.saturating_mul(n).saturating_mul(n);
        let parallel = parallel && work >= SEQUENTIAL;
        Self { m, n, w, group, parallel }
    }

    /// Returns the columns of panel `p`.
    pub(super) fn panel(&self, p: usize) -> Range<usize> {
        p * self.w..(p * self.w + self.w).min(self.n)
    }

    /// Calls `work` with each item, begun in this order: the largest should come first.
    pub(super) fn for_each<I>(&self, items: I, work: impl Fn(I::Item) + Send + Sync)
    where
        I: Iterator<Item: Send> + Send,
    {
        threads::for_each(items, self.parallel, work);
    }

    /// Returns a vector of zeros, written by the threads that will use it.
    pub(super) fn zeros<T: Entry>(&self, len: usize) -> Result<Vec<T>, Error> {
        let mut zeros = reserved(len)?;
        threads::extend_with(&mut zeros, len, T::ZERO, self.parallel);
        Ok(zeros)
    }
}

/// Returns the first `rows x cols` entries of a column-major matrix.
pub(super) fn mat<T>(x: &[T], rows: usize, cols: usize, stride: usize) -> MatRef<'_, T> {
    MatRef::from_column_major_slice_with_stride(x, rows, cols, stride)
}

/// Returns the first `rows x cols` entries of a column-major matrix, to write to.
pub(super) fn mat_mut<T>(x: &mut [T], rows: usize, cols: usize, stride: usize) -> MatMut<'_, T> {
    MatMut::from_column_major_slice_with_stride_mut(x, rows, cols, stride)
}

/// Returns a column of a column-major matrix as a slice.
pub(super) fn slice_mut<T>(column: ColMut<'_, T>) -> &mut [T] {
    column.try_as_col_major_mut().expect("a contiguous column").as_slice_mut()
}

/// A part of a matrix: its rows, its columns and its entries.
pub(super) type Tile<'a, T> = (Range<usize>, Range<usize>, MatMut<'a, T>);

/// Cuts a matrix into tiles, row by row.
pub(super) fn tiles<T>(matrix: MatMut<'_, T>, rows: usize, cols: usize) -> Vec<Tile<'_, T>> {
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

/// Returns the rows of a matrix within `range`.
pub(super) fn rows_mut<T>(matrix: MatMut<'_, T>, range: Range<usize>) -> MatMut<'_, T> {
    matrix.split_at_row_mut(range.end).0.split_at_row_mut(range.start).1
}

/// Returns the ranges of at most `step` that make up `range`.
pub(super) fn steps(
    range: Range<usize>,
    step: usize,
) -> impl Iterator<Item = Range<usize>> + use<> {
    let end = range.end;
    range.step_by(step).map(move |start| start..(start + step).min(end))
}
