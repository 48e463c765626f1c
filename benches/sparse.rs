//! Times sparse matrices by the number of values in a column or row, compared with `fill(0.0)`.
//!
//! `cargo bench --bench sparse`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedbed::init::{Nonzeros, SparseAxis};
use seedbed::{Exec, Initializer, Seed};

const SIZE: usize = 2048;

fn sparse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sparse_2048x2048_f32");
    group.throughput(Throughput::Elements((SIZE * SIZE) as u64));
    let stream = Seed::from(1).stream("sparse");
    let mut out = vec![0f32; SIZE * SIZE];
    group.bench_function("fill(0.0)", |b| b.iter(|| black_box(&mut out).fill(black_box(0.0))));
    for (axis, fraction) in [
        (SparseAxis::Column, 0.1),
        (SparseAxis::Column, 0.9),
        (SparseAxis::Column, 0.01),
        (SparseAxis::Row, 0.1),
    ] {
        let sparse = Initializer::sparse(axis, Nonzeros::Fraction(fraction), 0.01);
        let values = sparse.and_then(|s| s.for_shape::<f32>(&[SIZE, SIZE])).expect("valid");
        for (threads, exec) in [("one thread", Exec::sequential()), ("all", Exec::default())] {
            let values = values.clone().with(exec);
            group.bench_function(format!("{axis:?} {fraction}, {threads}"), |b| {
                b.iter(|| values.fill(black_box(&mut out), &stream).expect("valid"));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, sparse);
criterion_main!(benches);
