//! The fills of the laws. They are written out because the header's generator does not see what a
//! macro makes.

use std::ffi::{c_char, c_int};

use half::bf16;

use super::call::{Source, fill};
use crate::{Normal, TruncatedNormal, Uniform};

/// Fills `out` with `len` `float` values of the uniform law on `[low, high)`.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_uniform_f32(
    out: *mut f32,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || Uniform::new(low, high)) }
}

/// Fills `out` with `len` `double` values of the uniform law on `[low, high)`.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_uniform_f64(
    out: *mut f64,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || Uniform::new(low, high)) }
}

/// Fills `out` with `len` bfloat16 values of the uniform law on `[low, high)`.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_uniform_bf16(
    out: *mut u16,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let (out, source) = (out.cast::<bf16>(), Source { seed, path, offset });
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || Uniform::new(low, high)) }
}

/// Fills `out` with `len` `float` values of the normal law.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_normal_f32(
    out: *mut f32,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || Normal::new(mean, std)) }
}

/// Fills `out` with `len` `double` values of the normal law.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_normal_f64(
    out: *mut f64,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || Normal::new(mean, std)) }
}

/// Fills `out` with `len` bfloat16 values of the normal law.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_normal_bf16(
    out: *mut u16,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    threads: usize,
) -> c_int {
    let (out, source) = (out.cast::<bf16>(), Source { seed, path, offset });
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || Normal::new(mean, std)) }
}

/// Fills `out` with `len` `float` values of the normal law cut off at `low` and `high` standard
/// deviations from the mean.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_f32(
    out: *mut f32,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || TruncatedNormal::new(mean, std, low, high)) }
}

/// Fills `out` with `len` `double` values of the normal law cut off at `low` and `high` standard
/// deviations from the mean.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_f64(
    out: *mut f64,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || TruncatedNormal::new(mean, std, low, high)) }
}

/// Fills `out` with `len` bfloat16 values of the normal law cut off at `low` and `high` standard
/// deviations from the mean.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_bf16(
    out: *mut u16,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let (out, source) = (out.cast::<bf16>(), Source { seed, path, offset });
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || TruncatedNormal::new(mean, std, low, high)) }
}

/// Fills `out` with `len` `float` values of the normal law cut off at the values `low` and `high`.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_absolute_f32(
    out: *mut f32,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || TruncatedNormal::absolute(mean, std, low, high)) }
}

/// Fills `out` with `len` `double` values of the normal law cut off at the values `low` and `high`.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_absolute_f64(
    out: *mut f64,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let source = Source { seed, path, offset };
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || TruncatedNormal::absolute(mean, std, low, high)) }
}

/// Fills `out` with `len` bfloat16 values of the normal law cut off at the values `low` and `high`.
///
/// # Safety
///
/// `out` has room for `len` elements and `path` ends with 0, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_absolute_bf16(
    out: *mut u16,
    len: usize,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let (out, source) = (out.cast::<bf16>(), Source { seed, path, offset });
    // SAFETY: the caller's promise.
    unsafe { fill(out, len, source, threads, || TruncatedNormal::absolute(mean, std, low, high)) }
}
