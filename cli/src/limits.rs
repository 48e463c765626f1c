//! The limits of a `.safetensors` file, checked before anything is written.

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use crate::plan::{Planned, order};
use crate::provenance::Provenance;

/// The most bytes of a header that the format allows.
pub const MOST_BYTES: usize = 100_000_000;

/// Returns the bytes of a tensor, if the format can count its bits and they are whole bytes.
///
/// The format's readers multiply the sizes from left to right, so that a size of 0 at the end does not
/// save a shape that is too large before it.
pub fn bytes(shape: &[usize], dtype: Dtype) -> Result<usize, String> {
    let bits = shape.iter().chain([&dtype.bitsize()]).try_fold(1usize, |n, &m| n.checked_mul(m));
    let bits = bits.ok_or_else(|| {
        let limit = usize::BITS;
        format!("the shape {shape:?} has 2^{limit} bits or more, which the format cannot count")
    })?;
    if bits % 8 != 0 {
        return Err(format!(
            "{dtype} of shape {shape:?} has {bits} bits, which are no whole bytes"
        ));
    }
    Ok(bits / 8)
}

/// Returns the position of the tensor at which the header becomes longer than `most` bytes, if one does.
pub fn first_beyond(plan: &[Planned], provenance: &Provenance, most: usize) -> Option<usize> {
    // The header is padded to a multiple of 8.
    let most = most / 8 * 8;
    let (mut length, keys) = provenance.lengths(plan.iter().map(|planned| planned.name.as_str()));
    length += r#"{"__metadata__":}"#.len();
    lengths(plan).into_iter().zip(keys).position(|(tensor, key)| {
        length += tensor + key;
        length > most
    })
}

/// Returns the bytes of each tensor's part of the header.
fn lengths(plan: &[Planned]) -> Vec<usize> {
    let mut lengths = vec![0; plan.len()];
    let mut offset = 0;
    // The lengths of offsets depend on the order of the data.
    for at in order(plan) {
        let Planned { name, shape, dtype, bytes, .. } = &plan[at];
        let data_offsets = (offset, offset + bytes);
        let info = TensorInfo { dtype: (*dtype).into(), shape: shape.clone(), data_offsets };
        // A comma, the name, a colon, the rest.
        lengths[at] = 2 + json_length(name) + json_length(&info);
        offset += bytes;
    }
    lengths
}

fn json_length(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).expect("strings and numbers are JSON").len()
}
