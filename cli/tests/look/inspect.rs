//! `seedbed inspect`.

use std::fs;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use seedbed_cli::failure::Failure;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{failure, run};

/// Tensors as a file: name, element type, shape and bytes.
type Tensors<'a> = Vec<(&'a str, Dtype, Vec<usize>, Vec<u8>)>;

fn write(path: &Path, tensors: &Tensors<'_>) {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    fs::write(path, serialize(views, None).unwrap()).unwrap();
}

fn place(tensors: &Tensors<'_>) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("m.safetensors");
    write(&file, tensors);
    (place, file)
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Values that are spread evenly over `[-1, 1]`, times a factor: of standard deviation 0.577.
fn even(count: usize, factor: f32) -> Vec<f32> {
    // In an order that no sample meets by accident.
    (0..count)
        .map(|at| factor * ((at * 7919 % count) as f32 / (count - 1) as f32 * 2.0 - 1.0))
        .collect()
}

fn inspect(path: &Path, more: &[&str]) -> Result<String, Failure> {
    let args = ["inspect", path.to_str().unwrap()];
    run(&args.iter().chain(more).copied().collect::<Vec<_>>())
}

fn report(path: &Path, more: &[&str]) -> Value {
    let args: Vec<&str> = more.iter().chain(&["--json"]).copied().collect();
    serde_json::from_str(&inspect(path, &args).unwrap()).unwrap()
}

fn find<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["tensors"].as_array().unwrap().iter().find(|t| t["name"] == name).unwrap()
}

fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |finding: &Value| {
        let at = finding["tensor"].as_u64().unwrap() as usize;
        let [name, what] = [&report["tensors"][at]["name"], &finding["what"]];
        format!("{}: {}", name.as_str().unwrap(), what.as_str().unwrap())
    };
    findings.map(text).collect()
}

#[track_caller]
fn assert_near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-6 * expected.abs().max(1e-3), "{value} {expected}");
}

#[test]
fn numbers_are_those_of_the_values() {
    // Several tiles.
    let count = 700_001;
    let mut values = even(count, 1.0);
    values[600_000] = 0.0;
    let (_place, file) = place(&vec![("w", Dtype::F32, vec![1, count], bytes(&values))]);
    let report = report(&file, &[]);
    let tensor = find(&report, "w");
    let wide: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    let mean = wide.iter().sum::<f64>() / count as f64;
    let power = |p| wide.iter().map(|value| (value - mean).powi(p)).sum::<f64>() / count as f64;
    let std = power(2).sqrt();
    assert!((tensor["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert_near(&tensor["std"], std);
    assert_near(&tensor["kurtosis"], power(4) / power(2).powi(2));
    assert_near(&tensor["gain"], std * (count as f64).sqrt());
    assert_eq!((&tensor["min"], &tensor["max"]), (&json!(-1.0), &json!(1.0)));
    assert_eq!(tensor["zeros"], wide.iter().filter(|&&value| value == 0.0).count());
    let columns = tensor["histogram"]["counts"].as_array().unwrap();
    assert_eq!(columns.iter().map(|c| c.as_u64().unwrap()).sum::<u64>(), count as u64);
    // The sample has the ends, nearly.
    let even = count as f64 / 24.0;
    assert!(columns.iter().all(|c| (c.as_f64().unwrap() / even - 1.0).abs() < 0.1), "{columns:?}");
}

#[test]
fn numbers_do_not_depend_on_threads() {
    let tensors = ["h.0.w", "h.1.w", "g"].map(|name| {
        let values = even(333_333 + name.len(), 0.1);
        (name, Dtype::F32, vec![values.len()], bytes(&values))
    });
    let (_place, file) = place(&tensors.to_vec());
    let one = inspect(&file, &["--json", "--threads", "1"]).unwrap();
    assert!(one == inspect(&file, &["--json", "--threads", "5"]).unwrap());
    assert!(
        inspect(&file, &[]).unwrap().contains("1 file, 3 tensors of 2 kinds, 1,000,010 elements")
    );
}

#[test]
fn all_element_types_are_read() {
    let values = even(1000, 0.5);
    let half: Vec<u8> = values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
    let brain: Vec<u8> = values.iter().flat_map(|&v| bf16::from_f32(v).to_le_bytes()).collect();
    let double: Vec<u8> = values.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
    let (_place, file) = place(&vec![
        ("f16", Dtype::F16, vec![10, 100], half),
        ("bf16", Dtype::BF16, vec![10, 100], brain),
        ("f64", Dtype::F64, vec![10, 100], double),
        ("f32", Dtype::F32, vec![10, 100], bytes(&values)),
        ("i32", Dtype::I32, vec![2], vec![1, 2, 3, 4, 5, 6, 7, 8]),
        ("bool", Dtype::BOOL, vec![1, 3], vec![0, 1, 1]),
        ("fp8", Dtype::F8_E4M3, vec![2, 2], vec![1, 2, 3, 4]),
        ("fp4", Dtype::F4, vec![2, 2], vec![0x12, 0x34]),
        ("empty", Dtype::F32, vec![0, 3], vec![]),
        ("scalar", Dtype::F32, vec![], bytes(&[0.5])),
    ]);
    let report = report(&file, &[]);
    for (name, tolerance) in [("f64", 1e-6), ("f32", 1e-6), ("f16", 1e-3), ("bf16", 1e-2)] {
        let std = find(&report, name)["std"].as_f64().unwrap();
        assert!((std - 0.289).abs() < tolerance + 1e-3, "{name} {std}");
        assert_eq!(find(&report, name)["fan_in"], 100);
    }
    // Codes of 1, 2, 3 and 4 times 2^-9; the scale of a weight is another tensor.
    let fp8 = find(&report, "fp8");
    assert_eq!((&fp8["min"], &fp8["max"]), (&json!(1.0 / 512.0), &json!(4.0 / 512.0)));
    assert_eq!((&fp8["mean"], &fp8["gain"]), (&json!(2.5 / 512.0), &Value::Null));
    for (name, count) in [("i32", 2), ("bool", 3), ("fp4", 4)] {
        let tensor = find(&report, name);
        assert_eq!(tensor["count"], count, "{name}");
        for key in ["mean", "std", "zeros", "nan", "gain", "histogram"] {
            assert!(tensor[key].is_null(), "{name} {key}");
        }
    }
    assert_eq!(find(&report, "empty")["count"], 0);
    assert!(find(&report, "empty")["mean"].is_null());
    let scalar = find(&report, "scalar");
    assert_eq!(
        (&scalar["mean"], &scalar["std"], &scalar["gain"]),
        (&json!(0.5), &json!(0.0), &Value::Null)
    );
    assert!(findings(&report).is_empty(), "{:?}", findings(&report));
    assert_eq!(report["kinds"][0]["dtype"], report["tensors"][0]["dtype"]);
    // As text, too.
    let text = inspect(&file, &["--tensors"]).unwrap();
    assert!(text.contains("fp4  F4 [2, 2]\n") && text.contains("scalar  F32 []\n"), "{text}");
}

#[test]
fn what_stands_out_is_listed_first() {
    let normal = even(200 * 300, 0.1);
    let with = |at: usize, value: f32| {
        let mut values = normal.clone();
        values[at] = value;
        bytes(&values)
    };
    let shape = vec![200, 300];
    let mut tensors: Tensors<'_> = vec![
        ("h.0.w", Dtype::F32, shape.clone(), with(0, 0.01)),
        ("h.1.w", Dtype::F32, shape.clone(), with(5, f32::NAN)),
        ("h.2.w", Dtype::F32, shape.clone(), with(6, f32::NEG_INFINITY)),
        ("h.3.w", Dtype::F32, shape.clone(), with(7, 3.0)),
        ("h.4.w", Dtype::F32, shape.clone(), vec![0; 240_000]),
        ("h.5.w", Dtype::F32, shape.clone(), bytes(&even(60_000, 0.3))),
        ("h.6.w", Dtype::F32, shape.clone(), with(0, 0.01)),
        ("tails", Dtype::F32, vec![60_000], {
            let mut values = even(60_000, 0.01);
            values.iter_mut().step_by(50).for_each(|value| *value *= 10.0);
            bytes(&values)
        }),
        // Equal constants are no copies.
        ("h.0.b", Dtype::F32, vec![4], vec![0; 16]),
        ("h.1.b", Dtype::F32, vec![4], vec![0; 16]),
    ];
    let (_place, file) = place(&tensors);
    let found = report(&file, &[]);
    assert_eq!(
        findings(&found),
        [
            "h.1.w: 1 of 60,000 values are NaN",
            "h.2.w: 1 of 60,000 values are infinite",
            "h.4.w: all values are 0",
            "h.6.w: has the bytes of h.0.w",
            "h.5.w: std 0.173208 is 3 times the median of its kind",
            "h.3.w: 3 is 51 std from the mean",
            "tails: kurtosis 41: heavy tails",
        ]
    );
    let tensor = find(&found, "h.1.w");
    assert_eq!((&tensor["nan"], &tensor["infinite"]), (&json!(1), &json!(0)));
    let std = tensor["std"].as_f64().unwrap();
    assert!((std / 0.1 * 3f64.sqrt() - 1.0).abs() < 1e-4, "{std}");
    let text = inspect(&file, &[]).unwrap();
    let first = text.lines().find(|line| line.starts_with('!')).unwrap();
    assert_eq!(first, "! h.1.w: 1 of 60,000 values are NaN");
    let kind = found["kinds"].as_array().unwrap().iter().find(|k| k["kind"] == "h.*.w").unwrap();
    assert_eq!((&kind["tensors"], &kind["count"]), (&json!(7), &json!(420_000)));
    assert_eq!(
        (&kind["nan"], &kind["max"], &kind["fan_in"]),
        (&json!(1), &json!(3.0), &json!(300))
    );

    // One byte is enough not to be a copy.
    tensors[6].3[239_999] ^= 1;
    write(&file, &tensors);
    assert!(!findings(&report(&file, &[])).iter().any(|finding| finding.contains("bytes of")));
}

/// The scales, groups and shapes of quantised layers are alike by design.
#[test]
fn alike_parts_of_quantised_layers_do_not_stand_out() {
    let group: Vec<u8> = (0..128_i32).flat_map(|at| (at / 64).to_le_bytes()).collect();
    let ones = bytes(&[1.0; 8]);
    let layer = |name: &'static [&'static str; 3]| {
        [
            (name[0], Dtype::I32, vec![128], group.clone()),
            (name[1], Dtype::F32, vec![2, 4], ones.clone()),
            (name[2], Dtype::I32, vec![8, 16], group.clone()),
        ]
    };
    let first = layer(&["h.0.g_idx", "h.0.weight_scale_inv", "h.0.qweight"]);
    let second = layer(&["h.1.g_idx", "h.1.weight_scale_inv", "h.1.qweight"]);
    let (_place, file) = place(&[first, second].concat());
    let report = report(&file, &[]);
    assert_eq!(findings(&report), ["h.1.qweight: has the bytes of h.0.qweight"]);
    let text = inspect(&file, &[]).unwrap();
    assert!(text.contains("h.*.g_idx  x 2  I32\n"), "{text}");
}

#[test]
fn the_gain_follows_the_layout() {
    let values = bytes(&even(600, 0.1));
    let (_place, file) = place(&vec![
        ("a/kernel", Dtype::F32, vec![20, 30], values.clone()),
        ("b.weight", Dtype::F32, vec![20, 30], values),
    ]);
    for (layout, fans) in [
        (&[][..], [20, 30]),
        (&["--layout", "in-out"], [20, 20]),
        (&["--layout", "out-in"], [30, 30]),
    ] {
        let report = report(&file, layout);
        let found =
            ["a/kernel", "b.weight"].map(|name| find(&report, name)["fan_in"].as_u64().unwrap());
        assert_eq!(found, fans, "{layout:?}");
    }
}

#[test]
fn a_directory_is_one_model() {
    let values = bytes(&even(100, 1.0));
    let (place, _) = place(&vec![("h.0.w", Dtype::F32, vec![10, 10], values.clone())]);
    fs::rename(place.path().join("m.safetensors"), place.path().join("model-1.safetensors"))
        .unwrap();
    write(
        &place.path().join("model-2.safetensors"),
        &vec![("h.1.w", Dtype::F32, vec![10, 10], values)],
    );
    let report = report(place.path(), &[]);
    assert_eq!(report["files"], json!(["model-1.safetensors", "model-2.safetensors"]));
    assert_eq!(report["kinds"][0]["tensors"], 2);
    assert_eq!(findings(&report), ["h.1.w: has the bytes of h.0.w"]);
}

#[test]
fn the_page_has_the_report_and_nothing_from_elsewhere() {
    let values = bytes(&even(100, 1.0));
    let name = "</script><script>alert(1)</script>";
    let (place, file) = place(&vec![(name, Dtype::F32, vec![10, 10], values)]);
    let out = place.path().join("report.html");
    inspect(&file, &["--html", out.to_str().unwrap()]).unwrap();
    let page = fs::read_to_string(&out).unwrap();
    let start = r#"<script type="application/json" id="data">"#;
    let data = page.split_once(start).unwrap().1.split_once("</script>").unwrap().0;
    let own: Value = serde_json::from_str(data).unwrap();
    assert_eq!(own["tensors"][0]["name"], name);
    assert_eq!(own, report(&file, &[]));
    assert_eq!(page.matches("<script").count(), 2);
    for elsewhere in ["http://", "https://", "@import", "url(", "src="] {
        // The name of SVG is no address that is fetched.
        let rest = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!rest.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let (place, file) = place(&vec![("w", Dtype::F32, vec![2, 2], vec![0; 16])]);
    let whole = fs::read(&file).unwrap();
    let out = place.path().join("none").join("report.html");
    let (code, problem) = failure(inspect(&file, &["--html", out.to_str().unwrap()]));
    assert!(code == 1 && problem.contains("report.html: "), "{code} {problem}");
    for (out, message) in [
        (file.as_path(), "m.safetensors: the page would take a model's place"),
        (place.path(), ": a directory, not a regular file"),
    ] {
        let (code, problem) = failure(inspect(&file, &["--html", out.to_str().unwrap()]));
        assert!(code == 2 && problem.contains(message), "{code} {problem}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    for (bytes, message) in [
        (&whole[..whole.len() - 1], "within tensor \"w\", but its header asks for"),
        (&whole[..20], "m.safetensors: the file ends within the header"),
        (b"{}", "m.safetensors: the file ends within the length of the header"),
    ] {
        fs::write(&file, bytes).unwrap();
        let (code, problem) = failure(inspect(&file, &[]));
        assert!(code == 2 && problem.contains(message), "{code} {problem}");
    }
    let (code, problem) = failure(inspect(&place.path().join("absent"), &[]));
    assert!(code == 2 && problem.contains("absent: "), "{code} {problem}");
}
