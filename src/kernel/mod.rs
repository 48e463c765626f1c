//! Kernels: one block of values from the lanes of a generator.
//!
//! A kernel knows no slice beyond a block, no thread, no seed and no path.

pub(crate) mod math;
pub(crate) mod real;
pub(crate) mod uniform;
mod worklist;
pub(crate) mod strips;
pub(crate) mod words;
pub(crate) mod ziggurat;

#[cfg(test)]
mod function_hashes;

use core::mem::MaybeUninit;

use crate::generator::{BLOCK_STEPS, Lanes};
use crate::simd::Simd;

/// A type that kernels write: f32, f64, or u64 for the generator's words as they are.
pub trait Output: bytemuck::Pod + Send + Sync {
    /// Elements of one step of the generator.
    const LANES: usize;
    /// Elements of a block.
    const BLOCK: usize = BLOCK_STEPS * Self::LANES;
    /// Memory for the values of a block.
    type Block: AsMut<[MaybeUninit<Self>]>;
    /// Returns memory for a block, uninitialised.
    fn block() -> Self::Block;
}

/// A distribution with its parameters, ready to fill blocks.
///
/// # Safety
///
/// [`fill_block`](Kernel::fill_block) writes every element of `out`: its callers hand the slice on
/// as initialised.
#[expect(unsafe_code, reason = "callers rely on the trait's promise")]
pub unsafe trait Kernel<V: Output>: Copy + Send + Sync {
    /// Fills `out`, which begins where a block begins and is at most a block long, from lanes that
    /// stand at the start of the block. After a whole block they stand at the start of the next.
    /// A kernel that is worth it calls `interleaved` once for each of its vectors.
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<V>],
        interleaved: &mut impl Interleave,
    );
}

/// Other work to do between the vectors of a kernel, one small step at a time.
///
/// Non-temporal stores are such work: made back to back they fill the processor's write-combining
/// buffers and wait, made one for each vector they cost next to nothing.
pub trait Interleave {
    /// Does one step.
    fn step<S: Simd>(&mut self, s: S);
}

/// No work.
impl Interleave for () {
    #[inline(always)]
    fn step<S: Simd>(&mut self, _: S) {}
}
