//! Times each distribution relative to `fill(0.0)` and to the best scalar loop. All are measured in turn
//! in one run, so that a machine that changes its speed changes all times.
//!
//! `cargo bench --bench ratios`

use std::hint::black_box;
use std::time::Instant;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::Distribution;
use seedbed::{Exec, Level, Normal, Sample, Seed, Stream, TruncatedNormal, Uniform};

type Work<'a> = (String, Box<dyn FnMut(&mut [f32]) + 'a>);

/// Adds the fill from a distribution at each level.
fn add(
    works: &mut Vec<Work>,
    name: &str,
    distribution: impl Sample<f32> + Copy + 'static,
    stream: Stream,
) {
    for level in Level::available() {
        let distribution = distribution.with(Exec::sequential().level(level).expect("available"));
        let fill = move |out: &mut [f32]| distribution.sample_into(out, &stream);
        works.push((format!("{name}, {level}"), Box::new(fill)));
    }
}

/// Returns the nanoseconds that each work takes for an element: the median of repetitions in turn.
fn measure(works: &mut [Work], out: &mut [f32]) -> Vec<f64> {
    let repetitions = (40_000_000 / out.len()).clamp(5, 400);
    let mut times = vec![Vec::new(); works.len()];
    for _ in 0..repetitions {
        for ((_, work), times) in works.iter_mut().zip(&mut times) {
            let start = Instant::now();
            work(black_box(out));
            times.push(start.elapsed().as_nanos() as f64 / out.len() as f64);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that this starts
    }
    let stream = Seed::from(1).stream("ratios");
    let normal = Normal::<f32>::new(0.0, 0.02).expect("valid");
    let uniform = Uniform::<f32>::new(-0.1, 0.1).expect("valid");
    let truncated = TruncatedNormal::<f32>::new(0.0, 0.02, -2.0, 2.0).expect("valid");

    for elements in [1 << 14, 1 << 20, 1 << 26] {
        let (mut rng, mut rng2) = (SmallRng::seed_from_u64(1), SmallRng::seed_from_u64(1));
        let scalar = rand_distr::Normal::<f32>::new(0.0, 0.02).expect("valid");
        let scalar_uniform = rand_distr::Uniform::<f32>::new(-0.1, 0.1).expect("valid");
        let mut works: Vec<Work> = vec![
            ("fill(0.0)".into(), Box::new(|out| out.fill(0.0))),
            ("scalar normal".into(), Box::new(|out| out.fill_with(|| scalar.sample(&mut rng)))),
            (
                "scalar uniform".into(),
                Box::new(|out| out.fill_with(|| scalar_uniform.sample(&mut rng2))),
            ),
        ];
        add(&mut works, "normal", normal, stream);
        add(&mut works, "uniform", uniform, stream);
        add(&mut works, "truncated normal", truncated, stream);
        let mut out = vec![0.0; elements];
        let times = measure(&mut works, &mut out);
        println!("\n{elements} f32 elements, one thread");
        println!("{:28} {:>8} {:>12} {:>14}", "", "ns", "x fill(0.0)", "scalar / this");
        for ((name, _), time) in works.iter().zip(&times) {
            let scalar = if name.contains("uniform") { times[2] } else { times[1] };
            println!("{name:28} {time:8.3} {:12.2} {:14.2}", time / times[0], scalar / time);
        }
    }
}
