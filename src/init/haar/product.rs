//! The product `Q' = [D 0] - P V'`.

use core::ops::Range;

use super::plan::{Entry, Plan, SPAN, mat, mat_mut, rows_mut, slice_mut, steps, tiles};
use faer::linalg::matmul::matmul;
use faer::prelude::*;
use faer::{Accum, MatMut, MatRef, Par};

/// Entries of the tile that is transposed on its way to the result.
const TILE: usize = 64 * 128;

/// `V'` on and above the diagonal blocks of `vt`, and `P` below them and in `diagonal`.
pub(super) struct Factors<'a, T> {
    pub(super) plan: Plan,
    pub(super) vt: &'a [T],
    pub(super) diagonal: &'a [T],
    pub(super) sign: &'a [T],
}

impl<T: Entry> Factors<'_, T> {
    /// Writes `gain * Q` to `out`, row-major, or column-major if `transposed`.
    pub(super) fn product(&self, out: &mut [T], gain: T, transposed: bool) {
        let Plan { m, n, w, group, .. } = self.plan;
        if transposed {
            let list = tiles(MatMut::from_row_major_slice_mut(out, n, m), w, SPAN);
            self.plan.for_each(list.into_iter().rev(), |(r, c, tile)| {
                self.transposed_tile(r, c, tile, gain);
            });
        } else {
            let list = tiles(mat_mut(out, n, m, n), group, SPAN);
            self.plan.for_each(list.into_iter().rev(), |(r, c, mut tile)| {
                self.tile(r, c, tile.rb_mut());
                if gain != T::ONE {
                    tile.col_iter_mut().flat_map(slice_mut).for_each(|x| *x *= gain);
                }
            });
        }
    }

    /// Writes a tile of `gain * Q'` to a row-major matrix: made column by column in a buffer that stays
    /// in the cache, and transposed from there.
    fn transposed_tile(&self, r: Range<usize>, c: Range<usize>, out: MatMut<'_, T>, gain: T) {
        let mut entries = [T::ZERO; TILE];
        let k = r.len();
        let mut right = out;
        for c in steps(c, TILE / self.plan.w) {
            let (out, rest) = right.split_at_col_mut(c.len());
            right = rest;
            self.tile(r.clone(), c.clone(), mat_mut(&mut entries, k, c.len(), k));
            for (j, row) in out.row_iter_mut().enumerate() {
                let row = slice_mut(row.transpose_mut());
                for (x, &from) in row.iter_mut().zip(entries[j..].iter().step_by(k)) {
                    *x = from * gain;
                }
            }
        }
    }

    /// Writes a tile of `Q' = [D 0] - P V'`.
    ///
    /// `V'` is upper trapezoidal and `P` lower triangular in the sense that matters here: row `i` of
    /// `P V'` sums over the vectors up to `i`, and column `j` of `V'` is zero below `j`. The vectors
    /// before both ranges, `..depth`, reach every entry of the tile, so one product takes them; the rest
    /// has steps and is left to [`panel`](Self::panel), a panel of rows at a time.
    fn tile(&self, r: Range<usize>, c: Range<usize>, mut out: MatMut<'_, T>) {
        let Plan { n, w, .. } = self.plan;
        let depth = r.start.min(c.start);
        let p = mat(self.vt, n, n, n).get(r.clone(), ..depth);
        matmul(out.rb_mut(), Accum::Replace, p, self.v(0..depth, c.clone()), -T::ONE, Par::Seq);
        for panel in steps(r.clone(), w) {
            let rows = panel.start - r.start..panel.end - r.start;
            self.panel(panel, c.clone(), depth, rows_mut(out.rb_mut(), rows));
        }
        // The signs of `D` stand where the tile meets the diagonal.
        for i in r.start.max(c.start)..r.end.min(c.end) {
            out[(i - r.start, i - c.start)] += self.sign[i];
        }
    }

    /// Subtracts the part of `P V'` from vector `depth` on, for the panel `r` of rows of `P`.
    fn panel(&self, r: Range<usize>, c: Range<usize>, depth: usize, mut out: MatMut<'_, T>) {
        let Plan { n, w, .. } = self.plan;
        let mut subtract = |p: MatRef<'_, T>, inner: Range<usize>, c1: Range<usize>| {
            let out = out.rb_mut().subcols_mut(c1.start - c.start, c1.len());
            matmul(out, Accum::Add, p, self.v(inner, c1), -T::ONE, Par::Seq);
        };
        let p = mat(self.vt, n, n, n).get(r.clone(), ..);
        // Columns before the panel's rows end where `V'` does: a panel of columns needs no vectors beyond
        // its own. Columns from there on need the vectors before the panel, and the panel's own, which
        // stand in `diagonal` as their place in `vt` has `V'`.
        let middle = r.start.clamp(c.start, c.end);
        for c in steps(c.start..middle, w) {
            subtract(p.get(.., depth..c.end), depth..c.end, c);
        }
        if middle < c.end {
            subtract(p.get(.., depth..r.start), depth..r.start, middle..c.end);
            let p = mat(&self.diagonal[r.start * w..], r.len(), r.len(), r.len());
            subtract(p, r, middle..c.end);
        }
    }

    /// Returns a part of `V'`.
    fn v(&self, rows: Range<usize>, cols: Range<usize>) -> MatRef<'_, T> {
        let n = self.plan.n;
        mat(&self.vt[rows.start + cols.start * n..], rows.len(), cols.len(), n)
    }
}
