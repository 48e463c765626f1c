//! Headers of `.safetensors` files: names, element types, shapes and places, without the values.
//!
//! A file begins with the length of its header, 8 bytes, and the header, a JSON object of the tensors. The
//! values need not be there: `SafeTensors::read_metadata` of the crate wants them, so this module reads the
//! two itself. All faults of a header are named by file and tensor.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use safetensors::Dtype;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::limits;
use crate::ordered::Ordered;

/// The key of a header that is no tensor.
const METADATA: &str = "__metadata__";

/// A header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// What `__metadata__` has, in the header's order.
    pub metadata: Vec<(String, String)>,
    /// The tensors, in the order of their bytes.
    pub tensors: Vec<Tensor>,
    /// Where the data begins in the file, in bytes.
    pub data_start: u64,
}

/// A tensor of a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The name.
    pub name: String,
    /// The element type.
    pub dtype: Dtype,
    /// The shape; `[]` is a scalar.
    pub shape: Vec<usize>,
    /// Where its bytes begin, after the header.
    pub offset: usize,
    /// How many bytes it has.
    pub bytes: usize,
}

/// A tensor as a header has it.
#[derive(Deserialize)]
struct Info {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: Option<(usize, usize)>,
}

impl Header {
    /// Reads the header of a file, and nothing of what follows it.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] for a file that cannot be read or that has no valid header.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let refuse = |problem: String| Failure::Input(format!("{}: {problem}", path.display()));
        let mut file = File::open(path).map_err(|e| refuse(e.to_string()))?;
        let text = text(&mut file).map_err(refuse)?;
        let mut header = Header::parse(&text).map_err(refuse)?;
        header.data_start = 8 + text.len() as u64;
        Ok(header)
    }

    /// Reads the text of a header. Where no tensor has offsets, as in a list that no file begins with, they
    /// follow from the order of the text.
    ///
    /// # Errors
    ///
    /// What is wrong, with the tensor's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Ordered(entries): Ordered<&RawValue> =
            serde_json::from_str(text).map_err(|e| format!("the header is not JSON: {e}"))?;
        let mut header = Header::default();
        let mut names = HashSet::new();
        let mut tensors = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            if !names.insert(name.clone()) {
                return Err(format!("tensor {name:?}: an earlier tensor has this name"));
            }
            if name == METADATA {
                let metadata = serde_json::from_str(value.get());
                let Ordered(metadata) =
                    metadata.map_err(|_| format!("{METADATA} is not an object of strings"))?;
                header.metadata = metadata;
                continue;
            }
            let info: Info = serde_json::from_str(value.get())
                .map_err(|e| format!("tensor {name:?}: {}", in_words(&e)))?;
            tensors.push((name, info));
        }
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let mut end = 0;
        for (name, info) in tensors {
            let tensor = Tensor::new(name.clone(), info.dtype, info.shape, end);
            let tensor = tensor.map_err(|e| format!("tensor {name:?}: {e}"))?;
            end = end.checked_add(tensor.bytes).ok_or("2^64 bytes or more in all")?;
            match info.data_offsets {
                Some(stated) if stated != (tensor.offset, end) => {
                    let (from, to) = stated;
                    let Tensor { dtype, shape, offset, .. } = tensor;
                    return Err(format!(
                        "tensor {name:?}: its bytes are {from} to {to}, but {dtype} of shape {shape:?} \
                         after the tensors before it has {offset} to {end}"
                    ));
                }
                _ => header.tensors.push(tensor),
            }
        }
        Ok(header)
    }
}

impl Header {
    /// Returns the bytes of all tensors.
    pub fn data_bytes(&self) -> usize {
        self.tensors.last().map_or(0, |tensor| tensor.offset + tensor.bytes)
    }
}

impl Tensor {
    /// Makes a tensor whose bytes begin at an offset.
    ///
    /// # Errors
    ///
    /// What is wrong with the shape.
    pub fn new(
        name: String,
        dtype: Dtype,
        shape: Vec<usize>,
        offset: usize,
    ) -> Result<Self, String> {
        let bytes = limits::bytes(&shape, dtype)?;
        Ok(Tensor { name, dtype, shape, offset, bytes })
    }

    /// Returns how many elements there are.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Reads the text of a header.
fn text(file: &mut impl Read) -> Result<String, String> {
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|e| ended(e, "the length of the header"))?;
    let length = u64::from_le_bytes(length);
    if length > limits::MOST_BYTES as u64 {
        let most = limits::MOST_BYTES;
        return Err(format!(
            "not a .safetensors file: its header of {length} bytes is longer than {most}, the format's limit"
        ));
    }
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text).map_err(|e| ended(e, &format!("the header of {length} bytes")))?;
    String::from_utf8(text).map_err(|e| format!("the header is not UTF-8: {e}"))
}

fn ended(error: io::Error, what: &str) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the file ends within {what}"),
        _ => error.to_string(),
    }
}

/// Returns what a reader of JSON says in a user's words, and without the place, which counts from the start of
/// the tensor.
fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    text.replace("unknown variant", "unknown dtype").replace("usize", "an integer of at least 0")
}
