//! The distributions: their parameters, checks, and the choice of a kernel.

mod constant;
mod distribution;
mod normal;
mod theory;
mod truncated_normal;
mod uniform;
mod words;

use core::mem::MaybeUninit;

pub use constant::Constant;
pub use distribution::Distribution;
pub use normal::Normal;
#[cfg(feature = "device")]
pub(crate) use truncated_normal::TruncatedKernel;
pub use truncated_normal::TruncatedNormal;
pub use uniform::Uniform;
#[cfg(feature = "rand_core")]
pub use words::StreamRng;

use crate::element::Element;
use crate::fill::{Exec, WithExec};
use crate::stream::Stream;
use crate::uninit;

/// A distribution whose values can be sampled: into a slice, into uninitialised memory, or into a
/// vector. Sealed.
///
/// Sampling cannot fail, does not allocate (except [`sample_vec`](Sample::sample_vec)), and
/// element `i` of a slice depends on the stream, the stream's position plus `i`, and the
/// distribution only.
pub trait Sample<T: Element>: FillUninit<T> {
    /// Fills a slice, in parallel if it is large.
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
        #[expect(unsafe_code, reason = "a slice is filled as uninitialised memory is")]
        // SAFETY: `fill_uninit` writes elements only.
        self.fill_uninit(unsafe { uninit::as_uninit(out) }, stream, Exec::default());
    }

    /// Fills uninitialised memory and returns it as initialised.
    ///
    /// ```
    /// use seedbed::{Sample, Seed, Uniform};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let mut memory = Vec::<f64>::with_capacity(10);
    /// let uniform = Uniform::new(0.0, 1.0)?;
    /// let stream = Seed::from(3).stream(0u64);
    /// let filled = uniform.sample_uninit(memory.spare_capacity_mut(), &stream);
    /// assert!(filled.len() >= 10 && filled.iter().all(|x| (0.0..1.0).contains(x)));
    /// # Ok(())
    /// # }
    /// ```
    fn sample_uninit<'a>(&self, out: &'a mut [MaybeUninit<T>], stream: &Stream) -> &'a mut [T] {
        self.fill_uninit(out, stream, Exec::default());
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: `fill_uninit` has written every element.
        unsafe {
            uninit::assume_init(out)
        }
    }

    /// Returns a new vector of `len` values.
    fn sample_vec(&self, len: usize, stream: &Stream) -> Vec<T> {
        let mut values = Vec::with_capacity(len);
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: `fill_uninit` writes every element.
        unsafe {
            let fill = |out: &mut _| self.fill_uninit(out, stream, Exec::default());
            uninit::extend(&mut values, len, fill);
        }
        values
    }

    /// Chooses threads and instruction set; values depend on neither.
    ///
    /// ```
    /// use seedbed::{Exec, Normal, Sample, Seed};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let (normal, stream) = (Normal::<f32>::new(0.0, 1.0)?, Seed::from(1).stream("x"));
    /// let sequential = normal.with(Exec::sequential()).sample_vec(1000, &stream);
    /// assert_eq!(sequential, normal.sample_vec(1000, &stream));
    /// # Ok(())
    /// # }
    /// ```
    fn with(self, exec: Exec) -> WithExec<Self>
    where
        Self: Sized,
    {
        WithExec { inner: self, exec }
    }
}

impl<T: Element, D: FillUninit<T>> Sample<T> for D {}

/// The fill of a distribution.
///
/// # Safety
///
/// [`fill_uninit`](FillUninit::fill_uninit) writes every element of `out`: its callers hand the
/// slice on as initialised.
#[expect(unsafe_code, reason = "callers rely on the trait's promise")]
pub unsafe trait FillUninit<T: Element> {
    /// Writes every element of `out`.
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec);
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: the fill is that of the distribution behind the reference.
unsafe impl<T: Element, D: FillUninit<T>> FillUninit<T> for &D {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        (**self).fill_uninit(out, stream, exec);
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: the fill is that of the distribution within.
unsafe impl<T: Element, D: FillUninit<T>> FillUninit<T> for WithExec<D> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, _: Exec) {
        self.inner.fill_uninit(out, stream, self.exec);
    }
}
