//! The argument `threads`, and the pools of threads.

use std::collections::BTreeMap;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use seedbed::Exec;

use crate::argument::{count, wrong_value};

const MOST: usize = 1024;

/// The process that uses rayon's own pool. After a fork its threads are not in the child, where a fill
/// on that pool would wait for ever: a child has pools of its own.
static FIRST: AtomicU32 = AtomicU32::new(0);

/// The pools of each process, by their sizes. The lock is only taken by threads that are attached to
/// the interpreter and is not waited in, so no other thread holds it when Python forks.
static POOLS: Mutex<BTreeMap<(u32, usize), Arc<ThreadPool>>> = Mutex::new(BTreeMap::new());

/// Where a fill runs.
pub enum Threads {
    /// On the calling thread, and on rayon's own pool if the fill is large.
    Global,
    /// On the calling thread.
    One,
    /// On a pool.
    Pool(Arc<ThreadPool>),
}

impl Threads {
    /// Reads the argument, for a fill of so many elements.
    pub fn new(value: Option<&Bound<'_, PyAny>>, elements: usize) -> PyResult<Self> {
        let threads = value.map(|value| count("threads", value)).transpose()?;
        if let Some(threads) = threads.filter(|threads| !(1..=MOST).contains(threads)) {
            let expected = format!("None or from 1 to {MOST}");
            return Err(wrong_value("threads", threads, &expected));
        }
        // To hand a fill to a pool takes longer than a small fill.
        if elements < 1 << 13 || threads == Some(1) {
            return Ok(Threads::One);
        }
        let process = process::id();
        if threads.is_none() {
            let first = FIRST.compare_exchange(0, process, Ordering::Relaxed, Ordering::Relaxed);
            if first.is_ok() || first == Err(process) {
                return Ok(Threads::Global);
            }
        }
        // Rayon's default number of threads is 0 here.
        pool(process, threads.unwrap_or(0)).map(Threads::Pool)
    }

    /// Calls `work` there.
    pub fn run<R: Send>(&self, work: impl FnOnce(Exec) -> R + Send) -> R {
        match self {
            Threads::Global => work(Exec::default()),
            Threads::One => work(Exec::sequential()),
            Threads::Pool(pool) => pool.install(|| work(Exec::default())),
        }
    }
}

fn pool(process: u32, threads: usize) -> PyResult<Arc<ThreadPool>> {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get(&(process, threads)) {
        return Ok(pool.clone());
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        PyRuntimeError::new_err(format!("threads is {threads}, but they cannot start: {error}"))
    })?;
    Ok(pools.entry((process, threads)).or_insert(Arc::new(pool)).clone())
}
