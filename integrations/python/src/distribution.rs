//! The distributions by themselves: the classes `Normal`, `Uniform` and `TruncatedNormal`; and `words`.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use seedbed::{Exec, Initializer, init::Bounds};

use crate::argument::{count, counts, exception, stream, wrong_value};
use crate::fill::{Part, Tensor};
use crate::memory::Memory;
use crate::threads::Threads;

/// The arguments of a sample, besides what it is written to.
struct Sample<'a, 'py> {
    initializer: &'a Initializer,
    seed: &'a Bound<'py, PyAny>,
    path: &'a Bound<'py, PyAny>,
    offset: Option<&'a Bound<'py, PyAny>>,
    threads: Option<&'a Bound<'py, PyAny>>,
}

impl<'py> Sample<'_, 'py> {
    fn array(
        &self,
        shape: &Bound<'py, PyAny>,
        dtype: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = empty(&lengths(shape)?, dtype)?;
        self.fill(&array)?;
        Ok(array)
    }

    fn fill(&self, out: &Bound<'py, PyAny>) -> PyResult<()> {
        let memory = Memory::of(out)?;
        let offset = self.offset.map_or(Ok(0), |offset| count("offset", offset))?;
        let len: usize = memory.shape.iter().product();
        let Some(end) = offset.checked_add(len).filter(|&end| end <= 1 << 60) else {
            let expected = "at most 2**60 less the elements of the array";
            return Err(wrong_value("offset", offset, expected));
        };
        let tensor = Tensor::new(self.initializer, vec![end], self.seed, self.path)?;
        tensor.fill(&memory, &Part::From(offset), self.threads, out.py())
    }
}

/// Returns a shape, for which a number stands, too.
fn lengths(shape: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    if shape.hasattr("__index__")? {
        return Ok(vec![count("shape", shape)?]);
    }
    counts("shape", shape)
}

/// Returns a new array of NumPy.
fn empty<'py>(shape: &[usize], dtype: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = dtype.py();
    let numpy = py.import("numpy").map_err(|error| {
        let exception =
            PyImportError::new_err("this returns an array of NumPy, which cannot be imported");
        exception.set_cause(py, Some(error));
        exception
    })?;
    if dtype.eq("bfloat16")? {
        let dtype = py.import("ml_dtypes")?.getattr("bfloat16")?;
        return numpy.call_method1("empty", (shape.to_vec(), dtype));
    }
    numpy.call_method1("empty", (shape.to_vec(), dtype))
}

macro_rules! methods {
    ($Class:ident { $($constructor:tt)* }) => {
        #[pymethods]
        impl $Class {
            $($constructor)*

            /// Returns a new NumPy array of samples.
            ///
            /// shape: its shape, or its length.
            /// seed: an integer from 0 to 2**64 - 1, or 32 bytes.
            /// path: the stream's name.
            /// offset: how many samples of the stream to pass over.
            /// dtype: float32, float64, float16, or bfloat16 with ml_dtypes.
            /// threads: how many threads make a large array; None for all cores.
            ///
            /// Raises ValueError and TypeError for arguments that are not allowed, ImportError without
            /// NumPy.
            ///
            #[doc = concat!(
                ">>> sample = ", stringify!($Class), "().sample((2, 3), seed=42, path=\"noise\")\n",
                ">>> sample.shape\n(2, 3)",
            )]
            #[pyo3(
                signature = (shape, *, seed, path, offset=None, dtype=None, threads=None),
                text_signature = "($self, shape, *, seed, path, offset=0, dtype='float32', threads=None)",
            )]
            fn sample<'py>(
                &self,
                shape: &Bound<'py, PyAny>,
                seed: &Bound<'py, PyAny>,
                path: &Bound<'py, PyAny>,
                offset: Option<&Bound<'py, PyAny>>,
                dtype: Option<&Bound<'py, PyAny>>,
                threads: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let float32 = pyo3::types::PyString::new(shape.py(), "float32").into_any();
                let dtype = dtype.unwrap_or(&float32);
                Sample { initializer: &self.0, seed, path, offset, threads }.array(shape, dtype)
            }

            /// Fills an array in place with samples, in row-major order: those that sample returns. The
            /// array is as for Initializer.fill.
            ///
            #[doc = concat!(
                ">>> import numpy\n>>> noise = numpy.empty((2, 3))\n",
                ">>> ", stringify!($Class), "().fill(noise, seed=42, path=\"noise\")",
            )]
            #[pyo3(
                signature = (out, *, seed, path, offset=None, threads=None),
                text_signature = "($self, out, *, seed, path, offset=0, threads=None)",
            )]
            fn fill(
                &self,
                out: &Bound<'_, PyAny>,
                seed: &Bound<'_, PyAny>,
                path: &Bound<'_, PyAny>,
                offset: Option<&Bound<'_, PyAny>>,
                threads: Option<&Bound<'_, PyAny>>,
            ) -> PyResult<()> {
                Sample { initializer: &self.0, seed, path, offset, threads }.fill(out)
            }
        }
    };
}

/// The normal distribution.
///
/// mean: its mean.
/// std: its standard deviation.
///
/// Raises ValueError if either is not finite or std is negative.
///
/// >>> Normal(std=0.5) == Normal(0, 0.5)
/// True
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct Normal(Initializer);

methods!(Normal {
    #[new]
    #[pyo3(signature = (mean=0.0, std=1.0))]
    fn new(mean: f64, std: f64) -> PyResult<Self> {
        Initializer::normal(mean, std).map(Normal).map_err(exception)
    }
});

/// The uniform distribution on [low, high).
///
/// low: the lower bound, which is a possible value.
/// high: the upper bound, which is not.
///
/// Raises ValueError if either is not finite or low is above high.
///
/// >>> Uniform() == Uniform(0, 1)
/// True
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct Uniform(Initializer);

methods!(Uniform {
    #[new]
    #[pyo3(signature = (low=0.0, high=1.0))]
    fn new(low: f64, high: f64) -> PyResult<Self> {
        Initializer::uniform(low, high).map(Uniform).map_err(exception)
    }
});

/// The normal distribution, cut off at two bounds.
///
/// mean, std: the mean and the standard deviation before it is cut.
/// low, high: the bounds in standard deviations from the mean, as Keras and JAX have them; for bounds as
/// values, as PyTorch has them, see TruncatedNormal.absolute. Either may be infinite.
///
/// Raises ValueError if they are not an interval, or std is negative.
///
/// >>> TruncatedNormal(std=0.02) == TruncatedNormal(0, 0.02, -2, 2)
/// True
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct TruncatedNormal(Initializer);

methods!(TruncatedNormal {
    #[new]
    #[pyo3(
        signature = (mean=0.0, std=1.0, low=-2.0, high=2.0),
        text_signature = "(mean=0.0, std=1.0, low=-2.0, high=2.0)",
    )]
    fn new(mean: f64, std: f64, low: f64, high: f64) -> PyResult<Self> {
        let bounds = Bounds::Sigmas(low, high);
        Initializer::truncated_normal(mean, std, bounds).map(TruncatedNormal).map_err(exception)
    }

    /// Returns the distribution whose bounds are given as values.
    ///
    /// >>> TruncatedNormal.absolute(0, 0.5, -1, 1) == TruncatedNormal(0, 0.5, -2, 2)
    /// False
    #[staticmethod]
    fn absolute(mean: f64, std: f64, low: f64, high: f64) -> PyResult<Self> {
        let bounds = Bounds::Absolute(low, high);
        Initializer::truncated_normal(mean, std, bounds).map(TruncatedNormal).map_err(exception)
    }
});

/// Returns a new NumPy array of uint64: the words of the generator, from which float64 samples are
/// made, a word for each.
///
/// shape: its shape, or its length.
/// seed: an integer from 0 to 2**64 - 1, or 32 bytes.
/// path: the stream's name.
/// offset: how many words of the stream to pass over.
///
/// >>> bool((words(3, seed=42, path="bits", offset=1)[:2] == words(3, seed=42, path="bits")[1:]).all())
/// True
#[pyfunction]
#[pyo3(
    signature = (shape, *, seed, path, offset=None, threads=None),
    text_signature = "(shape, *, seed, path, offset=0, threads=None)",
)]
pub fn words<'py>(
    shape: &Bound<'py, PyAny>,
    seed: &Bound<'py, PyAny>,
    path: &Bound<'py, PyAny>,
    offset: Option<&Bound<'py, PyAny>>,
    threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = shape.py();
    let lengths = lengths(shape)?;
    let offset = offset.map_or(Ok(0), |offset| count("offset", offset))?;
    let stream = stream(seed, path)?;
    let array = empty(&lengths, pyo3::types::PyString::new(py, "uint64").as_any())?;
    let len: usize = lengths.iter().product();
    let from = stream
        .at((offset as u64).saturating_add(len as u64))
        .and_then(|_| stream.at(offset as u64));
    let from = from.map_err(exception)?;
    let threads = Threads::new(threads, len)?;
    let data = array.getattr("__array_interface__")?.get_item("data")?;
    let (address, _): (usize, bool) = data.extract()?;
    if len > 0 {
        #[expect(unsafe_code, reason = "the memory is known by its address")]
        // SAFETY: the array is new, of so many elements.
        let out = unsafe { core::slice::from_raw_parts_mut(address as *mut u64, len) };
        py.detach(|| threads.run(|exec: Exec| from.with(exec).words_into(out)));
    }
    Ok(array)
}
