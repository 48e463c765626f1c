//! Arrays in the memory of NVIDIA GPUs: those with `__cuda_array_interface__`, of version 2 or 3, as CuPy and
//! Numba have them, and tensors of PyTorch.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::dlpack;
use crate::gpu::{self, Place};
use crate::memory::{Memory, not_contiguous, numpy_dtype};

/// The attribute of arrays.
pub const INTERFACE: &str = "__cuda_array_interface__";

/// The stream that is in order with the streams of most libraries, which have waited for it when it goes on,
/// and wait for it.
const LEGACY: usize = 1;

/// Returns the memory of an array on a GPU, and the stream that the array's users use.
pub fn memory<'py>(array: &Bound<'py, PyAny>) -> PyResult<Memory<'py>> {
    dlpack::refuse_jax(array)?;
    match torch_stream(array)? {
        Some(stream) => {
            let dlpack::Export { address, dtype, shape, owner } = dlpack::export_gpu(array)?;
            Ok(Memory::of_gpu(address, dtype, shape, place(address, stream)?, Some(owner)))
        }
        None => interface(array),
    }
}

/// Returns the place of memory, by its address. An empty array may have none, and nothing is filled.
fn place(address: usize, stream: usize) -> PyResult<Place> {
    let device = match address {
        0 => 0,
        _ => seedbed_cuda::device_of(address as u64).map_err(gpu::refused)?,
    };
    Ok(Place { device, stream })
}

/// Returns PyTorch's current stream, if the array is PyTorch's. Its interface does not tell the stream, and
/// has no bfloat16 in all versions.
fn torch_stream(array: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let modules = array.py().import("sys")?.getattr("modules")?;
    let torch = modules.call_method1("get", ("torch",))?;
    if torch.is_none() || !array.is_instance(&torch.getattr("Tensor")?)? {
        return Ok(None);
    }
    let device = array.getattr("device")?;
    let stream = torch.getattr("cuda")?.call_method1("current_stream", (device,))?;
    Ok(Some(stream.getattr("cuda_stream")?.extract()?))
}

fn interface<'py>(array: &Bound<'py, PyAny>) -> PyResult<Memory<'py>> {
    let interface = array.getattr_opt(INTERFACE)?.ok_or_else(|| dlpack::wrong_device(array))?;
    let interface = interface.cast_into::<PyDict>()?;
    let item = |key| {
        let missing = || PyValueError::new_err(format!("the {INTERFACE} of array has no {key:?}"));
        interface.get_item(key)?.ok_or_else(missing)
    };
    let optional = |key| PyResult::Ok(interface.get_item(key)?.filter(|value| !value.is_none()));
    let typestr: String = item("typestr")?.extract()?;
    let dtype = numpy_dtype(array, &typestr)?;
    let (address, read_only): (usize, bool) = item("data")?.extract()?;
    if read_only {
        return Err(PyValueError::new_err("array is read-only"));
    }
    if optional("mask")?.is_some() {
        return Err(PyValueError::new_err("array has a mask, but must have none"));
    }
    let shape: Vec<usize> = item("shape")?.extract()?;
    if let Some(strides) = optional("strides")? {
        let size = dtype.size() as i64;
        let bytes: Vec<i64> = strides.extract()?;
        let elements: Vec<i64> = bytes.iter().map(|bytes| bytes / size).collect();
        if !dlpack::is_contiguous(&shape, &elements) {
            return Err(not_contiguous(&shape, &strides, "bytes"));
        }
    }
    let stream = optional("stream")?.map_or(Ok(LEGACY), |stream| stream.extract())?;
    if stream == 0 {
        let message =
            format!("the {INTERFACE} of array has the stream 0, which has no meaning there");
        return Err(PyValueError::new_err(message));
    }
    Ok(Memory::of_gpu(address, dtype, shape, place(address, stream)?, None))
}
