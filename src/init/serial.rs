//! Initializers as JSON and other formats of serde.
//!
//! `{"class_name": "seedbed.Normal", "config": {"mean": 0.0, "std": 0.02}, "algorithm": "V1"}`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::initializer::{Bounds, Initializer, delta_layout, dirac_layout};
use super::{Layout, MatrixRows, NonSquare, Nonzeros, Parts, SparseAxis, VarianceScaling};
use crate::error::{ConfigError, Error};
use crate::generator::Algorithm;
use crate::json::{Strict, message};
use crate::suggest::unknown;

/// The variants once more, as serde needs them to write a type with `algorithm` beside its own
/// fields; the compiler compares both.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Initializer", tag = "class_name", content = "config")]
enum Class {
    #[serde(rename = "seedbed.Constant")]
    Constant { value: f64 },
    #[serde(rename = "seedbed.Uniform")]
    Uniform { low: f64, high: f64 },
    #[serde(rename = "seedbed.Normal")]
    Normal { mean: f64, std: f64 },
    #[serde(rename = "seedbed.TruncatedNormal")]
    TruncatedNormal { mean: f64, std: f64, bounds: Bounds },
    #[serde(rename = "seedbed.VarianceScaling")]
    VarianceScaling(VarianceScaling),
    #[serde(rename = "seedbed.Orthogonal")]
    Orthogonal {
        gain: f64,
        rows: MatrixRows,
        #[serde(default)]
        batch: Vec<isize>,
        #[serde(default)]
        parts: Option<Parts>,
    },
    #[serde(rename = "seedbed.DeltaOrthogonal")]
    DeltaOrthogonal {
        gain: f64,
        #[serde(default = "delta_layout")]
        layout: Layout,
    },
    #[serde(rename = "seedbed.Sparse")]
    Sparse { axis: SparseAxis, nonzeros: Nonzeros, std: f64 },
    #[serde(rename = "seedbed.Identity")]
    Identity { gain: f64, non_square: NonSquare },
    #[serde(rename = "seedbed.Dirac")]
    Dirac {
        groups: usize,
        #[serde(default = "dirac_layout")]
        layout: Layout,
    },
}

#[derive(Serialize)]
#[serde(remote = "Algorithm")]
enum Version {
    V1,
}

/// The written form: the initializer and the version of the algorithms that make its values.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten, with = "Class")]
    initializer: &'a Initializer,
    #[serde(with = "Version")]
    algorithm: Algorithm,
}

impl Serialize for Initializer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { initializer: self, algorithm: Algorithm::V1 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Initializer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Strict(value) = Strict::deserialize(deserializer)?;
        read(&value).map_err(D::Error::custom)
    }
}

/// Returns the initializer of what [`Initializer`] writes; the algorithm may be left out.
pub(crate) fn read(value: &Value) -> Result<Initializer, Error> {
    let malformed = |problem: String| ConfigError::Malformed { value: value.to_string(), problem };
    let mut parts = match value {
        Value::Object(parts) => parts.clone(),
        _ => return Err(malformed("is not an object".to_owned()).into()),
    };
    if let Some(algorithm) = parts.remove("algorithm") {
        Algorithm::check_name(&algorithm)?;
    }
    let known = ["class_name", "config", "algorithm"];
    if let Some(key) = parts.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(unknown("key of an initializer", key, known).into());
    }
    let given = Value::Object(parts);
    let initializer = Class::deserialize(&given)
        .map_err(|error| malformed(format!("is refused: {}", message(&error))))?;
    let written = serde_json::to_value(&initializer).unwrap_or_default();
    check_keys(&given["class_name"], &given["config"], &written["config"])?;
    initializer.checked()
}

/// Refuses keys that the initializer would not write.
fn check_keys(class: &Value, given: &Value, written: &Value) -> Result<(), ConfigError> {
    let (Value::Object(given), Value::Object(written)) = (given, written) else { return Ok(()) };
    for (key, value) in given {
        let Some(own) = written.get(key) else {
            let kind = format!("parameter of {}", class.as_str().unwrap_or_default());
            return Err(unknown(&kind, key, written.keys().map(String::as_str)));
        };
        check_keys(class, value, own)?;
    }
    Ok(())
}

impl Algorithm {
    /// The names of the versions in configurations.
    const NAMES: [&str; 1] = ["V1"];

    /// Checks the name of a version. No other version is suggested for an unknown one, as its values
    /// are others.
    pub(crate) fn check_name(name: &Value) -> Result<(), ConfigError> {
        if Algorithm::NAMES.iter().any(|known| name == known) {
            return Ok(());
        }
        let name = name.as_str().map_or(name.to_string(), str::to_owned);
        let known = Algorithm::NAMES.map(str::to_owned).to_vec();
        Err(ConfigError::UnknownName { kind: "algorithm".to_owned(), name, nearest: None, known })
    }
}

/// Numbers that may be infinite, for which JSON has no form: written as `"inf"` and `"-inf"`.
pub(crate) mod bound {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Value;

    pub(crate) fn serialize<S: Serializer>(bound: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if bound.is_finite() {
            serializer.serialize_f64(*bound)
        } else {
            serializer.serialize_str(&bound.to_string())
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let infinite = match value.as_str().map(str::to_lowercase).as_deref() {
            Some("inf" | "+inf" | "infinity" | "+infinity") => Some(f64::INFINITY),
            Some("-inf" | "-infinity") => Some(f64::NEG_INFINITY),
            _ => None,
        };
        let problem = || D::Error::custom("expected a number, \"inf\" or \"-inf\"");
        value.as_f64().or(infinite).ok_or_else(problem)
    }
}
