//! The distribution is that of Haar: moments, and a comparison with QR.

use super::{gaussians, haar_in_place, stream};
use crate::Stream;
use faer::Mat;

const COUNT: usize = if cfg!(debug_assertions) { 4_000 } else { 40_000 };

/// `COUNT` matrices, row-major.
fn population(m: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let draw = |i: usize| {
        let mut q = gaussians(m * n, &stream(seed).child(i as u64));
        haar_in_place(&mut q, m, n, 1.0, false).unwrap();
        q
    };
    (0..COUNT).map(draw).collect()
}

/// Checks that the mean of `values` is `expected`, within 5.5 standard errors.
fn check_mean(what: &str, values: impl Iterator<Item = f64>, expected: f64) {
    let values: Vec<f64> = values.collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let error = (variance / count).sqrt() + 1e-12;
    assert!((mean - expected).abs() < 5.5 * error, "{what}: {mean}, not {expected}");
}

fn determinant(q: &[f64], n: usize) -> f64 {
    Mat::from_fn(n, n, |i, j| q[i * n + j]).determinant()
}

#[test]
fn moments_of_entries() {
    for (m, n) in [(2, 2), (3, 3), (6, 6), (5, 2), (2, 5), (4, 1)] {
        let all = population(m, n, 17);
        let d = m.max(n) as f64;
        for e in 0..m * n {
            let what = format!("{m}x{n} entry {e}");
            check_mean(&what, all.iter().map(|q| q[e]), 0.0);
            check_mean(&what, all.iter().map(|q| q[e].powi(2)), 1.0 / d);
            check_mean(&what, all.iter().map(|q| q[e].powi(4)), 3.0 / (d * (d + 2.0)));
        }
    }
}

#[test]
fn traces_and_determinants() {
    for n in [1, 2, 3, 6] {
        let all = population(n, n, 18);
        let trace = |q: &Vec<f64>| (0..n).map(|i| q[i * n + i]).sum::<f64>();
        check_mean("determinant", all.iter().map(|q| determinant(q, n).signum()), 0.0);
        check_mean("trace", all.iter().map(trace), 0.0);
        check_mean("trace squared", all.iter().map(|q| trace(q).powi(2)), 1.0);
        // E tr(Q^2) = 1: it tells the distribution of the eigenvalues, not of the entries alone.
        let square = |q: &Vec<f64>| (0..n * n).map(|e| q[e] * q[e % n * n + e / n]).sum::<f64>();
        check_mean("trace of the square", all.iter().map(square), 1.0);
    }
}

/// Products of the entries of different columns, and of the same place in both.
#[test]
fn mixed_moments() {
    let n = 4;
    let all = population(n, n, 19);
    let d = n as f64;
    for (a, b) in [(0, 1), (0, 4), (1, 4), (0, 5), (10, 15), (5, 15), (3, 12), (11, 14)] {
        check_mean("product", all.iter().map(|q| q[a] * q[b]), 0.0);
        let same_line = a / n == b / n || a % n == b % n;
        let expected =
            if same_line { 1.0 / (d * (d + 2.0)) } else { (d + 1.0) / (d * (d - 1.0) * (d + 2.0)) };
        check_mean("squares", all.iter().map(|q| (q[a] * q[b]).powi(2)), expected);
    }
    let minor = |q: &Vec<f64>| q[0] * q[5] * q[1] * q[4];
    check_mean("minor", all.iter().map(minor), -1.0 / (d * (d - 1.0) * (d + 2.0)));
}

/// The factor `Q` of a Gaussian matrix by faer, with the diagonal of `R` made positive.
fn by_qr(m: usize, n: usize, stream: &Stream) -> Mat<f64> {
    let g = gaussians::<f64>(m * n, stream);
    let qr = Mat::from_fn(m, n, |i, j| g[i * n + j]).qr();
    let (q, r) = (qr.compute_thin_Q(), qr.thin_R().to_owned());
    Mat::from_fn(m, n, |i, j| q[(i, j)] * r[(j, j)].signum())
}

/// The largest difference of the distribution functions of two samples, in units of its scale.
fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (mut i, mut j, mut worst) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        if a[i] <= b[j] {
            i += 1
        } else {
            j += 1
        }
        worst = f64::max(worst, (i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    worst * (a.len() as f64 * b.len() as f64 / (a.len() + b.len()) as f64).sqrt()
}

#[test]
fn agrees_with_qr_of_a_gaussian_matrix() {
    for (m, n) in [(3, 3), (6, 6), (5, 2)] {
        let ours = population(m, n, 20);
        let theirs = (0..COUNT).map(|i| by_qr(m, n, &stream(21).child(i as u64)));
        let theirs: Vec<_> = theirs.collect();
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let a = ours.iter().map(|q| q[i * n + j]).collect();
            let b = theirs.iter().map(|q| q[(i, j)]).collect();
            // The probability of a value above 2.7 is 2 exp(-2 * 2.7^2) = 1e-6.
            let distance = kolmogorov_smirnov(a, b);
            assert!(distance < 2.7, "{m}x{n} entry {i},{j}: {distance}");
        }
        let trace = |k: usize, q: &dyn Fn(usize) -> f64| (0..k).map(q).sum::<f64>();
        let a = ours.iter().map(|q| trace(n, &|i| q[i * n + i])).collect();
        let b = theirs.iter().map(|q| trace(n, &|i| q[(i, i)])).collect();
        assert!(kolmogorov_smirnov(a, b) < 2.7, "{m}x{n} trace");
    }
}
