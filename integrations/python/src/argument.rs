//! Arguments that several functions share, and the exceptions for those that are refused: each names
//! the argument, its value and what is allowed.

use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use seedbed::{Error, Seed, Stream};

/// Converts an error of the crate to an exception.
pub fn exception(error: Error) -> PyErr {
    match error {
        Error::Allocation { .. } => PyMemoryError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// Returns the exception for a value of a type that is not allowed.
pub fn wrong_type(name: &str, value: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    PyTypeError::new_err(format!("{name} is of type {}, but must be {expected}", type_of(value)))
}

/// Returns the exception for a value that is not allowed.
pub fn wrong_value(name: &str, value: impl std::fmt::Display, expected: &str) -> PyErr {
    PyValueError::new_err(format!("{name} is {value}, but must be {expected}"))
}

/// Returns the name of an object's type, for messages.
pub fn type_of(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or("?".into(), |name| name.to_string())
}

/// Returns the stream of a seed and a path.
pub fn stream(seed_value: &Bound<'_, PyAny>, path_value: &Bound<'_, PyAny>) -> PyResult<Stream> {
    Ok(seed(seed_value)?.stream(&path(path_value)?))
}

fn seed(value: &Bound<'_, PyAny>) -> PyResult<Seed> {
    let expected = "an integer from 0 to 2**64 - 1 or 32 bytes";
    if let Ok(bytes) = value.cast::<PyBytes>() {
        let bytes = bytes.as_bytes();
        return <[u8; 32]>::try_from(bytes).map(Seed::from).map_err(|_| {
            let length = bytes.len();
            PyValueError::new_err(format!("seed has {length} bytes, but must be {expected}"))
        });
    }
    let number = integer(value).ok_or_else(|| wrong_type("seed", value, expected))?;
    number.extract::<u64>().map(Seed::from).map_err(|_| wrong_value("seed", number, expected))
}

/// Returns the name of a tensor.
pub fn path(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let expected = "a string, the tensor's name";
    let path = value.cast::<PyString>().map_err(|_| wrong_type("path", value, expected))?;
    let path = path.to_str().map_err(|error| {
        PyValueError::new_err(format!("path is not a string of Unicode: {error}"))
    })?;
    if path.is_empty() {
        return Err(PyValueError::new_err("path is empty, but must be the tensor's name"));
    }
    Ok(path.to_owned())
}

/// Returns an offset in a stream or in a tensor, or another count.
pub fn count(name: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let expected = "an integer of at least 0";
    let number = integer(value).ok_or_else(|| wrong_type(name, value, expected))?;
    number.extract().map_err(|_| wrong_value(name, number, expected))
}

/// Returns the integers of a sequence, such as a shape.
pub fn counts(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let expected = "a sequence of integers of at least 0";
    let items = value.try_iter().map_err(|_| wrong_type(name, value, expected))?;
    let items = items.map(|item| {
        let item = item?;
        let number = integer(&item).ok_or_else(|| {
            let class = type_of(&item);
            PyTypeError::new_err(format!(
                "{name} has an item of type {class}, but must be {expected}"
            ))
        })?;
        number.extract().map_err(|_| wrong_value(name, value, expected))
    });
    items.collect()
}

/// Returns an integer of Python. Those of NumPy are not of type `int`, but have `__index__`.
fn integer<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyInt>> {
    if let Ok(number) = value.cast::<PyInt>() {
        return Some(number.clone());
    }
    value.call_method0("__index__").ok()?.cast_into().ok()
}
