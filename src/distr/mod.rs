//! The laws: what distribution the elements have.

mod constant;
mod normal;
mod truncated_normal;
mod uniform;
pub(crate) mod ziggurat;
pub(crate) mod ziggurat_tables;

use core::mem::MaybeUninit;

pub use constant::Constant;
pub use normal::Normal;
pub use truncated_normal::TruncatedNormal;
pub use uniform::Uniform;

use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::real::Real;
use crate::stream::Stream;
use crate::uninit;

/// A law whose values can be sampled: into a slice, into uninitialised memory, or into a vector.
///
/// Sampling cannot fail, does not allocate (but for [`sample_vec`](Sample::sample_vec)), and
/// element `i` of a slice depends on the stream, the stream's position plus `i`, and the law only.
/// Sealed.
pub trait Sample<T: Element>: FillUninit<T> {
    /// Fills a slice, in parallel where it is large.
    ///
    /// ```
    /// use seedbed::{Normal, Sample, Seed};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let mut weights = vec![0f32; 1000];
    /// Normal::new(0.0, 0.02)?.sample_into(&mut weights, &Seed::from(42).stream("fc.weight"));
    /// assert!(weights.iter().all(|w| w.abs() < 0.2));
    /// # Ok(())
    /// # }
    /// ```
    fn sample_into(&self, out: &mut [T], stream: &Stream) {
        self.sample_into_with(out, stream, Exec::default());
    }

    /// [`sample_into`](Sample::sample_into) with a choice of threads and level.
    fn sample_into_with(&self, out: &mut [T], stream: &Stream, exec: Exec) {
        self.fill_uninit(uninit::as_uninit(out), stream, exec);
    }

    /// Fills uninitialised memory and returns it as initialised.
    ///
    /// ```
    /// use seedbed::{Sample, Seed, Uniform};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let mut memory = Vec::<f64>::with_capacity(10);
    /// let law = Uniform::new(0.0, 1.0)?;
    /// let filled = law.sample_uninit(memory.spare_capacity_mut(), &Seed::from(3).stream(0u64));
    /// assert!(filled.len() >= 10 && filled.iter().all(|x| (0.0..1.0).contains(x)));
    /// # Ok(())
    /// # }
    /// ```
    fn sample_uninit<'a>(&self, out: &'a mut [MaybeUninit<T>], stream: &Stream) -> &'a mut [T] {
        self.sample_uninit_with(out, stream, Exec::default())
    }

    /// [`sample_uninit`](Sample::sample_uninit) with a choice of threads and level.
    fn sample_uninit_with<'a>(
        &self,
        out: &'a mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> &'a mut [T] {
        self.fill_uninit(out, stream, exec);
        uninit::assume_filled(out)
    }

    /// A new vector of `len` values.
    fn sample_vec(&self, len: usize, stream: &Stream) -> Vec<T> {
        let mut values = Vec::with_capacity(len);
        uninit::extend(&mut values, len, |out| self.fill_uninit(out, stream, Exec::default()));
        values
    }
}

impl<T: Element, L: FillUninit<T>> Sample<T> for L {}

/// The fill of a law.
pub trait FillUninit<T: Element> {
    /// Writes every element of `out`.
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec);
}

/// The largest number from 0 to `most` for which `holds`, which holds for all below one for which it
/// does; 0 if there is none.
fn largest<R: Real>(most: R, holds: impl Fn(R) -> bool) -> R {
    if holds(most) {
        return most;
    }
    let (mut inside, mut outside) = (R::default(), most);
    loop {
        let middle = R::of((inside.to_f64() + outside.to_f64()) / 2.0);
        if middle <= inside || middle >= outside {
            return inside;
        }
        *(if holds(middle) { &mut inside } else { &mut outside }) = middle;
    }
}

/// The value where it is finite.
pub(crate) fn finite(parameter: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() { Ok(value) } else { Err(Error::NonFinite { parameter, value }) }
}

/// The value where it is finite in the element type, too.
pub(crate) fn in_range<T: Element>(quantity: &'static str, value: f64) -> Result<f64, Error> {
    if T::round(value).to_f64().is_finite() {
        Ok(value)
    } else {
        Err(Error::Overflow { quantity, value, element: T::NAME })
    }
}
