//! Initializers as JSON and other formats of serde.
//!
//! `{"class_name": "seedbed.Normal", "config": {"mean": 0.0, "std": 0.02}, "algorithm": "V1"}`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::initializer::{Bounds, Initializer, delta_layout, dirac_layout};
use super::{Layout, MatrixRows, NonSquare, Nonzeros, Parts, SparseAxis, VarianceScaling};
use crate::generator::Algorithm;

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

#[derive(Serialize, Deserialize)]
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

#[derive(Deserialize)]
struct Read {
    #[serde(flatten, with = "Class")]
    initializer: Initializer,
    #[serde(default, with = "Version")]
    #[expect(dead_code, reason = "there is one version, and another is an error")]
    algorithm: Algorithm,
}

impl Serialize for Initializer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { initializer: self, algorithm: Algorithm::V1 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Initializer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Read::deserialize(deserializer)?.initializer.checked().map_err(D::Error::custom)
    }
}

/// Numbers that may be infinite, for which JSON has no form: written as `"inf"` and `"-inf"`.
pub(crate) mod bound {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Bound {
        Finite(f64),
        Infinite(String),
    }

    pub(crate) fn serialize<S: Serializer>(bound: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        let finite = bound.is_finite();
        let bound = if finite { Bound::Finite(*bound) } else { Bound::Infinite(bound.to_string()) };
        bound.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Bound::deserialize(deserializer)? {
            Bound::Finite(bound) => Ok(bound),
            Bound::Infinite(name) if name == "inf" => Ok(f64::INFINITY),
            Bound::Infinite(name) if name == "-inf" => Ok(f64::NEG_INFINITY),
            Bound::Infinite(_) => Err(D::Error::custom("expected a number, `inf` or `-inf`")),
        }
    }
}
