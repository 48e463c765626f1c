//! What to initialise: a list of entries. A specification file is a JSON array of them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A tensor to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// An initializer by its name in a system, such as `keras.RandomNormal`, with that system's own
/// parameter names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Init {
    /// The name.
    pub class_name: String,
    /// The parameters; a parameter that is left out has the system's default.
    #[serde(default = "no_parameters")]
    pub config: Value,
}

fn no_parameters() -> Value {
    Value::Object(Map::new())
}

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
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

/// Reads a specification file.
pub fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let text = fs::read(path).map_err(|e| e.to_string())?;
    let items: Vec<Value> = serde_json::from_slice(&text).map_err(|e| e.to_string())?;
    let entries = items.iter().enumerate().map(|(at, item)| {
        Entry::deserialize(item).map_err(|e| format!("{}: {e}", label(at, item["name"].as_str())))
    });
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    check_names(&entries)?;
    Ok(entries)
}

/// Returns the name of an entry in messages, counted from 1.
pub fn label(at: usize, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("entry {} {name:?}", at + 1),
        None => format!("entry {}", at + 1),
    }
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
