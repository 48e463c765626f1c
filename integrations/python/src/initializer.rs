//! The class `Initializer`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use seedbed::{Rules, registry};
use serde_json::Value;

use crate::array::Request;
use crate::{to_py, value};

/// An initializer of one system, by its name there: Initializer("torch.normal_", std=0.02).
///
/// name: one of names().
/// parameters: the parameters of that system, by their own names and with their own defaults. Numbers
/// of NumPy and infinities are taken, too.
///
/// Fans follow the system's layout: Keras' matrices are (in, out), PyTorch's (out, in).
///
/// Raises ValueError for an unknown name or parameter, and for a value that is not allowed.
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct Initializer(pub seedbed::Initializer);

#[pymethods]
impl Initializer {
    #[new]
    #[pyo3(signature = (name, /, **parameters))]
    fn new(name: &str, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let config = match parameters {
            Some(parameters) => value::object(parameters)?,
            None => Value::Object(Default::default()),
        };
        registry::from_config(name, &config).map(Initializer).map_err(to_py)
    }

    /// Fills an array in place.
    ///
    /// array: a writable, C-contiguous array of float32, float64 or float16.
    /// seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    /// path: the tensor's name. Tensors of different names have independent values.
    /// bfloat16: whether the array, of int16 or uint16, takes the bits of bfloat16 values.
    /// parallel: whether large arrays are filled on all cores. Pass False in a child process of fork if
    /// the parent has filled in parallel. The values are the same.
    ///
    /// Other Python threads run during the fill; they must not use the array.
    ///
    /// Raises TypeError for an array of another type, and ValueError for an array that is read-only or
    /// not contiguous, or whose shape the initializer does not accept.
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
