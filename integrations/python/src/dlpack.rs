//! Arrays with `__dlpack__`, the protocol by which array libraries of Python exchange memory: PyTorch,
//! JAX and others. The structures are those of DLPack 1.0 (dlpack.h); the capsule is only looked at
//! and stays its producer's, which frees it.
#![expect(unsafe_code, reason = "the capsule has a pointer")]

use std::ffi::{c_int, c_void};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

use crate::memory::{Dtype, not_contiguous, wrong_dtype};

#[repr(C)]
struct Device {
    kind: c_int,
    id: c_int,
}

#[repr(C)]
struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device: Device,
    ndim: c_int,
    dtype: DataType,
    shape: *const i64,
    strides: *const i64,
    byte_offset: u64,
}

/// `DLManagedTensorVersioned`. `DLManagedTensor`, without a version, starts with the tensor.
#[repr(C)]
struct Versioned {
    version: [u32; 2],
    context: *mut c_void,
    deleter: *const c_void,
    flags: u64,
    tensor: Tensor,
}

const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 2;

/// The devices whose memory the CPU writes: its own, and what CUDA and ROCm have pinned.
const HOSTS: [c_int; 3] = [1, 3, 11];

/// The devices whose memory the kernels for GPUs write: CUDA's, and what it manages for both.
const GPUS: [c_int; 2] = [2, 13];

/// What an array exports.
pub struct Export<'py> {
    pub address: usize,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub owner: Bound<'py, PyCapsule>,
}

/// Whether an array is in the memory of an NVIDIA GPU, or in memory that it shares with the CPU.
pub fn is_cuda(array: &Bound<'_, PyAny>) -> bool {
    kind(array).is_some_and(|kind| GPUS.contains(&kind))
}

fn kind(array: &Bound<'_, PyAny>) -> Option<c_int> {
    array.call_method0("__dlpack_device__").ok()?.get_item(0).ok()?.extract().ok()
}

/// Returns the memory of an array on the CPU.
pub fn export<'py>(array: &Bound<'py, PyAny>) -> PyResult<Export<'py>> {
    check_device(array)?;
    refuse_jax(array)?;
    memory(array, capsule(array, None)?)
}

/// Returns the memory of an array on a GPU, which is used in the order of the array's own stream.
pub fn export_gpu<'py>(array: &Bound<'py, PyAny>) -> PyResult<Export<'py>> {
    const SAME_STREAM: c_int = -1;
    memory(array, capsule(array, Some(SAME_STREAM))?)
}

/// Refuses an array of JAX, whose capsules do not say that they are read-only.
pub fn refuse_jax(array: &Bound<'_, PyAny>) -> PyResult<()> {
    if array.get_type().module()?.to_string().starts_with("jax") {
        return Err(PyValueError::new_err(
            "array is read-only, as all arrays of JAX are; seedbed.jax makes new ones",
        ));
    }
    Ok(())
}

fn memory<'py>(array: &Bound<'py, PyAny>, owner: Bound<'py, PyCapsule>) -> PyResult<Export<'py>> {
    let (tensor, flags) = tensor(&owner)?;
    if flags & READ_ONLY != 0 {
        return Err(PyValueError::new_err("array is read-only"));
    }
    if flags & IS_COPIED != 0 {
        return Err(PyValueError::new_err("array exports a copy of its memory"));
    }
    let dtype = match (tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes) {
        (2, 16, 1) => Dtype::Float16,
        (2, 32, 1) => Dtype::Float32,
        (2, 64, 1) => Dtype::Float64,
        (4, 16, 1) => Dtype::BFloat16,
        _ => return Err(wrong_dtype(&array.getattr("dtype")?, "")),
    };
    let axes = |pointer: *const i64| {
        let rank = if pointer.is_null() { 0 } else { tensor.ndim.max(0) as usize };
        // SAFETY: the protocol has a value for each axis there, where the pointer is not null.
        (0..rank).map(|axis| unsafe { *pointer.add(axis) }).collect::<Vec<_>>()
    };
    let (shape, strides) = (axes(tensor.shape), axes(tensor.strides));
    let shape: Vec<usize> = shape.into_iter().map(|n| n.max(0) as usize).collect();
    if !tensor.strides.is_null() && !is_contiguous(&shape, &strides) {
        return Err(not_contiguous(&shape, &format!("{strides:?}"), "elements"));
    }
    let address = tensor.data as usize + tensor.byte_offset as usize;
    Ok(Export { address, dtype, shape, owner })
}

fn check_device(array: &Bound<'_, PyAny>) -> PyResult<()> {
    match kind(array).is_some_and(|kind| HOSTS.contains(&kind)) {
        true => Ok(()),
        false => Err(wrong_device(array)),
    }
}

/// Returns the exception for an array on a device that is not filled.
pub fn wrong_device(array: &Bound<'_, PyAny>) -> PyErr {
    // PyTorch has no number for some of its devices.
    let name = array.getattr("device").or_else(|_| array.call_method0("__dlpack_device__"));
    match name {
        Ok(name) => PyValueError::new_err(format!(
            "array is on the device {name}, but must be on the CPU, or on a GPU of NVIDIA with \
             __cuda_array_interface__"
        )),
        Err(error) => error,
    }
}

fn capsule<'py>(
    array: &Bound<'py, PyAny>,
    stream: Option<c_int>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let py = array.py();
    let options = PyDict::new(py);
    if let Some(stream) = stream {
        options.set_item("stream", stream)?;
    }
    options.set_item("max_version", (1, 0))?;
    let capsule = array.call_method("__dlpack__", (), Some(&options));
    let capsule = match capsule {
        // Libraries from before version 1.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => array.call_method0("__dlpack__"),
        other => other,
    };
    let refused = |error: PyErr| {
        let reason = error.value(py).to_string();
        let exception =
            PyValueError::new_err(format!("array does not export its memory: {reason}"));
        exception.set_cause(py, Some(error));
        exception
    };
    Ok(capsule.map_err(refused)?.cast_into()?)
}

fn tensor<'a>(capsule: &'a Bound<'_, PyCapsule>) -> PyResult<(&'a Tensor, u64)> {
    if capsule.is_valid_checked(Some(c"dltensor_versioned")) {
        let pointer = capsule.pointer_checked(Some(c"dltensor_versioned"))?.cast::<Versioned>();
        // SAFETY: a capsule of this name has this structure, until it is dropped; up to the flags it
        // is the same in all versions.
        let version = unsafe { (&raw const (*pointer.as_ptr()).version).read() };
        if version[0] != 1 {
            let [major, minor] = version;
            let message = format!("array exports version {major}.{minor} of DLPack, not 1");
            return Err(PyValueError::new_err(message));
        }
        // SAFETY: in version 1 all of it is as here.
        let versioned = unsafe { pointer.as_ref() };
        return Ok((&versioned.tensor, versioned.flags));
    }
    let pointer = capsule.pointer_checked(Some(c"dltensor"))?.cast::<Tensor>();
    // SAFETY: a capsule of this name starts with this structure, until it is dropped.
    Ok((unsafe { pointer.as_ref() }, 0))
}

/// Whether strides, in elements, are those of memory in row-major order.
pub fn is_contiguous(shape: &[usize], strides: &[i64]) -> bool {
    let mut expected = 1;
    shape.contains(&0)
        || shape.iter().zip(strides).rev().all(|(&n, &stride)| {
            let fits = n == 1 || stride == expected;
            expected *= n as i64;
            fits
        })
}
