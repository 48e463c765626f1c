//! `seedbed verify`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{failure, run};

/// A directory with a file of several tiles, element types and kinds of initializers.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        let entry = |name: &str, shape: &[usize], dtype: &str, init: Value| json!({"name": name, "shape": shape, "dtype": dtype, "init": init});
        let normal = json!({"class_name": "torch.normal_", "config": {"std": 0.02}});
        let spec = json!([
            entry("h.0.w", &[1000, 700], "f32", normal.clone()),
            entry("h.1.w", &[1000, 700], "f32", normal.clone()),
            entry("double", &[300, 999], "f64", normal),
            entry("half", &[77], "f16", "keras.he_uniform".into()),
            entry("brain", &[1, 600_001], "bf16", "keras.lecun_normal".into()),
            entry("ones", &[5], "f32", "torch.ones_".into()),
            entry("eye", &[300, 700], "f32", "torch.eye_".into()),
            entry("orthogonal", &[30, 40], "f32", "torch.orthogonal_".into()),
            entry("sparse", &[900, 400], "f32", "lasagne.Sparse".into()),
            entry("scalar", &[], "f32", "torch.ones_".into()),
            entry("empty", &[3, 0], "f32", "torch.ones_".into()),
        ]);
        fs::write(place.at("spec.json"), spec.to_string()).unwrap();
        let (spec, out) = (place.at("spec.json"), place.file());
        let paths = [spec.to_str().unwrap(), out.to_str().unwrap()];
        run(&["new", "--spec", paths[0], "--out", paths[1], "--seed", "7"]).unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.at("m.safetensors")
    }

    /// The file's bytes, with the end of its header.
    fn bytes(&self) -> (Vec<u8>, usize) {
        let bytes = fs::read(self.file()).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
        (bytes, header)
    }

    /// Where a tensor begins in the file.
    fn start(&self, name: &str) -> usize {
        let (bytes, header) = self.bytes();
        let header_json: Value = serde_json::from_slice(&bytes[8..header]).unwrap();
        header + header_json[name]["data_offsets"][0].as_u64().unwrap() as usize
    }
}

fn verify(path: &Path, more: &[&str]) -> Result<String, seedbed_cli::failure::Failure> {
    let args = ["verify", path.to_str().unwrap()];
    run(&args.iter().chain(more).copied().collect::<Vec<_>>())
}

#[test]
fn what_new_writes_is_verified() {
    let place = Place::new();
    let printed = verify(&place.file(), &[]).unwrap();
    assert!(
        printed.ends_with("m.safetensors: 11 tensors, 11,482,580 bytes, all of seed 7\n"),
        "{printed}"
    );
    assert_eq!(verify(place.0.path(), &["--threads", "3"]).unwrap(), printed);
    let report: Value = serde_json::from_str(&verify(&place.file(), &["--json"]).unwrap()).unwrap();
    assert_eq!(report["verified"], true);
    assert_eq!(report["files"][0]["seed"], 7);
    assert_eq!(report["files"][0]["recipes"].as_str().unwrap().len(), 32);
}

#[test]
fn one_flipped_bit_is_found_in_any_tensor() {
    let place = Place::new();
    let (bytes, _) = place.bytes();
    for (name, byte, element, hint) in [
        // In the third tile of the second tensor of its kind.
        ("h.1.w", 2_222_222, "[793, 455]", false),
        ("h.0.w", 0, "[0, 0]", false),
        ("double", 300 * 999 * 8 - 1, "[299, 998]", false),
        ("half", 8, "[4]", false),
        ("brain", 1_200_001, "[0, 600000]", false),
        ("ones", 4, "[1]", false),
        ("eye", 4 * 701, "[1, 1]", false),
        ("orthogonal", 4 * 41, "[1, 1]", true),
        ("sparse", 4 * 401, "[1, 1]", false),
        ("scalar", 3, "[]", false),
    ] {
        let mut changed = bytes.clone();
        let at = place.start(name) + byte;
        changed[at] ^= 1;
        // A later difference is not the first.
        changed[at + 1..].iter_mut().skip(10).take(1).for_each(|byte| *byte ^= 1);
        fs::write(place.file(), &changed).unwrap();
        let (code, problem) = failure(verify(&place.file(), &["--threads", "4"]));
        let expected = format!("m.safetensors: tensor {name:?}: byte {byte} of ");
        assert_eq!(code, 1);
        assert!(problem.contains(&expected), "{problem}");
        assert!(problem.contains(&format!(", in element {element}, is ")), "{problem}");
        assert!(problem.contains(&format!("(byte {at} of the file)")), "{problem}");
        let bytes = format!("is {:#04x}, but seed 7 makes {:#04x}", changed[at], changed[at] ^ 1);
        assert!(problem.contains(&bytes), "{problem}");
        assert_eq!(problem.contains("orthogonal matrices"), hint, "{problem}");
    }
}

#[test]
fn files_without_a_seed_are_refused() {
    let place = Place::new();
    let (bytes, header) = place.bytes();
    let text = std::str::from_utf8(&bytes[8..header]).unwrap();
    let with_header = |text: String| {
        let data = &bytes[header..];
        let bytes = [&(text.len() as u64).to_le_bytes(), text.as_bytes(), data].concat();
        fs::write(place.file(), bytes).unwrap();
        failure(verify(&place.file(), &[]))
    };
    let mut fields: Value = serde_json::from_str(text).unwrap();
    for (text, expected) in [
        (text.replace("\\\"seed\\\":7", "\\\"seed\\\":8"), (1, "but seed 8 makes")),
        (text.replace("\\\"V1\\\"", "\\\"V9\\\""), (2, "the algorithm \"V9\" is not known")),
        (text.replace("0.02", "0.03"), (2, "they were changed")),
        (
            text.replace("\"half\":{", "\"hald\":{"),
            (2, "tensor \"hald\": \"seedbed\" has no recipe"),
        ),
        (text.replace("\"F64\"", "\"I64\""), (2, "tensor \"double\": the element type is I64")),
        (
            text.replace("[77]", "[7,11]"),
            (1, "11 tensors, but 11 were written: names, types or shapes of them were changed"),
        ),
    ] {
        let (code, problem) = with_header(text);
        assert!(code == expected.0 && problem.contains(expected.1), "{code} {problem}");
    }
    fields["__metadata__"] = json!({"format": "pt"});
    let (code, problem) = with_header(fields.to_string());
    assert!(
        code == 2 && problem.contains("m.safetensors: there is no seed to verify it by"),
        "{problem}"
    );

    fs::write(place.file(), &bytes[..bytes.len() - 1]).unwrap();
    let (code, problem) = failure(verify(&place.file(), &[]));
    assert!(
        code == 2 && problem.contains("bytes, within tensor \"half\", but its header"),
        "{problem}"
    );
    fs::write(place.file(), [&bytes[..], &[0]].concat()).unwrap();
    let (code, problem) = failure(verify(&place.file(), &[]));
    assert!(code == 2 && problem.contains("bytes, but its header asks for"), "{problem}");
    let (code, problem) = failure(verify(&place.at("absent.safetensors"), &[]));
    assert!(code == 2 && problem.contains("absent.safetensors"), "{problem}");
}

/// A file without some of its tensors, or with one more.
#[test]
fn tensors_that_were_taken_out_or_put_in_are_noticed() {
    let place = tempfile::tempdir().unwrap();
    let tensor = |names: &[&str]| {
        let tensors =
            names.iter().map(|name| (name.to_string(), json!({"dtype": "F32", "shape": [2]})));
        Value::Object(tensors.collect())
    };
    let first = ["h.0.a", "h.1.a", "h.2.a", "h.3.a", "e"];
    let second = ["h.4.a", "h.5.a", "x.0.y.0", "x.0.y.1", "norm"];
    let [list, out] = ["headers.json", "out"].map(|name| place.path().join(name));
    let files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let headers = json!({files[0]: tensor(&first), files[1]: tensor(&second)});
    fs::write(&list, headers.to_string()).unwrap();
    let [list, path] = [&list, &out].map(|path| path.to_str().unwrap());
    run(&["new", "--like", list, "--out", path]).unwrap();
    fs::remove_file(out.join("model.safetensors.index.json")).unwrap();
    verify(&out, &[]).unwrap();
    verify(&out.join(files[1]), &[]).unwrap();
    let whole = files.map(|file| fs::read(out.join(file)).unwrap());
    // Writes a file again without some of its tensors.
    let without = |at: usize, taken: &[&str]| {
        let bytes = &whole[at];
        let loaded = safetensors::SafeTensors::deserialize(bytes).unwrap();
        let (_, metadata) = safetensors::SafeTensors::read_metadata(bytes).unwrap();
        let tensors = loaded.tensors().into_iter().filter(|(name, _)| !taken.contains(&&**name));
        let written = safetensors::serialize(tensors, metadata.metadata().clone()).unwrap();
        fs::write(out.join(files[at]), written).unwrap();
    };
    for (at, taken, expected) in [
        (
            0,
            &["h.2.a"][..],
            "00001-of-00002.safetensors: 4 tensors, but 5 were written: missing: h.2.a",
        ),
        (0, &["e", "h.0.a", "h.3.a"], "2 tensors, but 5 were written: missing: e, h.0.a, h.3.a"),
        (1, &["norm"], "00002-of-00002.safetensors: 4 tensors, but 5 were written: missing: norm"),
        // The last of a kind, and a kind of two numbers.
        (1, &["h.5.a"], "4 tensors, but 5 were written: one or more were taken out"),
        (1, &["x.0.y.0"], "4 tensors, but 5 were written: one or more were taken out"),
    ] {
        without(at, taken);
        let (code, problem) = failure(verify(&out, &[]));
        assert!(code == 1 && problem.ends_with(expected), "{code} {problem}");
        without(at, &[]);
    }
    verify(&out, &[]).unwrap();
}

#[test]
fn every_element_type_of_every_file_is_verified() {
    let place = tempfile::tempdir().unwrap();
    let headers = json!({
        "model-00001-of-00002.safetensors": {
            "layers.0.q_proj.qweight": {"dtype": "I32", "shape": [700, 900]},
            "layers.0.q_proj.scales": {"dtype": "F16", "shape": [20, 900]},
            "layers.0.q_proj.g_idx": {"dtype": "I32", "shape": [5600]},
            "layers.0.blocks": {"dtype": "F4", "shape": [1000, 2000]},
        },
        "model-00002-of-00002.safetensors": {
            "layers.1.v_proj.weight": {"dtype": "F8_E4M3", "shape": [1500, 900]},
            "layers.1.six": {"dtype": "F6_E2M3", "shape": [1600, 1000]},
            "norm.weight": {"dtype": "BF16", "shape": [900]},
        },
    });
    let rules = json!([
        ["*.blocks", "file.Bits"],
        ["*.six", "file.Bits"],
        ["*.qweight", "file.Bits"],
        ["*.g_idx", {"class_name": "file.Ramp", "config": {"group": 128}}],
        ["*", "torch.normal_"],
    ]);
    let [list, rules_file, out] =
        ["headers.json", "rules.json", "out"].map(|name| place.path().join(name));
    fs::write(&list, headers.to_string()).unwrap();
    fs::write(&rules_file, rules.to_string()).unwrap();
    let [list, rules_file, path] = [&list, &rules_file, &out].map(|path| path.to_str().unwrap());
    run(&["new", "--like", list, "--rules", rules_file, "--out", path, "--seed", "3"]).unwrap();
    let printed = verify(&out, &[]).unwrap();
    assert_eq!(printed.lines().count(), 2, "{printed}");
    for (file, tensor, byte) in [
        ("model-00001-of-00002.safetensors", "layers.0.blocks", 999_999),
        ("model-00002-of-00002.safetensors", "layers.1.six", 1_199_999),
        ("model-00002-of-00002.safetensors", "layers.1.v_proj.weight", 1_349_000),
        ("model-00001-of-00002.safetensors", "layers.0.q_proj.g_idx", 4),
    ] {
        let path = out.join(file);
        let whole = fs::read(&path).unwrap();
        let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        let fields: Value = serde_json::from_slice(&whole[8..header]).unwrap();
        let start = fields[tensor]["data_offsets"][0].as_u64().unwrap() as usize;
        let mut changed = whole.clone();
        changed[header + start + byte] ^= 0x10;
        fs::write(&path, changed).unwrap();
        let (code, problem) = failure(verify(&out, &[]));
        let expected = format!("{file}: tensor {tensor:?}: byte {byte} of ");
        assert!(code == 1 && problem.contains(&expected), "{problem}");
        fs::write(&path, whole).unwrap();
    }
}
