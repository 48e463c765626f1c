//! AVX-512 (F, BW, DQ, VL): one register a vector.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use super::{Float, Int, Simd, Worklist};

/// Proof that the machine has the level.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        found.then_some(Self(()))
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

impl Simd for Avx512 {
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;

    #[inline(always)]
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
    fn to_f16(v: F32x16) -> [half::f16; 16] {
        // SAFETY: a vector proves the level; both types are 32 plain bytes.
        unsafe {
            core::mem::transmute(
                _mm512_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(v.0),
            )
        }
    }
}

/// Implements an operator by an intrinsic of two vectors.
macro_rules! operator {
    ($vector:ty, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $intrinsic(self.0, other.0) })
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

/// Implements [`Int`] by the intrinsics of one width.
macro_rules! int {
    ($vector:ident, $word:ty, $lanes:literal, $splat:ident, $shl:ident, $shr:ident, $rol:ident,
     $lt:ident, $abs:ident, $gather:ident, $scale:literal, $compress:ident, $indices:ident) => {
        impl Int<Avx512> for $vector {
            type Word = $word;
            #[inline(always)]
            fn splat(_: Avx512, word: $word) -> Self {
                // SAFETY: the token proves the level.
                Self(unsafe { $splat(word as _) })
            }
            #[inline(always)]
            fn load(_: Avx512, words: &[$word]) -> Self {
                let words: &[$word; $lanes] = words[..$lanes].try_into().expect("that many");
                // SAFETY: the token proves the level; the array is as long as the vector.
                Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                let words = &mut words[..$lanes];
                // SAFETY: a vector proves the level; the slice is as long as the vector.
                unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn shl<const N: i32>(self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $shl(self.0, _mm_cvtsi32_si128(N)) })
            }
            #[inline(always)]
            fn shr<const N: i32>(self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $shr(self.0, _mm_cvtsi32_si128(N)) })
            }
            #[inline(always)]
            fn rotl<const N: i32>(self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $rol::<N>(self.0) })
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> u32 {
                // SAFETY: a vector proves the level.
                unsafe { $lt(self.0, other.0) as u32 }
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $abs(self.0) })
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                // SAFETY: a vector proves the level; every index is taken modulo the table's size.
                unsafe {
                    let index = _mm512_and_si512(self.0, $splat((N - 1) as _));
                    Self($gather::<$scale>(index, table.as_ptr().cast()))
                }
            }
            #[inline(always)]
            fn push_to<const N: usize>(self, list: &mut Worklist<$word, N>, mask: u32, base: u32) {
                let places = list.len..list.len + $lanes;
                let indices = &mut list.indices[places.clone()];
                let words = &mut list.words[places];
                // SAFETY: a vector proves the level; both slices are as long as the vector.
                unsafe {
                    $indices(indices.as_mut_ptr().cast(), mask, base);
                    let packed = $compress(mask as _, self.0);
                    _mm512_storeu_si512(words.as_mut_ptr().cast(), packed);
                }
                list.len += mask.count_ones() as usize;
            }
        }
    };
}

int!(
    U32x16,
    u32,
    16,
    _mm512_set1_epi32,
    _mm512_sll_epi32,
    _mm512_srl_epi32,
    _mm512_rol_epi32,
    _mm512_cmplt_epi32_mask,
    _mm512_abs_epi32,
    _mm512_i32gather_epi32,
    4,
    _mm512_maskz_compress_epi32,
    store_indices_16
);
int!(
    U64x8,
    u64,
    8,
    _mm512_set1_epi64,
    _mm512_sll_epi64,
    _mm512_srl_epi64,
    _mm512_rol_epi64,
    _mm512_cmplt_epi64_mask,
    _mm512_abs_epi64,
    _mm512_i64gather_epi64,
    8,
    _mm512_maskz_compress_epi64,
    store_indices_8
);

/// Stores `base + i` for every set bit `i` of `mask`, and something in the rest of 16 places.
///
/// # Safety
///
/// The machine must have the level, and `places` room for 16 indices.
#[inline(always)]
unsafe fn store_indices_16(places: *mut u32, mask: u32, base: u32) {
    // SAFETY: the caller's.
    unsafe {
        let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let indices = _mm512_add_epi32(lanes, _mm512_set1_epi32(base as i32));
        let packed = _mm512_maskz_compress_epi32(mask as u16, indices);
        _mm512_storeu_si512(places.cast(), packed);
    }
}

/// The same with 8 places.
///
/// # Safety
///
/// The machine must have the level, and `places` room for 8 indices.
#[inline(always)]
unsafe fn store_indices_8(places: *mut u32, mask: u32, base: u32) {
    // SAFETY: the caller's.
    unsafe {
        let lanes = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
        let indices = _mm256_add_epi32(lanes, _mm256_set1_epi32(base as i32));
        let packed = _mm256_maskz_compress_epi32(mask as u8, indices);
        _mm256_storeu_si256(places.cast(), packed);
    }
}

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident, $int:ident, $real:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident,
     $convert:ident, $from_bits:ident, $to_bits:ident, $lt:ident, $min:ident, $max:ident) => {
        impl Float<Avx512> for $vector {
            type Real = $real;
            type Int = $int;
            #[inline(always)]
            fn splat(_: Avx512, value: $real) -> Self {
                // SAFETY: the token proves the level.
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn load(_: Avx512, values: &[$real]) -> Self {
                let values = &values[..$lanes];
                // SAFETY: the token proves the level; the slice is as long as the vector.
                Self(unsafe { $load(values.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, values: &mut [$real]) {
                let values = &mut values[..$lanes];
                // SAFETY: a vector proves the level; the slice is as long as the vector.
                unsafe { $store(values.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn store_uninit(self, values: &mut [MaybeUninit<$real>]) {
                let values = &mut values[..$lanes];
                // SAFETY: a vector proves the level; the slice is as long as the vector.
                unsafe { $store(values.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn from_int(int: $int) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $convert(int.0) })
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $from_bits(bits.0) })
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                // SAFETY: a vector proves the level.
                $int(unsafe { $to_bits(self.0) })
            }
            #[inline(always)]
            fn lt(self, other: Self) -> u32 {
                // SAFETY: a vector proves the level.
                unsafe { $lt::<_CMP_LT_OQ>(self.0, other.0) as u32 }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $min(self.0, other.0) })
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $max(self.0, other.0) })
            }
        }
    };
}

float!(
    F32x16,
    U32x16,
    f32,
    16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_cvtepi32_ps,
    _mm512_castsi512_ps,
    _mm512_castps_si512,
    _mm512_cmp_ps_mask,
    _mm512_min_ps,
    _mm512_max_ps
);
float!(
    F64x8,
    U64x8,
    f64,
    8,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_cvtepi64_pd,
    _mm512_castsi512_pd,
    _mm512_castpd_si512,
    _mm512_cmp_pd_mask,
    _mm512_min_pd,
    _mm512_max_pd
);
