//! The generator's words: none twice, and no dependence of lanes, chunks, streams and seeds.

use seedbed::{Exec, Seed, Stream};

use crate::support::{assert_standard, at_once, stream};

const LANES: usize = 8;
/// Words of a chunk.
const CHUNK: u64 = 1 << 18;

fn words(stream: &Stream, first: u64, out: &mut [u64]) {
    stream.at(first).unwrap().with(Exec::sequential()).words_into(out);
}

/// Words of different states; 2^26 random ones have a pair of equals with probability 1.2e-4.
fn assert_distinct(what: &str, mut words: Vec<u64>) {
    words.sort_unstable();
    let equal = words.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(equal < 2, "{what}: {equal} words occur again");
}

/// Chunks and lanes run through different parts of the generator's sequence.
#[test]
fn chunks_and_lanes_do_not_overlap() {
    let each = if cfg!(debug_assertions) { 1 << 6 } else { 1 << 14 };
    let mut all = vec![0; 4096 * each];
    for (chunk, out) in (0..).zip(all.chunks_mut(each)) {
        words(&stream("words"), chunk * CHUNK, out);
    }
    assert_distinct("the first words of 4096 chunks", all);
}

/// The number of set bits of `words` and how often each bit is set, as standard normal numbers.
fn bits(words: impl Iterator<Item = u64>) -> Vec<f64> {
    let (mut n, mut counts) = (0.0, [0_u32; 64]);
    for word in words {
        counts.iter_mut().enumerate().for_each(|(i, count)| *count += (word >> i) as u32 & 1);
        n += 1.0;
    }
    let set: f64 = counts.iter().map(|c| f64::from(*c)).sum();
    let each = counts.into_iter().map(|count| (f64::from(count) - n / 2.0) / (n / 4.0_f64).sqrt());
    each.chain([(set - 32.0 * n) / (16.0 * n).sqrt()]).collect()
}

fn assert_fair(what: &str, words: impl Iterator<Item = u64>) {
    assert_standard(what, &bits(words));
}

/// Sums of bits modulo 2: of two lanes at the same step, and of words up to 64 apart.
#[test]
fn words_of_a_stream_do_not_agree() {
    let mut all = vec![0; at_once(1 << 22) as usize];
    words(&stream("words"), 0, &mut all);
    assert_fair("words", all.iter().copied());
    for a in 0..LANES {
        for b in a + 1..LANES {
            let pairs = all.chunks(LANES).map(|step| step[a] ^ step[b]);
            assert_fair(&format!("lanes {a} and {b}"), pairs);
        }
    }
    for lag in 1..=64 {
        // By lanes: what is wrong with one may be too little to be seen among all.
        for lane in 0..LANES {
            let pairs = all[lane..].iter().zip(&all[lane + lag..]).step_by(LANES);
            assert_fair(&format!("lane {lane} at lag {lag}"), pairs.map(|(a, b)| a ^ b));
        }
    }
}

#[test]
fn words_of_chunks_do_not_agree() {
    let stream = stream("words");
    let mut here = vec![0; at_once(1 << 21) as usize / 64];
    let mut there = here.clone();
    for lag in [1, 2, 3, 7, 64] {
        let pairs = (0..64).flat_map(|chunk| {
            words(&stream, chunk * CHUNK, &mut here);
            words(&stream, (chunk + lag) * CHUNK, &mut there);
            here.iter().zip(&there).map(|(a, b)| a ^ b).collect::<Vec<_>>()
        });
        assert_fair(&format!("chunks at distance {lag}"), pairs);
    }
}

fn word(stream: &Stream, at: u64) -> u64 {
    let mut word = [0];
    words(stream, at, &mut word);
    word[0]
}

fn first_word(stream: &Stream) -> u64 {
    word(stream, 0)
}

/// Julia's tasks once had such sums in common: of four streams, two steps in each of two ways.
#[test]
fn siblings_have_no_linear_relation() {
    let side = if cfg!(debug_assertions) { 1 << 5 } else { 1 << 10 };
    let table = |word: &dyn Fn(u64, u64) -> u64| -> Vec<u64> {
        (0..side * side).map(|i| word(i / side, i % side)).collect()
    };
    let root = stream("siblings");
    for (what, table) in [
        ("seeds and paths", table(&|a, b| first_word(&Seed::from(a).stream(b)))),
        ("children of children", table(&|a, b| first_word(&root.child(a).child(b)))),
        ("children and chunks", table(&|a, b| word(&root.child(a), b * CHUNK))),
    ] {
        let at = |a: u64, b: u64| table[(a * side + b) as usize];
        let (mut sums, mut differences) = (Vec::new(), Vec::new());
        for (a, b) in (0..side - 1).flat_map(|a| (0..side - 1).map(move |b| (a, b))) {
            let [corner, right, below, across] =
                [at(a, b), at(a, b + 1), at(a + 1, b), at(a + 1, b + 1)];
            sums.push(corner.wrapping_add(across).wrapping_sub(right.wrapping_add(below)));
            differences.push(corner ^ right ^ below ^ across);
        }
        for (how, words) in [("sums", sums), ("differences", differences)] {
            let what = format!("{what}: {how}");
            assert_fair(&what, words.iter().copied());
            assert_distinct(&what, words);
        }
        assert_distinct(what, table);
    }
}

/// One bit of a seed or a path changes half of the bits of a word.
#[test]
fn every_bit_of_a_seed_and_of_a_path_matters() {
    // Numbers of which no two differ in one bit.
    let numbers = || (0..2000_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let of_seed = |seed: u64| first_word(&Seed::from(seed).stream(0_u64));
    let of_path = |path: u64| first_word(&Seed::from(0).stream(path));
    for bit in 0..64 {
        let seeds = numbers().map(|n| of_seed(n) ^ of_seed(n ^ 1 << bit));
        assert_fair(&format!("bit {bit} of seeds"), seeds);
        let paths = numbers().map(|n| of_path(n) ^ of_path(n ^ 1 << bit));
        assert_fair(&format!("bit {bit} of paths"), paths);
    }
}
