//! The patterns: pages of words, each made without those before it.

use clap::ValueEnum;
use seedbed::{Seed, Stream};

/// Words of a page: 1 MiB, which stays in the cache.
pub const PAGE: usize = SOURCES * BLOCK;

/// What is written side by side.
const SOURCES: usize = 64;

/// Words of one source in a page: a block.
const BLOCK: usize = 1 << 11;

/// Words of one source in turn: those of one step of the eight lanes.
const STEP: usize = 8;

/// Words of a chunk.
const CHUNK: u64 = 1 << 18;

/// Whose words, in which order.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Pattern {
    /// One stream as laws see it: a word of each of the eight lanes in turn, chunk after chunk
    Lanes,
    /// 64 chunks of one stream side by side: eight words of each in turn, the first block of each
    /// altogether; then the next 64
    Chunks,
    /// The same of 64 streams, of the paths 0, 1, 2, ..
    Streams,
    /// The same of 64 seeds, each one more than the one before
    Seeds,
    /// Lane 0 of one stream by itself: a plain xoshiro256++ within each chunk
    Raw,
}

impl Pattern {
    /// Page `number`.
    pub fn fill(self, seed: u64, number: u64, page: &mut [u64]) {
        let first = number * SOURCES as u64;
        let stream = Seed::from(seed).stream(0_u64);
        match self {
            Pattern::Lanes => at(&stream, number * PAGE as u64).words_into(page),
            Pattern::Chunks => beside(page, |i| at(&stream, (first + i) * CHUNK)),
            Pattern::Streams => beside(page, |i| Seed::from(seed).stream(first + i)),
            Pattern::Seeds => {
                beside(page, |i| Seed::from(seed.wrapping_add(first + i)).stream(0_u64));
            }
            Pattern::Raw => lane_0(page, |i| at(&stream, (first + i) * (STEP * BLOCK) as u64)),
        }
    }
}

fn at(stream: &Stream, word: u64) -> Stream {
    stream.at(word).expect("2^63 bytes are not reached")
}

/// A step of each source in turn.
fn beside(page: &mut [u64], source: impl Fn(u64) -> Stream) {
    let mut block = [0; BLOCK];
    for i in 0..SOURCES {
        source(i as u64).words_into(&mut block);
        for (turn, step) in block.chunks(STEP).enumerate() {
            page[(turn * SOURCES + i) * STEP..][..STEP].copy_from_slice(step);
        }
    }
}

/// The first word of every step, source after source.
fn lane_0(page: &mut [u64], source: impl Fn(u64) -> Stream) {
    let mut words = [0; STEP * BLOCK];
    for (i, block) in page.chunks_exact_mut(BLOCK).enumerate() {
        source(i as u64).words_into(&mut words);
        for (word, step) in block.iter_mut().zip(words.chunks(STEP)) {
            *word = step[0];
        }
    }
}
