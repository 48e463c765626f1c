//! Tensors whose elements are independent of each other and have the same distribution.
//!
//! The elements of a block are runs of neighbours in the stream. A run costs its own elements, the
//! elements before it in its first block of the stream, and a seek; where the gap to the next run
//! costs less, the runs and what is between them are sampled together and the runs copied out.

use core::mem::MaybeUninit;

use super::block::Block;
use super::structure::Structure;
use crate::distr::{Distribution, FillUninit};
use crate::element::Element;
use crate::error::Error;
use crate::fill::{Exec, threads};
use crate::kernel::Output;
use crate::stream::Stream;
use crate::uninit;

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill_uninit` writes every element, and the runs are all of a block.
unsafe impl<T: Element> Structure<T> for Distribution<T> {
    fn fill_range(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let _end = from(stream, offset + out.len())?;
        self.fill_uninit(out, &from(stream, offset)?, exec);
        Ok(())
    }

    fn fill_block(
        &self,
        block: &Block,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let _end = from(stream, block.start(block.count - 1) + block.len)?;
        let step = block.start(1) - block.start(0);
        let group = (span::<T>() / step).max(1);
        threads::chunks(out, group * block.len, exec, |i, mut out| {
            let mut run = i * group;
            while !out.is_empty() {
                let count = neighbours::<T>(block, run, out.len() / block.len, stream);
                let (now, later) = out.split_at_mut(count * block.len);
                fill_neighbours(self, block, run, now, stream, exec);
                (out, run) = (later, run + count);
            }
        });
        Ok(())
    }
}

/// Returns the stream from the tensor's element `offset` on.
fn from(stream: &Stream, offset: usize) -> Result<Stream, Error> {
    stream.at(stream.offset().saturating_add(offset as u64))
}

/// Returns the most elements that are sampled to take runs from: what stays in a second-level cache.
const fn span<T: Element>() -> usize {
    <T::Real as Output>::BLOCK * 16
}

/// Returns how many runs from `first` on, at most `most`, to sample together.
fn neighbours<T: Element>(block: &Block, first: usize, most: usize, stream: &Stream) -> usize {
    let len = <T::Real as Output>::BLOCK;
    let start = block.start(first);
    let mut end = start + block.len;
    let near = (first + 1..first + most).take_while(|&run| {
        let next = block.start(run);
        // Alone, the next run would cost a seek, which takes about as long as a block, and the
        // elements before it in its block.
        let before = (stream.offset() + next as u64) as usize % len;
        let near = next - end < len + before && next + block.len - start <= span::<T>();
        end = next + block.len;
        near
    });
    1 + near.count()
}

/// Fills the runs from `first` on by one fill: directly, or from what is sampled of their span.
fn fill_neighbours<T: Element>(
    distribution: &Distribution<T>,
    block: &Block,
    first: usize,
    out: &mut [MaybeUninit<T>],
    stream: &Stream,
    exec: Exec,
) {
    let start = block.start(first);
    let stream = from(stream, start).expect("the block's end is in the stream");
    if out.len() == block.len {
        return distribution.fill_uninit(out, &stream, exec);
    }
    let last = first + out.len() / block.len - 1;
    let span = block.start(last) + block.len - start;
    let mut values = Vec::with_capacity(span);
    #[expect(unsafe_code, reason = "the memory is filled")]
    // SAFETY: `fill_uninit` writes every element.
    unsafe {
        let fill = |values: &mut _| distribution.fill_uninit(values, &stream, exec);
        uninit::extend(&mut values, span, fill);
    }
    for (run, out) in (first..).zip(out.chunks_mut(block.len)) {
        uninit::write(out, &values[block.start(run) - start..][..block.len]);
    }
}
