//! Times `Orthogonal`, compared with LAPACK's way: faer's QR factorisation of a Gaussian matrix, then Q.
//! Both are measured in turn in one run.
//!
//! `cargo bench --bench orthogonal`
//!
//! Our time is that of a whole fill, including Gaussians and gain; faer is given its Gaussians. The limit
//! is the time of the operations that accumulate the reflections, at the rate of faer's matrix product
//! on this machine.

use std::hint::black_box;
use std::time::Instant;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder;
use faer::linalg::qr::no_pivoting::factor;
use faer::traits::RealField;
use faer::{Accum, Mat, Par};
use seedbed::init::MatrixRows;
use seedbed::{Element, Exec, Initializer, Normal, Sample, Seed, Values};

const SHAPES: [[usize; 2]; 5] = [[256, 256], [512, 512], [1024, 1024], [2048, 2048], [4096, 1024]];

/// Returns Q of a Gaussian matrix, as the peers make it.
fn qr<T: RealField>(gaussians: &Mat<T>) -> Mat<T> {
    let (m, n) = (gaussians.nrows(), gaussians.ncols());
    let mut a = gaussians.clone();
    let block = factor::recommended_block_size::<T>(m, n);
    let mut factors = Mat::<T>::zeros(block, n);
    let (seq, params) = (Par::Seq, Default::default());
    let scratch = factor::qr_in_place_scratch::<T>(m, n, block, seq, params);
    let mut memory = MemBuffer::new(scratch);
    let params = Default::default();
    factor::qr_in_place(a.as_mut(), factors.as_mut(), seq, MemStack::new(&mut memory), params);
    let mut q = Mat::<T>::identity(m, n);
    let scratch = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(
        m, block, n,
    );
    let mut memory = MemBuffer::new(scratch);
    householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
        a.as_ref(),
        factors.as_ref(),
        faer::Conj::No,
        q.as_mut(),
        seq,
        MemStack::new(&mut memory),
    );
    q
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Returns the milliseconds that `operations` take in a large matrix product.
fn at_product_rate<T: RealField + Element>(operations: f64) -> f64 {
    let n = 1024;
    let a = Mat::<T>::identity(n, n);
    let mut product = Mat::<T>::zeros(n, n);
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            milliseconds(|| {
                let (one, seq) = (faer::traits::math_utils::one::<T>(), Par::Seq);
                faer::linalg::matmul::matmul(&mut product, Accum::Replace, &a, &a, one, seq);
            })
        })
        .collect();
    median(&mut times) * operations / (2.0 * (n as f64).powi(3))
}

fn run<T: RealField + Element>() {
    let stream = Seed::from(1).stream("orthogonal");
    let initializer = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).expect("valid");
    for [rows, cols] in SHAPES {
        let values: Values<T> = initializer.for_shape(&[rows, cols]).expect("a matrix");
        let fills = [Exec::sequential(), Exec::default()].map(|exec| values.clone().with(exec));
        let mut out = vec![T::default(); values.len()];
        let normal = Normal::<T>::new(0.0, 1.0).expect("valid");
        let gaussians = normal.sample_vec(values.len(), &stream);
        let gaussians = Mat::from_fn(rows, cols, |i, j| gaussians[j * rows + i]);
        let repetitions = (3e10 / (rows * cols * cols) as f64).clamp(5.0, 60.0) as usize;
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..repetitions {
            for (times, values) in times.iter_mut().zip(&fills) {
                times.push(milliseconds(|| {
                    values.fill(black_box(&mut out), &stream).expect("memory");
                }));
            }
            times[2].push(milliseconds(|| drop(black_box(qr(&gaussians)))));
        }
        let [one, all, qr] = times.each_mut().map(|times| median(times));
        let (m, n) = (rows as f64, cols as f64);
        let limit = at_product_rate::<T>(2.0 * m * n * n - 2.0 / 3.0 * n.powi(3));
        println!(
            "{} {rows:4} x {cols:4}: {one:7.2} ms, all threads {all:7.2} ({:.2} x), QR and Q {qr:7.2} \
             ({:.2} x), limit {limit:7.2} ({:.2} x)",
            T::NAME,
            one / all,
            qr / one,
            one / limit
        );
    }
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that this starts
    }
    run::<f32>();
    run::<f64>();
}
