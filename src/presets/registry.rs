//! The names of all systems, and initializers from and to JSON.
//!
//! A class is named by its system and its name there: `keras.RandomNormal`, `keras.he_normal`,
//! `keras3.HeNormal`, `lasagne.HeNormal`, `torch.kaiming_normal_`, `jax.variance_scaling`; its
//! configuration has the parameters of that system by their own names, and a parameter that is left
//! out has that system's default. `cthulhu` is another name of `keras`, and `flax` of `jax`; the modules
//! that people import are names, too: `torch.nn.init.normal_`, `jax.nn.initializers.normal`,
//! `keras.initializers.HeNormal` (Keras 3). Classes of `seedbed` itself are the variants of
//! [`Initializer`] as serde writes them.

#[cfg(feature = "serde")]
use serde_json::{Value, json};

#[cfg(feature = "serde")]
use super::Preset;
use super::class::Class;
#[cfg(feature = "serde")]
pub use super::class::Parameter;
#[cfg(feature = "serde")]
use super::reader::{self, Envelope};
use super::{jax, keras, keras3, lasagne, torch};
use crate::error::{ConfigError, Error};
use crate::init::initializer::Initializer;
use crate::suggest::unknown;

/// A system by all its names, and its classes. Names with dots are the modules that people import.
type System = (&'static [&'static str], &'static [Class]);

/// The systems; the first name is the one that is written.
const SYSTEMS: &[System] = &[
    (&["keras", "cthulhu", "cthulhu.initializers"], keras::CLASSES),
    (&["keras3", "keras.initializers", "tf.keras.initializers"], keras3::CLASSES),
    (&["lasagne", "lasagne.init"], lasagne::CLASSES),
    (&["torch", "torch.nn.init"], torch::CLASSES),
    (
        &["jax", "flax", "jax.nn.initializers", "flax.linen.initializers", "flax.nnx.initializers"],
        jax::CLASSES,
    ),
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

/// A class of the registry: an initializer under all its names in a system. Listed by [`entries`].
///
/// ```
/// use seedbed::registry::{self, Entry};
/// let is_orthogonal = |entry: &Entry| entry.names().contains(&"orthogonal_");
/// let orthogonal = registry::entries().find(is_orthogonal).unwrap();
/// assert_eq!(orthogonal.systems(), ["torch", "torch.nn.init"]);
/// assert_eq!(orthogonal.names(), ["orthogonal_", "orthogonal"]);
/// assert_eq!(orthogonal.definition(), "`orthogonal_`: an orthogonal matrix of `shape[0]` rows.");
/// ```
#[derive(Clone, Copy)]
pub struct Entry {
    systems: &'static [&'static str],
    class: &'static Class,
}

impl Entry {
    /// Returns all names of the system; the first is the one that [`names`] has.
    pub fn systems(&self) -> &'static [&'static str] {
        self.systems
    }

    /// Returns all names of the class in the system.
    pub fn names(&self) -> &'static [&'static str] {
        self.class.names
    }

    /// Returns what the values are, in a sentence or two; code is between backticks.
    pub fn definition(&self) -> &'static str {
        self.class.definition().trim()
    }

    /// Returns the parameters that values depend on, in the system's order.
    ///
    /// ```
    /// use seedbed::registry::{self, Parameter};
    /// let sparse = registry::entries().find(|entry| entry.names()[0] == "sparse_").unwrap();
    /// let parameters = [Parameter::Required("sparsity"), Parameter::Optional("std", 0.01.into())];
    /// assert_eq!(sparse.parameters(), parameters);
    /// ```
    #[cfg(feature = "serde")]
    pub fn parameters(&self) -> Vec<Parameter> {
        self.class.parameters()
    }
}

/// Returns every class of every system.
///
/// ```
/// let mut entries = seedbed::registry::entries();
/// let xavier = entries.find(|entry| entry.names()[0] == "xavier_normal_").unwrap();
/// assert_eq!(xavier.systems()[0], "torch");
/// assert_eq!(
///     xavier.definition(),
///     "`xavier_normal_`: the normal distribution with `std = gain sqrt(2 / (fan_in + fan_out))`.",
/// );
/// ```
pub fn entries() -> impl Iterator<Item = Entry> {
    SYSTEMS
        .iter()
        .flat_map(|&(systems, classes)| classes.iter().map(move |class| Entry { systems, class }))
}

/// Returns the class of a qualified name.
fn find(class_name: &str) -> Result<&'static Class, ConfigError> {
    let Some((system, name)) = class_name.rsplit_once('.') else {
        let known: Vec<String> = names().collect();
        let same =
            known.iter().find(|known| known.split_once('.').is_some_and(|k| k.1 == class_name));
        let kind = "class";
        return Err(match same {
            Some(same) => ConfigError::UnknownName {
                kind: kind.to_owned(),
                name: class_name.to_owned(),
                nearest: Some(same.clone()),
                known: Vec::new(),
            },
            None => unknown(kind, class_name, known.iter().map(String::as_str)),
        });
    };
    match SYSTEMS.iter().find(|(systems, _)| systems.contains(&system)) {
        Some((systems, classes)) => Class::find(&format!("{} class", systems[0]), classes, name),
        None => {
            let known = SYSTEMS.iter().flat_map(|(systems, _)| systems.iter().copied());
            Err(unknown("system", system, known.chain(["seedbed"])))
        }
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
    from_json(&json!({"class_name": class_name, "config": config}))
}

/// Returns the initializer of a qualified name, or of `{"class_name": .., "config": {..}}` with a
/// qualified class name. `config` may be missing; `algorithm`, as this crate writes it, and `module` and
/// `registered_name`, as Keras 3 writes them, are understood; any other key is an error.
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
pub fn from_json(value: &Value) -> Result<Initializer, Error> {
    let Envelope { class_name, config, in_keras } = reader::open(value)?;
    if class_name.starts_with("seedbed.") {
        let canonical = json!({"class_name": class_name, "config": config});
        return crate::init::serial::read(&canonical);
    }
    if in_keras && !class_name.contains('.') {
        return Class::find("keras3 class", keras3::CLASSES, class_name)?.build(&config.into());
    }
    find(class_name)?.build(&config.into())
}

/// Returns the initializer of JSON text, as [`from_json`] does. A key that is given twice is an error.
///
/// # Errors
///
/// Those of [`from_json`], and [`ConfigError::Malformed`] if the text is not JSON.
///
/// ```
/// use seedbed::{registry, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(registry::from_str("\"torch.nn.init.eye_\"")?, torch::Eye {}.initializer()?);
/// let twice = registry::from_str(r#"{"class_name": "torch.eye_", "class_name": "torch.ones_"}"#);
/// assert!(twice.unwrap_err().to_string().contains("the key `class_name` is given twice"));
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "serde")]
pub fn from_str(text: &str) -> Result<Initializer, Error> {
    from_json(&crate::json::parse(text)?)
}

/// Returns `{"class_name": .., "config": {..}}` of a preset, the class name qualified.
///
/// ```
/// use seedbed::{registry, torch};
/// use serde_json::json;
/// let json = registry::to_config(&torch::XavierNormal { gain: 2.0 });
/// assert_eq!(json, json!({"class_name": "torch.xavier_normal_", "config": {"gain": 2.0}}));
/// ```
#[cfg(feature = "serde")]
pub fn to_config<P: Preset + serde::Serialize>(preset: &P) -> Value {
    reader::write(preset)
}
