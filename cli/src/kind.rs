//! Kinds of tensors: those whose names differ in numbers only.

/// Returns the kind of a name: `*` in place of each number that stands by itself between dots, slashes,
/// underscores and hyphens. `h.0.attn.weight` and `h.11.attn.weight` are of the kind `h.*.attn.weight`;
/// `conv1.weight` and `conv2.weight`, whose numbers are parts of words, are two kinds.
pub fn of(name: &str) -> String {
    let separates = |c: char| matches!(c, '.' | '/' | '_' | '-');
    let parts = name.split_inclusive(separates).map(|part| {
        let word = part.trim_end_matches(separates);
        let number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        if number { format!("*{}", &part[word.len()..]) } else { part.to_string() }
    });
    parts.collect()
}

/// Returns the first number of a name that [`of`] replaces: in most models, the layer.
pub fn depth(name: &str) -> Option<u64> {
    let words = name.split(['.', '/', '_', '-']);
    words.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())).find_map(|n| n.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_between_separators_are_replaced() {
        for (name, kind, layer) in [
            ("h.0.attn.c_attn.weight", "h.*.attn.c_attn.weight", Some(0)),
            (
                "model.layers.12.mlp.experts.3.w1.weight",
                "model.layers.*.mlp.experts.*.w1.weight",
                Some(12),
            ),
            ("encoder/layer_11/attention/kernel", "encoder/layer_*/attention/kernel", Some(11)),
            ("layer1.0.conv2.weight", "layer1.*.conv2.weight", Some(0)),
            ("7", "*", Some(7)),
            ("a..3", "a..*", Some(3)),
            ("wte.weight", "wte.weight", None),
            ("", "", None),
            ("é.5", "é.*", Some(5)),
            ("a.99999999999999999999999.4", "a.*.*", Some(4)),
        ] {
            assert_eq!((of(name).as_str(), depth(name)), (kind, layer), "{name}");
        }
    }
}
