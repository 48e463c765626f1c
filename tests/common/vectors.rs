//! The vectors of `test_vectors.json`, which the package `reference` makes.

#![allow(dead_code)] // each program uses a part

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Returns the vectors. Panics if they are of another version of the algorithms.
pub fn read() -> Value {
    let text = include_str!("../../test_vectors.json");
    let vectors: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(vectors["algorithm"], "V1");
    vectors
}

/// Returns a list of the file.
pub fn list<'a>(vectors: &'a Value, name: &str) -> &'a [Value] {
    vectors[name].as_array().expect("a list")
}

/// Returns a string of a vector.
pub fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap_or_else(|| panic!("{vector}: {key} is a string"))
}

/// Returns an integer of a vector.
pub fn integer(vector: &Value, key: &str) -> u64 {
    let value = &vector[key];
    let digits = value.as_str().and_then(|digits| digits.parse().ok());
    value.as_u64().or(digits).unwrap_or_else(|| panic!("{vector}: {key} is an integer"))
}

/// Returns a number of a vector, which may be infinite.
pub fn number(vector: &Value, key: &str) -> f64 {
    let value = &vector[key];
    let infinite = value.as_str().and_then(|text| text.parse().ok());
    value.as_f64().or(infinite).unwrap_or_else(|| panic!("{vector}: {key} is a number"))
}

/// Bytes of an element of a vector.
pub fn size(vector: &Value) -> usize {
    match text(vector, "type") {
        "f64" => 8,
        "f32" => 4,
        _ => 2,
    }
}

/// Panics unless these elements, as little-endian bytes, are those of a vector.
pub fn check(vector: &Value, bytes: &[u8], how: &str) {
    let asked = || {
        let mut asked = vector.clone();
        for key in ["first", "sha256"] {
            asked.as_object_mut().expect("an object").remove(key);
        }
        format!("{asked} {how}")
    };
    let size = size(vector);
    assert_eq!(bytes.len() as u64, integer(vector, "length") * size as u64, "{}", asked());
    for (i, (first, bytes)) in list(vector, "first").iter().zip(bytes.chunks(size)).enumerate() {
        let bits: String = bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(first, &bits, "{}: element {i}", asked());
    }
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text(vector, "sha256"), hash, "{}", asked());
}
