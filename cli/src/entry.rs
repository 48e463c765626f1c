//! An entry of a specification, read from its JSON text.

use std::borrow::Cow;
use std::fmt::Display;

use seedbed::registry;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ordered::Ordered;
use crate::spec::{Entry, Init};

/// The keys of an entry.
const KEYS: [&str; 4] = ["name", "shape", "dtype", "init"];

/// An entry's keys and the text of their values, as they are in the file.
struct Fields<'a>(Ordered<&'a RawValue>);

impl<'a> Fields<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(|value| value.get())
    }

    /// Refuses keys that are unknown or given twice.
    fn check(&self) -> Result<(), String> {
        for (at, (key, _)) in self.0.0.iter().enumerate() {
            if !KEYS.contains(&key.as_str()) {
                let hint = nearest(key).map_or_else(
                    || format!("the keys are {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
                    |known| format!("did you mean `{known}`?"),
                );
                return Err(format!("key of an entry `{key}` is not known; {hint}"));
            }
            if self.0.0[..at].iter().any(|(earlier, _)| earlier == key) {
                return Err(format!("the key `{key}` is given twice"));
            }
        }
        Ok(())
    }

    /// Reads the value of a key.
    fn read<T: Deserialize<'a>>(&self, key: &str, form: &str) -> Result<T, String> {
        let text = self.get(key).ok_or_else(|| format!("the key `{key}` is missing"))?;
        serde_json::from_str(text).map_err(|_| format!("{key} {} is not {form}", cut(text)))
    }
}

/// Returns the key that an unknown one stands for: with an ending, or misspelt.
fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    let longer = KEYS.into_iter().find(|known| key.starts_with(known));
    let misspelt = |known: &&str| strsim::osa_distance(&key, known) < known.len().div_ceil(2);
    longer.or_else(|| KEYS.into_iter().find(misspelt))
}

/// Reads the entry at a position of a specification.
pub fn read(at: usize, text: &str) -> Result<Entry, String> {
    let fields = serde_json::from_str(text).map(Fields);
    let fields =
        fields.map_err(|_| format!("{}: {} is not an object", label(at, None), cut(text)))?;
    let name: Option<String> = fields.read("name", "a string").ok();
    let refuse = |problem: String| format!("{}: {problem}", label(at, name.as_deref()));
    entry(&fields).map_err(refuse)
}

fn entry(fields: &Fields<'_>) -> Result<Entry, String> {
    fields.check()?;
    let dtype: Option<String> = match fields.get("dtype") {
        None => None,
        Some(_) => fields.read("dtype", "a string")?,
    };
    Ok(Entry {
        name: fields.read("name", "a string")?,
        shape: fields.read("shape", "a list of integers of at least 0")?,
        dtype: dtype.map(|name| name.parse()).transpose()?,
        init: init(fields.read::<&RawValue>("init", "JSON")?.get()).map_err(|e| e.to_string())?,
    })
}

/// Reads an initializer in every form that the registry takes.
fn init(text: &str) -> Result<Init, impl Display> {
    registry::from_str(text).map(|initializer| {
        let value: Value = serde_json::from_str(text).expect("the registry has read it");
        let class_name = value.as_str().or(value["class_name"].as_str()).unwrap_or_default();
        Init { class_name: class_name.to_owned(), initializer }
    })
}

/// Returns the name of an entry in messages, counted from 1.
pub fn label(at: usize, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("entry {} {:?}", at + 1, cut(name)),
        None => format!("entry {}", at + 1),
    }
}

/// Returns the beginning of a text, as much as a message can hold.
fn cut(text: &str) -> Cow<'_, str> {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}..", &text[..end]).into(),
        None => text.into(),
    }
}
