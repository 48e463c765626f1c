//! The memory of an array: where it is, what its elements are, and every check before it is written.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyDict, PyType};

use crate::argument::{type_of, wrong_value};
use crate::{block, cuda, dlpack, gpu};

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    Float16,
    BFloat16,
    Float32,
    Float64,
}

impl Dtype {
    /// What messages say is allowed.
    pub const ALLOWED: &str = "float32, float64, float16 or bfloat16";

    /// Reads a name, as of `numpy.dtype.name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "float16" => Dtype::Float16,
            "bfloat16" => Dtype::BFloat16,
            "float32" => Dtype::Float32,
            "float64" => Dtype::Float64,
            _ => return None,
        })
    }

    /// Returns the bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Dtype::Float16 | Dtype::BFloat16 => 2,
            Dtype::Float32 => 4,
            Dtype::Float64 => 8,
        }
    }
}

/// Memory in row-major order.
pub struct Memory<'py> {
    address: usize,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Where it is, if it is a GPU's.
    pub gpu: Option<gpu::Place>,
    /// What keeps the memory besides the array.
    _owner: Option<Bound<'py, PyCapsule>>,
}

impl<'py> Memory<'py> {
    /// Returns memory at an address of which only the caller knows that it is there.
    pub fn at(address: usize, dtype: Dtype, shape: Vec<usize>) -> PyResult<Self> {
        Memory { address, dtype, shape, gpu: None, _owner: None }.checked("address")
    }

    /// Returns memory of a GPU.
    pub fn of_gpu(
        address: usize,
        dtype: Dtype,
        shape: Vec<usize>,
        place: gpu::Place,
        owner: Option<Bound<'py, PyCapsule>>,
    ) -> Self {
        Memory { address, dtype, shape, gpu: Some(place), _owner: owner }
    }

    /// Returns the memory of an array: of NumPy, of a GPU as `__cuda_array_interface__` has it, or of what has
    /// `__dlpack__` and is on the CPU.
    pub fn of(array: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Some(class) = ndarray(array.py())?
            && array.is_instance(class)?
        {
            return interface(array)?.checked("the memory of array");
        }
        let exports = array.hasattr("__dlpack__")? && array.hasattr("__dlpack_device__")?;
        if exports && dlpack::is_cuda(array) || !exports && array.hasattr(cuda::INTERFACE)? {
            return cuda::memory(array)?.checked("the memory of array");
        }
        if exports {
            let dlpack::Export { address, dtype, shape, owner } = dlpack::export(array)?;
            return Memory { address, dtype, shape, gpu: None, _owner: Some(owner) }
                .checked("the memory of array");
        }
        let class = type_of(array);
        Err(PyTypeError::new_err(format!(
            "array is of type {class}, but must be a NumPy array or another with __dlpack__ or \
             __cuda_array_interface__"
        )))
    }

    /// Returns the address of the first element.
    pub fn address(&self) -> usize {
        self.address
    }

    /// Checks that the address can be that of so many elements.
    fn checked(self, name: &str) -> PyResult<Self> {
        let size = self.dtype.size();
        let bytes = block::elements(&self.shape).and_then(|elements| elements.checked_mul(size));
        let Some(bytes) = bytes.filter(|&bytes| bytes <= isize::MAX as usize) else {
            return Err(wrong_value("shape of the memory", format!("{:?}", self.shape), "smaller"));
        };
        if bytes > 0 && self.address == 0 {
            return Err(wrong_value(name, "null", "an address"));
        }
        if bytes > 0 && !self.address.is_multiple_of(size) {
            let address = format!("{:#x}", self.address);
            return Err(wrong_value(name, address, &format!("aligned to {size} bytes")));
        }
        Ok(self)
    }
}

/// Returns NumPy's class of arrays, if NumPy has been imported: there is no array before.
fn ndarray(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyType>>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if let Some(class) = CLASS.get(py) {
        return Ok(Some(class.bind(py)));
    }
    let modules = py.import("sys")?.getattr("modules")?;
    let Ok(class) = modules.call_method1("get", ("numpy",))?.getattr("ndarray") else {
        return Ok(None);
    };
    let class = class.cast_into::<PyType>()?.unbind();
    Ok(Some(CLASS.get_or_init(py, || class).bind(py)))
}

fn interface<'py>(array: &Bound<'py, PyAny>) -> PyResult<Memory<'py>> {
    let interface = array.getattr("__array_interface__")?.cast_into::<PyDict>()?;
    let item = |key| interface.as_any().get_item(key);
    let typestr: String = item("typestr")?.extract()?;
    let dtype = numpy_dtype(array, &typestr)?;
    let (address, read_only): (usize, bool) = item("data")?.extract()?;
    if read_only {
        return Err(PyValueError::new_err("array is read-only"));
    }
    let shape: Vec<usize> = item("shape")?.extract()?;
    let strides = item("strides")?;
    if !strides.is_none() {
        return Err(not_contiguous(&shape, &strides, "bytes"));
    }
    Ok(Memory { address, dtype, shape, gpu: None, _owner: None })
}

/// Reads the type of elements of an array by its `typestr`, and by its `dtype` what has no such name.
pub fn numpy_dtype(array: &Bound<'_, PyAny>, typestr: &str) -> PyResult<Dtype> {
    let (order, kind) = typestr.split_at(1);
    let native = order == if cfg!(target_endian = "little") { "<" } else { ">" };
    match kind {
        "f4" if native => return Ok(Dtype::Float32),
        "f8" if native => return Ok(Dtype::Float64),
        "f2" if native => return Ok(Dtype::Float16),
        _ => {}
    }
    let dtype = array.getattr("dtype")?;
    // Of ml_dtypes, to NumPy two bytes of no meaning.
    if kind == "V2" && dtype.getattr("name")?.eq("bfloat16")? {
        return Ok(Dtype::BFloat16);
    }
    let foreign = !native && ["f2", "f4", "f8"].contains(&kind);
    Err(wrong_dtype(&dtype, if foreign { " of another byte order" } else { "" }))
}

/// Returns the exception for an array of other elements.
pub fn wrong_dtype(dtype: &Bound<'_, PyAny>, remark: &str) -> PyErr {
    let allowed = Dtype::ALLOWED;
    PyTypeError::new_err(format!("array has dtype {dtype}{remark}, but must have {allowed}"))
}

/// Returns the exception for an array with gaps or in another order.
pub fn not_contiguous(shape: &[usize], strides: &dyn std::fmt::Display, unit: &str) -> PyErr {
    PyValueError::new_err(format!(
        "array is not C-contiguous: its shape is {shape:?} and its strides are {strides} {unit}"
    ))
}
