//! AVX2 and F16C: two registers a vector, lower lanes first.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use super::{Float, Int, Line, Simd};
#[cfg(test)]
use crate::level::Level;

/// Proof that the machine has the level.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("f16c")
            && bit_manipulation();
        found.then_some(Self(()))
    }
}

/// The scalar instructions that every processor with AVX2 has, for masks.
#[inline]
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

impl Simd for Avx2 {
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;
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
    fn stream<T: bytemuck::Pod>(self, values: &[T], line: &mut MaybeUninit<Line>) {
        let bytes: &[u8; 64] = bytemuck::cast_slice(values).try_into().expect("a line");
        // SAFETY: the token proves the level; both are as long as a line, and `line` is aligned.
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
        // SAFETY: the token proves SSE.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    fn high_halves(words: U32x16) -> [u16; 16] {
        let halves = words.shr::<16>();
        // SAFETY: a vector proves the level; both types are 32 plain bytes. Packing works within
        // halves of registers: the permutation puts the quarters in order.
        unsafe {
            let packed = _mm256_packus_epi32(halves.0, halves.1);
            core::mem::transmute(_mm256_permute4x64_epi64::<0b11_01_10_00>(packed))
        }
    }

    #[inline(always)]
    fn to_f16(self, [a, b]: [F32x16; 2]) -> [half::f16; 32] {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT;
        // SAFETY: a vector proves the level; both types are 64 plain bytes.
        unsafe {
            core::mem::transmute([
                _mm256_cvtps_ph::<NEAREST>(a.0),
                _mm256_cvtps_ph::<NEAREST>(a.1),
                _mm256_cvtps_ph::<NEAREST>(b.0),
                _mm256_cvtps_ph::<NEAREST>(b.1),
            ])
        }
    }
}

/// Applies an intrinsic to both registers of each argument.
macro_rules! both {
    ($intrinsic:ident $(::<$count:ident>)? ( $($arg:expr),* )) => {
        // SAFETY: a vector or token in the arguments' reach proves the level.
        unsafe {
            let low = $intrinsic $(::<$count>)? ($($arg.0),*);
            Self(low, $intrinsic $(::<$count>)? ($($arg.1),*))
        }
    };
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

/// Implements [`Int`] by the intrinsics of one width.
macro_rules! int {
    ($vector:ident, $word:ty, $lanes:literal, $splat:ident, $shl:ident, $shr:ident, $sub:ident,
     $gt:ident, $signs:ident, $cast:ident, $gather:ident, $scale:literal) => {
        impl Int<Avx2> for $vector {
            type Word = $word;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Avx2, word: $word) -> Self {
                // SAFETY: the token proves the level.
                unsafe { Self($splat(word as _), $splat(word as _)) }
            }
            #[inline(always)]
            fn load(_: Avx2, words: &[$word]) -> Self {
                let (low, high) = words[..$lanes].split_at($lanes / 2);
                // SAFETY: the token proves the level; each half is as long as a register.
                unsafe {
                    let low = _mm256_loadu_si256(low.as_ptr().cast());
                    Self(low, _mm256_loadu_si256(high.as_ptr().cast()))
                }
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                let (low, high) = words[..$lanes].split_at_mut($lanes / 2);
                // SAFETY: a vector proves the level; each half is as long as a register.
                unsafe {
                    _mm256_storeu_si256(low.as_mut_ptr().cast(), self.0);
                    _mm256_storeu_si256(high.as_mut_ptr().cast(), self.1);
                }
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
                // SAFETY: a vector proves the level. The counts are written out because a const
                // parameter cannot be computed with.
                let right = unsafe {
                    let count = _mm_cvtsi32_si128(<$word>::BITS as i32 - N);
                    Self(int!(@right $shr, self.0, count), int!(@right $shr, self.1, count))
                };
                self.shl::<N>() | right
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> u32 {
                // SAFETY: a vector proves the level.
                unsafe {
                    let low = $signs($cast($gt(other.0, self.0))) as u32;
                    low | ($signs($cast($gt(other.1, self.1))) as u32) << ($lanes / 2)
                }
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                // SAFETY: a vector proves the level.
                unsafe {
                    let zero = _mm256_setzero_si256();
                    let (low, high) = ($gt(zero, self.0), $gt(zero, self.1));
                    let flipped = self ^ Self(low, high);
                    Self($sub(flipped.0, low), $sub(flipped.1, high))
                }
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                // SAFETY: a vector proves the level; every index is taken modulo the table's size.
                unsafe {
                    let last = $splat((N - 1) as _);
                    let (low, high) =
                        (_mm256_and_si256(self.0, last), _mm256_and_si256(self.1, last));
                    let table = table.as_ptr().cast();
                    Self($gather::<$scale>(table, low), $gather::<$scale>(table, high))
                }
            }
            #[inline(always)]
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                let (low, high) = words[..$lanes].split_at_mut($lanes / 2);
                // SAFETY: a vector proves the level; each half is as long as a register.
                unsafe {
                    _mm256_storeu_si256(low.as_mut_ptr().cast(), self.0);
                    _mm256_storeu_si256(high.as_mut_ptr().cast(), self.1);
                }
            }
        }
    };
    (@right _mm256_srli_epi32, $a:expr, $count:expr) => { _mm256_srl_epi32($a, $count) };
    (@right _mm256_srli_epi64, $a:expr, $count:expr) => { _mm256_srl_epi64($a, $count) };
}

int!(
    U32x16,
    u32,
    16,
    _mm256_set1_epi32,
    _mm256_slli_epi32,
    _mm256_srli_epi32,
    _mm256_sub_epi32,
    _mm256_cmpgt_epi32,
    _mm256_movemask_ps,
    _mm256_castsi256_ps,
    _mm256_i32gather_epi32,
    4
);
int!(
    U64x8,
    u64,
    8,
    _mm256_set1_epi64x,
    _mm256_slli_epi64,
    _mm256_srli_epi64,
    _mm256_sub_epi64,
    _mm256_cmpgt_epi64,
    _mm256_movemask_pd,
    _mm256_castsi256_pd,
    _mm256_i64gather_epi64,
    8
);

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident, $int:ident, $real:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident,
     $convert:ident, $from_bits:ident, $to_bits:ident, $cmp:ident, $signs:ident, $blend:ident,
     $equal:ident, $places:expr, $min:ident, $max:ident) => {
        impl Float<Avx2> for $vector {
            type Real = $real;
            type Int = $int;
            #[inline(always)]
            fn splat(_: Avx2, value: $real) -> Self {
                // SAFETY: the token proves the level.
                unsafe { Self($splat(value), $splat(value)) }
            }
            #[inline(always)]
            fn load(_: Avx2, values: &[$real]) -> Self {
                let (low, high) = values[..$lanes].split_at($lanes / 2);
                // SAFETY: the token proves the level; each half is as long as a register.
                unsafe { Self($load(low.as_ptr()), $load(high.as_ptr())) }
            }
            #[inline(always)]
            fn store(self, values: &mut [$real]) {
                let (low, high) = values[..$lanes].split_at_mut($lanes / 2);
                // SAFETY: a vector proves the level; each half is as long as a register.
                unsafe {
                    $store(low.as_mut_ptr(), self.0);
                    $store(high.as_mut_ptr(), self.1);
                }
            }
            #[inline(always)]
            fn store_uninit(self, values: &mut [MaybeUninit<$real>]) {
                let (low, high) = values[..$lanes].split_at_mut($lanes / 2);
                // SAFETY: a vector proves the level; each half is as long as a register.
                unsafe {
                    $store(low.as_mut_ptr().cast(), self.0);
                    $store(high.as_mut_ptr().cast(), self.1);
                }
            }
            #[inline(always)]
            fn from_int(int: $int) -> Self {
                // SAFETY: a vector proves the level.
                unsafe { Self($convert(int.0), $convert(int.1)) }
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                // SAFETY: a vector proves the level.
                unsafe { Self($from_bits(bits.0), $from_bits(bits.1)) }
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                // SAFETY: a vector proves the level.
                unsafe { $int($to_bits(self.0), $to_bits(self.1)) }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> u32 {
                // SAFETY: a vector proves the level.
                unsafe {
                    let low = $signs($cmp::<_CMP_LT_OQ>(self.0, other.0)) as u32;
                    low | ($signs($cmp::<_CMP_LT_OQ>(self.1, other.1)) as u32) << ($lanes / 2)
                }
            }
            #[inline(always)]
            fn select(self, mask: u32, other: Self) -> Self {
                // SAFETY: a vector proves the level.
                unsafe {
                    let places: [__m256i; 2] = core::mem::transmute($places);
                    let bits = _mm256_set1_epi32(mask as i32);
                    let low = $from_bits($equal(_mm256_and_si256(bits, places[0]), places[0]));
                    let high = $from_bits($equal(_mm256_and_si256(bits, places[1]), places[1]));
                    Self($blend(other.0, self.0, low), $blend(other.1, self.1, high))
                }
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

/// Unsigned 53-bit integers to f64: the halves become mantissas of 2^52 and 2^84, and the two
/// subtractions that take these powers away again are exact.
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

/// A bit for each lane.
macro_rules! places {
    ($word:ty, $lanes:literal) => {
        const {
            let mut places: [$word; $lanes] = [1; $lanes];
            let mut i = 0;
            while i < $lanes {
                places[i] <<= i;
                i += 1;
            }
            places
        }
    };
}

float!(
    F32x16,
    U32x16,
    f32,
    16,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_cvtepi32_ps,
    _mm256_castsi256_ps,
    _mm256_castps_si256,
    _mm256_cmp_ps,
    _mm256_movemask_ps,
    _mm256_blendv_ps,
    _mm256_cmpeq_epi32,
    places!(u32, 16),
    _mm256_min_ps,
    _mm256_max_ps
);
float!(
    F64x8,
    U64x8,
    f64,
    8,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    convert_u53,
    _mm256_castsi256_pd,
    _mm256_castpd_si256,
    _mm256_cmp_pd,
    _mm256_movemask_pd,
    _mm256_blendv_pd,
    _mm256_cmpeq_epi64,
    places!(u64, 8),
    _mm256_min_pd,
    _mm256_max_pd
);
