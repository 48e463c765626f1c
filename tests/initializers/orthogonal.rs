//! Orthogonal tensors: which axes are rows, every element type, and Haar's distribution.
#![cfg(feature = "orthogonal")]

use half::{bf16, f16};
use seedbed::init::{Initialize, MatrixRows};
use seedbed::{
    Element, Error, Initializer, ParameterError, Seed, ShapeError, Stream, jax, keras, lasagne,
    torch,
};

fn stream() -> Stream {
    Seed::from(11).stream("orthogonal")
}

/// The largest entry of `A A' - gain^2 I`, or of `A' A - gain^2 I` for a matrix with more rows.
fn defect(matrix: impl Fn(usize, usize) -> f64, rows: usize, cols: usize, gain: f64) -> f64 {
    let (count, len) = (rows.min(cols), rows.max(cols));
    let at = |line, i| if rows <= cols { matrix(line, i) } else { matrix(i, line) };
    let mut worst = 0f64;
    for a in 0..count {
        for b in 0..=a {
            let product: f64 = (0..len).map(|i| at(a, i) * at(b, i)).sum();
            let expected = if a == b { gain * gain } else { 0.0 };
            worst = worst.max((product - expected).abs());
        }
    }
    worst
}

fn values<T: Element>(initializer: &Initializer, shape: &[usize]) -> Vec<f64> {
    let values: Vec<T> = initializer.sample(shape, &stream()).unwrap();
    values.into_iter().map(T::to_f64).collect()
}

#[test]
fn rows_are_the_axes_of_each_system() {
    let shape = [12, 5, 9];
    let trailing = values::<f64>(&torch::Orthogonal { gain: 2.0 }.initializer().unwrap(), &shape);
    assert!(defect(|i, j| trailing[i * 45 + j], 12, 45, 2.0) < 1e-13);
    let lasagne = lasagne::Orthogonal { gain: lasagne::Gain::Relu }.initializer().unwrap();
    assert_eq!(lasagne, Initializer::orthogonal(2f64.sqrt(), MatrixRows::FirstAxis).unwrap());
    let leading = values::<f64>(&keras::get("Orthogonal").unwrap(), &shape);
    assert!(defect(|i, j| leading[i * 9 + j], 60, 9, 1.0) < 1e-14);
    for (axis, cols) in [(0, 12), (1, 5), (-2, 5), (2, 9), (-1, 9)] {
        let orthogonal = jax::Orthogonal { scale: -1.5, column_axis: axis };
        let values = values::<f64>(&orthogonal.initializer().unwrap(), &shape);
        let (before, after) = match cols {
            12 => (1, 45),
            5 => (12, 9),
            _ => (60, 1),
        };
        let at = |i: usize, j: usize| values[(i / after * cols + j) * after + i % after];
        assert!(defect(at, before * after, cols, 1.5) < 1e-13, "axis {axis}");
    }
    let absent =
        Initializer::orthogonal(1.0, MatrixRows::AllBut(3)).unwrap().for_shape::<f32>(&shape);
    assert!(matches!(absent, Err(Error::Shape(ShapeError::Axis { axis: 3, .. }))));
    for shape in [vec![], vec![5]] {
        let result = keras::get("orthogonal").unwrap().for_shape::<f32>(&shape);
        assert!(matches!(result, Err(Error::Shape(ShapeError::Unsupported { .. }))));
    }
}

#[test]
fn every_element_type_is_orthogonal() {
    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).unwrap();
    fn check<T: Element>(orthogonal: &Initializer, tolerance: f64) {
        for (rows, cols) in [(1, 1), (40, 40), (70, 300), (300, 70), (1, 9), (9, 1)] {
            let values = values::<T>(orthogonal, &[rows, cols]);
            let defect = defect(|i, j| values[i * cols + j], rows, cols, 1.0);
            assert!(defect < tolerance, "{} {rows} {cols}: {defect}", T::NAME);
        }
    }
    check::<f64>(&orthogonal, 1e-14);
    check::<f32>(&orthogonal, 3e-6);
    check::<f16>(&orthogonal, 2e-3);
    check::<bf16>(&orthogonal, 2e-2);
    for shape in [[0, 5], [5, 0], [0, 0]] {
        assert_eq!(values::<f32>(&orthogonal, &shape), [0.0; 0]);
    }
    let large = Initializer::orthogonal(1e5, MatrixRows::FirstAxis).unwrap();
    assert!(matches!(
        large.for_shape::<f16>(&[2, 2]),
        Err(Error::Parameter(ParameterError::Overflow { .. }))
    ));
}

/// Elements of matrices that are square, wide and high, as a Xeon with AVX-512 made them. Fused operations round
/// differently, so that other processors come within the tolerance of docs/format.md and no closer.
#[test]
fn values_agree_with_those_of_other_processors() {
    fn check<T: Element>(shape: [usize; 2], places: [usize; 3], expected: [f64; 3], unit: f64) {
        let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).unwrap();
        let values = values::<T>(&orthogonal, &shape);
        for (place, expected) in places.into_iter().zip(expected) {
            let off = (values[place] - expected) / unit;
            assert!(off.abs() <= 8.0, "{} {shape:?}: element {place} is {off} units off", T::NAME);
        }
    }
    for (shape, places, double, single) in [
        (
            [16, 16],
            [0, 100, 255],
            [-0.19741798073461214, -0.19865413964733517, 0.1863310243894759],
            [0.034989237785339355, -0.07414254546165466, -0.1263427734375],
        ),
        (
            [70, 300],
            [1, 9_999, 20_000],
            [-0.06131856277361206, -0.08268363063005567, -0.044868843047685056],
            [0.05740080028772354, -0.06689310073852539, -0.09875793009996414],
        ),
        (
            [300, 40],
            [7, 6_543, 11_999],
            [0.00990842639468588, 0.04736278963910255, 0.025944370449043987],
            [0.013369716703891754, 0.07794419676065445, 0.039015308022499084],
        ),
    ] {
        check::<f64>(shape, places, double, f64::EPSILON / 2.0);
        check::<f32>(shape, places, single, f64::from(f32::EPSILON) / 2.0);
    }
}

/// Haar's measure has determinants of both signs equally often and entries of mean 0 and variance
/// `1 / n`; singular vectors, as Lasagne and Keras take, have one determinant at sizes 2 and 3, and
/// QR without the correction of signs has one at every size.
#[test]
fn small_matrices_have_haars_distribution() {
    for n in [2, 3, 6] {
        let tensor = keras::get("orthogonal").unwrap().for_shape::<f32>(&[n, n]).unwrap();
        let count = 10_000;
        let (mut sums, mut squares) = (vec![0f64; n * n], vec![0f64; n * n]);
        let (mut positive, mut trace_squared) = (0, 0.0);
        for i in 0..count {
            let q = tensor.to_vec(&stream().child(i)).unwrap();
            let q: Vec<f64> = q.into_iter().map(f64::from).collect();
            for (entry, &x) in q.iter().enumerate() {
                sums[entry] += x;
                squares[entry] += x * x;
            }
            positive += u64::from(determinant(q.clone(), n) > 0.0);
            trace_squared += (0..n).map(|i| q[i * n + i]).sum::<f64>().powi(2);
        }
        let (count, size) = (count as f64, n as f64);
        let half = 0.5 * count;
        assert!((positive as f64 - half).abs() < 6.0 * (half / 2.0).sqrt(), "{n}: {positive}");
        for (sum, square) in sums.iter().zip(&squares) {
            assert!(sum.abs() < 6.0 * (count / size).sqrt(), "{n}: mean {}", sum / count);
            assert!((square / count - 1.0 / size).abs() < 6.0 * (0.5 / count).sqrt(), "{n}");
        }
        // The square of the trace has mean 1 and a variance of at most 2.
        assert!((trace_squared / count - 1.0).abs() < 6.0 * (2.0 / count).sqrt(), "{n}");
    }
}

fn determinant(mut matrix: Vec<f64>, n: usize) -> f64 {
    let mut determinant = 1.0;
    for k in 0..n {
        let size = |&i: &usize| (matrix[i * n + k].abs() * 1e15) as u64;
        let pivot = (k..n).max_by_key(size).unwrap();
        if pivot != k {
            (0..n).for_each(|j| matrix.swap(k * n + j, pivot * n + j));
            determinant = -determinant;
        }
        determinant *= matrix[k * n + k];
        for i in k + 1..n {
            let factor = matrix[i * n + k] / matrix[k * n + k];
            (k..n).for_each(|j| matrix[i * n + j] -= factor * matrix[k * n + j]);
        }
    }
    determinant
}

#[test]
fn delta_orthogonal_is_a_matrix_at_the_centre() {
    for (shape, centre) in
        [(vec![3, 5, 8], 1), (vec![4, 2, 5, 8], 2), (vec![5, 1, 3, 8, 8], 2 * 3 + 1)]
    {
        let delta = jax::DeltaOrthogonal { scale: 2.0 }.initializer().unwrap();
        let values = values::<f64>(&delta, &shape);
        let (inputs, outputs) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        for (tap, matrix) in values.chunks(inputs * outputs).enumerate() {
            if tap == centre {
                assert!(defect(|i, j| matrix[i * outputs + j], inputs, outputs, 2.0) < 1e-13);
            } else {
                assert!(matrix.iter().all(|&x| x == 0.0), "{shape:?} tap {tap}");
            }
        }
    }
    let delta = Initializer::delta_orthogonal(1.0).unwrap();
    assert!(matches!(
        delta.for_shape::<f32>(&[3, 8, 5]),
        Err(Error::Shape(ShapeError::Unsupported { .. }))
    ));
    assert!(matches!(
        delta.for_shape::<f32>(&[5, 8]),
        Err(Error::Shape(ShapeError::Unsupported { .. }))
    ));
    assert!(matches!(
        delta.for_shape::<f32>(&[1; 6]),
        Err(Error::Shape(ShapeError::Unsupported { .. }))
    ));
    assert_eq!(values::<f32>(&delta, &[0, 3, 4]), [0.0; 0]);
}
