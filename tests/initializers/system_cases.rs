//! The assertions of Lasagne's and of Keras' own test suites, from `data/system_cases.json`.
//!
//! Every assertion is made as it is there, but for the one that a global generator is left alone: there is
//! none that could be touched. Where the distribution's true moments are known, they are asserted
//! within 6 standard errors of a correct sampler, too, and the extremes of a distribution with bounds to be
//! within them and as near as all but one of a million samples come.
#![cfg(all(feature = "serde", feature = "orthogonal"))]

use seedbed::init::NonSquare;
use seedbed::registry::from_config;
use seedbed::{ConfigError, Error, Initializer, Seed, ShapeError, Stream, keras};
use serde_json::{Value, json};

fn stream(id: &str) -> Stream {
    Seed::from(20191121).stream(id)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

/// What the case initialises with.
fn initializer(case: &Value) -> Result<Initializer, Error> {
    let name = text(&case["initializer"]);
    let mut params = case["params"].clone();
    // Lasagne's generator is no parameter of its initializers.
    params.as_object_mut().unwrap().remove("rng_seed");
    match text(&case["system"]) {
        "lasagne" => from_config(&format!("lasagne.{name}"), &params),
        "keras2" => from_config(&format!("keras.{name}"), &params),
        // Keras 2.2.4 repeats the identity matrix, which is not among the parameters of 2.3.
        "keras224" => Initializer::identity(1.0, NonSquare::Tile),
        system => panic!("{system}"),
    }
}

struct Case<'a> {
    id: &'a str,
    shape: Vec<usize>,
    initializer: Initializer,
    values: Vec<f32>,
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
}

impl<'a> Case<'a> {
    fn new(case: &'a Value, initializer: Initializer, shape: Vec<usize>) -> Self {
        let id = text(&case["id"]);
        let tensor = initializer.for_shape::<f32>(&shape).unwrap();
        assert_eq!(tensor.shape(), shape);
        let values = tensor.to_vec(&stream(id)).unwrap();
        let n = values.len() as f64;
        let all = || values.iter().map(|&x| f64::from(x));
        let mean = all().sum::<f64>() / n;
        let std = (all().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        let (min, max) =
            (all().fold(f64::INFINITY, f64::min), all().fold(-f64::INFINITY, f64::max));
        Case { id, shape, initializer, values, mean, std, min, max }
    }

    fn stat(&self, stat: &str) -> f64 {
        match stat {
            "mean" => self.mean,
            "std" => self.std,
            "min" => self.min,
            "max" => self.max,
            _ => panic!("{}: {stat}", self.id),
        }
    }

    #[track_caller]
    fn near(&self, stat: &str, value: f64, tolerance: f64) {
        let id = self.id;
        let actual = self.stat(stat);
        assert!(
            (actual - value).abs() < tolerance,
            "{id}: {stat} {actual}, not {value} {tolerance}"
        );
    }

    /// The true moments.
    fn analytic(&self, analytic: &Value) {
        let get = |key: &str| number(&analytic[key]);
        self.near("mean", get("mean"), 6.0 * get("se_mean"));
        self.near("std", get("std"), 6.0 * get("se_std"));
        if analytic["min"].is_null() {
            return;
        }
        // A sample of n is nearer to a bound than t / (n density) with probability 1 - exp(-t).
        let (low, high) = (get("min"), get("max"));
        let density = match text(&analytic["dist"]) {
            "uniform" => 1.0 / (high - low),
            "truncated_normal" => 0.05399096651318806 / 0.9544997361036416 / get("parent_std"),
            dist => panic!("{dist}"),
        };
        let gap = 14.0 / density / get("n");
        let rounding = 1e-7 * high.abs().max(low.abs());
        self.near("min", low, gap);
        self.near("max", high, gap);
        assert!(low - rounding <= self.min && self.max <= high + rounding, "{}", self.id);
    }

    fn check(&self, expect: &Value) {
        let id = self.id;
        match text(&expect["stat"]) {
            stat @ ("mean" | "std" | "min" | "max") if expect["op"] == "in" => {
                let (actual, low, high) =
                    (self.stat(stat), number(&expect["lo"]), number(&expect["hi"]));
                // Closed bounds are those of a distribution, which f32 rounds.
                assert!(low - 1e-8 <= actual && actual <= high + 1e-8, "{id}: {stat} {actual}");
            }
            stat @ ("mean" | "std" | "min" | "max") => {
                self.near(stat, number(&expect["value"]), number(&expect["tol"]));
            }
            "shape" => assert_eq!(json!(self.shape), expect["value"], "{id}"),
            "all_eq" => {
                assert!(self.values.iter().all(|&x| f64::from(x) == number(&expect["value"])));
            }
            "repeat_equal" => {
                assert_eq!(self.sample(&stream(id)), self.values, "{id}");
                assert_ne!(self.sample(&stream("another")), self.values, "{id}");
            }
            "count_nonzero" => {
                let count = self.values.iter().filter(|&&x| x != 0.0).count();
                assert_eq!(json!(count), expect["value"], "{id}");
            }
            "nonzero_per_column" => {
                for col in 0..self.shape[1] {
                    let column = self.values.iter().skip(col).step_by(self.shape[1]);
                    let count = column.filter(|&&x| x != 0.0).count();
                    assert_eq!(json!(count), expect["value"], "{id}");
                }
            }
            "gram" => self.gram(text(&expect["side"]) == "rows", number(&expect["value_on_diag"])),
            "exact_eye" => {
                let cols = self.shape[1];
                for (i, &x) in self.values.iter().enumerate() {
                    assert_eq!(x, f32::from(u8::from(i / cols == i % cols)), "{id}");
                }
            }
            "second_call_differs" => {
                let mut seeded = keras::Seeded::new(self.initializer.clone(), 1337);
                let (first, second): (Vec<f32>, Vec<f32>) =
                    (seeded.call(&self.shape).unwrap(), seeded.call(&self.shape).unwrap());
                assert_ne!(first, second, "{id}");
                assert_eq!(seeded.seed(), 1337);
            }
            stat => panic!("{id}: {stat}"),
        }
    }

    fn sample(&self, stream: &Stream) -> Vec<f32> {
        self.initializer.for_shape(&self.shape).unwrap().to_vec(stream).unwrap()
    }

    /// The products of rows (or columns) of the matrix with trailing axes flattened.
    fn gram(&self, rows: bool, diagonal: f64) {
        let (height, width) = (self.shape[0], self.values.len() / self.shape[0]);
        let (count, len) = if rows { (height, width) } else { (width, height) };
        let at = |line: usize, i: usize| {
            f64::from(if rows {
                self.values[line * width + i]
            } else {
                self.values[i * width + line]
            })
        };
        for a in 0..count {
            for b in 0..=a {
                let product: f64 = (0..len).map(|i| at(a, i) * at(b, i)).sum();
                let expected = if a == b { diagonal } else { 0.0 };
                let error = (product - expected).abs();
                assert!(error < 1e-6 * diagonal, "{}: {a} {b} {error}", self.id);
            }
        }
    }

    /// The mean of all entries has the variance of `sqrt(rows cols)` entries' sum, `1 / longer` each.
    fn orthogonal_mean(&self) {
        let cols = self.shape[self.shape.len() - 1];
        let rows = self.values.len() / cols;
        let (long, short) = (rows.max(cols) as f64, rows.min(cols) as f64);
        self.near("mean", 0.0, 6.0 / (long * short.sqrt()));
    }
}

#[test]
fn all_assertions_hold() {
    let file: Value = serde_json::from_str(include_str!("data/system_cases.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(json!(cases.len()), file["count"]);
    let (mut assertions, mut errors) = (0, 0);
    for case in cases {
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        let made = initializer(case);
        if !case["expect_error"].is_null() {
            errors += 1;
            let result = made.and_then(|initializer| initializer.for_shape::<f32>(&shape));
            let right = match text(&case["initializer"]) {
                // The base class is a trait, which cannot be sampled.
                "Initializer(base)" => {
                    matches!(result, Err(Error::Config(ConfigError::UnknownName { .. })))
                }
                "identity" if shape.len() == 2 => {
                    matches!(result, Err(Error::Shape(ShapeError::Unsupported { .. })))
                }
                _ => matches!(result, Err(Error::Shape(ShapeError::Unsupported { .. }))),
            };
            assert!(right, "{}: {result:?}", case["id"]);
            continue;
        }
        let sampled = Case::new(case, made.unwrap(), shape);
        let expected = case["expect"].as_array().unwrap();
        for expect in expected.iter().filter(|expect| expect["stat"] != "global_rng_untouched") {
            sampled.check(expect);
            assertions += 1;
        }
        if case["analytic"].is_object() {
            sampled.analytic(&case["analytic"]);
        }
        if matches!(sampled.initializer, Initializer::Orthogonal { .. }) {
            sampled.orthogonal_mean();
        }
    }
    assert_eq!((assertions, errors), (135, 19));
}
