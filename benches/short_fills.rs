//! Times fills of a few elements with all their set-up: the path, the distribution, the states of the
//! lanes, the fill and its mending.
//!
//! `cargo bench --bench short_fills`

use std::hint::black_box;
use std::time::Instant;

use seedbed::{Exec, Level, Normal, Sample, Seed, Uniform};

/// Fills of one measurement, each from a stream of its own.
const FILLS: u64 = 1 << 10;

const REPETITIONS: usize = 200;

const LENGTHS: [usize; 4] = [1, 16, 128, 1024];

/// Returns the nanoseconds of one fill: the median of repetitions over many streams.
fn measure<D: Sample<f32>>(len: usize, exec: Exec, make: impl Fn(f64) -> D) -> f64 {
    let (seed, mut out) = (Seed::from(1), vec![0.0; len]);
    let mut times: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            for index in 0..FILLS {
                let distribution = make(black_box(0.02)).with(exec);
                distribution.sample_into(black_box(&mut out), &seed.stream(black_box(index)));
            }
            start.elapsed().as_nanos() as f64 / FILLS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REPETITIONS / 2]
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that this starts
    }
    print!("{:20}", "ns a fill, f32");
    let _ = LENGTHS.map(|len| print!("{len:>8}"));
    println!();
    for level in Level::available() {
        let exec = Exec::sequential().level(level).expect("available");
        let normal = |std| Normal::<f32>::new(0.0, std).expect("valid");
        let uniform = |high| Uniform::<f32>::new(-0.1, high).expect("valid");
        print!("{:20}", format!("normal, {level}"));
        let _ = LENGTHS.map(|len| print!("{:8.0}", measure(len, exec, normal)));
        print!("\n{:20}", format!("uniform, {level}"));
        let _ = LENGTHS.map(|len| print!("{:8.0}", measure(len, exec, uniform)));
        println!();
    }
}
