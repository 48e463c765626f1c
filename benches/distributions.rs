//! Times every distribution, element type and level at three sizes, compared with `fill(0.0)` and the
//! best scalar loop: `SmallRng` with a `rand_distr` distribution made before the loop.
//!
//! `cargo bench --bench distributions -- normal/f32` runs a part.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use half::{bf16, f16};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use seedbed::{Element, Exec, Level, Normal, Sample, Seed, TruncatedNormal, Uniform};

/// Bytes of a fill: in the first-level cache, in the second-level cache, in memory.
const SIZES: [usize; 3] = [4 << 10, 256 << 10, 64 << 20];

/// Times a distribution at every level on one thread, and on all threads.
fn every_level<T: Element>(c: &mut Criterion, name: &str, distribution: impl Sample<T> + Copy) {
    let mut group = c.benchmark_group(format!("{name}/{}", T::NAME));
    let stream = Seed::from(1).stream("bench");
    for bytes in SIZES {
        let mut out = vec![T::default(); bytes / size_of::<T>()];
        group.throughput(Throughput::Elements(out.len() as u64));
        for level in Level::available() {
            let distribution =
                distribution.with(Exec::sequential().level(level).expect("available"));
            group.bench_function(BenchmarkId::new(level.to_string(), bytes), |b| {
                b.iter(|| distribution.sample_into(black_box(&mut out), &stream));
            });
        }
        group.bench_function(BenchmarkId::new("all threads", bytes), |b| {
            b.iter(|| distribution.sample_into(black_box(&mut out), &stream));
        });
    }
    group.finish();
}

fn every_distribution<T: Element>(c: &mut Criterion) {
    every_level(c, "uniform", Uniform::<T>::new(-0.1, 0.1).expect("valid"));
    every_level(c, "normal", Normal::<T>::new(0.0, 0.02).expect("valid"));
    let truncated = |low, high| TruncatedNormal::<T>::new(0.0, 0.02, low, high).expect("valid");
    every_level(c, "truncated normal, 2 sigma", truncated(-2.0, 2.0));
    every_level(c, "truncated normal, half", truncated(0.0, f64::INFINITY));
    every_level(c, "truncated normal, tail", truncated(3.0, f64::INFINITY));
}

fn every_type(c: &mut Criterion) {
    every_distribution::<f32>(c);
    every_distribution::<f64>(c);
    every_distribution::<f16>(c);
    every_distribution::<bf16>(c);
}

fn scalar(c: &mut Criterion, name: &str, distribution: impl rand_distr::Distribution<f32>) {
    let mut group = c.benchmark_group(format!("{name}/f32"));
    for bytes in SIZES {
        let (mut out, mut rng) = (vec![0_f32; bytes / 4], SmallRng::seed_from_u64(1));
        group.throughput(Throughput::Elements(out.len() as u64));
        group.bench_function(BenchmarkId::new("rand_distr", bytes), |b| {
            b.iter(|| black_box(&mut out).fill_with(|| distribution.sample(&mut rng)));
        });
    }
    group.finish();
}

fn peers(c: &mut Criterion) {
    scalar(c, "normal", rand_distr::Normal::new(0.0, 0.02).expect("valid"));
    scalar(c, "uniform", rand_distr::Uniform::new(-0.1, 0.1).expect("valid"));
    let mut group = c.benchmark_group("constant/f32");
    for bytes in SIZES {
        let mut out = vec![0_f32; bytes / 4];
        group.throughput(Throughput::Elements(out.len() as u64));
        group.bench_function(BenchmarkId::new("fill(0.0)", bytes), |b| {
            b.iter(|| black_box(&mut out).fill(0.0));
        });
    }
    group.finish();
}

/// Times a small fill and a far position, with all their set-up.
fn set_up(c: &mut Criterion) {
    let mut group = c.benchmark_group("set-up");
    let seed = Seed::from(1);
    group.bench_function("path", |b| b.iter(|| seed.stream(black_box("encoder.0.fc1.bias"))));
    let mut out = [0_f32; 128];
    group.bench_function("128 normals", |b| {
        b.iter(|| {
            let normal = Normal::new(0.0, black_box(0.02)).expect("valid");
            normal.sample_into(black_box(&mut out), &seed.stream("encoder.0.fc1.bias"));
        });
    });
    group.bench_function("128 uniforms", |b| {
        b.iter(|| {
            let uniform = Uniform::new(-0.1, black_box(0.1)).expect("valid");
            uniform.sample_into(black_box(&mut out), &seed.stream("encoder.0.fc1.bias"));
        });
    });
    let normal = Normal::new(0.0, 0.02).expect("valid");
    let far = seed.stream("far").at(0x0123_4567_89ab_cdef).expect("in range");
    group.bench_function("128 normals, 2^56 elements into the stream", |b| {
        b.iter(|| normal.sample_into(black_box(&mut out), black_box(&far)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = set_up, peers, every_type
}
criterion_main!(benches);
