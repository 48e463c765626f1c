//! What is read of checkpoints: headers of files, directories, indices and lists.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};
use seedbed_cli::checkpoint::Checkpoint;
use seedbed_cli::header::{Header, Tensor};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A file of two tensors and metadata.
fn file() -> Vec<u8> {
    let tensors = [
        ("b", TensorView::new(Dtype::F32, vec![2, 3], &[0; 24]).unwrap()),
        ("a", TensorView::new(Dtype::BF16, vec![5], &[0; 10]).unwrap()),
    ];
    serialize(tensors, Some([("format".to_owned(), "pt".to_owned())].into())).unwrap()
}

fn header_of(bytes: &[u8]) -> Result<Header, String> {
    let place = tempfile::NamedTempFile::new().unwrap();
    fs::write(place.path(), bytes).unwrap();
    Header::read(place.path()).map_err(|e| e.to_string())
}

/// The bytes of a file with this header and nothing else.
fn with_header(header: &str) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat()
}

fn names<'a>(checkpoint: &'a Checkpoint) -> Vec<(&'a str, &'a str, Dtype, &'a [usize])> {
    let tensors = checkpoint.tensors();
    let tensor =
        |(at, t): (usize, &'a Tensor)| (&*checkpoint.shards[at].file, &*t.name, t.dtype, &*t.shape);
    tensors.map(tensor).collect()
}

/// A directory with files.
fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    directory
}

fn read(path: PathBuf, headers: Option<&Path>) -> Result<Checkpoint, String> {
    Checkpoint::read(&path, headers).map_err(|e| e.to_string())
}

#[test]
fn a_header_is_read_without_the_values() {
    let whole = file();
    let header = header_of(&whole).unwrap();
    assert_eq!(header.metadata, [("format".to_owned(), "pt".to_owned())]);
    let tensors: Vec<_> =
        header.tensors.iter().map(|t| (&*t.name, t.dtype, &*t.shape, t.offset, t.bytes)).collect();
    let expected: [(_, _, &[usize], _, _); 2] =
        [("b", Dtype::F32, &[2, 3], 0, 24), ("a", Dtype::BF16, &[5], 24, 10)];
    assert_eq!(tensors, expected);
    let start = header.data_start as usize;
    assert_eq!(start + 34, whole.len());
    assert_eq!(header_of(&whole[..start]).unwrap(), header);
    assert!(header_of(&whole[..start - 1]).unwrap_err().contains("ends within the header of"));
    assert!(header_of(&whole[..5]).unwrap_err().contains("ends within the length of the header"));
}

#[test]
fn what_is_wrong_with_a_header_is_named() {
    let tensor = |fields: Value| json!({"w": fields}).to_string();
    for (header, message) in [
        (tensor(json!({"dtype": "F31", "shape": [2]})), r#"tensor "w": unknown dtype `F31`"#),
        (tensor(json!({"dtype": "F32"})), r#"tensor "w": missing field `shape`"#),
        (
            tensor(json!({"dtype": "F32", "shape": [-1]})),
            r#"tensor "w": invalid value: integer `-1`, expected an integer of at least 0"#,
        ),
        (
            tensor(json!({"dtype": "F32", "shape": [2], "data_offsets": [0, 4]})),
            "its bytes are 0 to 4, but F32 of shape [2] after the tensors before it has 0 to 8",
        ),
        (
            tensor(json!({"dtype": "F32", "shape": [2], "data_offsets": [8, 16]})),
            "its bytes are 8 to 16",
        ),
        (
            tensor(json!({"dtype": "F32", "shape": [1u64 << 62, 4]})),
            "has 2^64 bits or more, which the format cannot count",
        ),
        (tensor(json!({"dtype": "F4", "shape": [3]})), "12 bits, which are no whole bytes"),
        (
            r#"{"w":{"dtype":"F32","shape":[]},"w":{"dtype":"F32","shape":[]}}"#.into(),
            r#"tensor "w": an earlier tensor has this name"#,
        ),
        (r#"{"__metadata__":{"a":1}}"#.into(), "__metadata__ is not an object of strings"),
        ("[]".into(), "the header is not JSON"),
    ] {
        let problem = header_of(&with_header(&header)).unwrap_err();
        assert!(problem.contains(message), "{problem}");
    }
    let long = header_of(&100_000_001u64.to_le_bytes()).unwrap_err();
    assert!(
        long.contains("100000001 bytes is longer than 100000000, the format's limit"),
        "{long}"
    );
}

#[test]
fn a_directory_is_read_by_its_index() {
    let one = with_header(r#"{"x":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}"#);
    let index = |second: &str| {
        let map = json!({"b": "m-1.safetensors", "a": "m-1.safetensors", "x": second});
        json!({"metadata": {"total_size": 40}, "weight_map": map}).to_string()
    };
    let files = |index: &str| {
        directory(&[
            ("model.safetensors.index.json", index.as_bytes()),
            ("m-1.safetensors", &file()),
            ("m-2.safetensors", &one),
            ("other.safetensors", b""),
        ])
    };
    let place = files(&index("m-2.safetensors"));
    let expected: [(_, _, _, &[usize]); 3] = [
        ("m-1.safetensors", "b", Dtype::F32, &[2, 3]),
        ("m-1.safetensors", "a", Dtype::BF16, &[5]),
        ("m-2.safetensors", "x", Dtype::F16, &[3]),
    ];
    let checkpoint = read(place.path().into(), None).unwrap();
    assert_eq!(names(&checkpoint), expected);
    assert_eq!(checkpoint.directory, place.path());
    let index_path = place.path().join("model.safetensors.index.json");
    assert_eq!(names(&read(index_path.clone(), None).unwrap()), expected);

    for (second, message) in [
        ("m-3.safetensors", "m-3.safetensors: there is no such file, and the index does not say"),
        ("m-1.safetensors", r#"m-1.safetensors: tensor "x" of the index is not in its header"#),
        ("../m-2.safetensors", "is not the name of a .safetensors file, without a directory"),
        ("config.json", "\"config.json\" is not the name of a .safetensors file"),
    ] {
        let problem = read(files(&index(second)).path().into(), None).unwrap_err();
        assert!(problem.contains(message), "{problem}");
    }

    // Shapes from elsewhere, the split from the index.
    fs::remove_file(place.path().join("m-1.safetensors")).unwrap();
    fs::remove_file(place.path().join("m-2.safetensors")).unwrap();
    let list = place.path().join("headers.json");
    let shapes = r#"{"x": {"dtype": "F16", "shape": [3]}, "b": {"dtype": "F32", "shape": [2, 3]},
        "a": {"dtype": "BF16", "shape": [5]}}"#;
    fs::write(&list, shapes).unwrap();
    assert_eq!(names(&read(index_path.clone(), Some(&list)).unwrap()), expected);
    fs::write(&list, json!({"x": {"dtype": "F16", "shape": [3]}}).to_string()).unwrap();
    let problem = read(index_path, Some(&list)).unwrap_err();
    assert!(problem.contains(r#"tensor "a" of the index is not in its header"#), "{problem}");
}

#[test]
fn a_directory_without_an_index_is_all_of_its_files() {
    let one = with_header(r#"{"x":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}"#);
    let place = directory(&[("q.safetensors", &one), ("p.safetensors", &file())]);
    let files: Vec<_> = read(place.path().into(), None).unwrap().shards;
    assert!(files.iter().map(|shard| &*shard.file).eq(["p.safetensors", "q.safetensors"]));
    fs::write(place.path().join("r.safetensors"), &one).unwrap();
    let problem = read(place.path().into(), None).unwrap_err();
    assert!(
        problem.contains(r#"tensor "x" is in q.safetensors and in r.safetensors"#),
        "{problem}"
    );
    // The same weights under another name beside the usual one.
    fs::write(place.path().join("model.safetensors"), &one).unwrap();
    assert_eq!(read(place.path().into(), None).unwrap().shards.len(), 1);
    let empty = directory(&[("config.json", b"{}")]);
    let problem = read(empty.path().into(), None).unwrap_err();
    assert!(problem.contains("no index and no .safetensors file"), "{problem}");
}

#[test]
fn a_json_of_headers_has_three_forms() {
    let (a, x) = (json!({"dtype": "BF16", "shape": [5]}), json!({"dtype": "F16", "shape": []}));
    let place = tempfile::tempdir().unwrap();
    let read_text = |text: String| {
        let path = place.path().join("headers.json");
        fs::write(&path, text).unwrap();
        read(path, None)
    };
    let read_json = |value: &Value| read_text(value.to_string());
    let single: [(_, _, _, &[usize]); 2] = [
        ("model.safetensors", "x", Dtype::F16, &[]),
        ("model.safetensors", "a", Dtype::BF16, &[5]),
    ];
    // In the text's order.
    let text = format!(r#"{}{{"x": {x}, "a": {a}}}"#, '\u{feff}');
    assert_eq!(names(&read_text(text).unwrap()), single);
    let list = json!([{"name": "x", "dtype": "F16", "shape": []}, {"name": "a", "dtype": "BF16", "shape": [5]}]);
    assert_eq!(names(&read_json(&list).unwrap()), single);
    let split = [("1.safetensors", single[0]), ("2.safetensors", single[1])]
        .map(|(file, (_, name, dtype, shape))| (file, name, dtype, shape));
    let by_file = json!({"1.safetensors": {"x": x}, "2.safetensors": {"a": a}});
    assert_eq!(names(&read_json(&by_file).unwrap()), split);
    let mut list = list;
    list[0]["file"] = "1.safetensors".into();
    list[1]["file"] = "2.safetensors".into();
    assert_eq!(names(&read_json(&list).unwrap()), split);
    for (wrong, message) in [
        (json!([{"name": "x", "shape": []}]), "entry 1: missing field `dtype`"),
        (json!([{"name": "x", "dtype": "F4", "shape": [1]}]), r#"entry 1 "x": "#),
        (json!([{"name": "x", "dtype": "F16", "shape": [], "init": 1}]), "unknown field `init`"),
        (json!([{"name": "x", "dtype": "F16", "shape": [], "file": "a/b.safetensors"}]), "a/b.saf"),
        (json!({"x": 3}), r#"tensor "x": "#),
        (json!(3), "not a JSON of headers"),
    ] {
        let problem = read_json(&wrong).unwrap_err();
        assert!(problem.contains(message), "{problem}");
    }
}
