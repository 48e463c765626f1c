//! What to initialise: a list of entries. A specification file is a JSON array of them.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use seedbed::Initializer;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::entry::{self, label};

/// A tensor to be made.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name in the file, and the path of its stream.
    pub name: String,
    /// Its shape; `[]` is a scalar.
    pub shape: Vec<usize>,
    /// Its element type, if it is not that of the command line.
    pub dtype: Option<Dtype>,
    /// Where its values come from.
    pub init: Init,
}

/// An initializer, and what the specification calls it.
#[derive(Clone, Debug)]
pub struct Init {
    /// The name, such as `keras.RandomNormal`.
    pub class_name: String,
    /// What makes the values.
    pub initializer: Initializer,
}

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 32 bits.
    F32,
    /// 16 bits, 11 of them precision.
    F16,
    /// 16 bits, 8 of them precision.
    Bf16,
    /// 64 bits.
    F64,
}

impl FromStr for Dtype {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "f32" | "float32" | "fp32" => Dtype::F32,
            "f16" | "float16" | "fp16" | "half" => Dtype::F16,
            "bf16" | "bfloat16" => Dtype::Bf16,
            "f64" | "float64" | "fp64" | "double" => Dtype::F64,
            _ => return Err(format!("dtype {name:?} is not known: it is f32, f16, bf16 or f64")),
        })
    }
}

impl Dtype {
    /// The name, as in a specification.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
            Dtype::Bf16 => "bf16",
            Dtype::F64 => "f64",
        }
    }
}

impl From<Dtype> for safetensors::Dtype {
    fn from(dtype: Dtype) -> Self {
        match dtype {
            Dtype::F32 => Self::F32,
            Dtype::F16 => Self::F16,
            Dtype::Bf16 => Self::BF16,
            Dtype::F64 => Self::F64,
        }
    }
}

/// Reads a specification from a file.
pub fn from_file(path: &Path) -> Result<Vec<Entry>, String> {
    parse(fs::read(path))
}

/// Reads a specification from standard input.
pub fn from_standard_input() -> Result<Vec<Entry>, String> {
    let mut bytes = Vec::new();
    parse(io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
}

/// Reads the text of a specification, with or without a byte order mark.
fn parse(read: io::Result<Vec<u8>>) -> Result<Vec<Entry>, String> {
    let text = String::from_utf8(read.map_err(|e| e.to_string())?);
    let text = text.map_err(|e| format!("the text is not UTF-8: {e}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| match e.classify() {
        Category::Data => "not a JSON array of entries".to_string(),
        _ => e.to_string(),
    })?;
    let entries = items.iter().enumerate().map(|(at, item)| entry::read(at, item.get()));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    check_names(&entries)?;
    Ok(entries)
}

fn check_names(entries: &[Entry]) -> Result<(), String> {
    let mut names = HashSet::new();
    for (at, Entry { name, .. }) in entries.iter().enumerate() {
        if name == "__metadata__" {
            return Err(format!("{}: safetensors reserves this name", label(at, Some(name))));
        }
        if !names.insert(name) {
            return Err(format!("{}: an earlier entry has this name", label(at, Some(name))));
        }
    }
    Ok(())
}
