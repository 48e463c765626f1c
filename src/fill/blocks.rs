//! A part of a slice, block by block, at one instruction set.

use core::mem::MaybeUninit;

use crate::element::Convert;
use crate::generator::Position;
use crate::kernel::{Kernel, Output};
use crate::simd::{Job, Simd};
use crate::uninit;

/// What the parts of a fill have in common.
pub(super) struct Task<'a, T: Convert, K> {
    pub(super) kernel: &'a K,
    pub(super) bounds: [T::Computed; 2],
    pub(super) state: &'a [u64; 4],
}

impl<T: Convert, K: Kernel<T::Computed>> Task<'_, T, K> {
    /// Fills `out`, which is within a block and has `skip` elements of the block before it.
    #[inline(always)]
    fn fill_within_block<S: Simd>(
        &self,
        s: S,
        position: &mut Position<S>,
        skip: usize,
        out: &mut [MaybeUninit<T>],
    ) {
        let mut block = T::Computed::block();
        let values = &mut block.as_mut()[..skip + out.len()];
        let direct = T::direct(out).filter(|_| skip == 0);
        let needs_conversion = direct.is_none();
        // One call for both, or its worklist would be on the stack twice.
        let to = direct.unwrap_or(&mut *values);
        self.kernel.fill_block(s, &mut position.lanes, to, &mut ());
        if needs_conversion {
            #[expect(unsafe_code, reason = "the kernel has written the values")]
            // SAFETY: `fill_block` wrote all of `values`, as it was given nothing else.
            let values = unsafe { uninit::assume_init(&mut values[skip..]) };
            T::convert(s, values, self.bounds, out);
        }
    }
}

/// A run of blocks.
pub(super) struct Run<'a, 'b, T: Convert, K> {
    /// By reference, as is the state: what was written a moment ago in small parts is copied in
    /// larger ones only after a wait, which is a good part of a short fill.
    pub(super) task: &'a Task<'a, T, K>,
    pub(super) out: &'b mut [MaybeUninit<T>],
    pub(super) offset: u64,
}

impl<T: Convert, K: Kernel<T::Computed>> Job for Run<'_, '_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Run { task, mut out, offset } = self;
        let len = T::Computed::BLOCK;
        let mut position = Position::<S>::seek(s, task.state, offset / len as u64);
        let mut skip = (offset % len as u64) as usize;
        loop {
            let (now, later) = out.split_at_mut(out.len().min(len - skip));
            task.fill_within_block(s, &mut position, skip, now);
            out = later;
            if out.is_empty() {
                break;
            }
            position.enter_next_block(s);
            skip = 0;
        }
    }
}
