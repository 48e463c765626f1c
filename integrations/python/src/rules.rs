//! The class `Rules`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use seedbed::{keras, registry, torch};

use crate::array::Request;
use crate::initializer::Initializer;
use crate::{to_py, type_of};

/// The initializers of a model's tensors, by patterns of their paths: Rules([("*.bias",
/// "torch.zeros_"), ("*", "torch.kaiming_normal_")]).
///
/// rules: pairs of a pattern and an Initializer or its name. In a pattern, * matches any run of
/// characters, dots included. The first pattern that matches a tensor's path decides.
/// layout: which axes are inputs and outputs. "torch" is (out, in, spatial..), "keras" (spatial.., in,
/// out). None keeps the layout of each initializer's system.
///
/// Raises ValueError for an unknown name or layout, and TypeError for rules that are not pairs.
#[pyclass(frozen, module = "seedbed")]
pub struct Rules(seedbed::Rules);

#[pymethods]
impl Rules {
    #[new]
    #[pyo3(signature = (rules, *, layout=None))]
    fn new(rules: &Bound<'_, PyAny>, layout: Option<&str>) -> PyResult<Self> {
        let rules = rules.try_iter()?.map(|pair| {
            let (pattern, initializer): (String, Bound<'_, PyAny>) = pair?.extract()?;
            Ok((pattern, named(&initializer)?))
        });
        let rules: seedbed::Rules = rules.collect::<PyResult<Vec<_>>>()?.into_iter().collect();
        Ok(Rules(match layout {
            None => rules,
            Some("torch") => rules.layout(&torch::layout()).map_err(to_py)?,
            Some("keras") => rules.layout(&keras::layout()).map_err(to_py)?,
            Some(other) => {
                let message =
                    format!("layout is {other:?}, but must be \"torch\", \"keras\" or None");
                return Err(PyValueError::new_err(message));
            }
        }))
    }

    /// Returns the initializer of a path. Raises ValueError if no rule matches.
    fn get(&self, path: &str) -> PyResult<Initializer> {
        self.0.get(path).cloned().map(Initializer).map_err(to_py)
    }

    /// Returns the patterns that give none of these paths its initializer: a pattern that matches
    /// nothing is the commonest way to lose an initialization.
    fn unused(&self, paths: Vec<String>) -> Vec<String> {
        self.0.unused(paths).into_iter().map(str::to_owned).collect()
    }

    /// Fills an array in place by the rule of its path, as Initializer.fill does.
    #[pyo3(signature = (array, *, seed, path, bfloat16=false, parallel=true))]
    fn fill(
        &self,
        array: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        path: &str,
        bfloat16: bool,
        parallel: bool,
    ) -> PyResult<()> {
        Request { seed, path, bfloat16, parallel }.fill(array, &self.0)
    }
}

fn named(initializer: &Bound<'_, PyAny>) -> PyResult<seedbed::Initializer> {
    if let Ok(initializer) = initializer.cast::<Initializer>() {
        return Ok(initializer.get().0.clone());
    }
    let name: String = initializer.extract().map_err(|_| {
        let class = type_of(initializer);
        PyTypeError::new_err(format!(
            "a rule is of type {class}, but must be an Initializer or a name"
        ))
    })?;
    registry::get(&name).map_err(to_py)
}
