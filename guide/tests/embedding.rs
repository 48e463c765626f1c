//! Tests to copy into a framework that takes its initial values from seedbed.
//!
//! `parameter` and `shard` stand for your framework: let them make a parameter, or a part of one, in the way that
//! your users do, and return its elements in row-major order. If you have no shards, leave that test out.

use std::ops::Range;

use half::bf16;
use rayon::ThreadPoolBuilder;
use seedbed::{Element, Error, Initializer, Seed, torch};

const SEED: u64 = 42;

fn parameter<T: Element>(
    path: &str,
    shape: &[usize],
    initializer: &Initializer,
) -> Result<Vec<T>, Error> {
    initializer.for_shape(shape)?.to_vec(&Seed::from(SEED).stream(path))
}

fn shard(
    path: &str,
    shape: &[usize],
    ranges: &[Range<usize>],
    initializer: &Initializer,
) -> Result<Vec<f32>, Error> {
    let mut part = vec![0.0; ranges.iter().map(Range::len).product()];
    let whole = initializer.for_shape(shape)?; // fans are those of the whole
    whole.fill_block(ranges, &mut part, &Seed::from(SEED).stream(path))?;
    Ok(part)
}

/// The first values in `test_vectors.json` of this seed, path and distribution. They never change, so that what
/// your users have published can be made again: if this fails, seed, path or dtype do not arrive.
#[test]
fn values_are_the_published_ones() -> Result<(), Error> {
    let (path, shape) = ("encoder.0.weight", [19, 647]);
    let normal = Initializer::normal(-0.25, 1.5)?;
    let values: Vec<f32> = parameter(path, &shape, &normal)?;
    assert_eq!(values[..4], [0xbf56735a, 0xbd77f258, 0xbf7eb89e, 0xc0062d19].map(f32::from_bits));
    let values: Vec<bf16> = parameter(path, &shape, &normal)?;
    assert_eq!(values[..4], [0xbf56, 0xbd78, 0xbf7f, 0xc006].map(bf16::from_bits));
    let values: Vec<f32> = parameter(path, &shape, &Initializer::uniform(-0.3, 0.7)?)?;
    assert_eq!(values[..4], [0x3f117f6a, 0xbe27197e, 0x3eeff4d1, 0x3e7fe1da].map(f32::from_bits));
    Ok(())
}

/// The parameter is large enough for several threads.
#[test]
fn the_number_of_threads_changes_nothing() -> Result<(), Error> {
    let normal = Initializer::normal(0.0, 0.02)?;
    let expected: Vec<f32> = parameter("fc.weight", &[1200, 1000], &normal)?;
    for threads in [1, 2, 7] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let values: Vec<f32> = pool.install(|| parameter("fc.weight", &[1200, 1000], &normal))?;
        assert!(values == expected, "{threads} threads");
    }
    Ok(())
}

/// Two layers of one shape differ, and a layer is the same whatever was made before it.
#[test]
fn the_path_tells_parameters_apart_and_their_order_does_not() -> Result<(), Error> {
    let normal = Initializer::normal(0.0, 0.02)?;
    let model = |paths: [&str; 3]| -> Result<Vec<(String, Vec<f32>)>, Error> {
        let mut model = Vec::new();
        for path in paths {
            model.push((path.to_owned(), parameter(path, &[30, 20], &normal)?));
        }
        model.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(model)
    };
    let first = model(["layers.0.weight", "layers.1.weight", "layers.2.weight"])?;
    assert_eq!(first, model(["layers.2.weight", "layers.0.weight", "layers.1.weight"])?);
    assert_ne!(first[0].1, first[1].1);
    Ok(())
}

/// Rows, columns and blocks, with the fans of the whole. The shape is not square, and does not divide evenly.
#[test]
fn a_shard_is_that_part_of_the_whole() -> Result<(), Error> {
    let (rows, columns) = (130, 77);
    let kaiming = torch::KaimingNormal::default().initializer()?;
    let whole: Vec<f32> = parameter("fc.weight", &[rows, columns], &kaiming)?;
    for ranges in [[40..99, 0..columns], [0..rows, 30..77], [7..8, 5..6], [129..130, 0..0]] {
        let part = shard("fc.weight", &[rows, columns], &ranges, &kaiming)?;
        let [down, across] = ranges;
        let expected = down.flat_map(|row| &whole[row * columns..][across.clone()]);
        assert!(part.iter().eq(expected));
    }
    Ok(())
}

/// With inputs and outputs exchanged, the spread would be twice as large. Layers here are (out, in).
#[test]
fn fans_are_those_of_the_layout() -> Result<(), Error> {
    let (outputs, inputs) = (500, 2000);
    let kaiming = torch::KaimingNormal::default().initializer()?;
    let weight: Vec<f64> = parameter("fc.weight", &[outputs, inputs], &kaiming)?;
    let squares: f64 = weight.iter().map(|value| value * value).sum();
    let std = (squares / weight.len() as f64).sqrt();
    assert!((std / (2.0 / inputs as f64).sqrt() - 1.0).abs() < 0.01);
    Ok(())
}
