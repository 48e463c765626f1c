//! The kernels' source, compiled for the host, against the crate: every value by its bits, with the threads
//! of a phase in several orders.
//!
//! `SEEDBED_CUDA_VALUES` sets how many values each long fill has, and `CXXFLAGS` is given to the compiler.

mod common;

use common::{Host, cases, values};
use seedbed::device::{Probe, ln};
use seedbed::{Distribution, Seed, Stream, TruncatedNormal};

/// Lengths and offsets around blocks, chunks and the end of streams.
const LENS: [usize; 12] = [1, 2, 5, 16, 17, 255, 1000, 2047, 4096, 4097, 9000, 40_001];
const OFFSETS: [u64; 14] = [
    0,
    1,
    2,
    7,
    16,
    2048,
    4095,
    4100,
    (1 << 18) - 4,
    1 << 19,
    (1 << 19) - 4097,
    (123 << 19) + 12_345,
    (0x0123_4567 << 19) + 999,
    (1 << 60) - 40_001,
];

fn stream(number: usize) -> Stream {
    Seed::from(number as u64).stream("layer")
}

#[test]
fn ranges_have_the_values_of_the_crate() {
    let host = Host::new();
    for (number, case) in cases().iter().enumerate() {
        for (k, len) in LENS.into_iter().enumerate() {
            // Every offset with some of the distributions, and every distribution with some offsets.
            let offset = OFFSETS[(number + 3 * k) % OFFSETS.len()];
            let stream = stream(number).at(offset).expect("within a stream");
            let run_blocks = [1, 2, 3, 7, 8, 19, 64, 128][(number + k) % 8];
            let order = (number + k) as u32 % 4;
            host.compare(&**case, len, &stream, run_blocks, order, k % 8);
        }
    }
}

#[test]
fn long_fills_have_the_values_of_the_crate() {
    let host = Host::new();
    for (number, case) in cases().iter().enumerate() {
        // A chunk's end is inside.
        let stream =
            stream(number).at(((number as u64 + 1) << 19) - 5000).expect("within a stream");
        host.compare(&**case, values(200_000), &stream, 4, 2 + number as u32, 0);
    }
}

#[test]
fn several_tensors_are_filled_at_once() {
    let host = Host::new();
    for cases in cases().chunk_by(|a, b| a.element() == b.element()) {
        let streams = (0..).map(stream).zip((0..).map(|k| 700 * k + 1));
        let fills = cases.iter().cycle().zip(streams).take(3 * cases.len()).enumerate();
        let fills = fills.map(|(k, (case, (stream, len)))| {
            (&**case, stream.at(OFFSETS[k % OFFSETS.len()] / 2).expect("within a stream"), len)
        });
        host.compare_all(&fills.collect::<Vec<_>>());
    }
}

/// Where few strips cover an interval, many candidates are left to a second round: a full list would stop the
/// kernel.
#[test]
fn lists_have_room_for_any_interval() {
    let host = Host::new();
    for number in 0..400 {
        let (low, width) = (f64::from(number % 20) * 0.17 - 0.4, 0.012 * 1.4_f64.powi(number / 20));
        let cut = |low, high| TruncatedNormal::new(0.0, 1.0, low, high).expect("an interval");
        let (from, high) = (stream(number as usize), low + width);
        host.compare(&Distribution::<f32>::from(cut(low, high)), 8192, &from, 1, 0, 0);
        let cut = TruncatedNormal::new(0.0, 1.0, -high, -low).expect("an interval");
        host.compare(&Distribution::<f64>::from(cut), 4096, &from, 1, 0, 0);
    }
}

/// In values a wrong last bit of a function shows once in millions.
#[test]
fn functions_have_the_bits_of_the_crate() {
    let host = Host::new();
    let count = values(1 << 18);
    let mut words = vec![0; 2 * count];
    Seed::from(1).stream("functions").words_into(&mut words);
    for case in cases() {
        let job = case.job(&stream(1), 1);
        let words = words.as_chunks().0;
        let theirs: Vec<Probe> = case.probes(words);
        let ours = host.probes(&job, case.is_wide(), &words[..theirs.len()]);
        for (k, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            let bits =
                |probe: &Probe| [probe.x, probe.value, probe.height, probe.limit].map(f64::to_bits);
            // A value that the second pass is to hold is not held before by this source.
            let mut expected = *theirs;
            if job.second != 0 {
                expected.value = ours.value;
            }
            assert_eq!(bits(ours), bits(&expected), "{case:?}, {:x?}", words[k]);
        }
    }
    // Of two zeros, the second.
    const NUMBERS: [f64; 4] = [-1.0, -0.0, 0.0, 1.0];
    for place in 0..64 {
        let [x, low, high] = [place / 16, place / 4 % 4, place % 4].map(|k: usize| NUMBERS[k]);
        let at_least = if x > low { x } else { low };
        let held = if at_least < high { at_least } else { high };
        for wide in [false, true] {
            let ours = host.hold(wide, x, [low, high]);
            assert_eq!(ours.to_bits(), held.to_bits(), "{x} between {low} and {high}");
        }
    }
    let unit = |word: u64| ((word >> 12) as f64 + 0.5) * f64::EPSILON;
    for word in words {
        for x in [unit(word), unit(word) * 1e-280, unit(word) * 1e290] {
            assert_eq!(host.ln(x).to_bits(), ln(x).to_bits(), "ln({x})");
        }
    }
}
