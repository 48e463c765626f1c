//! Copies to memory that is too large to stay in the caches. An ordinary store reads a cache line
//! before it writes the line; a non-temporal store does not, but waits for memory, and so is made
//! beside the work of a kernel, a line for each vector.

use core::iter::Zip;
use core::mem::MaybeUninit;
use core::slice::{ChunksExact, IterMut};

use crate::simd::{CacheLine, Simd};
use crate::uninit;

/// Work that a kernel does beside its own, a little for each of its vectors.
pub trait Beside {
    fn step<S: Simd>(&mut self, s: S);
}

/// Nothing.
impl Beside for () {
    #[inline(always)]
    fn step<S: Simd>(&mut self, _: S) {}
}

/// Copies numbers with non-temporal stores, one cache line a step.
pub(crate) struct Drain<'a, R> {
    lines: Zip<ChunksExact<'a, R>, IterMut<'a, MaybeUninit<CacheLine>>>,
}

impl<'a, R: bytemuck::Pod> Drain<'a, R> {
    /// Begins to copy `values` to `out`, which is as long.
    #[inline(always)]
    pub(crate) fn new(values: &'a [R], out: &'a mut [MaybeUninit<R>]) -> Self {
        let (head, lines, tail) = CacheLine::of(out);
        let (first, rest) = values.split_at(head.len());
        let (middle, last) = rest.split_at(rest.len() - tail.len());
        uninit::write(head, first);
        uninit::write(tail, last);
        Drain { lines: middle.chunks_exact(size_of::<CacheLine>() / size_of::<R>()).zip(lines) }
    }

    /// Copies what is left.
    #[inline(always)]
    pub(crate) fn finish<S: Simd>(&mut self, s: S) {
        for (values, line) in &mut self.lines {
            s.store_nontemporal(values, line);
        }
    }
}

impl<R: bytemuck::Pod> Beside for Drain<'_, R> {
    #[inline(always)]
    fn step<S: Simd>(&mut self, s: S) {
        if let Some((values, line)) = self.lines.next() {
            s.store_nontemporal(values, line);
        }
    }
}
