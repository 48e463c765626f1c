//! AVX2 and F16C: two registers a vector, lower lanes first.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};
use std::sync::LazyLock;

use super::nontemporal::CacheLine;
use super::vector::{Int, Mask, Simd};
#[cfg(test)]
use crate::level::Level;

/// Proof that the machine has the level.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        // Asked once: every fill asks for it, and each feature is a look-up.
        static FOUND: LazyLock<bool> = LazyLock::new(|| {
            is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("f16c")
                && bit_manipulation()
        });
        FOUND.then_some(Self(()))
    }
}

/// The scalar instructions that every processor with AVX2 has, for masks.
pub(super) fn bit_manipulation() -> bool {
    is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[derive(Clone, Copy)]
pub(crate) struct U32x16(__m256i, __m256i);
#[derive(Clone, Copy)]
pub(crate) struct U64x8(__m256i, __m256i);
#[derive(Clone, Copy)]
pub(crate) struct F32x16(__m256, __m256);
#[derive(Clone, Copy)]
pub(crate) struct F64x8(__m256d, __m256d);
/// All bits of a marked lane are ones.
#[derive(Clone, Copy)]
pub(crate) struct Mask32x16(__m256i, __m256i);
#[derive(Clone, Copy)]
pub(crate) struct Mask64x8(__m256i, __m256i);

/// Calls intrinsics that work on registers only; what touches memory says why it may.
macro_rules! proved {
    ($value:expr) => {
        // SAFETY: a token or a vector is at hand and proves that the machine has the level: see
        // "Why the intrinsics may be called" in the module above.
        unsafe { $value }
    };
}

/// Applies an intrinsic to both registers of each argument.
macro_rules! both {
    ($intrinsic:ident $(::<$count:ident>)? ( $($arg:expr),* )) => {
        both!(Self, $intrinsic $(::<$count>)? ($($arg),*))
    };
    ($vector:ident, $intrinsic:ident $(::<$count:ident>)? ( $($arg:expr),* )) => {{
        let low = proved!($intrinsic $(::<$count>)? ($($arg.0),*));
        $vector(low, proved!($intrinsic $(::<$count>)? ($($arg.1),*)))
    }};
}

impl Simd for Avx2 {
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;
    type Mask32 = Mask32x16;
    type Mask64 = Mask64x8;
    #[cfg(test)]
    const LEVEL: Level = Level::Avx2;

    #[inline(always)]
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2,f16c,bmi1,bmi2,lzcnt,popcnt")]
        fn with_features<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        // SAFETY: the token proves that the machine has these features.
        unsafe { with_features(f) }
    }

    #[inline(always)]
    fn halves(words: U64x8) -> U32x16 {
        U32x16(words.0, words.1)
    }

    #[inline(always)]
    fn times(self, words: U64x8, factor: u64) -> U64x8 {
        // For a word h 2^32 + l and a factor g 2^32 + f, the product modulo 2^64 is
        // l f + (h f + l g) 2^32.
        let low = U64x8::splat(self, factor & 0xffff_ffff);
        let high = U64x8::splat(self, factor >> 32);
        let upper = words.shr::<32>();
        let middle = both!(U64x8, _mm256_mul_epu32(upper, low))
            + both!(U64x8, _mm256_mul_epu32(words, high));
        both!(U64x8, _mm256_mul_epu32(words, low)) + middle.shl::<32>()
    }

    #[inline(always)]
    fn store_nontemporal<T: bytemuck::Pod>(self, values: &[T], line: &mut MaybeUninit<CacheLine>) {
        let bytes: &[u8; 64] = bytemuck::cast_slice(values).try_into().expect("a line");
        // SAFETY: the level is proved; both are as long as a line, and `line` is aligned. The
        // caller calls `fence` before any other access to it.
        unsafe {
            let (from, to) =
                (bytes.as_ptr().cast::<__m256i>(), line.as_mut_ptr().cast::<__m256i>());
            let (low, high) = (_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(1)));
            _mm256_stream_si256(to, low);
            _mm256_stream_si256(to.add(1), high);
        }
    }

    #[inline(always)]
    fn fence(self) {
        proved!(_mm_sfence())
    }

    #[inline(always)]
    fn high_halves(words: U32x16) -> [u16; 16] {
        let halves = words.shr::<16>();
        // Packing narrows without a change, as all are below 2^16, but takes from both registers by
        // turns: of words 0 to 15, quarters of the result hold 0-3, 8-11, 4-7 and 12-15. The
        // permutation exchanges those in the middle.
        let halves = proved!({
            let packed = _mm256_packus_epi32(halves.0, halves.1);
            _mm256_permute4x64_epi64::<0b11_01_10_00>(packed)
        });
        // SAFETY: both types are 32 plain bytes.
        unsafe { core::mem::transmute(halves) }
    }

    #[inline(always)]
    fn to_f16(self, [a, b]: [F32x16; 2]) -> [half::f16; 32] {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT;
        let halves = proved!([
            _mm256_cvtps_ph::<NEAREST>(a.0),
            _mm256_cvtps_ph::<NEAREST>(a.1),
            _mm256_cvtps_ph::<NEAREST>(b.0),
            _mm256_cvtps_ph::<NEAREST>(b.1),
        ]);
        // SAFETY: both types are 64 plain bytes.
        unsafe { core::mem::transmute(halves) }
    }
}

/// Implements an operator by an intrinsic of two registers.
macro_rules! operator {
    ($vector:ty, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                both!($intrinsic(self, other))
            }
        }
    };
}

operator!(U32x16, Add, add, _mm256_add_epi32);
operator!(U32x16, BitAnd, bitand, _mm256_and_si256);
operator!(U32x16, BitOr, bitor, _mm256_or_si256);
operator!(U32x16, BitXor, bitxor, _mm256_xor_si256);
operator!(U64x8, Add, add, _mm256_add_epi64);
operator!(U64x8, BitAnd, bitand, _mm256_and_si256);
operator!(U64x8, BitOr, bitor, _mm256_or_si256);
operator!(U64x8, BitXor, bitxor, _mm256_xor_si256);
operator!(F32x16, Add, add, _mm256_add_ps);
operator!(F32x16, Sub, sub, _mm256_sub_ps);
operator!(F32x16, Mul, mul, _mm256_mul_ps);
operator!(F64x8, Add, add, _mm256_add_pd);
operator!(F64x8, Sub, sub, _mm256_sub_pd);
operator!(F64x8, Mul, mul, _mm256_mul_pd);

operator!(Mask32x16, BitAnd, bitand, _mm256_and_si256);
operator!(Mask64x8, BitAnd, bitand, _mm256_and_si256);

/// Implements [`Mask`] by the signs of the lanes.
macro_rules! mask {
    ($mask:ident, $lanes:literal, $signs:ident, $as_float:ident) => {
        impl Mask for $mask {
            #[inline(always)]
            fn bits(self) -> u32 {
                proved!({
                    let low = $signs($as_float(self.0)) as u32;
                    low | ($signs($as_float(self.1)) as u32) << ($lanes / 2)
                })
            }
        }
    };
}

mask!(Mask32x16, 16, _mm256_movemask_ps, _mm256_castsi256_ps);
mask!(Mask64x8, 8, _mm256_movemask_pd, _mm256_castsi256_pd);

/// Stores both registers of a vector to the first lanes of a slice.
macro_rules! store {
    ($store:ident, $vector:expr, $slice:expr, $lanes:literal) => {{
        let (low, high) = $slice[..$lanes].split_at_mut($lanes / 2);
        // SAFETY: the level is proved; each half is as long as a register.
        unsafe {
            $store(low.as_mut_ptr().cast(), $vector.0);
            $store(high.as_mut_ptr().cast(), $vector.1);
        }
    }};
}

mod floats;
mod ints;
