//! Makes a slice of a NumPy array and fills it while other Python threads run.

use bytemuck::{Pod, cast_slice_mut};
use half::{bf16, f16};
use numpy::{
    BorrowError, Element as NumpyElement, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods,
    PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use seedbed::{Element, Exec, Rules};

use crate::{seed, to_py, type_of};

/// The arguments of every `fill` besides the array.
pub struct Request<'a, 'py> {
    pub seed: &'a Bound<'py, PyAny>,
    pub path: &'a str,
    pub bfloat16: bool,
    pub parallel: bool,
}

impl<'py> Request<'_, 'py> {
    /// Fills an array by the rule of the path.
    pub fn fill(&self, array: &Bound<'py, PyAny>, rules: &Rules) -> PyResult<()> {
        macro_rules! try_types {
            ($($Stored:ty => $T:ty),*) => {$(
                if let Ok(array) = array.cast::<PyArrayDyn<$Stored>>() {
                    return self.typed::<$Stored, $T>(array, rules);
                }
            )*};
        }
        if self.bfloat16 {
            try_types!(i16 => bf16, u16 => bf16);
        } else {
            try_types!(f32 => f32, f64 => f64, f16 => f16);
        }
        Err(refused(array, self.bfloat16))
    }

    fn typed<Stored: NumpyElement + Pod, T: Element + Pod>(
        &self,
        array: &Bound<'py, PyArrayDyn<Stored>>,
        rules: &Rules,
    ) -> PyResult<()> {
        let mut memory = array.try_readwrite().map_err(|error| match error {
            BorrowError::NotWriteable => PyValueError::new_err("array is read-only"),
            _ => PyValueError::new_err("array is being filled by another thread"),
        })?;
        // An array in Fortran order has a slice, too, but not in the order of the indices.
        if !array.is_c_contiguous() {
            return Err(PyValueError::new_err(format!(
                "array is not C-contiguous: its shape is {:?} and its strides {:?} bytes",
                array.shape(),
                array.strides(),
            )));
        }
        let memory: &mut [T] = cast_slice_mut(memory.as_slice_mut().map_err(|error| {
            PyValueError::new_err(format!("array has no plain memory: {error}"))
        })?);
        let stream = seed(self.seed)?.stream(self.path);
        let exec = if self.parallel { Exec::default() } else { Exec::sequential() };
        let values = rules.for_tensor::<T>(self.path, array.shape()).map_err(to_py)?.with(exec);
        array.py().detach(|| values.fill(memory, &stream)).map_err(to_py)
    }
}

/// The error for an array of a type that cannot be filled.
fn refused(array: &Bound<'_, PyAny>, bfloat16: bool) -> PyErr {
    let Ok(array) = array.cast::<PyUntypedArray>() else {
        let class = type_of(array);
        return PyTypeError::new_err(format!(
            "array is of type {class}, but must be a NumPy array"
        ));
    };
    let dtype = array.dtype();
    let order =
        if dtype.is_native_byteorder() == Some(false) { " of another byte order" } else { "" };
    let expected = if bfloat16 {
        "int16 or uint16, as bfloat16=True is given"
    } else {
        "float32, float64 or float16, or int16 or uint16 with bfloat16=True"
    };
    PyTypeError::new_err(format!("array has dtype {dtype}{order}, but must have {expected}"))
}
