//! Fills of slices: a slice is cut at blocks, and its parts are filled by threads at a level.

mod exec;
mod nontemporal;
pub(crate) mod threads;

use core::mem::MaybeUninit;

pub use exec::{Exec, Threads, WithExec};
use nontemporal::Streaming;

use crate::element::Convert;
use crate::generator::Position;
use crate::kernel::{Kernel, Output};
use crate::level::Level;
use crate::simd::{self, FloatEnv, Job, Simd};
use crate::stream::Stream;
use crate::uninit;

/// Fills of at least this many blocks use several threads.
#[cfg(feature = "rayon")]
const PARALLEL_BLOCKS: usize = 64;

/// Smallest piece a thread takes, about ten microseconds of work.
#[cfg(feature = "rayon")]
const PART_BLOCKS: usize = 8;

/// Fills of at least this many bytes of f32 and f64 use non-temporal stores: memory of this size
/// would not stay in the caches.
const STREAMING_BYTES: usize = 64 << 20;

/// Fills `out` with the elements of `stream` from its position on; f16 and bf16 values are held
/// within `bounds`. Writes every element of `out`.
pub(crate) fn fill<T: Convert, K: Kernel<T::Computed>>(
    kernel: &K,
    bounds: [T::Computed; 2],
    out: &mut [MaybeUninit<T>],
    stream: &Stream,
    exec: Exec,
) {
    let streaming = T::direct(out).is_some_and(|out| size_of_val(out) >= STREAMING_BYTES);
    let level = exec.chosen_level();
    let task = Task { kernel, bounds, state: stream.state, level, streaming };
    #[cfg(feature = "rayon")]
    if out.len() >= PARALLEL_BLOCKS * T::Computed::BLOCK {
        let threads = threads::count(exec);
        if threads > 1 {
            let share = threads::Share { unit: PART_BLOCKS * T::Computed::BLOCK, threads };
            return threads::share(out, stream.offset, share, |out, offset| task.run(out, offset));
        }
    }
    task.run(out, stream.offset);
}

/// What the parts of a fill have in common.
struct Task<'a, T: Convert, K> {
    kernel: &'a K,
    bounds: [T::Computed; 2],
    state: [u64; 4],
    level: Level,
    streaming: bool,
}

impl<T: Convert, K> Clone for Task<'_, T, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Convert, K> Copy for Task<'_, T, K> {}

impl<T: Convert, K: Kernel<T::Computed>> Task<'_, T, K> {
    /// Fills a part of the slice, from `offset` on, on this thread.
    fn run(self, out: &mut [MaybeUninit<T>], offset: u64) {
        if out.is_empty() {
            return;
        }
        let _env = FloatEnv::default_state();
        if self.streaming {
            simd::dispatch(self.level, Streaming(Run { task: self, out, offset }));
        } else {
            simd::dispatch(self.level, Run { task: self, out, offset });
        }
    }

    /// Fills `out`, which is within a block and has `skip` elements of the block before it.
    #[inline(always)]
    fn fill_within_block<S: Simd>(
        self,
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
struct Run<'a, 'b, T: Convert, K> {
    task: Task<'a, T, K>,
    out: &'b mut [MaybeUninit<T>],
    offset: u64,
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
