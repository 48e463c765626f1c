//! Python values as JSON values: whatever is a number to Python, and infinities.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Value};

use crate::argument::type_of;

/// Converts keyword arguments or a dictionary to a JSON object.
pub fn object(parameters: &Bound<'_, PyDict>) -> PyResult<Value> {
    let mut object = Map::new();
    for (key, value) in parameters {
        let key: String = key.extract()?;
        let value = json(&key, &value)?;
        object.insert(key, value);
    }
    Ok(object.into())
}

/// Converts the value of a parameter. NumPy's numbers have `__index__` or `__float__`.
pub fn json(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(value.is_true().into());
    }
    if let Ok(value) = value.cast::<PyString>() {
        return Ok(value.to_string().into());
    }
    if let Ok(value) = value.cast::<PyDict>() {
        return object(value);
    }
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        let items = value.try_iter()?.map(|item| json(name, &item?));
        return Ok(items.collect::<PyResult<Vec<_>>>()?.into());
    }
    if let Ok(number) = value.call_method0("__index__")
        && let Ok(number) = number.cast_into::<PyInt>()
    {
        let integer = number.extract::<i64>().map(Value::from);
        let integer = integer.or_else(|_| number.extract::<u64>().map(Value::from));
        return integer.or_else(|_| float(name, number.extract()?));
    }
    match value.call_method0("__float__").ok().and_then(|number| number.cast_into::<PyFloat>().ok())
    {
        Some(number) => float(name, number.extract()?),
        None => {
            let class = type_of(value);
            Err(PyTypeError::new_err(format!("{name} is of type {class}, which has no JSON form")))
        }
    }
}

fn float(name: &str, number: f64) -> PyResult<Value> {
    if number.is_nan() {
        return Err(PyValueError::new_err(format!("{name} is NaN, but must be a number")));
    }
    // JSON has no infinities: the crate reads them by name.
    Ok(if number.is_finite() { number.into() } else { number.to_string().into() })
}
