//! The instruction-set island: the only place that names vector registers, and with
//! [`crate::uninit`] the only place with `unsafe`.
//!
//! A kernel is written once over [`Simd`] and run by [`dispatch`] at the best [`Level`] of the
//! machine. A token (a value of a type that implements [`Simd`]) exists only where the machine
//! has that level, vectors are made from tokens only, and so holding a vector proves that its
//! instructions may run. Every operation here is exact or correctly rounded, hence the same bits
//! at every level: integer operations, `+ - *`, compares, and exact conversions. There is no
//! fused multiply-add on purpose.

#![allow(unsafe_code)] // the one island: core::arch intrinsics and the floating-point state

mod fpenv;
mod level;
mod portable;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

pub(crate) use fpenv::FloatEnv;
pub use level::Level;
pub(crate) use level::best;

/// One instruction set: its vectors, and the function that turns them on.
///
/// The widths are logical and the same everywhere: 8 lanes of 64 bits, 16 of 32.
pub trait Simd: Copy + Send + Sync + 'static {
    type U32: Int<Self, Word = u32>;
    type U64: Int<Self, Word = u64>;
    type F32: Float<Self, Real = f32, Int = Self::U32>;
    type F64: Float<Self, Real = f64, Int = Self::U64>;

    /// Runs `f` compiled for this instruction set. `f` and all it calls must be inlined.
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R;

    /// The 16 halves of 8 words, low half first.
    fn halves(words: Self::U64) -> Self::U32;

    /// Rounds 16 values to half precision, nearest even.
    #[inline(always)]
    fn to_f16(v: Self::F32) -> [half::f16; 16] {
        use half::slice::HalfFloatSliceExt;
        let (mut wide, mut narrow) = ([0.0; 16], [half::f16::ZERO; 16]);
        v.store(&mut wide);
        narrow.convert_from_f32_slice(&wide);
        narrow
    }
}

/// A vector of unsigned words.
pub trait Int<S: Simd>:
    Copy + Add<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self>
{
    type Word;
    fn splat(s: S, word: Self::Word) -> Self;
    /// Loads the first lanes of `words`, which must have as many.
    fn load(s: S, words: &[Self::Word]) -> Self;
    /// Stores to the first lanes of `words`, which must have as many.
    fn store(self, words: &mut [Self::Word]);
    fn shl<const N: i32>(self) -> Self;
    fn shr<const N: i32>(self) -> Self;
    fn rotl<const N: i32>(self) -> Self;
    /// Bit `i` is set where lane `i` of `self` is less than that of `other`, as signed numbers.
    fn lt_signed(self, other: Self) -> u32;
    /// The magnitude of each lane as a signed number.
    fn abs_signed(self) -> Self;
    /// `table[self % N]` lane by lane; `N` is a power of two.
    fn gather<const N: usize>(self, table: &[Self::Word; N]) -> Self;
    /// Appends `(base + i, lane i)` for every set bit `i` of `mask`, in ascending order.
    fn push_to<const N: usize>(self, list: &mut Worklist<Self::Word, N>, mask: u32, base: u32);
}

/// A vector of floating-point numbers.
pub trait Float<S: Simd>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    type Real;
    type Int;
    fn splat(s: S, value: Self::Real) -> Self;
    fn load(s: S, values: &[Self::Real]) -> Self;
    fn store(self, values: &mut [Self::Real]);
    fn store_uninit(self, values: &mut [MaybeUninit<Self::Real>]);
    /// Converts integers exactly: any signed 24-bit number to f32, any unsigned 53-bit one to f64.
    fn from_int(int: Self::Int) -> Self;
    fn from_bits(bits: Self::Int) -> Self;
    fn to_bits(self) -> Self::Int;
    /// Bit `i` is set where lane `i` of `self` is less than that of `other`.
    fn lt(self, other: Self) -> u32;
    fn min(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
}

/// The elements of a block that a fast path left, in ascending order: their indices and words.
///
/// `N` is the most elements of a block plus the lanes of a vector, so that a whole vector can
/// always be stored behind the last element.
pub struct Worklist<W, const N: usize> {
    indices: [MaybeUninit<u32>; N],
    words: [MaybeUninit<W>; N],
    len: usize,
}

impl<W: Copy, const N: usize> Worklist<W, N> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        let (indices, words) = ([MaybeUninit::uninit(); N], [MaybeUninit::uninit(); N]);
        Self { indices, words, len: 0 }
    }

    /// Appends one element.
    #[inline(always)]
    fn push(&mut self, index: u32, word: W) {
        self.indices[self.len].write(index);
        self.words[self.len].write(word);
        self.len += 1;
    }

    /// Appends `(base + i, words[i])` for every set bit `i` of `mask`.
    #[inline(always)]
    fn push_set_bits(&mut self, words: &[W], mut mask: u32, base: u32) {
        while mask != 0 {
            let lane = mask.trailing_zeros();
            self.push(base + lane, words[lane as usize]);
            mask &= mask - 1;
        }
    }

    /// The indices, to be worked on in place, and the words.
    #[inline(always)]
    pub(crate) fn parts(&mut self) -> (&mut [u32], &[W]) {
        // SAFETY: every place below `len` has been written by a push.
        unsafe {
            let indices = self.indices[..self.len].assume_init_mut();
            (indices, self.words[..self.len].assume_init_ref())
        }
    }
}

/// A computation that can run at any level.
pub(crate) trait Job {
    type Output;
    fn run<S: Simd>(self, s: S) -> Self::Output;
}

/// Runs `job` at `level`, which the machine has: [`Level`] values that it lacks are refused where
/// they are asked for.
#[inline]
pub(crate) fn dispatch<J: Job>(level: Level, job: J) -> J::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if level >= Level::Avx512
            && let Some(s) = avx512::Avx512::detect()
        {
            return s.vectorize(
                #[inline(always)]
                || job.run(s),
            );
        }
        if level >= Level::Avx2
            && let Some(s) = avx2::Avx2::detect()
        {
            return s.vectorize(
                #[inline(always)]
                || job.run(s),
            );
        }
    }
    let _ = level;
    let s = portable::Portable;
    s.vectorize(
        #[inline(always)]
        || job.run(s),
    )
}
