//! Work on several threads. With the pools of the C interface this is the only place that names
//! rayon; without the feature all work is done by the calling thread.

#[cfg(feature = "rayon")]
use std::sync::{Mutex, PoisonError};

use super::exec::Exec;

/// Returns how many threads may be used.
pub(crate) fn count(exec: Exec) -> usize {
    #[cfg(feature = "rayon")]
    if exec.is_parallel() {
        return rayon::current_num_threads();
    }
    let _ = exec;
    1
}

/// Calls `work` with each chunk of `len` elements (the last may be shorter) and its number.
pub(crate) fn chunks<T: Send>(
    out: &mut [T],
    len: usize,
    exec: Exec,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    #[cfg(feature = "rayon")]
    if exec.is_parallel() && out.len() > len {
        use rayon::iter::{IndexedParallelIterator, ParallelIterator};
        use rayon::slice::ParallelSliceMut;
        return out.par_chunks_mut(len).enumerate().for_each(|(i, chunk)| work(i, chunk));
    }
    let _ = exec;
    out.chunks_mut(len).enumerate().for_each(|(i, chunk)| work(i, chunk));
}

/// Calls `work` with each item; the first items are begun first.
#[cfg(feature = "orthogonal")]
pub(crate) fn for_each<I>(items: I, parallel: bool, work: impl Fn(I::Item) + Send + Sync)
where
    I: Iterator<Item: Send> + Send,
{
    #[cfg(feature = "rayon")]
    if parallel {
        use rayon::iter::{ParallelBridge, ParallelIterator};
        return items.par_bridge().for_each(work);
    }
    let _ = parallel;
    items.for_each(work);
}

/// Fills an empty vector, which has room for them, with `len` copies of a value.
#[cfg(feature = "orthogonal")]
pub(crate) fn extend_with<T: Copy + Send + Sync>(
    values: &mut Vec<T>,
    len: usize,
    value: T,
    parallel: bool,
) {
    #[cfg(feature = "rayon")]
    if parallel {
        use rayon::iter::IndexedParallelIterator;
        return rayon::iter::repeat_n(value, len).collect_into_vec(values);
    }
    let _ = parallel;
    values.resize(len, value);
}

/// Smallest piece that a thread takes, in units of `unit` elements, and how many threads share the
/// work.
#[cfg(feature = "rayon")]
#[derive(Clone, Copy)]
pub(super) struct Share {
    /// Elements that a piece should begin and end at a multiple of, counted from the stream's start.
    pub(super) unit: usize,
    /// Threads, at least 2.
    pub(super) threads: usize,
}

/// Calls `work` with pieces of `out` and their offsets, on the calling thread and on threads of the
/// pool as soon as they are awake: each takes a part of what is left, smaller and smaller, until
/// nothing is.
#[cfg(feature = "rayon")]
pub(super) fn share<T: Send>(
    out: &mut [T],
    offset: u64,
    Share { unit, threads }: Share,
    work: impl Fn(&mut [T], u64) + Sync,
) {
    let helpers = threads.min(out.len() / unit).saturating_sub(1);
    let rest = Mutex::new((out, offset));
    let take = || {
        let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, offset) = core::mem::take(&mut *rest);
        let len = part_len(out.len() / (2 * threads), offset, unit).min(out.len());
        let (part, later) = out.split_at_mut(len);
        *rest = (later, offset + len as u64);
        (part, offset)
    };
    let work = || {
        loop {
            let (part, offset) = take();
            if part.is_empty() {
                break;
            }
            work(part, offset);
        }
    };
    rayon::in_place_scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|_| work());
        }
        work();
    });
}

/// Returns about `share` elements from `offset` on, up to a multiple of `unit`.
#[cfg(feature = "rayon")]
fn part_len(share: usize, offset: u64, unit: usize) -> usize {
    let into_unit = (offset % unit as u64) as usize;
    ((share + into_unit) / unit).max(1) * unit - into_unit
}
