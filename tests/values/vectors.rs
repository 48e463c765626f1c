//! The crate gives the values of `test_vectors.json`, at every level.

use seedbed::init::{Nonzeros, SparseAxis};
use seedbed::{
    Constant, Distribution, Exec, Initializer, Normal, Number, ParameterError, Sample, Seed,
    Stream, TruncatedNormal, Uniform,
};
use serde_json::Value;

use crate::common::{Bits, levels};
use crate::file::{check, integer, list, number, read, text};
use crate::for_each_element;

fn seed(text: &str) -> Seed {
    let byte = |i: usize| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal");
    match text.len() {
        64 => Seed::from(core::array::from_fn(byte)),
        _ => Seed::from(text.parse::<u64>().expect("an integer")),
    }
}

fn stream(vector: &Value) -> Stream {
    let (seed, path) = (seed(text(vector, "seed")), list(vector, "path"));
    let (first, children) = path.split_first().expect("a path");
    let stream = match first {
        Value::String(name) => seed.stream(name),
        index => seed.stream(index.as_u64().expect("an integer")),
    };
    children.iter().fold(stream, |stream, child| match child {
        Value::String(name) => stream.child(name),
        index => stream.child(index.as_u64().expect("an integer")),
    })
}

fn distribution<T: Bits>(json: &Value) -> Result<Distribution<T>, ParameterError> {
    let [mean, std, low, high] =
        ["mean", "std", "low", "high"].map(|key| move || number(json, key));
    Ok(match text(json, "name") {
        "constant" => Constant::new(number(json, "value"))?.into(),
        "uniform" => Uniform::new(low(), high())?.into(),
        "normal" => Normal::new(mean(), std())?.into(),
        "truncated_normal" => TruncatedNormal::new(mean(), std(), low(), high())?.into(),
        "truncated_normal_absolute" => {
            TruncatedNormal::absolute(mean(), std(), low(), high())?.into()
        }
        other => panic!("{other} is no distribution"),
    })
}

fn bytes<T: Bits>(values: &[T]) -> Vec<u8> {
    let bytes = values.iter().map(|value| value.bits().to_le_bytes());
    bytes.flat_map(|bytes| bytes.into_iter().take(size_of::<T>())).collect()
}

fn check_fill<T: Bits>(vector: &Value) {
    let distribution = distribution::<T>(&vector["distribution"]).unwrap();
    let stream = stream(vector).at(integer(vector, "offset")).unwrap();
    for level in levels() {
        let exec = Exec::sequential().level(level).unwrap();
        let len = integer(vector, "length") as usize;
        let values = distribution.with(exec).sample_vec(len, &stream);
        check(vector, &bytes(&values), &format!("at {level}"));
    }
}

fn check_sparse<T: Bits>(vector: &Value) {
    let axis = match text(vector, "lines") {
        "columns" => SparseAxis::Column,
        _ => SparseAxis::Row,
    };
    let shape: Vec<_> =
        list(vector, "shape").iter().map(|n| n.as_u64().expect("a length") as usize).collect();
    let nonzeros = Nonzeros::Exactly(integer(vector, "count") as usize);
    let initializer = Initializer::sparse(axis, nonzeros, number(vector, "std")).unwrap();
    let values = initializer.for_shape::<T>(&shape).unwrap();
    for level in levels() {
        let values = values.clone().with(Exec::sequential().level(level).unwrap());
        let values = values.to_vec(&stream(vector)).unwrap();
        check(vector, &bytes(&values), &format!("at {level}"));
    }
}

#[test]
fn words_are_those_of_the_vectors() {
    for vector in list(&read(), "words") {
        let stream = stream(vector).at(integer(vector, "offset")).unwrap();
        let expected = list(vector, "first");
        for level in levels() {
            let mut words = vec![0; expected.len()];
            stream.with(Exec::sequential().level(level).unwrap()).words_into(&mut words);
            let words: Vec<Value> =
                words.iter().map(|word| format!("{word:016x}").into()).collect();
            assert_eq!(words, expected, "{} of {} at {level}", vector["path"], vector["seed"]);
        }
    }
}

/// Checks each vector by the function of its type.
macro_rules! check_list {
    ($name:literal by $check:ident) => {
        let vectors = read();
        let list = list(&vectors, $name);
        let mut checked = 0;
        for vector in list {
            for_each_element!(T => if T::NAME == text(vector, "type") {
                $check::<T>(vector);
                checked += 1;
            });
        }
        assert_eq!(checked, list.len());
    };
}

#[test]
fn fills_are_those_of_the_vectors() {
    check_list!("fills" by check_fill);
}

#[test]
fn sparse_matrices_are_those_of_the_vectors() {
    check_list!("sparse" by check_sparse);
}
