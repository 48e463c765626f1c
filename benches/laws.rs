//! Time of every law, element type and level at three sizes, in elements, beside `fill(0.0)` and
//! the best scalar loop: `SmallRng` with a `rand_distr` distribution made before the loop.
//!
//! `cargo bench --bench laws -- normal/f32` runs a part.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use half::{bf16, f16};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::Distribution;
use seedbed::{Element, Exec, Level, Normal, Sample, Seed, TruncatedNormal, Uniform};

/// Bytes of a fill: in the first-level cache, in the second, in memory.
const SIZES: [usize; 3] = [4 << 10, 256 << 10, 64 << 20];

fn levels() -> impl Iterator<Item = Level> {
    Level::available()
}

fn law<T: Element>(c: &mut Criterion, name: &str, law: &impl Sample<T>) {
    let mut group = c.benchmark_group(format!("{name}/{}", T::NAME));
    let stream = Seed::from(1).stream("bench");
    for bytes in SIZES {
        let mut out = vec![T::default(); bytes / size_of::<T>()];
        group.throughput(Throughput::Elements(out.len() as u64));
        for level in levels() {
            let exec = Exec::sequential().level(level).expect("available");
            group.bench_function(BenchmarkId::new(level.to_string(), bytes), |b| {
                b.iter(|| law.with(exec)).sample_into(black_box(&mut out), &stream);
            });
        }
        group.bench_function(BenchmarkId::new("all threads", bytes), |b| {
            b.iter(|| law.sample_into(black_box(&mut out), &stream));
        });
    }
    group.finish();
}

fn laws<T: Element>(c: &mut Criterion) {
    law(c, "uniform", &Uniform::<T>::new(-0.1, 0.1).expect("valid"));
    law(c, "normal", &Normal::<T>::new(0.0, 0.02).expect("valid"));
    let two_sigma = TruncatedNormal::<T>::new(0.0, 0.02, -2.0, 2.0).expect("valid");
    law(c, "truncated normal, 2 sigma", &two_sigma);
    let half = TruncatedNormal::<T>::new(0.0, 0.02, 0.0, f64::INFINITY).expect("valid");
    law(c, "truncated normal, half", &half);
    let tail = TruncatedNormal::<T>::new(0.0, 0.02, 3.0, f64::INFINITY).expect("valid");
    law(c, "truncated normal, tail", &tail);
}

fn every_type(c: &mut Criterion) {
    laws::<f32>(c);
    laws::<f64>(c);
    laws::<f16>(c);
    laws::<bf16>(c);
}

fn scalar<D: Distribution<f32>>(c: &mut Criterion, name: &str, law: D) {
    let mut group = c.benchmark_group(format!("{name}/f32"));
    for bytes in SIZES {
        let (mut out, mut rng) = (vec![0_f32; bytes / 4], SmallRng::seed_from_u64(1));
        group.throughput(Throughput::Elements(out.len() as u64));
        group.bench_function(BenchmarkId::new("rand_distr", bytes), |b| {
            b.iter(|| black_box(&mut out).fill_with(|| law.sample(&mut rng)));
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

/// What a small fill and a far position cost with all their set-up.
fn set_up(c: &mut Criterion) {
    let mut group = c.benchmark_group("set-up");
    let seed = Seed::from(1);
    group.bench_function("path", |b| b.iter(|| seed.stream(black_box("encoder.0.fc1.bias"))));
    let mut out = [0_f32; 128];
    group.bench_function("128 normals", |b| {
        b.iter(|| {
            let law = Normal::new(0.0, black_box(0.02)).expect("valid");
            law.sample_into(black_box(&mut out), &seed.stream("encoder.0.fc1.bias"));
        });
    });
    group.bench_function("128 uniforms", |b| {
        b.iter(|| {
            let law = Uniform::new(-0.1, black_box(0.1)).expect("valid");
            law.sample_into(black_box(&mut out), &seed.stream("encoder.0.fc1.bias"));
        });
    });
    let law = Normal::new(0.0, 0.02).expect("valid");
    let far = seed.stream("far").at(0x0123_4567_89ab_cdef).expect("in range");
    group.bench_function("128 normals, 2^56 elements into the stream", |b| {
        b.iter(|| law.sample_into(black_box(&mut out), black_box(&far)));
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
