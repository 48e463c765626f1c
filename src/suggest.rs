//! What to suggest for a name that is unknown.

use crate::error::ConfigError;

/// A list of more names than this is no help in a message.
const LISTED: usize = 12;

/// Returns the error for an unknown name.
pub(crate) fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> ConfigError {
    let mut known: Vec<&str> = known.into_iter().collect();
    let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
    if known.len() > LISTED {
        known.clear();
    }
    let known = known.into_iter().map(str::to_owned).collect();
    ConfigError::UnknownName { kind: kind.to_owned(), name: name.to_owned(), nearest, known }
}

/// Words that mean the same in the names of initializers.
const SYNONYMS: [(&str, &str); 4] =
    [("xavier", "glorot"), ("kaiming", "he"), ("trunc", "truncated"), ("std", "stddev")];

/// Returns the words of a name: `HeNormal`, `he_normal` and `he-normal` are `he` and `normal`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        let last = words.last_mut().expect("one word");
        if matches!(c, '_' | '-' | ' ') {
            words.push(String::new());
        } else if c.is_uppercase() && last.chars().last().is_some_and(char::is_lowercase) {
            words.push(c.to_lowercase().collect());
        } else {
            last.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    for word in &mut words {
        if let Some((_, known)) = SYNONYMS.iter().find(|(synonym, _)| synonym == word) {
            *word = (*known).to_owned();
        }
    }
    words
}

/// Returns the known name that means what `name` does, by a misspelling, an abbreviation or a synonym of
/// its words. A name that lacks one of the words, or has another, may be an initializer of another
/// size, and is never suggested.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let own = words(name);
    let distances =
        known.into_iter().filter_map(|known| Some((distance(&own, &words(known))?, known)));
    distances.min_by_key(|&(distance, _)| distance).map(|(_, nearest)| nearest)
}

/// Returns how many edits apart two names are, word by word; none if they mean something else.
fn distance(own: &[String], known: &[String]) -> Option<usize> {
    if own.concat() == known.concat() {
        return Some(0);
    }
    if own.len() != known.len() {
        return None;
    }
    let pairs = own.iter().zip(known);
    pairs.map(|(a, b)| word_distance(a, b)).try_fold(0, |sum, edits| Some(sum + edits?))
}

/// Returns how many edits apart two words are if one is a misspelling or an abbreviation of the other:
/// Vladimir Levenshtein's distance, at most a quarter of the word, or 1 for an abbreviation.
fn word_distance(a: &str, b: &str) -> Option<usize> {
    if a.len() > 2 && b.starts_with(a) {
        return Some(usize::from(a != b));
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    let edits = row[b.len()];
    (4 * edits <= a.len().max(3) + 1).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_or_abbreviated_name_is_understood() {
        let known = ["he_normal", "he_uniform", "glorot_normal", "zeros", "uniform"];
        for (name, expected) in [
            ("HeNormal", "he_normal"),
            ("henormal", "he_normal"),
            ("he-normal", "he_normal"),
            ("kaiming_normal", "he_normal"),
            ("xavier_normal", "glorot_normal"),
            ("glorot_norma", "glorot_normal"),
            ("zero", "zeros"),
            ("unifrom", "uniform"),
        ] {
            let found = nearest(name, known);
            assert_eq!(found, Some(expected), "{name}");
        }
        assert_eq!(
            nearest("glorot_uniform", ["xavier_uniform_", "uniform_"]),
            Some("xavier_uniform_")
        );
        assert_eq!(nearest("std", ["mean", "stddev", "seed"]), Some("stddev"));
        assert_eq!(nearest("fan_inn", ["fan_in", "fan_out"]), Some("fan_in"));
    }

    #[test]
    fn a_name_that_means_something_else_is_not_suggested() {
        assert_eq!(nearest("glorot_uniform_", ["uniform_", "normal_"]), None);
        assert_eq!(nearest("fan_avg", ["fan_in", "fan_out"]), None);
        assert_eq!(nearest("truncated_normal", ["normal", "uniform"]), None);
        assert_eq!(nearest("normal", ["truncated_normal", "he_normal"]), None);
        assert_eq!(nearest("lecun_normal", ["glorot_normal", "he_normal"]), None);
        assert_eq!(nearest("tanh", ["relu", "selu"]), None);
    }

    #[test]
    fn edits_are_counted_word_by_word() {
        for (a, b, expected) in [
            ("kitten", "sitting", None),
            ("normal", "normall", Some(1)),
            ("bc", "abc", Some(1)),
            ("o", "ones", None),
            ("trunc", "truncated", Some(1)),
            ("same", "same", Some(0)),
        ] {
            assert_eq!(word_distance(a, b), expected, "{a} {b}");
        }
    }
}
