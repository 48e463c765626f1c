//! Checks a request to fill memory, and fills it while other threads of Python run.

use half::{bf16, f16};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use seedbed::{Element, Error, Initializer, Stream};

use crate::argument::{counts, exception, path, stream, wrong_value};
use crate::block::{self, Piece};
use crate::memory::{Dtype, Memory};
use crate::pieces::{Address, Target};
use crate::threads::Threads;

/// A tensor of which a part is filled.
pub struct Tensor<'a> {
    initializer: &'a Initializer,
    shape: Vec<usize>,
    path: String,
    stream: Stream,
}

impl<'a> Tensor<'a> {
    pub fn new(
        initializer: &'a Initializer,
        shape: Vec<usize>,
        seed: &Bound<'_, PyAny>,
        path_value: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let (path, stream) = (path(path_value)?, stream(seed, path_value)?);
        Ok(Tensor { initializer, shape, path, stream })
    }

    /// Fills memory with the elements from `offset` on, in row-major order.
    pub fn fill_range(
        &self,
        memory: &Memory<'_>,
        offset: usize,
        threads: Option<&Bound<'_, PyAny>>,
        py: Python<'_>,
    ) -> PyResult<()> {
        let len = memory.shape.iter().product();
        let all = self.elements()?;
        inside("the elements of shape", &[all], "offset", &[offset], &[len])?;
        let threads = Threads::new(threads, len)?;
        match memory.dtype {
            Dtype::Float16 => self.typed_range::<f16>(memory, offset, &threads, py),
            Dtype::BFloat16 => self.typed_range::<bf16>(memory, offset, &threads, py),
            Dtype::Float32 => self.typed_range::<f32>(memory, offset, &threads, py),
            Dtype::Float64 => self.typed_range::<f64>(memory, offset, &threads, py),
        }
    }

    fn typed_range<T: Element>(
        &self,
        memory: &Memory<'_>,
        offset: usize,
        threads: &Threads,
        py: Python<'_>,
    ) -> PyResult<()> {
        let values = self.initializer.for_shape::<T>(&self.shape).map_err(|e| self.refused(e))?;
        let len = memory.shape.iter().product();
        if len == 0 {
            return Ok(());
        }
        #[expect(unsafe_code, reason = "the memory is known by its address")]
        // SAFETY: as in `typed`. Every pattern of bits is an element, so that what the memory holds does
        // not matter.
        let out = unsafe { core::slice::from_raw_parts_mut(memory.address() as *mut T, len) };
        let fill = |exec| values.with(exec).fill_range(offset, out, &self.stream);
        py.detach(|| threads.run(fill)).map_err(|error| self.refused(error))
    }

    /// Returns the number of the tensor's elements, all of which are in its stream.
    fn elements(&self) -> PyResult<usize> {
        let all = block::elements(&self.shape).filter(|&all| self.stream.at(all as u64).is_ok());
        let shape = || format!("{:?}", self.shape);
        all.ok_or_else(|| wrong_value("shape", shape(), "of at most 2**60 elements"))
    }

    /// Fills pieces of memory.
    pub fn fill_pieces(
        &self,
        memory: &Memory<'_>,
        pieces: &[Piece],
        threads: Option<&Bound<'_, PyAny>>,
        py: Python<'_>,
    ) -> PyResult<()> {
        self.elements()?;
        for piece in pieces {
            inside("shape", &self.shape, "start", &piece.start, &piece.size)?;
            inside("the memory's shape", &memory.shape, "place", &piece.at, &piece.size)?;
        }
        let elements = pieces.iter().map(|piece| piece.size.iter().product::<usize>()).sum();
        let threads = Threads::new(threads, elements)?;
        match memory.dtype {
            Dtype::Float16 => self.typed::<f16>(memory, pieces, &threads, py),
            Dtype::BFloat16 => self.typed::<bf16>(memory, pieces, &threads, py),
            Dtype::Float32 => self.typed::<f32>(memory, pieces, &threads, py),
            Dtype::Float64 => self.typed::<f64>(memory, pieces, &threads, py),
        }
    }

    fn typed<T: Element>(
        &self,
        memory: &Memory<'_>,
        pieces: &[Piece],
        threads: &Threads,
        py: Python<'_>,
    ) -> PyResult<()> {
        let values = self.initializer.for_shape::<T>(&self.shape).map_err(|e| self.refused(e))?;
        let target = Target {
            values: &values,
            stream: &self.stream,
            independent: is_independent(self.initializer),
            memory: Address(memory.address() as *mut _),
            shape: &memory.shape,
        };
        #[expect(unsafe_code, reason = "the memory is known by its address")]
        // SAFETY: the memory is aligned and has the elements of its shape, as its array says, which is
        // kept during the call; that nothing else uses it is the caller's promise.
        let filled = py.detach(|| threads.run(|exec| unsafe { target.fill(pieces, exec) }));
        filled.map_err(|error| self.refused(error))
    }

    fn refused(&self, error: Error) -> PyErr {
        match error {
            Error::Allocation { .. } => exception(error),
            error => PyValueError::new_err(format!("the tensor `{}`: {error}", self.path)),
        }
    }
}

/// Whether a part of the tensor costs its own elements only, whatever the rest is.
fn is_independent(initializer: &Initializer) -> bool {
    use Initializer::{DeltaOrthogonal, Orthogonal, Sparse};
    !matches!(initializer, Orthogonal { .. } | DeltaOrthogonal { .. } | Sparse { .. })
}

/// Checks that a rectangle is in a shape.
fn inside(
    name: &str,
    shape: &[usize],
    what: &str,
    start: &[usize],
    size: &[usize],
) -> PyResult<()> {
    let within = |((&n, &start), &size): ((&usize, &usize), &usize)| {
        start.checked_add(size).is_some_and(|end| end <= n)
    };
    if start.len() == shape.len()
        && size.len() == shape.len()
        && shape.iter().zip(start).zip(size).all(within)
    {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "{what} is {start:?} and the size {size:?}, which is not within {name} {shape:?}"
    )))
}

/// Fills an array with a whole tensor, or with the part of a tensor of `shape` that begins at `start`.
pub struct Request<'a, 'py> {
    pub seed: &'a Bound<'py, PyAny>,
    pub path: &'a Bound<'py, PyAny>,
    pub shape: Option<&'a Bound<'py, PyAny>>,
    pub start: Option<&'a Bound<'py, PyAny>>,
    pub threads: Option<&'a Bound<'py, PyAny>>,
}

impl<'py> Request<'_, 'py> {
    /// Fills the array.
    pub fn fill(&self, array: &Bound<'py, PyAny>, initializer: &Initializer) -> PyResult<()> {
        let memory = Memory::of(array)?;
        let size = memory.shape.clone();
        let shape = self.shape.map(|shape| counts("shape", shape)).transpose()?;
        let start = self.start.map(|start| counts("start", start)).transpose()?;
        let (shape, start) = match (shape, start) {
            (None, None) => (size.clone(), vec![0; size.len()]),
            (Some(shape), None) if shape == size => (shape, vec![0; size.len()]),
            (Some(shape), None) => {
                return Err(PyValueError::new_err(format!(
                    "start is None, but must be given, as shape is {shape:?} and the array's {size:?}"
                )));
            }
            (None, Some(start)) => {
                return Err(PyValueError::new_err(format!(
                    "shape is None, but must be given, as start is {start:?}"
                )));
            }
            (Some(shape), Some(start)) => (shape, start),
        };
        for (name, given) in [("shape", &shape), ("start", &start)] {
            if given.len() != size.len() {
                let expected = format!("of {} axes, as the array is", size.len());
                return Err(wrong_value(name, format!("{given:?}"), &expected));
            }
        }
        let piece = Piece { start, at: vec![0; size.len()], size };
        let tensor = Tensor::new(initializer, shape, self.seed, self.path)?;
        tensor.fill_pieces(&memory, &[piece], self.threads, array.py())
    }
}
