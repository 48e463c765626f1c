//! Writes `test_vectors.json`: `cargo run --release -p reference -- vectors > test_vectors.json`.

use std::process::ExitCode;

use reference::{Distribution, Path, Type, absorb, seed, seed_of_bytes, sparse, words};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn main() -> ExitCode {
    if std::env::args().skip(1).collect::<Vec<_>>() != ["vectors"] {
        eprintln!("usage: reference vectors > test_vectors.json");
        return ExitCode::FAILURE;
    }
    println!("{{");
    println!("\"about\": {},", json!(ABOUT));
    println!("\"algorithm\": \"V1\",");
    section("words", &word_vectors(), ",");
    section("fills", &fill_vectors(), ",");
    section("sparse", &sparse_vectors(), "");
    println!("}}");
    ExitCode::SUCCESS
}

const ABOUT: &str = "Values of seedbed's format V1, which docs/format.md defines; made by the package \
    `reference`. A seed is an integer in decimal or 32 bytes in hexadecimal. A path begins with a name \
    or an integer of the seed; more of them are children. Values are the bits of elements in \
    hexadecimal; `sha256` is the hash of all `length` elements from `offset` on, as little-endian bytes.";

/// Prints a list, a vector on each line.
fn section(name: &str, vectors: &[Value], end: &str) {
    let lines: Vec<_> = vectors.iter().map(Value::to_string).collect();
    println!("\"{name}\": [\n{}\n]{end}", lines.join(",\n"));
}

/// A stream: how vectors write it, and its state.
struct Stream {
    seed: String,
    path: Value,
    state: [u64; 4],
}

fn stream(seed_text: &str, path: Value) -> Stream {
    let from_hex = |i: usize| u8::from_str_radix(&seed_text[2 * i..2 * i + 2], 16).expect("hex");
    let seed = match seed_text.len() {
        64 => seed_of_bytes(std::array::from_fn(from_hex)),
        _ => seed(seed_text.parse().expect("an integer")),
    };
    let parts = path.as_array().expect("a list").iter();
    let state = parts.fold(seed, |state, part| {
        let path = match part {
            Value::String(name) => Path::Name(name.clone()),
            index => Path::Index(index.as_u64().expect("an integer")),
        };
        absorb(state, &path)
    });
    Stream { seed: seed_text.to_owned(), path, state }
}

fn streams() -> Vec<Stream> {
    let bytes = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f";
    let long = "transformer.h.0.attn.c_attn.weight.".repeat(8);
    vec![
        stream("0", json!(["weight"])),
        stream("42", json!(["encoder.0.weight"])),
        stream("42", json!([""])),
        stream("42", json!(["7"])),
        stream("42", json!([7])),
        stream("42", json!([9_007_199_254_740_991_u64])),
        stream("18446744073709551615", json!(["12345678"])),
        stream("42", json!(["\u{e9}ncodeur.\u{1f331}"])),
        stream("42", json!([long])),
        stream(bytes, json!(["encoder.0.weight"])),
        stream("42", json!(["encoder.0.weight", 0])),
        stream("42", json!(["experts", 3, "gate", "weight"])),
    ]
}

/// Streams: their states, which a stream does not show, and words at their start and elsewhere.
fn word_vectors() -> Vec<Value> {
    let mut vectors = Vec::new();
    for Stream { seed, path, state } in streams() {
        vectors.push(json!({
            "seed": seed, "path": path, "state": hex(&state, 16), "offset": "0",
            "first": hex(&words(state, 0, 16), 16),
        }));
    }
    let Stream { seed, path, state } = stream("42", json!(["encoder.0.weight"]));
    for offset in [5, (1 << 11) - 8, (1 << 18) - 8, 3 << 40, (1 << 60) - 16] {
        vectors.push(json!({
            "seed": seed, "path": path, "state": hex(&state, 16), "offset": offset.to_string(),
            "first": hex(&words(state, offset, 16), 16),
        }));
    }
    vectors
}

const TYPES: [(Type, &str, usize); 4] =
    [(Type::F32, "f32", 8), (Type::F64, "f64", 16), (Type::F16, "f16", 4), (Type::Bf16, "bf16", 4)];

fn hex(values: &[u64], digits: usize) -> Vec<String> {
    values.iter().map(|value| format!("{value:0digits$x}")).collect()
}

/// Returns the hash of values as little-endian bytes.
fn hash(values: &[u64], digits: usize) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(&value.to_le_bytes()[..digits / 2]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The distributions, in the words of the vectors.
fn distributions(ty: Type) -> Vec<(Value, Distribution)> {
    let tiny = if ty == Type::F64 { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() };
    let far = match ty {
        Type::F64 => 1e-9,
        Type::F32 => 1e-3,
        Type::F16 => 4.0,
        Type::Bf16 => 32.0,
    };
    let most = match ty {
        Type::F64 => f64::MAX,
        Type::F16 => 65504.0,
        _ => f32::MAX.into(),
    };
    let infinite = f64::INFINITY;
    let constant = |value: f64| {
        (json!({"name": "constant", "value": value}), Distribution::Constant { value })
    };
    let uniform = |low: f64, high: f64| {
        let json = json!({"name": "uniform", "low": low, "high": high});
        (json, Distribution::Uniform { low, high })
    };
    let normal = |mean: f64, std: f64| {
        let json = json!({"name": "normal", "mean": mean, "std": std});
        (json, Distribution::Normal { mean, std })
    };
    let truncated = |mean: f64, std: f64, low: f64, high: f64| {
        let json = json!({
            "name": "truncated_normal", "mean": mean, "std": std, "low": bound(low),
            "high": bound(high),
        });
        (json, Distribution::truncated(mean, std, [low, high]))
    };
    let between = |mean: f64, std: f64, low: f64, high: f64| {
        let json = json!({
            "name": "truncated_normal_absolute", "mean": mean, "std": std, "low": bound(low),
            "high": bound(high),
        });
        (json, Distribution::truncated_between(mean, std, [low, high]))
    };
    vec![
        uniform(-0.3, 0.7),
        normal(-0.25, 1.5),
        truncated(0.25, 0.5, -2.0, 2.0),
        truncated(0.25, 0.5, -20.0, infinite),
        truncated(0.25, 0.5, -3.0, 3.0),
        truncated(0.25, 0.5, -infinite, 0.0),
        truncated(0.25, 0.5, -0.5, infinite),
        truncated(0.25, 0.5, -2.2, -1.0),
        truncated(0.25, 0.5, 3.0, infinite),
        truncated(0.25, 0.5, 0.5, 0.51),
        // From here on at the start of the stream only.
        constant(0.1),
        constant(-0.0),
        // Just above halfway between two f16 and two bf16.
        constant(1.0 + 2f64.powi(-11) + 2f64.powi(-40)),
        constant(1.0 + 2f64.powi(-8) + 2f64.powi(-40)),
        uniform(0.0, 1.0),
        uniform(1.0, 1.25),
        uniform(-1.0, -1e-9),
        uniform(-0.3 * tiny, 0.7 * tiny),
        uniform(0.1, 0.1),
        normal(0.0, 0.02),
        normal(0.0, 1e-39),
        normal(1e-3, 0.0),
        truncated(0.1, 0.0, -2.0, 2.0),
        between(0.0, 0.02, -0.04, 0.04),
        between(0.0, 1.0, -20.0, 20.0),
        between(0.0, 0.02, -0.06, 0.06),
        between(1.0, 0.5, 1.0, 1e3),
        truncated(-0.3, 0.7, -1.0, 1.0),
        truncated(-0.3, 0.7, 0.5, 3.0),
        truncated(-0.3, 0.7, -3.0, -0.5),
        truncated(-0.3, 0.7, 1.0, 2.2),
        truncated(-0.3, 0.7, -infinite, -3.0),
        truncated(-0.3, 0.7, 40.0, 41.0),
        // Single strips.
        truncated(0.0, 0.5, -0.003, 0.002),
        truncated(-0.75, 0.5, 1.5, 1.501),
        truncated(2.5, 0.5, -5.002, -5.0),
        // Deviations below the least normal number.
        truncated(0.0, 0.3 * tiny, -0.5, 1.5),
        truncated(0.0, 0.3 * tiny, -infinite, -1.2),
        truncated(0.0, 1e3 * tiny, 5e3, infinite),
        // Deviations whose values' differences overflow.
        truncated(-0.7 * most, 0.4 * most, -0.1, 2.4),
        truncated(0.0, 0.9 * most, 0.3, 0.305),
        // Means far from 0.
        truncated(1000.1, far, -1.3, 0.4),
        truncated(-1000.1, far, 0.0, infinite),
        truncated(1000.1, far, 1.2, 2.0),
        between(0.1, 0.7, -0.3, 0.9),
        between(-3.0, 1.0, 0.0, 1.0),
        between(0.0, 1.0, -infinite, -1e4),
    ]
}

/// How many of the distributions are sampled everywhere.
const EVERYWHERE: usize = 10;

/// JSON has no infinities.
fn bound(x: f64) -> Value {
    if x.is_finite() { x.into() } else { x.to_string().into() }
}

fn fill_vectors() -> Vec<Value> {
    let mut vectors = Vec::new();
    for (ty, name, digits) in TYPES {
        let (block, chunk) = match ty {
            Type::F64 => (1 << 11, 1 << 18),
            _ => (1 << 12, 1 << 19),
        };
        for (i, (json, distribution)) in distributions(ty).into_iter().enumerate() {
            let everywhere = [
                (0, 3 * block + 5),
                (chunk - block - 3, 2 * block),
                (123_456_789_012_345_678, 33),
                ((1 << 60) - 40, 40),
            ];
            let windows = if i < EVERYWHERE { &everywhere[..] } else { &[(0, 200)] };
            for &(offset, length) in windows {
                let Stream { seed, path, state } = match i {
                    0..EVERYWHERE => stream("42", json!(["encoder.0.weight"])),
                    _ => stream("7", json!(["w"])),
                };
                let values = distribution.fill(ty, state, offset, length as usize);
                vectors.push(json!({
                    "seed": seed, "path": path, "distribution": json, "type": name,
                    "offset": offset.to_string(), "first": hex(&values[..8], digits),
                    "length": length, "sha256": hash(&values, digits),
                }));
            }
        }
    }
    vectors
}

fn sparse_vectors() -> Vec<Value> {
    let mut vectors = Vec::new();
    let Stream { seed, path, state } = stream("42", json!(["sparse.weight"]));
    for (shape, columns, count) in
        [([8, 5], true, 3), ([5, 8], false, 3), ([100, 70], true, 61), ([70, 100], false, 15)]
    {
        for (ty, name, digits) in TYPES {
            let values = sparse(ty, state, shape, columns, count, 0.1);
            vectors.push(json!({
                "seed": seed, "path": path, "shape": shape,
                "lines": if columns { "columns" } else { "rows" }, "count": count, "std": 0.1,
                "type": name, "first": hex(&values[..8], digits), "length": values.len(),
                "sha256": hash(&values, digits),
            }));
        }
    }
    vectors
}
