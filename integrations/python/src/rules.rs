//! The class `Rules`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::argument::{exception, path, type_of, wrong_value};
use crate::fill::Request;
use crate::initializer::{self, Initializer};
use crate::layout;

/// The initializers of a model's tensors, by patterns of their paths.
///
/// rules: pairs of a pattern and an Initializer, its name, or a tuple of its name and a dict of its
/// parameters. In a pattern, * matches any run of characters, dots included. The first pattern that
/// matches a tensor's path decides.
/// layout: which axes are inputs and outputs, for all rules: a Layout, "torch", "keras" or "jax". None
/// keeps the layout of each initializer's system.
///
/// Raises ValueError for an unknown name or layout, and TypeError for rules that are not pairs.
///
/// >>> rules = Rules([("*.bias", "torch.zeros_"), ("*", ("torch.normal_", {"std": 0.02}))])
/// >>> rules.get("h.0.attn.weight")
/// Initializer("seedbed.Normal", mean=0.0, std=0.02)
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct Rules(seedbed::Rules);

#[pymethods]
impl Rules {
    #[new]
    #[pyo3(signature = (rules, *, layout=None))]
    fn new(rules: &Bound<'_, PyAny>, layout: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let rules = rules.try_iter()?.map(|pair| pattern_and_initializer(&pair?));
        let rules: seedbed::Rules = rules.collect::<PyResult<Vec<_>>>()?.into_iter().collect();
        Ok(Rules(match layout {
            None => rules,
            Some(layout) => rules.layout(&layout::read(layout)?).map_err(exception)?,
        }))
    }

    /// Returns the initializer of a path.
    ///
    /// Raises ValueError if no rule matches.
    ///
    /// >>> Rules([("*.bias", "torch.zeros_")]).get("fc.bias")
    /// Initializer("seedbed.Constant", value=0.0)
    fn get(&self, path: &Bound<'_, PyAny>) -> PyResult<Initializer> {
        let path = crate::argument::path(path)?;
        self.0.get(&path).cloned().map(Initializer).map_err(exception)
    }

    /// Returns the pattern and the initializer of a path, or None if no rule matches.
    ///
    /// >>> Rules([("*.bias", "torch.zeros_")]).find("fc.weight") is None
    /// True
    fn find(&self, path: &Bound<'_, PyAny>) -> PyResult<Option<(String, Initializer)>> {
        let rule = |(pattern, initializer): (&str, &seedbed::Initializer)| {
            (pattern.to_owned(), Initializer(initializer.clone()))
        };
        Ok(self.0.find(&crate::argument::path(path)?).map(rule))
    }

    /// Returns the patterns that give none of these paths its initializer: a pattern that matches
    /// nothing is the commonest way to lose an initialization.
    ///
    /// >>> Rules([("fc.b", "torch.zeros_"), ("*", "torch.normal_")]).unused(["fc.weight", "fc.bias"])
    /// ['fc.b']
    fn unused(&self, paths: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        let paths = paths.try_iter()?.map(|item| path(&item?)).collect::<PyResult<Vec<_>>>()?;
        Ok(self.0.unused(paths).into_iter().map(str::to_owned).collect())
    }

    /// Fills an array in place by the rule of its path, as Initializer.fill does.
    ///
    /// >>> import numpy
    /// >>> bias = numpy.empty(4)
    /// >>> Rules([("*.bias", "torch.ones_")]).fill(bias, seed=42, path="fc.bias")
    /// >>> bias
    /// array([1., 1., 1., 1.])
    #[pyo3(signature = (array, *, seed, path, shape=None, start=None, threads=None))]
    fn fill(
        &self,
        array: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        path: &Bound<'_, PyAny>,
        shape: Option<&Bound<'_, PyAny>>,
        start: Option<&Bound<'_, PyAny>>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let initializer = self.0.get(&crate::argument::path(path)?).map_err(exception)?;
        Request { seed, path, shape, start, threads }.fill(array, initializer)
    }

    /// Returns the rules as JSON, a list of pairs, as the command `seedbed new --rules` reads it.
    ///
    /// >>> Rules([("*", "torch.zeros_")]).to_json()
    /// '[["*",{"class_name":"seedbed.Constant","config":{"value":0.0},"algorithm":"V1"}]]'
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| wrong_value("self", error, "a JSON value"))
    }

    /// Returns the rules of JSON: a list of pairs of a pattern and an initializer, its name or its
    /// configuration.
    ///
    /// Raises ValueError for anything else.
    ///
    /// >>> rules = Rules.from_json('[["*.bias", "torch.zeros_"], ["*", "torch.normal_"]]')
    /// >>> rules == Rules([("*.bias", "torch.zeros_"), ("*", "torch.normal_")])
    /// True
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Self> {
        serde_json::from_str(text)
            .map(Rules)
            .map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("rules: {error}")))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json()?,)))
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("<Rules {}>", self.to_json()?))
    }
}

fn pattern_and_initializer(pair: &Bound<'_, PyAny>) -> PyResult<(String, seedbed::Initializer)> {
    let Ok((pattern, initializer)) = pair.extract::<(String, Bound<'_, PyAny>)>() else {
        let class = type_of(pair);
        let expected = "a tuple of a pattern and an initializer";
        let message = format!("rules has an item of type {class}, but must have {expected}");
        return Err(PyTypeError::new_err(message));
    };
    Ok((pattern, initializer::read(&initializer)?))
}
