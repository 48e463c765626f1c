//! Which tensors are written in which files: those of the source, or as much as a file may hold.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use safetensors::Dtype;

use crate::checkpoint::{Checkpoint, SINGLE, Shard};
use crate::header::{Header, Tensor};
use crate::spec;

/// An element type to change to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// No change.
    Keep,
    /// A type that a specification may have, too.
    Real(spec::Dtype),
    /// A type of 8 bits.
    Eight(Dtype),
}

impl Type {
    /// Returns the type, unless there is no change.
    pub fn changed(self) -> Option<Dtype> {
        match self {
            Type::Keep => None,
            Type::Real(dtype) => Some(dtype.into()),
            Type::Eight(dtype) => Some(dtype),
        }
    }
}

impl FromStr for Type {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "keep" => Type::Keep,
            "f8_e4m3" | "float8_e4m3fn" => Type::Eight(Dtype::F8_E4M3),
            "f8_e5m2" | "float8_e5m2" => Type::Eight(Dtype::F8_E5M2),
            _ => {
                let more = |e: String| format!("{e}; with --like also keep, f8_e4m3 or f8_e5m2");
                Type::Real(name.parse().map_err(more)?)
            }
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Keep => f.write_str("keep"),
            Type::Real(dtype) => f.write_str(dtype.name()),
            Type::Eight(dtype) => f.write_str(&dtype.to_string().to_lowercase()),
        }
    }
}

/// How the list differs from the source.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes {
    /// The element type of tensors of floating-point numbers, if they do not keep their own.
    pub dtype: Option<Dtype>,
    /// How many layers are kept, if not all.
    pub layers: Option<usize>,
    /// The most bytes of a file's data, if the files are not those of the source.
    pub most: Option<u64>,
}

/// Returns the files that are written, each with its tensors in the order of their bytes.
///
/// # Errors
///
/// What is wrong with a tensor, or that there are no layers to choose from.
pub fn files(source: &Checkpoint, changes: Changes) -> Result<Vec<Shard>, String> {
    if let Some(layers) = changes.layers {
        let found = source.tensors().filter_map(|(_, t)| layer(&t.name)).max();
        let found = found.ok_or_else(|| format!("--layers {layers}: no tensor is of a layer"))?;
        if layers > found + 1 {
            return Err(format!("--layers {layers}: there are {} layers", found + 1));
        }
    }
    let kept = |tensor: &&Tensor| match (changes.layers, layer(&tensor.name)) {
        (Some(most), Some(layer)) => layer < most,
        _ => true,
    };
    let changed = |tensor: &Tensor| {
        let dtype = changes.dtype.filter(|_| is_float(tensor.dtype)).unwrap_or(tensor.dtype);
        let Tensor { name, shape, .. } = tensor.clone();
        Tensor::new(name.clone(), dtype, shape, 0).map_err(|e| format!("tensor {name:?}: {e}"))
    };
    let mut files = Vec::new();
    for shard in &source.shards {
        let tensors = shard.header.tensors.iter().filter(kept).map(changed);
        files.push((shard.file.clone(), tensors.collect::<Result<Vec<_>, _>>()?));
    }
    // A file of which nothing is left is not written.
    files.retain(|(_, tensors)| !tensors.is_empty());
    if let Some(most) = changes.most {
        files = split(files.into_iter().flat_map(|(_, tensors)| tensors), most);
    }
    let shards =
        files.into_iter().map(|(file, tensors)| Ok(Shard { file, header: packed(tensors)? }));
    shards.collect()
}

/// Splits tensors in their order into files of at most `most` bytes, as
/// `split_torch_state_dict_into_shards` of huggingface_hub does: a tensor that no longer fits begins the
/// next file, and a tensor that is larger has a file of its own.
fn split(tensors: impl Iterator<Item = Tensor>, most: u64) -> Vec<(String, Vec<Tensor>)> {
    let mut parts = Vec::new();
    let (mut part, mut size) = (Vec::new(), 0);
    for tensor in tensors {
        let bytes = tensor.bytes as u64;
        if bytes > most {
            parts.push(vec![tensor]);
            continue;
        }
        if size + bytes > most {
            parts.push(std::mem::take(&mut part));
            size = 0;
        }
        size += bytes;
        part.push(tensor);
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    let count = parts.len();
    let name = |at| match count {
        1 => SINGLE.to_owned(),
        _ => format!("model-{:05}-of-{count:05}.safetensors", at + 1),
    };
    parts.into_iter().enumerate().map(|(at, part)| (name(at), part)).collect()
}

/// Returns the header of a file of these tensors, in the order that every writer of the format gives them:
/// wide types first, so that all are aligned, then by name.
fn packed(mut tensors: Vec<Tensor>) -> Result<Header, String> {
    tensors.sort_by(|a, b| (Reverse(a.dtype), &a.name).cmp(&(Reverse(b.dtype), &b.name)));
    let mut offset = 0usize;
    for tensor in &mut tensors {
        tensor.offset = offset;
        let next = offset.checked_add(tensor.bytes).filter(|&sum| isize::try_from(sum).is_ok());
        offset = next.ok_or_else(|| {
            format!("tensor {:?}: 2^63 bytes or more in a file, which no file has", tensor.name)
        })?;
    }
    Ok(Header { tensors, ..Header::default() })
}

/// Returns the number of a tensor's layer: the number after the word that holds the layers in the models of
/// transformers, timm and others.
pub fn layer(name: &str) -> Option<usize> {
    const LISTS: [&str; 6] = ["layers", "layer", "h", "blocks", "block", "resblocks"];
    let words: Vec<&str> = name.split('.').collect();
    let number = |pair: &[&str]| LISTS.contains(&pair[0]).then(|| pair[1].parse().ok())?;
    words.windows(2).find_map(number)
}

/// Returns how many layers the tensors are of.
pub fn layers<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.filter_map(layer).collect::<BTreeSet<_>>().len()
}

/// Whether a type is of floating-point numbers that stand for themselves: bare exponents scale others.
pub fn is_float(dtype: Dtype) -> bool {
    use Dtype::{BF16, F8_E4M3, F8_E5M2, F16, F32, F64};
    matches!(dtype, F64 | F32 | F16 | BF16 | F8_E4M3 | F8_E5M2)
}

/// Reads a size such as `5GB` or `500MB`: decimal units, or binary ones as in `4GiB`.
///
/// # Errors
///
/// What a size is.
pub fn size(text: &str) -> Result<u64, String> {
    let refuse = || {
        format!(
            "{text:?} is not a size: a number of at least 1 with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB"
        )
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit: u64 = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1000,
        "M" | "MB" => 1000u64.pow(2),
        "G" | "GB" => 1000u64.pow(3),
        "T" | "TB" => 1000u64.pow(4),
        "KIB" => 1 << 10,
        "MIB" => 1 << 20,
        "GIB" => 1 << 30,
        "TIB" => 1 << 40,
        _ => return Err(refuse()),
    };
    let number: f64 = number.parse().map_err(|_| refuse())?;
    let bytes = number * unit as f64;
    if (1.0..2f64.powi(63)).contains(&bytes) { Ok(bytes as u64) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_numbered_by_the_list_they_are_in() {
        for (name, expected) in [
            ("model.layers.12.mlp.experts.3.w1.weight", Some(12)),
            ("h.3.attn.weight", Some(3)),
            ("encoder.layer.0.output.dense.bias", Some(0)),
            ("visual.merger.mlp.2.weight", None),
            ("layers.weight", None),
            ("model.norm.weight", None),
        ] {
            assert_eq!(layer(name), expected, "{name}");
        }
    }

    #[test]
    fn sizes_are_decimal_unless_they_say_otherwise() {
        for (text, bytes) in [
            ("5GB", 5_000_000_000),
            ("1.5 kb", 1500),
            ("1GiB", 1 << 30),
            ("7", 7),
            ("500MB", 500_000_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "0", "0.5B", "-1GB", "5 gigs", "1e3", "99999999TB", "1.2.3MB"] {
            assert!(size(text).unwrap_err().contains("is not a size: "), "{text}");
        }
    }

    #[test]
    fn tensors_are_split_as_huggingface_hub_does() {
        let tensor = |(at, bytes): (usize, &usize)| {
            Tensor::new(at.to_string(), Dtype::U8, vec![*bytes], 0).unwrap()
        };
        let split = |sizes: &[usize], most| {
            let files = split(sizes.iter().enumerate().map(tensor), most).into_iter();
            let files =
                files.map(|(file, part)| (file, part.into_iter().map(|t| t.name).collect()));
            files.collect::<Vec<(String, Vec<String>)>>()
        };
        let files = split(&[4, 6, 1, 30, 9, 10], 10);
        let names: Vec<_> = files.iter().map(|(file, _)| file.as_str()).collect();
        let expected: Vec<_> =
            (1..=4).map(|at| format!("model-0000{at}-of-00004.safetensors")).collect();
        assert_eq!(names, expected);
        let parts: Vec<_> = files.into_iter().map(|(_, part)| part.join(" ")).collect();
        assert_eq!(parts, ["0 1", "3", "2 4", "5"]);
        assert_eq!(split(&[4, 6], 10), [(SINGLE.to_owned(), vec!["0".to_owned(), "1".to_owned()])]);
        assert_eq!(split(&[], 10), []);
    }
}
