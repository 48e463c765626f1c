//! The class `Layout`.

use pyo3::prelude::*;
use pyo3::types::PyString;
use seedbed::{init, keras, torch};

use crate::argument::{counts, exception, wrong_type, wrong_value};

/// Which axes of a tensor are inputs and outputs, by the name of a system: "torch" is (out, in,
/// spatial..), "keras" and "jax" are (spatial.., in, out).
///
/// Raises ValueError for another name.
///
/// >>> Layout("torch").fans((64, 32, 3, 3))
/// (288.0, 576.0)
#[pyclass(frozen, eq, module = "seedbed")]
#[derive(PartialEq)]
pub struct Layout(init::Layout);

#[pymethods]
impl Layout {
    #[new]
    #[pyo3(signature = (name, /))]
    fn new(name: &str) -> PyResult<Self> {
        named(name).map(Layout)
    }

    /// Returns the layout with these axes, negative numbers counted from the end.
    ///
    /// input, output: the axes of the inputs and of the outputs.
    /// batch: axes that belong to neither fan, such as that of stacked experts. None for all axes that
    /// are not named; otherwise these are the taps of a convolution, which belong to both fans.
    ///
    /// Raises ValueError if an axis is named twice.
    ///
    /// >>> Layout.axes(input=[2], output=[1], batch=[0]).fans((8, 300, 200))
    /// (200.0, 300.0)
    #[staticmethod]
    #[pyo3(signature = (*, input, output, batch=None))]
    fn axes(
        input: &Bound<'_, PyAny>,
        output: &Bound<'_, PyAny>,
        batch: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (input, output) = (axes("input", input)?, axes("output", output)?);
        let layout = match batch {
            Some(batch) => init::Layout::axes(&input, &output, &axes("batch", batch)?),
            None => init::Layout::only_axes(&input, &output),
        };
        layout.map(Layout).map_err(|error| exception(error.into()))
    }

    /// Returns the layout of a convolution with this number of groups. The stored shape has the input
    /// channels of one group.
    ///
    /// Raises ValueError if it is 0.
    ///
    /// >>> Layout("torch").groups(4).fans((128, 16, 3, 3))
    /// (144.0, 288.0)
    fn groups(&self, count: &Bound<'_, PyAny>) -> PyResult<Self> {
        let count = crate::argument::count("groups", count)?;
        self.0.clone().groups(count).map(Layout).map_err(|error| exception(error.into()))
    }

    /// Returns the layout with the inputs and the outputs exchanged, as a transposed convolution has
    /// them.
    ///
    /// >>> Layout("torch").transposed() == Layout("torch")
    /// False
    fn transposed(&self) -> Self {
        Layout(self.0.clone().transposed())
    }

    /// Returns the fan-in and the fan-out of a whole tensor of this shape.
    ///
    /// Raises ValueError for a shape that the layout does not describe.
    ///
    /// >>> Layout("keras").fans((784, 256))
    /// (784.0, 256.0)
    fn fans(&self, shape: &Bound<'_, PyAny>) -> PyResult<(f64, f64)> {
        let fans = self.0.fans(&counts("shape", shape)?).map_err(exception)?;
        Ok((fans.fan_in, fans.fan_out))
    }

    fn __repr__(&self) -> PyResult<String> {
        let json = serde_json::to_value(&self.0);
        let json = json.map_err(|error| wrong_value("self", error, "a JSON value"))?;
        Ok(format!("<Layout {}>", crate::literal::literal(&json)))
    }
}

/// Reads a layout: one of the class, or a name.
pub fn read(layout: &Bound<'_, PyAny>) -> PyResult<init::Layout> {
    if let Ok(layout) = layout.cast::<Layout>() {
        return Ok(layout.get().0.clone());
    }
    let expected = || format!("a Layout or {NAMES}");
    let name = layout.cast::<PyString>();
    named(name.map_err(|_| wrong_type("layout", layout, &expected()))?.to_str()?)
}

const NAMES: &str = "\"torch\", \"keras\" or \"jax\"";

fn named(name: &str) -> PyResult<init::Layout> {
    match name {
        "torch" => Ok(torch::layout()),
        "keras" => Ok(keras::layout()),
        "jax" => Ok(init::Layout::new(init::MatrixOrder::InOut, init::ConvOrder::Hwio).ranks(2..)),
        _ => Err(wrong_value("layout", format!("{name:?}"), NAMES)),
    }
}

/// Returns the numbers of axes.
pub fn axes(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<isize>> {
    let axes = value.try_iter().and_then(|axes| axes.map(|axis| axis?.extract()).collect());
    axes.map_err(|_| wrong_type(name, value, "a sequence of integers"))
}
