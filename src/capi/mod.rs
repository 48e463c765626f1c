//! The C interface, declared in `include/seedbed.h`.
//!
//! A shared object is built by `cargo rustc --release --features capi --crate-type cdylib`, an
//! archive with `staticlib` instead of `cdylib`; the crate itself stays an ordinary library.
//!
//! # Arguments
//!
//! - `out` points to room for `len` elements; it need not be initialised, and may be null if `len`
//!   is 0.
//! - `dtype` is the type of the elements: [`SEEDBED_F32`], [`SEEDBED_F64`], [`SEEDBED_BF16`] or
//!   [`SEEDBED_F16`].
//! - `seed` and `path` name the stream; `path` is UTF-8 and ends with 0. The values are those of
//!   [`Seed::stream`](crate::Seed::stream) in Rust, bit for bit.
//! - `offset` is the position in the stream, in elements. A distribution's fill of elements
//!   `offset` to `offset + len` has the same values as that part of a longer fill.
//! - `threads` is 0 for the process's rayon pool, whose size `RAYON_NUM_THREADS` sets and which large
//!   fills use, and 1 for the calling thread. Any other number up to 1024 uses a pool of that size,
//!   which is created on first use and kept; entering it costs a few microseconds per call. The
//!   values are the same for any number. A child process made by `fork` must pass 1.
//!
//! # Errors
//!
//! Every fill returns [`SEEDBED_OK`] or the code of an error, whose message
//! [`seedbed_last_error`] copies. After [`SEEDBED_RESOURCE`] and [`SEEDBED_PANIC`] the contents of
//! `out` are unspecified; any other error leaves `out` as it was.

#![allow(unsafe_code)] // foreign pointers, and names that the linker must find

mod call;
mod failure;
mod fills;
mod initialize;
mod threads;

use std::ffi::{c_char, c_int};

pub use fills::*;
pub use initialize::*;

use crate::level::Level;

/// Success.
pub const SEEDBED_OK: c_int = 0;
/// A pointer is null or not aligned.
pub const SEEDBED_POINTER: c_int = 1;
/// A string is not UTF-8.
pub const SEEDBED_UTF8: c_int = 2;
/// `len` is not the product of `dims` or `counts`, or a size is beyond the address space.
pub const SEEDBED_LENGTH: c_int = 3;
/// An argument is outside its range, or does not fit the tensor's shape or element type.
pub const SEEDBED_PARAMETER: c_int = 4;
/// `json` is malformed, or has a name or a value that is not known.
pub const SEEDBED_CONFIG: c_int = 5;
/// There is no memory or no thread, or the library was built without a feature of the crate.
pub const SEEDBED_RESOURCE: c_int = 6;
/// The library has a defect: it panicked.
pub const SEEDBED_PANIC: c_int = 7;

/// The element type `float`.
pub const SEEDBED_F32: c_int = 0;
/// The element type `double`.
pub const SEEDBED_F64: c_int = 1;
/// The element type bfloat16, as `uint16_t`.
pub const SEEDBED_BF16: c_int = 2;
/// The element type IEEE half precision, as `uint16_t`.
pub const SEEDBED_F16: c_int = 3;

/// Copies the message of this thread's last failed call to `buf`, ended by 0 and cut off to fit
/// into `len` bytes. Returns the length of the whole message without the 0, as `snprintf` does, or 0
/// if no call has failed yet.
///
/// # Safety
///
/// `buf` has room for `len` bytes, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_last_error(buf: *mut c_char, len: usize) -> usize {
    failure::with_message(|message| {
        if buf.is_null() || len == 0 {
            return message.len();
        }
        let mut end = message.len().min(len - 1);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        // SAFETY: `buf` is not null and has room for `len` bytes by the caller's promise; `end` is
        // less than `len`, and within the message, whose memory belongs to the library.
        unsafe {
            buf.copy_from_nonoverlapping(message.as_ptr().cast(), end);
            buf.add(end).write(0);
        }
        message.len()
    })
}

/// Returns the name of the instruction set that fills use: `portable`, `neon`, `avx2` or `avx512`. To
/// use a lower level, set the environment variable `SEEDBED_MAX_LEVEL` to its name before the first
/// fill.
#[unsafe(no_mangle)]
pub extern "C" fn seedbed_level() -> *const c_char {
    let name = match Level::best() {
        Level::Portable => c"portable",
        Level::Neon => c"neon",
        Level::Avx2 => c"avx2",
        Level::Avx512 => c"avx512",
    };
    name.as_ptr()
}
