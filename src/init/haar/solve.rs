//! The triangular factor `T` of the block reflection, and `P = D V1 T^-T`.

use core::ops::Range;

use super::plan::{Entry, Plan, SPAN, mat, mat_mut, rows_mut, slice_mut, steps, tiles};
use super::transpose::transpose;
use faer::linalg::matmul::matmul;
use faer::prelude::*;
use faer::{Accum, MatMut, MatRef, Par};

/// The largest triangle that is inverted by substitution.
const SMALL: usize = 16;

/// Writes the blocks of `T' = V'V` below the diagonal blocks to those of `vt`.
pub(super) fn gram<T: Entry>(plan: &Plan, v: &[T], vt: &mut [T]) {
    let &Plan { m, n, group, .. } = plan;
    let v = mat(v, m, n, m);
    let mut list = tiles(mat_mut(vt, n, n, n), group, SPAN);
    list.retain(|(r, c, _)| c.start < r.end);
    plan.for_each(list.into_iter(), |(r, c, tile)| gram_tile(plan.w, v, r, c, tile));
}

/// The vectors of a panel begin with its first row, those of a tile have all rows below the tile
/// in common. The part left of the tile's diagonal is a full rectangle, the rest has steps.
fn gram_tile<T: Entry>(
    w: usize,
    v: MatRef<'_, T>,
    r: Range<usize>,
    c: Range<usize>,
    mut tile: MatMut<'_, T>,
) {
    let mut part = |a: Range<usize>, b: Range<usize>, inner: Range<usize>, accum| {
        let tile = rows_mut(tile.rb_mut(), a.start - r.start..a.end - r.start);
        let tile = tile.subcols_mut(b.start - c.start, b.len());
        let (a, b) = (v.get(inner.clone(), a), v.get(inner, b));
        matmul(tile, accum, a.transpose(), b, T::ONE, Par::Seq);
    };
    let corner = r.start.clamp(c.start, c.end);
    part(r.clone(), c.start..corner, r.end..v.nrows(), Accum::Replace);
    for p in steps(r.clone(), w) {
        let end = p.start.clamp(c.start, c.end);
        part(p.clone(), c.start..corner, p.start..r.end, Accum::Add);
        part(p.clone(), corner..end, p.start..v.nrows(), Accum::Replace);
    }
}

/// Inverts the diagonal blocks of `T'`.
pub(super) fn invert<T: Entry>(plan: &Plan, v: &[T], tau: &[T], work: &mut [T], inverse: &mut [T]) {
    let &Plan { m, n, w, .. } = plan;
    let v = mat(v, m, n, m);
    let panels = work.chunks_mut(w * w).zip(inverse.chunks_mut(w * w)).zip(tau.chunks(w));
    plan.for_each(panels.enumerate(), |(p, ((work, inverse), tau))| {
        let (k, c) = (tau.len(), plan.panel(p));
        let v = v.get(c.start.., c);
        let mut block = mat_mut(work, k, k, k);
        matmul(block.rb_mut(), Accum::Replace, v.transpose(), v, T::ONE, Par::Seq);
        invert_lower(block, tau, mat_mut(inverse, k, k, k));
    });
}

/// The inverse of a lower triangle with the diagonal `tau`. Overwrites what is above the diagonal.
fn invert_lower<T: Entry>(lower: MatMut<'_, T>, tau: &[T], inverse: MatMut<'_, T>) {
    if tau.len() <= SMALL {
        return invert_small(lower.rb(), tau, inverse);
    }
    let half = (tau.len() / 2).next_multiple_of(SMALL);
    let (a, work, b, c) = lower.split_at_mut(half, half);
    let (mut ia, mut zero, ib, mut ic) = inverse.split_at_mut(half, half);
    zero.rb_mut().fill(T::ZERO);
    invert_lower(a, &tau[..half], ia.rb_mut());
    invert_lower(c, &tau[half..], ic.rb_mut());
    let mut work = work.transpose_mut();
    matmul(work.rb_mut(), Accum::Replace, b.rb(), ia.rb(), T::ONE, Par::Seq);
    matmul(ib, Accum::Replace, ic.rb(), work.rb(), -T::ONE, Par::Seq);
}

fn invert_small<T: Entry>(lower: MatRef<'_, T>, tau: &[T], inverse: MatMut<'_, T>) {
    for (j, column) in inverse.col_iter_mut().enumerate() {
        let column = slice_mut(column);
        column.fill(T::ZERO);
        column[j] = T::ONE;
        for i in j..tau.len() {
            let (x, below) = column[i..].split_first_mut().expect("a row of the triangle");
            *x = T::from_f64(x.to_f64() / tau[i].to_f64());
            for (t, y) in below.iter_mut().enumerate() {
                *y -= lower[(i + 1 + t, i)] * *x;
            }
        }
    }
}

/// Solves `P T' = V1`. Panel `p` of rows of `P`, column-major, comes at the start of the `p`-th
/// `m x w` entries of `g`.
pub(super) fn solve<T: Entry>(plan: &Plan, g: &mut [T], vt: &[T], inverse: &[T], work: &mut [T]) {
    let &Plan { m, n, w, .. } = plan;
    let panels = g.chunks_mut(m * w).zip(work.chunks_mut(w * w)).enumerate();
    plan.for_each(panels.rev(), |(p, (x, work))| {
        let rows = plan.panel(p);
        let k = rows.len();
        for outer in (0..=rows.start / SPAN).rev() {
            let span = outer * SPAN..(outer * SPAN + SPAN).min(rows.end);
            let v = &vt[span.start + rows.start * n..];
            transpose(v, n, mat_mut(&mut x[span.start * k..], k, span.len(), k));
            eliminate(x, k, span.clone(), span.end..rows.end, vt, n);
            for q in (span.start / w..span.end.div_ceil(w)).rev() {
                let c = plan.panel(q);
                eliminate(x, k, c.clone(), c.end..span.end, vt, n);
                let inverse = mat(&inverse[c.start * w..], c.len(), c.len(), c.len());
                multiply(&mut x[c.start * k..c.end * k], k, inverse, work);
            }
        }
    });
}

/// `X[:, to] -= X[:, from] T'[from, to]` for an `X` of `k` rows.
fn eliminate<T: Entry>(
    x: &mut [T],
    k: usize,
    to: Range<usize>,
    from: Range<usize>,
    vt: &[T],
    n: usize,
) {
    if from.is_empty() {
        return;
    }
    let (left, right) = x.split_at_mut(from.start * k);
    let t = mat(&vt[from.start + to.start * n..], from.len(), to.len(), n);
    let x = mat_mut(&mut left[to.start * k..], k, to.len(), k);
    matmul(x, Accum::Add, mat(right, k, from.len(), k), t, -T::ONE, Par::Seq);
}

/// `X = X R` for an `X` of `k` rows.
fn multiply<T: Entry>(x: &mut [T], k: usize, right: MatRef<'_, T>, work: &mut [T]) {
    let cols = right.ncols();
    work[..x.len()].copy_from_slice(x);
    let left = mat(work, k, cols, k);
    matmul(mat_mut(x, k, cols, k), Accum::Replace, left, right, T::ONE, Par::Seq);
}

/// Moves `D P` from `g` to the blocks of `vt` below the diagonal blocks, and to `diagonal`.
pub(super) fn keep<T: Entry>(plan: &Plan, g: &[T], vt: &mut [T], diagonal: &mut [T], sign: &[T]) {
    let &Plan { m, n, w, .. } = plan;
    let panels = vt.chunks_mut(n * w).zip(diagonal.chunks_mut(w * w)).enumerate();
    plan.for_each(panels.take(n.div_ceil(w)), |(q, (vt, diagonal))| {
        let c = plan.panel(q);
        for p in q..n.div_ceil(w) {
            let r = plan.panel(p);
            let from = &g[p * m * w + c.start * r.len()..][..r.len() * c.len()];
            for (j, from) in from.chunks(r.len()).enumerate() {
                let to =
                    if p == q { &mut diagonal[j * r.len()..] } else { &mut vt[j * n + r.start..] };
                for ((to, &from), &sign) in to.iter_mut().zip(from).zip(&sign[r.clone()]) {
                    *to = from * sign;
                }
            }
        }
    });
}
