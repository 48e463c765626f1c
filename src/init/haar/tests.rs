//! Tests of the Haar-distributed matrices.

mod distribution;

use super::haar_in_place;
use super::plan::{Entry, Plan};
use crate::{Normal, Sample, Seed, Stream};
use faer::Mat;

fn gaussians<T: Entry + crate::Element>(len: usize, stream: &Stream) -> Vec<T> {
    Normal::new(0.0, 1.0).unwrap().sample_vec(len, stream)
}

fn stream(seed: u64) -> Stream {
    Seed::from(seed).stream("gaussians")
}

#[test]
fn no_memory_is_an_error() {
    for parallel in [false, true] {
        assert!(Plan::new(500, 500, parallel).zeros::<f64>(usize::MAX / 16).is_err());
    }
}

fn sample<T: Entry + crate::Element>(
    rows: usize,
    cols: usize,
    gain: f64,
    seed: u64,
    parallel: bool,
) -> Vec<T> {
    let mut q = gaussians(rows * cols, &stream(seed));
    haar_in_place(&mut q, rows, cols, T::from_f64(gain), parallel).unwrap();
    q
}

/// The result as a matrix with orthonormal columns.
fn columns<T: Entry + crate::Element>(q: &[T], rows: usize, cols: usize) -> Mat<f64> {
    let q = Mat::from_fn(rows, cols, |i, j| q[i * cols + j].to_f64());
    if rows < cols { q.transpose().to_owned() } else { q }
}

/// The largest entry of `Q'Q - I`, in units of `eps sqrt(n)`.
fn defect<T: Entry + crate::Element>(q: &[T], rows: usize, cols: usize) -> f64 {
    let q = columns(q, rows, cols);
    let n = q.ncols();
    let product = q.transpose() * &q;
    let mut worst = 0.0;
    for j in 0..n {
        for i in 0..n {
            let error = (product[(i, j)] - f64::from(u8::from(i == j))).abs();
            assert!(error.is_finite());
            worst = f64::max(worst, error);
        }
    }
    let eps = if size_of::<T>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    worst / (eps * (n as f64).sqrt())
}

const SHAPES: [(usize, usize); 43] = [
    (1, 1),
    (2, 2),
    (3, 3),
    (5, 4),
    (15, 15),
    (16, 16),
    (17, 17),
    (31, 31),
    (32, 32),
    (33, 33),
    (63, 64),
    (64, 64),
    (65, 65),
    (100, 100),
    (128, 128),
    (255, 255),
    (256, 256),
    (257, 257),
    (300, 300),
    (320, 320),
    (511, 513),
    (576, 576),
    (600, 600),
    (1, 7),
    (7, 1),
    (1, 5000),
    (5000, 1),
    (2, 999),
    (1000, 3),
    (777, 77),
    (77, 777),
    (1111, 300),
    (300, 1111),
    (2000, 64),
    (64, 2000),
    (513, 512),
    (4000, 33),
    (257, 1025),
    (700, 641),
    (900, 768),
    (1601, 1601),
    (1300, 1700),
    (2100, 2060),
];

fn orthonormal<T: Entry + crate::Element>() {
    for (seed, &(rows, cols)) in SHAPES.iter().enumerate() {
        let q = sample::<T>(rows, cols, 1.0, seed as u64, true);
        let defect = defect(&q, rows, cols);
        assert!(defect < 4.0, "{rows}x{cols}: {defect}");
    }
}

#[test]
fn orthonormal_f32() {
    orthonormal::<f32>();
}

#[test]
fn orthonormal_f64() {
    orthonormal::<f64>();
}

#[cfg(feature = "rayon")]
fn bits<T: Entry + crate::Element>(rows: usize, cols: usize) {
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let q = pool.install(|| sample::<T>(rows, cols, 1.7, 5, true));
        q.into_iter().map(|x| x.to_f64().to_bits()).collect::<Vec<_>>()
    };
    let sequential = sample::<T>(rows, cols, 1.7, 5, false);
    let sequential: Vec<_> = sequential.into_iter().map(|x| x.to_f64().to_bits()).collect();
    for threads in [1, 2, 3, 7] {
        assert!(bits(threads) == sequential, "{rows}x{cols} on {threads} threads");
    }
}

#[test]
#[cfg(feature = "rayon")]
fn same_bits_on_any_number_of_threads() {
    for (rows, cols) in
        [(130, 130), (600, 600), (1100, 520), (520, 1100), (3000, 70), (70, 3000), (1300, 1300)]
    {
        bits::<f32>(rows, cols);
        bits::<f64>(rows, cols);
    }
}

#[test]
fn gain_multiplies() {
    for (rows, cols) in [(40, 40), (300, 90), (90, 300)] {
        let one = sample::<f32>(rows, cols, 1.0, 3, false);
        let two = sample::<f32>(rows, cols, -0.3, 3, false);
        assert!(one.iter().zip(&two).all(|(&x, &y)| x * -0.3 == y));
    }
}

#[test]
fn empty_is_a_no_op() {
    for (rows, cols) in [(0, 0), (0, 5), (5, 0)] {
        haar_in_place::<f32>(&mut [], rows, cols, 1.0, true).unwrap();
    }
}

fn odd_inputs<T: Entry + crate::Element>(least: f64, largest: f64) {
    for (rows, cols) in [(1, 1), (3, 3), (70, 70), (300, 40), (40, 300)] {
        for value in [0.0, -0.0, 1.0, -1.0, least, -least, largest, -largest, largest / 3.0] {
            for place in 0..5 {
                let mut q = gaussians::<T>(rows * cols, &stream(1));
                for (i, x) in q.iter_mut().enumerate() {
                    if place == 0 || i % (place + 1) == 0 {
                        *x = T::from_f64(value);
                    }
                }
                haar_in_place(&mut q, rows, cols, T::ONE, false).unwrap();
                let defect = defect(&q, rows, cols);
                // Equal columns add up equal rounding errors.
                assert!(defect < 32.0, "{rows}x{cols} {value:e} {place}: {defect}");
            }
        }
    }
}

#[test]
fn every_finite_input_gives_orthonormal_columns() {
    odd_inputs::<f32>(f64::from(f32::from_bits(1)), f64::from(f32::MAX));
    odd_inputs::<f32>(f64::from(f32::MIN_POSITIVE), 1e30);
    odd_inputs::<f64>(f64::from_bits(1), f64::MAX);
    odd_inputs::<f64>(f64::MIN_POSITIVE, 1e200);
}

/// A column of any scale has the reflection of its direction, as far as its entries are exact.
#[test]
fn the_scale_of_a_column_makes_no_difference() {
    let (m, n) = (70, 50);
    let scaled = |first: f64, others: f64| {
        let mut q = gaussians::<f64>(m * n, &stream(6));
        for (k, column) in q.chunks_mut(m).enumerate() {
            column[k] *= first;
            column[k + 1..].iter_mut().for_each(|x| *x *= others);
        }
        haar_in_place(&mut q, m, n, 1.0, false).unwrap();
        q
    };
    for (ratio, scales) in
        [(0, &[-950, -420, 400, 1000][..]), (-600, &[-420, 400, 1000]), (600, &[-950, -420, 400])]
    {
        let expected = scaled(2f64.powi(ratio), 1.0);
        for &scale in scales {
            let q = scaled(2f64.powi(ratio + scale), 2f64.powi(scale));
            let near = q.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-13);
            assert!(near, "2^{ratio} 2^{scale}");
        }
    }
}

#[test]
fn zeros_give_the_identity() {
    let mut q = vec![0.0f32; 6 * 4];
    haar_in_place(&mut q, 6, 4, 1.0, false).unwrap();
    assert!(q.iter().enumerate().all(|(i, &x)| x == f32::from(u8::from(i % 4 == i / 4))));
}

/// Gaussians that are not used make no difference.
#[test]
fn unused_entries_are_not_read() {
    for (rows, cols) in [(90, 90), (300, 280), (70, 200)] {
        let (m, n) = (rows.max(cols), rows.min(cols));
        let mut q = gaussians::<f64>(m * n, &stream(8));
        let mut other = q.clone();
        for k in 0..n {
            other[k * m..k * m + k].fill(f64::NAN);
        }
        haar_in_place(&mut q, rows, cols, 1.0, false).unwrap();
        haar_in_place(&mut other, rows, cols, 1.0, false).unwrap();
        assert!(q == other);
    }
}

#[test]
fn equals_the_product_of_reflections() {
    for (m, n) in [(1, 1), (6, 6), (90, 70), (150, 150), (270, 260)] {
        let g = gaussians::<f64>(m * n, &stream(4));
        let mut q = g.clone();
        haar_in_place(&mut q, m, n, 1.0, false).unwrap();
        let expected = reflections(&g, m, n);
        for i in 0..m {
            for j in 0..n {
                assert!((q[i * n + j] - expected[(i, j)]).abs() < 1e-13);
            }
        }
    }
}

/// The reflections of the Gaussian vectors, applied one by one.
fn reflections(g: &[f64], m: usize, n: usize) -> Mat<f64> {
    let mut q = Mat::<f64>::zeros(m, n);
    for k in (0..n).rev() {
        let mut v = g[k * m + k..(k + 1) * m].to_vec();
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let single = v.len() == 1;
        q[(k, k)] = if single { v[0].signum() } else { -v[0].signum() };
        v[0] += norm.copysign(v[0]);
        let scale = if single { 0.0 } else { 2.0 / v.iter().map(|x| x * x).sum::<f64>() };
        for j in k..n {
            let dot: f64 = v.iter().enumerate().map(|(i, x)| x * q[(k + i, j)]).sum();
            for (i, x) in v.iter().enumerate() {
                q[(k + i, j)] -= scale * dot * x;
            }
        }
    }
    q
}
