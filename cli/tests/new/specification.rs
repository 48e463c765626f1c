//! Specifications: the forms of an entry, and those that are refused.

use std::fs;
use std::process::Command;

use safetensors::{Dtype, SafeTensors};
use seedbed_cli::models::Model;
use seedbed_cli::provenance::Provenance;
use seedbed_cli::spec::Entry;
use seedbed_cli::{limits, plan, spec};
use serde_json::{Value, json};

use crate::{PROGRAM, Place, find, good_named, input_error, mixed, parse};

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
    let refused = plan::plan(&[zeros("w"), long, zeros("v")], 0, spec::Dtype::F32).err().unwrap();
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
    let plan = plan::plan(&spec::from_file(&place.spec()).unwrap(), 0, spec::Dtype::F32).unwrap();
    let provenance = Provenance::of(7, &plan);
    let last = Some(plan.len() - 1);
    assert_eq!(limits::first_beyond(&plan, &provenance, length), None);
    assert_eq!(limits::first_beyond(&plan, &provenance, length - 8), last);
    assert_eq!(limits::first_beyond(&plan, &provenance, 0), Some(0));
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
            let args = parse(&["gpt2", "--dtype", name]).unwrap();
            assert_eq!(args.dtype.unwrap().changed(), Some(expected), "{name}");
            let mut entry = good_named("w");
            entry["dtype"] = json!(name);
            let place = Place::new(&json!([entry]).to_string());
            let read = spec::from_file(&place.spec()).unwrap().remove(0);
            assert_eq!(Dtype::from(read.dtype.unwrap()), expected, "{name}");
        }
    }
    for name in ["bf61", "float", "f8", "int8", ""] {
        let error = parse(&["gpt2", "--dtype", name]).unwrap_err();
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
        program.current_dir(plain.0.path()).args(["new", "--spec", "-"]).args(args).stdin(input);
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
