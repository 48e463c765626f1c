//! Fills by an initializer's JSON, of a whole tensor or of a block.

use core::mem::MaybeUninit;
use core::ops::Range;
use std::ffi::{c_char, c_int, c_void};

use super::call::{Call, Fill, sizes, text};
use super::failure::{Failure, guard};
use super::{SEEDBED_LENGTH, SEEDBED_PARAMETER};
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::init::initializer::Initializer;
use crate::init::shape;
#[cfg(feature = "serde")]
use crate::presets::registry;
use crate::stream::Stream;

/// Fills `out` with a tensor in row-major order. `dims` has the sizes of its `rank` axes; their
/// product is `len`.
///
/// `json` is an object with a qualified `class_name` and the parameters in `config`, such as
/// `{"class_name": "keras.he_normal", "config": {}}` or
/// `{"class_name": "torch.normal_", "config": {"std": 0.02}}`. Parameters that are left out have the
/// defaults of their system.
///
/// # Safety
///
/// `out` has room for `len` elements of the type `dtype`, which nothing else uses during the call;
/// `dims` has `rank` values; `json` and `path` end with 0. A null pointer is an error, except an `out`
/// or `dims` of no elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_initialize(
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    json: *const c_char,
    dims: *const usize,
    rank: usize,
    seed: u64,
    path: *const c_char,
    threads: usize,
) -> c_int {
    let call = Call { out, len, dtype, seed, path, offset: 0, threads };
    guard(|| {
        // SAFETY: the caller's promise.
        let (json, dims) = unsafe { (text("json", json)?, sizes("dims", dims, rank)?) };
        let initializer = parse(json)?;
        check_len(len, "dims", dims)?;
        // SAFETY: the caller's promise.
        unsafe { call.fill(&Whole { initializer, dims }) }
    })
}

/// Fills `out` with a rectangular block of a tensor, such as the shard of one process, in row-major
/// order. On axis `i`, which has the size `dims[i]`, the block has the `counts[i]` elements from
/// `starts[i]` on; the product of `counts` is `len`.
///
/// The values are those that `seedbed_initialize` gives these elements of the whole tensor. Only the
/// values that the block needs are sampled, except that an orthogonal tensor is always computed as a
/// whole.
///
/// # Safety
///
/// As for `seedbed_initialize`; `starts` and `counts` have `rank` values like `dims`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seedbed_initialize_block(
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    json: *const c_char,
    dims: *const usize,
    rank: usize,
    starts: *const usize,
    counts: *const usize,
    seed: u64,
    path: *const c_char,
    threads: usize,
) -> c_int {
    let call = Call { out, len, dtype, seed, path, offset: 0, threads };
    guard(|| {
        // SAFETY: the caller's promise.
        let (json, dims) = unsafe { (text("json", json)?, sizes("dims", dims, rank)?) };
        // SAFETY: the caller's promise.
        let starts = unsafe { sizes("starts", starts, rank)? };
        // SAFETY: the caller's promise.
        let counts = unsafe { sizes("counts", counts, rank)? };
        let initializer = parse(json)?;
        product("dims", dims)?;
        let ranges = ranges(dims, starts, counts)?;
        check_len(len, "counts", counts)?;
        // SAFETY: the caller's promise.
        unsafe { call.fill(&Block { initializer, dims, ranges }) }
    })
}

/// A whole tensor.
struct Whole<'a> {
    initializer: Initializer,
    dims: &'a [usize],
}

impl Fill for Whole<'_> {
    fn fill<T: Element>(
        &self,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        self.initializer.for_shape(self.dims)?.with(exec).fill_uninit(out, stream).map(drop)
    }
}

/// A rectangular block of a tensor.
struct Block<'a> {
    initializer: Initializer,
    dims: &'a [usize],
    ranges: Vec<Range<usize>>,
}

impl Fill for Block<'_> {
    fn fill<T: Element>(
        &self,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let values = self.initializer.for_shape(self.dims)?.with(exec);
        values.fill_block_uninit(&self.ranges, out, stream).map(drop)
    }
}

/// Returns the indices of the block on each axis.
fn ranges(
    dims: &[usize],
    starts: &[usize],
    counts: &[usize],
) -> Result<Vec<Range<usize>>, Failure> {
    let range = |(i, &start): (usize, &usize)| {
        let (count, size) = (counts[i], dims[i]);
        let end = start.checked_add(count).filter(|&end| end <= size);
        end.map(|end| start..end).ok_or_else(|| {
            let message = format!(
                "starts[{i}] is {start} and counts[{i}] is {count}, but dims[{i}] is {size}"
            );
            Failure::new(SEEDBED_PARAMETER, message)
        })
    };
    starts.iter().enumerate().map(range).collect()
}

/// Checks that `len` is the product of the sizes.
fn check_len(len: usize, name: &str, sizes: &[usize]) -> Result<(), Failure> {
    let expected = product(name, sizes)?;
    if len == expected {
        return Ok(());
    }
    let message = format!("len is {len}, but the product of {name} {sizes:?} is {expected}");
    Err(Failure::new(SEEDBED_LENGTH, message))
}

fn product(name: &str, sizes: &[usize]) -> Result<usize, Failure> {
    shape::elements(sizes).map_err(|_| {
        let message = format!("the product of {name} {sizes:?} is more than SIZE_MAX");
        Failure::new(SEEDBED_LENGTH, message)
    })
}

#[cfg(feature = "serde")]
fn parse(json: &str) -> Result<Initializer, Failure> {
    Ok(registry::from_str(json)?)
}

#[cfg(not(feature = "serde"))]
fn parse(_json: &str) -> Result<Initializer, Failure> {
    let message = "json cannot be read: this library was built without the feature `serde`";
    Err(Failure::new(super::SEEDBED_RESOURCE, message))
}
