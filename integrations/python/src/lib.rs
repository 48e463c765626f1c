//! seedbed for Python. The doc comments of the module and its classes and functions are written for
//! Python users: `help()` shows them. `seedbed.pyi` has the types.

mod array;
mod initializer;
mod rules;
mod value;

use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};
use seedbed::{Error, Seed};

/// Fills NumPy arrays in place with the weights of neural networks, in parallel.
///
/// A value depends only on the seed, the path, the shape, the initializer and its position: not on the
/// number of threads, the machine, or what was filled before.
///
///     import numpy, seedbed
///     weight = numpy.empty((256, 784), dtype=numpy.float32)
///     seedbed.Initializer("torch.kaiming_normal_").fill(weight, seed=42, path="fc.weight")
///
/// A PyTorch tensor on the CPU is filled through `tensor.detach().numpy()`, a bfloat16 tensor through
/// `tensor.detach().view(torch.int16).numpy()` and `bfloat16=True`.
#[pymodule(name = "seedbed")]
mod module {
    #[pymodule_export]
    use super::initializer::Initializer;
    #[pymodule_export]
    use super::names;
    #[pymodule_export]
    use super::rules::Rules;
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Returns the names of all initializers, such as "torch.kaiming_normal_" and "keras.he_normal".
#[pyfunction]
fn names() -> Vec<String> {
    seedbed::registry::names().collect()
}

fn to_py(error: Error) -> PyErr {
    match error {
        Error::Allocation { .. } => PyMemoryError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// Reads a seed.
fn seed(value: &Bound<'_, PyAny>) -> PyResult<Seed> {
    let expected = "an integer from 0 to 2**64 - 1 or 32 bytes";
    if let Ok(bytes) = value.cast::<PyBytes>() {
        let bytes = bytes.as_bytes();
        return <[u8; 32]>::try_from(bytes).map(Seed::from).map_err(|_| {
            let length = bytes.len();
            PyValueError::new_err(format!("seed has {length} bytes, but must be {expected}"))
        });
    }
    // NumPy's integers are not of type `int`, but have `__index__`.
    let index = value.call_method0("__index__").ok();
    let Some(number) = index.and_then(|index| index.cast_into::<PyInt>().ok()) else {
        let class = type_of(value);
        let message = format!("seed is of type {class}, but must be {expected}");
        return Err(PyTypeError::new_err(message));
    };
    let out_of_range =
        |_| PyValueError::new_err(format!("seed is {number}, but must be {expected}"));
    number.extract::<u64>().map(Seed::from).map_err(out_of_range)
}

/// Returns the name of an object's type, for messages.
fn type_of(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or("?".into(), |name| name.to_string())
}
