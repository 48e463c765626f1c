//! Vectors of floating-point numbers in AVX-512.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::{Avx512, F32x16, F64x8, U32x16, U64x8};
use crate::simd::vector::Float;

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident {
        int: $int:ident, real: $real:ty, mask: $mask:ty, lanes: $lanes:literal,
        splat: $splat:ident, load: $load:ident, store: $store:ident,
        from_int: $from_int:ident, from_bits: $from_bits:ident, to_bits: $to_bits:ident,
        compare: $compare:ident, blend: $blend:ident,
        min: $min:ident, max: $max:ident, abs: $abs:ident,
    }) => {
        impl Float<Avx512> for $vector {
            type Real = $real;
            type Int = $int;
            type Mask = $mask;
            #[inline(always)]
            fn splat(_: Avx512, value: $real) -> Self {
                Self(proved!($splat(value)))
            }
            #[inline(always)]
            fn load(_: Avx512, values: &[$real]) -> Self {
                let values = &values[..$lanes];
                // SAFETY: the level is proved; the slice is as long as the vector.
                Self(unsafe { $load(values.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, values: &mut [$real]) {
                let values = &mut values[..$lanes];
                // SAFETY: the level is proved; the slice is as long as the vector.
                unsafe { $store(values.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn store_uninit(self, values: &mut [MaybeUninit<$real>]) {
                let values = &mut values[..$lanes];
                // SAFETY: the level is proved; the slice is as long as the vector.
                unsafe { $store(values.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn from_int(int: $int) -> Self {
                Self(proved!($from_int(int.0)))
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                Self(proved!($from_bits(bits.0)))
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                $int(proved!($to_bits(self.0)))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(proved!($abs(self.0)))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                proved!($compare::<_CMP_LT_OQ>(self.0, other.0))
            }
            #[inline(always)]
            fn select(self, mask: u32, other: Self) -> Self {
                Self(proved!($blend(mask as $mask, other.0, self.0)))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self(proved!($min(self.0, other.0)))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self(proved!($max(self.0, other.0)))
            }
        }
    };
}

float! {
    F32x16 {
        int: U32x16, real: f32, mask: __mmask16, lanes: 16,
        splat: _mm512_set1_ps, load: _mm512_loadu_ps, store: _mm512_storeu_ps,
        from_int: _mm512_cvtepi32_ps, from_bits: _mm512_castsi512_ps, to_bits: _mm512_castps_si512,
        compare: _mm512_cmp_ps_mask, blend: _mm512_mask_blend_ps,
        min: _mm512_min_ps, max: _mm512_max_ps, abs: _mm512_abs_ps,
    }
}
float! {
    F64x8 {
        int: U64x8, real: f64, mask: __mmask8, lanes: 8,
        splat: _mm512_set1_pd, load: _mm512_loadu_pd, store: _mm512_storeu_pd,
        from_int: _mm512_cvtepi64_pd, from_bits: _mm512_castsi512_pd, to_bits: _mm512_castpd_si512,
        compare: _mm512_cmp_pd_mask, blend: _mm512_mask_blend_pd,
        min: _mm512_min_pd, max: _mm512_max_pd, abs: _mm512_abs_pd,
    }
}
