//! The program `init_model`: its file, its report, and what it does with bad input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use clap::Parser;
use init_model::distribution::{Elements, apart};
use init_model::failure::Failure;
use init_model::models::Model;
use init_model::spec::{self, Entry};
use init_model::theory::Theory;
use init_model::{cli, header, plan};
use safetensors::{Dtype, SafeTensors};
use seedbed::{Distribution, Element, Seed, Uniform};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_init_model");

/// Several systems, ranks, distributions and element types, large enough for several threads.
fn mixed() -> Value {
    let entry = |name: &str, shape: Value, class_name: &str, config: Value| {
        let init = json!({"class_name": class_name, "config": config});
        json!({"name": name, "shape": shape, "init": init})
    };
    let mut entries = vec![
        entry("normal", json!([400, 300]), "keras.RandomNormal", json!({"stddev": 0.02})),
        entry("same distribution", json!([7]), "torch.normal_", json!({"mean": 0.0, "std": 0.02})),
        entry("uniform", json!([1, 99]), "torch.uniform_", json!({"a": -0.5, "b": 0.25})),
        entry("he", json!([64, 32, 3, 3]), "lasagne.HeNormal", json!({"gain": "relu"})),
        entry("glorot", json!([300, 200]), "keras.glorot_uniform", json!({})),
        entry("lecun", json!([300, 200]), "keras.lecun_normal", json!({})),
        entry("truncated", json!([70000]), "torch.trunc_normal_", json!({"std": 0.5, "a": 1.0})),
        entry("sparse", json!([100, 50]), "lasagne.Sparse", json!({"sparsity": 0.2})),
        entry("ones", json!([33]), "keras.Ones", json!({})),
        entry("scalar", json!([]), "keras.Constant", json!({"value": 0.1})),
        entry("empty", json!([5, 0, 3]), "torch.kaiming_normal_", json!({})),
        entry("orthogonal", json!([64, 48]), "keras.Orthogonal", json!({})),
    ];
    for (name, dtype) in [("a", "f16"), ("b", "bf16"), ("c", "f64"), ("d", "f32")] {
        let mut typed = entry(name, json!([1001]), "keras.RandomUniform", json!({}));
        typed["dtype"] = dtype.into();
        entries.push(typed);
    }
    entries.into()
}

/// A directory with a specification in it.
struct Place(TempDir);

impl Place {
    fn new(spec: &str) -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        fs::write(place.spec(), spec).unwrap();
        place
    }

    fn spec(&self) -> PathBuf {
        self.0.path().join("spec.json")
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out.safetensors")
    }

    /// The command line for the specification and the output, and these arguments.
    fn args(&self, more: &[&str]) -> Vec<String> {
        let (spec, out) = (self.spec(), self.out());
        let fixed = ["--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()];
        fixed.iter().chain(more).map(|arg| arg.to_string()).collect()
    }

    /// What the program prints.
    fn run(&self, more: &[&str]) -> Result<String, Failure> {
        run(&self.args(more))
    }

    /// The names of its files.
    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn run<S: AsRef<str>>(args: &[S]) -> Result<String, Failure> {
    let args = ["init_model"].into_iter().chain(args.iter().map(AsRef::as_ref));
    let mut printed = Vec::new();
    cli::run(&cli::Args::try_parse_from(args).unwrap(), &mut printed)?;
    Ok(String::from_utf8(printed).unwrap())
}

/// The data of a file: what is after the header.
fn data(file: &[u8]) -> &[u8] {
    let (header, _) = SafeTensors::read_metadata(file).unwrap();
    &file[8 + header..]
}

/// The message of a failure that the input is to blame for.
fn input_error(failed: Result<String, Failure>) -> String {
    let failure = failed.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::from(2));
    failure.to_string()
}

/// The message of any other failure.
fn runtime_error(failed: Result<String, Failure>) -> String {
    let failure = failed.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::from(1));
    failure.to_string()
}

fn parameters(entries: &[Entry]) -> usize {
    entries.iter().map(|e| e.shape.iter().product::<usize>()).sum()
}

fn find<'a>(entries: &'a [Entry], name: &str) -> &'a Entry {
    entries.iter().find(|e| e.name == name).unwrap()
}

#[test]
fn gpt2_is_the_published_list() {
    let entries = Model::Gpt2.entries();
    assert_eq!((entries.len(), parameters(&entries)), (148, 124_439_808));
    for (name, shape) in [
        ("wte.weight", &[50257, 768][..]),
        ("wpe.weight", &[1024, 768]),
        ("h.0.ln_1.weight", &[768]),
        ("h.11.attn.c_attn.weight", &[768, 2304]),
        ("h.11.attn.c_attn.bias", &[2304]),
        ("h.3.attn.c_proj.weight", &[768, 768]),
        ("h.3.mlp.c_fc.weight", &[768, 3072]),
        ("h.3.mlp.c_proj.weight", &[3072, 768]),
        ("ln_f.bias", &[768]),
    ] {
        assert_eq!(find(&entries, name).shape, shape, "{name}");
    }
    let std = |name: &str| {
        let Entry { shape, init, .. } = find(&entries, name);
        init.initializer.for_shape::<f64>(shape).unwrap().distribution().unwrap().std()
    };
    assert_eq!(std("wte.weight"), 0.02);
    assert_eq!(std("wpe.weight"), 0.01);
    assert_eq!(std("h.5.attn.c_proj.weight"), 0.02 / 24f64.sqrt());
    assert_eq!(std("h.5.mlp.c_proj.weight"), 0.02 / 24f64.sqrt());
    assert_eq!(std("h.5.mlp.c_fc.weight"), 0.02);
}

#[test]
fn resnet50_is_the_published_list() {
    let entries = Model::Resnet50.entries();
    assert_eq!((entries.len(), parameters(&entries)), (161, 25_557_032));
    for (name, shape) in [
        ("conv1.weight", &[64, 3, 7, 7][..]),
        ("bn1.bias", &[64]),
        ("layer1.0.downsample.0.weight", &[256, 64, 1, 1]),
        ("layer2.0.conv1.weight", &[128, 256, 1, 1]),
        ("layer3.5.conv2.weight", &[256, 256, 3, 3]),
        ("layer4.2.bn3.weight", &[2048]),
        ("fc.weight", &[1000, 2048]),
        ("fc.bias", &[1000]),
    ] {
        assert_eq!(find(&entries, name).shape, shape, "{name}");
    }
}

#[test]
fn every_tensor_of_the_models_has_its_distribution() {
    for (model, distributions) in [(Model::Gpt2, 5), (Model::Resnet50, 14)] {
        let plan = plan::plan(&model.entries(), Seed::from(0), spec::Dtype::F32).unwrap();
        let mut distinct = Vec::new();
        for planned in plan {
            assert!(planned.elements.distribution().is_some(), "{}", planned.name);
            if !distinct.contains(&planned.elements) {
                distinct.push(planned.elements);
            }
        }
        assert_eq!(distinct.len(), distributions, "{distinct:?}");
    }
    let entries = Model::Resnet50.entries();
    let distribution = |name| {
        let entry = find(&entries, name).clone();
        let planned = plan::plan(&[entry], Seed::from(0), spec::Dtype::F32).unwrap().remove(0);
        *planned.elements.distribution().unwrap()
    };
    let Distribution::Normal(normal) = distribution("conv1.weight") else { panic!() };
    assert!((normal.std() / (2.0 / (64.0 * 49.0f64)).sqrt() - 1.0).abs() < 1e-12);
    assert_eq!(normal.mean(), 0.0);
    let Distribution::Uniform(uniform) = distribution("fc.weight") else { panic!() };
    assert!((uniform.high() * 2048f64.sqrt() - 1.0).abs() < 1e-12);
    assert_eq!(uniform.low(), -uniform.high());
    assert_eq!(distribution("fc.bias"), distribution("fc.weight"));
}

#[test]
fn the_file_has_what_the_specification_says() {
    let place = Place::new(&mixed().to_string());
    place.run(&["--seed", "7"]).unwrap();
    assert_eq!(place.files(), ["out.safetensors", "spec.json"]);
    let file = fs::read(place.out()).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let entries = spec::read(&place.spec()).unwrap();
    assert_eq!(tensors.len(), entries.len());
    for entry in &entries {
        let tensor = tensors.tensor(&entry.name).unwrap();
        assert_eq!(tensor.shape(), entry.shape);
        let expected = match tensor.dtype() {
            Dtype::F32 => direct::<f32>(entry, |v| v.to_le_bytes().to_vec()),
            Dtype::F64 => direct::<f64>(entry, |v| v.to_le_bytes().to_vec()),
            Dtype::F16 => direct::<half::f16>(entry, |v| v.to_le_bytes().to_vec()),
            Dtype::BF16 => direct::<half::bf16>(entry, |v| v.to_le_bytes().to_vec()),
            other => panic!("{other:?}"),
        };
        assert!(tensor.data() == expected, "{}", entry.name);
        assert_eq!(tensor.dtype(), entry.dtype.unwrap_or(spec::Dtype::F32).into());
    }
}

/// The bytes of a tensor, filled without the program.
fn direct<T: Element>(entry: &Entry, bytes: impl Fn(T) -> Vec<u8>) -> Vec<u8> {
    let tensor = entry.init.initializer.for_shape::<T>(&entry.shape).unwrap();
    let mut values = vec![T::default(); entry.shape.iter().product()];
    tensor.fill(&mut values, &Seed::from(7).stream(&entry.name)).unwrap();
    values.into_iter().flat_map(bytes).collect()
}

#[test]
fn threads_change_nothing_and_the_seed_everything() {
    let place = Place::new(&mixed().to_string());
    let run = |more: &[&str]| {
        let report: Value = serde_json::from_str(&place.run(more).unwrap()).unwrap();
        (fs::read(place.out()).unwrap(), report)
    };
    let (file, report) = run(&["--json", "--threads", "1"]);
    let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(data(&file)));
    assert_eq!(report["hash"], json!({"algorithm": "XXH3-128", "value": hash}));
    for threads in ["2", "3"] {
        let (same, again) = run(&["--json", "--threads", threads]);
        assert!(same == file, "{threads} threads");
        assert_eq!(again["threads"].to_string(), threads);
        assert_eq!(again["hash"], report["hash"]);
        assert_eq!(again["distributions"], report["distributions"], "{threads} threads");
    }
    let (other, again) = run(&["--json", "--seed", "1"]);
    assert!(other.len() == file.len() && other != file);
    assert_ne!(again["hash"], report["hash"]);
}

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

#[test]
fn every_element_type() {
    for dtype in ["f32", "f16", "bf16", "f64"] {
        let place = Place::new(&mixed().to_string());
        let report = place.run(&["--dtype", dtype, "--json"]).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["distributions"][0]["dtype"], dtype);
        let file = fs::read(place.out()).unwrap();
        let tensors = SafeTensors::deserialize(&file).unwrap();
        let found = |name| format!("{:?}", tensors.tensor(name).unwrap().dtype()).to_lowercase();
        assert_eq!((found("he").as_str(), found("a").as_str()), (dtype, "f16"));
    }
}

#[test]
fn an_empty_model_is_a_file_without_tensors() {
    let place = Place::new("[]");
    place.run(&[]).unwrap();
    let file = fs::read(place.out()).unwrap();
    assert!(SafeTensors::deserialize(&file).unwrap().is_empty());
}

#[test]
fn a_bad_specification_is_refused_and_nothing_is_written() {
    let good = json!({
        "name": "w", "shape": [3, 4],
        "init": {"class_name": "keras.RandomNormal", "config": {"mean": 0.0, "stddev": 0.02}},
    });
    let changed = |pointer: &str, value: Value| {
        let mut entry = good.clone();
        *entry.pointer_mut(pointer).unwrap() = value;
        json!([good_named("v"), entry]).to_string()
    };
    let cases = [
        ("[".to_string(), "EOF while parsing"),
        (json!({"name": "w"}).to_string(), "not a JSON array of entries"),
        (json!([3]).to_string(), "entry 1: 3 is not an object"),
        (
            json!([{"name": "w", "shape": []}]).to_string(),
            r#"entry 1 "w": the key `init` is missing"#,
        ),
        (
            json!([{"name": "w", "size": 3}]).to_string(),
            "key of an entry `size` is not known; the keys are `name`, `shape`, `dtype`, `init`",
        ),
        (json!([good, good]).to_string(), r#"entry 2 "w": an earlier entry has this name"#),
        (changed("/name", json!("__metadata__")), "safetensors reserves this name"),
        (changed("/name", json!(3)), "entry 2: name 3 is not a string"),
        (
            changed("/shape", json!([3, -1])),
            r#"entry 2 "w": shape [3,-1] is not a list of integers"#,
        ),
        (changed("/shape", json!([1.5])), "shape [1.5] is not a list of integers of at least 0"),
        (changed("/shape", json!(7)), "shape 7 is not a list of integers of at least 0"),
        (changed("/shape", json!([1u64 << 62, 1u64 << 62])), r#"entry 2 "w": the shape"#),
        (changed("/shape", json!([1u64 << 62])), r#"entry 2 "w""#),
        (
            changed("/shape", json!([1u64 << 59])),
            r#"entry 2 "w": the shape [576460752303423488] has 2^64 bits"#,
        ),
        (
            changed("/shape", json!([1u64 << 40, 1u64 << 40, 0])),
            r#"entry 2 "w": the shape [1099511627776, 1099511627776, 0]"#,
        ),
        (changed("/init/class_name", json!("keras.Random")), r#"entry 2 "w": "#),
        (changed("/init/class_name", json!("RandomNormal")), r#"entry 2 "w": "#),
        (changed("/init/config", json!({"std": 1.0})), "std"),
        (changed("/init/config", json!({"stddev": "wide"})), "stddev"),
        (changed("/init/config/stddev", json!(-0.5)), "-0.5"),
        (changed("/init/config/stddev", json!(1e300)), "f32"),
        (changed("/init/config", json!([])), r#"entry 2 "w": "#),
    ];
    for (spec, message) in cases {
        let place = Place::new(&spec);
        let printed = input_error(place.run(&[]));
        assert!(printed.contains(message) && printed.contains("spec.json"), "{printed}");
        assert_eq!(place.files(), ["spec.json"], "{printed}");
    }
    let half = json!([{"name": "w", "shape": [1u64 << 60], "dtype": "f16", "init": good["init"]}]);
    let printed = input_error(Place::new(&half.to_string()).run(&[]));
    assert!(
        printed.contains(r#"entry 1 "w": the shape [1152921504606846976] has 2^64"#),
        "{printed}"
    );
    let dtype = json!([{"name": "w", "shape": [], "dtype": "f8", "init": good["init"]}]);
    let printed = input_error(Place::new(&dtype.to_string()).run(&[]));
    assert!(
        printed.contains(r#"entry 1 "w": dtype "f8" is not known: it is f32, f16, bf16 or f64"#),
        "{printed}"
    );
}

#[test]
fn files_that_are_too_long_are_refused_before_anything_is_written() {
    let many = (0..16).map(|at| {
        let mut entry = good_named(&at.to_string());
        entry["shape"] = json!([1u64 << 57]);
        entry
    });
    let place = Place::new(&json!(many.collect::<Vec<_>>()).to_string());
    let printed = input_error(place.run(&[]));
    assert!(printed.contains(r#"entry 16 "15": 2^63 bytes or more in all"#), "{printed}");
    assert_eq!(place.files(), ["spec.json"]);

    let zeros = |name: &str| Entry {
        name: name.into(),
        ..find(&Model::Gpt2.entries(), "h.0.ln_1.bias").clone()
    };
    // A character that is six bytes in JSON.
    let long = zeros(&"\u{1}".repeat(17_000_000));
    let refused =
        plan::plan(&[zeros("w"), long, zeros("v")], Seed::from(0), spec::Dtype::F32).err().unwrap();
    assert!(
        refused.len() < 2000
            && refused.starts_with("entry 2 ")
            && refused.ends_with("longer than 100,000,000 bytes, the format's limit")
    );
}

#[test]
fn the_length_of_the_header_is_known() {
    let place = Place::new(&mixed().to_string());
    place.run(&["--seed", "7"]).unwrap();
    let (length, _) = SafeTensors::read_metadata(&fs::read(place.out()).unwrap()).unwrap();
    let plan =
        plan::plan(&spec::read(&place.spec()).unwrap(), Seed::from(0), spec::Dtype::F32).unwrap();
    let last = Some(plan.len() - 1);
    assert_eq!(header::first_beyond(&plan, length), None);
    assert_eq!(header::first_beyond(&plan, length - 8), last);
    assert_eq!(header::first_beyond(&plan, 0), Some(0));
}

#[test]
fn every_form_of_an_initializer_is_one() {
    let forms = [
        r#""torch.ones_""#,
        r#""torch.nn.init.ones_""#,
        r#"{"class_name": "torch.ones_"}"#,
        r#"{"class_name": "seedbed.Constant", "config": {"value": 1.0}, "algorithm": "V1"}"#,
        r#"{"module": "keras.initializers", "class_name": "Ones", "config": {}, "registered_name": null}"#,
    ];
    for init in forms {
        let place = Place::new(&format!(r#"[{{"name": "w", "shape": [2], "init": {init}}}]"#));
        assert!(place.run(&[]).unwrap().contains("constant 1 (f32): 1 tensor, 2 values"), "{init}");
    }
    let other = r#"{"class_name": "Orthogonal", "module": "keras.initializers"}"#;
    for (init, name) in [(r#""keras.Orthogonal""#, "keras.Orthogonal"), (other, "Orthogonal")] {
        let place = Place::new(&format!(r#"[{{"name": "w", "shape": [2, 2], "init": {init}}}]"#));
        let printed = place.run(&[]).unwrap();
        assert!(printed.contains(&format!("{name} (f32): 1 tensor")), "{printed}");
    }
}

#[test]
fn keys_that_are_unknown_or_given_twice_are_refused() {
    let normal = r#""init": {"class_name": "torch.normal_", "#;
    let cases = [
        (
            r#""shape": [2], "shape": [2], "init": "torch.ones_""#.into(),
            "the key `shape` is given twice",
        ),
        (
            r#""name": "v", "shape": [2], "init": "torch.ones_""#.into(),
            "the key `name` is given twice",
        ),
        (
            format!(r#""shape": [2], {normal} "config": {{"std": 1, "std": 2}}}}"#),
            "`std` is given twice",
        ),
        (
            format!(r#""shape": [2], {normal} "config": {{}}, "config": {{}}}}"#),
            "`config` is given twice",
        ),
        (
            format!(r#""shape": [2], {normal} "confg": {{}}}}"#),
            "`confg` is not known; did you mean `config`?",
        ),
        (format!(r#""shape": [2], {normal} "algorithm": "V2"}}"#), "V2"),
        (
            r#""shpae": [2], "init": "torch.ones_""#.into(),
            "`shpae` is not known; did you mean `shape`?",
        ),
        (r#""shape": [2], "initializer": "torch.ones_""#.into(), "did you mean `init`?"),
        (r#""shape": [2], "type": "f16", "init": "torch.ones_""#.into(), "did you mean `dtype`?"),
        (r#""shape": [2], "seed": 1, "init": "torch.ones_""#.into(), "the keys are `name`"),
    ];
    for (fields, message) in cases {
        let place = Place::new(&format!(r#"[{{"name": "w", {fields}}}]"#));
        let printed = input_error(place.run(&[]));
        assert!(printed.contains(r#"spec.json: entry 1 "w": "#), "{printed}");
        assert!(printed.contains(message), "{printed}");
        assert_eq!(place.files(), ["spec.json"]);
    }
}

#[test]
fn element_types_go_by_all_their_names() {
    for (names, expected) in [
        (&["f32", "F32", "float32", "fp32", "Float32"][..], Dtype::F32),
        (&["f16", "F16", "float16", "fp16", "half"], Dtype::F16),
        (&["bf16", "BF16", "bfloat16"], Dtype::BF16),
        (&["f64", "F64", "float64", "fp64", "double"], Dtype::F64),
    ] {
        for name in names {
            let args = cli::Args::try_parse_from(["init_model", "--dtype", name]).unwrap();
            assert_eq!(Dtype::from(args.dtype), expected, "{name}");
            let mut entry = good_named("w");
            entry["dtype"] = json!(name);
            let place = Place::new(&json!([entry]).to_string());
            let read = spec::read(&place.spec()).unwrap().remove(0);
            assert_eq!(Dtype::from(read.dtype.unwrap()), expected, "{name}");
        }
    }
    for name in ["bf61", "float", "f8", "int8", ""] {
        let error = cli::Args::try_parse_from(["init_model", "--dtype", name]).unwrap_err();
        let printed = error.to_string();
        assert!(printed.contains("it is f32, f16, bf16 or f64"), "{printed}");
        assert!(!printed.contains("similar"), "{printed}");
    }
}

#[test]
fn a_specification_comes_from_standard_input_and_with_a_byte_order_mark() {
    let text = json!([good_named("w")]).to_string();
    let plain = Place::new(&text);
    plain.run(&[]).unwrap();
    let expected = fs::read(plain.out()).unwrap();
    let marked = Place::new(&format!("\u{feff}{text}"));
    marked.run(&[]).unwrap();
    assert!(fs::read(marked.out()).unwrap() == expected);

    let run = |args: &[&str], input: fs::File| {
        let mut program = Command::new(PROGRAM);
        program.current_dir(plain.0.path()).args(["--spec", "-"]).args(args).stdin(input);
        program.output().unwrap()
    };
    for place in [&plain, &marked] {
        let done = run(&["--json"], fs::File::open(place.spec()).unwrap());
        assert!(done.status.success(), "{done:?}");
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(
            (&report["model"], &report["file"]),
            (&json!("stdin"), &json!("stdin.safetensors"))
        );
        assert!(fs::read(plain.0.path().join("stdin.safetensors")).unwrap() == expected);
    }
    fs::write(marked.spec(), "[{}]").unwrap();
    let failed = run(&["--out", "none"], fs::File::open(marked.spec()).unwrap());
    let printed = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(2));
    assert_eq!(printed, "error: standard input: entry 1: the key `name` is missing\n");
    assert_eq!(plain.files(), ["out.safetensors", "spec.json", "stdin.safetensors"]);
}

fn good_named(name: &str) -> Value {
    json!({"name": name, "shape": [2], "init": {"class_name": "keras.Zeros", "config": {}}})
}

#[test]
fn an_output_that_cannot_be_is_refused() {
    let place = Place::new(&mixed().to_string());
    let (spec, dir) = (place.spec(), place.0.path().to_path_buf());
    let to = |out: &Path| run(&["--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let missing = runtime_error(to(&dir.join("missing").join("m.safetensors")));
    assert!(missing.contains("missing") && missing.contains("No such file"), "{missing}");
    assert!(input_error(to(&dir)).contains("not a regular file"));
    assert!(input_error(to(&spec)).contains("is the specification itself"));
    assert_eq!(place.files(), ["spec.json"]);
    let absent = input_error(run(&["--spec", "no-such.json", "--out", "x"]));
    assert!(absent.contains("no-such.json: No such file"), "{absent}");
}

#[cfg(unix)]
#[test]
fn only_a_new_name_or_a_regular_file_is_written() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    let place = Place::new(&json!([good_named("w")]).to_string());
    let (spec, dir) = (place.spec(), place.0.path().to_path_buf());
    let to = |out: &Path| run(&["--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let refused = |name: &str, message: &str| {
        let before = place.files();
        let printed = input_error(to(&dir.join(name)));
        assert!(printed.contains(name) && printed.contains(message), "{printed}");
        assert_eq!(place.files(), before);
    };
    symlink("nothing", dir.join("dangling")).unwrap();
    refused("dangling", "a link to nothing, which does not exist");
    symlink("/dev/null", dir.join("null")).unwrap();
    refused("null", "a device, not a regular file");
    assert!(dir.join("null").is_symlink());
    let pipe = Command::new("mkfifo").arg(dir.join("pipe")).status().unwrap();
    assert!(pipe.success());
    refused("pipe", "a pipe, not a regular file");
    let _listener = UnixListener::bind(dir.join("socket")).unwrap();
    refused("socket", "a socket, not a regular file");
    refused("new/", "not the name of a file");
    symlink(&dir, dir.join("directory")).unwrap();
    refused("directory", "a directory, not a regular file");
    // The pipe that /proc names in a form that is no path.
    let (_reader, writer) = std::io::pipe().unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&writer);
    let printed = input_error(to(Path::new(&format!("/proc/self/fd/{fd}"))));
    assert!(printed.contains("a pipe"), "{printed}");

    for link in ["loop", "through"] {
        let to_itself = if link == "loop" { "loop" } else { "spec.json/w" };
        symlink(to_itself, dir.join(link)).unwrap();
        runtime_error(to(&dir.join(link)));
        assert!(dir.join(link).is_symlink());
    }
}

#[cfg(unix)]
#[test]
fn an_existing_output_keeps_its_mode_and_a_read_only_one_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let place = Place::new(&json!([good_named("w")]).to_string());
    let mode = |mode| fs::set_permissions(place.out(), fs::Permissions::from_mode(mode)).unwrap();
    let link = place.0.path().join("link");
    symlink(place.out(), &link).unwrap();
    for bits in [0o600, 0o664, 0o755] {
        fs::write(place.out(), "older").unwrap();
        mode(bits);
        let out = link.to_str().unwrap();
        run(&["--spec", place.spec().to_str().unwrap(), "--out", out]).unwrap();
        assert_eq!(fs::metadata(place.out()).unwrap().permissions().mode() & 0o7777, bits);
        assert!(link.is_symlink() && fs::read(place.out()).unwrap() != b"older");
    }
    fs::write(place.out(), "older").unwrap();
    mode(0o444);
    assert!(input_error(place.run(&[])).contains("the file is read-only"));
    assert_eq!(fs::read(place.out()).unwrap(), b"older");
    assert_eq!(place.files(), ["link", "out.safetensors", "spec.json"]);
}

#[test]
fn a_failure_keeps_the_older_file() {
    // More than disks or memory hold.
    let place = Place::new(&json!([good_named("w")]).to_string());
    place.run(&[]).unwrap();
    let older = fs::read(place.out()).unwrap();
    let huge = json!({"name": "huge", "shape": [1u64 << 47], "init": {"class_name": "keras.Ones"}});
    fs::write(place.spec(), json!([good_named("w"), huge]).to_string()).unwrap();
    let printed = runtime_error(place.run(&[]));
    assert!(printed.contains("out.safetensors") || printed.contains("huge"), "{printed}");
    assert_eq!(fs::read(place.out()).unwrap(), older);
    assert_eq!(place.files(), ["out.safetensors", "spec.json"]);
}

#[test]
fn bad_usage_is_refused() {
    for args in [
        &["--model", "gpt5"][..],
        &["--model", "gpt2", "--spec", "x.json"],
        &["--threads", "0"],
        &["--seed", "-1"],
        &["--dtype", "int8"],
        &["--fast"],
    ] {
        let parsed = cli::Args::try_parse_from(["init_model"].iter().chain(args));
        assert_eq!(parsed.unwrap_err().exit_code(), 2, "{args:?}");
    }
}

#[test]
fn the_program_has_exit_codes_and_clean_output() {
    let run = |place: &Place, args: &[&str]| -> Output {
        Command::new(PROGRAM).current_dir(place.0.path()).args(args).output().unwrap()
    };
    let good = Place::new(&json!([good_named("w")]).to_string());
    let done = run(&good, &["--spec", "spec.json", "--json"]);
    assert_eq!((done.status.code(), done.stderr.len()), (Some(0), 0), "{done:?}");
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&report["model"], &report["file"]), (&json!("spec"), &json!("spec.safetensors")));
    assert_eq!(good.files(), ["spec.json", "spec.safetensors"]);

    let failed = |args: &[&str], code: i32, message: &str| {
        let failed = run(&good, args);
        let printed = String::from_utf8(failed.stderr).unwrap();
        assert_eq!(failed.status.code(), Some(code), "{printed}");
        assert!(printed.starts_with("error: ") && printed.contains(message), "{printed}");
        assert!(failed.stdout.is_empty());
    };
    failed(&["--spec", "spec.json", "--out", "no/w"], 1, "no/w: No such file");
    failed(&["--spec", "spec.json", "--out", "."], 2, ".: a directory, not a regular file");
    failed(&["--spec", "none.json"], 2, "none.json: No such file");
    failed(&["--threads", "none"], 2, "--threads");
    fs::write(good.spec(), "[{}]").unwrap();
    failed(&["--spec", "spec.json"], 2, "spec.json: entry 1: the key `name` is missing");
    assert_eq!(good.files(), ["spec.json", "spec.safetensors"]);
}

/// On a file system of 256 KiB, which takes a namespace where anybody may mount.
#[test]
fn a_full_disk_is_reported_and_left_empty() {
    let place = Place::new(&mixed().to_string());
    let disk = place.0.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let script = r#"mount -t tmpfs -o size=256k none "$1" 2>&1 || exit 77
        "$2" --spec "$3" --out "$1/w.safetensors" 2>&1; code=$?; ls -A "$1"; exit $code"#;
    let args = [disk, PROGRAM.into(), place.spec()];
    let run = Command::new("unshare").args(["-rm", "sh", "-c", script, "sh"]).args(args).output();
    let Some(run) = run.ok().filter(|run| run.status.code() == Some(1) || run.status.success())
    else {
        return eprintln!("skipped: no file system can be mounted");
    };
    let printed = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(1), "{printed}");
    assert!(printed.contains("w.safetensors: No space left on device"), "{printed}");
    assert_eq!(printed.lines().count(), 1, "{printed}");
}
