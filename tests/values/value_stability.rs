//! Golden hashes: values of a version never change, on any level, thread count, build or machine.
//!
//! A change of a format constant or of a kernel's arithmetic shows here. It needs a new
//! `Algorithm` once the crate is published.

use seedbed::{Exec, Number, Seed};

use crate::common::{Bits, distributions, hash, levels};
use crate::for_each_element;

/// Distribution, element type, length, offset, hash.
const GOLDEN: &[(&str, &str, usize, u64, u64)] = &[
    ("uniform", "f32", 600_001, 0, 0x000467b23db9d0aa),
    ("uniform", "f64", 300_001, 0, 0x8804eb2f6f183fc3),
    ("uniform", "bf16", 5000, 3, 0x20091e4fda42e685),
    ("uniform", "f16", 4097, 524_287, 0xf57638d0cfbc1b42),
    ("normal", "f32", 600_001, 0, 0x795d48a0a2d8734c),
    ("normal", "f64", 300_001, 0, 0x3091ac382a6f4d72),
    ("normal", "bf16", 5000, 3, 0x2be6a1b4cdbee2f4),
    ("normal", "f16", 4097, 524_287, 0xfb05b8ccd6a57e5d),
    ("two sigma", "f32", 600_001, 0, 0x902b41efa17092e8),
    ("two sigma", "f64", 300_001, 0, 0xe38e9b618db87de8),
    ("two sigma", "bf16", 5000, 3, 0x80bc0caf02051667),
    ("two sigma", "f16", 4097, 524_287, 0x82f208d136e4562a),
    ("uncut", "f32", 600_001, 0, 0x8e9b31cf1c7c2678),
    ("uncut", "f64", 300_001, 0, 0x49bbe8f543a7391b),
    ("uncut", "bf16", 5000, 3, 0xd6681c1608e085a3),
    ("uncut", "f16", 4097, 524_287, 0x9a8006caf51bca8c),
    ("three sigma", "f32", 600_001, 0, 0xfa99e66804b91d23),
    ("three sigma", "f64", 300_001, 0, 0xf231b631ce9ad43a),
    ("three sigma", "bf16", 5000, 3, 0x89087a27e86378c8),
    ("three sigma", "f16", 4097, 524_287, 0x737fcd9f50c757d5),
    ("half", "f32", 600_001, 0, 0x4f5ca59dfb9859f5),
    ("half", "f64", 300_001, 0, 0xe3fdfbd07f64fe6b),
    ("half", "bf16", 5000, 3, 0xcc55ba87bda52f00),
    ("half", "f16", 4097, 524_287, 0x9bc487bef6fcb2aa),
    ("strips", "f32", 600_001, 0, 0x4a6b171c6bb5a21c),
    ("strips", "f64", 300_001, 0, 0x0777b287efc1a569),
    ("strips", "bf16", 5000, 3, 0x4f857009a95e8ca7),
    ("strips", "f16", 4097, 524_287, 0x99a7742a0d00b4c7),
    ("tail", "f32", 600_001, 0, 0xf21871eb3bd7a32d),
    ("tail", "f64", 300_001, 0, 0x33b5012d4c2c5cb2),
    ("tail", "bf16", 5000, 3, 0x5b7c4b8aa37f16ea),
    ("tail", "f16", 4097, 524_287, 0x89aac25b8bddb5cb),
    ("one strip", "f32", 600_001, 0, 0x754d0656c375033f),
    ("one strip", "f64", 300_001, 0, 0xbd465e8c7c228a48),
    ("one strip", "bf16", 5000, 3, 0xbf177aa7c0a15967),
    ("one strip", "f16", 4097, 524_287, 0xe9a99b298815ef73),
    ("tiny", "f32", 600_001, 0, 0x4bc839da49521e64),
    ("tiny", "f64", 300_001, 0, 0x4ae6b079b870169f),
    ("tiny", "bf16", 5000, 3, 0xda775b513e95292f),
    ("tiny", "f16", 4097, 524_287, 0x90c6576d0f403242),
    ("uniform", "f32", 9000, 1_152_921_504_606_841_976, 0x8cc1e169a76e4b5d),
    ("normal", "f32", 9000, 1_152_921_504_606_841_976, 0x11475866892d3ecd),
    ("normal", "f64", 9000, 123_456_789_012_345_678, 0x6fb476cdb4dfdeb0),
    ("normal", "f32", 1, 0, 0xe2837d24d4c84c4c),
    ("normal", "f32", 17, 4_095, 0x9e3400454cae09ac),
    ("uniform", "f64", 300_003, 262_143, 0x1aad6ec69b8b0ed6),
];

fn values_hash<T: Bits + 'static>(distribution: &str, len: usize, offset: u64, exec: Exec) -> u64 {
    let (_, fill) = distributions::<T>()
        .into_iter()
        .find(|(name, _)| *name == distribution)
        .expect("a distribution");
    let mut values = vec![T::default(); len];
    let stream = Seed::from(0x5eed).stream("golden.weight").at(offset).unwrap();
    fill(&mut values, &stream, exec);
    hash(&values)
}

fn hash_of(distribution: &str, element: &str, len: usize, offset: u64, exec: Exec) -> u64 {
    let mut found = None;
    for_each_element!(T => if T::NAME == element {
        found = Some(values_hash::<T>(distribution, len, offset, exec));
    });
    found.unwrap_or_else(|| panic!("{element} is no element type"))
}

#[test]
fn values_are_those_of_the_version() {
    let mut report = String::new();
    for &(distribution, element, len, offset, golden) in GOLDEN {
        for level in levels() {
            let exec = Exec::sequential().level(level).unwrap();
            let actual = hash_of(distribution, element, len, offset, exec);
            if actual != golden {
                report += &format!(
                    "    (\"{distribution}\", \"{element}\", {len}, {offset}, {actual:#018x}), // {level}\n"
                );
            }
        }
    }
    assert!(report.is_empty(), "values have changed:\n{report}");
}

#[cfg(feature = "rayon")]
#[test]
fn threads_do_not_change_the_values() {
    for threads in [1, 2, 3, 7, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for &(distribution, element, len, offset, golden) in GOLDEN.iter().filter(|g| g.2 > 200_000)
        {
            let actual =
                pool.install(|| hash_of(distribution, element, len, offset, Exec::default()));
            assert_eq!(actual, golden, "{distribution} of {element} with {threads} threads");
        }
    }
}

#[test]
fn words_are_those_of_the_version() {
    let stream = Seed::from(0x5eed).stream("golden.weight");
    let mut words = vec![0; (1 << 18) + 7];
    stream.words_into(&mut words);
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let first = [0xba387854a132520, 0xb2b8d64bdbca093f, 0x9bf5880f6176df3a, 0x5bd817bce2513b73];
    assert_eq!(words[..4], first, "{:#x?}", &words[..4]);
    assert_eq!(xxhash_rust::xxh3::xxh3_64(&bytes), 0x4adfb81af47dbc68);
}

#[test]
fn streams_are_those_of_the_version() {
    let first = |stream: seedbed::Stream| {
        let mut words = [0; 1];
        stream.words_into(&mut words);
        words[0]
    };
    let bytes: [u8; 32] = core::array::from_fn(|i| i as u8);
    let words = [
        first(Seed::from(1).stream("")),
        first(Seed::from(1).stream("a")),
        first(Seed::from(1).stream("encoder.layers.11.output.dense.weight")),
        first(Seed::from(1).stream(1_u64)),
        first(Seed::from(bytes).stream("a")),
        first(Seed::from(bytes).stream(u64::MAX)),
        first(Seed::from(1).stream("a").child("b")),
        first(Seed::from(1).stream("a").child(2_u64)),
    ];
    let golden = [
        0xd888c5e027a013df,
        0x19b9aa3bf4948ee3,
        0x3e081f6092735991,
        0xad279b9d193055df,
        0x2fb58b48dce590,
        0xaeced62b0a833bef,
        0x7ee272c2f8e2b7dc,
        0x761918516d16a99c,
    ];
    assert_eq!(words, golden, "{words:#x?}");
}
