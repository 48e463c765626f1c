//! Configurations of initializers as JSON text, with the mistakes that people make: keys that are given
//! twice, unknown or misspelt, and values of another type.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use seedbed::registry;

/// The qualified names of all systems, and the classes of seedbed itself.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let own =
        PARAMETERS.iter().map(|(class, _)| *class).filter(|name| name.starts_with("seedbed."));
    registry::names().chain(own.map(str::to_owned)).collect()
});

/// A parameter with values as JSON, most of them allowed.
type Parameter = (&'static str, &'static [&'static str]);

/// The parameters of all classes whose names have this part; the first row that fits a class counts.
const PARAMETERS: [(&str, &[Parameter]); 34] = [
    ("seedbed.Constant", &[("value", NUMBERS)]),
    ("seedbed.Uniform", &[("low", &["-0.5", "0"]), ("high", &["0.5", "0"])]),
    ("seedbed.Normal", &[("mean", NUMBERS), ("std", NUMBERS)]),
    ("seedbed.TruncatedNormal", &[("mean", NUMBERS), ("std", NUMBERS), ("bounds", BOUNDS)]),
    (
        "seedbed.VarianceScaling",
        &[
            ("distribution", &[r#""normal""#, r#"{"truncated_normal":{"cut":2,"std":"parent"}}"#]),
            ("variance", &[r#"{"scale":2}"#, r#"{"gain":0.5}"#]),
            ("fan", &[r#""in""#, r#""geo_avg""#, r#"{"given":3}"#]),
            ("min_fan", &["0", "1"]),
            ("layout", LAYOUTS),
        ],
    ),
    (
        "seedbed.Orthogonal",
        &[
            ("gain", NUMBERS),
            ("rows", &[r#""first_axis""#, r#"{"all_but":-1}"#]),
            ("batch", AXES),
            ("parts", &["null", r#"{"axis":0,"count":3}"#]),
        ],
    ),
    ("seedbed.DeltaOrthogonal", &[("gain", NUMBERS), ("layout", LAYOUTS)]),
    (
        "seedbed.Sparse",
        &[
            ("axis", &[r#""row""#, r#""column""#]),
            ("nonzeros", &[r#"{"fraction":0.5}"#, r#"{"exactly":2}"#]),
            ("std", NUMBERS),
        ],
    ),
    ("seedbed.Identity", &[("gain", NUMBERS), ("non_square", &[r#""pad""#, r#""tile""#])]),
    ("seedbed.Dirac", &[("groups", &["1", "2"]), ("layout", LAYOUTS)]),
    ("torch.kaiming", &[("a", NUMBERS), ("mode", MODES), ("nonlinearity", &[r#""relu""#])]),
    ("torch.xavier", &[("gain", NUMBERS)]),
    ("torch.trunc", &[("mean", NUMBERS), ("std", NUMBERS), ("a", LOWEST), ("b", HIGHEST)]),
    ("torch.normal", &[("mean", NUMBERS), ("std", NUMBERS)]),
    ("torch.uniform", &[("a", LOWEST), ("b", HIGHEST)]),
    ("torch.constant", &[("val", NUMBERS)]),
    ("torch.dirac", &[("groups", &["1", "2"])]),
    ("torch.sparse", &[("sparsity", NUMBERS), ("std", NUMBERS)]),
    ("lasagne.Uniform", &[("range", &["0.1", "[0, 1]"]), ("std", NUMBERS), ("mean", NUMBERS)]),
    ("lasagne.Normal", &[("std", NUMBERS), ("mean", NUMBERS)]),
    ("lasagne.Constant", &[("val", NUMBERS)]),
    ("lasagne.Sparse", &[("sparsity", NUMBERS), ("std", NUMBERS)]),
    (
        "lasagne.",
        &[
            ("gain", &[r#""relu""#, "2", r#"{"leaky_relu":0.1}"#]),
            ("c01b", &["true", "false"]),
            ("initializer", &[r#""Normal""#]),
        ],
    ),
    (
        "jax.variance",
        &[
            ("scale", NUMBERS),
            ("mode", MODES),
            ("distribution", &[r#""normal""#, r#""uniform""#]),
            ("in_axis", AXES),
            ("out_axis", AXES),
            ("batch_axis", AXES),
        ],
    ),
    ("jax.truncated", &[("stddev", NUMBERS), ("lower", LOWEST), ("upper", HIGHEST)]),
    ("jax.normal", &[("stddev", NUMBERS)]),
    ("jax.uniform", &[("scale", NUMBERS)]),
    ("jax.constant", &[("value", NUMBERS)]),
    ("jax.", &[("in_axis", AXES), ("batch_axis", AXES), ("scale", NUMBERS), ("column_axis", AXES)]),
    (
        "VarianceScaling",
        &[
            ("scale", NUMBERS),
            ("mode", MODES),
            ("distribution", &[r#""Normal""#, r#""normal""#, r#""untruncated_normal""#]),
            ("input_axes", AXES),
            ("output_axes", AXES),
            ("seed", SEEDS),
        ],
    ),
    ("niform", &[("minval", LOWEST), ("maxval", HIGHEST), ("seed", SEEDS)]),
    ("ormal", &[("mean", NUMBERS), ("stddev", NUMBERS), ("seed", SEEDS)]),
    ("onstant", &[("value", NUMBERS), ("dtype", &[r#""float32""#])]),
    ("", &[("gain", NUMBERS), ("seed", SEEDS), ("dtype", &["null", r#""float32""#])]),
];

const NUMBERS: &[&str] = &["1", "0", "0.02", "-2", "1e-310", "1e300"];
const LOWEST: &[&str] = &["-1", "0", r#""-inf""#, "-1e300"];
const HIGHEST: &[&str] = &["1", "0", r#""inf""#, "1e300"];
const AXES: &[&str] = &["[0]", "-1", "[-1, 0]", "[]", "[0, 0]"];
const MODES: &[&str] = &[r#""fan_in""#, r#""fan_out""#, r#""fan_avg""#, r#""FAN_IN""#];
const SEEDS: &[&str] = &["null", "7", "-1", "1.0", r#"{"class_name":"SeedGenerator"}"#];
const BOUNDS: &[&str] =
    &[r#"{"sigmas":[-2,2]}"#, r#"{"absolute":["-inf",1]}"#, r#"{"sigmas":[1]}"#];
const LAYOUTS: &[&str] = &[
    r#"{"axes":{"named":{"matrix":"out_in","conv":"oihw"}}}"#,
    r#"{"axes":{"explicit":{"input":[0],"output":[-1],"batch":null}},"transposed":true}"#,
    r#"{"axes":{"named":{"matrix":"in_out","conv":"hwio"}},"other_ranks":"size","groups":2}"#,
];

/// Values of every type, for parameters of another.
const VALUES: [&str; 14] = [
    "null",
    "true",
    "0",
    "-1",
    "0.5",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"inf\"",
    "\"nan\"",
    "[]",
    "[1, \"a\"]",
    "{}",
    "{\"a\": 1, \"a\": 2}",
];

/// Returns JSON text of a configuration, or nearly.
pub fn configuration(u: &mut Unstructured<'_>) -> Result<String> {
    let name = u.choose(&NAMES)?;
    let class = match u.int_in_range(0..=11)? {
        0 => misspelt(u, name)?,
        1 => name.replacen("torch.", "torch.nn.init.", 1).replacen(
            "keras3.",
            "keras.initializers.",
            1,
        ),
        2 => name.split_once('.').map_or("", |(_, class)| class).to_owned(),
        3 => name.to_lowercase(),
        _ => name.clone(),
    };
    let quoted = format!("\"{class}\"");
    if u.ratio(1, 16)? {
        return Ok(quoted);
    }
    let mut entries = vec![("class_name".to_owned(), quoted.clone())];
    if u.ratio(7, 8)? {
        entries.push(("config".to_owned(), parameters(u, name)?));
    }
    for _ in 0..u.int_in_range(0..=3)? / 2 {
        entries.push(match u.int_in_range(0..=5)? {
            0 => ("algorithm".to_owned(), one_of(u, &["\"V1\"", "\"V2\"", "1"])?),
            1 => (
                "module".to_owned(),
                one_of(u, &["null", "\"keras.initializers\"", "\"builtins\""])?,
            ),
            2 => ("registered_name".to_owned(), one_of(u, &["null", "\"Own>HeNormal\"", &quoted])?),
            3 => (misspelt(u, "config")?, parameters(u, name)?),
            4 => (misspelt(u, "class_name")?, quoted.clone()),
            _ => (one_of(u, &["", "name", "CLASS_NAME", "config "])?, one_of(u, &VALUES)?),
        });
    }
    object(u, entries)
}

/// Returns an object of parameters, most of which the class has.
fn parameters(u: &mut Unstructured<'_>, class: &str) -> Result<String> {
    if u.ratio(1, 16)? {
        return one_of(u, &VALUES);
    }
    let mut entries = Vec::new();
    let own =
        PARAMETERS.iter().find(|(part, _)| class.contains(part)).expect("the last fits all").1;
    for &(parameter, values) in own {
        match u.int_in_range(0..=31)? {
            0 | 1 => {}
            2 => entries.push((misspelt(u, parameter)?, one_of(u, values)?)),
            3 => entries.push((parameter.to_owned(), one_of(u, &VALUES)?)),
            4 => {
                let (_, others) = *u.choose(&PARAMETERS)?;
                let (other, values) = *u.choose(others)?;
                entries.push((other.to_owned(), one_of(u, values)?));
            }
            _ => entries.push((parameter.to_owned(), one_of(u, values)?)),
        }
    }
    object(u, entries)
}

/// Writes an object, at times with an entry twice, and at times with its entries in reverse.
fn object(u: &mut Unstructured<'_>, mut entries: Vec<(String, String)>) -> Result<String> {
    if !entries.is_empty() && u.ratio(1, 16)? {
        entries.push(u.choose(&entries)?.clone());
    }
    if u.ratio(1, 4)? {
        entries.reverse();
    }
    let entries: Vec<_> =
        entries.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
    Ok(format!("{{{}}}", entries.join(", ")))
}

/// Returns the word without a letter, with a letter twice, or as it is.
fn misspelt(u: &mut Unstructured<'_>, word: &str) -> Result<String> {
    let mut letters: Vec<char> = word.chars().collect();
    let at = u.choose_index(letters.len())?;
    match u.int_in_range(0..=2)? {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        _ => {}
    }
    Ok(letters.into_iter().collect())
}

fn one_of(u: &mut Unstructured<'_>, words: &[&str]) -> Result<String> {
    Ok((*u.choose(words)?).to_owned())
}

#[cfg(test)]
mod tests {
    use seedbed::Seed;

    use super::*;

    /// Otherwise a reader's agreement with the others says little.
    #[test]
    fn many_texts_are_accepted_and_the_others_refused_for_many_reasons() {
        let seed = Seed::from(42);
        let texts = (0..2000).map(|i| {
            let mut words = [0; 64];
            seed.stream(i).words_into(&mut words);
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            configuration(&mut Unstructured::new(&bytes)).unwrap()
        });
        let problems: Vec<_> = texts
            .filter_map(|text| registry::from_str(&text).err())
            .map(|e| e.to_string())
            .collect();
        for (reason, part) in REASONS {
            let count = problems.iter().filter(|problem| problem.contains(part)).count();
            assert!(count >= 5, "{reason}: {count} of {}", problems.len());
        }
        assert!(problems.len() < 1600, "{}", problems.len());
    }

    const REASONS: [(&str, &str); 8] = [
        ("a key that is given twice", "is given twice"),
        ("an unknown key", "key of an initializer `"),
        ("an unknown parameter", "parameter of "),
        ("an unknown class", "class `"),
        ("a name that is suggested", "did you mean"),
        ("a value of another type", ": expected "),
        ("a missing parameter", "missing field"),
        ("a number out of range", ", but must be "),
    ];
}
