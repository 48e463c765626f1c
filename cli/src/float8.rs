//! Elements of 8 bits, rounded once from the f32 values of the same stream.
//!
//! The rounding is that of the crate `float8`, to nearest even, which takes about as long as sampling ten
//! values. A table has it for all f32 whose last 16 bits are 0. An f32 has the same nearest number as the
//! first 16 of its bits if the last of these is 1 whenever any of the rest is ("rounding to odd", Sylvie
//! Boldo and Guillaume Melquiond, 2008, "Emulation of a FMA and Correctly Rounded Sums: Proved Algorithms
//! Using Rounding to Odd"): 8 bits of precision are more than the 4 of E4M3 by at least 2.

use std::sync::LazyLock;

use float8::{F8E4M3, F8E5M2};
use safetensors::Dtype;
use seedbed::{Distribution, Error, Exec, Initializer, Stream, Values};

use crate::recipe::Bytes;

/// The code of each f32 whose last 16 bits are 0.
type Table = [u8];

static E4M3: LazyLock<Box<Table>> = LazyLock::new(|| table(|x| F8E4M3::from_f32(x).to_bits()));
static E5M2: LazyLock<Box<Table>> = LazyLock::new(|| table(|x| F8E5M2::from_f32(x).to_bits()));

fn table(round: impl Fn(f32) -> u8) -> Box<Table> {
    (0..1u32 << 16).map(|first| round(f32::from_bits(first << 16))).collect()
}

/// Returns the code of an f32.
#[inline(always)]
fn round(table: &Table, value: f32) -> u8 {
    let bits = value.to_bits();
    table[(bits >> 16 | u32::from(bits & 0xffff != 0)) as usize]
}

/// Returns the numbers of all codes of F8_E4M3 or F8_E5M2.
pub fn decoded(dtype: Dtype) -> [f32; 256] {
    std::array::from_fn(|code| match dtype {
        Dtype::F8_E4M3 => F8E4M3::from_bits(code as u8).to_f32(),
        _ => F8E5M2::from_bits(code as u8).to_f32(),
    })
}

/// Returns all finite numbers of a type in order.
fn numbers(dtype: Dtype) -> Vec<f32> {
    let mut numbers: Vec<f32> = decoded(dtype).into_iter().filter(|x| x.is_finite()).collect();
    numbers.sort_by(f32::total_cmp);
    numbers
}

/// Returns the bytes of the values of an initializer in F8_E4M3 or F8_E5M2.
///
/// # Errors
///
/// Those of the initializer, and bounds between which there is no number of the type.
pub fn bytes(
    initializer: &Initializer,
    shape: &[usize],
    stream: Stream,
    dtype: Dtype,
) -> Result<Box<dyn Bytes>, String> {
    let values = initializer.for_shape::<f32>(shape).map_err(|e| e.to_string())?;
    let bounds = bounds(values.distribution(), dtype)?;
    let table = if dtype == Dtype::F8_E4M3 { &E4M3 } else { &E5M2 };
    Ok(Box::new(Rounded { values: values.with(Exec::sequential()), stream, bounds, table }))
}

/// Returns the least and the greatest number of the type that are values of the distribution.
fn bounds(distribution: Option<&Distribution<f32>>, dtype: Dtype) -> Result<[f32; 2], String> {
    let numbers = numbers(dtype);
    let all = [numbers[0], numbers[numbers.len() - 1]];
    let Some(distribution) = distribution else { return Ok(all) };
    let (low, high) = (distribution.low() as f32, distribution.high() as f32);
    let refuse = |what: &str| Err(format!("{what} of {dtype} from {low} to {high}"));
    if low == high {
        let within = (all[0]..=all[1]).contains(&low);
        return if within { Ok(all) } else { refuse("there is no number") };
    }
    // Only the lower bound of a uniform distribution is a possible value.
    let reached = matches!(distribution, Distribution::Uniform(_));
    let inside = |x: &&f32| (**x > low || reached && **x == low) && **x < high;
    let mut inside = numbers.iter().filter(inside);
    match (inside.next(), inside.next_back()) {
        (Some(&least), greatest) => Ok([least, greatest.map_or(least, |&x| x)]),
        (None, _) => refuse("there is no number"),
    }
}

struct Rounded {
    values: Values<f32>,
    stream: Stream,
    bounds: [f32; 2],
    table: &'static Table,
}

impl Bytes for Rounded {
    fn fill(&self, offset: usize, out: &mut [u8]) -> Result<(), Error> {
        let mut values = vec![0.0; out.len()];
        self.values.fill_range(offset, &mut values, &self.stream)?;
        let [low, high] = self.bounds;
        for (out, value) in out.iter_mut().zip(values) {
            *out = round(self.table, value.max(low).min(high));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use seedbed::Seed;

    use super::*;

    fn number(dtype: Dtype, code: u8) -> f32 {
        match dtype {
            Dtype::F8_E4M3 => F8E4M3::from_bits(code).to_f32(),
            _ => F8E5M2::from_bits(code).to_f32(),
        }
    }

    #[test]
    fn the_table_rounds_to_nearest_even() {
        for (dtype, table) in [(Dtype::F8_E4M3, &*E4M3), (Dtype::F8_E5M2, &*E5M2)] {
            let numbers = numbers(dtype);
            assert_eq!(numbers.len(), if dtype == Dtype::F8_E4M3 { 254 } else { 248 });
            for pair in numbers.windows(2).filter(|pair| pair[0] < pair[1]) {
                let [below, above] = [pair[0], pair[1]];
                // Exact, as the numbers have few digits.
                let middle = (below + above) / 2.0;
                assert_eq!(number(dtype, round(table, below)), below);
                assert_eq!(number(dtype, round(table, middle.next_down())), below, "{middle}");
                assert_eq!(number(dtype, round(table, middle.next_up())), above, "{middle}");
                let tie = round(table, middle);
                assert_eq!(tie & 1, 0, "{middle}");
            }
        }
    }

    #[test]
    fn values_are_the_f32_values_rounded_within_the_bounds() {
        let uniform = Initializer::uniform(-0.3, 0.1).unwrap();
        let stream = Seed::from(3).stream("w");
        let whole = uniform.for_shape::<f32>(&[10_000]).unwrap().to_vec(&stream).unwrap();
        for dtype in [Dtype::F8_E4M3, Dtype::F8_E5M2] {
            let made = bytes(&uniform, &[10_000], stream, dtype).unwrap();
            let mut codes = vec![0; 9_000];
            made.fill(1_000, &mut codes).unwrap();
            let inside: Vec<f32> =
                numbers(dtype).into_iter().filter(|x| (-0.3..0.1).contains(x)).collect();
            for (code, value) in codes.into_iter().zip(&whole[1_000..]) {
                let distance = |x: f32| (x - value).abs();
                let nearest =
                    inside.iter().copied().min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
                let found = number(dtype, code);
                assert_eq!(distance(found), distance(nearest.unwrap()), "{value} is {found}");
            }
        }
    }

    #[test]
    fn what_the_type_cannot_hold_is_refused() {
        let stream = Seed::from(3).stream("w");
        let refused = |initializer: Initializer| {
            bytes(&initializer, &[5], stream, Dtype::F8_E4M3).err().unwrap()
        };
        let constant = refused(Initializer::constant(500.0).unwrap());
        assert_eq!(constant, "there is no number of F8_E4M3 from 500 to 500");
        refused(Initializer::uniform(0.51, 0.52).unwrap());
        let one =
            bytes(&Initializer::constant(1.0).unwrap(), &[2], stream, Dtype::F8_E4M3).unwrap();
        let mut codes = [0; 2];
        one.fill(0, &mut codes).unwrap();
        assert_eq!(codes, [0x38; 2]);
    }
}
