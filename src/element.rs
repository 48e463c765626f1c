//! The element types: how values are rounded to them and held within bounds.

use core::mem::MaybeUninit;

use half::{bf16, f16};

use crate::real::Real;
use crate::simd::{Float, Simd};
use crate::uninit;

/// A type that slices are filled with: `f32`, `f64`, [`half::f16`] or [`half::bf16`].
///
/// f16 and bf16 values are the f32 values of the same stream, rounded once to nearest even and
/// held within the law's bounds. f64 values are a stream of their own. Sealed.
pub trait Element: Copy + Default + PartialOrd + Send + Sync + core::fmt::Debug + Sealed {
    /// The type's name in messages.
    const NAME: &'static str;

    /// The value as an f64, exactly.
    fn to_f64(self) -> f64;
}

/// What an element type does inside the crate.
pub trait Sealed: Sized + 'static {
    /// The type that kernels compute in.
    type Real: Real;

    /// Rounds to nearest even, to infinity beyond the finite numbers.
    fn round(value: f64) -> Self;

    /// The next element above.
    fn up(self) -> Self;

    /// The next element below.
    fn down(self) -> Self;

    /// The output itself where no conversion is needed.
    fn direct(_: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<Self::Real>]> {
        None
    }

    /// Rounds values to elements, within `bounds`.
    fn convert<S: Simd>(
        s: S,
        values: &[Self::Real],
        bounds: [Self::Real; 2],
        out: &mut [MaybeUninit<Self>],
    );
}

/// The least element that is not below `value`.
pub(crate) fn at_least<T: Element>(value: f64) -> T {
    let nearest = T::round(value);
    if nearest.to_f64() < value { nearest.up() } else { nearest }
}

/// The greatest element below `value`.
pub(crate) fn below<T: Element>(value: f64) -> T {
    let nearest = T::round(value);
    if nearest.to_f64() < value { nearest } else { nearest.down() }
}

/// The least element above `value`.
pub(crate) fn above<T: Element>(value: f64) -> T {
    let nearest = T::round(value);
    if nearest.to_f64() > value { nearest } else { nearest.up() }
}

macro_rules! real_element {
    ($real:ident) => {
        impl Element for $real {
            const NAME: &'static str = stringify!($real);
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
        impl Sealed for $real {
            type Real = $real;
            fn round(value: f64) -> Self {
                value as $real
            }
            fn up(self) -> Self {
                self.next_up()
            }
            fn down(self) -> Self {
                self.next_down()
            }
            #[inline(always)]
            fn direct(out: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<$real>]> {
                Some(out)
            }
            #[inline(always)]
            fn convert<S: Simd>(
                _: S,
                values: &[$real],
                _: [$real; 2],
                out: &mut [MaybeUninit<Self>],
            ) {
                uninit::write(out, values);
            }
        }
    };
}

real_element!(f32);
real_element!(f64);

macro_rules! half_element {
    ($half:ident, $round:ident) => {
        impl Element for $half {
            const NAME: &'static str = stringify!($half);
            fn to_f64(self) -> f64 {
                self.into()
            }
        }
        impl Sealed for $half {
            type Real = f32;
            fn round(value: f64) -> Self {
                $half::from_f64(value)
            }
            fn up(self) -> Self {
                step(self.to_bits(), true).map_or(self, $half::from_bits)
            }
            fn down(self) -> Self {
                step(self.to_bits(), false).map_or(self, $half::from_bits)
            }
            #[inline(always)]
            fn convert<S: Simd>(
                s: S,
                values: &[f32],
                bounds: [f32; 2],
                out: &mut [MaybeUninit<Self>],
            ) {
                // Not a closure: it would be compiled without the level's features.
                #[inline(always)]
                fn round<S: Simd>(s: S, v: &[f32; 32], held: Option<[S::F32; 2]>) -> [$half; 32] {
                    let (a, b) = (S::F32::load(s, v), S::F32::load(s, &v[16..]));
                    s.$round(match held {
                        Some([low, high]) => [a.max(low).min(high), b.max(low).min(high)],
                        None => [a, b],
                    })
                }
                let [low, high] = bounds;
                let held = (low > f32::NEG_INFINITY || high < f32::INFINITY)
                    .then_some([S::F32::splat(s, low), S::F32::splat(s, high)]);
                let (pairs, rest) = values.as_chunks::<32>();
                let (out, out_rest) = out.as_chunks_mut::<32>();
                for (values, out) in pairs.iter().zip(out) {
                    uninit::write(out, &round(s, values, held));
                }
                let mut last = [0.0; 32];
                last[..rest.len()].copy_from_slice(rest);
                uninit::write(out_rest, &round(s, &last, held)[..rest.len()]);
            }
        }
    };
}

half_element!(f16, to_f16);
half_element!(bf16, to_bf16);

/// The bits of the next sign-and-magnitude number up or down; none past infinity.
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
