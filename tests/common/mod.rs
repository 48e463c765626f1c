//! What several tests need: every distribution behind one face, every level, hashes of values, blocks of
//! tensors, and processes for tests that need their own.

#![allow(dead_code, unused_imports)] // each program uses a part

mod bits;
mod block;
mod child;

pub use bits::Bits;
pub use block::places;
pub use child::{in_own_process, is_child, run_child};
use seedbed::{
    Algorithm, Element, Exec, Level, Normal, Sample, Seed, Stream, TruncatedNormal, Uniform,
};

/// The levels of this machine.
pub fn levels() -> Vec<Level> {
    Level::available().collect()
}

pub fn stream() -> Stream {
    Seed::from(42).stream("tests")
}

/// Elements of a block and of a chunk.
pub fn block_and_chunk<T: Element>() -> (usize, usize) {
    (Algorithm::V1.block_len::<T>(), Algorithm::V1.chunk_len::<T>())
}

type Fill<T> = Box<dyn Fn(&mut [T], &Stream, Exec) + Sync>;

/// One distribution of each kernel, by name.
pub fn distributions<T: Element + 'static>() -> Vec<(&'static str, Fill<T>)> {
    fn fill<T: Element, D: Sample<T> + Copy + Sync + 'static>(distribution: D) -> Fill<T> {
        Box::new(move |out, stream, exec| distribution.with(exec).sample_into(out, stream))
    }
    // As wide as the least normal number; in f16, which has none so small, every value is 0.
    let tiny = if T::NAME == "f64" { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() };
    let truncated = |low, high| fill(TruncatedNormal::<T>::new(0.25, 0.5, low, high).unwrap());
    vec![
        ("uniform", fill(Uniform::<T>::new(-0.3, 0.7).unwrap())),
        ("normal", fill(Normal::<T>::new(-0.25, 1.5).unwrap())),
        ("two sigma", truncated(-2.0, 2.0)),
        ("uncut", truncated(-20.0, f64::INFINITY)),
        ("three sigma", truncated(-3.0, 3.0)),
        ("half", truncated(f64::NEG_INFINITY, 0.0)),
        ("strips", truncated(-0.5, f64::INFINITY)),
        ("tail", truncated(f64::NEG_INFINITY, -3.0)),
        ("one strip", truncated(1.0, 1.01)),
        ("tiny", fill(Uniform::<T>::new(-0.3 * tiny, 0.7 * tiny).unwrap())),
    ]
}

/// A hash of the values' little-endian bits.
pub fn hash<T: Bits>(values: &[T]) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    for value in values {
        hasher.update(&value.bits().to_le_bytes()[..size_of::<T>()]);
    }
    hasher.digest()
}

/// Panics at the first difference.
pub fn assert_same<T: Bits>(actual: &[T], expected: &[T], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!(a.bits() == e.bits(), "{what}: element {i} is {a:?}, expected {e:?}");
    }
}
