//! Any text is refused as a configuration or as a list of rules, or gives initializers that are read
//! again as they are written, and that fill.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seedbed::{ConfigError, Element, Error, Initializer, Rules, Seed, registry};
use serde_json::Value;

const SHAPES: [&[usize]; 6] = [&[], &[7], &[3, 5], &[3, 3, 4], &[2, 3, 4, 5], &[0, 4]];

fn check(initializer: &Initializer) {
    let written = serde_json::to_value(initializer).expect("numbers are finite");
    let read = registry::from_json(&written).expect("what is written can be read");
    assert_eq!(&read, initializer, "{written}");
    fills::<f32>(initializer);
    fills::<half::bf16>(initializer);
}

/// Checks that an unknown name comes from the text, stands in the message, and is not what is suggested.
fn check_message(json: &Value, error: &Error) {
    let Error::Config(ConfigError::UnknownName { name, nearest, .. }) = error else { return };
    let quoted = serde_json::to_string(name).expect("a string");
    assert!(json.to_string().contains(&quoted[1..quoted.len() - 1]), "{json}: {error}");
    let message = error.to_string();
    assert!(message.contains(name.as_str()), "{message}");
    assert!(nearest.as_ref().is_none_or(|nearest| nearest != name), "{message}");
}

fn fills<T: Element>(initializer: &Initializer) {
    for shape in SHAPES {
        if let Ok(values) = initializer.for_shape::<T>(shape)
            && let Ok(values) = values.to_vec(&Seed::from(1).stream("w"))
        {
            assert_eq!(values.len(), shape.iter().product::<usize>());
            assert!(values.iter().all(|v| v.to_f64().is_finite()));
        }
    }
}

fuzz_target!(|text: &[u8]| {
    let Ok(json) = serde_json::from_slice::<Value>(text) else { return };
    match registry::from_json(&json) {
        Ok(initializer) => check(&initializer),
        Err(error) => check_message(&json, &error),
    }
    let Ok(rules) = serde_json::from_value::<Rules>(json) else { return };
    let written = serde_json::to_value(&rules).expect("numbers are finite");
    let read: Rules = serde_json::from_value(written).expect("what is written can be read");
    assert_eq!(read, rules);
    for path in ["", "*", "fc.weight", "h.0.attn.c_attn.bias"] {
        if let Ok(initializer) = rules.get(path) {
            check(initializer);
        }
        let _ = rules.for_tensor::<f32>(path, &[3, 5]);
    }
});
