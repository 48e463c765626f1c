//! The floating-point types, and how f64 numbers are rounded to them.

use core::fmt::Debug;

use half::{bf16, f16};

/// A floating-point type of at most 64 bits: `f32`, `f64`, [`half::f16`] or [`half::bf16`]. Sealed.
///
/// ```
/// use seedbed::Number;
/// assert_eq!((f32::NAME, 0.5_f32.to_f64()), ("f32", 0.5));
/// assert_eq!(<f32 as Number>::from_f64(0.1), 0.1);
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
                $half::from_f32(to_odd(value))
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

/// Rounds to an f32 that rounds on as the value does: to the neighbour with an odd last bit, unless the
/// value is an f32 (Sylvie Boldo and Guillaume Melquiond, 2008, "Emulation of FMA and correctly rounded
/// sums: proved algorithms using rounding to odd").
///
/// To nearest would round twice. And `from_f64` of the halves leaves out the low half of the value on
/// some processors and rounds twice on others.
fn to_odd(value: f64) -> f32 {
    let nearest = value as f32;
    let off = value - f64::from(nearest);
    if off == 0.0 || nearest.to_bits() & 1 == 1 || !nearest.is_finite() {
        return nearest;
    }
    // Of two neighbours one is odd, and the value lies between them.
    if off > 0.0 { nearest.next_up() } else { nearest.next_down() }
}

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
    use half::{bf16, f16};

    use super::{Number, step};

    /// Between two neighbours, a value just beside the middle goes to the nearer one, wherever its last
    /// bits are; the middle goes to the even one.
    #[test]
    fn halves_are_rounded_once() {
        fn check<T: Number>(lower: T) {
            let upper = lower.step_up();
            let middle = (lower.to_f64() + upper.to_f64()) / 2.0;
            for last in [1.0, 2f64.powi(-10), 2f64.powi(-20), 2f64.powi(-30)] {
                let little = (upper.to_f64() - middle) * last * 0.5;
                for sign in [1.0, -1.0] {
                    let rounded = |x: f64| T::from_f64(sign * x).to_f64() * sign;
                    assert_eq!(rounded(middle + little), upper.to_f64(), "{lower:?} + {last}");
                    assert_eq!(rounded(middle - little), lower.to_f64(), "{lower:?} - {last}");
                }
            }
            assert!([lower, upper].contains(&T::from_f64(middle)));
        }
        // One and its neighbours, subnormal numbers, the largest.
        [0x3c00, 0x3c01, 1, 2, 0x3ff, 0x7bfe].into_iter().map(f16::from_bits).for_each(check);
        [0x3f80, 0x3f81, 1, 2, 0x7f, 0x7f7e].into_iter().map(bf16::from_bits).for_each(check);
        assert_eq!(f16::from_f64(1.0 + 2f64.powi(-11)), f16::ONE);
        for huge in [65520.0, 1e300, f64::INFINITY] {
            assert_eq!(<f16 as Number>::from_f64(huge), f16::INFINITY);
        }
        assert_eq!(<f16 as Number>::from_f64(65519.999).to_f64(), 65504.0);
        assert_eq!(<bf16 as Number>::from_f64(-1e300), bf16::NEG_INFINITY);
        assert!(<f16 as Number>::from_f64(-0.0).is_sign_negative());
    }

    #[test]
    fn halves_have_a_step_on_either_side_of_zero() {
        for zero in [0, 0x8000] {
            assert_eq!((step(zero, true), step(zero, false)), (Some(1), Some(0x8001)));
        }
        assert_eq!((step(1, false), step(0x8001, true)), (Some(0), Some(0x8000)));
        assert_eq!((step(0x7bff, true), step(0xffff, false)), (Some(0x7c00), None));
    }
}
