//! An element depends on the stream and its index only: not on the slice, its beginning, the
//! threads, the pool, or the caller's floating-point state.

mod common;

use common::{Bits, assert_same, block_and_chunk, laws, stream};
use half::{bf16, f16};
use proptest::prelude::*;
use seedbed::{Element, Error, Exec, Normal, Sample, Seed, Threads, Uniform};

const END: u64 = 1 << 60;

/// Fills `parts` one after the other and compares with one fill.
fn parts_make_the_whole<T: Bits + 'static>(first: u64, parts: &[usize]) {
    let whole_len = parts.iter().sum();
    for (name, fill) in laws::<T>() {
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
    for (_, fill) in laws::<f32>() {
        let mut values = [0.0; 100];
        fill(&mut values, &stream().at(END).unwrap(), Exec::default());
        assert!(values.iter().all(|v| v.is_finite() && *v != 0.0));
    }
    assert_eq!(stream().at(END + 1), Err(Error::OffsetTooLarge { offset: END + 1 }));
}

#[test]
fn a_half_value_is_the_f32_value_rounded_once() {
    let (law, narrow, brain) = (
        Normal::<f32>::new(0.5, 2.0).unwrap(),
        Normal::<f16>::new(0.5, 2.0).unwrap(),
        Normal::<bf16>::new(0.5, 2.0).unwrap(),
    );
    let values = law.sample_vec(10_007, &stream());
    let halves: Vec<f16> = values.iter().map(|v| f16::from_f32(*v)).collect();
    assert_same(&narrow.sample_vec(10_007, &stream()), &halves, "f16");
    let brains: Vec<bf16> = values.iter().map(|v| bf16::from_f32(*v)).collect();
    assert_same(&brain.sample_vec(10_007, &stream()), &brains, "bf16");
}

#[test]
fn a_half_uniform_is_the_f32_value_rounded_once_and_held() {
    let (low, high) = (-0.3, 0.7);
    let values = Uniform::<f32>::new(low, high).unwrap().sample_vec(10_007, &stream());
    let brains: Vec<bf16> = Uniform::new(low, high).unwrap().sample_vec(10_007, &stream());
    let halves: Vec<f16> = Uniform::new(low, high).unwrap().sample_vec(10_007, &stream());
    let mut held = 0;
    for ((v, brain), half) in values.iter().zip(brains).zip(halves) {
        for (value, rounded, spacing) in [
            (brain.to_f64(), bf16::from_f32(*v).to_f64(), 2_f64.powi(-8)),
            (half.to_f64(), f16::from_f32(*v).to_f64(), 2_f64.powi(-11)),
        ] {
            if rounded >= high || rounded < low {
                assert!((low..high).contains(&value) && (rounded - value).abs() <= spacing);
                held += 1;
            } else {
                assert_eq!(value, rounded);
            }
        }
    }
    assert!(held > 0);
}

#[test]
fn uninitialised_memory_gets_the_same_values() {
    let law = Normal::<f32>::new(0.0, 1.0).unwrap();
    let expected = law.sample_vec(5000, &stream());
    let mut memory = Vec::with_capacity(5000);
    let filled = law.sample_uninit(&mut memory.spare_capacity_mut()[..5000], &stream());
    assert_same(filled, &expected, "uninitialised");
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
        for (name, fill) in laws::<f32>() {
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
        let law = Normal::<f64>::new(0.0, 1.0).unwrap();
        let n = 300_000;
        let mut expected = vec![0.0; n];
        law.sample_into_with(&mut expected, &stream(), Exec::sequential());
        // A build without optimisation keeps several copies of every buffer.
        let stack = if cfg!(debug_assertions) { 1 << 20 } else { 128 << 10 };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).stack_size(stack).build();
        let values = pool.unwrap().install(|| {
            rayon::join(|| law.sample_vec(n, &stream()), || law.sample_vec(n, &stream()))
        });
        assert_same(&values.0, &expected, "left");
        assert_same(&values.1, &expected, "right");
    }
}

/// The modes that a host program may have set: flush-to-zero, denormals-are-zero, rounding down,
/// up and to zero.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_callers_floating_point_state_does_not_matter() {
    use std::arch::asm;

    fn swap_mxcsr(new: u32) -> u32 {
        let mut old = 0_u32;
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &raw mut old);
            asm!("ldmxcsr [{}]", in(reg) &raw const new);
        }
        old
    }

    let n = 400_000; // several chunks: with and without the pool
    let make = |exec: Exec| {
        // Subnormal values, and values that every addition rounds.
        let tiny = Normal::<f32>::new(0.0, 1e-39).unwrap();
        let mut values = vec![0.0; n];
        tiny.sample_into_with(&mut values[..n / 2], &stream(), exec);
        let law = seedbed::TruncatedNormal::<f32>::new(0.1, 0.3, -2.0, 2.0).unwrap();
        law.sample_into_with(&mut values[n / 2..], &stream(), exec);
        values
    };
    let expected = make(Exec::sequential());
    assert!(expected[..n / 2].iter().filter(|v| v.is_subnormal()).count() > n / 3);
    for mode in [0x9f80, 0x1fc0, 0x9fc0, 0x3f80, 0x5f80, 0x7f80] {
        for threads in [Threads::Sequential, Threads::Auto] {
            let before = swap_mxcsr(mode);
            let values = make(Exec::default().threads(threads));
            let after = swap_mxcsr(before);
            assert_same(&values, &expected, &format!("mode {mode:x}"));
            assert_eq!(after & !0x3f, mode, "the caller's state is restored");
        }
    }
}
