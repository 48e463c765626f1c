//! Vectors of integers in AVX-512.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::{Avx512, U32x16, U64x8};
use crate::simd::vector::Int;

/// Implements [`Int`] by the intrinsics of one width.
macro_rules! int {
    ($vector:ident {
        word: $word:ty, lanes: $lanes:literal, splat: $splat:ident, gather: $gather:ident,
        shl: $shl:ident, shr: $shr:ident, rotl: $rotl:ident,
        mask: $mask:ty, lt: $lt:ident, abs: $abs:ident, mul_wide: $mul_wide:ident,
    }) => {
        impl Int<Avx512> for $vector {
            type Word = $word;
            type Mask = $mask;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Avx512, word: $word) -> Self {
                Self(proved!($splat(word as _)))
            }
            #[inline(always)]
            fn load(_: Avx512, words: &[$word]) -> Self {
                let words: &[$word; $lanes] = words[..$lanes].try_into().expect("that many");
                // SAFETY: the level is proved; the array is as long as the vector.
                Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                let words = &mut words[..$lanes];
                // SAFETY: the level is proved; the slice is as long as the vector.
                unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn shl<const N: i32>(self) -> Self {
                Self(proved!($shl(self.0, _mm_cvtsi32_si128(N))))
            }
            #[inline(always)]
            fn shr<const N: i32>(self) -> Self {
                Self(proved!($shr(self.0, _mm_cvtsi32_si128(N))))
            }
            #[inline(always)]
            fn rotl<const N: i32>(self) -> Self {
                Self(proved!($rotl::<N>(self.0)))
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> $mask {
                proved!($lt(self.0, other.0))
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                Self(proved!($abs(self.0)))
            }
            #[inline(always)]
            fn mul_wide(self, _: Avx512, factor: u32) -> [Self; 2] {
                proved!($mul_wide(self.0, _mm512_set1_epi64(factor.into())).map(Self))
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                // SAFETY: the level is proved; every index is taken modulo the table's size.
                unsafe {
                    let index = _mm512_and_si512(self.0, $splat((N - 1) as _));
                    Self($gather::<{ size_of::<$word>() as i32 }>(index, table.as_ptr().cast()))
                }
            }
            #[inline(always)]
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                let words = &mut words[..$lanes];
                // SAFETY: the level is proved; the slice is as long as the vector.
                unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn xor3(self, b: Self, c: Self) -> Self {
                Self(proved!(_mm512_ternarylogic_epi64::<0x96>(self.0, b.0, c.0)))
            }
        }
    };
}

int! {
    U32x16 {
        word: u32, lanes: 16, splat: _mm512_set1_epi32, gather: _mm512_i32gather_epi32,
        shl: _mm512_sll_epi32, shr: _mm512_srl_epi32, rotl: _mm512_rol_epi32,
        mask: __mmask16, lt: _mm512_cmplt_epi32_mask, abs: _mm512_abs_epi32, mul_wide: mul_wide_u32,
    }
}
int! {
    U64x8 {
        word: u64, lanes: 8, splat: _mm512_set1_epi64, gather: _mm512_i64gather_epi64,
        shl: _mm512_sll_epi64, shr: _mm512_srl_epi64, rotl: _mm512_rol_epi64,
        mask: __mmask8, lt: _mm512_cmplt_epi64_mask, abs: _mm512_abs_epi64, mul_wide: mul_wide_u64,
    }
}

/// Multiplies words of 32 bits by a factor in every word of 64 bits: the upper and the lower halves
/// of the products.
///
/// # Safety
///
/// The machine must have AVX-512 F.
#[inline(always)]
unsafe fn mul_wide_u32(words: __m512i, factor: __m512i) -> [__m512i; 2] {
    const ODD: u16 = 0xaaaa;
    // SAFETY: the caller's.
    unsafe {
        let even = _mm512_mul_epu32(words, factor);
        let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(words), factor);
        [
            _mm512_mask_mov_epi32(_mm512_srli_epi64::<32>(even), ODD, odd),
            _mm512_mask_mov_epi32(even, ODD, _mm512_slli_epi64::<32>(odd)),
        ]
    }
}

/// [`mul_wide_u32`] of words of 64 bits.
///
/// # Safety
///
/// The machine must have AVX-512 F.
#[inline(always)]
unsafe fn mul_wide_u64(words: __m512i, factor: __m512i) -> [__m512i; 2] {
    // SAFETY: the caller's.
    unsafe {
        let low = _mm512_mul_epu32(words, factor);
        let high = _mm512_mul_epu32(_mm512_srli_epi64::<32>(words), factor);
        // At most (2^32 - 1)^2 + 2^32 - 1: no overflow.
        let carried = _mm512_add_epi64(high, _mm512_srli_epi64::<32>(low));
        [_mm512_srli_epi64::<32>(carried), _mm512_add_epi64(low, _mm512_slli_epi64::<32>(high))]
    }
}
