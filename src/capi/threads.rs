//! The argument `threads`.

#[cfg(not(feature = "rayon"))]
use super::SEEDBED_RESOURCE;
use super::failure::Failure;
use crate::fill::Exec;

/// Calls `work` where it runs on this many threads.
pub(super) fn on_threads<R: Send>(
    threads: usize,
    work: impl FnOnce(Exec) -> R + Send,
) -> Result<R, Failure> {
    match threads {
        0 => Ok(work(Exec::default())),
        1 => Ok(work(Exec::sequential())),
        #[cfg(feature = "rayon")]
        _ => Ok(pools::get(threads)?.install(|| work(Exec::default()))),
        #[cfg(not(feature = "rayon"))]
        _ => Err(Failure::new(
            SEEDBED_RESOURCE,
            format!("threads is {threads}, but this library was built without the feature `rayon`"),
        )),
    }
}

#[cfg(feature = "rayon")]
mod pools {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex, PoisonError};

    use rayon::{ThreadPool, ThreadPoolBuilder};

    use super::Failure;
    use crate::capi::{SEEDBED_PARAMETER, SEEDBED_RESOURCE};

    const MOST: usize = 1024;
    static POOLS: Mutex<BTreeMap<usize, Arc<ThreadPool>>> = Mutex::new(BTreeMap::new());

    /// Returns the process's pool of this many threads. It is kept, as starting a pool takes some
    /// 50 microseconds per thread.
    pub(super) fn get(threads: usize) -> Result<Arc<ThreadPool>, Failure> {
        if threads > MOST {
            let message = format!("threads is {threads}, but must be at most {MOST}");
            return Err(Failure::new(SEEDBED_PARAMETER, message));
        }
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&threads) {
            return Ok(pool.clone());
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
            let message = format!("threads is {threads}, but no such pool could start: {error}");
            Failure::new(SEEDBED_RESOURCE, message)
        })?;
        Ok(pools.entry(threads).or_insert(Arc::new(pool)).clone())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::capi::threads::on_threads;

        #[test]
        fn a_pool_is_kept() {
            let (first, second) = (get(3).unwrap(), get(3).unwrap());
            assert!(Arc::ptr_eq(&first, &second));
            assert_eq!(first.current_num_threads(), 3);
            assert_eq!(on_threads(3, |_| rayon::current_num_threads()).unwrap(), 3);
        }
    }
}
