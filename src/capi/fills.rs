//! A fill for each distribution.

use core::mem::MaybeUninit;
use std::ffi::{c_char, c_int, c_void};

use super::call::{Call, Fill};
use super::failure::guard;
use crate::distr::{FillUninit, Normal, TruncatedNormal, Uniform};
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::stream::Stream;

/// A distribution, whatever the element type.
enum Parameters {
    Uniform { low: f64, high: f64 },
    Normal { mean: f64, std: f64 },
    TruncatedNormal { mean: f64, std: f64, low: f64, high: f64 },
    TruncatedNormalAbsolute { mean: f64, std: f64, low: f64, high: f64 },
}

impl Fill for Parameters {
    fn fill<T: Element>(
        &self,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        match *self {
            Parameters::Uniform { low, high } => {
                Uniform::new(low, high)?.fill_uninit(out, stream, exec)
            }
            Parameters::Normal { mean, std } => {
                Normal::new(mean, std)?.fill_uninit(out, stream, exec)
            }
            Parameters::TruncatedNormal { mean, std, low, high } => {
                TruncatedNormal::new(mean, std, low, high)?.fill_uninit(out, stream, exec)
            }
            Parameters::TruncatedNormalAbsolute { mean, std, low, high } => {
                let distribution = TruncatedNormal::absolute(mean, std, low, high)?;
                distribution.fill_uninit(out, stream, exec)
            }
        }
        Ok(())
    }
}

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
    guard(|| unsafe { call.fill(&Parameters::Uniform { low, high }) })
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
    guard(|| unsafe { call.fill(&Parameters::Normal { mean, std }) })
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
    // SAFETY: the caller's promise.
    guard(|| unsafe { call.fill(&Parameters::TruncatedNormal { mean, std, low, high }) })
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
    // SAFETY: the caller's promise.
    guard(|| unsafe { call.fill(&Parameters::TruncatedNormalAbsolute { mean, std, low, high }) })
}
