//! Names: enums that systems write as strings, and what to suggest for a name that is unknown.

use crate::error::ConfigError;

/// Returns the error for an unknown name.
pub(crate) fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> ConfigError {
    let nearest = nearest(name, known).map(str::to_owned);
    ConfigError::UnknownName { kind: kind.to_owned(), name: name.to_owned(), nearest }
}

/// Returns the known name that is the fewest edits away, if these are less than half of the name.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|known| (edits(name, known), known));
    let (distance, nearest) = distances.min_by_key(|&(distance, _)| distance)?;
    (2 * distance < name.len().max(3)).then_some(nearest)
}

/// Returns how many edits apart two names are: Vladimir Levenshtein's distance, except that case and
/// underscores cost nothing and an abbreviation costs one.
fn edits(a: &str, b: &str) -> usize {
    let [a, b] = [a, b].map(|name| name.replace('_', "").to_lowercase());
    if a.len() > 1 && b.starts_with(&a) {
        return usize::from(a != b);
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
    row[b.len()]
}

/// Defines an enum whose variants have names, spelled exactly or in any case.
macro_rules! names {
    (@fold any $name:expr) => { $name.to_lowercase() };
    (@fold exact $name:expr) => { $name.to_owned() };
    (
        $(#[$doc:meta])*
        $Enum:ident $kind:literal in $case:ident case {
            $($(#[$variant_doc:meta])* $Variant:ident = $name:literal $(| $alias:literal)*,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(try_from = "String", into = "&'static str"))]
        #[non_exhaustive]
        pub enum $Enum {
            $($(#[$variant_doc])* $Variant,)*
        }

        impl core::str::FromStr for $Enum {
            type Err = $crate::error::ConfigError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match $crate::presets::names::names!(@fold $case name).as_str() {
                    $($name $(| $alias)* => Ok($Enum::$Variant),)*
                    _ => Err($crate::presets::names::unknown($kind, name, [$($name),*])),
                }
            }
        }

        impl TryFrom<String> for $Enum {
            type Error = $crate::error::ConfigError;

            fn try_from(name: String) -> Result<Self, Self::Error> {
                name.parse()
            }
        }

        impl From<$Enum> for &'static str {
            fn from(value: $Enum) -> Self {
                match value {
                    $($Enum::$Variant => $name,)*
                }
            }
        }

        impl core::fmt::Display for $Enum {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str((*self).into())
            }
        }
    };
}

pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let known = ["he_normal", "he_uniform", "glorot_normal", "zeros"];
        assert_eq!(nearest("HeNormal", known), Some("he_normal"));
        assert_eq!(nearest("glorot_norma", known), Some("glorot_normal"));
        assert_eq!(nearest("zero", known), Some("zeros"));
        assert_eq!(nearest("std", ["mean", "stddev", "seed"]), Some("stddev"));
        assert_eq!(nearest("xavier", known), None);
        // Half of the name is too far.
        assert_eq!(nearest("abcd", ["abxy"]), None);
        assert_eq!(nearest("abcde", ["abxye"]), Some("abxye"));
    }

    #[test]
    fn distances_are_edits() {
        let pairs =
            [("bc", "abc", 1), ("abc", "bc", 1), ("kitten", "sitting", 3), ("o", "ones", 3)];
        for (a, b, expected) in pairs {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
        assert_eq!(edits("HeNormal", "he_normal"), 0);
        assert_eq!(edits("trunc", "truncated_normal"), 1);
    }
}
