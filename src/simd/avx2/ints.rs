//! Vectors of integers in AVX2.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::{Avx2, Mask32x16, Mask64x8, U32x16, U64x8};
use crate::simd::vector::Int;

/// Implements [`Int`] by the intrinsics of one width.
macro_rules! int {
    ($vector:ident {
        word: $word:ty, lanes: $lanes:literal, splat: $splat:ident, gather: $gather:ident,
        shl: $shl:ident, shr: $shr:ident, shr_by_register: $shr_by_register:ident,
        sub: $sub:ident, greater: $greater:ident,
        mask: $mask:ident, mul_wide: $mul_wide:ident,
    }) => {
        impl Int<Avx2> for $vector {
            type Word = $word;
            type Mask = $mask;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Avx2, word: $word) -> Self {
                proved!(Self($splat(word as _), $splat(word as _)))
            }
            #[inline(always)]
            fn load(_: Avx2, words: &[$word]) -> Self {
                let (low, high) = words[..$lanes].split_at($lanes / 2);
                // SAFETY: the level is proved; each half is as long as a register.
                unsafe {
                    let low = _mm256_loadu_si256(low.as_ptr().cast());
                    Self(low, _mm256_loadu_si256(high.as_ptr().cast()))
                }
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                store!(_mm256_storeu_si256, self, words, $lanes)
            }
            #[inline(always)]
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                store!(_mm256_storeu_si256, self, words, $lanes)
            }
            #[inline(always)]
            fn shl<const N: i32>(self) -> Self {
                both!($shl::<N>(self))
            }
            #[inline(always)]
            fn shr<const N: i32>(self) -> Self {
                both!($shr::<N>(self))
            }
            #[inline(always)]
            fn rotl<const N: i32>(self) -> Self {
                // A count that is computed from a const parameter cannot be a const argument.
                let count = proved!(_mm_cvtsi32_si128(<$word>::BITS as i32 - N));
                let count = (count, count);
                let right = both!($shr_by_register(self, count));
                self.shl::<N>() | right
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> $mask {
                both!($mask, $greater(other, self))
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                // Where x is negative, `negative` is -1, and -x is !x + 1, or (x ^ -1) - -1.
                let zero = proved!(_mm256_setzero_si256());
                let zero = (zero, zero);
                let negative = both!($greater(zero, self));
                let flipped = self ^ negative;
                both!($sub(flipped, negative))
            }
            #[inline(always)]
            fn mul_wide(self, _: Avx2, factor: u32) -> [Self; 2] {
                proved!({
                    let factor = _mm256_set1_epi64x(factor.into());
                    let ([high_0, low_0], [high_1, low_1]) =
                        ($mul_wide(self.0, factor), $mul_wide(self.1, factor));
                    [Self(high_0, high_1), Self(low_0, low_1)]
                })
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                const SIZE: i32 = size_of::<$word>() as i32;
                let last = proved!($splat((N - 1) as _));
                let last = (last, last);
                let indices = both!(_mm256_and_si256(self, last));
                let table = table.as_ptr().cast();
                // SAFETY: the level is proved; every index is below the table's length.
                unsafe {
                    Self($gather::<SIZE>(table, indices.0), $gather::<SIZE>(table, indices.1))
                }
            }
        }
    };
}

int! {
    U32x16 {
        word: u32, lanes: 16, splat: _mm256_set1_epi32, gather: _mm256_i32gather_epi32,
        shl: _mm256_slli_epi32, shr: _mm256_srli_epi32, shr_by_register: _mm256_srl_epi32,
        sub: _mm256_sub_epi32, greater: _mm256_cmpgt_epi32,
        mask: Mask32x16, mul_wide: mul_wide_u32,
    }
}
int! {
    U64x8 {
        word: u64, lanes: 8, splat: _mm256_set1_epi64x, gather: _mm256_i64gather_epi64,
        shl: _mm256_slli_epi64, shr: _mm256_srli_epi64, shr_by_register: _mm256_srl_epi64,
        sub: _mm256_sub_epi64, greater: _mm256_cmpgt_epi64,
        mask: Mask64x8, mul_wide: mul_wide_u64,
    }
}

/// Multiplies words of 32 bits by a factor in every word of 64 bits: the upper and the lower halves
/// of the products.
///
/// # Safety
///
/// The machine must have AVX2.
#[inline(always)]
unsafe fn mul_wide_u32(words: __m256i, factor: __m256i) -> [__m256i; 2] {
    // SAFETY: the caller's.
    unsafe {
        let even = _mm256_mul_epu32(words, factor);
        let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(words), factor);
        [
            _mm256_blend_epi32::<0xaa>(_mm256_srli_epi64::<32>(even), odd),
            _mm256_blend_epi32::<0xaa>(even, _mm256_slli_epi64::<32>(odd)),
        ]
    }
}

/// [`mul_wide_u32`] of words of 64 bits.
///
/// # Safety
///
/// The machine must have AVX2.
#[inline(always)]
unsafe fn mul_wide_u64(words: __m256i, factor: __m256i) -> [__m256i; 2] {
    // SAFETY: the caller's.
    unsafe {
        let low = _mm256_mul_epu32(words, factor);
        let high = _mm256_mul_epu32(_mm256_srli_epi64::<32>(words), factor);
        // At most (2^32 - 1)^2 + 2^32 - 1: no overflow.
        let carried = _mm256_add_epi64(high, _mm256_srli_epi64::<32>(low));
        [_mm256_srli_epi64::<32>(carried), _mm256_add_epi64(low, _mm256_slli_epi64::<32>(high))]
    }
}
