//! One initializer.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use seedbed::{Rules, registry};
use serde_json::Value;

use crate::array::Request;
use crate::to_py;

/// An initializer by its name in a system and that system's parameters, which have its defaults:
/// Initializer("torch.normal_", std=0.02). names() has all names.
///
/// The fans of a shape are those of the system: Keras' matrices are (in, out), PyTorch's (out, in).
///
/// Raises ValueError for a name or a parameter that is not known or not allowed.
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct Initializer(pub seedbed::Initializer);

#[pymethods]
impl Initializer {
    #[new]
    #[pyo3(signature = (name, /, **parameters))]
    fn new(name: &str, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let config = match parameters {
            Some(parameters) => json(parameters)?,
            None => Value::Object(Default::default()),
        };
        registry::from_config(name, &config).map(Initializer).map_err(|error| to_py(&error))
    }

    /// Fills an array in place.
    ///
    /// array: float32, float64 or float16, or int16 or uint16 whose bits are bfloat16 if bfloat16 is
    /// true; C-contiguous and writable. Its shape is the tensor's.
    /// seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    /// path: the tensor's name, which makes its values independent of other tensors'.
    /// parallel: whether large arrays are filled on all cores. False is for a child process of a fork
    /// whose parent has filled arrays in parallel. Values are the same.
    ///
    /// Other Python threads run meanwhile; they must not use the array.
    ///
    /// Raises TypeError for an array of another type, ValueError for one that is read-only or not
    /// contiguous, or whose shape the initializer is not for.
    #[pyo3(signature = (array, *, seed, path, bfloat16=false, parallel=true))]
    fn fill(
        &self,
        array: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        path: &str,
        bfloat16: bool,
        parallel: bool,
    ) -> PyResult<()> {
        let rules = Rules::default().rule("*", self.0.clone());
        Request { seed, path, bfloat16, parallel }.fill(array, &rules)
    }

    fn __repr__(&self) -> PyResult<String> {
        let json = serde_json::to_string(&self.0);
        json.map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

fn json(parameters: &Bound<'_, PyDict>) -> PyResult<Value> {
    let options = PyDict::new(parameters.py());
    options.set_item("allow_nan", false)?;
    let json = parameters.py().import("json")?;
    let text: String = json.call_method("dumps", (parameters,), Some(&options))?.extract()?;
    serde_json::from_str(&text).map_err(|error| PyValueError::new_err(error.to_string()))
}
