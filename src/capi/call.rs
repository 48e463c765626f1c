//! The arguments of a call: pointers become slices, and `dtype` becomes an element type.

use core::mem::MaybeUninit;
use std::ffi::{CStr, c_char, c_int, c_void};

use half::{bf16, f16};

use super::failure::Failure;
use super::threads::on_threads;
use super::{
    SEEDBED_BF16, SEEDBED_F16, SEEDBED_F32, SEEDBED_F64, SEEDBED_LENGTH, SEEDBED_PARAMETER,
    SEEDBED_POINTER, SEEDBED_UTF8,
};
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::stream::{Seed, Stream};

/// What a call writes, in any element type.
pub(super) trait Fill: Sync {
    /// Writes every element of `out`, unless it returns an error.
    fn fill<T: Element>(
        &self,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error>;
}

/// The arguments that all fills share.
pub(super) struct Call {
    pub(super) out: *mut c_void,
    pub(super) len: usize,
    pub(super) dtype: c_int,
    pub(super) seed: u64,
    pub(super) path: *const c_char,
    pub(super) offset: u64,
    pub(super) threads: usize,
}

impl Call {
    /// Fills `out`.
    ///
    /// # Safety
    ///
    /// `out` is null or has room for `len` elements of the type that `dtype` names, which nothing
    /// else reads or writes during the call; `path` is null or a string that ends with 0.
    pub(super) unsafe fn fill(&self, values: &impl Fill) -> Result<(), Failure> {
        // SAFETY: the caller's promise; each arm has the element type that its constant names.
        unsafe {
            match self.dtype {
                SEEDBED_F32 => self.fill_as::<f32>(values),
                SEEDBED_F64 => self.fill_as::<f64>(values),
                SEEDBED_BF16 => self.fill_as::<bf16>(values),
                SEEDBED_F16 => self.fill_as::<f16>(values),
                dtype => {
                    let expected = "SEEDBED_F32, SEEDBED_F64, SEEDBED_BF16 or SEEDBED_F16";
                    let message = format!("dtype is {dtype}, but must be {expected}");
                    Err(Failure::new(SEEDBED_PARAMETER, message))
                }
            }
        }
    }

    /// # Safety
    ///
    /// As for [`fill`](Call::fill), and `T` is the type that `dtype` names.
    unsafe fn fill_as<T: Element>(&self, values: &impl Fill) -> Result<(), Failure> {
        // SAFETY: the caller's promise.
        let (out, stream) = unsafe { (self.output::<T>()?, self.stream()?) };
        on_threads(self.threads, |exec| values.fill(out, &stream, exec))??;
        Ok(())
    }

    /// Returns `out` as a slice.
    ///
    /// # Safety
    ///
    /// `out` is null or has room for `len` elements of type `T`, which nothing else reads or writes
    /// while the slice is used.
    unsafe fn output<'a, T: Element>(&self) -> Result<&'a mut [MaybeUninit<T>], Failure> {
        let out: *mut MaybeUninit<T> = self.out.cast();
        if !is_array("out", out, self.len)? {
            return Ok(&mut []);
        }
        // SAFETY: checked to be aligned, not null and of a possible length; that the memory is
        // there and used by nothing else is the caller's promise. It need not be initialised.
        Ok(unsafe { core::slice::from_raw_parts_mut(out, self.len) })
    }

    /// Returns the stream at `offset`, after checking that it has `len` elements from there on.
    ///
    /// # Safety
    ///
    /// `path` is null or a string that ends with 0.
    unsafe fn stream(&self) -> Result<Stream, Failure> {
        // SAFETY: the caller's promise.
        let stream = Seed::from(self.seed).stream(unsafe { text("path", self.path) }?);
        let end = self.offset.saturating_add(self.len as u64);
        stream.at(end).and_then(|_end| stream.at(self.offset)).map_err(|_| {
            let message = format!("offset + len is {end}, but a stream has 2^60 elements");
            Failure::new(SEEDBED_PARAMETER, message)
        })
    }
}

/// Checks that a pointer to `len` values can be that of an array. Returns false if there is no array
/// to look at, as `len` is 0.
fn is_array<T>(name: &str, pointer: *const T, len: usize) -> Result<bool, Failure> {
    if len == 0 {
        return Ok(false);
    }
    if pointer.is_null() {
        let message = format!("{name} is null, but has a length of {len}");
        return Err(Failure::new(SEEDBED_POINTER, message));
    }
    if !pointer.is_aligned() {
        let bytes = align_of::<T>();
        let message = format!("{name} is {pointer:p}, but must be aligned to {bytes} bytes");
        return Err(Failure::new(SEEDBED_POINTER, message));
    }
    if len > isize::MAX as usize / size_of::<T>() {
        let message = format!("{name} has a length of {len}, more than the address space");
        return Err(Failure::new(SEEDBED_LENGTH, message));
    }
    Ok(true)
}

/// Returns `rank` sizes as a slice.
///
/// # Safety
///
/// `pointer` is null or points to `rank` values, which nothing writes while the slice is used.
pub(super) unsafe fn sizes<'a>(
    name: &str,
    pointer: *const usize,
    rank: usize,
) -> Result<&'a [usize], Failure> {
    if !is_array(name, pointer, rank)? {
        return Ok(&[]);
    }
    // SAFETY: checked to be aligned, not null and of a possible length; that the values are there
    // and not written to is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, rank) })
}

/// Returns a string without the 0 at its end.
///
/// # Safety
///
/// `pointer` is null or a string that ends with 0, which nothing writes while it is used.
pub(super) unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    if pointer.is_null() {
        return Err(Failure::new(SEEDBED_POINTER, format!("{name} is null")));
    }
    // SAFETY: not null; that it ends with 0 and is not written to is the caller's promise.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    bytes
        .to_str()
        .map_err(|error| Failure::new(SEEDBED_UTF8, format!("{name} is not UTF-8: {error}")))
}
