//! The report: distributions, their theory and what was measured.

use std::fs;

use seedbed::{Distribution, Uniform};
use seedbed_cli::distribution::{Elements, apart};
use seedbed_cli::spec;
use seedbed_cli::theory::Theory;
use serde_json::{Value, json};

use crate::{Place, mixed};

#[test]
fn the_report_compares_with_theory() {
    let place = Place::new(&mixed().to_string());
    let report: Value = serde_json::from_str(&place.run(&["--json"]).unwrap()).unwrap();
    assert_eq!(report["tensors"], mixed().as_array().unwrap().len());
    let rows = report["distributions"].as_array().unwrap();
    assert_eq!(rows[0]["tensors"], 2, "equal distributions of two systems are one");
    let mut values = 0;
    for row in rows {
        let count = row["values"].as_u64().unwrap();
        values += count;
        for off in ["mean", "std"].map(|n| row["standard_errors_off"][n].as_f64()) {
            assert!(off.is_none_or(|off| off.abs() < 5.0), "{row}");
        }
        if row["theory"].is_null() {
            // Elements that are not independent, or no elements.
            let name = row["distribution"].as_str().unwrap();
            let known = ["lasagne.Sparse", "keras.Orthogonal", "torch.kaiming_normal_"];
            assert!(known.contains(&name), "{row}");
        }
        let Some(counts) = row["histogram"]["counts"].as_array().filter(|_| count > 0) else {
            continue;
        };
        assert_eq!(counts.iter().map(|c| c.as_u64().unwrap()).sum::<u64>(), count);
        assert!(row["standard_errors_off"].is_object(), "{row}");
    }
    assert_eq!(report["parameters"], values);
    assert_eq!(report["file_bytes"], fs::metadata(place.out()).unwrap().len());

    let text = place.run(&[]).unwrap();
    for line in [
        "normal, mean 0, std 0.02 (f32): 2 tensors, 120,007 values",
        "  theory               0        0.02  -0.0877176   0.0877176",
        "uniform -0.109545 to 0.109545 (f32): 1 tensor, 60,000 values",
        "  theory               0   0.0632456   -0.109542    0.109542",
        "normal, mean 0, std 0.0656359, cut off at -0.131272 and 0.131272 (f32)",
        "  theory               0    0.057735   -0.131258    0.131258",
        "normal, mean 0, std 0.5, cut off at 1 and 2 (f32): 1 tensor, 70,000 values",
        "  theory         1.18532    0.165517    1.000002     1.99916",
        "constant 0.1 (f32): 1 tensor, 1 value",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn equal_distributions_are_reported_together() {
    let entry = |name: &str, class_name: &str, config: Value| json!({"name": name, "shape": [9], "init": {"class_name": class_name, "config": config}});
    let uncut = json!({"stddev": 0.5, "lower": "-inf", "upper": "inf"});
    let place = Place::new(
        &json!([
            entry("normal", "jax.normal", json!({"stddev": 0.5})),
            entry("truncated nowhere", "jax.truncated_normal", uncut),
            entry("constant", "keras.Constant", json!({"value": 0.3})),
            entry("no spread", "keras.TruncatedNormal", json!({"mean": 0.3, "stddev": 0.0})),
            entry("no width", "keras.RandomUniform", json!({"minval": 0.3, "maxval": 0.3})),
        ])
        .to_string(),
    );
    let text = place.run(&[]).unwrap();
    for line in ["normal, mean 0, std 0.5 (f32): 2 tensors", "constant 0.3 (f32): 3 tensors"] {
        assert!(text.contains(line), "{text}");
    }
}

/// The report's rows for entries with initializers, element types and counts.
fn rows(entries: &[(&str, Value, &str, usize)]) -> (Vec<Value>, String) {
    let entries = entries.iter().enumerate().map(|(at, (class_name, config, dtype, count))| {
        let init = json!({"class_name": class_name, "config": config});
        json!({"name": at.to_string(), "shape": [1, count], "dtype": dtype, "init": init})
    });
    let place = Place::new(&json!(entries.collect::<Vec<_>>()).to_string());
    let report: Value = serde_json::from_str(&place.run(&["--json"]).unwrap()).unwrap();
    (report["distributions"].as_array().unwrap().clone(), place.run(&[]).unwrap())
}

#[test]
fn many_distributions_are_reported_in_the_order_of_the_entries() {
    let std = |at: usize| 0.5 + (at % 300) as f64 / 1000.0;
    let entries: Vec<_> =
        (0..600).map(|at| ("torch.normal_", json!({"std": std(at)}), "f32", 1)).collect();
    let (rows, _) = rows(&entries);
    assert_eq!(rows.len(), 300);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!((&row["tensors"], &row["theory"]["std"]), (&json!(2), &json!(std(at))));
    }
}

#[test]
fn elements_are_one_group_if_and_only_if_they_are_equal() {
    let elements = |class_name: &str, config: Value| {
        let initializer = seedbed::registry::from_config(class_name, &config).unwrap();
        Elements::of(&initializer, class_name, &[4, 4]).unwrap()
    };
    let all = [
        elements("torch.normal_", json!({"std": 2.0})),
        elements("jax.normal", json!({"stddev": 2.0})),
        elements("torch.normal_", json!({"mean": -0.0, "std": 2.0})),
        elements("torch.normal_", json!({"mean": 1.0, "std": 2.0})),
        elements("torch.trunc_normal_", json!({"std": 2.0, "a": -1.0, "b": 1.0})),
        elements("torch.trunc_normal_", json!({"std": 2.0, "a": -1.0, "b": 1.5})),
        elements("torch.trunc_normal_", json!({"std": 3.0, "a": -1.0, "b": 1.0})),
        elements("torch.uniform_", json!({"a": -1.0, "b": 1.0})),
        elements("torch.uniform_", json!({"a": -1.0, "b": 1.5})),
        elements("torch.zeros_", json!({})),
        elements("torch.constant_", json!({"val": -0.0})),
        elements("torch.ones_", json!({})),
        elements("torch.orthogonal_", json!({})),
        elements("keras.Orthogonal", json!({})),
    ];
    for a in &all {
        for b in &all {
            assert_eq!(a.key() == b.key(), a == b, "{a:?} {b:?}");
        }
    }
}

#[test]
fn extremes_are_the_medians_of_this_many_values() {
    let unit = json!({"a": 0.0, "b": 1.0});
    let normal = json!({"mean": 3.0, "std": 2.0});
    let cut = json!({"std": 2.0, "a": 80.0, "b": 1e9});
    let (rows, _) = rows(&[
        ("torch.uniform_", unit.clone(), "f64", 1),
        ("torch.normal_", normal, "f64", 1),
        ("torch.uniform_", json!({"a": -1.0, "b": 1.0}), "f64", 2),
        ("torch.trunc_normal_", cut, "f64", 1000),
    ]);
    let close = |number: &Value, expected: f64| {
        assert!((number.as_f64().unwrap() / expected - 1.0).abs() < 1e-8, "{number} {expected}");
    };
    let extremes = |row: usize, expected: [f64; 2]| {
        let theory = &rows[row]["theory"];
        ["min", "max"].iter().zip(expected).for_each(|(n, expected)| close(&theory[n], expected));
    };
    extremes(0, [0.5, 0.5]);
    extremes(1, [3.0, 3.0]);
    let least = 1.0 - 0.5f64.sqrt();
    extremes(2, [2.0 * least - 1.0, 1.0 - 2.0 * least]);
    // Beyond 40 standard deviations, the excess is nearly exponential.
    let excess = rows[3]["theory"]["std"].as_f64().unwrap();
    assert!((excess / (2.0 / 40.0) - 1.0).abs() < 2e-3, "{excess}");
    let off = &rows[3]["standard_errors_off"];
    assert!(off["mean"].as_f64().unwrap().abs() < 5.0 && off["std"].as_f64().unwrap().abs() < 5.0);
    let counts = rows[3]["histogram"]["counts"].as_array().unwrap();
    assert!(counts.iter().filter(|count| **count != 0).count() > 12, "{counts:?}");
}

#[test]
fn a_bound_that_never_comes_is_not_printed_as_an_extreme() {
    let expected = |dtype, count| {
        let unit = Distribution::from(Uniform::new(0.0, 1.0).unwrap());
        Theory::default().expected(&unit, dtype, count).extremes[1]
    };
    assert_eq!(expected(spec::Dtype::F32, 1 << 40), 1.0 - 2f64.powi(-24));
    assert_eq!(expected(spec::Dtype::F64, 1 << 60), 1.0 - 2f64.powi(-53));
    assert_eq!(expected(spec::Dtype::F16, 1 << 30), 1.0 - 2f64.powi(-11));
    assert_eq!(apart(1.0 - 2f64.powi(-24), [0.0, 1.0]), "0.9999999");
    assert_eq!(apart(2e30 - 1e22, [1e30, 2e30]), "1.99999999e30");
    assert_eq!(apart(1.0, [0.0, 1.0]), "1");

    let (rows, text) = rows(&[
        ("torch.uniform_", json!({"a": 0.0, "b": 1.0}), "bf16", 100_000),
        ("torch.uniform_", json!({"a": -2.0, "b": -1.0}), "f16", 100_000),
        ("torch.uniform_", json!({"a": 0.0, "b": 1.0}), "f32", 1_000_000),
    ]);
    for (row, max) in rows.iter().zip([1.0 - 2f64.powi(-8), -1.0 - 2f64.powi(-10)]) {
        assert_eq!((&row["theory"]["max"], &row["measured"]["max"]), (&json!(max), &json!(max)));
    }
    for line in text.lines().filter(|l| l.starts_with("  theory") || l.starts_with("  measured")) {
        assert!(!["1", "-1"].contains(&line.split_whitespace().last().unwrap()), "{text}");
    }
}

#[test]
fn numbers_far_from_1_are_measured() {
    let normal = |mean: f64, std: f64| json!({"mean": mean, "std": std});
    let mut entries = vec![
        ("torch.normal_", normal(0.0, 1e-200), "f64", 3000),
        ("torch.normal_", normal(0.0, 1e-306), "f64", 3000),
        ("torch.normal_", normal(0.0, 1e200), "f64", 3000),
        ("torch.normal_", normal(1e200, 1e190), "f64", 3000),
        ("torch.normal_", normal(0.0, 1e306), "f64", 3000),
        ("torch.uniform_", json!({"a": -8e307, "b": 8e307}), "f64", 3000),
        ("torch.uniform_", json!({"a": -1e-290, "b": 1e-290}), "f64", 3000),
        ("torch.trunc_normal_", json!({"std": 1e30, "a": -1.0, "b": 1.0}), "f32", 3000),
        ("torch.trunc_normal_", json!({"std": 1e30, "a": -1.0, "b": 1.0}), "f64", 3000),
    ];
    let known = entries.len();
    // Not independent, so that the spread is not known before.
    entries.push(("keras.Orthogonal", json!({"gain": 1e-200}), "f64", 3000));
    let sparse = json!({"sparsity": 0.5, "std": 1e200});
    entries.push(("torch.sparse_", sparse, "f64", 3000));
    let (rows, _) = rows(&entries);
    for row in &rows[..known] {
        for n in ["mean", "std"] {
            let off = row["standard_errors_off"][n].as_f64();
            assert!(off.is_some_and(|off| off.abs() < 5.0), "{row}");
            assert!(row["measured"][n].is_f64() && row["theory"][n].is_f64(), "{row}");
        }
        let counts = row["histogram"]["counts"].as_array().unwrap();
        assert!(counts.iter().filter(|count| **count != 0).count() > 12, "{row}");
    }
    let std = |row: usize| rows[row]["measured"]["std"].as_f64().unwrap();
    assert!((std(known) * 1e200 * 3000f64.sqrt() - 1.0).abs() < 1e-3, "{}", rows[known]);
    assert!((0.0..1e201).contains(&std(known + 1)), "{}", rows[known + 1]);
}
