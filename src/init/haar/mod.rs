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

mod plan;
mod product;
mod reflect;
mod solve;
mod transpose;

use crate::error::Error;
use plan::{Entry, Plan};

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
pub(crate) fn haar_in_place<T: Entry>(
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

#[cfg(test)]
mod tests;
