//! Matrices with orthonormal rows or columns, distributed by Haar's measure.
//!
//! Andrew Saxe, James McClelland and Surya Ganguli, 2013, "Exact solutions to the nonlinear
//! dynamics of learning in deep linear neural networks". The orthogonal factor of a matrix of
//! normal values is distributed by Haar's measure if the other factor has a positive diagonal
//! (Francesco Mezzadri, 2007, "How to generate random matrices from the classical compact groups").

use crate::distr::{FillUninit, Normal, in_range};
use crate::element::{Element, Sealed};
use crate::error::Error;
use crate::fill::Exec;
use crate::init::layout;
use crate::init::tensor::reserved;
use crate::shape;
use crate::stream::Stream;
use crate::uninit;

/// Which axes of a tensor are the rows of its matrix; the others are the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rows {
    /// The first axis. Lasagne, PyTorch.
    FirstAxis,
    /// All axes but the last. Keras.
    AllButLast,
    /// All axes but this one, counted from the end if negative. JAX.
    AllBut(isize),
}

/// A matrix in a tensor: axis `cols` of `(before, cols, after)`, from element `start` on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Orthogonal {
    gain: f64,
    start: usize,
    before: usize,
    cols: usize,
    after: usize,
}

/// A type that matrices are computed in.
pub trait Haar: Sized {
    /// Makes a row-major matrix of `rows` and `cols` from standard normal values: `gain` times one
    /// with orthonormal rows or columns, whichever are fewer.
    fn haar(
        values: &mut [Self],
        rows: usize,
        cols: usize,
        gain: Self,
        exec: Exec,
    ) -> Result<(), Error>;
}

impl Orthogonal {
    pub(crate) fn new<T: Element>(gain: f64, rows: Rows, shape: &[usize]) -> Result<Self, Error> {
        if shape.len() < 2 {
            let (initializer, expected) = ("Orthogonal", "rank 2 or more");
            return Err(Error::Rank { initializer, shape: shape.to_vec(), expected });
        }
        let axis = match rows {
            Rows::FirstAxis => 0,
            Rows::AllButLast => shape.len() - 1,
            Rows::AllBut(axis) => layout::resolve(&[axis], shape.len())?[0],
        };
        let before = shape::elements(&shape[..axis])?;
        let after = shape::elements(&shape[axis + 1..])?;
        in_range::<T>("gain", gain)?;
        available()?;
        Ok(Orthogonal { gain, start: 0, before, cols: shape[axis], after })
    }

    pub(crate) fn delta<T: Element>(gain: f64, shape: &[usize]) -> Result<Self, Error> {
        let (&[ref spatial @ .., inputs, outputs], 3..=5) = (shape, shape.len()) else {
            let (initializer, expected) = ("DeltaOrthogonal", "rank 3 to 5");
            return Err(Error::Rank { initializer, shape: shape.to_vec(), expected });
        };
        if inputs > outputs {
            let expected = "at least as many outputs as inputs";
            let shape = shape.to_vec();
            return Err(Error::Shape { initializer: "DeltaOrthogonal", shape, expected });
        }
        // Without elements the product of some axes may still be too large.
        let centre = match shape::elements(shape)? {
            0 => 0,
            _ => spatial.iter().fold(0, |centre, &k| centre * k + (k - 1) / 2),
        };
        let matrix = Self::new::<T>(gain, Rows::AllButLast, &[inputs, outputs])?;
        Ok(Orthogonal { start: centre * inputs * outputs, ..matrix })
    }

    /// Fills a whole tensor, which holds zeros.
    pub(crate) fn fill<T: Element>(
        &self,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let Orthogonal { start, before, cols, after, .. } = *self;
        let len = before * cols * after;
        if out.is_empty() || len == 0 {
            return Ok(());
        }
        let out = &mut out[start..start + len];
        if before == 1 {
            return self.matrix(cols, after, out, stream, exec);
        }
        if after == 1 {
            return self.matrix(before, cols, out, stream, exec);
        }
        let mut values = reserved(len)?;
        values.resize(len, T::default());
        self.matrix(before * after, cols, &mut values, stream, exec)?;
        for (i, out) in out.iter_mut().enumerate() {
            let (a, col, b) = (i / (cols * after), i / after % cols, i % after);
            *out = values[(a * after + b) * cols + col];
        }
        Ok(())
    }

    /// Fills a row-major matrix.
    fn matrix<T: Element>(
        &self,
        rows: usize,
        cols: usize,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let stream = stream.at(0)?;
        let gain = <T::Real as Sealed>::round(self.gain);
        let normal = Normal::<T::Real>::new(0.0, 1.0)?;
        if let Some(out) = T::direct(uninit::as_uninit(out)) {
            normal.fill_uninit(out, &stream, exec);
            return T::Real::haar(uninit::assume_filled(out), rows, cols, gain, exec);
        }
        let mut values = reserved(out.len())?;
        uninit::extend(&mut values, out.len(), |values| normal.fill_uninit(values, &stream, exec));
        T::Real::haar(&mut values, rows, cols, gain, exec)?;
        for (out, value) in out.iter_mut().zip(values) {
            *out = T::round(value.to_f64());
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
/// measured to be slower than one, where the cores have other work, too.
#[cfg(feature = "orthogonal")]
const PARALLEL_WORK: usize = 1 << 28;

macro_rules! haar {
    ($($real:ty)*) => {$(
        impl Haar for $real {
            #[cfg(feature = "orthogonal")]
            fn haar(
                values: &mut [Self],
                rows: usize,
                cols: usize,
                gain: Self,
                exec: Exec,
            ) -> Result<(), Error> {
                let work = rows.saturating_mul(cols).saturating_mul(rows.min(cols));
                let parallel = crate::init::parallel::allowed(exec) && work >= PARALLEL_WORK;
                super::haar::haar_in_place(values, rows, cols, gain, parallel)
            }

            #[cfg(not(feature = "orthogonal"))]
            fn haar(_: &mut [Self], _: usize, _: usize, _: Self, _: Exec) -> Result<(), Error> {
                available()
            }
        }
    )*};
}

haar!(f32 f64);
