//! What an instruction set offers: vectors of logical widths, and operations with the same bits at
//! every level.

use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use super::nontemporal::CacheLine;
#[cfg(test)]
use crate::level::Level;

/// Lanes of the widest vector, which has words of 32 bits: no [`Int::LANES`] is greater.
pub const WIDEST: usize = 16;

/// One instruction set: its vectors, and the function that turns them on.
///
/// The widths are logical and the same everywhere: 8 lanes of 64 bits, 16 of 32.
pub trait Simd: Copy + Send + Sync + 'static {
    type U32: Int<Self, Word = u32, Mask = Self::Mask32>;
    type U64: Int<Self, Word = u64, Mask = Self::Mask64>;
    type F32: Float<Self, Real = f32, Int = Self::U32, Mask = Self::Mask32>;
    type F64: Float<Self, Real = f64, Int = Self::U64, Mask = Self::Mask64>;
    type Mask32: Mask;
    type Mask64: Mask;

    /// The level that this is.
    #[cfg(test)]
    const LEVEL: Level;

    /// Runs `f` compiled for this instruction set. `f` and all it calls must be inlined.
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R;

    /// The 16 halves of 8 words, low half first.
    fn halves(words: Self::U64) -> Self::U32;

    /// The product of each word with a factor, modulo 2^64.
    #[inline(always)]
    fn times(self, words: Self::U64, factor: u64) -> Self::U64 {
        let mut products = [0; WIDEST];
        words.store(&mut products);
        for word in &mut products[..Self::U64::LANES] {
            *word = u64::wrapping_mul(*word, factor);
        }
        Self::U64::load(self, &products)
    }

    /// Copies one cache line with a non-temporal store: past the caches, for memory that is too
    /// large to stay in them. [`Simd::fence`] must come before any other access to the line.
    #[inline(always)]
    fn store_nontemporal<T: bytemuck::Pod>(self, values: &[T], line: &mut MaybeUninit<CacheLine>) {
        line.write(CacheLine(bytemuck::pod_read_unaligned(bytemuck::cast_slice(values))));
    }

    /// Waits for this thread's non-temporal stores: what they have written is there for every
    /// access that follows, of this thread and of those that synchronize with it later.
    ///
    /// Nothing else orders these stores, neither the order of the program nor a lock, so whoever
    /// has called [`Simd::store_nontemporal`] calls this before it hands on the memory.
    #[inline(always)]
    fn fence(self) {}

    /// The upper half of each word.
    fn high_halves(words: Self::U32) -> [u16; 16];

    /// Rounds 32 finite values to bf16, nearest even.
    ///
    /// The same as `half::bf16::from_f32`, which does not become vector code.
    #[inline(always)]
    fn to_bf16(self, values: [Self::F32; 2]) -> [half::bf16; 32] {
        use half::slice::HalfBitsSliceExt;
        let mut halves = [[0; 16]; 2];
        for (halves, v) in halves.iter_mut().zip(values) {
            let bits = v.to_bits();
            let odd = bits.shr::<16>() & Self::U32::splat(self, 1);
            *halves = Self::high_halves(bits + Self::U32::splat(self, 0x7fff) + odd);
        }
        let halves: [u16; 32] = bytemuck::cast(halves);
        *halves.reinterpret_cast().first_chunk().expect("as many halves")
    }

    /// Rounds 32 values to f16, nearest even.
    #[inline(always)]
    fn to_f16(self, values: [Self::F32; 2]) -> [half::f16; 32] {
        use half::slice::HalfFloatSliceExt;
        let (mut wide, mut narrow) = ([0.0; 32], [half::f16::ZERO; 32]);
        values[0].store(&mut wide);
        values[1].store(&mut wide[16..]);
        narrow.convert_from_f32_slice(&wide);
        narrow
    }
}

/// A mark for each lane, as comparisons make it.
pub trait Mask: Copy + BitAnd<Output = Self> {
    /// Bit `i` is set where lane `i` is marked. Many processors need several instructions for it, so
    /// masks are combined first.
    fn bits(self) -> u32;
}

/// A vector of unsigned words.
pub trait Int<S: Simd>:
    Copy + Add<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self>
{
    type Word;
    type Mask: Mask;
    const LANES: usize;
    fn splat(s: S, word: Self::Word) -> Self;
    /// Loads the first lanes of `words`, which must have as many.
    fn load(s: S, words: &[Self::Word]) -> Self;
    /// Stores to the first lanes of `words`, which must have as many.
    fn store(self, words: &mut [Self::Word]);
    fn shl<const N: i32>(self) -> Self;
    fn shr<const N: i32>(self) -> Self;
    fn rotl<const N: i32>(self) -> Self;
    /// Marks the lanes of `self` that are less than those of `other`, as signed numbers.
    fn lt_signed(self, other: Self) -> Self::Mask;
    /// The magnitude of each lane as a signed number.
    fn abs_signed(self) -> Self;
    /// The product of each lane with `factor`, which has twice as many bits: their upper and their
    /// lower halves.
    fn mul_wide(self, s: S, factor: u32) -> [Self; 2];
    /// `table[self % N]` lane by lane; `N` is a power of two.
    fn gather<const N: usize>(self, table: &[Self::Word; N]) -> Self;
    /// Stores to the first lanes of `words`, which must have as many.
    fn store_uninit(self, words: &mut [MaybeUninit<Self::Word>]);
    /// The bitwise sum of three vectors. Where it is two operations, `b` and `c` are summed first: a
    /// caller that needs their sum again names them so.
    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        b ^ c ^ self
    }
}

/// A vector of floating-point numbers.
pub trait Float<S: Simd>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    type Real;
    type Int;
    type Mask: Mask;
    fn splat(s: S, value: Self::Real) -> Self;
    fn load(s: S, values: &[Self::Real]) -> Self;
    fn store(self, values: &mut [Self::Real]);
    fn store_uninit(self, values: &mut [MaybeUninit<Self::Real>]);
    /// Converts integers exactly: any signed 24-bit number to f32, any unsigned 53-bit one to f64.
    fn from_int(int: Self::Int) -> Self;
    fn from_bits(bits: Self::Int) -> Self;
    fn to_bits(self) -> Self::Int;
    /// The magnitude of each lane.
    fn abs(self) -> Self;
    /// Marks the lanes of `self` that are less than those of `other`.
    fn lt(self, other: Self) -> Self::Mask;
    /// Lane `i` of `self` where bit `i` is set, of `other` elsewhere.
    fn select(self, mask: u32, other: Self) -> Self;
    /// Lane `i` of `self` where it is less than that of `other`, of `other` elsewhere: of two zeros
    /// that of `other`, whatever the signs. Processors have instructions that choose otherwise.
    fn min(self, other: Self) -> Self;
    /// Lane `i` of `self` where it is greater than that of `other`, of `other` elsewhere.
    fn max(self, other: Self) -> Self;
}

/// A computation that can run at any level.
pub trait Job {
    type Output;
    fn run<S: Simd>(self, s: S) -> Self::Output;
}
