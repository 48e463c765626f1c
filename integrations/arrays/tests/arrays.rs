//! Values, fans, strides and errors of every host.

use faer::{Mat, MatRef};
use nalgebra::{DMatrix, SMatrix};
use ndarray::{Array, Array2, ArrayViewMut2, Axis, s};
use rayon::ThreadPoolBuilder;
use seedbed::init::{MatrixRows, Nonzeros, SparseAxis};
use seedbed::{Initializer, Seed, Stream, torch};
use seedbed_arrays as arrays;

fn stream() -> Stream {
    Seed::from(42).stream("fc.weight")
}

fn he() -> Initializer {
    torch::KaimingNormal::default().initializer().unwrap()
}

/// Returns the values of a tensor in row-major order.
fn values(initializer: &Initializer, shape: &[usize]) -> Vec<f32> {
    initializer.for_shape(shape).unwrap().to_vec(&stream()).unwrap()
}

#[test]
fn arrays_have_the_values_of_their_tensors() {
    let array = arrays::ndarray::array::<f32, _>(&he(), (6, 5, 3, 2), &stream()).unwrap();
    let expected = Array::from_shape_vec((6, 5, 3, 2), values(&he(), &[6, 5, 3, 2])).unwrap();
    assert_eq!(array, expected);
    let empty = arrays::ndarray::array::<f32, _>(&he(), (0, 5), &stream()).unwrap();
    assert_eq!(empty.dim(), (0, 5));
}

#[test]
fn views_are_filled_in_their_logical_order_and_no_more() {
    let normal = Initializer::normal(5.0, 1.0).unwrap();
    let expected = Array::from_shape_vec((4, 3), values(&normal, &[4, 3])).unwrap();
    let fill = |view: ArrayViewMut2<'_, f32>| {
        arrays::ndarray::fill(view, &normal, &stream()).unwrap();
    };

    let mut rows = Array2::<f32>::zeros((9, 3));
    fill(rows.slice_mut(s![2..6, ..]));
    assert_eq!(rows.slice(s![2..6, ..]), expected);
    assert_eq!(rows.iter().filter(|x| **x != 0.0).count(), 12);

    let mut columns = Array2::<f32>::zeros((4, 7));
    fill(columns.slice_mut(s![.., 1..;2]));
    assert_eq!(columns.slice(s![.., 1..;2]), expected);
    assert_eq!(columns.iter().filter(|x| **x != 0.0).count(), 12);

    let mut transposed = Array2::<f32>::zeros((3, 4));
    fill(transposed.view_mut().reversed_axes());
    assert_eq!(transposed.reversed_axes(), expected);

    // Contiguous, but column by column.
    let mut fortran = Array2::<f32>::zeros(ndarray::ShapeBuilder::f((4, 3)));
    fill(fortran.view_mut());
    assert_eq!(fortran, expected);
}

#[test]
fn values_do_not_depend_on_threads() {
    let sum = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| arrays::ndarray::array::<f64, _>(&he(), (700, 1000), &stream()).unwrap())
    };
    assert_eq!(sum(1), sum(3));
}

/// `(out, in)` as PyTorch has it: the fan-in is the number of columns, whatever the order in memory.
#[test]
fn fans_are_those_of_rows_and_columns() {
    let (rows, cols) = (256, 1024);
    let array = arrays::ndarray::array::<f64, _>(&he(), (rows, cols), &stream()).unwrap();
    let matrix = arrays::nalgebra::matrix::<f64>(&he(), rows, cols, &stream()).unwrap();
    let mut mat = Mat::<f64>::zeros(rows, cols);
    arrays::faer::fill(mat.as_mut(), &he(), &stream()).unwrap();
    for square_sum in [array.pow2().sum(), matrix.norm_squared(), mat.squared_norm_l2()] {
        let count = (rows * cols) as f64;
        let error = (square_sum / count).sqrt() / (2.0 / cols as f64).sqrt() - 1.0;
        assert!(error.abs() < 5.0 / (2.0 * count).sqrt(), "{error}");
    }
}

#[test]
fn matrices_by_columns_are_transposed_tensors() {
    let normal = Initializer::normal(0.0, 1.0).unwrap();
    let expected = DMatrix::from_vec(7, 4, values(&normal, &[4, 7]));
    let matrix = arrays::nalgebra::matrix(&normal, 7, 4, &stream()).unwrap();
    assert_eq!(matrix, expected);
    let mut filled = DMatrix::zeros(7, 4);
    arrays::nalgebra::fill(&mut filled, &normal, &stream()).unwrap();
    assert_eq!(filled, expected);
    let mut fixed = SMatrix::<f32, 7, 4>::zeros();
    arrays::nalgebra::fill(&mut fixed, &normal, &stream()).unwrap();
    assert_eq!(fixed, expected);
    let mut wider = SMatrix::<f32, 7, 9>::zeros();
    arrays::nalgebra::fill(&mut wider.columns_mut(3, 4), &normal, &stream()).unwrap();
    assert_eq!(wider.columns(3, 4), expected);
    assert_eq!(wider.iter().filter(|x| **x != 0.0).count(), 28);
}

#[test]
fn matrices_of_faer_are_filled_in_parts_or_at_once() {
    let normal = Initializer::normal(0.0, 1.0).unwrap();
    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).unwrap();
    // One part; many parts that end within a block; a column that is longer than a part.
    for (rows, cols) in [(7, 4), (1101, 2003), ((1 << 20) + 1, 2)] {
        let mut mat = Mat::<f32>::zeros(rows, cols);
        assert!(
            mat.col_stride() > rows as isize,
            "this test needs unused memory after each column"
        );
        arrays::faer::fill(mat.as_mut(), &normal, &stream()).unwrap();
        let expected = values(&normal, &[cols, rows]);
        assert_eq!(mat, MatRef::from_column_major_slice(&expected, rows, cols));
    }
    let mut mat = Mat::<f32>::zeros(7, 4);
    arrays::faer::fill(mat.as_mut(), &orthogonal, &stream()).unwrap();
    let expected = values(&orthogonal, &[4, 7]);
    assert_eq!(mat, MatRef::from_column_major_slice(&expected, 7, 4));
    arrays::faer::fill(Mat::<f32>::zeros(0, 4).as_mut(), &normal, &stream()).unwrap();
}

/// Exactly one value of each column is not zero, whatever the order in memory.
#[test]
fn sparse_columns_are_columns() {
    let sparse = Initializer::sparse(SparseAxis::Column, Nonzeros::Exactly(1), 1.0).unwrap();
    let array = arrays::ndarray::array::<f64, _>(&sparse, (9, 5), &stream()).unwrap();
    let matrix = arrays::nalgebra::matrix::<f64>(&sparse, 9, 5, &stream()).unwrap();
    for column in array.axis_iter(Axis(1)) {
        assert_eq!(column.iter().filter(|x| **x != 0.0).count(), 1);
    }
    for column in matrix.column_iter() {
        assert_eq!(column.iter().filter(|x| **x != 0.0).count(), 1);
    }
}

#[test]
fn what_cannot_be_filled_is_refused() {
    let mut mat = Mat::<f32>::zeros(7, 4);
    let error = arrays::faer::fill(mat.as_mut().transpose_mut(), &he(), &stream()).unwrap_err();
    assert!(error.to_string().contains("a row stride of"), "{error}");
    let dirac = Initializer::dirac(1).unwrap();
    let error = arrays::nalgebra::matrix::<f32>(&dirac, 3, 4, &stream()).unwrap_err();
    assert!(error.to_string().contains("rank 3 to 5"), "{error}");
    let error = arrays::ndarray::array::<f32, _>(&he(), 5, &stream()).unwrap_err();
    assert!(error.to_string().contains("rank 2"), "{error}");
}
