//! What lies beside the weights and is copied: configuration, tokenizer and generation files.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use serde_json::Value;

use crate::failure::Failure;
use crate::like::list::Changes;
use crate::write::write_whole;

/// The model's configuration.
const CONFIG: &str = "config.json";

/// Files that belong to a tokenizer or to generation without saying so by their names.
const NAMES: [&str; 12] = [
    CONFIG,
    "generation_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "preprocessor_config.json",
    "chat_template.json",
    "chat_template.jinja",
];

/// Returns the configuration beside a checkpoint, or null if there is none.
///
/// # Errors
///
/// [`Failure::Input`] for a configuration that is no JSON.
pub fn config(directory: &Path) -> Result<Value, Failure> {
    let path = directory.join(CONFIG);
    let Ok(text) = fs::read(&path) else { return Ok(Value::Null) };
    serde_json::from_slice(&text)
        .map_err(|e| Failure::Input(format!("{}: not JSON: {e}", path.display())))
}

/// Returns the files beside a checkpoint that are copied, in order.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_copied = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        (NAMES.contains(&name) || name.starts_with("tokenizer") && !name.ends_with(".py"))
            && path.is_file()
    };
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(is_copied).collect();
    files.sort();
    files
}

/// Copies files into a directory, the configuration with what has changed.
///
/// # Errors
///
/// [`Failure::Runtime`] with the path.
pub fn copy(
    files: &[PathBuf],
    directory: &Path,
    config: &Value,
    changes: Changes,
) -> Result<(), Failure> {
    for file in files {
        let name = file.file_name().unwrap_or_default();
        let mut bytes = fs::read(file).map_err(|e| Failure::at(file, e))?;
        if name == CONFIG && (changes.layers.is_some() || changes.dtype.is_some()) {
            let text = serde_json::to_string_pretty(&changed(config, changes));
            bytes = (text.expect("string keys only") + "\n").into_bytes();
        }
        write_whole(&directory.join(name), &bytes)?;
    }
    Ok(())
}

/// Returns a configuration of fewer layers or of another element type, where it states them; also those of
/// parts of the model, as `text_config`.
fn changed(config: &Value, changes: Changes) -> Value {
    const LAYERS: [&str; 5] =
        ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers"];
    const LISTS: [&str; 3] = ["layer_types", "no_rope_layers", "mlp_layer_types"];
    let Value::Object(fields) = config else { return config.clone() };
    let field = |(key, value): (&String, &Value)| {
        let value = match (changes.layers, changes.dtype.and_then(name), value) {
            (Some(most), _, Value::Number(n)) if LAYERS.contains(&key.as_str()) => {
                Value::from(n.as_u64().unwrap_or_default().min(most as u64))
            }
            (Some(most), _, Value::Array(list)) if LISTS.contains(&key.as_str()) => {
                list.iter().take(most).cloned().collect()
            }
            (_, Some(dtype), Value::String(_)) if key == "torch_dtype" || key == "dtype" => {
                dtype.into()
            }
            (.., Value::Object(_)) => changed(value, changes),
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    fields.iter().map(field).collect::<serde_json::Map<_, _>>().into()
}

/// Returns the name of an element type in configurations, if models compute in it.
fn name(dtype: Dtype) -> Option<&'static str> {
    Some(match dtype {
        Dtype::F64 => "float64",
        Dtype::F32 => "float32",
        Dtype::F16 => "float16",
        Dtype::BF16 => "bfloat16",
        _ => return None,
    })
}
