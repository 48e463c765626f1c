//! `seedbed new --like`: files of the names, shapes, types and split of another checkpoint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use safetensors::{Dtype, SafeTensors};
use seedbed::{Initializer, Seed};
use seedbed_cli::checkpoint::Checkpoint;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{PROGRAM, data, input_error, run, runtime_error};

/// A checkpoint of two files without weights: several types, a scalar, an empty tensor, an orthogonal
/// matrix by a rule, and a tensor of more than two tiles.
pub struct Source(pub TempDir);

impl Source {
    pub fn new() -> Self {
        let tensor = |dtype: &str, shape: Value| json!({"dtype": dtype, "shape": shape});
        Source::of(&json!({
            "model-00001-of-00002.safetensors": {
                "model.embed_tokens.weight": tensor("BF16", json!([1200, 1000])),
                "model.layers.0.attn.o_proj.weight": tensor("F32", json!([32, 32])),
                "model.layers.0.attn.q.weight": tensor("F8_E4M3", json!([32, 33])),
                "model.layers.0.norm.weight": tensor("F16", json!([32])),
            },
            "model-00002-of-00002.safetensors": {
                "model.layers.1.attn.o_proj.weight": tensor("F64", json!([32, 32])),
                "model.layers.1.attn.o_proj.bias": tensor("F32", json!([32])),
                "model.empty": tensor("F32", json!([0, 4])),
                "model.scalar": tensor("F32", json!([])),
                "model.position_ids": tensor("I64", json!([1, 7])),
                "model.packed": tensor("U8", json!([40, 5])),
            },
        }))
    }

    pub fn of(headers: &impl ToString) -> Self {
        let source = tempfile::tempdir().unwrap();
        fs::create_dir(source.path().join("source")).unwrap();
        let source = Source(source);
        fs::write(source.headers(), headers.to_string()).unwrap();
        source
    }

    pub fn headers(&self) -> PathBuf {
        self.0.path().join("source/headers.json")
    }

    pub fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    pub fn add(&self, name: &str, text: &str) {
        fs::write(self.0.path().join("source").join(name), text).unwrap();
    }

    pub fn args(&self, more: &[&str]) -> Vec<String> {
        let (like, out) = (self.headers(), self.out());
        let fixed = ["--like", like.to_str().unwrap(), "--out", out.to_str().unwrap()];
        fixed.iter().chain(more).map(|arg| arg.to_string()).collect()
    }

    pub fn run(&self, more: &[&str]) -> Result<String, seedbed_cli::failure::Failure> {
        run(&self.args(more))
    }

    /// The names of the files that were written.
    pub fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.out()).into_iter().flatten();
        let mut names: Vec<_> =
            files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Each file's name, length and contents.
    fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let read = |name: String| (name.clone(), fs::read(self.out().join(name)).unwrap());
        self.files().into_iter().map(read).collect()
    }

    /// The planned tensors by name.
    pub fn plan(&self, more: &[&str]) -> Value {
        let printed = self.run(&[more, &["--dry-run", "--json"]].concat()).unwrap();
        assert!(!self.out().exists(), "a dry run writes nothing");
        let list: Vec<Value> = serde_json::from_str(&printed).unwrap();
        let by_name = list.into_iter().map(|t| (t["name"].as_str().unwrap().to_owned(), t));
        by_name.collect::<serde_json::Map<_, _>>().into()
    }
}

const NAMES: [&str; 3] = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
];

fn tensor(directory: &Path, file: &str, name: &str) -> (Dtype, Vec<usize>, Vec<u8>) {
    let bytes = fs::read(directory.join(file)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    (tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec())
}

#[test]
fn the_files_are_those_of_the_source() {
    let source = Source::new();
    source.run(&["--seed", "7"]).unwrap();
    assert_eq!(source.files(), NAMES);
    let listed = |path: &Path| {
        let checkpoint = Checkpoint::read(path, None).unwrap();
        let tensors = checkpoint.tensors();
        let mut tensors: Vec<_> = tensors
            .map(|(at, t)| {
                (checkpoint.shards[at].file.clone(), t.name.clone(), t.dtype, t.shape.clone())
            })
            .collect();
        tensors.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        tensors
    };
    assert_eq!(listed(&source.out()), listed(&source.headers()));
    let index: Value =
        serde_json::from_slice(&fs::read(source.out().join(NAMES[2])).unwrap()).unwrap();
    let bytes = 2_400_000 + 4096 + 1056 + 64 + 8192 + 128 + 4 + 56 + 200;
    let parameters = 1_200_000 + 1024 + 1056 + 32 + 1024 + 32 + 1 + 7 + 200;
    assert_eq!(index["metadata"], json!({"total_size": bytes, "total_parameters": parameters}));
    assert_eq!(index["weight_map"]["model.scalar"], NAMES[1]);
    assert_eq!(index["weight_map"].as_object().unwrap().len(), 10);

    // Across tiles, the values are those of the crate.
    let (_, _, bytes) = tensor(&source.out(), NAMES[0], "model.embed_tokens.weight");
    let normal = Initializer::normal(0.0, 0.02).unwrap().for_shape::<half::bf16>(&[1200, 1000]);
    let expected = normal.unwrap().to_vec(&Seed::from(7).stream("model.embed_tokens.weight"));
    let expected: Vec<u8> =
        expected.unwrap().into_iter().flat_map(half::bf16::to_le_bytes).collect();
    assert!(bytes == expected);
    let (.., ids) = tensor(&source.out(), NAMES[1], "model.position_ids");
    assert_eq!(ids, (0..7).flat_map(i64::to_le_bytes).collect::<Vec<_>>());

    let out = source.out();
    let verified = Command::new(PROGRAM).args(["verify", out.to_str().unwrap()]).status().unwrap();
    assert!(verified.success());
    let metadata = SafeTensors::read_metadata(&fs::read(out.join(NAMES[1])).unwrap()).unwrap().1;
    assert_eq!(metadata.metadata().as_ref().unwrap()["format"], "pt");
    // Aligned: wide types first, whatever the order of the source.
    let order = [
        "model.position_ids",
        "model.layers.1.attn.o_proj.weight",
        "model.empty",
        "model.layers.1.attn.o_proj.bias",
        "model.scalar",
        "model.packed",
    ];
    assert_eq!(metadata.offset_keys(), order);
}

#[test]
fn threads_and_the_written_checkpoint_as_a_source_change_nothing() {
    let source = Source::new();
    source.run(&["--threads", "1"]).unwrap();
    let once = source.contents();
    fs::remove_dir_all(source.out()).unwrap();
    source.run(&["--threads", "3"]).unwrap();
    assert!(source.contents() == once);
    let again = source.0.path().join("again");
    let paths = [source.out(), again.clone()];
    let [like, out] = paths.each_ref().map(|path| path.to_str().unwrap());
    run(&["--like", like, "--out", out]).unwrap();
    for (name, bytes) in once {
        assert!(fs::read(again.join(&name)).unwrap() == bytes, "{name}");
    }
}

#[test]
fn the_split_and_the_types_can_be_others() {
    let source = Source::new();
    source.run(&["--max-shard-size", "3KB", "--dtype", "f16"]).unwrap();
    let checkpoint = Checkpoint::read(&source.out(), None).unwrap();
    assert!(checkpoint.shards.len() > 2);
    for (at, shard) in checkpoint.shards.iter().enumerate() {
        let count = checkpoint.shards.len();
        assert_eq!(shard.file, format!("model-{:05}-of-{count:05}.safetensors", at + 1));
        let bytes: usize = shard.header.tensors.iter().map(|t| t.bytes).sum();
        assert!(bytes <= 3000 || shard.header.tensors.len() == 1, "{bytes}");
    }
    for (_, tensor) in checkpoint.tensors() {
        let expected = match tensor.name.as_str() {
            "model.position_ids" => Dtype::I64,
            "model.packed" => Dtype::U8,
            _ => Dtype::F16,
        };
        assert_eq!(tensor.dtype, expected, "{}", tensor.name);
    }
    fs::remove_dir_all(source.out()).unwrap();
    source.run(&["--max-shard-size", "1GiB", "--dtype", "keep"]).unwrap();
    assert_eq!(source.files(), ["model.safetensors"]);
}

#[test]
fn layers_are_dropped_and_the_configuration_follows() {
    let source = Source::new();
    source.add(
        "config.json",
        &json!({"num_hidden_layers": 2, "torch_dtype": "bfloat16",
        "text_config": {"num_hidden_layers": 2, "layer_types": ["a", "b"]}, "n": 2})
        .to_string(),
    );
    for name in ["tokenizer.json", "tokenizer_config.json", "merges.txt", "generation_config.json"]
    {
        source.add(name, name);
    }
    for name in ["modeling.py", "tokenizer.py", "README.md", "pytorch_model.bin"] {
        source.add(name, "");
    }
    source.run(&["--layers", "1", "--dtype", "f32"]).unwrap();
    let expected = [
        "config.json",
        "generation_config.json",
        "merges.txt",
        NAMES[0],
        NAMES[1],
        NAMES[2],
        "tokenizer.json",
        "tokenizer_config.json",
    ];
    assert_eq!(source.files(), expected);
    let config: Value =
        serde_json::from_slice(&fs::read(source.out().join("config.json")).unwrap()).unwrap();
    assert_eq!(
        config,
        json!({"num_hidden_layers": 1, "torch_dtype": "float32",
        "text_config": {"num_hidden_layers": 1, "layer_types": ["a"]}, "n": 2})
    );
    let checkpoint = Checkpoint::read(&source.out(), None).unwrap();
    assert!(checkpoint.tensors().all(|(_, t)| !t.name.contains("layers.1")));
    assert_eq!(checkpoint.tensors().count(), 8);
    assert_eq!(fs::read_to_string(source.out().join("merges.txt")).unwrap(), "merges.txt");
    let none = input_error(Source::new().run(&["--layers", "3"]));
    assert!(none.contains("--layers 3: there are 2 layers"), "{none}");
    let headers = json!({"w": {"dtype": "F32", "shape": [2]}});
    let none = input_error(Source::of(&headers).run(&["--layers", "1"]));
    assert!(none.contains("--layers 1: no tensor is of a layer"), "{none}");
}

#[test]
fn ranks_write_files_of_their_own_and_the_last_writes_the_index() {
    let (source, whole) = (Source::new(), Source::new());
    whole.run(&[]).unwrap();
    source.add("config.json", "{}");
    let printed = source.run(&["--rank", "1/3", "--json"]).unwrap();
    assert_eq!(source.files(), [NAMES[1]]);
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&report["complete"], &report["written_files"]), (&json!(false), &json!(1)));
    source.run(&["--rank", "2/3"]).unwrap();
    let printed = source.run(&["--rank", "0/3"]).unwrap();
    assert!(!printed.contains("are missing"), "{printed}");
    assert_eq!(source.files(), ["config.json", NAMES[0], NAMES[1], NAMES[2]]);
    assert!(source.contents()[1..] == whole.contents()[..]);
    let (args, variables) =
        (source.args(&["--rank", "auto"]), [("RANK", "9"), ("WORLD_SIZE", "9")]);
    let output = Command::new(PROGRAM).arg("new").args(args).envs(variables).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("RANK, WORLD_SIZE: rank 9 of 9"), "{message}");
}

#[test]
fn what_is_complete_is_not_made_again() {
    let source = Source::new();
    source.run(&[]).unwrap();
    let whole = source.contents();
    let path = |name: &str| source.out().join(name);
    let modified = |name: &str| path(name).metadata().unwrap().modified().unwrap();
    let before = modified(NAMES[1]);
    // As a run that was killed leaves it.
    fs::remove_file(path(NAMES[0])).unwrap();
    fs::remove_file(path(NAMES[2])).unwrap();
    fs::write(path(&format!(".seedbed-{}-partial", NAMES[0])), "part").unwrap();
    fs::write(path(&format!(".seedbed-{}-journal", NAMES[1])), "of a complete file").unwrap();
    let refused = input_error(source.run(&[]));
    assert!(refused.contains("exists; --resume keeps files that are complete"), "{refused}");
    let report: Value =
        serde_json::from_str(&source.run(&["--resume", "--json"]).unwrap()).unwrap();
    assert_eq!((&report["written_files"], &report["kept_files"]), (&json!(1), &json!(1)));
    assert_eq!(modified(NAMES[1]), before);
    assert!(source.contents() == whole);
    for other in [&["--seed", "1"][..], &["--depth-scaled"], &["--dtype", "f32"]] {
        let refused = input_error(source.run(&[&["--resume"], other].concat()));
        assert!(refused.contains("a file of another seed, rules, list or version"), "{refused}");
    }
    // Shorter than its header says.
    let file = fs::OpenOptions::new().write(true).open(path(NAMES[1])).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    input_error(source.run(&["--resume"]));
}

#[test]
fn hashes_are_those_of_the_data_whoever_wrote_it() {
    let source = Source::new();
    let hashes = |args: &[&str]| {
        let report = source.run(&[&["--json", "--hash"], args].concat()).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let files = report["hashes"]["files"].as_object().unwrap().clone();
        let lines =
            files.iter().map(|(name, hash)| format!("{}  {name}\n", hash.as_str().unwrap()));
        let all = xxhash_rust::xxh3::xxh3_128(lines.collect::<String>().as_bytes());
        let expected = (files.len() == 2).then(|| format!("{all:032x}"));
        assert_eq!(report["hashes"]["all"].as_str(), expected.as_deref(), "{args:?}");
        files
    };
    let whole = hashes(&["--threads", "2"]);
    for (name, hash) in &whole {
        let file = fs::read(source.out().join(name)).unwrap();
        let expected = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(data(&file)));
        assert_eq!(*hash, expected, "{name}");
    }
    assert_eq!(hashes(&["--resume"]), whole);
    fs::remove_dir_all(source.out()).unwrap();
    let [mut first, second] =
        ["0/2", "1/2"].map(|rank| hashes(&["--threads", "1", "--rank", rank]));
    assert!(!first.is_empty() && !second.is_empty());
    first.extend(second);
    assert_eq!(first, whole);
    let text = source.run(&["--resume", "--hash"]).unwrap();
    for (name, hash) in &whole {
        assert!(text.contains(&format!("{}  {name}\n", hash.as_str().unwrap())), "{text}");
    }
}

#[test]
fn an_output_that_cannot_be_is_refused() {
    let source = Source::new();
    let headers = source.headers();
    let to =
        |out: &Path| run(&["--like", headers.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let itself = input_error(to(headers.parent().unwrap()));
    assert!(itself.contains("the directory of --like itself"), "{itself}");
    assert!(input_error(to(&headers)).contains("not a directory"));
    fs::create_dir(source.out()).unwrap();
    fs::write(source.out().join("other.safetensors"), "").unwrap();
    let other = input_error(source.run(&[]));
    assert!(other.contains("other.safetensors: a file that this checkpoint has not"), "{other}");
    assert_eq!(source.files(), ["other.safetensors"]);
    let missing = input_error(run(&["--like", "no-such.json", "--out", "x"]));
    assert!(missing.contains("no-such.json: No such file"), "{missing}");
    for args in [
        &["--like", "a.json"][..],
        &["--like", "a.json", "--resume"],
        &["gpt2", "--hash"],
        &["gpt2", "--like", "a.json", "--out", "x"],
        &["--like", "a.json", "--out", "x", "--rules", "r.json", "--recipe", "gpt2"],
        &["--like", "a.json", "--out", "x", "--max-shard-size", "5 bananas"],
        &["--like", "a.json", "--out", "x", "--rank", "2/2"],
    ] {
        let output = Command::new(PROGRAM).arg("new").args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    assert!(input_error(run(&["gpt2", "--dtype", "keep"])).contains("--dtype keep is for --like"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_written_leaves_nothing() {
    // A limit on the length of files: the write that exceeds it fails, as on a full disk.
    let source = Source::new();
    let command =
        format!("trap '' XFSZ; ulimit -f 200; exec {PROGRAM} new {}", source.args(&[]).join(" "));
    let output = Command::new("bash").args(["-c", &command]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("error: ") && message.contains(NAMES[0]), "{message}");
    // The other file may have been completed before.
    assert!(source.files().iter().all(|name| name == NAMES[1]), "{:?}", source.files());
}

#[test]
fn a_directory_that_cannot_be_made_is_a_failure_of_the_machine() {
    let source = Source::new();
    let below_a_file = source.headers().join("out");
    let (like, out) = (source.headers(), below_a_file);
    runtime_error(run(&["--like", like.to_str().unwrap(), "--out", out.to_str().unwrap()]));
}
