//! The one reader of an initializer's JSON, in all the forms that people have:
//!
//! - a name: `"torch.zeros_"`;
//! - `{"class_name": "torch.normal_", "config": {"std": 0.02}}`, where `config` may be missing;
//! - the same with `"algorithm": "V1"`, as this crate writes it;
//! - the same with `module` and `registered_name`, as Keras 3 writes it.

use serde_json::{Map, Value, json};

use super::Preset;
use super::class::{Class, malformed, object};
use crate::error::{ConfigError, Error};
use crate::generator::Algorithm;
use crate::init::initializer::Initializer;
use crate::suggest::unknown;

/// The parts of an initializer's JSON.
pub(super) struct Envelope<'a> {
    pub(super) class_name: &'a str,
    pub(super) config: Map<String, Value>,
    /// Whether the class is one of the module `keras.initializers`.
    pub(super) in_keras: bool,
}

/// The keys that an initializer's JSON may have.
const KEYS: [&str; 5] = ["class_name", "config", "algorithm", "module", "registered_name"];

/// Takes an initializer's JSON apart and refuses what it must not have.
pub(super) fn open(value: &Value) -> Result<Envelope<'_>, ConfigError> {
    if let Value::String(class_name) = value {
        return Ok(Envelope { class_name, config: Map::new(), in_keras: false });
    }
    let form = "is not a name or {\"class_name\": .., \"config\": {..}}";
    let envelope = value.as_object().ok_or_else(|| malformed(value, form))?;
    if let Some(key) = envelope.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(unknown("key of an initializer", key, KEYS));
    }
    let Some(Value::String(class_name)) = envelope.get("class_name") else {
        return Err(malformed(value, form));
    };
    let config = match envelope.get("config") {
        None => Map::new(),
        Some(config) => object(config)?.clone(),
    };
    if let Some(algorithm) = envelope.get("algorithm") {
        Algorithm::check_name(algorithm)?;
    }
    let in_keras = match envelope.get("module") {
        None | Some(Value::Null) => false,
        Some(Value::String(module)) if is_keras(module) => true,
        Some(module) => {
            let problem = format!("has the module {module}, which is not `keras.initializers`");
            return Err(malformed(value, problem));
        }
    };
    match envelope.get("registered_name") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) if name == class_name => {}
        Some(name) => {
            let problem = format!("has the registered_name {name}: custom classes are not known");
            return Err(malformed(value, problem));
        }
    }
    Ok(Envelope { class_name, config, in_keras })
}

fn is_keras(module: &str) -> bool {
    let module = module.strip_prefix("tf.").unwrap_or(module);
    module == "keras.initializers" || module.starts_with("keras.src.initializers")
}

/// Returns the initializer of a system's JSON, the class name not qualified.
pub(super) fn read_in(classes: &[Class], value: &Value) -> Result<Initializer, Error> {
    let Envelope { class_name, config, .. } = open(value)?;
    Class::find("initializer", classes, class_name)?.build(&config.into())
}

/// Returns `{"class_name": .., "config": {..}}` of a preset, the class name qualified.
pub(super) fn write<P: Preset + serde::Serialize>(preset: &P) -> Value {
    json!({"class_name": P::NAME, "config": preset})
}
