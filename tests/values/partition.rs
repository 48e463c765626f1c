//! An element depends on the stream and its index only: not on the slice, its beginning, the
//! threads, the pool, or the caller's floating-point state.

use half::{bf16, f16};
use proptest::prelude::*;
use seedbed::init::{MatrixRows, NonSquare};
use seedbed::{Error, Exec, Initializer, Normal, Sample, Seed, Threads, lasagne};

use crate::common::{Bits, assert_same, block_and_chunk, distributions, stream};

const END: u64 = 1 << 60;

/// Fills `parts` one after the other and compares with one fill.
fn parts_make_the_whole<T: Bits + 'static>(first: u64, parts: &[usize]) {
    let whole_len = parts.iter().sum();
    for (name, fill) in distributions::<T>() {
        let mut whole = vec![T::default(); whole_len];
        fill(&mut whole, &stream().at(first).unwrap(), Exec::default());
        let mut done = 0;
        for &len in parts {
            let mut part = vec![T::default(); len];
            let from = stream().at(first + done as u64).unwrap();
            fill(&mut part, &from, Exec::sequential());
            let what = format!("{name} of {} from {first}: {len} after {done}", T::NAME);
            assert_same(&part, &whole[done..done + len], &what);
            done += len;
        }
    }
}

fn offsets() -> impl Strategy<Value = u64> {
    // Anywhere, near a power of two, and near the end.
    prop_oneof![
        0..1_000_000_u64,
        0..END - 1_000_000,
        (10..59_u32, 0..9_u64).prop_map(|(e, below)| (1 << e) + 4 - below),
        (0..300_000_u64).prop_map(|below| END - 1_000_000 - below),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn f32_parts_make_the_whole(first in offsets(), parts in prop::collection::vec(0..9000_usize, 1..5)) {
        parts_make_the_whole::<f32>(first, &parts);
    }

    #[test]
    fn f64_parts_make_the_whole(first in offsets(), parts in prop::collection::vec(0..5000_usize, 1..5)) {
        parts_make_the_whole::<f64>(first, &parts);
    }

    #[test]
    fn half_parts_make_the_whole(first in offsets(), parts in prop::collection::vec(0..5000_usize, 1..4)) {
        parts_make_the_whole::<f16>(first, &parts);
        parts_make_the_whole::<bf16>(first, &parts);
    }
}

#[test]
fn parts_across_chunks_make_the_whole() {
    let (block, chunk) = block_and_chunk::<f32>();
    parts_make_the_whole::<f32>(chunk as u64 - 5, &[3, 2, 1, block, chunk - 7, chunk, 4]);
    let (block, chunk) = block_and_chunk::<f64>();
    parts_make_the_whole::<f64>(16 * chunk as u64 - 5, &[3, 2, 1, block, chunk - 7, chunk, 4]);
}

#[test]
fn the_end_of_a_stream_can_be_filled() {
    for (_, fill) in distributions::<f32>() {
        let mut values = [0.0; 100];
        fill(&mut values, &stream().at(END).unwrap(), Exec::default());
        assert!(values.iter().all(|v| v.is_finite() && *v != 0.0));
    }
    assert_eq!(stream().at(END + 1), Err(Error::OffsetTooLarge { offset: END + 1 }));
}

/// The open bounds of the distributions of `common::distributions`; that of the uniform distribution's lower end is closed.
fn bounds(distribution: &str) -> (f64, f64) {
    match distribution {
        "uniform" => ((-0.3_f64).next_down(), 0.7),
        "two sigma" => (-0.75, 1.25),
        "three sigma" => (-1.25, 1.75),
        "half" => (f64::NEG_INFINITY, 0.25),
        "strips" => (0.0, f64::INFINITY),
        "one strip" => (0.75, 0.755),
        "tail" => (f64::NEG_INFINITY, -1.25),
        "tiny" => [-0.3, 0.7].map(|part| part * f64::from(f32::MIN_POSITIVE)).into(),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// `spacing` is the distance of two elements just below 2, twice that of those below 1.
fn half_values_are_the_f32_values_rounded_once<T: Bits + 'static>(
    round: impl Fn(f32) -> T,
    spacing: f64,
) {
    let mut held = 0;
    for ((name, fill), (_, fill_half)) in distributions::<f32>().iter().zip(distributions::<T>()) {
        let (mut values, mut halves) = ([0.0; 30_007], [T::default(); 30_007]);
        fill(&mut values, &stream(), Exec::default());
        fill_half(&mut halves, &stream(), Exec::default());
        let (low, high) = bounds(name);
        for (value, half) in values.iter().zip(halves) {
            let (rounded, half) = (round(*value).to_f64(), half.to_f64());
            if low < rounded && rounded < high {
                assert_eq!(half, rounded, "{name}");
            } else {
                assert!(low < half && half < high, "{name}: {half}");
                assert!((half - rounded).abs() <= spacing, "{name}: {half} for {rounded}");
                held += 1;
            }
        }
    }
    assert!(held > 0, "no value was rounded to a bound");
}

#[test]
fn half_values_are_the_f32_values_rounded_once_and_held() {
    half_values_are_the_f32_values_rounded_once(f16::from_f32, 2_f64.powi(-10));
    half_values_are_the_f32_values_rounded_once(bf16::from_f32, 2_f64.powi(-7));
}

#[test]
fn every_way_to_fill_gives_the_same_values() {
    let (distribution, stream) = (Normal::<f32>::new(0.0, 1.0).unwrap(), stream().at(7).unwrap());
    assert_eq!(stream.offset(), 7);
    let mut expected = vec![0.0; 5000];
    distribution.with(Exec::sequential()).sample_into(&mut expected, &stream);
    assert_same(&distribution.sample_vec(5000, &stream), &expected, "a vector");
    let mut values = vec![0.0; 5000];
    distribution.sample_into(&mut values, &stream);
    assert_same(&values, &expected, "a slice");
    let mut memory = Vec::with_capacity(5000);
    let memory = &mut memory.spare_capacity_mut()[..5000];
    assert_same(distribution.sample_uninit(memory, &stream), &expected, "uninitialised");
}

#[test]
fn paths_and_seeds_are_different_streams() {
    let seed = Seed::from(1);
    let bytes = Seed::from([7; 32]);
    let streams = [
        seed.stream("a"),
        seed.stream("b"),
        seed.stream(""),
        seed.stream("aaaaaaa"),
        seed.stream("aaaaaaaa"),
        seed.stream("aaaaaaaaa"),
        seed.stream(0_u64),
        seed.stream(1_u64),
        seed.stream("0"),
        seed.stream("a").child("a"),
        seed.stream("a").child(0_u64),
        Seed::from(2).stream("a"),
        bytes.stream("a"),
    ];
    for (i, a) in streams.iter().enumerate() {
        for b in &streams[..i] {
            assert_ne!(a, b);
        }
    }
    assert_eq!(seed.stream("a").child("b"), seed.stream("a").at(9).unwrap().child("b"));
}

#[cfg(feature = "rayon")]
mod threads {
    use super::*;

    fn in_pool(threads: usize, run: impl FnOnce() + Send) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(run);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_values() {
        let (block, chunk) = block_and_chunk::<f32>();
        let n = 9 * chunk + block + 5;
        for (name, fill) in distributions::<f32>() {
            let from = stream().at(77).unwrap();
            let mut expected = vec![0.0; n];
            fill(&mut expected, &from, Exec::sequential());
            for threads in [1, 2, 3, 7, 16] {
                let mut values = vec![0.0; n];
                in_pool(threads, || fill(&mut values, &from, Exec::default()));
                assert_same(&values, &expected, &format!("{name} with {threads} threads"));
            }
        }
    }

    #[test]
    fn nested_and_small_stacked_pools_work() {
        let distribution = Normal::<f64>::new(0.0, 1.0).unwrap();
        let n = 300_000;
        let mut expected = vec![0.0; n];
        distribution.with(Exec::sequential()).sample_into(&mut expected, &stream());
        // A build without optimisation keeps several copies of every buffer.
        let stack = if cfg!(debug_assertions) { 1 << 20 } else { 128 << 10 };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).stack_size(stack).build();
        let values = pool.unwrap().install(|| {
            rayon::join(
                || distribution.sample_vec(n, &stream()),
                || distribution.sample_vec(n, &stream()),
            )
        });
        assert_same(&values.0, &expected, "left");
        assert_same(&values.1, &expected, "right");
    }
}

/// The modes that a host program may have set: flush-to-zero, denormals-are-zero, rounding down,
/// up and to zero, every exception trapped.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_callers_floating_point_state_does_not_matter() {
    use std::arch::asm;

    fn swap_mxcsr(new: u32) -> u32 {
        let mut old = 0_u32;
        // SAFETY: both addresses are those of a u32, and the caller restores the state.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &raw mut old);
            asm!("ldmxcsr [{}]", in(reg) &raw const new);
        }
        old
    }

    let n = 1_200_000; // several chunks: with and without the pool
    let make = |exec: Exec| {
        // Subnormal values, and values that every addition rounds.
        let tiny = Normal::<f32>::new(0.0, 1e-39).unwrap();
        let mut values = vec![0.0; n];
        tiny.with(exec).sample_into(&mut values[..n / 2], &stream());
        let distribution = seedbed::TruncatedNormal::<f32>::new(0.1, 0.3, -2.0, 2.0).unwrap();
        distribution.with(exec).sample_into(&mut values[n / 2..], &stream());
        values.push(seedbed::Constant::<f32>::new(0.1).unwrap().value());
        values.push(seedbed::Constant::<f16>::new(0.1).unwrap().value().into());
        let identity = Initializer::identity(0.1, NonSquare::Pad).unwrap();
        values.extend(identity.for_shape::<f32>(&[2, 2]).unwrap().to_vec(&stream()).unwrap());
        let uniform = lasagne::Uniform { std: Some(0.3), ..Default::default() };
        values.extend(uniform.for_shape::<f32>(&[2, 2]).unwrap().to_vec(&stream()).unwrap());
        if cfg!(feature = "orthogonal") {
            let orthogonal = Initializer::orthogonal(0.1, MatrixRows::FirstAxis).unwrap();
            let orthogonal = orthogonal.for_shape::<f32>(&[300, 200]).unwrap().with(exec);
            values.extend(orthogonal.to_vec(&stream()).unwrap());
        }
        values
    };
    let expected = make(Exec::sequential());
    assert!(expected[..n / 2].iter().filter(|v| v.is_subnormal()).count() > n / 3);
    for mode in [0x9f80, 0x1fc0, 0x9fc0, 0x3f80, 0x5f80, 0x7f80, 0] {
        for threads in [Threads::Sequential, Threads::Auto] {
            let before = swap_mxcsr(mode);
            let values = make(Exec::default().threads(threads));
            let after = swap_mxcsr(before);
            assert_same(&values, &expected, &format!("mode {mode:x}"));
            assert_eq!(after & !0x3f, mode, "the caller's state is restored");
        }
    }
}
