//! JSON values as Python writes them, for `repr`.

use serde_json::Value;

/// Returns the literal of a value.
pub fn literal(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => format!("[{}]", list(items.iter().map(literal).collect())),
        Value::Object(items) => {
            let item = |(key, value): (&String, &Value)| format!("{key:?}: {}", literal(value));
            format!("{{{}}}", list(items.iter().map(item).collect()))
        }
        // As JSON has them.
        Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Returns the call that makes an initializer, which serde has written.
pub fn call(initializer: &Value) -> String {
    let mut call = format!("Initializer({}", literal(&initializer["class_name"]));
    for (name, value) in initializer["config"].as_object().into_iter().flatten() {
        call += &format!(", {name}={}", literal(value));
    }
    call + ")"
}
