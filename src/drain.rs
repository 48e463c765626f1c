//! Stores past the caches, for memory that is too large to stay in them. An ordinary store reads
//! the line before it writes it; one past the caches waits for memory, and so is made beside the
//! work of a kernel, a line for each vector.

use core::iter::Zip;
use core::mem::MaybeUninit;
use core::slice::{ChunksExact, IterMut};

use crate::simd::{Line, Simd};
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

/// Copies numbers past the caches, a line a step.
pub(crate) struct Drain<'a, R> {
    lines: Zip<ChunksExact<'a, R>, IterMut<'a, MaybeUninit<Line>>>,
}

impl<'a, R: bytemuck::Pod> Drain<'a, R> {
    /// Begins to copy `values` to `out`, which is as long.
    #[inline(always)]
    pub(crate) fn new(values: &'a [R], out: &'a mut [MaybeUninit<R>]) -> Self {
        let (head, lines, tail) = Line::of(out);
        let (first, rest) = values.split_at(head.len());
        let (middle, last) = rest.split_at(rest.len() - tail.len());
        uninit::write(head, first);
        uninit::write(tail, last);
        Drain { lines: middle.chunks_exact(size_of::<Line>() / size_of::<R>()).zip(lines) }
    }

    /// Copies what is left.
    #[inline(always)]
    pub(crate) fn finish<S: Simd>(&mut self, s: S) {
        for (values, line) in &mut self.lines {
            s.stream(values, line);
        }
    }
}

impl<R: bytemuck::Pod> Beside for Drain<'_, R> {
    #[inline(always)]
    fn step<S: Simd>(&mut self, s: S) {
        if let Some((values, line)) = self.lines.next() {
            s.stream(values, line);
        }
    }
}
