//! Fills of memory on NVIDIA GPUs, in place, by kernels that give the values of the CPU.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use seedbed::{Exec, Stream, Values};
use seedbed_cuda::cudarc::driver::{CudaContext, CudaStream};
use seedbed_cuda::{Borrowed, DeviceElement, Error, Fills, keep_current};

use crate::argument::{counts, exception};
use crate::fill::{Part, Tensor};
use crate::initializer::{Initializer, element, pieces};
use crate::memory::Memory;
use crate::threads::Threads;

/// Which device has memory, and the stream whose order fills of it are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The device's number.
    pub device: usize,
    /// The stream's handle. 0 and 1 are the legacy default stream.
    pub stream: usize,
}

/// Elements of a tensor.
pub enum Elements {
    /// A rectangle.
    Block(Vec<Range<usize>>),
    /// Those from this number on.
    From(usize),
}

/// Elements of a tensor, and where they are neighbours in the memory of a GPU.
pub struct Run<T: DeviceElement> {
    pub values: Values<T>,
    pub stream: Stream,
    pub elements: Elements,
    pub address: usize,
    pub len: usize,
    pub memory: Option<Borrowed<T>>,
}

/// A run of elements of any type.
pub trait Fill: Send {
    /// Adds the fill to others of a stream. What is not of independent elements is made and copied here.
    ///
    /// # Safety
    ///
    /// As of [`Borrowed::new`].
    #[expect(unsafe_code, reason = "the memory is known by its address")]
    unsafe fn add<'a>(&'a mut self, fills: &mut Fills<'a>, exec: Exec) -> Result<(), Error>;
}

impl<T: DeviceElement> Fill for Run<T> {
    #[expect(unsafe_code, reason = "the memory is known by its address")]
    unsafe fn add<'a>(&'a mut self, fills: &mut Fills<'a>, exec: Exec) -> Result<(), Error> {
        // SAFETY: the caller's promise.
        let memory = unsafe { Borrowed::new(fills.stream(), self.address as u64, self.len) };
        let memory = self.memory.insert(memory);
        let (values, stream) = (&self.values, &self.stream);
        match (values.distribution(), &self.elements) {
            (Some(distribution), Elements::Block(block)) => {
                fills.add_block(memory, values.shape(), block, *distribution, stream)
            }
            (Some(distribution), Elements::From(offset)) => {
                fills.add(memory, *distribution, &stream.at(*offset as u64)?)
            }
            (None, elements) => {
                let values = values.clone().with(exec);
                let mut made = Vec::new();
                let room = made.try_reserve_exact(self.len);
                room.map_err(|_| seedbed::Error::Allocation { elements: self.len })?;
                made.resize(self.len, T::default());
                match elements {
                    Elements::Block(block) => values.fill_block(block, &mut made, stream),
                    Elements::From(offset) => values.fill_range(*offset, &mut made, stream),
                }?;
                fills.copy(memory, &made)
            }
        }
    }
}

/// Fills runs of memory, which the stream has done later: nothing waits for it here.
///
/// # Safety
///
/// As of [`Borrowed::new`], for each run.
#[expect(unsafe_code, reason = "the memory is known by its address")]
pub unsafe fn launch(
    place: Place,
    mut runs: Vec<Box<dyn Fill>>,
    threads: &Threads,
    py: Python<'_>,
) -> Result<(), Error> {
    py.detach(|| {
        keep_current(|| {
            let stream = stream(place)?;
            let mut fills = Fills::new(&stream);
            threads.run(|exec| {
                // SAFETY: the caller's promise.
                runs.iter_mut().try_for_each(|run| unsafe { run.add(&mut fills, exec) })
            })?;
            fills.launch()
        })
    })
}

/// Returns a stream of another library as cudarc's.
fn stream(place: Place) -> Result<Arc<CudaStream>, Error> {
    let context = context(place.device)?;
    #[expect(unsafe_code, reason = "the stream is known by its handle")]
    // SAFETY: the stream is one of the device, and stays until the fill has been launched.
    Ok(unsafe { context.wrap_borrowed_stream(place.stream as *mut _) })
}

/// Returns the context of a device, which is kept.
fn context(device: usize) -> Result<Arc<CudaContext>, Error> {
    static CONTEXTS: Mutex<BTreeMap<usize, Arc<CudaContext>>> = Mutex::new(BTreeMap::new());
    let mut contexts = CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(context) = contexts.get(&device) {
        return Ok(Arc::clone(context));
    }
    let context = seedbed_cuda::device(device)?;
    #[expect(unsafe_code, reason = "of the order of streams")]
    // SAFETY: memory that is allocated in this context is used and freed in the order of one stream.
    unsafe {
        context.disable_event_tracking();
    }
    contexts.insert(device, Arc::clone(&context));
    Ok(context)
}

/// Converts an error to an exception.
pub fn refused(error: Error) -> PyErr {
    match error {
        Error::Seedbed(error) => exception(error),
        Error::OutOfMemory { .. } => PyMemoryError::new_err(error.to_string()),
        Error::NotOfDevice { .. } | Error::Captured { .. } => {
            PyValueError::new_err(error.to_string())
        }
        _ => PyRuntimeError::new_err(error.to_string()),
    }
}

/// Loads the kernels on a GPU, as the first fill does otherwise, and returns None; or why its driver or
/// the GPU cannot run them.
#[pyfunction]
pub fn _refusal(device: usize, py: Python<'_>) -> PyResult<Option<String>> {
    let prepared = py.detach(|| keep_current(|| seedbed_cuda::prepare(&context(device)?)));
    match prepared {
        Ok(()) => Ok(None),
        Err(
            error @ (Error::NoDriver
            | Error::NoDevice { .. }
            | Error::OldDriver { .. }
            | Error::OldDevice { .. }),
        ) => Ok(Some(error.to_string())),
        Err(error) => Err(refused(error)),
    }
}

/// Fills memory of a GPU in as few launches as there are kinds of distributions and types, for adapters:
/// nothing checks the addresses, the stream and the device. The stream has filled the memory later.
///
/// device: the device's number.
/// stream: the handle of a stream of the device.
/// fills: tuples of an Initializer, and of address, dtype, memory_shape, pieces, seed, path and shape, as
/// for Initializer._fill_pieces; each piece is a run of neighbours in the memory. Or an offset in place of
/// the pieces, as for Initializer._fill_range.
#[pyfunction]
pub fn _fill_gpu(
    device: usize,
    stream: usize,
    fills: Vec<Bound<'_, PyAny>>,
    py: Python<'_>,
) -> PyResult<()> {
    type Arguments<'py> = (
        Bound<'py, Initializer>,
        usize,
        String,
        Bound<'py, PyAny>,
        Bound<'py, PyAny>,
        Bound<'py, PyAny>,
        Bound<'py, PyAny>,
        Bound<'py, PyAny>,
    );
    let place = Place { device, stream };
    let mut runs = Vec::new();
    for fill in fills {
        let (initializer, address, dtype, memory_shape, part, seed, path, shape): Arguments<'_> =
            fill.extract()?;
        let memory_shape = counts("memory_shape", &memory_shape)?;
        let memory = Memory::at(address, element(&dtype)?, memory_shape)?;
        let initializer = &initializer.get().0;
        let tensor = Tensor::new(initializer, counts("shape", &shape)?, &seed, &path)?;
        match part.extract::<usize>() {
            Ok(offset) => tensor.runs(&memory, &Part::From(offset), &mut runs)?,
            Err(_) => tensor.runs(&memory, &Part::Pieces(&pieces(&part)?), &mut runs)?,
        }
    }
    let threads = Threads::new(None, 0)?;
    #[expect(unsafe_code, reason = "the memory is known by its address")]
    // SAFETY: the caller's promise.
    unsafe { launch(place, runs, &threads, py) }.map_err(refused)
}
