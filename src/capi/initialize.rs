//! Any initializer, by its JSON.

use std::ffi::{c_char, c_int, c_void};

use half::{bf16, f16};

use super::call::{Failure, Source, dimensions, guard, on_threads, output, text};
use super::{SEEDBED_BF16, SEEDBED_F16, SEEDBED_F32, SEEDBED_F64, SEEDBED_PARAMETER};
use crate::{Element, Error, Initializer};

/// Fills `out` with a tensor of the shape `dims`, which has `rank` dimensions and `len` elements in
/// row-major order.
///
/// `json` is `{"class_name": .., "config": {..}}` with a qualified name, such as
/// `{"class_name": "keras.HeNormal", "config": {}}`; parameters that are left out have the defaults
/// of their system. `dtype` is `SEEDBED_F32` or another element type.
///
/// # Safety
///
/// `out` has room for `len` elements of the type, `dims` has `rank` values, `json` and `path` end
/// with 0, or they are null.
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
    let source = Source { seed, path, offset: 0 };
    guard(|| {
        // SAFETY: the caller's promise.
        let (json, dims) = unsafe { (text("json", json)?, dimensions(dims, rank)?) };
        let initializer = parse(json)?;
        // SAFETY: the caller's promise; `dtype` says what `out` points to.
        unsafe {
            match dtype {
                SEEDBED_F32 => fill::<f32>(out, len, &initializer, dims, source, threads),
                SEEDBED_F64 => fill::<f64>(out, len, &initializer, dims, source, threads),
                SEEDBED_BF16 => fill::<bf16>(out, len, &initializer, dims, source, threads),
                SEEDBED_F16 => fill::<f16>(out, len, &initializer, dims, source, threads),
                _ => Err(Failure::new(
                    SEEDBED_PARAMETER,
                    format!("dtype is {dtype}, but must be a SEEDBED_F32 or the like, 0 to 3"),
                )),
            }
        }
    })
}

/// # Safety
///
/// As for [`output`] and [`Source::stream`].
unsafe fn fill<T: Element>(
    out: *mut c_void,
    len: usize,
    initializer: &Initializer,
    dims: &[usize],
    source: Source,
    threads: usize,
) -> Result<(), Failure> {
    // SAFETY: the caller's promise.
    let (out, stream) = unsafe { (output::<T>(out.cast(), len)?, source.stream(len)?) };
    let tensor = initializer.resolve::<T>(dims)?;
    on_threads(threads, |exec| tensor.fill_uninit(out, &stream, exec).map(drop))??;
    Ok(())
}

#[cfg(feature = "serde")]
fn parse(json: &str) -> Result<Initializer, Failure> {
    let value = serde_json::from_str(json).map_err(|error| Error::Config {
        value: json.to_owned(),
        problem: format!("is not JSON: {error}"),
    })?;
    Ok(crate::registry::from_json(&value)?)
}

#[cfg(not(feature = "serde"))]
fn parse(_: &str) -> Result<Initializer, Failure> {
    Err(Error::FeatureDisabled { feature: "serde" }.into())
}
