//! What a part of a tensor costs against its share of the whole, and what a window anywhere in a
//! tensor that no memory holds costs, on one thread.
//!
//! Compare the throughputs: a part whose elements come at the whole's rate costs its share.

use std::hint::black_box;
use std::ops::Range;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use seedbed::init::Initializer;
use seedbed::{Seed, Tensor};

fn normal(shape: &[usize]) -> Tensor<f32> {
    let law = Initializer::normal(0.0, 0.02).expect("valid");
    law.resolve(shape).expect("a law for any shape")
}

/// The part of an axis that one of `ranks` has: one in the middle.
fn share(axis: usize, ranks: usize) -> Range<usize> {
    let len = axis / ranks;
    ranks / 2 * len..(ranks / 2 + 1) * len
}

/// The whole, then row and column shards, of matrices of 2^24 elements with rows from a quarter
/// of a block to sixteen blocks.
fn shards(c: &mut Criterion) {
    let stream = Seed::from(1).stream("bench");
    for columns in [1 << 10, 1 << 12, 1 << 13, 1 << 14, 1 << 16] {
        let shape = [(1 << 24) / columns, columns];
        let tensor = normal(&shape);
        let mut group = c.benchmark_group(format!("shards of {}x{columns}", shape[0]));
        let mut part = |name: &str, ranks: usize, ranges: [Range<usize>; 2]| {
            let len = ranges.iter().map(Range::len).product();
            let mut out = vec![0.0; len];
            group.throughput(Throughput::Elements(len as u64));
            group.bench_function(BenchmarkId::new(name, ranks), |b| {
                b.iter(|| tensor.fill_block(&ranges, black_box(&mut out), &stream));
            });
        };
        part("whole", 1, [0..shape[0], 0..columns]);
        part("rows", 8, [share(shape[0], 8), 0..columns]);
        for ranks in [2, 8, 64] {
            part("columns", ranks, [0..shape[0], share(columns, ranks)]);
        }
    }
}

/// Windows at scattered offsets of a tensor of 2^50 elements.
fn windows(c: &mut Criterion) {
    let (tensor, stream) = (normal(&[1 << 20, 1 << 30]), Seed::from(1).stream("bench"));
    let mut group = c.benchmark_group("windows of 2^50 elements");
    for len in [1, 1 << 8, 1 << 12, 1 << 16] {
        let (mut out, mut offset) = (vec![0.0; len], 0_usize);
        group.throughput(Throughput::Elements(len as u64));
        group.bench_function(BenchmarkId::from_parameter(len), |b| {
            b.iter(|| {
                offset = offset.wrapping_add(0x9e37_79b9_7f4a_7c15) % ((1 << 50) - len);
                tensor.fill_range(offset, black_box(&mut out), &stream)
            });
        });
    }
    group.finish();
}

/// One thread, as times of several would depend on the machine's other work.
fn one_thread(_: &mut Criterion) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("no pool before");
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = one_thread, shards, windows
}
criterion_main!(benches);
