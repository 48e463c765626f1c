//! The class `Initializer`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use seedbed::registry;
use serde_json::Value;

use crate::argument::{count, counts, exception, wrong_type, wrong_value};
use crate::block::Piece;
use crate::fill::{Part, Request, Tensor, is_independent};
use crate::layout;
use crate::memory::{Dtype, Memory};
use crate::{literal, value};

/// What the values of a tensor are, by the name that a system gives it.
///
/// name: one of names(), such as "torch.kaiming_normal_" or "keras.he_normal".
/// parameters: the parameters of that system, by their own names and with their own defaults. Numbers
/// of NumPy and infinities are taken, too.
///
/// Fans follow the system's layout: Keras' matrices are (in, out), PyTorch's (out, in). with_layout
/// sets another.
///
/// Raises ValueError for an unknown name or parameter and for a value that is not allowed, TypeError
/// for a value of another type.
///
/// >>> Initializer("torch.normal_", std=0.02)
/// Initializer("seedbed.Normal", mean=0.0, std=0.02)
#[pyclass(frozen, eq, hash, module = "seedbed")]
#[derive(PartialEq)]
pub struct Initializer(pub seedbed::Initializer);

impl std::hash::Hash for Initializer {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.json().to_string().hash(state);
    }
}

impl Initializer {
    /// Returns the initializer as serde writes it.
    fn json(&self) -> Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }
}

#[pymethods]
impl Initializer {
    #[new]
    #[pyo3(signature = (name, /, **parameters))]
    fn new(name: &str, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let config = match parameters {
            Some(parameters) => value::object(parameters)?,
            None => Value::Object(Default::default()),
        };
        registry::from_config(name, &config).map(Initializer).map_err(exception)
    }

    /// Fills an array in place with a tensor or a part of it.
    ///
    /// array: a writable, C-contiguous NumPy array, or another array on the CPU with __dlpack__, such
    /// as a tensor of PyTorch; or one on a GPU of NVIDIA with __cuda_array_interface__, as those of CuPy and
    /// Numba; of float32, float64, float16 or bfloat16 (of ml_dtypes, for NumPy).
    /// seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    /// path: the tensor's name. Tensors of different names have independent values.
    /// shape: the shape of the whole tensor, from which fans follow; None if the array is the whole.
    /// start: the index in the whole tensor of the array's first element.
    /// threads: how many threads fill a large array; None for all cores. The values are the same.
    ///
    /// Other Python threads run during the fill; they may fill other parts of the same memory. An array on a
    /// GPU has its values in the order of its stream (PyTorch's current one, the one that the interface
    /// tells, or the legacy default stream), and nothing waits for them.
    ///
    /// Raises TypeError for an array or an argument of another type, and ValueError for an array that
    /// is read-only, not contiguous or on another device, for a part that is not within the shape, and for
    /// a shape that the initializer does not accept. Raises RuntimeError for a driver or a GPU that cannot run
    /// the kernels, and MemoryError. Nothing is written then.
    ///
    /// >>> import numpy
    /// >>> he = Initializer("torch.kaiming_normal_")
    /// >>> whole = numpy.empty((256, 64), numpy.float32)
    /// >>> he.fill(whole, seed=42, path="fc.weight")
    /// >>> shard = numpy.empty((128, 64), numpy.float32)
    /// >>> he.fill(shard, seed=42, path="fc.weight", shape=(256, 64), start=(128, 0))
    /// >>> numpy.array_equal(shard, whole[128:])
    /// True
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
        Request { seed, path, shape, start, threads }.fill(array, &self.0)
    }

    /// Fills pieces of the memory at an address, for adapters: nothing checks the address.
    ///
    /// dtype: the name of the elements' type.
    /// memory_shape: the memory is a C-contiguous array of this shape, with as many axes as shape.
    /// pieces: tuples of where a piece starts in the tensor, where it starts in the memory, and its
    /// size, each a tuple of integers. They are filled in turn.
    /// shape: the shape of the whole tensor.
    #[pyo3(signature = (address, dtype, memory_shape, pieces, *, seed, path, shape, threads=None))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn _fill_pieces(
        &self,
        address: usize,
        dtype: &str,
        memory_shape: &Bound<'_, PyAny>,
        pieces: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        path: &Bound<'_, PyAny>,
        shape: &Bound<'_, PyAny>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let memory = Memory::at(address, element(dtype)?, counts("memory_shape", memory_shape)?)?;
        let tensor = Tensor::new(&self.0, counts("shape", shape)?, seed, path)?;
        tensor.fill(&memory, &Part::Pieces(&self::pieces(pieces)?), threads, shape.py())
    }

    /// Fills the memory at an address with elements of the tensor in row-major order, for adapters:
    /// nothing checks the address.
    ///
    /// dtype: the name of the elements' type.
    /// length: how many elements.
    /// shape: the shape of the whole tensor.
    /// offset: the number of the first element.
    #[pyo3(signature = (address, dtype, length, *, seed, path, shape, offset, threads=None))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn _fill_range(
        &self,
        address: usize,
        dtype: &str,
        length: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        path: &Bound<'_, PyAny>,
        shape: &Bound<'_, PyAny>,
        offset: &Bound<'_, PyAny>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let memory = Memory::at(address, element(dtype)?, vec![count("length", length)?])?;
        let tensor = Tensor::new(&self.0, counts("shape", shape)?, seed, path)?;
        tensor.fill(&memory, &Part::From(count("offset", offset)?), threads, shape.py())
    }

    /// Returns whether any part of a tensor costs its own elements only, for adapters.
    fn _is_independent(&self) -> bool {
        is_independent(&self.0)
    }

    /// Returns the initializer for tensors that are stored in this layout, whatever the layout of the
    /// initializer's system.
    ///
    /// layout: a Layout, or "torch", "keras" or "jax".
    ///
    /// Raises ValueError if the initializer has no meaning with these axes.
    ///
    /// >>> he = Initializer("keras.he_normal").with_layout("torch")
    /// >>> experts = he.with_layout(Layout.axes(input=[2], output=[1], batch=[0]))
    fn with_layout(&self, layout: &Bound<'_, PyAny>) -> PyResult<Self> {
        let layout = layout::read(layout)?;
        self.0.clone().with_layout(&layout).map(Initializer).map_err(exception)
    }

    /// Returns the initializer of matrices that are stored column by column: their memory as row-major
    /// matrices has the sides exchanged.
    ///
    /// >>> Initializer("torch.sparse_", sparsity=0.5).transposed().transposed()
    /// Initializer("seedbed.Sparse", axis={"inputs": "out_in"}, nonzeros={"all_but_fraction": 0.5}, std=0.01)
    fn transposed(&self) -> Self {
        Initializer(self.0.clone().transposed())
    }

    /// Returns the initializer that makes an orthogonal matrix for each index of these axes, counted
    /// from the end if negative: the experts of a mixture. For the fans of other initializers see Layout.
    ///
    /// Raises ValueError if the initializer is not orthogonal.
    ///
    /// >>> experts = Initializer("torch.orthogonal_").batched([0])
    fn batched(&self, axes: &Bound<'_, PyAny>) -> PyResult<Self> {
        let axes = layout::axes("axes", axes)?;
        self.0.clone().batched(&axes).map(Initializer).map_err(exception)
    }

    /// Returns the initializer that makes an orthogonal matrix of each of `count` equal parts along an
    /// axis, counted from the end if negative: the gates of a recurrent layer.
    ///
    /// Raises ValueError if the initializer is not orthogonal or count is 0.
    ///
    /// >>> gates = Initializer("torch.orthogonal_").in_parts(0, 4)
    fn in_parts(&self, axis: isize, count: &Bound<'_, PyAny>) -> PyResult<Self> {
        let count = crate::argument::count("count", count)?;
        self.0.clone().in_parts(axis, count).map(Initializer).map_err(exception)
    }

    /// Returns the initializer of factor times these values, as the depth of a model asks for.
    ///
    /// factor: a finite number above 0.
    ///
    /// Raises ValueError for another factor, and for the initializer torch.dirac_.
    ///
    /// >>> Initializer("torch.normal_", std=0.02).scaled(0.5)
    /// Initializer("seedbed.Normal", mean=0.0, std=0.01)
    fn scaled(&self, factor: f64) -> PyResult<Self> {
        self.0.clone().scaled(factor).map(Initializer).map_err(exception)
    }

    /// Returns the initializer as JSON, whatever system its name was of.
    ///
    /// >>> Initializer("torch.normal_").to_json()
    /// '{"class_name":"seedbed.Normal","config":{"mean":0.0,"std":1.0},"algorithm":"V1"}'
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| wrong_value("self", error, "a JSON value"))
    }

    /// Returns the initializer of JSON: of what to_json returns, of a name, or of a configuration as
    /// Keras and this package write them.
    ///
    /// Raises ValueError for anything else.
    ///
    /// >>> Initializer.from_json('{"class_name": "torch.normal_", "config": {"std": 0.5}}')
    /// Initializer("seedbed.Normal", mean=0.0, std=0.5)
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Self> {
        registry::from_str(text).map(Initializer).map_err(exception)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json()?,)))
    }

    fn __repr__(&self) -> String {
        literal::call(&self.json())
    }
}

/// Reads a rule's initializer: one of the class, a name, or a name with its parameters.
pub fn read(initializer: &Bound<'_, PyAny>) -> PyResult<seedbed::Initializer> {
    if let Ok(initializer) = initializer.cast::<Initializer>() {
        return Ok(initializer.get().0.clone());
    }
    if let Ok(name) = initializer.extract::<String>() {
        return registry::get(&name).map_err(exception);
    }
    if let Ok((name, parameters)) = initializer.extract::<(String, Bound<'_, PyDict>)>() {
        return registry::from_config(&name, &value::object(&parameters)?).map_err(exception);
    }
    let expected = "an Initializer, a name or a tuple of a name and a dict";
    Err(wrong_type("a rule", initializer, expected))
}

/// Reads the pieces of `_fill_pieces`.
pub fn pieces(values: &Bound<'_, PyAny>) -> PyResult<Vec<Piece>> {
    values.try_iter()?.map(|item| piece(&item?)).collect()
}

fn piece(value: &Bound<'_, PyAny>) -> PyResult<Piece> {
    let expected = "three tuples of integers";
    let tuple = value.cast::<PyTuple>().map_err(|_| wrong_type("a piece", value, expected))?;
    if tuple.len() != 3 {
        return Err(wrong_value("a piece", value, expected));
    }
    let item = |name, i| counts(name, &tuple.get_item(i)?);
    Ok(Piece { start: item("start", 0)?, at: item("place", 1)?, size: item("size", 2)? })
}

/// Reads the name of a type of elements.
pub fn element(dtype: &str) -> PyResult<Dtype> {
    Dtype::from_name(dtype)
        .ok_or_else(|| wrong_value("dtype", format!("{dtype:?}"), Dtype::ALLOWED))
}
