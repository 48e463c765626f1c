//! What can be wrong with a request. Every message names the parameter and its value.

use crate::simd::Level;

/// Why a law, a stream position or a shape was refused.
///
/// Errors come from constructors and from checks before a fill; nothing is written where an error is
/// returned. Filling itself cannot fail but for an orthogonal matrix that gets no memory to work in,
/// [`Error::Allocation`]: its slice holds some finite values then.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is NaN or infinite where a finite number is needed.
    NonFinite {
        /// The parameter's name.
        parameter: &'static str,
        /// Its value.
        value: f64,
    },
    /// A parameter is outside its range.
    OutOfRange {
        /// The parameter's name.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed, such as `at least 0`.
        expected: &'static str,
    },
    /// The interval holds no value of the element type.
    EmptyInterval {
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
        /// The element type.
        element: &'static str,
    },
    /// Values of the law could exceed the largest finite number of the element type.
    Overflow {
        /// What overflows, such as `high - low`.
        quantity: &'static str,
        /// Its value.
        value: f64,
        /// The element type.
        element: &'static str,
    },
    /// A slice does not have as many elements as its shape.
    LengthMismatch {
        /// The slice's length.
        length: usize,
        /// The shape's product.
        expected: usize,
        /// The shape.
        shape: Vec<usize>,
    },
    /// The product of a shape's dimensions exceeds the address space.
    ShapeOverflow {
        /// The shape.
        shape: Vec<usize>,
    },
    /// The initializer is not defined for a tensor of this rank.
    Rank {
        /// The initializer's name.
        initializer: &'static str,
        /// The shape.
        shape: Vec<usize>,
        /// What is allowed, such as `rank 2 or more`.
        expected: &'static str,
    },
    /// The initializer is not defined for a tensor of this shape.
    Shape {
        /// The initializer's name.
        initializer: &'static str,
        /// The shape.
        shape: Vec<usize>,
        /// What is allowed, such as `at least as many outputs as inputs`.
        expected: &'static str,
    },
    /// An axis does not exist or is named twice.
    Axis {
        /// The axis.
        axis: isize,
        /// What is wrong with it.
        problem: &'static str,
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
    /// The ranges are not a part of a tensor of this shape.
    Block {
        /// The ranges, one for each axis.
        ranges: Vec<core::ops::Range<usize>>,
        /// The shape.
        shape: Vec<usize>,
    },
    /// No memory for the work on a matrix.
    Allocation {
        /// The elements that there was no memory for.
        elements: usize,
    },
    /// The initializer needs a feature that the crate was built without.
    FeatureDisabled {
        /// The feature.
        feature: &'static str,
    },
    /// A name is not known.
    UnknownName {
        /// What it should be the name of, such as `mode`.
        kind: String,
        /// The name.
        name: String,
        /// The known name that is most like it, if one is.
        nearest: Option<String>,
    },
    /// A configuration lacks a parameter that has no default.
    MissingParameter {
        /// The class.
        class: String,
        /// The parameter.
        parameter: String,
    },
    /// A parameter of a configuration has a value of the wrong kind.
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
    /// A configuration is not of the form `{"class_name": .., "config": {..}}`.
    Config {
        /// The configuration, as JSON.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No rule of a list is for this tensor.
    NoRule {
        /// The tensor's path.
        path: String,
    },
    /// The rule that matches a tensor is not for it.
    Tensor {
        /// The tensor's path.
        path: String,
        /// What is wrong.
        problem: Box<Error>,
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
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Error::NonFinite { parameter, value } => {
                write!(f, "{parameter} is {value}, but must be finite")
            }
            Error::OutOfRange { parameter, value, expected } => {
                write!(f, "{parameter} is {}, but must be {expected}", Number(*value))
            }
            Error::EmptyInterval { low, high, element } => {
                let [low, high] = [Number(*low), Number(*high)];
                write!(f, "no {element} value lies between low {low} and high {high}")
            }
            Error::Overflow { quantity, value, element } => {
                let value = Number(*value);
                write!(f, "{quantity} is {value}, beyond the finite numbers of {element}")
            }
            Error::LengthMismatch { length, expected, shape } => {
                write!(f, "the slice has {length} elements, but the shape {shape:?} has {expected}")
            }
            Error::ShapeOverflow { shape } => {
                write!(f, "the shape {shape:?} has more elements than the address space")
            }
            Error::Rank { initializer, shape, expected } => {
                write!(f, "{initializer} needs {expected}, but the shape is {shape:?}")
            }
            Error::Shape { initializer, shape, expected } => {
                write!(f, "{initializer} needs {expected}, but the shape is {shape:?}")
            }
            Error::Axis { axis, problem } => write!(f, "axis {axis} {problem}"),
            Error::Groups { groups, channels, shape } => {
                write!(
                    f,
                    "groups is {groups}, which does not divide the {channels} channels of {shape:?}"
                )
            }
            Error::Block { ranges, shape } => {
                write!(f, "the ranges {ranges:?} are not a part of the shape {shape:?}")
            }
            Error::Allocation { elements } => {
                write!(f, "there is no memory for {elements} elements")
            }
            Error::FeatureDisabled { feature } => {
                write!(f, "this needs the feature `{feature}`, which is not enabled")
            }
            Error::UnknownName { kind, name, nearest } => {
                write!(f, "{kind} `{name}` is not known")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Error::MissingParameter { class, parameter } => {
                write!(f, "{class} needs the parameter `{parameter}`")
            }
            Error::Parameter { class, parameter, value, problem } => {
                write!(f, "parameter `{parameter}` of {class} is {value}: {problem}")
            }
            Error::Config { value, problem } => write!(f, "the configuration {value} {problem}"),
            Error::NoRule { path } => write!(f, "no rule matches the tensor `{path}`"),
            Error::Tensor { path, problem } => write!(f, "the tensor `{path}`: {problem}"),
            Error::OffsetTooLarge { offset } => {
                write!(f, "offset is {offset}, but a stream has 2^60 elements")
            }
            Error::LevelUnavailable { level } => {
                write!(f, "level is {level}, which this machine does not have")
            }
        }
    }
}

impl core::error::Error for Error {}

/// A number as people write it: without hundreds of zeros.
struct Number(f64);

impl core::fmt::Display for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Number(value) = self;
        if *value == 0.0 || (1e-5..1e16).contains(&value.abs()) {
            write!(f, "{value}")
        } else {
            write!(f, "{value:e}")
        }
    }
}
