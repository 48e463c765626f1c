//! seedbed for Python. What users read is in the doc comments of the module, its classes and functions,
//! which `help()` shows, and in `seedbed.pyi`.

mod array;
mod initializer;
mod rules;

use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};
use seedbed::{Error, Seed};

/// Fills NumPy arrays in place with the weights of neural networks, in parallel.
///
/// A value depends on the seed, the path, the shape, the initializer and its own place, and on nothing
/// else: not on threads, on the machine, or on what was filled before.
///
///     import numpy, seedbed
///     weight = numpy.empty((256, 784), dtype=numpy.float32)
///     seedbed.Initializer("torch.kaiming_normal_").fill(weight, seed=42, path="fc.weight")
///
/// Tensors of PyTorch on the CPU are filled through `tensor.detach().numpy()`, those of bfloat16
/// through `tensor.detach().view(torch.int16).numpy()` and `bfloat16=True`.
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

/// The names of all initializers, such as "torch.kaiming_normal_" and "keras.he_normal".
#[pyfunction]
fn names() -> Vec<String> {
    seedbed::registry::names().collect()
}

fn to_py(error: &Error) -> PyErr {
    match error {
        Error::Allocation { .. } => PyMemoryError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// A seed: an integer, or 32 bytes.
fn seed(value: &Bound<'_, PyAny>) -> PyResult<Seed> {
    let expected = "an integer from 0 to 2**64 - 1 or 32 bytes";
    if let Ok(bytes) = value.cast::<PyBytes>() {
        let bytes: Result<[u8; 32], _> = bytes.as_bytes().try_into();
        return bytes.map(Seed::from).map_err(|_| {
            PyValueError::new_err(format!("seed has another length, but must be {expected}"))
        });
    }
    // NumPy's integers are integers by `__index__`.
    let number = value.call_method0("__index__");
    let number =
        number.ok().and_then(|number| number.cast_into::<PyInt>().ok()).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "seed is of type {}, but must be {expected}",
                type_of(value)
            ))
        })?;
    let seed: u64 = number
        .extract()
        .map_err(|_| PyValueError::new_err(format!("seed is {number}, but must be {expected}")))?;
    Ok(Seed::from(seed))
}

/// The name of an object's type in messages.
fn type_of(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or("?".into(), |name| name.to_string())
}
