//! Matrices with orthonormal rows or columns, distributed by Haar's measure.
//!
//! Andrew Saxe, James McClelland and Surya Ganguli, 2013, "Exact solutions to the nonlinear
//! dynamics of learning in deep linear neural networks". The orthogonal factor of a matrix of
//! normal values is distributed by Haar's measure if the other factor has a positive diagonal
//! (Francesco Mezzadri, 2007, "How to generate random matrices from the classical compact groups").

use core::mem::MaybeUninit;
use std::sync::OnceLock;

use super::axes::{distinct, resolve};
use super::block::Block;
use super::layout::Layout;
use super::matrices::{self, Matrices, Slices};
use super::pattern::write_zeros;
use super::structure::Structure;
use crate::alloc::{reserved, zeros};
use crate::check::in_range;
use crate::distr::{FillUninit, Normal, Sample};
use crate::element::Element;
use crate::error::{Error, ShapeError};
use crate::fill::{Exec, threads};
use crate::kernel::real::Real;
#[cfg(feature = "orthogonal")]
use crate::kernel::real::Reals;
use crate::number::Number;
use crate::simd::FloatEnv;
use crate::stream::Stream;
use crate::uninit;

/// Which axes of a tensor are the rows of its matrix; the others are the columns. Batch axes are
/// neither, and are not counted here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum MatrixRows {
    /// The first axis, which has the outputs of a convolution. Lasagne, PyTorch.
    FirstAxis,
    /// All axes but the last, which has the outputs. Keras, JAX.
    AllButLast,
    /// All axes but this one of the tensor, counted from the end if negative, whatever the axes are.
    /// JAX' `column_axis`.
    AllBut(isize),
    /// The output axes of this layout. Its batch axes are batch axes of the initializer, too.
    Outputs(Layout),
}

impl MatrixRows {
    pub(super) fn check(&self) -> Result<(), Error> {
        if let MatrixRows::Outputs(layout) = self {
            layout.check()?;
            layout.check_outputs("Orthogonal")?;
        }
        Ok(())
    }

    /// Returns the rows in a host that stores its tensors in this layout. In two dimensions rows and
    /// columns are alike, so that both usual choices are about the axis of the outputs.
    pub(super) fn stored_as(self, host: &Layout) -> Result<Self, ShapeError> {
        let layout = match &self {
            MatrixRows::AllBut(_) => return Ok(self),
            MatrixRows::FirstAxis | MatrixRows::AllButLast => host.axes_only(),
            MatrixRows::Outputs(layout) => layout.stored_as(host),
        };
        layout.check_outputs("Orthogonal")?;
        Ok(MatrixRows::Outputs(layout))
    }

    /// Returns the axes with the outputs of a tensor of this rank, and batch axes that the layout adds.
    fn outputs(&self, rank: usize, batch: &[usize]) -> Result<[Vec<usize>; 2], ShapeError> {
        let mut rest = (0..rank).filter(|axis| !batch.contains(axis));
        Ok(match self {
            MatrixRows::FirstAxis => [rest.next().into_iter().collect(), vec![]],
            MatrixRows::AllButLast => [rest.next_back().into_iter().collect(), vec![]],
            MatrixRows::AllBut(axis) => [resolve(&[*axis], rank)?, vec![]],
            MatrixRows::Outputs(layout) => layout.outputs(rank, batch)?,
        })
    }
}

/// Equal parts of a tensor along an axis, each of them a matrix, as packed gates are. Made by
/// [`in_parts`](crate::Initializer::in_parts).
///
/// ```
/// use seedbed::{Initializer, init::MatrixRows, init::Parts};
/// let gates = Initializer::orthogonal(1.0, MatrixRows::FirstAxis)?.in_parts(0, 3)?;
/// let Initializer::Orthogonal { parts: Some(Parts { axis, count, .. }), .. } = gates else { panic!() };
/// assert_eq!((axis, count), (0, 3));
/// # Ok::<(), seedbed::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Parts {
    /// The axis, counted from the end if negative.
    pub axis: isize,
    /// How many parts there are.
    pub count: usize,
}

/// Matrices in a tensor, with zeros elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Orthogonal {
    gain: f64,
    matrices: Matrices,
    /// Whether each matrix has a stream of its own.
    numbered: bool,
}

impl Orthogonal {
    pub(super) fn new<T: Element>(
        gain: f64,
        rows: &MatrixRows,
        batch: &[isize],
        parts: Option<Parts>,
        shape: &[usize],
    ) -> Result<Self, Error> {
        let rank = shape.len();
        let check_rank = |batch: &[usize]| {
            let (subject, lowest) = ("Orthogonal", batch.len() + 2);
            if rank >= lowest {
                return Ok(());
            }
            let expected = format!("rank {lowest} or more").into();
            Err(ShapeError::Unsupported { subject, expected, shape: shape.to_vec() })
        };
        let mut batch = resolve(batch, rank)?;
        distinct(&batch, &[], |axis| axis as isize)?;
        check_rank(&batch)?;
        let [outputs, more] = rows.outputs(rank, &batch)?;
        batch.extend(more.iter().filter(|axis| !batch.contains(axis)).copied().collect::<Vec<_>>());
        check_rank(&batch)?;
        distinct(&outputs, &batch, |axis| axis as isize)?;
        batch.sort_unstable();
        let slices =
            batch.iter().map(|&axis| Slices { axis, first: 0, step: 1, count: shape[axis] });
        let mut slices: Vec<_> = slices.collect();
        slices.extend(parts.map(|parts| parts.of(shape, &batch)).transpose()?);
        in_range::<T>("gain", gain)?;
        available()?;
        let others = (0..rank).filter(|axis| !outputs.contains(axis) && !batch.contains(axis));
        let numbered = !slices.is_empty();
        let matrices = oriented(shape, slices, &outputs, &others.collect::<Vec<_>>())?;
        Ok(Orthogonal { gain, matrices, numbered })
    }

    pub(super) fn delta<T: Element>(
        gain: f64,
        layout: &Layout,
        shape: &[usize],
    ) -> Result<Self, Error> {
        let unsupported = |expected: &'static str| ShapeError::Unsupported {
            subject: "DeltaOrthogonal",
            expected: expected.into(),
            shape: shape.to_vec(),
        };
        if !(3..=5).contains(&shape.len()) {
            return Err(unsupported("rank 3 to 5").into());
        }
        let [input, output] = layout.pair(shape.len())?;
        if shape[input] > shape[output] {
            return Err(unsupported("at least as many outputs as inputs").into());
        }
        in_range::<T>("gain", gain)?;
        available()?;
        let taps = (0..shape.len()).filter(|&axis| axis != input && axis != output);
        let centre = |axis: usize| Slices {
            axis,
            first: shape[axis].saturating_sub(1) / 2,
            step: 1,
            count: 1,
        };
        let matrices = oriented(shape, taps.map(centre).collect(), &[output], &[input])?;
        Ok(Orthogonal { gain, matrices, numbered: false })
    }

    /// Fills the places that `position` finds in `out` with the elements of the matrices that are
    /// wanted.
    fn fill_places<T: Element>(
        &self,
        out: &mut [T],
        wanted: impl Fn(usize) -> bool,
        position: impl Fn(usize) -> Option<usize>,
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let mut values: Vec<T> = Vec::new();
        for matrix in (0..self.matrices.count()).filter(|&matrix| wanted(matrix)) {
            if values.is_empty() {
                values = zeros(self.matrices.rows() * self.matrices.cols())?;
            }
            self.fill_matrix(matrix, &mut values, stream, exec)?;
            for (place, &value) in self.matrices.places(matrix).zip(&values) {
                if let Some(i) = position(place) {
                    out[i] = value;
                }
            }
        }
        Ok(())
    }

    /// Fills `out`, which has room for some matrices, with those from `first` on.
    fn fill_matrices<T: Element>(
        &self,
        first: usize,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let failure = OnceLock::new();
        let len = self.matrices.rows() * self.matrices.cols();
        threads::chunks(out, len, exec, |i, out| {
            if let Err(error) = self.fill_matrix(first + i, out, stream, exec) {
                failure.get_or_init(|| error);
            }
        });
        failure.into_inner().map_or(Ok(()), Err)
    }

    /// Fills `out` with a matrix, row by row.
    fn fill_matrix<T: Element>(
        &self,
        matrix: usize,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let _env = FloatEnv::default_state();
        let (rows, cols) = (self.matrices.rows(), self.matrices.cols());
        let stream = if self.numbered { stream.child(matrix as u64) } else { stream.at(0)? };
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
}

impl Parts {
    /// Returns the parts of a matrix that is stored column by column.
    pub(super) fn transposed(self) -> Self {
        let axis = match self.axis {
            0 => 1,
            1 => 0,
            -1 => -2,
            -2 => -1,
            // Not of a matrix.
            other => other,
        };
        Parts { axis, ..self }
    }

    /// Returns the parts of a tensor of this shape.
    fn of(self, shape: &[usize], batch: &[usize]) -> Result<Slices, ShapeError> {
        let Parts { axis, count } = self;
        let from_start = resolve(&[axis], shape.len())?[0];
        if batch.contains(&from_start) {
            return Err(ShapeError::Axis { axis, problem: "is a batch axis already" });
        }
        if count == 0 || !shape[from_start].is_multiple_of(count) {
            return Err(ShapeError::Parts { axis, count, shape: shape.to_vec() });
        }
        Ok(Slices { axis: from_start, first: 0, step: shape[from_start] / count, count })
    }
}

/// Returns matrices of these axes. The rows are the outputs where they are the first in memory, and
/// the others otherwise, so that most matrices are made where they stay.
fn oriented(
    shape: &[usize],
    slices: Vec<Slices>,
    outputs: &[usize],
    others: &[usize],
) -> Result<Matrices, ShapeError> {
    let mut before = others.iter().filter(|&&axis| matrices::len(shape, &slices, axis) > 1);
    if before.any(|other| outputs.iter().any(|output| other < output)) {
        return Matrices::new(shape, slices, others, outputs);
    }
    Matrices::new(shape, slices, outputs, others)
}

/// Writes zero to every element, and returns the slice as initialised.
fn zeroed<T: Element>(out: &mut [MaybeUninit<T>], exec: Exec) -> &mut [T] {
    write_zeros(out, exec);
    #[expect(unsafe_code, reason = "the memory is filled")]
    // SAFETY: every element is zero.
    unsafe {
        uninit::assume_init(out)
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: zeros are written everywhere before anything else.
unsafe impl<T: Element> Structure<T> for Orthogonal {
    fn fill_range(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let out = zeroed(out, exec);
        let len = self.matrices.rows() * self.matrices.cols();
        let end = offset + out.len();
        // The matrices that follow each other in `out`, each of them whole.
        let whole = match len {
            0 => 0..0,
            _ if !self.matrices.are_contiguous() => 0..0,
            _ => {
                let first = offset.saturating_sub(self.matrices.start(0)).div_ceil(len);
                let last = end.saturating_sub(self.matrices.start(0)) / len;
                first..last.clamp(first, self.matrices.count().max(first))
            }
        };
        let part = |matrix| {
            let span = self.matrices.span(matrix);
            let near = span.start < end && offset < span.end && !whole.contains(&matrix);
            near && self.matrices.places(matrix).any(|place| (offset..end).contains(&place))
        };
        let position = |place| (offset..end).contains(&place).then(|| place - offset);
        self.fill_places(out, part, position, stream, exec)?;
        if whole.is_empty() {
            return Ok(());
        }
        let start = self.matrices.start(whole.start) - offset;
        self.fill_matrices(whole.start, &mut out[start..][..whole.len() * len], stream, exec)
    }

    fn fill_block(
        &self,
        block: &Block,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let wanted = |matrix| self.matrices.are_in(matrix, block);
        let position = |place| block.position(place);
        self.fill_places(zeroed(out, exec), wanted, position, stream, exec)
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
