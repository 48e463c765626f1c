//! AVX-512 (F, BW, DQ, VL): one register a vector.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};
use std::sync::LazyLock;

use super::nontemporal::CacheLine;
use super::vector::{Float, Int, Mask, Simd};
#[cfg(test)]
use crate::level::Level;

/// Proof that the machine has the level.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        // Asked once, as for AVX2.
        static FOUND: LazyLock<bool> = LazyLock::new(|| {
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && super::avx2::bit_manipulation()
        });
        FOUND.then_some(Self(()))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct U32x16(__m512i);
#[derive(Clone, Copy)]
pub(crate) struct U64x8(__m512i);
#[derive(Clone, Copy)]
pub(crate) struct F32x16(__m512);
#[derive(Clone, Copy)]
pub(crate) struct F64x8(__m512d);

/// Calls intrinsics that work on registers only; what touches memory says why it may.
macro_rules! proved {
    ($value:expr) => {
        // SAFETY: a token or a vector is at hand and proves that the machine has the level: see
        // "Why the intrinsics may be called" in the module above.
        unsafe { $value }
    };
}

impl Simd for Avx512 {
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;
    type Mask32 = __mmask16;
    type Mask64 = __mmask8;
    #[cfg(test)]
    const LEVEL: Level = Level::Avx512;

    #[inline(always)]
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,lzcnt,popcnt")]
        fn with_features<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        // SAFETY: the token proves that the machine has these features.
        unsafe { with_features(f) }
    }

    #[inline(always)]
    fn halves(words: U64x8) -> U32x16 {
        U32x16(words.0)
    }

    #[inline(always)]
    fn times(self, words: U64x8, factor: u64) -> U64x8 {
        U64x8(proved!(_mm512_mullo_epi64(words.0, _mm512_set1_epi64(factor.cast_signed()))))
    }

    #[inline(always)]
    fn store_nontemporal<T: bytemuck::Pod>(self, values: &[T], line: &mut MaybeUninit<CacheLine>) {
        let bytes: &[u8; 64] = bytemuck::cast_slice(values).try_into().expect("a line");
        // SAFETY: the level is proved; both are as long as a line, and `line` is aligned. The
        // caller calls `fence` before any other access to it.
        unsafe {
            _mm512_stream_si512(
                line.as_mut_ptr().cast(),
                _mm512_loadu_si512(bytes.as_ptr().cast()),
            );
        }
    }

    #[inline(always)]
    fn fence(self) {
        proved!(_mm_sfence())
    }

    #[inline(always)]
    fn high_halves(words: U32x16) -> [u16; 16] {
        let halves = proved!(_mm512_cvtepi32_epi16(words.shr::<16>().0));
        // SAFETY: both types are 32 plain bytes.
        unsafe { core::mem::transmute(halves) }
    }

    /// Works on all 32 values at once, as halves of 16 bits: the high ones are the results but for
    /// the rounding, which the low ones tell. The carry of the rounding may reach the exponent, as
    /// it must. For 4 values:
    ///
    /// ```text
    /// bits     3f80_8000  3f81_8000  3f81_7fff  3fff_ffff
    /// low           8000       8000       7fff       ffff
    /// high          3f80       3f81       3f81       3fff
    /// dropped       8000       8001       8000       ffff   low + 1 where high is odd, no overflow
    /// up              no        yes         no        yes   dropped > 8000
    /// result        3f80       3f82       3f81       4000
    /// ```
    #[inline(always)]
    fn to_bf16(self, [a, b]: [F32x16; 2]) -> [half::bf16; 32] {
        // Where the low halves are among the 64 halves of `a` and `b`: 0, 2, .. 62.
        const LOW: [u16; 32] = {
            let mut indices = [0; 32];
            let mut i = 0;
            while i < 32 {
                indices[i] = 2 * i as u16;
                i += 1;
            }
            indices
        };
        let (a, b) = (a.to_bits().0, b.to_bits().0);
        // SAFETY: the level is proved; the arrays are as long as a register.
        unsafe {
            let (one, tie) = (_mm512_set1_epi16(1), _mm512_set1_epi16(i16::MIN));
            let places = _mm512_loadu_si512(LOW.as_ptr().cast());
            let low = _mm512_permutex2var_epi16(a, places, b);
            let high = _mm512_permutex2var_epi16(a, _mm512_or_si512(places, one), b);
            // Up if what is dropped is above a tie, or is one and what is kept is odd: the sum is
            // above a tie just then. It saturates, or ffff and 1 would make 0.
            let dropped = _mm512_adds_epu16(low, _mm512_and_si512(high, one));
            let up = _mm512_cmpgt_epu16_mask(dropped, tie);
            core::mem::transmute(_mm512_mask_add_epi16(high, up, high, one))
        }
    }

    #[inline(always)]
    fn to_f16(self, [a, b]: [F32x16; 2]) -> [half::f16; 32] {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        let halves = proved!([_mm512_cvtps_ph::<NEAREST>(a.0), _mm512_cvtps_ph::<NEAREST>(b.0)]);
        // SAFETY: both types are 64 plain bytes.
        unsafe { core::mem::transmute(halves) }
    }
}

impl Mask for __mmask16 {
    #[inline(always)]
    fn bits(self) -> u32 {
        self.into()
    }
}

impl Mask for __mmask8 {
    #[inline(always)]
    fn bits(self) -> u32 {
        self.into()
    }
}

/// Implements an operator by an intrinsic of two vectors.
macro_rules! operator {
    ($vector:ty, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(proved!($intrinsic(self.0, other.0)))
            }
        }
    };
}

operator!(U32x16, Add, add, _mm512_add_epi32);
operator!(U32x16, BitAnd, bitand, _mm512_and_si512);
operator!(U32x16, BitOr, bitor, _mm512_or_si512);
operator!(U32x16, BitXor, bitxor, _mm512_xor_si512);
operator!(U64x8, Add, add, _mm512_add_epi64);
operator!(U64x8, BitAnd, bitand, _mm512_and_si512);
operator!(U64x8, BitOr, bitor, _mm512_or_si512);
operator!(U64x8, BitXor, bitxor, _mm512_xor_si512);
operator!(F32x16, Add, add, _mm512_add_ps);
operator!(F32x16, Sub, sub, _mm512_sub_ps);
operator!(F32x16, Mul, mul, _mm512_mul_ps);
operator!(F64x8, Add, add, _mm512_add_pd);
operator!(F64x8, Sub, sub, _mm512_sub_pd);
operator!(F64x8, Mul, mul, _mm512_mul_pd);

mod floats;
mod ints;
