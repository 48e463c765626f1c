//! A fill for each distribution.

use std::ffi::{c_char, c_int, c_void};

use super::call::Call;
use super::failure::guard;
use crate::Initializer;
use crate::init::Units;

/// Fills `out` with values of the uniform distribution on `[low, high)`.
///
/// # Safety
///
/// `out` has room for `len` elements of the type `dtype`, which nothing else uses during the call;
/// `path` ends with 0. A null pointer is an error, except an `out` of no elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_uniform(
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    seed: u64,
    path: *const c_char,
    offset: u64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let call = Call { out, len, dtype, seed, path, offset, threads };
    // SAFETY: the caller's promise.
    unsafe { fill(call, Initializer::Uniform { low, high }) }
}

/// Fills `out` with values of the normal distribution.
///
/// # Safety
///
/// As for `seedbed_fill_uniform`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_normal(
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    threads: usize,
) -> c_int {
    let call = Call { out, len, dtype, seed, path, offset, threads };
    // SAFETY: the caller's promise.
    unsafe { fill(call, Initializer::Normal { mean, std }) }
}

/// Fills `out` with values of the normal distribution, truncated `low` and `high` standard
/// deviations from the mean, such as -2 and 2. Either bound may be infinite.
///
/// # Safety
///
/// As for `seedbed_fill_uniform`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal(
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let call = Call { out, len, dtype, seed, path, offset, threads };
    let units = Units::Sigma;
    // SAFETY: the caller's promise.
    unsafe { fill(call, Initializer::TruncatedNormal { mean, std, low, high, units }) }
}

/// Fills `out` with values of the normal distribution, truncated at the values `low` and `high`.
/// Either bound may be infinite.
///
/// # Safety
///
/// As for `seedbed_fill_uniform`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_fill_truncated_normal_absolute(
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    seed: u64,
    path: *const c_char,
    offset: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    threads: usize,
) -> c_int {
    let call = Call { out, len, dtype, seed, path, offset, threads };
    let units = Units::Absolute;
    // SAFETY: the caller's promise.
    unsafe { fill(call, Initializer::TruncatedNormal { mean, std, low, high, units }) }
}

/// # Safety
///
/// As for [`Call::fill`].
unsafe fn fill(call: Call, distribution: Initializer) -> c_int {
    // A vector: `distribution` has the same values in every shape.
    // SAFETY: the caller's promise.
    guard(|| unsafe { call.fill(&distribution, &[call.len], None) })
}
