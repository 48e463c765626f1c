//! The two types that kernels compute in.

use core::fmt::Debug;
use core::mem::MaybeUninit;
use core::ops::{Add, Mul, Sub};

use super::Output;
use crate::generator::{LANES, Lanes};
use crate::number::Number;
use crate::simd::{Float, Int, Mask, Simd};

/// f32, which spends 32 random bits an element, or f64, which spends 64.
pub trait Real:
    Number + Output + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// The unsigned integer of the same size.
    type Word: bytemuck::Pod + Default + PartialEq + Debug + Send + Sync;
    /// Memory for the words of a block.
    type WordBlock: AsMut<[MaybeUninit<Self::Word>]>;
    /// The vector of [`Output::LANES`] numbers at a level.
    type Vector<S: Simd>: Float<S, Real = Self, Int = Self::Words<S>, Mask = Self::Mask<S>>;
    /// The vector of [`Output::LANES`] words at a level.
    type Words<S: Simd>: Int<S, Word = Self::Word, Mask = Self::Mask<S>>;
    /// Marks for such vectors.
    type Mask<S: Simd>: Mask;

    /// Significant bits of a uniform number.
    const DIGITS: i32;
    /// The least significant of these bits as a part of 1.
    const UNIT: f64 = 1.0 / (1u64 << Self::DIGITS) as f64;
    /// The least number with all significant bits.
    const LEAST_NORMAL: Self;
    /// A power of two. `UNIT` times the distance of any two numbers of the type, divided by this, is
    /// a normal number or infinite.
    const SHRINK: Self;
    /// Bounds that hold back no value.
    const UNBOUNDED: [Self; 2];

    /// Returns memory for the words of a block, uninitialised.
    fn word_block() -> Self::WordBlock;

    /// Takes the words of one step of the generator.
    fn draw<S: Simd>(lanes: &mut Lanes<S>) -> Self::Words<S>;

    /// Returns the top `DIGITS` bits of each word as an integer.
    fn digits<S: Simd>(words: Self::Words<S>) -> Self::Vector<S>;

    /// Returns a vector of equal numbers.
    #[inline(always)]
    fn splat<S: Simd>(self, s: S) -> Self::Vector<S> {
        Self::Vector::<S>::splat(s, self)
    }

    /// Tells which type the numbers have.
    fn which(values: &mut [Self]) -> Reals<'_>;
}

/// Replaces what is outside of bounds by the nearer one.
#[inline(always)]
pub(super) fn hold<R: Real>(values: &mut [R], [low, high]: [R; 2]) {
    for value in values {
        let at_least = if *value < low { low } else { *value };
        *value = if at_least > high { high } else { at_least };
    }
}

/// Numbers of one of the two types.
pub enum Reals<'a> {
    F32(&'a mut [f32]),
    F64(&'a mut [f64]),
}

impl Output for f32 {
    const LANES: usize = 2 * LANES;
    type Block = [MaybeUninit<Self>; Self::BLOCK];

    #[inline(always)]
    fn block() -> Self::Block {
        [MaybeUninit::uninit(); _]
    }
}

impl Real for f32 {
    type Word = u32;
    type WordBlock = [MaybeUninit<u32>; <Self as Output>::BLOCK];
    type Vector<S: Simd> = S::F32;
    type Words<S: Simd> = S::U32;
    type Mask<S: Simd> = S::Mask32;
    const DIGITS: i32 = 24;
    const LEAST_NORMAL: Self = f32::MIN_POSITIVE;
    const SHRINK: Self = f32::from_bits((127 - 64) << 23); // 2^-64
    const UNBOUNDED: [Self; 2] = [f32::NEG_INFINITY, f32::INFINITY];

    #[inline(always)]
    fn word_block() -> Self::WordBlock {
        [MaybeUninit::uninit(); _]
    }

    #[inline(always)]
    fn draw<S: Simd>(lanes: &mut Lanes<S>) -> S::U32 {
        S::halves(lanes.next())
    }

    #[inline(always)]
    fn digits<S: Simd>(words: S::U32) -> S::F32 {
        S::F32::from_int(words.shr::<8>())
    }

    fn which(values: &mut [Self]) -> Reals<'_> {
        Reals::F32(values)
    }
}

impl Output for f64 {
    const LANES: usize = LANES;
    type Block = [MaybeUninit<Self>; Self::BLOCK];

    #[inline(always)]
    fn block() -> Self::Block {
        [MaybeUninit::uninit(); _]
    }
}

impl Real for f64 {
    type Word = u64;
    type WordBlock = [MaybeUninit<u64>; <Self as Output>::BLOCK];
    type Vector<S: Simd> = S::F64;
    type Words<S: Simd> = S::U64;
    type Mask<S: Simd> = S::Mask64;
    const DIGITS: i32 = 53;
    const LEAST_NORMAL: Self = f64::MIN_POSITIVE;
    const SHRINK: Self = f64::from_bits((1023 - 128) << 52); // 2^-128
    const UNBOUNDED: [Self; 2] = [f64::NEG_INFINITY, f64::INFINITY];

    #[inline(always)]
    fn word_block() -> Self::WordBlock {
        [MaybeUninit::uninit(); _]
    }

    #[inline(always)]
    fn draw<S: Simd>(lanes: &mut Lanes<S>) -> S::U64 {
        lanes.next()
    }

    #[inline(always)]
    fn digits<S: Simd>(words: S::U64) -> S::F64 {
        S::F64::from_int(words.shr::<11>())
    }

    fn which(values: &mut [Self]) -> Reals<'_> {
        Reals::F64(values)
    }
}
