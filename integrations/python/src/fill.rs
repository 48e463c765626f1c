//! Checks a request to fill memory, and fills it while other threads of Python run.

use half::{bf16, f16};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use seedbed::{Element, Error, Initializer, Stream};
use seedbed_cuda::DeviceElement;

use crate::argument::{counts, exception, path, stream, wrong_value};
use crate::block::{self, Piece};
use crate::gpu;
use crate::memory::{Dtype, Memory};
use crate::pieces::{self, Address, Target};
use crate::threads::Threads;

/// A tensor of which a part is filled.
pub struct Tensor<'a> {
    initializer: &'a Initializer,
    shape: Vec<usize>,
    path: String,
    stream: Stream,
}

/// What is filled.
pub enum Part<'a> {
    /// Rectangles of the tensor, in memory with as many axes.
    Pieces(&'a [Piece]),
    /// The elements from this number on, in memory with any axes.
    From(usize),
}

impl<'a> Tensor<'a> {
    pub fn new(
        initializer: &'a Initializer,
        shape: Vec<usize>,
        seed: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let (path, stream) = (path(name)?, stream(seed, name)?);
        Ok(Tensor { initializer, shape, path, stream })
    }

    /// Fills a part of the tensor, after all checks.
    pub fn fill(
        &self,
        memory: &Memory<'_>,
        part: &Part<'_>,
        threads: Option<&Bound<'_, PyAny>>,
        py: Python<'_>,
    ) -> PyResult<()> {
        let elements = self.check(memory, part)?;
        let threads = Threads::new(threads, elements)?;
        if let Some(place) = memory.gpu {
            let mut runs = Vec::new();
            self.runs(memory, part, &mut runs)?;
            #[expect(unsafe_code, reason = "the memory is known by its address")]
            // SAFETY: the array has the memory, on the device; that nothing else uses it is the caller's
            // promise.
            return unsafe { gpu::launch(place, runs, &threads, py) }.map_err(|e| self.failed(e));
        }
        match memory.dtype {
            Dtype::Float16 => self.typed::<f16>(memory, part, &threads, py),
            Dtype::BFloat16 => self.typed::<bf16>(memory, part, &threads, py),
            Dtype::Float32 => self.typed::<f32>(memory, part, &threads, py),
            Dtype::Float64 => self.typed::<f64>(memory, part, &threads, py),
        }
    }

    /// Checks that a part is in the tensor and in the memory, and returns the number of its elements.
    fn check(&self, memory: &Memory<'_>, part: &Part<'_>) -> PyResult<usize> {
        let all = block::elements(&self.shape).filter(|&all| self.stream.at(all as u64).is_ok());
        let Some(all) = all else {
            return Err(wrong_value(
                "shape",
                format!("{:?}", self.shape),
                "of at most 2**60 elements",
            ));
        };
        match *part {
            Part::From(offset) => {
                let len = memory.shape.iter().product();
                inside("offset", &[offset], &[len], "the tensor's elements", &[all])?;
                Ok(len)
            }
            Part::Pieces(pieces) => {
                for Piece { start, at, size } in pieces {
                    inside("start", start, size, "shape", &self.shape)?;
                    inside("place", at, size, "the memory's shape", &memory.shape)?;
                }
                Ok(pieces.iter().map(|piece| piece.size.iter().product::<usize>()).sum())
            }
        }
    }

    fn typed<T: Element>(
        &self,
        memory: &Memory<'_>,
        part: &Part<'_>,
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
        let fill = |exec| {
            #[expect(unsafe_code, reason = "the memory is known by its address")]
            // SAFETY: the memory is aligned and has the elements of its shape, as its array says, which
            // is kept during the call; that nothing else uses it is the caller's promise.
            unsafe {
                match *part {
                    Part::Pieces(pieces) => target.fill(pieces, exec),
                    Part::From(offset) => target.fill_from(offset, exec),
                }
            }
        };
        py.detach(|| threads.run(fill)).map_err(|error| self.refused(error))
    }

    /// Adds the runs of neighbours in a GPU's memory that make a part of the tensor, after all checks.
    pub fn runs(
        &self,
        memory: &Memory<'_>,
        part: &Part<'_>,
        runs: &mut Vec<Box<dyn gpu::Fill>>,
    ) -> PyResult<()> {
        self.check(memory, part)?;
        match memory.dtype {
            Dtype::Float16 => self.typed_runs::<f16>(memory, part, runs),
            Dtype::BFloat16 => self.typed_runs::<bf16>(memory, part, runs),
            Dtype::Float32 => self.typed_runs::<f32>(memory, part, runs),
            Dtype::Float64 => self.typed_runs::<f64>(memory, part, runs),
        }
    }

    fn typed_runs<T: DeviceElement>(
        &self,
        memory: &Memory<'_>,
        part: &Part<'_>,
        runs: &mut Vec<Box<dyn gpu::Fill>>,
    ) -> PyResult<()> {
        let values = self.initializer.for_shape::<T>(&self.shape).map_err(|e| self.refused(e))?;
        let mut add = |elements, at, len| {
            if len > 0 {
                let address = memory.address() + at * memory.dtype.size();
                let (values, stream) = (values.clone(), self.stream);
                runs.push(Box::new(gpu::Run {
                    values,
                    stream,
                    elements,
                    address,
                    len,
                    memory: None,
                }));
            }
        };
        match *part {
            Part::From(offset) => {
                add(gpu::Elements::From(offset), 0, memory.shape.iter().product());
            }
            Part::Pieces(pieces) => {
                for Piece { start, at, size } in pieces {
                    let len = size.iter().product();
                    if block::run(&memory.shape, size) != len {
                        return Err(PyValueError::new_err(format!(
                            "a piece has the size {size:?}, but in the memory of a GPU of shape {:?} its \
                             elements must be neighbours",
                            memory.shape
                        )));
                    }
                    let block = gpu::Elements::Block(pieces::ranges(start, size));
                    add(block, block::place(&memory.shape, at), len);
                }
            }
        }
        Ok(())
    }

    fn failed(&self, error: seedbed_cuda::Error) -> PyErr {
        match error {
            seedbed_cuda::Error::Seedbed(error) => self.refused(error),
            error => gpu::refused(error),
        }
    }

    fn refused(&self, error: Error) -> PyErr {
        match error {
            Error::Allocation { .. } => exception(error),
            error => PyValueError::new_err(format!("the tensor `{}`: {error}", self.path)),
        }
    }
}

/// Whether a part of the tensor costs its own elements only, whatever the rest is.
pub fn is_independent(initializer: &Initializer) -> bool {
    use Initializer::{DeltaOrthogonal, Orthogonal, Sparse};
    !matches!(initializer, Orthogonal { .. } | DeltaOrthogonal { .. } | Sparse { .. })
}

/// Checks that a rectangle is in a shape.
fn inside(
    name: &str,
    start: &[usize],
    size: &[usize],
    whole: &str,
    shape: &[usize],
) -> PyResult<()> {
    let end = |(&start, &size): (&usize, &usize)| start.checked_add(size);
    let mut axes = shape.iter().zip(start.iter().zip(size));
    if start.len() == shape.len()
        && size.len() == shape.len()
        && axes.all(|(&n, axis)| end(axis).is_some_and(|end| end <= n))
    {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "{name} is {start:?} and the size {size:?}, which is not within {whole} {shape:?}"
    )))
}

/// The arguments of every `fill` besides the array.
pub struct Request<'a, 'py> {
    pub seed: &'a Bound<'py, PyAny>,
    pub path: &'a Bound<'py, PyAny>,
    pub shape: Option<&'a Bound<'py, PyAny>>,
    pub start: Option<&'a Bound<'py, PyAny>>,
    pub threads: Option<&'a Bound<'py, PyAny>>,
}

impl<'py> Request<'_, 'py> {
    /// Fills an array with a whole tensor, or with the part of a tensor of `shape` that begins at `start`.
    pub fn fill(&self, array: &Bound<'py, PyAny>, initializer: &Initializer) -> PyResult<()> {
        let memory = Memory::of(array)?;
        let size = memory.shape.clone();
        let (shape, start) = self.shape_and_start(&size)?;
        let tensor = Tensor::new(initializer, shape, self.seed, self.path)?;
        let piece = Piece { start, at: vec![0; size.len()], size };
        tensor.fill(&memory, &Part::Pieces(&[piece]), self.threads, array.py())
    }

    fn shape_and_start(&self, size: &[usize]) -> PyResult<(Vec<usize>, Vec<usize>)> {
        let shape = self.shape.map(|shape| counts("shape", shape)).transpose()?;
        let start = self.start.map(|start| counts("start", start)).transpose()?;
        let (shape, start) = match (shape, start) {
            (None, None) => (size.to_vec(), vec![0; size.len()]),
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
        Ok((shape, start))
    }
}
