//! Matrices with orthonormal rows or columns, distributed by Haar's measure.
//!
//! Andrew Saxe, James McClelland and Surya Ganguli, 2013, "Exact solutions to the nonlinear
//! dynamics of learning in deep linear neural networks". The orthogonal factor of a matrix of
//! normal values is distributed by Haar's measure if the other factor has a positive diagonal
//! (Francesco Mezzadri, 2007, "How to generate random matrices from the classical compact groups").

use core::mem::MaybeUninit;

use super::block::Block;
use super::pattern::write_zeros;
use super::structure::Structure;
use super::{layout, shape};
use crate::alloc::{reserved, zeros};
use crate::check::in_range;
use crate::distr::{FillUninit, Normal, Sample};
use crate::element::Element;
use crate::error::{Error, ShapeError};
use crate::fill::Exec;
use crate::kernel::real::Real;
#[cfg(feature = "orthogonal")]
use crate::kernel::real::Reals;
use crate::number::Number;
use crate::stream::Stream;
use crate::uninit;

/// Which axes of a tensor are the rows of its matrix; the others are the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum MatrixRows {
    /// The first axis. Lasagne, PyTorch.
    FirstAxis,
    /// All axes but the last. Keras.
    AllButLast,
    /// All axes but this one, counted from the end if negative. JAX.
    AllBut(isize),
}

/// A matrix in a tensor of `len` elements: axis `cols` of `(before, cols, after)`, from element `start`
/// on, with zeros elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Orthogonal {
    gain: f64,
    len: usize,
    start: usize,
    before: usize,
    cols: usize,
    after: usize,
}

impl Orthogonal {
    pub(super) fn new<T: Element>(
        gain: f64,
        rows: MatrixRows,
        shape: &[usize],
    ) -> Result<Self, Error> {
        if shape.len() < 2 {
            let (subject, expected) = ("Orthogonal", "rank 2 or more".into());
            return Err(ShapeError::Unsupported { subject, expected, shape: shape.to_vec() }.into());
        }
        let axis = match rows {
            MatrixRows::FirstAxis => 0,
            MatrixRows::AllButLast => shape.len() - 1,
            MatrixRows::AllBut(axis) => layout::resolve(&[axis], shape.len())?[0],
        };
        let before = shape::elements(&shape[..axis])?;
        let after = shape::elements(&shape[axis + 1..])?;
        in_range::<T>("gain", gain)?;
        available()?;
        let len = shape::elements(shape)?;
        Ok(Orthogonal { gain, len, start: 0, before, cols: shape[axis], after })
    }

    pub(super) fn delta<T: Element>(gain: f64, shape: &[usize]) -> Result<Self, Error> {
        let unsupported = |expected: &'static str| ShapeError::Unsupported {
            subject: "DeltaOrthogonal",
            expected: expected.into(),
            shape: shape.to_vec(),
        };
        let (&[ref spatial @ .., inputs, outputs], 3..=5) = (shape, shape.len()) else {
            return Err(unsupported("rank 3 to 5").into());
        };
        if inputs > outputs {
            return Err(unsupported("at least as many outputs as inputs").into());
        }
        let len = shape::elements(shape)?;
        // Without elements the product of some axes may still be too large.
        let centre = match len {
            0 => 0,
            _ => spatial.iter().fold(0, |centre, &k| centre * k + (k - 1) / 2),
        };
        let matrix = Self::new::<T>(gain, MatrixRows::AllButLast, &[inputs, outputs])?;
        Ok(Orthogonal { len, start: centre * inputs * outputs, ..matrix })
    }

    /// Fills a whole tensor.
    fn fill<T: Element>(
        &self,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        write_zeros(out, exec);
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: every element is zero.
        let out = unsafe { uninit::assume_init(out) };
        let Orthogonal { start, before, cols, after, .. } = *self;
        let len = before * cols * after;
        if out.is_empty() || len == 0 {
            return Ok(());
        }
        let out = &mut out[start..start + len];
        if before == 1 {
            return self.fill_matrix(cols, after, out, stream, exec);
        }
        if after == 1 {
            return self.fill_matrix(before, cols, out, stream, exec);
        }
        // The columns' axis is in the middle: the matrix is made apart and its axes moved.
        let mut values = zeros(len)?;
        self.fill_matrix(before * after, cols, &mut values, stream, exec)?;
        for (i, out) in out.iter_mut().enumerate() {
            let (a, col, b) = (i / (cols * after), i / after % cols, i % after);
            *out = values[(a * after + b) * cols + col];
        }
        Ok(())
    }

    /// Fills a row-major matrix.
    fn fill_matrix<T: Element>(
        &self,
        rows: usize,
        cols: usize,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let stream = stream.at(0)?;
        let normal = Normal::<T::Real>::new(0.0, 1.0)?;
        #[expect(unsafe_code, reason = "a slice is filled as uninitialised memory is")]
        // SAFETY: the fill writes numbers only.
        let uninit = unsafe { uninit::as_uninit(out) };
        if let Some(direct) = T::direct(uninit) {
            #[expect(unsafe_code, reason = "the memory is filled")]
            // SAFETY: it was a slice of numbers before.
            let direct = unsafe { uninit::assume_init(direct) };
            normal.with(exec).sample_into(direct, &stream);
            return haar(direct, rows, cols, self.gain, exec);
        }
        let mut values = reserved(out.len())?;
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: `fill_uninit` writes every element.
        unsafe {
            let fill = |values: &mut _| normal.fill_uninit(values, &stream, exec);
            uninit::extend(&mut values, out.len(), fill);
        }
        haar(&mut values, rows, cols, self.gain, exec)?;
        for (out, value) in out.iter_mut().zip(values) {
            *out = T::from_f64(value.to_f64());
        }
        Ok(())
    }

    /// Returns a new vector with the whole tensor.
    fn whole<T: Element>(&self, stream: &Stream, exec: Exec) -> Result<Vec<T>, Error> {
        let mut values = reserved(self.len)?;
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: `fill` writes every element, unless it fails.
        unsafe {
            uninit::try_extend(&mut values, self.len, |out| self.fill(out, stream, exec))?;
        }
        Ok(values)
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill` writes the whole; parts are copied from it.
unsafe impl<T: Element> Structure<T> for Orthogonal {
    fn fill_range(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        if out.len() == self.len {
            return self.fill(out, stream, exec);
        }
        let whole = self.whole::<T>(stream, exec)?;
        uninit::write(out, &whole[offset..][..out.len()]);
        Ok(())
    }

    fn fill_block(
        &self,
        block: &Block,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let whole = self.whole::<T>(stream, exec)?;
        for (i, run) in out.chunks_mut(block.len).enumerate() {
            uninit::write(run, &whole[block.start(i)..][..block.len]);
        }
        Ok(())
    }
}

#[cfg(not(feature = "orthogonal"))]
fn available() -> Result<(), Error> {
    Err(Error::FeatureDisabled { feature: "orthogonal" })
}

#[cfg(feature = "orthogonal")]
fn available() -> Result<(), Error> {
    Ok(())
}

/// Operations from which the linear algebra uses several threads: below about 640 x 640 they were
/// measured to be slower than one thread on cores that have other work, too.
#[cfg(feature = "orthogonal")]
const PARALLEL_WORK: usize = 1 << 28;

/// Makes a row-major matrix from standard normal values: `gain` times one with orthonormal rows or
/// columns, whichever are fewer.
#[cfg(feature = "orthogonal")]
fn haar<R: Real>(
    values: &mut [R],
    rows: usize,
    cols: usize,
    gain: f64,
    exec: Exec,
) -> Result<(), Error> {
    use super::haar::haar_in_place;
    let work = rows.saturating_mul(cols).saturating_mul(rows.min(cols));
    let parallel = exec.is_parallel() && work >= PARALLEL_WORK;
    match R::which(values) {
        Reals::F32(values) => haar_in_place(values, rows, cols, f32::from_f64(gain), parallel),
        Reals::F64(values) => haar_in_place(values, rows, cols, gain, parallel),
    }
}

#[cfg(not(feature = "orthogonal"))]
fn haar<R: Real>(_: &mut [R], _: usize, _: usize, _: f64, _: Exec) -> Result<(), Error> {
    available()
}
