//! Any part of a tensor is that part of the whole, bit for bit, for every initializer; and a tensor
//! does not depend on threads, levels or the element type's width.

use core::ops::Range;

use half::{bf16, f16};
use seedbed::init::{Bounds, MatrixRows, NonSquare, Nonzeros, SparseAxis};
use seedbed::{Error, Exec, Initializer, Seed, ShapeError, Stream, Values, keras, lasagne};

use crate::common::{Bits, assert_same, places};

fn stream() -> Stream {
    Seed::from(2024).stream("encoder.0.weight")
}

/// Every initializer with a shape that it is defined for.
fn all() -> Vec<(Initializer, Vec<usize>)> {
    let sparse = |per, count| Initializer::sparse(per, count, 0.5).unwrap();
    let orthogonal = |rows| Initializer::orthogonal(1.5, rows).unwrap();
    let mut all = vec![
        (Initializer::constant(0.25), vec![7, 5, 3]),
        (Initializer::uniform(-1.0, 2.0), vec![40, 30, 20]),
        (Initializer::normal(0.5, 2.0), vec![70, 300]),
        (Initializer::normal(0.5, 2.0), vec![12, 5000]),
        (Initializer::truncated_normal(0.0, 1.0, Bounds::Sigmas(-2.0, 2.0)), vec![9, 8, 7, 6]),
        (Initializer::truncated_normal(0.0, 1.0, Bounds::Absolute(0.5, 0.75)), vec![50, 20]),
        (keras::he_normal().initializer(), vec![3, 3, 16, 24]),
        (lasagne::GlorotUniform::default().initializer(), vec![60, 40]),
        (Initializer::delta_orthogonal(2.0), vec![3, 4, 5, 8]),
        (Initializer::identity(2.0, NonSquare::Pad), vec![30, 20]),
        (Initializer::identity(2.0, NonSquare::Tile), vec![30, 10]),
        (Initializer::dirac(2), vec![12, 8, 3, 4]),
        (Initializer::normal(0.0, 1.0), vec![]),
    ];
    for (rows, cols) in [(90, 70), (300, 1100)] {
        all.push((Ok(sparse(SparseAxis::Column, Nonzeros::Fraction(0.3))), vec![rows, cols]));
        all.push((Ok(sparse(SparseAxis::Row, Nonzeros::AllButFraction(0.3))), vec![rows, cols]));
    }
    all.push((Ok(sparse(SparseAxis::Column, Nonzeros::Exactly(2))), vec![20, 33]));
    if cfg!(feature = "orthogonal") {
        all.push((Ok(orthogonal(MatrixRows::FirstAxis)), vec![12, 5, 6]));
        all.push((Ok(orthogonal(MatrixRows::AllButLast)), vec![12, 5, 6]));
        all.push((Ok(orthogonal(MatrixRows::AllBut(1))), vec![6, 9, 4]));
        let stack = orthogonal(MatrixRows::FirstAxis).batched(&[0]);
        all.push((stack.and_then(|stack| stack.in_parts(1, 2)), vec![6, 8, 7]));
    } else {
        all.retain(|(_, shape)| *shape != [3, 4, 5, 8]);
    }
    all.into_iter().map(|(initializer, shape)| (initializer.unwrap(), shape)).collect()
}

fn check_block<T: Bits>(tensor: &Values<T>, whole: &[T], block: &[Range<usize>]) {
    let expected: Vec<T> =
        places(tensor.shape(), block).into_iter().map(|place| whole[place]).collect();
    let mut part = vec![T::default(); expected.len()];
    tensor.fill_block(block, &mut part, &stream()).unwrap();
    assert_same(&part, &expected, &format!("{block:?} of {tensor:?}"));
}

fn check_parts<T: Bits>() {
    for (initializer, shape) in all() {
        let tensor = initializer.for_shape::<T>(&shape).unwrap();
        let whole = tensor.to_vec(&stream()).unwrap();
        assert_eq!(whole.len(), tensor.len());
        for (start, len) in [(0, whole.len()), (1, 17), (whole.len() / 3, whole.len() / 2)] {
            let len = len.min(whole.len() - start);
            let mut part = vec![T::default(); len];
            tensor.fill_range(start, &mut part, &stream()).unwrap();
            let what = format!("{initializer:?} from {start}");
            assert_same(&part, &whole[start..start + len], &what);
        }
        let full: Vec<_> = shape.iter().map(|&n| 0..n).collect();
        check_block(&tensor, &whole, &full);
        for axis in 0..shape.len() {
            // Shards of unequal length along each axis.
            let n = shape[axis];
            for range in [0..n / 3, n / 3..n / 2, n / 2..n, n / 2..n / 2] {
                let mut ranges = full.clone();
                ranges[axis] = range;
                check_block(&tensor, &whole, &ranges);
            }
        }
        // A block cut from every axis.
        let inner: Vec<_> = shape.iter().map(|&n| n / 4..(n / 4 + n.div_ceil(2)).min(n)).collect();
        check_block(&tensor, &whole, &inner);
    }
}

#[test]
fn parts_of_f32_are_parts_of_the_whole() {
    check_parts::<f32>();
}

#[test]
fn parts_of_f64_are_parts_of_the_whole() {
    check_parts::<f64>();
}

#[test]
fn parts_of_half_types_are_parts_of_the_whole() {
    check_parts::<f16>();
    check_parts::<bf16>();
}

#[test]
fn half_types_are_the_rounded_f32_values() {
    // Distributions with bounds have a test of their own, among the kernels'.
    let bounded = |initializer: &Initializer| {
        let values = initializer.for_shape::<f32>(&[2, 3, 1, 4]);
        let distribution = values.ok().and_then(|values| values.distribution().copied());
        distribution.is_some_and(|d| d.std() > 0.0 && d.high() < f64::INFINITY)
    };
    for (initializer, shape) in all().into_iter().filter(|(i, _)| !bounded(i)) {
        let single = initializer.for_shape::<f32>(&shape).unwrap().to_vec(&stream()).unwrap();
        let half = initializer.for_shape::<bf16>(&shape).unwrap().to_vec(&stream()).unwrap();
        let rounded: Vec<bf16> = single.iter().map(|&value| bf16::from_f32(value)).collect();
        assert_same(&half, &rounded, &format!("{initializer:?}"));
    }
}

#[test]
fn threads_do_not_matter() {
    for (initializer, shape) in all() {
        let tensor = initializer.for_shape::<f32>(&shape).unwrap();
        let mut sequential = vec![0.0; tensor.len()];
        tensor.clone().with(Exec::sequential()).fill(&mut sequential, &stream()).unwrap();
        #[cfg(feature = "rayon")]
        for threads in [1, 2, 3, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let parallel = pool.install(|| tensor.to_vec(&stream())).unwrap();
            assert_same(&parallel, &sequential, &format!("{initializer:?}, {threads} threads"));
        }
    }
}

#[test]
fn a_large_sparse_matrix_has_the_same_parts() {
    let sparse = Initializer::sparse(SparseAxis::Column, Nonzeros::Fraction(0.1), 1.0).unwrap();
    let tensor = sparse.for_shape::<f32>(&[700, 2500]).unwrap();
    let whole = tensor.to_vec(&stream()).unwrap();
    check_block(&tensor, &whole, &[100..350, 1000..2100]);
    check_block(&tensor, &whole, &[0..700, 2499..2500]);
    for col in [0, 1023, 1024, 2499] {
        let nonzero = whole.iter().skip(col).step_by(2500).filter(|&&x| x != 0.0).count();
        assert_eq!(nonzero, 70);
    }
}

#[test]
fn bad_parts_are_refused_and_nothing_is_written() {
    let tensor = Initializer::normal(0.0, 1.0).unwrap().for_shape::<f32>(&[4, 6]).unwrap();
    let mut out = [9.0; 8];
    let length = Error::Shape(ShapeError::Length { length: 8, expected: 24, shape: vec![4, 6] });
    assert_eq!(tensor.fill(&mut out, &stream()), Err(length));
    assert!(matches!(
        tensor.fill_block(&[0..4, 5..7], &mut out, &stream()),
        Err(Error::Shape(ShapeError::Block { .. }))
    ));
    assert!(matches!(
        tensor.fill_block(core::slice::from_ref(&(0..4)), &mut out, &stream()),
        Err(Error::Shape(ShapeError::Block { .. }))
    ));
    assert!(matches!(
        tensor.fill_block(&[0..4, 0..3], &mut out, &stream()),
        Err(Error::Shape(ShapeError::Length { .. }))
    ));
    assert!(matches!(
        tensor.fill_range(17, &mut out, &stream()),
        Err(Error::Shape(ShapeError::Block { .. }))
    ));
    assert!(matches!(
        tensor.fill_range(usize::MAX, &mut out, &stream()),
        Err(Error::Shape(ShapeError::Block { .. }))
    ));
    let end = stream().at((1 << 60) - 10).unwrap();
    assert!(matches!(tensor.to_vec(&end), Err(Error::OffsetTooLarge { .. })));
    assert!(matches!(tensor.fill_range(4, &mut out, &end), Err(Error::OffsetTooLarge { .. })));
    // The last element of this block is the tensor's twenty-first.
    let columns = [0..4, 1..3];
    let end = |left: u64| stream().at((1 << 60) - left).unwrap();
    let result = tensor.fill_block(&columns, &mut out, &end(20));
    assert!(matches!(result, Err(Error::OffsetTooLarge { .. })));
    assert_eq!(out, [9.0; 8]);
    assert_eq!(tensor.fill_block(&columns, &mut out, &end(21)), Ok(()));
    assert!(!tensor.is_empty());
}

#[test]
fn elementwise_distributions_begin_at_the_position() {
    let tensor = Initializer::normal(0.0, 1.0).unwrap().for_shape::<f32>(&[50, 30]).unwrap();
    let long = Initializer::normal(0.0, 1.0).unwrap().for_shape::<f32>(&[2500]).unwrap();
    let (later, whole) = (stream().at(1000).unwrap(), long.to_vec(&stream()).unwrap());
    assert_eq!(tensor.to_vec(&later).unwrap(), whole[1000..]);
    let mut column = [0.0; 50];
    tensor.fill_block(&[0..50, 3..4], &mut column, &later).unwrap();
    assert!(column.iter().eq(whole[1003..].iter().step_by(30)));
}
