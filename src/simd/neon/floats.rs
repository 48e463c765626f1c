//! Vectors of floating-point numbers in NEON.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::{F32x16, F64x8, Mask32x16, Mask64x8, Neon, U32x16, U64x8};
use crate::simd::vector::{Float, Int};

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident {
        int: $int:ident, word: $word:ty, real: $real:ty, lanes: $lanes:literal,
        splat: $splat:ident, load: $load:ident, store: $store:ident,
        from_int: $from_int:ident, from_bits: $from_bits:ident, to_bits: $to_bits:ident,
        less: $less:ident, greater: $greater:ident, choose: $choose:ident,
        mask: $mask:ident, test: $test:ident, abs: $abs:ident,
    }) => {
        impl Float<Neon> for $vector {
            type Real = $real;
            type Int = $int;
            type Mask = $mask;
            #[inline(always)]
            fn splat(_: Neon, value: $real) -> Self {
                Self([proved!($splat(value)); 4])
            }
            #[inline(always)]
            fn load(_: Neon, values: &[$real]) -> Self {
                Self(load!($load, values, $lanes))
            }
            #[inline(always)]
            fn store(self, values: &mut [$real]) {
                store!($store, self, values, $lanes)
            }
            #[inline(always)]
            fn store_uninit(self, values: &mut [MaybeUninit<$real>]) {
                store!($store, self, values, $lanes)
            }
            #[inline(always)]
            fn from_int(int: $int) -> Self {
                Self(each!($from_int(int.0)))
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                Self(each!($from_bits(bits.0)))
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                $int(each!($to_bits(self.0)))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(each!($abs(self.0)))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                $mask(each!($less(self.0, other.0)))
            }
            #[inline(always)]
            fn select(self, mask: u32, other: Self) -> Self {
                const PLACES: [$word; $lanes] = {
                    let mut places = [1; $lanes];
                    let mut i = 0;
                    while i < $lanes {
                        places[i] <<= i;
                        i += 1;
                    }
                    places
                };
                // Each lane takes the whole mask and tests the bit of its own place.
                let (mask, places) = ($int::splat(Neon, mask.into()), $int::load(Neon, &PLACES));
                let chosen = each!($test(mask.0, places.0));
                Self(each!($choose(chosen, self.0, other.0)))
            }
            // The instructions for a minimum and a maximum order two zeros by their signs.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                let less = each!($less(self.0, other.0));
                Self(each!($choose(less, self.0, other.0)))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                let greater = each!($greater(self.0, other.0));
                Self(each!($choose(greater, self.0, other.0)))
            }
        }
    };
}

float! {
    F32x16 {
        int: U32x16, word: u32, real: f32, lanes: 16,
        splat: vdupq_n_f32, load: vld1q_f32, store: vst1q_f32,
        from_int: convert_i24,
        from_bits: vreinterpretq_f32_u32, to_bits: vreinterpretq_u32_f32,
        less: vcltq_f32, greater: vcgtq_f32, choose: vbslq_f32,
        mask: Mask32x16, test: vtstq_u32, abs: vabsq_f32,
    }
}
float! {
    F64x8 {
        int: U64x8, word: u64, real: f64, lanes: 8,
        splat: vdupq_n_f64, load: vld1q_f64, store: vst1q_f64,
        from_int: vcvtq_f64_u64,
        from_bits: vreinterpretq_f64_u64, to_bits: vreinterpretq_u64_f64,
        less: vcltq_f64, greater: vcgtq_f64, choose: vbslq_f64,
        mask: Mask64x8, test: vtstq_u64, abs: vabsq_f64,
    }
}

/// Converts signed 24-bit integers to f32.
///
/// # Safety
///
/// The machine must have NEON.
#[inline(always)]
unsafe fn convert_i24(int: uint32x4_t) -> float32x4_t {
    // SAFETY: the caller's.
    unsafe { vcvtq_f32_s32(vreinterpretq_s32_u32(int)) }
}
