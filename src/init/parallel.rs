//! Chunks of a slice on several threads, where that is allowed and worth it.

use crate::fill::{Exec, Threads};

/// Whether several threads may be used.
pub(crate) fn allowed(exec: Exec) -> bool {
    cfg!(feature = "rayon") && exec != exec.threads(Threads::Sequential)
}

/// How many threads may be used.
pub(crate) fn threads(exec: Exec) -> usize {
    #[cfg(feature = "rayon")]
    if allowed(exec) {
        return rayon::current_num_threads();
    }
    let _ = exec;
    1
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
