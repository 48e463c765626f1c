//! Sparse matrices by the number of values in a column or row, with `fill(0.0)` beside them:
//! `cargo bench --bench sparse`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedbed::init::{Count, Per};
use seedbed::{Exec, Initializer, Seed};

const SIZE: usize = 2048;

fn sparse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sparse_2048x2048_f32");
    group.throughput(Throughput::Elements((SIZE * SIZE) as u64));
    let stream = Seed::from(1).stream("sparse");
    let mut out = vec![0f32; SIZE * SIZE];
    group.bench_function("fill(0.0)", |b| b.iter(|| black_box(&mut out).fill(black_box(0.0))));
    for (per, fraction) in [
        (SparseAxis::Column, 0.1),
        (SparseAxis::Column, 0.9),
        (SparseAxis::Column, 0.01),
        (SparseAxis::Row, 0.1),
    ] {
        let sparse = Initializer::sparse(per, Nonzeros::Fraction(fraction), 0.01);
        let tensor = sparse.and_then(|s| s.for_shape::<f32>(&[SIZE, SIZE])).expect("valid");
        for (threads, exec) in [("one thread", Exec::sequential()), ("all", Exec::default())] {
            group.bench_function(format!("{per:?} {fraction}, {threads}"), |b| {
                b.iter(|| tensor.fill_with(black_box(&mut out), &stream, exec).expect("valid"));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, sparse);
criterion_main!(benches);
