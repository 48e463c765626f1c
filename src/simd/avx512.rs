//! AVX-512 (F, BW, DQ, VL): one register a vector.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use super::{Float, Int, Line, Simd};
#[cfg(test)]
use crate::level::Level;

/// Proof that the machine has the level.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && super::avx2::bit_manipulation();
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
    fn stream<T: bytemuck::Pod>(self, values: &[T], line: &mut MaybeUninit<Line>) {
        let bytes: &[u8; 64] = bytemuck::cast_slice(values).try_into().expect("a line");
        // SAFETY: the token proves the level; both are as long as a line, and `line` is aligned.
        unsafe {
            _mm512_stream_si512(
                line.as_mut_ptr().cast(),
                _mm512_loadu_si512(bytes.as_ptr().cast()),
            );
        }
    }

    #[inline(always)]
    fn fence(self) {
        // SAFETY: the token proves SSE.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    fn high_halves(words: U32x16) -> [u16; 16] {
        // SAFETY: a vector proves the level; both types are 32 plain bytes.
        unsafe { core::mem::transmute(_mm512_cvtepi32_epi16(words.shr::<16>().0)) }
    }

    #[inline(always)]
    fn to_bf16(self, [a, b]: [F32x16; 2]) -> [half::bf16; 32] {
        const EVEN: [u16; 32] = {
            let mut halves = [0; 32];
            let mut i = 0;
            while i < 32 {
                halves[i] = 2 * i as u16;
                i += 1;
            }
            halves
        };
        let (a, b) = (a.to_bits().0, b.to_bits().0);
        // SAFETY: a vector proves the level; the arrays are as long as a register.
        unsafe {
            let (one, tie) = (_mm512_set1_epi16(1), _mm512_set1_epi16(i16::MIN));
            let even = _mm512_loadu_si512(EVEN.as_ptr().cast());
            let low = _mm512_permutex2var_epi16(a, even, b);
            let high = _mm512_permutex2var_epi16(a, _mm512_or_si512(even, one), b);
            // Up if what is dropped is above a tie, or is one and what is kept is odd.
            let dropped = _mm512_adds_epu16(low, _mm512_and_si512(high, one));
            let up = _mm512_cmpgt_epu16_mask(dropped, tie);
            core::mem::transmute(_mm512_mask_add_epi16(high, up, high, one))
        }
    }

    #[inline(always)]
    fn to_f16(self, [a, b]: [F32x16; 2]) -> [half::f16; 32] {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        // SAFETY: a vector proves the level; both types are 64 plain bytes.
        unsafe {
            let halves = [_mm512_cvtps_ph::<NEAREST>(a.0), _mm512_cvtps_ph::<NEAREST>(b.0)];
            core::mem::transmute(halves)
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
     $lt:ident, $abs:ident, $gather:ident, $scale:literal) => {
        impl Int<Avx512> for $vector {
            type Word = $word;
            const LANES: usize = $lanes;
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
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                let words = &mut words[..$lanes];
                // SAFETY: a vector proves the level; the slice is as long as the vector.
                unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn xor3(self, b: Self, c: Self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { _mm512_ternarylogic_epi64::<0x96>(self.0, b.0, c.0) })
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
    4
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
    8
);

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident, $int:ident, $real:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident,
     $convert:ident, $from_bits:ident, $to_bits:ident, $lt:ident, $blend:ident, $mask:ty, $min:ident, $max:ident) => {
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
            fn select(self, mask: u32, other: Self) -> Self {
                // SAFETY: a vector proves the level.
                Self(unsafe { $blend(mask as $mask, other.0, self.0) })
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
    _mm512_mask_blend_ps,
    u16,
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
    _mm512_mask_blend_pd,
    u8,
    _mm512_min_pd,
    _mm512_max_pd
);
