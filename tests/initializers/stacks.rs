//! Several orthogonal matrices in a tensor: batch axes and parts.
#![cfg(feature = "orthogonal")]

use core::ops::Range;

use half::bf16;
use seedbed::init::{Layout, MatrixRows};
use seedbed::{Element, Error, Initializer, ParameterError, Seed, Stream, keras, torch};

use crate::common::{assert_same, places};

fn stream() -> Stream {
    Seed::from(7).stream("stacks")
}

fn orthogonal(rows: MatrixRows) -> Initializer {
    Initializer::orthogonal(1.5, rows).unwrap()
}

fn values<T: Element>(initializer: &Initializer, shape: &[usize], stream: &Stream) -> Vec<T> {
    initializer.for_shape(shape).unwrap().to_vec(stream).unwrap()
}

/// Initializers with a shape, the shape of a matrix alone, and the block of each of their matrices in the order of their numbers.
type Case = (Initializer, Vec<usize>, Vec<usize>, Vec<Vec<Range<usize>>>);

fn cases() -> Vec<Case> {
    let first = || orthogonal(MatrixRows::FirstAxis);
    let last = || orthogonal(MatrixRows::AllButLast);
    let single_rows = (0..4).map(|i| vec![i..i + 1, 0..7]).collect();
    let experts = (0..5).map(|i| vec![i..i + 1, 0..4, 0..6]).collect();
    let gates = (0..4).map(|i| vec![3 * i..3 * i + 3, 0..7]).collect();
    let packed_last = (0..2).map(|i| vec![0..5, 6 * i..6 * i + 6]).collect();
    let heads = (0..3).map(|i| vec![0..4, i..i + 1, 0..2, 0..6]).collect();
    let both = |i, part: usize| vec![i..i + 1, 4 * part..4 * part + 4, 0..5];
    let both = (0..3).flat_map(|i| (0..2).map(move |part| both(i, part))).collect();
    let two =
        (0..2).flat_map(|i| (0..3).map(move |j| vec![i..i + 1, 0..4, 0..5, j..j + 1])).collect();
    vec![
        (last().in_parts(0, 4).unwrap(), vec![4, 7], vec![1, 7], single_rows),
        (first().batched(&[0]).unwrap(), vec![5, 4, 6], vec![4, 6], experts),
        (first().in_parts(0, 4).unwrap(), vec![12, 7], vec![3, 7], gates),
        (last().in_parts(-1, 2).unwrap(), vec![5, 12], vec![5, 6], packed_last),
        (last().batched(&[1]).unwrap(), vec![4, 3, 2, 6], vec![4, 2, 6], heads),
        (first().batched(&[0]).unwrap().in_parts(1, 2).unwrap(), vec![3, 8, 5], vec![4, 5], both),
        (first().batched(&[-1, 0]).unwrap(), vec![2, 4, 5, 3], vec![4, 5], two),
    ]
}

#[test]
fn each_matrix_is_a_single_matrix_of_a_child_of_the_stream() {
    for (initializer, shape, alone, matrices) in cases() {
        let whole: Vec<f64> = values(&initializer, &shape, &stream());
        let last =
            matches!(initializer, Initializer::Orthogonal { rows: MatrixRows::AllButLast, .. });
        let mut seen = Vec::new();
        for (i, block) in matrices.iter().enumerate() {
            let single = if last { MatrixRows::AllButLast } else { MatrixRows::FirstAxis };
            let expected: Vec<f64> = values(&orthogonal(single), &alone, &stream().child(i as u64));
            let matrix: Vec<f64> = places(&shape, block).into_iter().map(|p| whole[p]).collect();
            assert_same(&matrix, &expected, &format!("{initializer:?} {block:?}"));
            assert!(!seen.contains(&matrix), "{initializer:?} {block:?}");
            seen.push(matrix);
        }
    }
}

#[test]
fn a_part_needs_only_its_own_matrices() {
    fn check<T: crate::common::Bits>() {
        for (initializer, shape, _, matrices) in cases() {
            let tensor = initializer.for_shape::<T>(&shape).unwrap();
            let whole = tensor.to_vec(&stream()).unwrap();
            let full: Vec<_> = shape.iter().map(|&n| 0..n).collect();
            let mut blocks = matrices;
            for (axis, &n) in shape.iter().enumerate() {
                for range in [0..n / 2, n / 2..n, n - 1..n] {
                    let mut block = full.clone();
                    block[axis] = range;
                    blocks.push(block);
                }
            }
            for block in blocks {
                let expected: Vec<T> =
                    places(&shape, &block).into_iter().map(|p| whole[p]).collect();
                let mut part = vec![T::default(); expected.len()];
                tensor.fill_block(&block, &mut part, &stream()).unwrap();
                assert_same(&part, &expected, &format!("{block:?} of {initializer:?}"));
            }
            for start in 0..whole.len() {
                for len in [1, 10, 30, 59] {
                    let len = len.min(whole.len() - start);
                    let mut part = vec![T::default(); len];
                    tensor.fill_range(start, &mut part, &stream()).unwrap();
                    assert_same(&part, &whole[start..start + len], &format!("{initializer:?}"));
                }
            }
        }
    }
    check::<f32>();
    check::<bf16>();
}

/// A shard of a tensor that no memory could hold: all but one of its matrices stay unmade.
#[test]
fn a_shard_of_a_huge_stack_is_made_alone() {
    let experts = orthogonal(MatrixRows::FirstAxis).batched(&[0]).unwrap();
    let tensor = experts.for_shape::<f32>(&[1 << 14, 64, 96]).unwrap();
    let mut columns = vec![0.0; 64 * 5];
    let expert = (1 << 14) - 2;
    tensor.fill_block(&[expert..expert + 1, 0..64, 90..95], &mut columns, &stream()).unwrap();
    let child = stream().child(expert as u64);
    let single: Vec<f32> = values(&orthogonal(MatrixRows::FirstAxis), &[64, 96], &child);
    let expected: Vec<f32> = single.chunks(96).flat_map(|row| row[90..95].to_vec()).collect();
    assert_same(&columns, &expected, "columns of an expert");
}

#[test]
fn batches_and_parts_keep_their_numbers_in_a_layout() {
    // (experts, out, in) and (experts, in, out).
    let experts = orthogonal(MatrixRows::FirstAxis).batched(&[0]).unwrap();
    for (layout, output) in [(torch::layout(), 1), (keras::layout(), 2)] {
        let stored = experts.clone().with_layout(&layout).unwrap();
        let mut shape = [2, 6, 6];
        shape[output] = 3;
        let values: Vec<f64> = values(&stored, &shape, &stream());
        let stride: usize = shape[output + 1..].iter().product();
        for expert in values.chunks(18) {
            for i in 0..3 {
                let own = expert.iter().enumerate().filter(|(at, _)| at / stride % 3 == i);
                let norm: f64 = own.map(|(_, x)| x * x).sum();
                assert!((norm - 2.25).abs() < 1e-12, "{layout:?} {norm}");
            }
        }
    }
    // A column-major matrix of 4 gates has its parts along its columns.
    let gates = orthogonal(MatrixRows::FirstAxis).in_parts(0, 4).unwrap().transposed();
    assert_eq!(gates, orthogonal(MatrixRows::FirstAxis).in_parts(1, 4).unwrap());
}

#[test]
fn mistakes_name_the_axis_the_count_and_the_shape() {
    let message = |result: Result<Initializer, Error>, shape: &[usize]| {
        result.unwrap().for_shape::<f32>(shape).unwrap_err().to_string()
    };
    let first = || orthogonal(MatrixRows::FirstAxis);
    assert_eq!(
        message(first().in_parts(-2, 4), &[10, 3]),
        "axis -2 of the shape [10, 3] cannot be cut into 4 equal parts",
    );
    assert_eq!(message(first().in_parts(2, 4), &[8, 3]), "axis 2 is not one of the tensor's");
    assert_eq!(message(first().batched(&[3]), &[8, 3, 4]), "axis 3 is not one of the tensor's");
    assert_eq!(message(first().batched(&[0, -3]), &[8, 3, 4]), "axis 0 is named twice");
    assert_eq!(
        message(first().batched(&[0]), &[8, 3]),
        "Orthogonal needs rank 3 or more, but the shape is [8, 3]",
    );
    let twice = first().batched(&[0]).unwrap().in_parts(0, 2);
    assert_eq!(message(twice, &[8, 3, 4]), "axis 0 is a batch axis already");
    let rows = orthogonal(MatrixRows::AllBut(0)).batched(&[0]);
    assert_eq!(message(rows, &[8, 3, 4]), "axis 0 is named twice");
    let zero = first().in_parts(0, 0).unwrap_err();
    assert!(
        matches!(&zero, Error::Parameter(ParameterError::OutOfRange { parameter, .. }) if parameter == "parts"),
        "{zero}"
    );
    let normal = || Initializer::normal(0.0, 1.0).unwrap();
    assert_eq!(
        normal().batched(&[0]).unwrap_err().to_string(),
        "Normal cannot have batch axes, which are for Orthogonal only",
    );
    assert_eq!(
        normal().in_parts(0, 2).unwrap_err().to_string(),
        "Normal cannot have parts, which are for Orthogonal only",
    );
    for shape in [[0, 8, 3], [5, 0, 3], [5, 8, 0]] {
        let none = first().batched(&[0]).unwrap().in_parts(1, 2).unwrap();
        assert_eq!(values::<f32>(&none, &shape, &stream()), [0.0; 0]);
    }
}

#[cfg(feature = "serde")]
#[test]
fn batches_and_parts_are_read_and_written() {
    use serde_json::json;
    let config = |config| json!({"class_name": "seedbed.Orthogonal", "config": config});
    let read = |json| seedbed::registry::from_json(&json);
    let first = || orthogonal(MatrixRows::FirstAxis);
    let today = json!({"gain": 1.5, "rows": "first_axis"});
    assert_eq!(read(config(today)), Ok(first()));
    let experts = json!({
        "gain": 1.5, "rows": "first_axis", "batch": [0], "parts": {"axis": 1, "count": 2}
    });
    let expected = first().batched(&[0]).unwrap().in_parts(1, 2).unwrap();
    assert_eq!(read(config(experts)), Ok(expected));
    let layout = Layout::axes(&[2], &[1], &[0]).unwrap();
    for initializer in [
        first().batched(&[0, -1]).unwrap(),
        first().in_parts(0, 4).unwrap(),
        orthogonal(MatrixRows::Outputs(layout)),
        first().with_layout(&keras::layout()).unwrap(),
    ] {
        assert_eq!(read(json!(initializer)), Ok(initializer));
    }
    let none = json!({"gain": 1.0, "rows": "first_axis", "parts": {"axis": 0, "count": 0}});
    assert!(read(config(none)).is_err());
    let unknown = json!({"gain": 1.0, "rows": "first_axis", "parts": {"axis": 0, "number": 2}});
    assert!(read(config(unknown)).is_err());
}
