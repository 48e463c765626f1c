//! The portable level: the vectors of the `wide` crate, which are SSE2, NEON or simd128 registers
//! or plain arrays as the build's target has it. It is the specification of the other levels.
//!
//! Of `wide`, only exact and correctly rounded operations are used: its `mul_add`, `exp`, `ln`
//! and their like change their bits with build flags.

use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use bytemuck::cast;
use wide::{f32x16, f64x8, i32x16, i64x8, u32x16, u64x8};

use crate::uninit;

use super::vector::{Float, Int, Mask, Simd};
#[cfg(test)]
use crate::level::Level;

#[derive(Clone, Copy)]
pub(crate) struct Portable;

#[derive(Clone, Copy)]
pub(crate) struct U32x16(u32x16);
#[derive(Clone, Copy)]
pub(crate) struct U64x8(u64x8);
#[derive(Clone, Copy)]
pub(crate) struct F32x16(f32x16);
#[derive(Clone, Copy)]
pub(crate) struct F64x8(f64x8);
/// All bits of a marked lane are ones.
#[derive(Clone, Copy)]
pub(crate) struct Mask32x16(i32x16);
#[derive(Clone, Copy)]
pub(crate) struct Mask64x8(i64x8);

impl Simd for Portable {
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;
    type Mask32 = Mask32x16;
    type Mask64 = Mask64x8;
    #[cfg(test)]
    const LEVEL: Level = Level::Portable;

    #[inline(always)]
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R {
        // Never inlined: where other levels can run, they would find its buffers on the stack.
        #[inline(never)]
        fn without_features<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        without_features(f)
    }

    #[inline(always)]
    fn high_halves(words: U32x16) -> [u16; 16] {
        words.0.to_array().map(|word| (word >> 16) as u16)
    }

    #[inline(always)]
    fn halves(words: U64x8) -> U32x16 {
        let words = if cfg!(target_endian = "big") {
            // Low half first: on a big-endian machine it is not first in memory.
            words.rotl::<32>()
        } else {
            words
        };
        U32x16(cast(words.0))
    }
}

/// Implements an operator by that of `wide`.
macro_rules! operators {
    ($vector:ident: $($trait:ident $method:ident $op:tt),*) => {$(
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(self.0 $op other.0)
            }
        }
    )*};
}

operators!(U32x16: Add add +, BitAnd bitand &, BitOr bitor |, BitXor bitxor ^);
operators!(U64x8: Add add +, BitAnd bitand &, BitOr bitor |, BitXor bitxor ^);
operators!(F32x16: Add add +, Sub sub -, Mul mul *);
operators!(F64x8: Add add +, Sub sub -, Mul mul *);

operators!(Mask32x16: BitAnd bitand &);
operators!(Mask64x8: BitAnd bitand &);

impl Mask for Mask32x16 {
    #[inline(always)]
    fn bits(self) -> u32 {
        self.0.to_bitmask()
    }
}

impl Mask for Mask64x8 {
    #[inline(always)]
    fn bits(self) -> u32 {
        self.0.to_bitmask()
    }
}

/// Implements [`Int`] by the type of `wide` and its signed sibling.
macro_rules! int {
    ($vector:ident { wide: $wide:ident, signed: $signed:ident, word: $word:ty, twice: $twice:ty,
     mask: $mask:ident, lanes: $lanes:literal }) => {
        impl Int<Portable> for $vector {
            type Word = $word;
            type Mask = $mask;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Portable, word: $word) -> Self {
                Self($wide::splat(word))
            }
            #[inline(always)]
            fn load(_: Portable, words: &[$word]) -> Self {
                let words: [$word; $lanes] = words[..$lanes].try_into().expect("that many");
                Self($wide::new(words))
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                words[..$lanes].copy_from_slice(&self.0.to_array());
            }
            #[inline(always)]
            fn shl<const N: i32>(self) -> Self {
                Self(self.0 << N as u32)
            }
            #[inline(always)]
            fn shr<const N: i32>(self) -> Self {
                Self(self.0 >> N as u32)
            }
            #[inline(always)]
            fn rotl<const N: i32>(self) -> Self {
                Self(self.0 << N as u32 | self.0 >> (<$word>::BITS - N as u32))
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> $mask {
                let (a, b): ($signed, $signed) = (cast(self.0), cast(other.0));
                $mask(a.simd_lt(b))
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                Self(cast(cast::<_, $signed>(self.0).abs()))
            }
            #[inline(always)]
            fn mul_wide(self, _: Portable, factor: u32) -> [Self; 2] {
                let products =
                    self.0.to_array().map(|word| <$twice>::from(word) * <$twice>::from(factor));
                let high = products.map(|product| (product >> <$word>::BITS) as $word);
                [Self($wide::new(high)), Self($wide::new(products.map(|product| product as $word)))]
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                Self($wide::new(self.0.to_array().map(|i| table[i as usize & (N - 1)])))
            }
            #[inline(always)]
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                uninit::write(&mut words[..$lanes], &self.0.to_array());
            }
        }
    };
}

int!(U32x16 { wide: u32x16, signed: i32x16, word: u32, twice: u64, mask: Mask32x16, lanes: 16 });
int!(U64x8 { wide: u64x8, signed: i64x8, word: u64, twice: u128, mask: Mask64x8, lanes: 8 });

/// Implements [`Float`] by the type of `wide`.
macro_rules! float {
    ($vector:ident { wide: $wide:ident, int: $int:ident, real: $real:ty, mask: $mask:ident, lanes: $lanes:literal,
     from_int: $from_int:ident }) => {
        impl Float<Portable> for $vector {
            type Real = $real;
            type Int = $int;
            type Mask = $mask;
            #[inline(always)]
            fn splat(_: Portable, value: $real) -> Self {
                Self($wide::splat(value))
            }
            #[inline(always)]
            fn load(_: Portable, values: &[$real]) -> Self {
                let values: [$real; $lanes] = values[..$lanes].try_into().expect("that many");
                Self($wide::new(values))
            }
            #[inline(always)]
            fn store(self, values: &mut [$real]) {
                values[..$lanes].copy_from_slice(&self.0.to_array());
            }
            #[inline(always)]
            fn store_uninit(self, values: &mut [MaybeUninit<$real>]) {
                uninit::write(&mut values[..$lanes], &self.0.to_array());
            }
            #[inline(always)]
            fn from_int(int: $int) -> Self {
                Self($from_int(int.0))
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                Self(cast(bits.0))
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                $int(cast(self.0))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.abs())
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                $mask(cast(self.0.simd_lt(other.0)))
            }
            #[inline(always)]
            fn select(self, mask: u32, other: Self) -> Self {
                let (mut values, a) = (other.0.to_array(), self.0.to_array());
                for (i, (value, a)) in values.iter_mut().zip(a).enumerate() {
                    if mask >> i & 1 == 1 {
                        *value = a;
                    }
                }
                Self($wide::new(values))
            }
            // The `fast_` functions are whatever the processor has, which only on x86 is what
            // `Float` defines: NEON takes the sign of a zero into account, simd128 the first of two.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if cfg!(target_feature = "sse") {
                    return Self(self.0.fast_min(other.0));
                }
                Self(self.0.simd_lt(other.0).bitselect(self.0, other.0))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if cfg!(target_feature = "sse") {
                    return Self(self.0.fast_max(other.0));
                }
                Self(self.0.simd_gt(other.0).bitselect(self.0, other.0))
            }
        }
    };
}

float!(F32x16 {
    wide: f32x16,
    int: U32x16,
    real: f32,
    mask: Mask32x16,
    lanes: 16,
    from_int: convert_i24
});
float!(F64x8 {
    wide: f64x8,
    int: U64x8,
    real: f64,
    mask: Mask64x8,
    lanes: 8,
    from_int: convert_u53
});

/// Converts signed 24-bit integers to f32.
#[inline(always)]
fn convert_i24(int: u32x16) -> f32x16 {
    f32x16::from_i32x16(cast(int))
}

/// Converts unsigned 53-bit integers to f64, for machines without an instruction for it.
///
/// An integer is h 2^32 + l, and each half becomes the mantissa of a power of two. With the bits
/// of 2^52, where the last bit is worth 1, l makes 2^52 + l; with those of 2^84, where it is worth
/// 2^32, h makes 2^84 + h 2^32. To subtract 2^84 + 2^52 from the latter is exact, as all are
/// multiples of 2^32, and to add the former is too, as the sum is the integer. For 3 2^32 + 5:
///
/// ```text
/// low   0x4330_0000_0000_0005   2^52 + 5
/// high  0x4530_0000_0000_0003   2^84 + 3 2^32
/// high - (2^84 + 2^52)          3 2^32 - 2^52
/// .. + low                      3 2^32 + 5
/// ```
#[inline(always)]
fn convert_u53(int: u64x8) -> f64x8 {
    let low = (int & u64x8::splat(0xffff_ffff)) | u64x8::splat(0x4330_0000_0000_0000);
    let high = (int >> 32_u32) | u64x8::splat(0x4530_0000_0000_0000);
    let powers = f64x8::splat(f64::from_bits(0x4530_0000_0010_0000)); // 2^84 + 2^52
    (cast::<_, f64x8>(high) - powers) + cast::<_, f64x8>(low)
}
