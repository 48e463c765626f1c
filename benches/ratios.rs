//! Times distributions as ratios, all of a table measured in turn in one run, so that a machine that
//! changes its speed changes all times: each distribution to `fill(0.0)` and to the best scalar loop, and
//! normal distributions with all kinds of bounds to the normal distribution of the same level.
//!
//! `cargo bench --bench ratios` prints both tables, `cargo bench --bench ratios -- bounds` or `sizes` one.

use std::hint::black_box;
use std::time::Instant;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::Distribution;
use seedbed::{Element, Exec, Level, Normal, Sample, Seed, Stream, TruncatedNormal, Uniform};

/// The bounds of truncated normal distributions, in standard deviations: those of initializers, and of
/// every shape that a sampler may treat on its own.
const BOUNDS: [[f64; 2]; 12] = [
    [-2.0, 2.0],
    [-3.0, 3.0],
    [0.0, f64::INFINITY],
    [-1.0, 1.0],
    [0.5, 3.0],
    [f64::NEG_INFINITY, -0.3],
    [1.0, f64::INFINITY],
    [3.0, f64::INFINITY],
    [10.0, 11.0],
    [100.0, 101.0],
    [-0.1, 0.1],
    [-0.7, 2.2],
];

type Work<'a, T> = (String, Box<dyn FnMut(&mut [T]) + 'a>);

/// Returns the fill from a distribution at a level.
fn fill<'a, T: Element>(
    name: &str,
    distribution: impl Sample<T> + Copy + 'a,
    level: Level,
) -> Work<'a, T> {
    let stream: Stream = Seed::from(1).stream("ratios");
    let distribution = distribution.with(Exec::sequential().level(level).expect("available"));
    (format!("{name}, {level}"), Box::new(move |out| distribution.sample_into(out, &stream)))
}

/// Returns the nanoseconds that each work takes for an element, in every repetition.
fn measure<T: Element>(works: &mut [Work<T>], elements: usize) -> Vec<Vec<f64>> {
    let (mut out, mut times) = (vec![T::default(); elements], vec![Vec::new(); works.len()]);
    for _ in 0..(20_000_000 / elements).clamp(5, 201) {
        for ((_, work), times) in works.iter_mut().zip(&mut times) {
            let start = Instant::now();
            work(black_box(&mut out));
            times.push(start.elapsed().as_nanos() as f64 / elements as f64);
        }
    }
    times
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints the times of the distributions that initializers use, from the caches to memory.
fn sizes(elements: usize) {
    let normal = Normal::<f32>::new(0.0, 0.02).expect("valid");
    let uniform = Uniform::<f32>::new(-0.1, 0.1).expect("valid");
    let truncated = TruncatedNormal::<f32>::new(0.0, 0.02, -2.0, 2.0).expect("valid");
    let (mut rng, mut rng2) = (SmallRng::seed_from_u64(1), SmallRng::seed_from_u64(1));
    let scalar = rand_distr::Normal::<f32>::new(0.0, 0.02).expect("valid");
    let scalar_uniform = rand_distr::Uniform::<f32>::new(-0.1, 0.1).expect("valid");
    let mut works: Vec<Work<f32>> = vec![
        ("fill(0.0)".into(), Box::new(|out| out.fill(0.0))),
        ("scalar normal".into(), Box::new(|out| out.fill_with(|| scalar.sample(&mut rng)))),
        (
            "scalar uniform".into(),
            Box::new(|out| out.fill_with(|| scalar_uniform.sample(&mut rng2))),
        ),
    ];
    works.extend(Level::available().map(|level| fill("normal", normal, level)));
    works.extend(Level::available().map(|level| fill("uniform", uniform, level)));
    works.extend(Level::available().map(|level| fill("truncated normal", truncated, level)));
    let times: Vec<_> = measure(&mut works, elements).into_iter().map(median).collect();
    println!("\n{elements} f32 elements, one thread");
    println!("{:28} {:>8} {:>12} {:>14}", "", "ns", "x fill(0.0)", "scalar / this");
    for ((name, _), time) in works.iter().zip(&times) {
        let scalar = if name.contains("uniform") { times[2] } else { times[1] };
        println!("{name:28} {time:8.3} {:12.2} {:14.2}", time / times[0], scalar / time);
    }
}

/// Prints the times of truncated normal distributions, and the medians of their ratios to the normal's.
fn bounds<T: Element>() {
    let elements = 1 << 14;
    println!("\n{elements} {} elements, one thread", T::NAME);
    println!("{:28} {:>8} {:>10}", "bounds, level", "ns", "x normal");
    for level in Level::available() {
        let mut works = vec![fill("normal", Normal::<T>::new(0.0, 0.02).expect("valid"), level)];
        works.extend(BOUNDS.map(|[low, high]| {
            let truncated = TruncatedNormal::<T>::new(0.0, 0.02, low, high).expect("valid");
            fill(&format!("{low} .. {high}"), truncated, level)
        }));
        let times = measure(&mut works, elements);
        for ((name, _), of_this) in works.iter().zip(&times) {
            let ratio = median(of_this.iter().zip(&times[0]).map(|(a, b)| a / b).collect());
            println!("{name:28} {:8.3} {ratio:10.2}", median(of_this.clone()));
        }
    }
}

fn main() {
    let asks = |name: &str| std::env::args().any(|a| a == name);
    if asks("--test") {
        return; // `cargo test --benches` only wants to know that this starts
    }
    if !asks("bounds") {
        [1 << 14, 1 << 20, 1 << 26].into_iter().for_each(sizes);
    }
    if !asks("sizes") {
        bounds::<f32>();
        bounds::<f64>();
    }
}
