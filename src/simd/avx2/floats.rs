//! Vectors of floating-point numbers in AVX2.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::{Avx2, F32x16, F64x8, Mask32x16, Mask64x8, U32x16, U64x8};
use crate::simd::vector::Float;

/// The bit of each lane in a mask, in the lane.
macro_rules! places {
    ($word:ty, $lanes:literal) => {{
        let mut places: [$word; $lanes] = [1; $lanes];
        let mut i = 0;
        while i < $lanes {
            places[i] <<= i;
            i += 1;
        }
        // SAFETY: both types are 64 plain bytes.
        let [low, high]: [__m256i; 2] = unsafe { core::mem::transmute(places) };
        (low, high)
    }};
}

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident {
        int: $int:ident, word: $word:ty, real: $real:ty, lanes: $lanes:literal,
        splat: $splat:ident, load: $load:ident, store: $store:ident,
        from_int: $from_int:ident, from_bits: $from_bits:ident, to_bits: $to_bits:ident,
        compare: $compare:ident, mask: $mask:ident, equal: $equal:ident,
        blend: $blend:ident, min: $min:ident, max: $max:ident, and_not: $and_not:ident,
    }) => {
        impl Float<Avx2> for $vector {
            type Real = $real;
            type Int = $int;
            type Mask = $mask;
            #[inline(always)]
            fn splat(_: Avx2, value: $real) -> Self {
                proved!(Self($splat(value), $splat(value)))
            }
            #[inline(always)]
            fn load(_: Avx2, values: &[$real]) -> Self {
                let (low, high) = values[..$lanes].split_at($lanes / 2);
                // SAFETY: the level is proved; each half is as long as a register.
                unsafe { Self($load(low.as_ptr()), $load(high.as_ptr())) }
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
                both!($from_int(int))
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                both!($from_bits(bits))
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                both!($int, $to_bits(self))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                let sign = proved!($splat(-0.0));
                let sign = (sign, sign);
                both!($and_not(sign, self))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                let (low, high) = proved!((
                    $compare::<_CMP_LT_OQ>(self.0, other.0),
                    $compare::<_CMP_LT_OQ>(self.1, other.1)
                ));
                proved!($mask($to_bits(low), $to_bits(high)))
            }
            #[inline(always)]
            fn select(self, mask: u32, other: Self) -> Self {
                // AVX2 blends by lanes of ones or zeros, so the bits of the mask must become such.
                // Each lane takes the whole mask, keeps the bit of its own place, and is compared
                // with that bit. For 4 lanes, whose bits are 1 2 4 8, and the mask 0b0110: lanes
                // 6 6 6 6, kept 0 2 4 0, equal in lanes 1 and 2.
                const PLACES: (__m256i, __m256i) = places!($word, $lanes);
                let mask = proved!(_mm256_set1_epi32(mask as i32));
                let mask = (mask, mask);
                let kept = both!($int, _mm256_and_si256(mask, PLACES));
                let chosen = Self::from_bits(both!($int, $equal(kept, PLACES)));
                both!($blend(other, self, chosen))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                both!($min(self, other))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                both!($max(self, other))
            }
        }
    };
}

float! {
    F32x16 {
        int: U32x16, word: u32, real: f32, lanes: 16,
        splat: _mm256_set1_ps, load: _mm256_loadu_ps, store: _mm256_storeu_ps,
        from_int: _mm256_cvtepi32_ps, from_bits: _mm256_castsi256_ps, to_bits: _mm256_castps_si256,
        compare: _mm256_cmp_ps, mask: Mask32x16, equal: _mm256_cmpeq_epi32,
        blend: _mm256_blendv_ps, min: _mm256_min_ps, max: _mm256_max_ps, and_not: _mm256_andnot_ps,
    }
}
float! {
    F64x8 {
        int: U64x8, word: u64, real: f64, lanes: 8,
        splat: _mm256_set1_pd, load: _mm256_loadu_pd, store: _mm256_storeu_pd,
        from_int: convert_u53, from_bits: _mm256_castsi256_pd, to_bits: _mm256_castpd_si256,
        compare: _mm256_cmp_pd, mask: Mask64x8, equal: _mm256_cmpeq_epi64,
        blend: _mm256_blendv_pd, min: _mm256_min_pd, max: _mm256_max_pd, and_not: _mm256_andnot_pd,
    }
}

/// Converts unsigned 53-bit integers to f64.
///
/// As `convert_u53` of the portable level, where the algorithm is explained with an example; the
/// blend replaces the upper half of each integer, which is what `low` there does in two steps.
///
/// # Safety
///
/// The machine must have AVX2.
#[inline(always)]
unsafe fn convert_u53(int: __m256i) -> __m256d {
    // SAFETY: the caller's.
    unsafe {
        let low = _mm256_blend_epi32::<0xaa>(int, _mm256_set1_epi64x(0x4330_0000_0000_0000));
        let high = _mm256_or_si256(
            _mm256_srli_epi64::<32>(int),
            _mm256_set1_epi64x(0x4530_0000_0000_0000),
        );
        let powers = f64::from_bits(0x4530_0000_0010_0000); // 2^84 + 2^52
        let high = _mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(powers));
        _mm256_add_pd(high, _mm256_castsi256_pd(low))
    }
}
