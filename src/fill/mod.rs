//! Fills of slices: a slice is cut at blocks, and its parts are filled by threads at a level.

mod blocks;
mod exec;
mod nontemporal;
pub(crate) mod threads;

use core::mem::MaybeUninit;

use blocks::{Run, Task};
pub use exec::{Exec, Threads, WithExec};

use crate::element::Convert;
use crate::kernel::Kernel;
#[cfg(feature = "rayon")]
use crate::kernel::Output;
use crate::simd::{FloatEnv, dispatch, nontemporal_stores_pay};
use crate::stream::Stream;

/// Fills of at least this many blocks use several threads.
#[cfg(feature = "rayon")]
const PARALLEL_BLOCKS: usize = 64;

/// Smallest piece a thread takes, about ten microseconds of work.
#[cfg(feature = "rayon")]
const PART_BLOCKS: usize = 8;

/// Fills of at least this many bytes of f32 and f64 use non-temporal stores where these are faster:
/// memory of this size would not stay in the caches.
const NON_TEMPORAL_BYTES: usize = 64 << 20;

/// Fills `out` with the elements of `stream` from its position on; f16 and bf16 values are held
/// within `bounds`. Writes every element of `out`.
pub(crate) fn fill<T: Convert, K: Kernel<T::Computed>>(
    kernel: &K,
    bounds: [T::Computed; 2],
    out: &mut [MaybeUninit<T>],
    stream: &Stream,
    exec: Exec,
) {
    let large = T::direct(out).is_some_and(|out| size_of_val(out) >= NON_TEMPORAL_BYTES);
    let non_temporal = large && nontemporal_stores_pay();
    let (task, level) = (Task { kernel, bounds, state: &stream.state }, exec.chosen_level());
    let fill_part = |out: &mut [MaybeUninit<T>], offset| {
        if out.is_empty() {
            return;
        }
        let _env = FloatEnv::default_state();
        if non_temporal {
            nontemporal::fill(level, &task, out, offset);
        } else {
            dispatch(level, Run { task: &task, out, offset });
        }
    };
    #[cfg(feature = "rayon")]
    if out.len() >= PARALLEL_BLOCKS * T::Computed::BLOCK {
        let threads = threads::count(exec);
        if threads > 1 {
            let share = threads::Share { unit: PART_BLOCKS * T::Computed::BLOCK, threads };
            return threads::share(out, stream.offset, share, fill_part);
        }
    }
    fill_part(out, stream.offset);
}
