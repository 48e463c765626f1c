//! Fills of memory that is too large to stay in the caches, by non-temporal stores.
//!
//! An ordinary store reads the cache line before it writes it. A non-temporal store does not, but
//! waits for memory: so a block is made in the cache while the lines of the block before it are
//! stored, a line for each vector of the kernel.
//!
//! Fresh memory, whose pages nobody has touched, is another matter. The system fills a page with
//! zeros when it is first touched, so its lines are in the cache and have been written. An ordinary
//! store costs next to nothing there, while a non-temporal one first waits until the line is back
//! in memory. Hence [`is_fresh`].

use core::iter::Zip;
use core::mem::MaybeUninit;
use core::slice::{ChunksExact, IterMut};
use std::time::{Duration, Instant};

use super::blocks::{Run, Task};
use crate::element::Convert;
use crate::generator::{CHUNK_BLOCKS, Position};
use crate::kernel::{Interleave, Kernel, Output};
use crate::level::Level;
use crate::simd::{CacheLine, Job, Simd, dispatch};
use crate::uninit;

/// Fills `out`, chunk by chunk, by the stores that are faster there.
pub(super) fn fill<T: Convert, K: Kernel<T::Computed>>(
    level: Level,
    task: &Task<'_, T, K>,
    mut out: &mut [MaybeUninit<T>],
    mut offset: u64,
) {
    let chunk = CHUNK_BLOCKS * T::Computed::BLOCK;
    while !out.is_empty() {
        let rest_of_chunk = chunk - (offset % chunk as u64) as usize;
        let (now, later) = out.split_at_mut(out.len().min(rest_of_chunk));
        let (fresh, run) = (is_fresh(now), Run { task, out: now, offset });
        offset += run.out.len() as u64;
        if fresh {
            dispatch(level, run)
        } else {
            dispatch(level, NonTemporal(run))
        }
        out = later;
    }
}

/// Whether the last pages of a chunk's memory seem to be touched for the first time, by the time
/// that it takes. At the end, because a chunk may begin in the middle of a huge page, which the
/// chunk before it has touched. A wrong answer costs speed only.
///
/// Eight ordinary pages took 10 to 17 us at their first touch, a huge page 220 us, and eight pages
/// that were touched before 0.4 to 1.4 us on a virtual machine, whose address translation is slow.
fn is_fresh<T: Copy>(out: &mut [MaybeUninit<T>]) -> bool {
    const PAGES: usize = 8;
    const PAGE_BYTES: usize = 4096;
    const FRESH: Duration = Duration::from_micros(3);
    let start = Instant::now();
    for element in out.rchunks_mut(PAGE_BYTES / size_of::<T>()).take(PAGES) {
        #[expect(unsafe_code, reason = "a write that the compiler must not leave out")]
        // SAFETY: the place is borrowed mutably, and no value of it is lost: it is uninitialised.
        unsafe {
            core::ptr::from_mut(&mut element[0]).write_volatile(MaybeUninit::zeroed());
        }
    }
    start.elapsed() > FRESH
}

/// Copies numbers by non-temporal stores, a cache line for each step.
struct Drain<'a, V> {
    lines: Zip<ChunksExact<'a, V>, IterMut<'a, MaybeUninit<CacheLine>>>,
}

impl<'a, V: bytemuck::Pod> Drain<'a, V> {
    /// Begins to copy `values` to `out`, which is as long.
    #[inline(always)]
    fn new(values: &'a [V], out: &'a mut [MaybeUninit<V>]) -> Self {
        let (head, lines, tail) = CacheLine::of(out);
        let (first, rest) = values.split_at(head.len());
        let (middle, last) = rest.split_at(rest.len() - tail.len());
        uninit::write(head, first);
        uninit::write(tail, last);
        Drain { lines: middle.chunks_exact(size_of::<CacheLine>() / size_of::<V>()).zip(lines) }
    }

    /// Copies what is left.
    #[inline(always)]
    fn finish<S: Simd>(&mut self, s: S) {
        for (values, line) in &mut self.lines {
            s.store_nontemporal(values, line);
        }
    }
}

impl<V: bytemuck::Pod> Interleave for Drain<'_, V> {
    #[inline(always)]
    fn step<S: Simd>(&mut self, s: S) {
        if let Some((values, line)) = self.lines.next() {
            s.store_nontemporal(values, line);
        }
    }
}

/// Makes the stores visible before the memory is used again, also where a kernel panics.
struct FenceOnDrop<S: Simd>(S);

impl<S: Simd> Drop for FenceOnDrop<S> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.fence();
    }
}

/// A run of blocks that is written by non-temporal stores.
pub(super) struct NonTemporal<R>(pub(super) R);

impl<T: Convert, K: Kernel<T::Computed>> Job for NonTemporal<Run<'_, '_, T, K>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let _fence = FenceOnDrop(s);
        let Run { task, out, offset } = self.0;
        let Task { kernel, state, .. } = *task;
        let len = T::Computed::BLOCK;
        let mut out = T::direct(out).expect("no conversion");
        let mut position = Position::<S>::seek(s, state, offset / len as u64);
        // Elements of the block that come before the run.
        let mut skip = (offset % len as u64) as usize;
        let mut blocks = (T::Computed::block(), T::Computed::block());
        let (mut current, mut before) = (blocks.0.as_mut(), blocks.1.as_mut());
        let mut drain = Drain::new(&[], &mut []);
        loop {
            let (now, later) = out.split_at_mut(out.len().min(len - skip));
            let values = &mut current[..skip + now.len()];
            kernel.fill_block(s, &mut position.lanes, values, &mut drain);
            drain.finish(s);
            core::mem::swap(&mut current, &mut before);
            #[expect(unsafe_code, reason = "the kernel has written the values")]
            // SAFETY: `fill_block` wrote `current[..skip + now.len()]`, which now is `before`.
            let values = unsafe { uninit::assume_init(&mut before[skip..skip + now.len()]) };
            drain = Drain::new(values, now);
            out = later;
            if out.is_empty() {
                break;
            }
            position.enter_next_block(s);
            skip = 0;
        }
        drain.finish(s);
    }
}
