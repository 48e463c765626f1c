//! All names of all systems, and initializers from and to JSON.
//!
//! A class is named by its system and its name there: `keras.RandomNormal`, `keras.he_normal`,
//! `keras3.HeNormal`, `lasagne.HeNormal`, `torch.kaiming_normal_`, `jax.variance_scaling`; its
//! configuration has the parameters of that system by their own names, and a parameter that is left
//! out has that system's default. `cthulhu` is another name of `keras`, and `flax` of `jax`. Classes
//! of `seedbed` itself are the variants of [`Initializer`] as serde writes them.

#[cfg(feature = "serde")]
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::init::names::unknown;
use crate::init::{Initializer, Preset};
use crate::{jax, keras, keras3, lasagne, torch};

/// The systems by all their names, and their classes.
const SYSTEMS: &[(&[&str], &[Class])] = &[
    (&["keras", "cthulhu"], keras::CLASSES),
    (&["keras3"], keras3::CLASSES),
    (&["lasagne"], lasagne::CLASSES),
    (&["torch"], torch::CLASSES),
    (&["jax", "flax"], jax::CLASSES),
];

/// A preset under all its names.
pub(crate) struct Class {
    names: &'static [&'static str],
    required: &'static [&'static str],
    default: fn(&Class) -> Result<Initializer, Error>,
    #[cfg(feature = "serde")]
    build: fn(&Class, &Value) -> Result<Initializer, Error>,
}

/// A preset that a configuration can be read into.
#[cfg(feature = "serde")]
pub(crate) trait Config:
    Preset + Default + serde::Serialize + serde::de::DeserializeOwned
{
}
#[cfg(feature = "serde")]
impl<P: Preset + Default + serde::Serialize + serde::de::DeserializeOwned> Config for P {}
#[cfg(not(feature = "serde"))]
pub(crate) trait Config: Preset + Default {}
#[cfg(not(feature = "serde"))]
impl<P: Preset + Default> Config for P {}

impl Class {
    /// The preset, its names and the parameters that have no default.
    pub(crate) const fn of<P: Config>(
        names: &'static [&'static str],
        required: &'static [&'static str],
    ) -> Self {
        Class {
            names,
            required,
            default: |class| {
                class.check_required::<P>(|_| false)?;
                P::default().lower()
            },
            #[cfg(feature = "serde")]
            build: build::<P>,
        }
    }

    /// The class of a name.
    pub(crate) fn find<'a>(
        kind: &str,
        classes: &'a [Class],
        name: &str,
    ) -> Result<&'a Class, Error> {
        let names = || classes.iter().flat_map(|class| class.names.iter().copied());
        let found = classes.iter().find(|class| class.names.contains(&name));
        found.ok_or_else(|| unknown(kind, name, names()))
    }

    /// With default parameters.
    pub(crate) fn default(&self) -> Result<Initializer, Error> {
        (self.default)(self)
    }

    /// With the parameters of a configuration.
    #[cfg(feature = "serde")]
    pub(crate) fn build(&self, config: &Value) -> Result<Initializer, Error> {
        (self.build)(self, config)
    }

    /// The initializer of `{"class_name": .., "config": {..}}`, the class name not qualified.
    #[cfg(feature = "serde")]
    pub(crate) fn read(
        kind: &str,
        classes: &[Class],
        config: &Value,
    ) -> Result<Initializer, Error> {
        let (class_name, config) = parts(config)?;
        Self::find(kind, classes, class_name)?.build(config)
    }

    fn check_required<P: Preset>(&self, given: impl Fn(&str) -> bool) -> Result<(), Error> {
        match self.required.iter().find(|parameter| !given(parameter)) {
            None => Ok(()),
            Some(&parameter) => Err(Error::MissingParameter {
                class: P::NAME.to_owned(),
                parameter: parameter.to_owned(),
            }),
        }
    }
}

/// Every qualified name, with all aliases of classes.
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

/// The class of a qualified name.
fn find(class_name: &str) -> Result<&'static Class, Error> {
    let Some((system, name)) = class_name.split_once('.') else {
        let known: Vec<String> = names().collect();
        let same =
            known.iter().find(|known| known.split_once('.').is_some_and(|k| k.1 == class_name));
        let kind = "class";
        return Err(match same {
            Some(same) => Error::UnknownName {
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

/// The initializer of a qualified class name, with its default parameters.
///
/// # Errors
///
/// [`Error::UnknownName`] for a system or class that does not exist, [`Error::MissingParameter`] if a
/// parameter has no default.
///
/// ```
/// use seedbed::{Preset, registry, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(registry::get("torch.eye_")?, torch::Eye {}.lower()?);
/// assert!(registry::get("torch.sparse_").is_err());
/// # Ok(())
/// # }
/// ```
pub fn get(class_name: &str) -> Result<Initializer, Error> {
    find(class_name)?.default()
}

/// The initializer of a qualified class name and its configuration, an object of parameters.
///
/// # Errors
///
/// [`Error::UnknownName`] for a system, class or parameter that does not exist,
/// [`Error::MissingParameter`] and [`Error::Parameter`] for one that is missing or of the wrong
/// type, [`Error::Config`] if the configuration is no object, and those of the constructors of
/// [`Initializer`].
///
/// ```
/// use seedbed::{Preset, keras, registry};
/// use serde_json::json;
/// # fn main() -> Result<(), seedbed::Error> {
/// let initializer = registry::from_config("keras.RandomNormal", &json!({"stddev": 0.02}))?;
/// assert_eq!(initializer, keras::RandomNormal { stddev: 0.02, ..Default::default() }.lower()?);
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

/// The initializer of `{"class_name": .., "config": {..}}`, the class name qualified.
///
/// # Errors
///
/// Those of [`from_config`], and [`Error::Config`] if it is not of that form.
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

/// `{"class_name": .., "config": {..}}` of a preset, the class name qualified.
#[cfg(feature = "serde")]
pub fn to_config<P: Preset + serde::Serialize>(preset: &P) -> Value {
    json!({"class_name": P::NAME, "config": preset})
}

/// Class name and configuration.
#[cfg(feature = "serde")]
fn parts(config: &Value) -> Result<(&str, &Value), Error> {
    match (config.get("class_name"), config.get("config")) {
        (Some(Value::String(class_name)), Some(config)) => Ok((class_name, config)),
        _ => Err(malformed(config, "is not of the form {\"class_name\": .., \"config\": {..}}")),
    }
}

#[cfg(feature = "serde")]
fn malformed(value: &Value, problem: impl ToString) -> Error {
    Error::Config { value: value.to_string(), problem: problem.to_string() }
}

#[cfg(feature = "serde")]
fn object(config: &Value) -> Result<&Map<String, Value>, Error> {
    config.as_object().ok_or_else(|| malformed(config, "is not an object of parameters"))
}

/// The names of the parameters.
#[cfg(feature = "serde")]
fn parameters(preset: impl serde::Serialize) -> Vec<String> {
    let value = serde_json::to_value(preset).ok();
    value
        .as_ref()
        .and_then(Value::as_object)
        .map_or(vec![], |object| object.keys().cloned().collect())
}

#[cfg(feature = "serde")]
fn build<P: Config>(class: &Class, config: &Value) -> Result<Initializer, Error> {
    let object = object(config)?;
    let known = parameters(P::default());
    for (parameter, value) in object {
        if !known.contains(parameter) {
            let kind = format!("parameter of {}", P::NAME);
            return Err(unknown(&kind, parameter, known.iter().map(String::as_str)));
        }
        P::deserialize(json!({parameter: value})).map_err(|error| Error::Parameter {
            class: P::NAME.to_owned(),
            parameter: parameter.clone(),
            value: value.to_string(),
            problem: error.to_string(),
        })?;
    }
    class.check_required::<P>(|parameter| object.contains_key(parameter))?;
    P::deserialize(config).map_err(|error| malformed(config, error))?.lower()
}

/// The initializer as serde writes it.
#[cfg(feature = "serde")]
fn canonical(whole: &Value) -> Result<Initializer, Error> {
    use serde::Deserialize;
    let read = Initializer::deserialize(whole).map_err(|error| malformed(whole, error))?;
    let (class_name, config) = parts(whole)?;
    let known = parameters(&serde_json::to_value(&read).unwrap_or_default()["config"]);
    match object(config)?.keys().find(|parameter| !known.contains(parameter)) {
        None => Ok(read),
        Some(parameter) => {
            let kind = format!("parameter of {class_name}");
            Err(unknown(&kind, parameter, known.iter().map(String::as_str)))
        }
    }
}
