//! Views of parts of matrices, and the product of two.
//!
//! A view to write to leaves out what is between its columns, so that parts of a matrix that share no
//! entry can be written at the same time. Slices cannot say this, hence the pointers.

#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::ops::{AddAssign, Mul, MulAssign, Neg, Range, SubAssign};

use gemm_common::Parallelism;

use crate::number::Number;

/// The types of the computation, f32 and f64.
pub(crate) trait Entry:
    Number + Neg<Output = Self> + Mul<Output = Self> + AddAssign + SubAssign + MulAssign
{
    const ZERO: Self;
    const ONE: Self;

    /// Writes `before out + factor a b` to `out`, or `factor a b` if `before` is 0.
    ///
    /// # Safety
    ///
    /// The entries of `out` may be written, those of `a` and `b` read, and the shapes fit.
    unsafe fn product(out: View<Self>, before: Self, a: View<Self>, b: View<Self>, factor: Self);
}

macro_rules! entry {
    ($($type:ident: $function:path)*) => {$(
        impl Entry for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            unsafe fn product(
                out: View<Self>,
                before: Self,
                a: View<Self>,
                b: View<Self>,
                factor: Self,
            ) {
                let ([m, n], k) = (out.shape, a.shape[1]);
                let strides = |view: View<Self>| view.strides.map(|stride| stride as isize);
                let ([out_row, out_col], [a_row, a_col], [b_row, b_col]) =
                    (strides(out), strides(a), strides(b));
                // SAFETY: the caller's promise; no stride is negative.
                unsafe {
                    $function()(
                        m, n, k,
                        out.first, out_col, out_row, before != 0.0,
                        a.first, a_col, a_row,
                        b.first, b_col, b_row,
                        before, factor,
                        false, false, false, // no complex conjugates
                        Parallelism::None,
                    );
                }
            }
        }
    )*};
}

entry!(f32: gemm_f32::gemm::f32::get_gemm_fn f64: gemm_f64::gemm::f64::get_gemm_fn);

/// Where the entries of a part of a matrix are.
pub(crate) struct View<T> {
    first: *mut T,
    /// Rows and columns.
    shape: [usize; 2],
    /// From an entry to that of the next row, and of the next column.
    strides: [usize; 2],
}

impl<T> Clone for View<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<T> {}

impl<T> View<T> {
    /// Returns the first columns of a column-major matrix of `len` entries, which `stride` entries are apart.
    fn new(first: *mut T, len: usize, shape: [usize; 2], stride: usize) -> Self {
        let [rows, cols] = shape;
        let needed = if rows * cols == 0 { 0 } else { (cols - 1) * stride + rows };
        assert!(rows <= stride && needed <= len, "a matrix beyond its slice");
        View { first, shape, strides: [1, stride] }
    }

    fn transpose(self) -> Self {
        let ([rows, cols], [row, col]) = (self.shape, self.strides);
        View { shape: [cols, rows], strides: [col, row], ..self }
    }

    fn part(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        for (range, size) in [&rows, &cols].into_iter().zip(self.shape) {
            assert!(range.start <= range.end && range.end <= size, "a part beyond the matrix");
        }
        let offset = rows.start * self.strides[0] + cols.start * self.strides[1];
        // A part without entries may begin beyond the slice.
        let first = self.first.wrapping_add(offset);
        View { first, shape: [rows.len(), cols.len()], ..self }
    }

    /// Returns the place of an entry.
    fn at(self, [row, col]: [usize; 2]) -> *mut T {
        self.part(row..row + 1, col..col + 1).first
    }
}

/// A part of a matrix.
pub(super) struct MatRef<'a, T> {
    view: View<T>,
    entries: PhantomData<&'a T>,
}

impl<T> Clone for MatRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for MatRef<'_, T> {}

// SAFETY: it is as `&[T]`.
unsafe impl<T: Sync> Send for MatRef<'_, T> {}
// SAFETY: it is as `&[T]`.
unsafe impl<T: Sync> Sync for MatRef<'_, T> {}

impl<'a, T: Entry> MatRef<'a, T> {
    /// Returns the first `rows x cols` entries of a column-major matrix.
    pub(super) fn new(x: &'a [T], rows: usize, cols: usize, stride: usize) -> Self {
        let view = View::new(x.as_ptr().cast_mut(), x.len(), [rows, cols], stride);
        MatRef { view, entries: PhantomData }
    }

    pub(super) fn shape(self) -> [usize; 2] {
        self.view.shape
    }

    pub(super) fn transpose(self) -> Self {
        MatRef { view: self.view.transpose(), ..self }
    }

    pub(super) fn part(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        MatRef { view: self.view.part(rows, cols), ..self }
    }

    pub(super) fn at(self, row: usize, col: usize) -> T {
        // SAFETY: an entry of the view, which may be read for `'a`.
        unsafe { *self.view.at([row, col]) }
    }
}

/// A part of a matrix, to write to.
pub(super) struct MatMut<'a, T> {
    view: View<T>,
    entries: PhantomData<&'a mut T>,
}

// SAFETY: it is as `&mut [T]`.
unsafe impl<T: Send> Send for MatMut<'_, T> {}

impl<'a, T: Entry> MatMut<'a, T> {
    /// Returns the first `rows x cols` entries of a column-major matrix.
    pub(super) fn new(x: &'a mut [T], rows: usize, cols: usize, stride: usize) -> Self {
        let view = View::new(x.as_mut_ptr(), x.len(), [rows, cols], stride);
        MatMut { view, entries: PhantomData }
    }

    pub(super) fn shape(&self) -> [usize; 2] {
        self.view.shape
    }

    pub(super) fn rb(&self) -> MatRef<'_, T> {
        MatRef { view: self.view, entries: PhantomData }
    }

    pub(super) fn rb_mut(&mut self) -> MatMut<'_, T> {
        MatMut { view: self.view, entries: PhantomData }
    }

    pub(super) fn transpose(self) -> Self {
        MatMut { view: self.view.transpose(), ..self }
    }

    pub(super) fn part(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        MatMut { view: self.view.part(rows, cols), ..self }
    }

    pub(super) fn rows(self, rows: Range<usize>) -> Self {
        let [_, cols] = self.shape();
        self.part(rows, 0..cols)
    }

    pub(super) fn cols(self, cols: Range<usize>) -> Self {
        let [rows, _] = self.shape();
        self.part(0..rows, cols)
    }

    /// Returns the rows before `row`, and the others.
    pub(super) fn split_at_row(self, row: usize) -> (Self, Self) {
        let [rows, cols] = self.shape();
        let [above, below] = [0..row, row..rows].map(|rows| self.view.part(rows, 0..cols));
        // They share no entry.
        let part = |view| MatMut { view, entries: PhantomData };
        (part(above), part(below))
    }

    /// Returns the columns before `col`, and the others.
    pub(super) fn split_at_col(self, col: usize) -> (Self, Self) {
        let (left, right) = self.transpose().split_at_row(col);
        (left.transpose(), right.transpose())
    }

    /// Returns the columns of a column-major matrix.
    pub(super) fn columns(self) -> impl Iterator<Item = &'a mut [T]> {
        let ([rows, cols], view) = (self.shape(), self.view);
        assert!(view.strides[0] == 1 && rows <= view.strides[1], "the columns are not slices");
        (0..cols).map(move |col| {
            let first = view.part(0..rows, col..col + 1).first;
            // SAFETY: the entries of a column, which follow each other and which no other column has;
            // they may be written for `'a`, during which nothing else has the view.
            unsafe { core::slice::from_raw_parts_mut(first, rows) }
        })
    }

    pub(super) fn at(&mut self, row: usize, col: usize) -> &mut T {
        // SAFETY: an entry of the view, which may be written.
        unsafe { &mut *self.view.at([row, col]) }
    }
}

/// What becomes of the entries that a product is written to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Accum {
    Add,
    Replace,
}

/// Adds `factor a b` to `out`, or writes it there.
pub(super) fn matmul<T: Entry>(
    out: MatMut<'_, T>,
    accum: Accum,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    factor: T,
) {
    let ([m, n], k) = (out.shape(), a.shape()[1]);
    assert_eq!((a.shape(), b.shape()), ([m, k], [k, n]), "shapes of a product");
    if m == 0 || n == 0 {
        return;
    }
    let before = if accum == Accum::Add { T::ONE } else { T::ZERO };
    let (mut out, mut a, mut b) = (out.view, a.view, b.view);
    if out.strides[1] < out.strides[0] {
        // The kernels write columns.
        (out, a, b) = (out.transpose(), b.transpose(), a.transpose());
    }
    // SAFETY: the views have these shapes. What they may do with their entries is in their types.
    unsafe { T::product(out, before, a, b, factor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small numbers of both signs, whose products and sums are exact.
    fn numbers<T: Entry>(len: usize) -> Vec<T> {
        (0..len).map(|i| T::from_f64((i * i % 31) as f64 - 15.0)).collect()
    }

    fn side<T>(x: &[T]) -> usize {
        x.len().isqrt()
    }

    /// Returns a part of a square matrix that begins at (2, 3).
    fn part<T: Entry>(x: &[T], transposed: bool, [rows, cols]: [usize; 2]) -> MatRef<'_, T> {
        let all = MatRef::new(x, side(x), side(x), side(x));
        let all = if transposed { all.transpose() } else { all };
        all.part(2..2 + rows, 3..3 + cols)
    }

    fn product_of_parts<T: Entry>([m, k, n]: [usize; 3], transposed: [bool; 3]) {
        let entries = |rows: usize, cols: usize| numbers::<T>((rows + 5) * (cols + 5));
        let (x, y, before) =
            (entries(m.max(k), m.max(k)), entries(k.max(n), k.max(n)), entries(m.max(n), m.max(n)));
        let (a, b) = (part(&x, transposed[0], [m, k]), part(&y, transposed[1], [k, n]));
        for accum in [Accum::Add, Accum::Replace] {
            let mut all = before.clone();
            let old = part(&before, transposed[2], [m, n]);
            let out = MatMut::new(&mut all, side(&before), side(&before), side(&before));
            let out = if transposed[2] { out.transpose() } else { out };
            matmul(out.part(2..2 + m, 3..3 + n), accum, a, b, T::from_f64(-0.5));
            let new = part(&all, transposed[2], [m, n]);
            for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let terms = (0..k).map(|l| a.at(i, l).to_f64() * b.at(l, j).to_f64());
                let old = if accum == Accum::Add { old.at(i, j).to_f64() } else { 0.0 };
                let expected = old - 0.5 * terms.sum::<f64>();
                let what = format!("{m}x{k}x{n} {transposed:?} {accum:?}: {i}, {j}");
                assert_eq!(new.at(i, j).to_f64(), expected, "{what}");
            }
            let changed = all.iter().zip(&before).filter(|(a, b)| a != b).count();
            assert!(changed <= m * n, "{changed} entries of {m}x{n} {transposed:?}");
        }
    }

    #[test]
    fn products_are_those_of_the_definition_and_change_nothing_else() {
        for shape in [
            [1, 1, 1],
            [1, 7, 5],
            [6, 1, 3],
            [4, 0, 3],
            [0, 2, 2],
            [3, 2, 0],
            [16, 17, 18],
            [33, 40, 1],
            [70, 35, 50],
        ] {
            for bits in 0..8 {
                let transposed = [0, 1, 2].map(|bit| bits >> bit & 1 == 1);
                product_of_parts::<f32>(shape, transposed);
                product_of_parts::<f64>(shape, transposed);
            }
        }
    }

    #[test]
    fn nothing_beyond_a_matrix_is_in_a_view() {
        let refused = |work: &dyn Fn()| {
            let work = std::panic::AssertUnwindSafe(work);
            assert!(std::panic::catch_unwind(work).is_err());
        };
        // Three columns of 3 with 1 between them end where the slice does.
        let whole = MatRef::new(&[0.0f64; 11], 3, 3, 4);
        assert_eq!(whole.part(1..3, 2..3).shape(), [2, 1]);
        assert_eq!(whole.part(3..3, 3..3).shape(), [0, 0]);
        refused(&|| _ = MatRef::new(&[0.0f64; 10], 3, 3, 4));
        refused(&|| _ = MatRef::new(&[0.0f64; 99], 5, 3, 4));
        for [rows, cols] in [[0..4, 0..3], [0..3, 0..4], [4..4, 0..3]] {
            refused(&|| _ = whole.part(rows.clone(), cols.clone()));
        }
        refused(&|| _ = whole.at(0, 3));
        refused(&|| _ = MatMut::new(&mut [0.0f64; 9], 3, 3, 3).transpose().columns());
        refused(&|| {
            let (a, b) = (whole.part(0..3, 0..2), whole);
            matmul(MatMut::new(&mut [0.0f64; 9], 3, 3, 3), Accum::Add, a, b, 1.0);
        });
    }

    #[test]
    fn the_parts_of_a_matrix_make_the_whole() {
        let mut x: Vec<f32> = numbers(5 * 4);
        let before = x.clone();
        let (above, below) = MatMut::new(&mut x, 4, 4, 5).split_at_row(1);
        let (left, right) = below.split_at_col(3);
        for (part, number) in [(above, 1.0), (left, 2.0), (right, 3.0)] {
            part.columns().flatten().for_each(|entry| *entry = number);
        }
        for (i, (&after, &before)) in x.iter().zip(&before).enumerate() {
            let (row, col) = (i % 5, i / 5);
            let expected = match (row, col) {
                (0, _) => 1.0,
                (4, _) => before,
                (_, 3) => 3.0,
                _ => 2.0,
            };
            assert_eq!(after, expected, "{row}, {col}");
        }
    }
}
