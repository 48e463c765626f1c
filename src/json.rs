//! JSON text, read strictly: a key that is given twice is an error, not silently the last one.

use core::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::ConfigError;

/// A JSON value without duplicate keys.
pub(crate) struct Strict(pub(crate) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, _>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("the key `{key}` is given twice")));
            }
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

/// Reads JSON text.
pub(crate) fn parse(text: &str) -> Result<Value, ConfigError> {
    let strict: Result<Strict, _> = serde_json::from_str(text.trim_start_matches('\u{feff}'));
    strict.map(|Strict(value)| value).map_err(|error| {
        let problem = match error.classify() {
            // What the visitor refuses, whose place in the text does not help.
            serde_json::error::Category::Data => format!("is refused: {}", message(&error)),
            _ => format!("is not JSON: {error}"),
        };
        ConfigError::Malformed { value: text.to_owned(), problem }
    })
}

/// Returns what a reader of JSON says, in words that do not name types of Rust, without its place.
pub(crate) fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    text.split_once(", expected ").map_or(text.to_owned(), |(_, expected)| {
        let expected = match expected {
            "f64" | "f32" => "a number",
            "usize" | "u64" | "u32" => "an integer of at least 0",
            "isize" | "i64" => "an integer",
            "a boolean" => "true or false",
            // Types of Rust by their names, at times with the number of their elements.
            other if other.starts_with("struct ") => "an object of parameters",
            other if other.starts_with("tuple ") || other.starts_with("a tuple ") => {
                "a list of 2 elements"
            }
            other => other,
        };
        format!("expected {expected}")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_read_as_serde_json_reads_it() {
        let text = r#"{"a": [1, -2, 0.1, null, true, "b", {}], "c": 18446744073709551615}"#;
        assert_eq!(parse(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(parse("\u{feff}[1]").unwrap(), json!([1]));
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        for text in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"a": 1, "c": 2, "a": 3}}]"#] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.ends_with("is refused: the key `a` is given twice"), "{message}");
        }
        assert!(parse("{\"a\": 1,}").unwrap_err().to_string().contains("is not JSON: "));
    }
}
