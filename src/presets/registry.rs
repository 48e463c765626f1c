//! The names of all systems, and initializers from and to JSON.
//!
//! A class is named by its system and its name there: `keras.RandomNormal`, `keras.he_normal`,
//! `keras3.HeNormal`, `lasagne.HeNormal`, `torch.kaiming_normal_`, `jax.variance_scaling`; its
//! configuration has the parameters of that system by their own names, and a parameter that is left
//! out has that system's default. `cthulhu` is another name of `keras`, and `flax` of `jax`. Classes
//! of `seedbed` itself are the variants of [`Initializer`] as serde writes them.

#[cfg(feature = "serde")]
use serde_json::{Value, json};

#[cfg(feature = "serde")]
use super::Preset;
use super::class::Class;
#[cfg(feature = "serde")]
use super::class::{malformed, object, parts};
use super::names::unknown;
use super::{jax, keras, keras3, lasagne, torch};
use crate::error::{ConfigError, Error};
use crate::init::initializer::Initializer;

/// The systems by all their names, and their classes.
const SYSTEMS: &[(&[&str], &[Class])] = &[
    (&["keras", "cthulhu"], keras::CLASSES),
    (&["keras3"], keras3::CLASSES),
    (&["lasagne"], lasagne::CLASSES),
    (&["torch"], torch::CLASSES),
    (&["jax", "flax"], jax::CLASSES),
];

/// Returns every qualified name, with all aliases of classes.
///
/// ```
/// assert!(seedbed::registry::names().any(|name| name == "torch.kaiming_normal_"));
/// ```
pub fn names() -> impl Iterator<Item = String> {
    SYSTEMS.iter().flat_map(|(systems, classes)| {
        let names = classes.iter().flat_map(|class| class.names);
        names.map(|name| format!("{}.{name}", systems[0]))
    })
}

/// Returns the class of a qualified name.
fn find(class_name: &str) -> Result<&'static Class, ConfigError> {
    let Some((system, name)) = class_name.split_once('.') else {
        let known: Vec<String> = names().collect();
        let same =
            known.iter().find(|known| known.split_once('.').is_some_and(|k| k.1 == class_name));
        let kind = "class";
        return Err(match same {
            Some(same) => ConfigError::UnknownName {
                kind: kind.to_owned(),
                name: class_name.to_owned(),
                nearest: Some(same.clone()),
            },
            None => unknown(kind, class_name, known.iter().map(String::as_str)),
        });
    };
    match SYSTEMS.iter().find(|(systems, _)| systems.contains(&system)) {
        Some((_, classes)) => Class::find(&format!("{system} class"), classes, name),
        None => Err(unknown(
            "system",
            system,
            SYSTEMS.iter().flat_map(|s| s.0).copied().chain(["seedbed"]),
        )),
    }
}

/// Returns the initializer of a qualified class name, with its default parameters.
///
/// # Errors
///
/// [`ConfigError::UnknownName`] for a system or class that does not exist, [`ConfigError::MissingParameter`] if a
/// parameter has no default.
///
/// ```
/// use seedbed::{registry, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(registry::get("torch.eye_")?, torch::Eye {}.initializer()?);
/// assert!(registry::get("torch.sparse_").is_err());
/// # Ok(())
/// # }
/// ```
pub fn get(class_name: &str) -> Result<Initializer, Error> {
    find(class_name)?.default()
}

/// Returns the initializer of a qualified class name and its configuration, an object of parameters.
///
/// # Errors
///
/// [`ConfigError::UnknownName`] for a system, class or parameter that does not exist,
/// [`ConfigError::MissingParameter`] and [`ConfigError::Parameter`] for one that is missing or of the wrong
/// type, [`ConfigError::Malformed`] if the configuration is not an object, and those of the constructors of
/// [`Initializer`].
///
/// ```
/// use seedbed::{keras, registry};
/// use serde_json::json;
/// # fn main() -> Result<(), seedbed::Error> {
/// let initializer = registry::from_config("keras.RandomNormal", &json!({"stddev": 0.02}))?;
/// assert_eq!(initializer, keras::RandomNormal { stddev: 0.02, ..Default::default() }.initializer()?);
/// let error = registry::from_config("keras.RandomNormal", &json!({"std": 0.02})).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "parameter of keras.RandomNormal `std` is not known; did you mean `stddev`?",
/// );
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "serde")]
pub fn from_config(class_name: &str, config: &Value) -> Result<Initializer, Error> {
    if class_name.starts_with("seedbed.") {
        return canonical(&json!({"class_name": class_name, "config": object(config)?}));
    }
    find(class_name)?.build(config)
}

/// Returns the initializer of `{"class_name": .., "config": {..}}`, the class name qualified.
///
/// # Errors
///
/// Those of [`from_config`], and [`ConfigError::Malformed`] if it is not of that form.
///
/// ```
/// use seedbed::{Initializer, registry};
/// # fn main() -> Result<(), seedbed::Error> {
/// let initializer = Initializer::normal(0.0, 0.02)?;
/// let json = serde_json::to_value(&initializer).unwrap();
/// assert_eq!(registry::from_json(&json)?, initializer);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "serde")]
pub fn from_json(config: &Value) -> Result<Initializer, Error> {
    match parts(config)? {
        (class_name, _) if class_name.starts_with("seedbed.") => canonical(config),
        (class_name, config) => from_config(class_name, config),
    }
}

/// Returns `{"class_name": .., "config": {..}}` of a preset, the class name qualified.
#[cfg(feature = "serde")]
pub fn to_config<P: Preset + serde::Serialize>(preset: &P) -> Value {
    json!({"class_name": P::NAME, "config": preset})
}

/// Reads an initializer as serde writes it, and refuses parameters that it does not have.
#[cfg(feature = "serde")]
fn canonical(whole: &Value) -> Result<Initializer, Error> {
    let read = <Initializer as serde::Deserialize>::deserialize(whole)
        .map_err(|error| malformed(whole, error))?;
    let (class_name, config) = parts(whole)?;
    let written = json!(read);
    let known = object(&written["config"])?;
    match object(config)?.keys().find(|parameter| !known.contains_key(*parameter)) {
        None => Ok(read),
        Some(parameter) => {
            let kind = format!("parameter of {class_name}");
            Err(unknown(&kind, parameter, known.keys().map(String::as_str)).into())
        }
    }
}
