//! The kernel of the generator's words as they are.

use core::mem::MaybeUninit;

use super::{Interleave, Kernel, Output};
use crate::generator::{LANES, Lanes};
use crate::simd::{Int, Simd};
use crate::uninit;

impl Output for u64 {
    const LANES: usize = LANES;
    type Block = [MaybeUninit<Self>; Self::BLOCK];

    #[inline(always)]
    fn block() -> Self::Block {
        [MaybeUninit::uninit(); _]
    }
}

/// Writes the words in the order of the lanes.
#[derive(Clone, Copy)]
pub(crate) struct WordKernel;

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: the whole vectors and the remainder are all of `out`.
unsafe impl Kernel<u64> for WordKernel {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        _: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<u64>],
        _: &mut impl Interleave,
    ) {
        let mut vectors = out.chunks_exact_mut(LANES);
        for out in &mut vectors {
            lanes.next().store_uninit(out);
        }
        let rest = vectors.into_remainder();
        if !rest.is_empty() {
            let mut words = [0; LANES];
            lanes.next().store(&mut words);
            uninit::write(rest, &words[..rest.len()]);
        }
    }
}
