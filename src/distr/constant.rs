//! The same value everywhere.

use core::mem::MaybeUninit;

use super::FillUninit;
use crate::check::{finite, in_range};
use crate::element::Element;
use crate::error::ParameterError;
use crate::fill::Exec;
use crate::simd::FloatEnv;
use crate::stream::Stream;

/// The distribution of a single value, rounded to the element type.
///
/// ```
/// use seedbed::{Constant, Sample, Seed};
/// # fn main() -> Result<(), seedbed::Error> {
/// let mut bias = [0f32; 3];
/// let constant = Constant::new(0.1)?;
/// constant.sample_into(&mut bias, &Seed::from(1).stream("bias"));
/// assert_eq!(bias, [constant.value(); 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant<T> {
    value: T,
}

impl<T: Element> Constant<T> {
    /// Returns the distribution of `value`.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`] and [`ParameterError::Overflow`] if the value is not a finite
    /// number of the element type.
    pub fn new(value: f64) -> Result<Self, ParameterError> {
        let _env = FloatEnv::default_state();
        in_range::<T>("value", finite("value", value)?)?;
        Ok(Constant { value: T::from_f64(value) })
    }

    /// Returns the value.
    pub fn value(&self) -> T {
        self.value
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill` writes every element.
unsafe impl<T: Element> FillUninit<T> for Constant<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], _: &Stream, _: Exec) {
        out.fill(MaybeUninit::new(self.value));
    }
}
