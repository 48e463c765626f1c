//! Golden hashes: values of a version never change, on any level, thread count, build or machine.
//!
//! A change of a format constant or of a kernel's arithmetic shows here. It needs a new
//! `Algorithm` once the crate is published.

mod common;

use common::{Bits, hash, laws, levels};
use half::{bf16, f16};
use seedbed::{Exec, Seed};

/// Law, element type, length, offset, hash.
const GOLDEN: &[(&str, &str, usize, u64, u64)] = &[
    ("uniform", "f32", 300001, 0, 0xe66d82102a3b33fb),
    ("uniform", "f64", 70001, 0, 0x19c8502e5a99287f),
    ("uniform", "bf16", 5000, 3, 0x20091e4fda42e685),
    ("uniform", "f16", 4097, 131_071, 0x6cbc1e7cf14fe4e3),
    ("normal", "f32", 300001, 0, 0xc58ea1b061255bb0),
    ("normal", "f64", 70001, 0, 0xa210ad934bc5d199),
    ("normal", "bf16", 5000, 3, 0x18150b2c061bd464),
    ("normal", "f16", 4097, 131_071, 0x0bc3a8286cc58972),
    ("two sigma", "f32", 300001, 0, 0x36baeef146a63e1f),
    ("two sigma", "f64", 70001, 0, 0x489359ae2d6dadad),
    ("two sigma", "bf16", 5000, 3, 0xbe9d17d3465addcb),
    ("two sigma", "f16", 4097, 131_071, 0x76823e7a9a17e894),
    ("uncut", "f32", 300001, 0, 0x3be4e9e5b9a896ad),
    ("uncut", "f64", 70001, 0, 0x176dce51e52ae4c4),
    ("uncut", "bf16", 5000, 3, 0x3ca13a29a6d216f1),
    ("uncut", "f16", 4097, 131_071, 0x5b966e693f7e994e),
    ("windowed", "f32", 300001, 0, 0xd28ccb68d35fd066),
    ("windowed", "f64", 70001, 0, 0x1c5907cb0456216e),
    ("windowed", "bf16", 5000, 3, 0x906818cff8b66400),
    ("windowed", "f16", 4097, 131_071, 0xb43bf485184bd18f),
    ("narrow", "f32", 300001, 0, 0x972aa98da89aa80a),
    ("narrow", "f64", 70001, 0, 0x6013df563c327129),
    ("narrow", "bf16", 5000, 3, 0x609f7859059d92d7),
    ("narrow", "f16", 4097, 131_071, 0x111f39e3d0dabd5d),
    ("tail", "f32", 300001, 0, 0x4ebd5290dca96141),
    ("tail", "f64", 70001, 0, 0x3bd72626cbaac0d3),
    ("tail", "bf16", 5000, 3, 0xf6129695178449ef),
    ("tail", "f16", 4097, 131_071, 0x4000c65b87381885),
    ("uniform", "f32", 9000, 1_152_921_504_606_841_976, 0xa4a2292874427a4d),
    ("normal", "f32", 9000, 1_152_921_504_606_841_976, 0x0add93069f5295eb),
    ("normal", "f64", 9000, 123_456_789_012_345_678, 0x0038a33bffeb793b),
    ("normal", "f32", 1, 0, 0x1f199668f998ab4f),
    ("normal", "f32", 17, 4_095, 0x34786c5a29fd0504),
    ("uniform", "f64", 200003, 65_535, 0x9ec313f84ad7bfd7),
];

fn values_hash<T: Bits + 'static>(law: &str, len: usize, offset: u64, exec: Exec) -> u64 {
    let (_, fill) = laws::<T>().into_iter().find(|(name, _)| *name == law).expect("a law");
    let mut values = vec![T::default(); len];
    let stream = Seed::from(0x5eed).stream("golden.weight").at(offset).unwrap();
    fill(&mut values, &stream, exec);
    hash(&values)
}

fn hash_of(law: &str, element: &str, len: usize, offset: u64, exec: Exec) -> u64 {
    match element {
        "f32" => values_hash::<f32>(law, len, offset, exec),
        "f64" => values_hash::<f64>(law, len, offset, exec),
        "f16" => values_hash::<f16>(law, len, offset, exec),
        _ => values_hash::<bf16>(law, len, offset, exec),
    }
}

#[test]
fn values_are_those_of_the_version() {
    let mut report = String::new();
    for &(law, element, len, offset, golden) in GOLDEN {
        for level in levels() {
            let exec = Exec::sequential().level(level).unwrap();
            let actual = hash_of(law, element, len, offset, exec);
            if actual != golden {
                report += &format!(
                    "    (\"{law}\", \"{element}\", {len}, {offset}, {actual:#018x}), // {level}\n"
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
        for &(law, element, len, offset, golden) in GOLDEN.iter().filter(|g| g.2 > 200_000) {
            let actual = pool.install(|| hash_of(law, element, len, offset, Exec::default()));
            assert_eq!(actual, golden, "{law} of {element} with {threads} threads");
        }
    }
}

#[test]
fn words_are_those_of_the_version() {
    let stream = Seed::from(0x5eed).stream("golden.weight");
    let mut words = vec![0; (1 << 17) + 7];
    stream.words_into(&mut words);
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let first = [0xba387854a132520, 0xb2b8d64bdbca093f, 0x9bf5880f6176df3a, 0x5bd817bce2513b73];
    assert_eq!(words[..4], first, "{:#x?}", &words[..4]);
    assert_eq!(xxhash_rust::xxh3::xxh3_64(&bytes), 0x75e5e0d640bac3db);
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
