//! What a call from C goes through: pointers to slices, threads, errors to codes.

use core::any::Any;
use core::mem::MaybeUninit;
use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    SEEDBED_CONFIG, SEEDBED_LENGTH, SEEDBED_OK, SEEDBED_PANIC, SEEDBED_PARAMETER, SEEDBED_POINTER,
    SEEDBED_RESOURCE, SEEDBED_UTF8,
};
use crate::{Element, Error, Exec, Sample, Seed, Stream};

/// A code with its message.
pub(super) struct Failure {
    code: c_int,
    message: String,
}

impl Failure {
    pub(super) fn new(code: c_int, message: impl Into<String>) -> Self {
        Failure { code, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::LengthMismatch { .. } | Error::ShapeOverflow { .. } => SEEDBED_LENGTH,
            Error::UnknownName { .. }
            | Error::MissingParameter { .. }
            | Error::Parameter { .. }
            | Error::Config { .. } => SEEDBED_CONFIG,
            Error::Allocation { .. } | Error::FeatureDisabled { .. } => SEEDBED_RESOURCE,
            _ => SEEDBED_PARAMETER,
        };
        Failure::new(code, error.to_string())
    }
}

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Reads the message of this thread's last failure; it is empty on a thread that is ending.
pub(super) fn with_message<R>(read: impl Fn(&str) -> R) -> R {
    MESSAGE.try_with(|message| read(&message.borrow())).unwrap_or_else(|_| read(""))
}

/// The code of what `call` returns; a failure's message is kept for this thread.
pub(super) fn guard(call: impl FnOnce() -> Result<(), Failure>) -> c_int {
    // What a panic leaves half done are values that the caller is told not to use.
    let Failure { code, message } = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => return SEEDBED_OK,
        Ok(Err(failure)) => failure,
        Err(payload) => Failure::new(SEEDBED_PANIC, panic_message(&*payload)),
    };
    // The message ends with a 0, so none may be in it.
    let message = message.replace('\0', "\\0");
    let _on_an_ending_thread = MESSAGE.try_with(|last| last.replace(message));
    code
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("the library panicked: {}", text.unwrap_or("no message"))
}

/// Checks that a pointer to `len` values can be one to a slice.
fn check<T>(name: &str, pointer: *const T, len: usize) -> Result<(), Failure> {
    if pointer.is_null() {
        let message = format!("{name} is null, but has a length of {len}");
        return Err(Failure::new(SEEDBED_POINTER, message));
    }
    if !pointer.is_aligned() {
        let message = format!("{name} is {pointer:p}, but must be aligned to its type");
        return Err(Failure::new(SEEDBED_POINTER, message));
    }
    if len > isize::MAX as usize / size_of::<T>() {
        let message = format!("{name} has a length of {len}, more than the address space");
        return Err(Failure::new(SEEDBED_LENGTH, message));
    }
    Ok(())
}

/// # Safety
///
/// `pointer` is null, or to `len` elements that nothing else uses for the time of the call.
pub(super) unsafe fn output<'a, T: Element>(
    pointer: *mut T,
    len: usize,
) -> Result<&'a mut [MaybeUninit<T>], Failure> {
    if len == 0 {
        return Ok(&mut []);
    }
    check("out", pointer, len)?;
    // SAFETY: checked to be aligned and of a possible length, and not null; the rest is the
    // caller's promise. The memory need not be initialised.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer.cast(), len) })
}

/// # Safety
///
/// `pointer` is null, or to `rank` values.
pub(super) unsafe fn dimensions<'a>(
    pointer: *const usize,
    rank: usize,
) -> Result<&'a [usize], Failure> {
    if rank == 0 {
        return Ok(&[]);
    }
    check("dims", pointer, rank)?;
    // SAFETY: checked to be aligned and of a possible length, and not null; the rest is the
    // caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, rank) })
}

/// # Safety
///
/// `pointer` is null, or to a string that ends with 0.
pub(super) unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    if pointer.is_null() {
        return Err(Failure::new(SEEDBED_POINTER, format!("{name} is null")));
    }
    // SAFETY: not null, and ends with 0 by the caller's promise.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    bytes
        .to_str()
        .map_err(|error| Failure::new(SEEDBED_UTF8, format!("{name} is not UTF-8: {error}")))
}

/// Calls `work` with the way to run on so many threads.
pub(super) fn on_threads<R: Send>(
    threads: usize,
    work: impl FnOnce(Exec) -> R + Send,
) -> Result<R, Failure> {
    match threads {
        0 => Ok(work(Exec::default())),
        1 => Ok(work(Exec::sequential())),
        #[cfg(feature = "rayon")]
        _ => Ok(pool(threads)?.install(|| work(Exec::default()))),
        #[cfg(not(feature = "rayon"))]
        _ => Err(Error::FeatureDisabled { feature: "rayon" }.into()),
    }
}

/// The process's pool of so many threads. Starting one takes some 50 microseconds a thread, so it
/// is kept.
#[cfg(feature = "rayon")]
fn pool(threads: usize) -> Result<std::sync::Arc<rayon::ThreadPool>, Failure> {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex, PoisonError};

    const MOST: usize = 1024;
    static POOLS: Mutex<BTreeMap<usize, Arc<rayon::ThreadPool>>> = Mutex::new(BTreeMap::new());
    if threads > MOST {
        let message = format!("threads is {threads}, but must be at most {MOST}");
        return Err(Failure::new(SEEDBED_PARAMETER, message));
    }
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get(&threads) {
        return Ok(pool.clone());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Failure::new(SEEDBED_RESOURCE, format!("no pool of {threads} threads: {error}"))
    })?;
    Ok(pools.entry(threads).or_insert(Arc::new(pool)).clone())
}

/// Which values of a law to take.
pub(super) struct Source {
    pub(super) seed: u64,
    pub(super) path: *const c_char,
    pub(super) offset: u64,
}

impl Source {
    /// The stream at the position, which `len` elements follow.
    ///
    /// # Safety
    ///
    /// `path` is null, or to a string that ends with 0.
    pub(super) unsafe fn stream(&self, len: usize) -> Result<Stream, Failure> {
        // SAFETY: the caller's promise.
        let path = unsafe { text("path", self.path) }?;
        let stream = Seed::from(self.seed).stream(path).at(self.offset)?;
        let _end = stream.at(self.offset.saturating_add(len as u64))?;
        Ok(stream)
    }
}

/// Fills `out` with values of a law.
///
/// # Safety
///
/// As for [`output`] and [`Source::stream`].
pub(super) unsafe fn fill<T: Element, L: Sample<T> + Sync>(
    out: *mut T,
    len: usize,
    source: Source,
    threads: usize,
    law: impl FnOnce() -> Result<L, Error>,
) -> c_int {
    guard(|| {
        // SAFETY: the caller's promise.
        let (out, stream) = unsafe { (output(out, len)?, source.stream(len)?) };
        let law = law()?;
        on_threads(threads, |exec| {
            law.sample_uninit_with(out, &stream, exec);
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code_and_a_message() {
        let message = || with_message(str::to_owned);
        assert_eq!(guard(|| panic!("of {} bytes\0", 3)), SEEDBED_PANIC);
        assert_eq!(message(), "the library panicked: of 3 bytes\\0");
        assert_eq!(guard(|| std::panic::panic_any(1)), SEEDBED_PANIC);
        assert_eq!(message(), "the library panicked: no message");
        assert_eq!(guard(|| Ok(())), SEEDBED_OK);
        assert_eq!(message(), "the library panicked: no message");
        std::thread::spawn(move || assert_eq!(message(), "")).join().unwrap();
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn a_pool_is_kept() {
        let (first, second) = (pool(3).ok().unwrap(), pool(3).ok().unwrap());
        assert!(std::sync::Arc::ptr_eq(&first, &second));
        assert_eq!(first.current_num_threads(), 3);
        let inside = on_threads(3, |_| rayon::current_num_threads());
        assert_eq!(inside.ok(), Some(3));
    }
}
