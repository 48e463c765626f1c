//! Why a request was refused. Every message names the parameter and its value.

use core::fmt;
use core::ops::Range;
use std::borrow::Cow;

use crate::level::Level;

/// Why a distribution, a stream position, a shape or a configuration was refused.
///
/// Errors come from constructors and from checks before a fill; nothing is written where an error is
/// returned. Filling cannot fail, with one exception: an orthogonal matrix needs scratch memory and
/// returns [`Error::Allocation`] if there is none. Its slice then holds unspecified finite values.
///
/// ```
/// use seedbed::{ConfigError, Error, Initializer, ParameterError, ShapeError, registry, torch};
///
/// let error = Initializer::normal(0.0, -1.0).unwrap_err();
/// assert!(matches!(error, Error::Parameter(ParameterError::OutOfRange { .. })));
/// assert_eq!(error.to_string(), "std is -1, but must be at least 0");
///
/// let error = torch::XavierNormal::default().for_shape::<f32>(&[64]).unwrap_err();
/// assert!(matches!(error, Error::Shape(ShapeError::Unsupported { .. })));
///
/// let error = registry::get("torch.norml_").unwrap_err();
/// assert!(matches!(error, Error::Config(ConfigError::UnknownName { .. })));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter of a distribution or of an initializer is not allowed.
    Parameter(ParameterError),
    /// A shape, or a slice or block for it, does not fit the initializer.
    Shape(ShapeError),
    /// A name or a configuration cannot be read.
    Config(ConfigError),
    /// No pattern of [`Rules`](crate::Rules) matches this tensor.
    NoRule {
        /// The tensor's path.
        path: String,
    },
    /// The initializer that [`Rules`](crate::Rules) give this tensor does not accept it.
    #[non_exhaustive]
    Tensor {
        /// The tensor's path.
        path: String,
        /// Why the tensor was refused; the message repeats it.
        source: Box<Error>,
    },
    /// A stream position is beyond 2^60 elements.
    OffsetTooLarge {
        /// The offset in elements.
        offset: u64,
    },
    /// The machine lacks the instruction-set level that was asked for.
    LevelUnavailable {
        /// The level.
        level: Level,
    },
    /// There is no memory for the work on a matrix, or for a vector.
    Allocation {
        /// How many elements there was no memory for.
        elements: usize,
    },
    /// The initializer needs a feature that the crate was built without.
    FeatureDisabled {
        /// The feature.
        feature: &'static str,
    },
}

/// Why the parameters of a distribution or of an initializer were refused.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParameterError {
    /// A parameter is NaN or infinite where a finite number is needed.
    #[non_exhaustive]
    NonFinite {
        /// The parameter's name.
        parameter: Cow<'static, str>,
        /// Its value.
        value: f64,
    },
    /// A parameter is outside its range.
    #[non_exhaustive]
    OutOfRange {
        /// The parameter's name.
        parameter: Cow<'static, str>,
        /// Its value.
        value: f64,
        /// What is allowed, such as `at least 0`.
        expected: Cow<'static, str>,
    },
    /// No number of the element type is between two bounds.
    #[non_exhaustive]
    EmptyInterval {
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
        /// The element type.
        element: &'static str,
    },
    /// Values could exceed the largest finite number of the element type.
    #[non_exhaustive]
    Overflow {
        /// What overflows, such as `high - low`.
        quantity: Cow<'static, str>,
        /// Its value.
        value: f64,
        /// The element type.
        element: &'static str,
    },
}

/// Why a shape, or a slice or block for it, was refused.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ShapeError {
    /// A slice does not have as many elements as its shape.
    Length {
        /// The slice's length.
        length: usize,
        /// The product of the shape's dimensions.
        expected: usize,
        /// The shape.
        shape: Vec<usize>,
    },
    /// The product of the shape's dimensions exceeds the address space.
    TooLarge {
        /// The shape.
        shape: Vec<usize>,
    },
    /// The initializer is not defined for tensors of this rank or shape.
    Unsupported {
        /// What needs another shape, such as `Identity` or `a fan`.
        subject: &'static str,
        /// What is allowed, such as `rank 2 or more`.
        expected: Cow<'static, str>,
        /// The shape.
        shape: Vec<usize>,
    },
    /// An axis does not exist or is named twice.
    Axis {
        /// The axis.
        axis: isize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The initializer has no meaning with these axes.
    #[non_exhaustive]
    Layout {
        /// The initializer, such as `Dirac`.
        subject: &'static str,
        /// Which axes it needs and which there are.
        problem: String,
    },
    /// The parts of a packed tensor do not divide its axis.
    #[non_exhaustive]
    Parts {
        /// The axis.
        axis: isize,
        /// How many parts there should be.
        count: usize,
        /// The shape.
        shape: Vec<usize>,
    },
    /// The groups of a convolution do not divide its channels.
    Groups {
        /// The number of groups.
        groups: usize,
        /// The number of channels.
        channels: usize,
        /// The shape.
        shape: Vec<usize>,
    },
    /// The ranges are not a block of a tensor of this shape.
    Block {
        /// The ranges, one for each axis.
        ranges: Vec<Range<usize>>,
        /// The shape.
        shape: Vec<usize>,
    },
}

/// Why a name or a configuration was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A name is not known.
    #[non_exhaustive]
    UnknownName {
        /// What it should be the name of, such as `mode`.
        kind: String,
        /// The name.
        name: String,
        /// The known name that is most like it, if one is.
        nearest: Option<String>,
        /// The known names, if they are few.
        known: Vec<String>,
    },
    /// A configuration lacks a parameter that has no default.
    #[non_exhaustive]
    MissingParameter {
        /// The class.
        class: String,
        /// The parameter.
        parameter: String,
    },
    /// A parameter of a configuration has a value of the wrong kind.
    #[non_exhaustive]
    Parameter {
        /// The class.
        class: String,
        /// The parameter.
        parameter: String,
        /// Its value, as JSON.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A configuration does not have the form `{"class_name": .., "config": {..}}`.
    #[non_exhaustive]
    Malformed {
        /// The configuration, as JSON.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Parameter(error) => error.fmt(f),
            Error::Shape(error) => error.fmt(f),
            Error::Config(error) => error.fmt(f),
            Error::NoRule { path } => write!(f, "no rule matches the tensor `{path}`"),
            Error::Tensor { path, source } => write!(f, "the tensor `{path}`: {source}"),
            Error::OffsetTooLarge { offset } => {
                write!(f, "offset is {offset}, but a stream has 2^60 elements")
            }
            Error::LevelUnavailable { level } => {
                write!(f, "level is {level}, which this machine does not have")
            }
            Error::Allocation { elements } => {
                write!(f, "there is no memory for {elements} elements")
            }
            Error::FeatureDisabled { feature } => {
                write!(f, "this needs the feature `{feature}`, which is not enabled")
            }
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterError::NonFinite { parameter, value } => {
                write!(f, "{parameter} is {value}, but must be finite")
            }
            ParameterError::OutOfRange { parameter, value, expected } => {
                write!(f, "{parameter} is {}, but must be {expected}", Plain(*value))
            }
            ParameterError::EmptyInterval { low, high, element } => {
                let [low, high] = [Plain(*low), Plain(*high)];
                write!(f, "no {element} value lies between {low} and {high}")
            }
            ParameterError::Overflow { quantity, value, element } => {
                let value = Plain(*value);
                write!(f, "{quantity} is {value}, beyond the finite numbers of {element}")
            }
        }
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShapeError::Length { length, expected, shape } => {
                write!(f, "the slice has {length} elements, but the shape {shape:?} has {expected}")
            }
            ShapeError::TooLarge { shape } => {
                write!(f, "the shape {shape:?} has more elements than the address space")
            }
            ShapeError::Unsupported { subject, expected, shape } => {
                write!(f, "{subject} needs {expected}, but the shape is {shape:?}")
            }
            ShapeError::Axis { axis, problem } => write!(f, "axis {axis} {problem}"),
            ShapeError::Layout { subject, problem } => write!(f, "{subject} {problem}"),
            ShapeError::Parts { axis, count, shape } => {
                write!(
                    f,
                    "axis {axis} of the shape {shape:?} cannot be cut into {count} equal parts"
                )
            }
            ShapeError::Groups { groups, channels, shape } => {
                let which = format_args!("the {channels} channels of {shape:?}");
                write!(f, "groups is {groups}, which does not divide {which}")
            }
            ShapeError::Block { ranges, shape } => {
                write!(f, "the ranges {ranges:?} are not a part of the shape {shape:?}")
            }
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::UnknownName { kind, name, nearest, known } => {
                write!(f, "{kind} `{name}` is not known")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None if known.is_empty() => Ok(()),
                    None => write!(f, "; allowed: `{}`", known.join("`, `")),
                }
            }
            ConfigError::MissingParameter { class, parameter } => {
                write!(f, "{class} needs the parameter `{parameter}`")
            }
            ConfigError::Parameter { class, parameter, value, problem } => {
                write!(f, "parameter `{parameter}` of {class} is {value}: {problem}")
            }
            ConfigError::Malformed { value, problem } => {
                write!(f, "the configuration {value} {problem}")
            }
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Error::Tensor { source, .. } => Some(source),
            Error::Parameter(error) => Some(error),
            Error::Shape(error) => Some(error),
            Error::Config(error) => Some(error),
            _ => None,
        }
    }
}

impl Error {
    /// Returns an error of a parameter in a system's own names; see [`ParameterError`].
    pub(crate) fn renamed(self, names: &[(&str, &'static str)]) -> Self {
        match self {
            Error::Parameter(error) => error.renamed(names).into(),
            other => other,
        }
    }
}

impl ParameterError {
    /// Returns the error in a system's own names of parameters, given as pairs of the name here and
    /// the name there.
    fn renamed(self, names: &[(&str, &'static str)]) -> Self {
        let rename = |text: Cow<'static, str>| -> Cow<'static, str> {
            let word = |word: &str| {
                let name = word.trim_end_matches(',');
                match names.iter().find(|(here, _)| *here == name) {
                    Some((_, there)) => word.replacen(name, there, 1),
                    None => word.to_owned(),
                }
            };
            text.split(' ').map(word).collect::<Vec<_>>().join(" ").into()
        };
        match self {
            ParameterError::NonFinite { parameter, value } => {
                ParameterError::NonFinite { parameter: rename(parameter), value }
            }
            ParameterError::OutOfRange { parameter, value, expected } => {
                let (parameter, expected) = (rename(parameter), rename(expected));
                ParameterError::OutOfRange { parameter, value, expected }
            }
            ParameterError::Overflow { quantity, value, element } => {
                ParameterError::Overflow { quantity: rename(quantity), value, element }
            }
            ParameterError::EmptyInterval { .. } => self,
        }
    }
}

impl core::error::Error for ParameterError {}
impl core::error::Error for ShapeError {}
impl core::error::Error for ConfigError {}

impl From<ParameterError> for Error {
    fn from(error: ParameterError) -> Self {
        Error::Parameter(error)
    }
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Error::Shape(error)
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Error::Config(error)
    }
}

/// A number as people write it: without hundreds of zeros.
struct Plain(f64);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plain(value) = self;
        if *value == 0.0 || (1e-5..1e16).contains(&value.abs()) {
            write!(f, "{value}")
        } else {
            write!(f, "{value:e}")
        }
    }
}
