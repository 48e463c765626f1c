//! Times parts of a tensor on one thread, to compare with their share of the whole, and windows anywhere
//! in a tensor that no memory holds.
//!
//! Compare the throughputs: a part costs its share if its throughput is that of the whole.

use std::hint::black_box;
use std::ops::Range;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use seedbed::{Element, Initializer, Seed, Stream, Values};

fn normal<T: Element>(shape: &[usize]) -> Values<T> {
    let normal = Initializer::normal(0.0, 0.02).expect("valid");
    normal.for_shape(shape).expect("any shape")
}

/// Returns the part of an axis that the rank in the middle of `ranks` has.
fn share(axis: usize, ranks: usize) -> Range<usize> {
    let len = axis / ranks;
    ranks / 2 * len..(ranks / 2 + 1) * len
}

fn stream() -> Stream {
    Seed::from(1).stream("bench")
}

/// Times a block of a tensor.
fn part<T: Element>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    tensor: &Values<T>,
    ranges: &[Range<usize>],
) {
    let len = ranges.iter().map(Range::len).product();
    let mut out = vec![T::default(); len];
    group.throughput(Throughput::Elements(len as u64));
    group.bench_function(id, |b| {
        b.iter(|| tensor.fill_block(ranges, black_box(&mut out), &stream()));
    });
}

/// Times the whole, then shards of rows and of columns, of a matrix of 2^24 elements.
fn matrix<T: Element>(c: &mut Criterion, columns: usize, shares: &[usize]) {
    let rows = (1 << 24) / columns;
    let tensor = normal::<T>(&[rows, columns]);
    let mut group = c.benchmark_group(format!("{rows}x{columns} of {}", T::NAME));
    part(&mut group, BenchmarkId::from_parameter("whole"), &tensor, &[0..rows, 0..columns]);
    let ranges = [share(rows, 8), 0..columns];
    part(&mut group, BenchmarkId::new("rows", 8), &tensor, &ranges);
    for &ranks in shares {
        let ranges = [0..rows, share(columns, ranks)];
        part(&mut group, BenchmarkId::new("columns", ranks), &tensor, &ranges);
    }
}

/// Times matrices whose rows are a thousandth of a block to sixteen blocks long.
fn shards(c: &mut Criterion) {
    matrix::<f32>(c, 4, &[2]);
    for columns in [1 << 10, 1 << 12, 1 << 13, 1 << 14, 1 << 16] {
        matrix::<f32>(c, columns, &[2, 4, 8, 16, 32, 64]);
    }
    for columns in [1 << 11, 1 << 12, 1 << 13, 1 << 16] {
        matrix::<f64>(c, columns, &[8, 64]);
    }
}

/// Times a block whose runs of 256 elements are close to each other within a plane, but not from plane
/// to plane.
fn planes(c: &mut Criterion) {
    let mut group = c.benchmark_group("64x512x512 of f32");
    let id = BenchmarkId::from_parameter("64x64x256");
    part(&mut group, id, &normal::<f32>(&[64, 512, 512]), &[0..64, 64..128, 0..256]);
}

/// Times windows at scattered offsets of a tensor of 2^50 elements.
fn windows(c: &mut Criterion) {
    let (tensor, stream) = (normal::<f32>(&[1 << 20, 1 << 30]), stream());
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

/// Leaves one thread, as times of several threads would depend on the machine's other work.
fn one_thread(_: &mut Criterion) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("no pool before");
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = one_thread, shards, planes, windows
}
criterion_main!(benches);
