//! The laws of tensors whose elements are independent, as one type.

use core::mem::MaybeUninit;

use crate::distr::{Constant, FillUninit, Normal, TruncatedNormal, Uniform};
use crate::element::Element;
use crate::fill::Exec;
use crate::stream::Stream;

/// One of the laws, with its parameters.
///
/// ```
/// use seedbed::init::Law;
/// use seedbed::{Normal, Sample, Seed};
/// # fn main() -> Result<(), seedbed::Error> {
/// let stream = Seed::from(1).stream("w");
/// let law = Law::from(Normal::<f32>::new(0.0, 1.0)?);
/// assert_eq!(law.sample_vec(9, &stream), Normal::<f32>::new(0.0, 1.0)?.sample_vec(9, &stream));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Law<T: Element> {
    /// The same value everywhere.
    Constant(Constant<T>),
    /// The uniform law.
    Uniform(Uniform<T>),
    /// The normal law.
    Normal(Normal<T>),
    /// The normal law, cut off.
    TruncatedNormal(TruncatedNormal<T>),
}

impl<T: Element> FillUninit<T> for Law<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        match self {
            Law::Constant(law) => law.fill_uninit(out, stream, exec),
            Law::Uniform(law) => law.fill_uninit(out, stream, exec),
            Law::Normal(law) => law.fill_uninit(out, stream, exec),
            Law::TruncatedNormal(law) => law.fill_uninit(out, stream, exec),
        }
    }
}

macro_rules! from {
    ($($Law:ident)*) => {$(
        impl<T: Element> From<$Law<T>> for Law<T> {
            fn from(law: $Law<T>) -> Self {
                Law::$Law(law)
            }
        }
    )*};
}

from!(Constant Uniform Normal TruncatedNormal);
