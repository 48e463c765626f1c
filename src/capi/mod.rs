//! The C interface, declared in `include/seedbed.h`.
//!
//! A shared object is built by `cargo rustc --release --features capi --crate-type cdylib`, an
//! archive with `staticlib` instead of `cdylib`; the crate itself stays an ordinary library.
//!
//! # What every fill has in common
//!
//! - `out` and `len` are where `len` elements are written, which need not be initialised. `out` may
//!   be null where `len` is 0. bf16 and f16 are `uint16_t`.
//! - `seed` and `path`, a string of UTF-8 that ends with 0, name the stream. Values are those of
//!   [`Seed::stream`](crate::Seed::stream) and of the law in Rust, bit for bit.
//! - `offset` is the position in the stream, in elements.
//! - `threads` is 0 for the process's rayon pool, which large fills use (its size is set by
//!   `RAYON_NUM_THREADS`), and 1 for the calling thread. Any other number, up to 1024, is that of a
//!   pool of its own, which the first such call starts and the process keeps; each call then costs
//!   some microseconds to enter it. Values do not depend on it. After `fork`, a child can only use
//!   1.
//!
//! # Errors
//!
//! The result is [`SEEDBED_OK`] or another code, for which [`seedbed_last_error`] has a message;
//! nothing is written then but by an orthogonal initializer that runs out of memory. A panic is an
//! error too and does not reach the caller.

#![allow(unsafe_code)] // foreign pointers, and names that the linker must find

mod call;
mod fills;
mod initialize;

use std::ffi::{c_char, c_int};

pub use fills::*;
pub use initialize::*;

use crate::Level;

/// Success.
pub const SEEDBED_OK: c_int = 0;
/// A pointer is null or not aligned.
pub const SEEDBED_POINTER: c_int = 1;
/// A string is not UTF-8.
pub const SEEDBED_UTF8: c_int = 2;
/// A length is not that of the shape, or beyond the address space.
pub const SEEDBED_LENGTH: c_int = 3;
/// A parameter is outside its range, or does not fit the shape or the element type.
pub const SEEDBED_PARAMETER: c_int = 4;
/// An initializer's JSON is malformed, or has a name or a value that is not known.
pub const SEEDBED_CONFIG: c_int = 5;
/// There is no memory, no thread, or no such feature in this build.
pub const SEEDBED_RESOURCE: c_int = 6;
/// A defect of the library.
pub const SEEDBED_PANIC: c_int = 7;

/// The element type `float`.
pub const SEEDBED_F32: c_int = 0;
/// The element type `double`.
pub const SEEDBED_F64: c_int = 1;
/// The element type bfloat16, as `uint16_t`.
pub const SEEDBED_BF16: c_int = 2;
/// The element type IEEE half precision, as `uint16_t`.
pub const SEEDBED_F16: c_int = 3;

/// Copies the message of this thread's last call that failed, ended by 0 and cut off to fit into
/// `len` bytes. Returns the length of the whole message without the 0, as `snprintf` does; 0 where
/// no call has failed yet.
///
/// # Safety
///
/// `buf` has `len` bytes, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_last_error(buf: *mut c_char, len: usize) -> usize {
    call::with_message(|message| {
        if buf.is_null() || len == 0 {
            return message.len();
        }
        let mut end = message.len().min(len - 1);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        // SAFETY: `buf` is not null and has `len` bytes by the caller's promise, `end` is less than
        // `len`, and the message is the library's own memory.
        unsafe {
            buf.copy_from_nonoverlapping(message.as_ptr().cast(), end);
            buf.add(end).write(0);
        }
        message.len()
    })
}

/// The name of the instruction-set level that fills run at: `portable`, `avx2` or `avx512`. Set the
/// environment variable `SEEDBED_MAX_LEVEL` to one of them before the first fill to cap it.
#[unsafe(no_mangle)]
pub extern "C" fn seedbed_level() -> *const c_char {
    let name = match Level::best() {
        Level::Portable => c"portable",
        Level::Avx2 => c"avx2",
        Level::Avx512 => c"avx512",
    };
    name.as_ptr()
}
