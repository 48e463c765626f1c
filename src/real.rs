//! The two types that kernels compute in, and all that differs between their kernels.

use core::mem::MaybeUninit;
use core::ops::{Add, Mul, Sub};

use crate::distr::ziggurat::Table;
use crate::distr::ziggurat_tables::Tables;
use crate::element::Element;
use crate::format::{BLOCK_STEPS, LANES, LAYERS_F32, LAYERS_F64};
use crate::init::Haar;
use crate::simd::{Float, Int, Simd, Worklist};
use crate::xoshiro::Lanes;

/// f32, which spends 32 random bits an element, or f64, which spends 64.
pub trait Real:
    Element<Real = Self>
    + bytemuck::Pod
    + Haar
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
{
    /// The unsigned integer of the same size.
    type Word: Copy + Default + Send + Sync + 'static;
    /// The vector of `LANES` numbers at a level.
    type Vector<S: Simd>: Float<S, Real = Self, Int = Self::Words<S>>;
    /// The vector of `LANES` words at a level.
    type Words<S: Simd>: Int<S, Word = Self::Word>;

    /// Elements of one step of the generator.
    const LANES: usize;
    /// Elements of a block.
    const BLOCK: usize = BLOCK_STEPS * Self::LANES;
    /// Significant bits of a uniform number.
    const DIGITS: i32;
    /// The least significant of them as part of 1.
    const UNIT: f64 = 1.0 / (1u64 << Self::DIGITS) as f64;
    /// `1.5 * 2^m`, where `m` is the number of mantissa bits: adding it rounds to an integer.
    const ROUND: f64;
    /// Terms of the series of `2^r` that reach the type's precision.
    const TERMS: usize;
    /// A word for each layer of a ziggurat.
    type Layers: Send + Sync + 'static;
    /// Memory for the values of a block.
    type Block: AsMut<[MaybeUninit<Self>]>;
    /// Memory for a block, uninitialised.
    fn block() -> Self::Block;
    /// The rejected elements of a block.
    type Rejected: Rejected<Self>;

    /// The words of one step of the generator.
    fn draw<S: Simd>(lanes: &mut Lanes<S>) -> Self::Words<S>;

    /// What stands in a table for the layer of each word.
    fn look_up<S: Simd>(words: Self::Words<S>, table: &Self::Layers) -> Self::Words<S>;

    /// Marks the words whose layer is the lowest.
    fn in_base<S: Simd>(s: S, words: Self::Words<S>) -> u32;

    /// The top `DIGITS` bits of each word as an integer.
    fn digits<S: Simd>(words: Self::Words<S>) -> Self::Vector<S>;

    /// A candidate of the ziggurat from a word and its layer's entry (see
    /// [`crate::distr::ziggurat`]), and where it is surely below the curve.
    fn candidate<S: Simd>(
        s: S,
        words: Self::Words<S>,
        entries: Self::Words<S>,
    ) -> (Self::Vector<S>, u32);

    /// Shifts integers to where the exponent is.
    fn to_exponent<S: Simd>(words: Self::Words<S>) -> Self::Words<S>;

    /// The table of this type.
    fn table(tables: &'static Tables) -> &'static Table<Self>;
    /// Rounds to nearest even.
    fn of(value: f64) -> Self {
        <Self as crate::element::Sealed>::round(value)
    }
}

impl Real for f32 {
    type Word = u32;
    type Vector<S: Simd> = S::F32;
    type Words<S: Simd> = S::U32;
    const LANES: usize = 2 * LANES;
    const DIGITS: i32 = 24;
    const ROUND: f64 = 12_582_912.0;
    const TERMS: usize = 8;
    type Layers = [u32; LAYERS_F32];
    type Block = [MaybeUninit<Self>; Self::BLOCK];
    type Rejected = Worklist<u32, { Self::BLOCK }, { Self::BLOCK / 8 }, { Self::BLOCK + 16 }>;

    #[inline(always)]
    fn block() -> Self::Block {
        [MaybeUninit::uninit(); _]
    }

    #[inline(always)]
    fn draw<S: Simd>(lanes: &mut Lanes<S>) -> S::U32 {
        S::halves(lanes.next())
    }

    #[inline(always)]
    fn look_up<S: Simd>(words: S::U32, table: &Self::Layers) -> S::U32 {
        words.gather(table)
    }

    #[inline(always)]
    fn in_base<S: Simd>(s: S, words: S::U32) -> u32 {
        (words & S::U32::splat(s, LAYERS_F32 as u32 - 1)).lt_signed(S::U32::splat(s, 1))
    }

    #[inline(always)]
    fn digits<S: Simd>(words: S::U32) -> S::F32 {
        S::F32::from_int(words.shr::<8>())
    }

    /// Bits 8 to 31 are the signed numerator; half a unit more keeps zero from being special.
    #[inline(always)]
    fn candidate<S: Simd>(s: S, words: S::U32, entries: S::U32) -> (S::F32, u32) {
        let numerator = (words & S::U32::splat(s, !0xff)) | S::U32::splat(s, 0x80);
        let sure = numerator.abs_signed().lt_signed(entries.shl::<20>());
        (S::F32::from_int(numerator) * S::F32::from_bits(entries), sure)
    }

    #[inline(always)]
    fn to_exponent<S: Simd>(words: S::U32) -> S::U32 {
        words.shl::<23>()
    }
    fn table(tables: &'static Tables) -> &'static Table<Self> {
        &tables.single
    }
}

impl Real for f64 {
    type Word = u64;
    type Vector<S: Simd> = S::F64;
    type Words<S: Simd> = S::U64;
    const LANES: usize = LANES;
    const DIGITS: i32 = 53;
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const TERMS: usize = 14;
    type Layers = [u64; LAYERS_F64];
    type Block = [MaybeUninit<Self>; Self::BLOCK];
    type Rejected = Worklist<u64, { Self::BLOCK }, { Self::BLOCK / 8 }, { Self::BLOCK + 16 }>;

    #[inline(always)]
    fn block() -> Self::Block {
        [MaybeUninit::uninit(); _]
    }

    #[inline(always)]
    fn draw<S: Simd>(lanes: &mut Lanes<S>) -> S::U64 {
        lanes.next()
    }

    #[inline(always)]
    fn look_up<S: Simd>(words: S::U64, table: &Self::Layers) -> S::U64 {
        words.gather(table)
    }

    #[inline(always)]
    fn in_base<S: Simd>(s: S, words: S::U64) -> u32 {
        (words & S::U64::splat(s, LAYERS_F64 as u64 - 1)).lt_signed(S::U64::splat(s, 1))
    }

    #[inline(always)]
    fn digits<S: Simd>(words: S::U64) -> S::F64 {
        S::F64::from_int(words.shr::<11>())
    }

    /// Bits 12 to 63 are the magnitude with its top bit inverted, so that signed comparison, the
    /// one that every level has, compares it; bit 11 is the sign. Half a unit more keeps zero from
    /// being special.
    #[inline(always)]
    fn candidate<S: Simd>(s: S, words: S::U64, entries: S::U64) -> (S::F64, u32) {
        let one_to_two = words.shr::<12>() ^ S::U64::splat(s, 0x3ff8_0000_0000_0000);
        let less = S::F64::splat(s, 1.0 - f64::EPSILON / 2.0);
        let magnitude = (S::F64::from_bits(one_to_two) - less) * S::F64::from_bits(entries);
        let sign = words.shl::<52>() & S::U64::splat(s, 1 << 63);
        let sure = words.lt_signed(entries.shl::<52>());
        (S::F64::from_bits(magnitude.to_bits() ^ sign), sure)
    }

    #[inline(always)]
    fn to_exponent<S: Simd>(words: S::U64) -> S::U64 {
        words.shl::<52>()
    }
    fn table(tables: &'static Tables) -> &'static Table<Self> {
        &tables.double
    }
}

/// A worklist of either width.
pub trait Rejected<R: Real> {
    fn new() -> Self;
    /// See [`Worklist::record`].
    fn record<'a, S: Simd>(
        &mut self,
        out: &'a mut [MaybeUninit<R>],
        step: impl FnMut() -> (R::Words<S>, R::Vector<S>, u32),
    ) -> &'a mut [MaybeUninit<R>];
    /// See [`Worklist::record_one`].
    fn record_one<S: Simd>(&mut self, words: R::Words<S>, mask: u32);
    /// See [`Worklist::list`].
    fn list(&mut self) -> (&mut [u16], &mut [R::Word]);
}

macro_rules! rejected {
    ($real:ty, $word:ty) => {
        impl<const N: usize, const M: usize, const I: usize> Rejected<$real>
            for Worklist<$word, N, M, I>
        {
            #[inline(always)]
            fn new() -> Self {
                Worklist::new()
            }
            #[inline(always)]
            fn record<'a, S: Simd>(
                &mut self,
                out: &'a mut [MaybeUninit<$real>],
                step: impl FnMut() -> (<$real as Real>::Words<S>, <$real as Real>::Vector<S>, u32),
            ) -> &'a mut [MaybeUninit<$real>] {
                Worklist::record(self, out, step)
            }
            #[inline(always)]
            fn record_one<S: Simd>(&mut self, words: <$real as Real>::Words<S>, mask: u32) {
                Worklist::record_one(self, words, mask);
            }
            #[inline(always)]
            fn list(&mut self) -> (&mut [u16], &mut [$word]) {
                Worklist::list(self)
            }
        }
    };
}

rejected!(f32, u32);
rejected!(f64, u64);
