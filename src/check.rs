//! Checks of parameters, in the words of the parameter's name.

use crate::error::ParameterError;
use crate::number::Number;

/// Returns the value if it is finite.
pub(crate) fn finite(parameter: &'static str, value: f64) -> Result<f64, ParameterError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(ParameterError::NonFinite { parameter: parameter.into(), value })
    }
}

/// Returns the value if it is not NaN.
pub(crate) fn not_nan(parameter: &'static str, value: f64) -> Result<f64, ParameterError> {
    if value.is_nan() {
        Err(ParameterError::NonFinite { parameter: parameter.into(), value })
    } else {
        Ok(value)
    }
}

/// Returns the value if it is finite and at least 0.
pub(crate) fn at_least_0(parameter: &'static str, value: f64) -> Result<f64, ParameterError> {
    if finite(parameter, value)? < 0.0 {
        return Err(ParameterError::OutOfRange {
            parameter: parameter.into(),
            value,
            expected: "at least 0".into(),
        });
    }
    Ok(value)
}

/// Returns the value if it is above 0; it may be infinite.
pub(crate) fn above_0(parameter: &'static str, value: f64) -> Result<f64, ParameterError> {
    if value > 0.0 {
        return Ok(value);
    }
    Err(ParameterError::OutOfRange {
        parameter: parameter.into(),
        value,
        expected: "above 0".into(),
    })
}

/// Returns the number if it is at least 1.
pub(crate) fn at_least_1(parameter: &'static str, value: usize) -> Result<usize, ParameterError> {
    if value == 0 {
        return Err(ParameterError::OutOfRange {
            parameter: parameter.into(),
            value: 0.0,
            expected: "at least 1".into(),
        });
    }
    Ok(value)
}

/// Returns the value if the element type can hold it, rounded, as a finite number.
pub(crate) fn in_range<T: Number>(
    quantity: &'static str,
    value: f64,
) -> Result<f64, ParameterError> {
    if T::from_f64(value).to_f64().is_finite() {
        Ok(value)
    } else {
        Err(ParameterError::Overflow { quantity: quantity.into(), value, element: T::NAME })
    }
}
