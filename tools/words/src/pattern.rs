//! The patterns: pages of words, each made without the pages before it.

use clap::ValueEnum;
use seedbed::{Algorithm, Seed, Stream};

/// How many sources are written side by side.
const SOURCES: usize = 64;

/// Words that are taken from a source in turn: one step of the eight lanes.
const STEP: usize = 8;

/// Whose words, in which order.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Pattern {
    /// One stream as distributions see it: a word of each of the eight lanes in turn, chunk after chunk
    Lanes,
    /// 64 chunks of one stream side by side: eight words of each in turn, for the length of the first
    /// block of each; then the next 64
    Chunks,
    /// The same of 64 streams, of the paths 0, 1, 2, ..
    Streams,
    /// The same of 64 seeds, each one more than the one before
    Seeds,
    /// Lane 0 of one stream on its own: a plain xoshiro256++ within each chunk
    Raw,
}

/// Returns the words of one source in a page: a block. An f64 element takes one word.
fn block_len() -> usize {
    Algorithm::V1.block_len::<f64>()
}

/// Returns the words of a page: 1 MiB, which stays in the cache.
pub fn page_len() -> usize {
    SOURCES * block_len()
}

impl Pattern {
    /// Fills a page with the words of page `number`.
    pub fn fill(self, seed: u64, number: u64, page: &mut [u64]) {
        let first = number * SOURCES as u64;
        let stream = Seed::from(seed).stream(0_u64);
        let chunk_len = Algorithm::V1.chunk_len::<f64>() as u64;
        match self {
            Pattern::Lanes => at(&stream, number * page_len() as u64).words_into(page),
            Pattern::Chunks => side_by_side(page, |i| at(&stream, (first + i) * chunk_len)),
            Pattern::Streams => side_by_side(page, |i| Seed::from(seed).stream(first + i)),
            Pattern::Seeds => {
                side_by_side(page, |i| Seed::from(seed.wrapping_add(first + i)).stream(0_u64));
            }
            Pattern::Raw => {
                lane_0(page, |i| at(&stream, (first + i) * (STEP * block_len()) as u64))
            }
        }
    }
}

fn at(stream: &Stream, word: u64) -> Stream {
    stream.at(word).expect("2^63 bytes are not reached")
}

/// Writes a step of each source in turn.
fn side_by_side(page: &mut [u64], source: impl Fn(u64) -> Stream) {
    let mut block = vec![0; block_len()];
    for i in 0..SOURCES {
        source(i as u64).words_into(&mut block);
        for (turn, step) in block.chunks(STEP).enumerate() {
            page[(turn * SOURCES + i) * STEP..][..STEP].copy_from_slice(step);
        }
    }
}

/// Writes the first word of every step, source after source.
fn lane_0(page: &mut [u64], source: impl Fn(u64) -> Stream) {
    let mut words = vec![0; STEP * block_len()];
    for (i, block) in page.chunks_exact_mut(block_len()).enumerate() {
        source(i as u64).words_into(&mut words);
        for (word, step) in block.iter_mut().zip(words.chunks(STEP)) {
            *word = step[0];
        }
    }
}
