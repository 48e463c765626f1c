//! AVX2 and F16C: two registers a vector, lower lanes first.

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
