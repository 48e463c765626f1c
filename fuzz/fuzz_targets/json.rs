//! All readers of an initializer's JSON accept and refuse the same text, with the same initializer or with
//! messages that agree and that name nothing of Rust.
//!
//! An input that begins as JSON does is the text; any other input chooses a configuration.

#![no_main]

use std::fmt::Display;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use seedbed::{ConfigError, Error, Initializer, Rules, keras, keras3, registry};
use seedbed_fuzz::text;
use serde_json::{Value, json};

/// Parts of messages that tell of the implementation.
const INSIDES: [&str; 14] = [
    "untagged",
    "variant",
    "struct",
    "enum",
    "tuple",
    "newtype",
    "invalid type",
    "Option",
    "Vec<",
    "::",
    "usize",
    "isize",
    "i64",
    "u64",
];

/// What all readers of one text must agree on: the initializer, or the problem.
struct Expected<'a> {
    text: &'a str,
    read: &'a Result<Initializer, Error>,
}

impl Expected<'_> {
    fn check<E: Display>(&self, reader: &str, read: Result<Initializer, E>) {
        let text = self.text;
        match (self.read, read) {
            (Ok(expected), Ok(read)) => assert_eq!(&read, expected, "{reader}: {text}"),
            (Err(expected), Err(error)) => {
                let (problem, message) = (problem(expected), error.to_string());
                check_words(text, &message);
                assert!(message.contains(&problem), "{reader}: {text}: {message}, not {problem}");
            }
            (expected, read) => panic!(
                "{reader}: {text}: {:?}, not {expected:?}",
                read.map_err(|error| error.to_string()),
            ),
        }
    }
}

/// Returns an error's message without the configuration that it quotes and without the kind of a name,
/// which depend on the reader.
fn problem(error: &Error) -> String {
    let message = error.to_string();
    match error {
        Error::Config(ConfigError::Malformed { value, problem, .. }) => {
            assert!(message.contains(value.as_str()), "{message}");
            problem.trim_start_matches("is refused: ").to_owned()
        }
        // Only some of the readers know `module` and `registered_name`.
        Error::Config(ConfigError::UnknownName { kind, name, .. })
            if kind == "key of an initializer" =>
        {
            format!(" `{name}` is not known; ")
        }
        Error::Config(ConfigError::UnknownName { kind, .. }) => {
            message.strip_prefix(kind.as_str()).expect("the kind comes first").to_owned()
        }
        _ => message,
    }
}

/// Checks that a message names nothing of the implementation, except for what it quotes.
fn check_words(text: &str, message: &str) {
    let quoted =
        serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |v| v.to_string());
    for word in INSIDES {
        let allowed = text.contains(word) || quoted.contains(word);
        assert!(allowed || !message.contains(word), "{text}: {message}");
    }
}

/// Returns how many keys an object and what is inside it have.
fn keys(value: &Value) -> usize {
    match value {
        Value::Object(entries) => entries.values().map(|value| 1 + keys(value)).sum(),
        Value::Array(values) => values.iter().map(keys).sum(),
        _ => 0,
    }
}

/// Returns how many keys a JSON text has: the colons outside its strings.
fn written_keys(text: &str) -> usize {
    let (mut keys, mut in_string, mut escaped) = (0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            ':' if !in_string => keys += 1,
            _ => {}
        }
    }
    keys
}

/// Reads rules of one initializer.
fn of_rules(rules: serde_json::Result<Rules>) -> serde_json::Result<Initializer> {
    rules.map(|rules| rules.get("w").expect("the pattern is a star").clone())
}

/// Returns the configuration with the class's name alone, if it is a class of this system.
fn unqualified(value: &Value, systems: &[&str]) -> Option<Value> {
    let strip = |name: &str| {
        let (system, class) = name.rsplit_once('.')?;
        systems.contains(&system).then(|| Value::from(class))
    };
    let mut value = value.clone();
    let Value::Object(entries) = &mut value else { return strip(value.as_str()?) };
    let class = entries.get("class_name")?.clone();
    entries["class_name"] = strip(class.as_str()?)?;
    let short = entries["class_name"].clone();
    match entries.get_mut("registered_name") {
        Some(name) if *name == class => *name = short,
        // Names the class for one of the readers only.
        Some(name) if *name == short => return None,
        _ => {}
    }
    Some(value)
}

/// Whether the value has the form that [`Initializer`] writes itself in, whatever its parameters are.
fn is_canonical(value: &Value) -> bool {
    let class = value.get("class_name").and_then(Value::as_str);
    class.is_some_and(|class| class.starts_with("seedbed."))
        && value.get("config").is_some_and(Value::is_object)
        && value.get("module").is_none()
        && value.get("registered_name").is_none()
}

fn check(text: &str) {
    let read = registry::from_str(text);
    let text = text.trim_start_matches('\u{feff}');
    let in_rules = || serde_json::from_str::<Rules>(&format!("[[\"*\", {text}]]"));
    let canonical = || serde_json::from_str::<Initializer>(text);
    if let Err(error) = &read {
        check_words(text, &error.to_string());
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        assert!(read.is_err() && canonical().is_err(), "{text}");
        let _ = in_rules();
        return;
    };
    let expected = Expected { text, read: &read };
    expected.check("rules", of_rules(in_rules()));
    if is_canonical(&value) {
        expected.check("initializer", canonical());
    }
    let twice = read.as_ref().is_err_and(|error| error.to_string().ends_with(" is given twice"));
    assert_eq!(twice, written_keys(text) > keys(&value), "{text}: {read:?}");
    if twice {
        return; // A value has lost what was given first.
    }
    expected.check("value", registry::from_json(&value));
    expected.check("rules of values", of_rules(serde_json::from_value(json!([["*", value]]))));
    if is_canonical(&value) {
        expected.check("initializer of a value", serde_json::from_value(value.clone()));
    }
    if let Some(value) = unqualified(&value, &["keras", "cthulhu", "cthulhu.initializers"]) {
        expected.check("keras", keras::deserialize(&value));
    }
    let keras3 = ["keras3", "keras.initializers", "tf.keras.initializers"];
    if let Some(value) = unqualified(&value, &keras3) {
        expected.check("keras3", keras3::deserialize(&value));
    }
}

fuzz_target!(|input: &[u8]| {
    if matches!(input.first(), Some(b'{' | b'[' | b'"' | 0xef)) {
        if let Ok(text) = std::str::from_utf8(input) {
            check(text);
        }
    } else if let Ok(text) = text::configuration(&mut Unstructured::new(input)) {
        check(&text);
    }
});
