//! Chunks of a slice on several threads, where that is allowed and worth it.

use crate::fill::{Exec, Threads};

/// Whether several threads may be used.
pub(crate) fn allowed(exec: Exec) -> bool {
    cfg!(feature = "rayon") && exec != exec.threads(Threads::Sequential)
}

/// [`chunks`] of two slices at once, with as many elements each.
pub(crate) fn chunk_pairs<T: Send, U: Send>(
    (first, second): (&mut [T], &mut [U]),
    len: usize,
    exec: Exec,
    work: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    let pairs = first.chunks_mut(len).zip(second.chunks_mut(len));
    let mut pairs: Vec<(&mut [T], &mut [U])> = pairs.collect();
    chunks(&mut pairs, 1, exec, |i, pairs| {
        for (first, second) in pairs {
            work(i, first, second);
        }
    });
}

/// Calls `work` with every chunk of `len` elements (the last may be shorter) and its number.
pub(crate) fn chunks<T: Send>(
    out: &mut [T],
    len: usize,
    exec: Exec,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    if allowed(exec) && out.len() > len {
        #[cfg(feature = "rayon")]
        {
            use rayon::iter::{IndexedParallelIterator, ParallelIterator};
            use rayon::slice::ParallelSliceMut;
            return out.par_chunks_mut(len).enumerate().for_each(|(i, chunk)| work(i, chunk));
        }
    }
    out.chunks_mut(len).enumerate().for_each(|(i, chunk)| work(i, chunk));
}
