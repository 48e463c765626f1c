//! The triangular factor `T` of the block reflection, and `P = D V1 T^-T`.

use core::ops::Range;

use super::matrix::{Accum, Entry, MatMut, MatRef, matmul};
use super::plan::{Plan, SPAN, steps, tiles};
use super::transpose::transpose;

/// The largest triangle that is inverted by substitution.
const SMALL: usize = 16;

/// Writes the blocks of `T' = V'V` below the diagonal blocks to those of `vt`.
pub(super) fn gram<T: Entry>(plan: &Plan, v: &[T], vt: &mut [T]) {
    let &Plan { m, n, group, .. } = plan;
    let v = MatRef::new(v, m, n, m);
    let mut list = tiles(MatMut::new(vt, n, n, n), group, SPAN);
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
        let tile = tile
            .rb_mut()
            .part(a.start - r.start..a.end - r.start, b.start - c.start..b.end - c.start);
        let (a, b) = (v.part(inner.clone(), a), v.part(inner, b));
        matmul(tile, accum, a.transpose(), b, T::ONE);
    };
    let corner = r.start.clamp(c.start, c.end);
    let [end, _] = v.shape();
    part(r.clone(), c.start..corner, r.end..end, Accum::Replace);
    for p in steps(r.clone(), w) {
        let diagonal = p.start.clamp(c.start, c.end);
        part(p.clone(), c.start..corner, p.start..r.end, Accum::Add);
        part(p.clone(), corner..diagonal, p.start..end, Accum::Replace);
    }
}

/// Inverts the diagonal blocks of `T'`.
pub(super) fn invert<T: Entry>(plan: &Plan, v: &[T], tau: &[T], work: &mut [T], inverse: &mut [T]) {
    let &Plan { m, n, w, .. } = plan;
    let v = MatRef::new(v, m, n, m);
    let panels = work.chunks_mut(w * w).zip(inverse.chunks_mut(w * w)).zip(tau.chunks(w));
    plan.for_each(panels.enumerate(), |(p, ((work, inverse), tau))| {
        let (k, c) = (tau.len(), plan.panel(p));
        let v = v.part(c.start..m, c);
        let mut block = MatMut::new(work, k, k, k);
        matmul(block.rb_mut(), Accum::Replace, v.transpose(), v, T::ONE);
        invert_lower(block, tau, MatMut::new(inverse, k, k, k));
    });
}

/// The inverse of a lower triangle with the diagonal `tau`. Overwrites what is above the diagonal.
fn invert_lower<T: Entry>(lower: MatMut<'_, T>, tau: &[T], inverse: MatMut<'_, T>) {
    if tau.len() <= SMALL {
        return invert_small(lower.rb(), tau, inverse);
    }
    let half = (tau.len() / 2).next_multiple_of(SMALL);
    let [(a, work), (b, c)] = quarters(lower, half);
    let [(mut ia, zero), (ib, mut ic)] = quarters(inverse, half);
    zero.columns().for_each(|column| column.fill(T::ZERO));
    invert_lower(a, &tau[..half], ia.rb_mut());
    invert_lower(c, &tau[half..], ic.rb_mut());
    let mut work = work.transpose();
    matmul(work.rb_mut(), Accum::Replace, b.rb(), ia.rb(), T::ONE);
    matmul(ib, Accum::Replace, ic.rb(), work.rb(), -T::ONE);
}

/// Cuts a matrix before a row and the column of the same number: above, below, left and right of both.
fn quarters<T: Entry>(matrix: MatMut<'_, T>, at: usize) -> [(MatMut<'_, T>, MatMut<'_, T>); 2] {
    let (above, below) = matrix.split_at_row(at);
    [above.split_at_col(at), below.split_at_col(at)]
}

fn invert_small<T: Entry>(lower: MatRef<'_, T>, tau: &[T], inverse: MatMut<'_, T>) {
    for (j, column) in inverse.columns().enumerate() {
        column.fill(T::ZERO);
        column[j] = T::ONE;
        for i in j..tau.len() {
            let (x, below) = column[i..].split_first_mut().expect("a row of the triangle");
            *x = T::from_f64(x.to_f64() / tau[i].to_f64());
            for (t, y) in below.iter_mut().enumerate() {
                *y -= lower.at(i + 1 + t, i) * *x;
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
            transpose(v, n, MatMut::new(&mut x[span.start * k..], k, span.len(), k));
            eliminate(x, k, span.clone(), span.end..rows.end, vt, n);
            for q in (span.start / w..span.end.div_ceil(w)).rev() {
                let c = plan.panel(q);
                eliminate(x, k, c.clone(), c.end..span.end, vt, n);
                let inverse = MatRef::new(&inverse[c.start * w..], c.len(), c.len(), c.len());
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
    let t = MatRef::new(&vt[from.start + to.start * n..], from.len(), to.len(), n);
    let x = MatMut::new(&mut left[to.start * k..], k, to.len(), k);
    matmul(x, Accum::Add, MatRef::new(right, k, from.len(), k), t, -T::ONE);
}

/// `X = X R` for an `X` of `k` rows.
fn multiply<T: Entry>(x: &mut [T], k: usize, right: MatRef<'_, T>, work: &mut [T]) {
    let [_, cols] = right.shape();
    work[..x.len()].copy_from_slice(x);
    let left = MatRef::new(work, k, cols, k);
    matmul(MatMut::new(x, k, cols, k), Accum::Replace, left, right, T::ONE);
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
