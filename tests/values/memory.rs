//! A fill touches its slice and nothing else: slices that end where a page begins that may not be
//! read or written, or begin where such a page ends; and bytes around slices at every alignment.
//!
//! A fill that reads or writes past such an edge ends the process with a signal: with `--nocapture`
//! the last line names the fill.

#![cfg(any(unix, windows))]

use half::{bf16, f16};
use region::Protection;
use seedbed::{Exec, Level, Sample, Threads, Uniform};

use crate::common::{Bits, block_and_chunk, distributions, levels, stream};
use crate::for_each_element;

/// Memory between two pages that may not be touched.
struct Guarded {
    memory: region::Allocation,
    /// What is in it where nothing has been written.
    untouched: Vec<u8>,
}

/// The bytes between the guards.
fn between_guards(memory: &mut region::Allocation) -> &mut [u8] {
    let page = region::page::size();
    let (first, len) = (memory.as_mut_ptr::<u8>().wrapping_add(page), memory.len() - 2 * page);
    // SAFETY: these bytes of the mapping may be read and written, are zeros at first, and are
    // borrowed like the mapping.
    unsafe { core::slice::from_raw_parts_mut(first, len) }
}

impl Guarded {
    /// Whole pages, with room for `len` elements and more than a vector of them besides.
    fn new<T>(len: usize) -> Self {
        let page = region::page::size();
        let len = (len * size_of::<T>() + 128).next_multiple_of(page);
        let memory = region::alloc(len + 2 * page, Protection::READ_WRITE).expect("memory");
        for guard in [0, page + len] {
            let guard = memory.as_ptr::<u8>().wrapping_add(guard);
            // SAFETY: nothing refers to this page, and nothing will.
            unsafe { region::protect(guard, page, Protection::NONE) }.expect("a page");
        }
        Guarded { memory, untouched: vec![0xa5; len] }
    }

    /// Runs `fill` on a slice at this place and checks that it becomes `expected` and nothing else is
    /// written.
    fn check<T: Bits>(&mut self, place: Place, expected: &[T], fill: impl FnOnce(&mut [T])) {
        let Guarded { memory, untouched } = self;
        let start = match place {
            Place::Begin(skip) => skip * size_of::<T>(),
            Place::End => untouched.len() - size_of_val(expected),
        };
        let end = start + size_of_val(expected);
        let bytes = between_guards(memory);
        bytes.copy_from_slice(untouched);
        // SAFETY: any bytes are a value of the element types, and pages are aligned for them.
        let (before, slice, after) = unsafe { bytes[start..end].align_to_mut::<T>() };
        assert!(before.is_empty() && after.is_empty());
        fill(slice);
        // SAFETY: the element types have no padding. Comparing bytes is fast in every build.
        let expected = unsafe { expected.align_to::<u8>().1 };
        assert!(bytes[start..end] == *expected, "values");
        assert!(bytes[..start] == untouched[..start], "written before the slice");
        assert!(bytes[end..] == untouched[end..], "written after the slice");
    }
}

/// Where a slice is between the guards.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// So many elements after the first guard.
    Begin(usize),
    /// Right before the second one.
    End,
}

const EDGES: [Place; 2] = [Place::Begin(0), Place::End];

/// All lengths up to many vectors (to few in a build without optimisation), and what is beside the
/// boundaries of blocks.
fn lengths<T: Bits>() -> Vec<usize> {
    let (block, _) = block_and_chunk::<T>();
    let around = |n: usize| n - 1..=n + 1;
    let short = if cfg!(debug_assertions) { 48 } else { 600 };
    (0..=short).chain(around(block)).chain(around(2 * block)).collect()
}

/// Where fills begin in the stream: at the first element of a block, in a block, and at its last.
fn offsets<T: Bits>() -> [u64; 3] {
    let (block, _) = block_and_chunk::<T>();
    [0, 5, block as u64 - 1]
}

fn at(level: Level) -> Exec {
    Exec::sequential().level(level).expect("it is one of this machine's")
}

/// Runs a fill on more threads than this machine may have.
fn on_threads(run: impl FnOnce() + Send) {
    #[cfg(feature = "rayon")]
    rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads").install(run);
    #[cfg(not(feature = "rayon"))]
    run();
}

fn edges_are_kept<T: Bits + 'static>() {
    let lengths = lengths::<T>();
    let most = *lengths.last().expect("some");
    let mut memory = Guarded::new::<T>(most);
    for (name, fill) in distributions::<T>() {
        for offset in offsets::<T>() {
            let from = stream().at(offset).expect("in range");
            let mut expected = vec![T::default(); most];
            fill(&mut expected, &from, at(Level::Portable));
            for level in levels() {
                println!("{name} of {} at {level} from {offset}", T::NAME);
                for &len in &lengths {
                    for place in EDGES {
                        memory.check(place, &expected[..len], |out| fill(out, &from, at(level)));
                    }
                }
            }
        }
    }
}

#[test]
fn edges_are_kept_f32() {
    edges_are_kept::<f32>();
}

#[test]
fn edges_are_kept_f64() {
    edges_are_kept::<f64>();
}

#[test]
fn edges_are_kept_f16() {
    edges_are_kept::<f16>();
}

#[test]
fn edges_are_kept_bf16() {
    edges_are_kept::<bf16>();
}

/// Every place of the first element in a vector of 64 bytes.
fn neighbours_are_kept<T: Bits + 'static>() {
    const LENGTHS: [usize; 15] = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];
    let (lanes, most) = (64 / size_of::<T>(), 65);
    let mut memory = Guarded::new::<T>(lanes + most);
    for (name, fill) in distributions::<T>() {
        let mut expected = vec![T::default(); most];
        fill(&mut expected, &stream(), at(Level::Portable));
        for level in levels() {
            println!("{name} of {} at {level}", T::NAME);
            for (skip, len) in (0..lanes).flat_map(|skip| LENGTHS.map(|len| (skip, len))) {
                let place = Place::Begin(skip);
                memory.check(place, &expected[..len], |out| fill(out, &stream(), at(level)));
            }
        }
    }
}

#[test]
fn neighbours_are_kept_at_every_alignment() {
    for_each_element!(T => neighbours_are_kept::<T>());
}

/// Beside the boundaries of chunks, on one thread and on several.
fn long_fills_keep_edges<T: Bits + 'static>() {
    let (block, chunk) = block_and_chunk::<T>();
    let first = block / 2 + 1;
    let (from, to_end) = (stream().at(first as u64).expect("in range"), chunk - first);
    let mut memory = Guarded::new::<T>(chunk + block);
    for (name, fill) in distributions::<T>().into_iter().take(2) {
        let mut expected = vec![T::default(); chunk + block];
        fill(&mut expected, &from, at(Level::Portable));
        for (level, place) in levels().into_iter().flat_map(|l| EDGES.map(|place| (l, place))) {
            for len in [to_end - 1, to_end, to_end + 1, chunk + 1] {
                println!("{len} of {name} of {} at {level} at {place:?}", T::NAME);
                memory.check(place, &expected[..len], |out| fill(out, &from, at(level)));
                let exec = at(level).threads(Threads::Auto);
                memory.check(place, &expected[..len], |out| {
                    on_threads(|| fill(out, &from, exec));
                });
            }
        }
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimisation")]
fn long_fills_keep_edges_of_every_type() {
    for_each_element!(T => long_fills_keep_edges::<T>());
}

/// From 64 MiB on, lines are written past the caches: not those that the slice has only a part of.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimisation")]
fn fills_past_the_caches_keep_edges() {
    /// Within a chunk and a block, where neither begins.
    const START: u64 = 1_000_003;
    let len = (64 << 20) / size_of::<f64>() + 5;
    let (distribution, mut expected) =
        (Uniform::<f64>::new(-1.0, 2.0).expect("valid"), vec![0.0; len]);
    // In two parts, which are not large enough for that.
    let (first, second) = expected.split_at_mut(len / 2);
    let from = |offset| stream().at(offset).expect("in range");
    distribution.sample_into(first, &from(START));
    distribution.sample_into(second, &from(START + len as u64 / 2));
    let mut memory = Guarded::new::<f64>(len);
    for level in levels() {
        println!("at {level}");
        let fill = |out: &mut [f64], exec| distribution.with(exec).sample_into(out, &from(START));
        memory.check(Place::Begin(3), &expected, |out| fill(out, at(level)));
        let exec = at(level).threads(Threads::Auto);
        memory.check(Place::End, &expected, |out| on_threads(|| fill(out, exec)));
    }
}
