//! Streams whose random words are chosen.
//!
//! All steps from a seed to the state of a lane are bijections: the rounds of SipHash, and SplitMix64's
//! output function. Run backwards, they give the seed with which a lane, or a lane of a side stream of
//! the first block, has any state. Three words in succession are three equations for the four words of a
//! state of xoshiro256++.

use arbitrary::Arbitrary;
use seedbed::{Seed, Stream};

/// One generator of the first block of a stream.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Generator {
    Lane { lane: u8 },
    Side { number: u8, lane: u8 },
}

/// Returns the stream in which this generator begins with `words`; `last` is the word of the state that
/// remains free.
pub fn stream(generator: Generator, words: [u64; 3], last: u64) -> Stream {
    let mut state = state_before(words, last);
    let lane = match generator {
        Generator::Lane { lane } => lane,
        Generator::Side { number, lane } => {
            state = before_split_mix(state, u64::from(number % 8));
            lane
        }
    };
    of_state(before_split_mix(state, u64::from(lane % 8)))
}

/// Returns the state of xoshiro256++ whose next outputs are `a`, `b` and `c`, and whose first word is
/// `last` when it makes `c`. If all four are zero, so is the state.
fn state_before([a, b, c]: [u64; 3], last: u64) -> [u64; 4] {
    // The last word of a state whose first word and output are known.
    let fourth = |output: u64, s0: u64| output.wrapping_sub(s0).rotate_right(23).wrapping_sub(s0);
    // A step makes a state's first word s0 ^ s1 ^ s3 and its last one (s1 ^ s3) rotated by 45.
    let step_back = |s0, output| {
        let s1_xor_s3 = fourth(output, s0).rotate_right(45);
        (s0 ^ s1_xor_s3, s1_xor_s3)
    };
    let (middle, sum_in_middle) = step_back(last, c);
    let (first, sum) = step_back(middle, b);
    let s3 = fourth(a, first);
    let s1 = sum ^ s3;
    // The second word in the middle is s0 ^ s1 ^ s2.
    let s2 = sum_in_middle ^ fourth(b, middle) ^ s1 ^ first;
    [first, s1, s2, s3]
}

/// Returns the stream of this state.
fn of_state(state: [u64; 4]) -> Stream {
    let mut v = state;
    (0..4).for_each(|_| round_back(&mut v));
    v[2] ^= 0xee; // path 0 itself changes nothing
    (0..2).for_each(|_| round_back(&mut v));
    let keys = [0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573];
    let mut seed = [0; 32];
    for ((bytes, v), key) in seed.chunks_mut(8).zip(v).zip(keys) {
        bytes.copy_from_slice(&(v ^ key).to_le_bytes());
    }
    Seed::from(seed).stream(0)
}

/// Runs a round of SipHash backwards.
fn round_back(v: &mut [u64; 4]) {
    let [mut v0, mut v1, mut v2, mut v3] = *v;
    v2 = v2.rotate_right(32);
    v1 = (v1 ^ v2).rotate_right(17);
    v2 = v2.wrapping_sub(v1);
    v3 = (v3 ^ v0).rotate_right(21);
    v0 = v0.wrapping_sub(v3);
    v3 = (v3 ^ v2).rotate_right(16);
    v2 = v2.wrapping_sub(v3);
    v0 = v0.rotate_right(32);
    v1 = (v1 ^ v0).rotate_right(13);
    v0 = v0.wrapping_sub(v1);
    *v = [v0, v1, v2, v3];
}

/// Returns the words from which SplitMix64 makes these words as its output `k`.
fn before_split_mix(words: [u64; 4], k: u64) -> [u64; 4] {
    words.map(|z| {
        let z = (z ^ z >> 31 ^ z >> 62).wrapping_mul(0x3196_42b2_d24d_8ec3);
        let z = (z ^ z >> 27 ^ z >> 54).wrapping_mul(0x96de_1b17_3f11_9089);
        let z = z ^ z >> 30 ^ z >> 60;
        z.wrapping_sub(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(k + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use seedbed::{Sample, TruncatedNormal};

    const WORDS: [[u64; 3]; 4] = [[0, 0, 0], [1, 2, 3], [u64::MAX; 3], [1 << 63, 7, !0x123456789]];

    #[test]
    fn a_lane_begins_with_the_words_asked_for() {
        for (lane, words) in (0..8).flat_map(|lane| WORDS.map(|words| (lane, words))) {
            let mut block = [0; 24];
            stream(Generator::Lane { lane }, words, 0x5555).words_into(&mut block);
            assert_eq!([0, 8, 16].map(|step| block[step + usize::from(lane)]), words);
        }
    }

    #[test]
    fn a_side_stream_begins_with_the_words_asked_for() {
        // Some 4 % of the candidates of this distribution are rejected. Where the first one is, the first
        // word of side stream 0, lane 0, has decided so, and the second is the place of the next one
        // between the bounds; with its lowest bits set it is surely accepted.
        let truncated = TruncatedNormal::<f64>::absolute(0.0, 1.0, 2.0, 2.04).unwrap();
        for word in [0x7ff, 1 << 62 | 0x7ff, 1 << 63 | 0x7ff, u64::MAX] {
            let side = Generator::Side { number: 0, lane: 0 };
            let expected = 2.0 + 0.04 * (word as f64 * 2_f64.powi(-64));
            let found = (0..2000).any(|last| {
                let values = truncated.sample_vec(1, &stream(side, [u64::MAX, word, 0], last));
                (values[0] - expected).abs() < 1e-12
            });
            assert!(found, "{word:#x} is never the place of the first value");
        }
    }

    #[test]
    fn every_side_stream_can_be_chosen() {
        // The equations for another number and lane are those for side stream 0, lane 0: SplitMix64 makes
        // the states of lanes and side streams from words that are known.
        let reference = |z: u64, k: u64| {
            let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(k + 1));
            let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        };
        let state = [1, u64::MAX, 0x0123_4567_89ab_cdef, 0];
        for k in 0..8 {
            assert_eq!(before_split_mix(state, k).map(|z| reference(z, k)), state);
        }
    }
}
