//! Vectors of integers in NEON.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::{Mask32x16, Mask64x8, Neon, U32x16, U64x8};
use crate::simd::vector::Int;

/// Implements [`Int`] by the intrinsics of one width.
macro_rules! int {
    ($vector:ident {
        word: $word:ty, signed: $signed:ty, lanes: $lanes:literal, splat: $splat:ident,
        counts: $counts:ident, load: $load:ident, store: $store:ident,
        shl: $shl:ident, shr: $shr:ident, shift: $shift:ident, as_signed: $as_signed:ident,
        as_unsigned: $as_unsigned:ident, less: $less:ident, abs: $abs:ident,
        mask: $mask:ident, mul_wide: $mul_wide:ident, get: $get:ident, of_register: [$($lane:literal)*],
    }) => {
        impl Int<Neon> for $vector {
            type Word = $word;
            type Mask = $mask;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Neon, word: $word) -> Self {
                Self([proved!($splat(word)); 4])
            }
            #[inline(always)]
            fn load(_: Neon, words: &[$word]) -> Self {
                Self(load!($load, words, $lanes))
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                store!($store, self, words, $lanes)
            }
            #[inline(always)]
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                store!($store, self, words, $lanes)
            }
            #[inline(always)]
            fn shl<const N: i32>(self) -> Self {
                Self(each!($shl::<N>(self.0)))
            }
            #[inline(always)]
            fn shr<const N: i32>(self) -> Self {
                Self(each!($shr::<N>(self.0)))
            }
            #[inline(always)]
            fn rotl<const N: i32>(self) -> Self {
                // A count that is computed from a const parameter cannot be a const argument; a
                // negative one shifts to the right.
                let right = [proved!($counts((N - <$word>::BITS as i32) as $signed)); 4];
                self.shl::<N>() | Self(each!($shift(self.0, right)))
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> $mask {
                let (a, b) = (each!($as_signed(self.0)), each!($as_signed(other.0)));
                $mask(each!($less(a, b)))
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                let signed = each!($as_signed(self.0));
                let magnitudes = each!($abs(signed));
                Self(each!($as_unsigned(magnitudes)))
            }
            #[inline(always)]
            fn mul_wide(self, _: Neon, factor: u32) -> [Self; 2] {
                let (mut high, mut low) = (self.0, self.0);
                for (high, low) in high.iter_mut().zip(&mut low) {
                    [*high, *low] = proved!($mul_wide(*low, factor));
                }
                [Self(high), Self(low)]
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                let indices = self & Self::splat(Neon, (N - 1) as $word);
                let mut entries = indices.0;
                for register in &mut entries {
                    let found =
                        [$(table[proved!($get::<$lane>(*register)) as usize & (N - 1)]),*];
                    // SAFETY: the array is as long as a register.
                    *register = unsafe { $load(found.as_ptr()) };
                }
                Self(entries)
            }
        }
    };
}

int! {
    U32x16 {
        word: u32, signed: i32, lanes: 16, splat: vdupq_n_u32,
        counts: vdupq_n_s32, load: vld1q_u32, store: vst1q_u32,
        shl: vshlq_n_u32, shr: vshrq_n_u32, shift: vshlq_u32, as_signed: vreinterpretq_s32_u32,
        as_unsigned: vreinterpretq_u32_s32, less: vcltq_s32, abs: vabsq_s32,
        mask: Mask32x16, mul_wide: mul_wide_u32, get: vgetq_lane_u32, of_register: [0 1 2 3],
    }
}
int! {
    U64x8 {
        word: u64, signed: i64, lanes: 8, splat: vdupq_n_u64,
        counts: vdupq_n_s64, load: vld1q_u64, store: vst1q_u64,
        shl: vshlq_n_u64, shr: vshrq_n_u64, shift: vshlq_u64, as_signed: vreinterpretq_s64_u64,
        as_unsigned: vreinterpretq_u64_s64, less: vcltq_s64, abs: vabsq_s64,
        mask: Mask64x8, mul_wide: mul_wide_u64, get: vgetq_lane_u64, of_register: [0 1],
    }
}

/// Multiplies words of 32 bits by a factor: the upper and the lower halves of the products.
///
/// # Safety
///
/// The machine must have NEON.
#[inline(always)]
unsafe fn mul_wide_u32(words: uint32x4_t, factor: u32) -> [uint32x4_t; 2] {
    // SAFETY: the caller's.
    unsafe {
        let low = vreinterpretq_u32_u64(vmull_n_u32(vget_low_u32(words), factor));
        let high = vreinterpretq_u32_u64(vmull_high_n_u32(words, factor));
        [vuzp2q_u32(low, high), vuzp1q_u32(low, high)]
    }
}

/// [`mul_wide_u32`] of words of 64 bits.
///
/// # Safety
///
/// The machine must have NEON.
#[inline(always)]
unsafe fn mul_wide_u64(words: uint64x2_t, factor: u32) -> [uint64x2_t; 2] {
    // SAFETY: the caller's.
    unsafe {
        let low = vmull_n_u32(vmovn_u64(words), factor);
        let high = vmull_n_u32(vshrn_n_u64::<32>(words), factor);
        // At most (2^32 - 1)^2 + 2^32 - 1: no overflow.
        let carried = vsraq_n_u64::<32>(high, low);
        [vshrq_n_u64::<32>(carried), vaddq_u64(low, vshlq_n_u64::<32>(high))]
    }
}
