//! The floating-point types, and how f64 numbers are rounded to them.

use core::fmt::Debug;

use half::{bf16, f16};

/// A floating-point type of at most 64 bits: `f32`, `f64`, [`half::f16`] or [`half::bf16`]. Sealed.
///
/// ```
/// use seedbed::Number;
/// assert_eq!((f32::NAME, 0.5_f32.to_f64()), ("f32", 0.5));
/// ```
pub trait Number:
    Copy + Default + PartialOrd + Send + Sync + Debug + sealed::Sealed + 'static
{
    /// The type's name in messages.
    const NAME: &'static str;

    /// Converts to an f64, exactly.
    fn to_f64(self) -> f64;

    /// Rounds to nearest even; beyond the finite numbers, to infinity.
    fn from_f64(value: f64) -> Self;

    /// Returns the next number above.
    #[doc(hidden)]
    fn step_up(self) -> Self;

    /// Returns the next number below.
    #[doc(hidden)]
    fn step_down(self) -> Self;
}

mod sealed {
    /// Keeps other crates from implementing [`Number`](super::Number), which may get more methods.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for half::f16 {}
    impl Sealed for half::bf16 {}
}

/// Returns the smallest number that is not below `value`; zero is positive.
pub(crate) fn at_least<T: Number>(value: f64) -> T {
    let nearest = T::from_f64(value);
    positive_zero(if nearest.to_f64() < value { nearest.step_up() } else { nearest })
}

/// Returns the greatest number that is not above `value`; zero is positive.
pub(crate) fn at_most<T: Number>(value: f64) -> T {
    let nearest = T::from_f64(value);
    positive_zero(if nearest.to_f64() > value { nearest.step_down() } else { nearest })
}

/// Returns the greatest number below `value`; zero is positive.
pub(crate) fn below<T: Number>(value: f64) -> T {
    let nearest = T::from_f64(value);
    positive_zero(if nearest.to_f64() < value { nearest } else { nearest.step_down() })
}

/// Returns the smallest number above `value`; zero is positive.
pub(crate) fn above<T: Number>(value: f64) -> T {
    let nearest = T::from_f64(value);
    positive_zero(if nearest.to_f64() > value { nearest } else { nearest.step_up() })
}

/// Rounds to nearest even, a negative number above half the least one to positive zero.
pub(crate) fn rounded<T: Number>(value: f64) -> T {
    positive_zero(T::from_f64(value))
}

/// Returns the number itself, or 0 in place of -0.
fn positive_zero<T: Number>(number: T) -> T {
    if number == T::default() { T::default() } else { number }
}

macro_rules! native {
    ($real:ident) => {
        impl Number for $real {
            const NAME: &'static str = stringify!($real);
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn from_f64(value: f64) -> Self {
                value as $real
            }
            fn step_up(self) -> Self {
                self.next_up()
            }
            fn step_down(self) -> Self {
                self.next_down()
            }
        }
    };
}

native!(f32);
native!(f64);

macro_rules! half {
    ($half:ident) => {
        impl Number for $half {
            const NAME: &'static str = stringify!($half);
            fn to_f64(self) -> f64 {
                self.into()
            }
            fn from_f64(value: f64) -> Self {
                $half::from_f64(value)
            }
            fn step_up(self) -> Self {
                step(self.to_bits(), true).map_or(self, $half::from_bits)
            }
            fn step_down(self) -> Self {
                step(self.to_bits(), false).map_or(self, $half::from_bits)
            }
        }
    };
}

half!(f16);
half!(bf16);

/// Returns the bits of the next sign-and-magnitude number up or down, or `None` past infinity.
fn step(bits: u16, up: bool) -> Option<u16> {
    let magnitude = bits & 0x7fff;
    let negative = bits >> 15 == 1;
    match (magnitude, negative == up) {
        (0, _) => Some(if up { 1 } else { 0x8001 }),
        (_, true) => Some(bits - 1),
        (_, false) => bits.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn halves_have_a_step_on_either_side_of_zero() {
        for zero in [0, 0x8000] {
            assert_eq!((step(zero, true), step(zero, false)), (Some(1), Some(0x8001)));
        }
        assert_eq!((step(1, false), step(0x8001, true)), (Some(0), Some(0x8000)));
        assert_eq!((step(0x7bff, true), step(0xffff, false)), (Some(0x7c00), None));
    }
}
