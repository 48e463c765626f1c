//! The Householder vectors of the columns.

use super::plan::{Entry, Plan, mat_mut, tiles};
use super::transpose::{SIDE, transpose};

/// Turns the columns of `g` into Householder vectors, with zeros above them in their diagonal
/// block, and copies them to the rows of `vt`.
pub(super) fn reflect<T: Entry>(
    plan: &Plan,
    g: &mut [T],
    vt: &mut [T],
    tau: &mut [T],
    sign: &mut [T],
) {
    let &Plan { m, n, w, .. } = plan;
    let width = n.div_ceil(16).next_multiple_of(SIDE).min(2 * w);
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
fn householder<T: Entry>(x: &mut [T]) -> (T, T) {
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

fn sum_squares<T: Entry>(x: &[T], scale: f64) -> f64 {
    let mut sums = [0.0; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for chunk in chunks {
        add_squares(&mut sums, chunk, scale);
    }
    add_squares(&mut sums, rest, scale);
    sums.iter().sum()
}

#[inline(always)]
fn add_squares<T: Entry>(sums: &mut [f64; 16], x: &[T], scale: f64) {
    for (sum, x) in sums.iter_mut().zip(x) {
        let x = x.to_f64() * scale;
        *sum += x * x;
    }
}

/// The largest absolute value.
fn largest<T: Entry>(x0: f64, x: &[T]) -> f64 {
    x.iter().fold(x0.abs(), |top, x| top.max(x.to_f64().abs()))
}
