//! A row of the registry: a preset under all its names, and how it is read from JSON.

#[cfg(feature = "serde")]
use serde_json::{Map, Value, json};

use super::Preset;
use crate::error::{ConfigError, Error};
use crate::init::initializer::Initializer;
#[cfg(feature = "serde")]
use crate::json::message;
use crate::suggest::unknown;

/// A preset under all its names.
#[derive(Clone, Copy)]
pub(crate) struct Class {
    pub(super) names: &'static [&'static str],
    make: &'static dyn Source,
    required: &'static [&'static str],
    #[cfg_attr(not(feature = "serde"), expect(dead_code))]
    fixed: &'static [&'static str],
    #[cfg_attr(not(feature = "serde"), expect(dead_code))]
    ignored: &'static [&'static str],
}

impl Class {
    /// Returns the class of the preset that `make` makes, with all parameters at their defaults.
    pub(super) const fn new(names: &'static [&'static str], make: &'static dyn Source) -> Self {
        Class { names, make, required: &[], fixed: &[], ignored: &[] }
    }

    /// Names the parameters that have no default.
    pub(super) const fn required(self, required: &'static [&'static str]) -> Self {
        Class { required, ..self }
    }

    /// Names the parameters that this class does not let change.
    pub(super) const fn fixed(self, fixed: &'static [&'static str]) -> Self {
        Class { fixed, ..self }
    }

    /// Allows parameters in a configuration that values do not depend on, whatever they are: `seed`, as
    /// values come from the stream that a tensor is filled from, and `dtype`, as the caller's memory has
    /// a type.
    pub(super) const fn ignores(self, ignored: &'static [&'static str]) -> Self {
        Class { ignored, ..self }
    }

    /// Returns what the values are.
    pub(super) fn definition(&self) -> &'static str {
        self.make.definition()
    }

    /// Returns the class of a name.
    pub(super) fn find<'a>(
        kind: &str,
        classes: &'a [Class],
        name: &str,
    ) -> Result<&'a Class, ConfigError> {
        let names = || classes.iter().flat_map(|class| class.names.iter().copied());
        let found = classes.iter().find(|class| class.names.contains(&name));
        found.ok_or_else(|| unknown(kind, name, names()))
    }

    /// Returns the initializer with default parameters.
    pub(super) fn default(&self) -> Result<Initializer, Error> {
        self.check_required(|_| false)?;
        self.make.default()
    }

    fn check_required(&self, given: impl Fn(&str) -> bool) -> Result<(), ConfigError> {
        match self.required.iter().find(|parameter| !given(parameter)) {
            None => Ok(()),
            Some(&parameter) => Err(ConfigError::MissingParameter {
                class: self.make.name().to_owned(),
                parameter: parameter.to_owned(),
            }),
        }
    }
}

/// A parameter of a class of the [`registry`](super::registry).
#[cfg(feature = "serde")]
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// A parameter by its name, which must be given.
    Required(&'static str),
    /// A parameter by its name, with its default.
    Optional(&'static str, Value),
    /// A parameter by its name, with the value that the class does not let change.
    Fixed(&'static str, Value),
}

/// A preset with default parameters, whatever its type.
pub(super) trait Source: Sync {
    /// Returns [`Preset::NAME`].
    fn name(&self) -> &'static str;
    /// Returns [`Preset::DEFINITION`].
    fn definition(&self) -> &'static str;
    /// Returns the parameters in the system's order, with their defaults.
    #[cfg(feature = "serde")]
    fn parameters(&self) -> Vec<(&'static str, Value)>;
    fn default(&self) -> Result<Initializer, Error>;
    #[cfg(feature = "serde")]
    fn build(&self, class: &Class, config: &Value) -> Result<Initializer, Error>;
}

/// The function that makes a preset with default parameters.
pub(super) struct Make<P>(pub(super) fn() -> P);

/// A preset that a configuration can be read into.
#[cfg(feature = "serde")]
pub(super) trait Config: Preset + serde::Serialize + serde::de::DeserializeOwned {}
#[cfg(feature = "serde")]
impl<P: Preset + serde::Serialize + serde::de::DeserializeOwned> Config for P {}
#[cfg(not(feature = "serde"))]
pub(super) trait Config: Preset {}
#[cfg(not(feature = "serde"))]
impl<P: Preset> Config for P {}

impl<P: Config> Source for Make<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn definition(&self) -> &'static str {
        P::DEFINITION
    }

    #[cfg(feature = "serde")]
    fn parameters(&self) -> Vec<(&'static str, Value)> {
        let defaults = json!((self.0)());
        P::PARAMETERS.iter().map(|&name| (name, defaults[name].clone())).collect()
    }

    fn default(&self) -> Result<Initializer, Error> {
        (self.0)().initializer()
    }

    #[cfg(feature = "serde")]
    fn build(&self, class: &Class, config: &Value) -> Result<Initializer, Error> {
        let given = object(config)?;
        let mut parameters = json!((self.0)()).as_object().cloned().unwrap_or_default();
        for (parameter, value) in given {
            if class.ignored.contains(&parameter.as_str()) {
                continue;
            }
            class.check_known::<P>(parameter, &parameters)?;
            P::deserialize(json!({parameter: value})).map_err(|error| ConfigError::Parameter {
                class: P::NAME.to_owned(),
                parameter: parameter.clone(),
                value: value.to_string(),
                problem: message(&error),
            })?;
            parameters.insert(parameter.clone(), value.clone());
        }
        class.check_required(|parameter| given.contains_key(parameter))?;
        P::deserialize(Value::Object(parameters))
            .map_err(|error| malformed(config, message(&error)))?
            .initializer()
    }
}

#[cfg(feature = "serde")]
impl Class {
    /// Returns the initializer with the parameters of a configuration.
    pub(super) fn build(&self, config: &Value) -> Result<Initializer, Error> {
        self.make.build(self, config)
    }

    /// Returns the parameters that values depend on.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let parameters = self.make.parameters().into_iter();
        let parameter = |(name, default)| match name {
            _ if self.fixed.contains(&name) => Parameter::Fixed(name, default),
            _ if self.required.contains(&name) => Parameter::Required(name),
            _ => Parameter::Optional(name, default),
        };
        parameters.map(parameter).collect()
    }

    /// Whether a preset's configuration has the parameter `seed` in its system.
    pub(super) fn has_seed<P: Preset>(classes: &[Class]) -> bool {
        classes.iter().any(|class| class.ignored.contains(&"seed") && class.make.name() == P::NAME)
    }

    fn check_known<P: Preset>(
        &self,
        parameter: &str,
        parameters: &Map<String, Value>,
    ) -> Result<(), ConfigError> {
        let known = || {
            let own = parameters.keys().map(String::as_str);
            let own = own.filter(|name| !self.fixed.contains(name));
            own.chain(self.ignored.iter().copied())
        };
        if known().any(|name| name == parameter) {
            return Ok(());
        }
        Err(unknown(&format!("parameter of {}", P::NAME), parameter, known()))
    }
}

#[cfg(feature = "serde")]
pub(super) fn malformed(value: &Value, problem: impl Into<String>) -> ConfigError {
    ConfigError::Malformed { value: value.to_string(), problem: problem.into() }
}

#[cfg(feature = "serde")]
pub(super) fn object(config: &Value) -> Result<&Map<String, Value>, ConfigError> {
    config.as_object().ok_or_else(|| malformed(config, "is not an object of parameters"))
}
