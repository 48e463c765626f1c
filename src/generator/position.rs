//! A position in a stream, counted in blocks.

use super::xoshiro::Lanes;
use super::{CHUNK_BLOCKS, jump};
use crate::simd::Simd;

/// The state of the lanes where a block begins.
pub(crate) struct Position<S: Simd> {
    /// The lanes at the start of the chunk.
    chunk_lanes: Lanes<S>,
    /// The lanes at the start of the block; a kernel advances them to the start of the next.
    pub(crate) lanes: Lanes<S>,
    /// The block's number in the chunk.
    block: usize,
}

impl<S: Simd> Position<S> {
    /// Reaches a block, counted from the start of the stream, without making what comes before it.
    #[inline(always)]
    pub(crate) fn seek(s: S, state: &[u64; 4], block: u64) -> Self {
        let (chunk, block) = (block / CHUNK_BLOCKS as u64, (block % CHUNK_BLOCKS as u64) as usize);
        let mut chunk_lanes = Lanes::of_stream(s, state);
        jump::seek(s, &mut chunk_lanes, chunk, 0);
        let mut lanes = chunk_lanes;
        jump::seek(s, &mut lanes, 0, block);
        Position { chunk_lanes, lanes, block }
    }

    /// Goes on to the next block, after a kernel has made a whole one.
    #[inline(always)]
    pub(crate) fn enter_next_block(&mut self, s: S) {
        self.block += 1;
        if self.block == CHUNK_BLOCKS {
            // The next chunk begins a jump after this one did, far beyond where the lanes stand now.
            self.block = 0;
            jump::jump(s, &mut self.chunk_lanes);
            self.lanes = self.chunk_lanes;
        }
    }
}
