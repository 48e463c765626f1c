//! The uniform distribution: every code of f32, every digit of f64, and no value outside the interval.

use seedbed::{Element, Sample, Uniform};

use crate::for_each_element;
use crate::support::{
    BUFFER, Powers, assert_counts, assert_near, assert_standard, few, sample, samples,
};

fn unit<T: Element>() -> impl Sample<T> {
    Uniform::<T>::new(0.0, 1.0).unwrap()
}

/// The moments of a uniform number in `[-1/2, 1/2)`.
const MOMENTS: [f64; 8] = [0.0, 1.0 / 12.0, 0.0, 1.0 / 80.0, 0.0, 1.0 / 448.0, 0.0, 1.0 / 2304.0];

/// How often each of some bits of a code is set.
fn assert_digits(what: &str, counts: &[u32]) {
    let n: f64 = counts.iter().map(|c| f64::from(*c)).sum();
    let set = |digit: usize| -> u64 {
        let with = counts.iter().enumerate().filter(|(code, _)| code >> digit & 1 == 1);
        with.map(|(_, count)| u64::from(*count)).sum()
    };
    let digits = 0..counts.len().trailing_zeros() as usize;
    let off: Vec<f64> = digits.map(|d| (set(d) as f64 - n / 2.0) / (n / 4.0).sqrt()).collect();
    assert_standard(&format!("{what}: digits"), &off);
}

fn assert_uniform(what: &str, counts: &[u32]) {
    assert_counts(what, counts, &vec![1.0 / counts.len() as f64; counts.len()]);
    assert_digits(what, counts);
}

/// Pairs of neighbours in 2^10 * 2^10 cells, for a buffer of numbers' leading 10 bits.
fn count_pairs(pairs: &mut [u32], leading: impl Iterator<Item = usize>) {
    let mut before = 0;
    for (i, digits) in leading.enumerate() {
        if i % 2 == 1 {
            pairs[before << 10 | digits] += 1;
        }
        before = digits;
    }
}

/// Each of the 2^24 codes is counted.
#[test]
fn every_f32_is_as_frequent_as_every_other() {
    let mut counts = vec![0_u32; 1 << 24];
    let mut pairs = vec![0; 1 << 20];
    sample(&unit::<f32>(), "uniform", samples(), |values| {
        for value in values {
            let code = value * 16_777_216.0;
            assert!(code < 16_777_216.0 && code.fract() == 0.0, "{value} is not a code");
            counts[code as usize] += 1;
        }
        count_pairs(&mut pairs, values.iter().map(|v| (v * 1024.0) as usize));
    });
    if !cfg!(debug_assertions) {
        assert_eq!(counts.iter().position(|count| *count == 0), None, "a code is not reached");
    }
    assert_uniform("f32", &counts);
    assert_uniform("f32 pairs", &pairs);
}

/// The 53 digits are counted in three parts.
#[test]
fn every_digit_of_an_f64_is_fair() {
    let mut parts = [vec![0_u32; 1 << 20], vec![0; 1 << 17], vec![0; 1 << 16]];
    let mut pairs = vec![0; 1 << 20];
    let mut powers = Powers::default();
    let mut centred = vec![0.0; BUFFER];
    sample(&unit::<f64>(), "uniform", samples(), |values| {
        for value in values {
            let digits = value * 9_007_199_254_740_992.0;
            assert!(digits < 9_007_199_254_740_992.0 && digits.fract() == 0.0, "{value}");
            let digits = digits as u64;
            let [high, middle, low] = &mut parts;
            high[(digits >> 33) as usize] += 1;
            middle[(digits >> 16) as usize & 0x1_ffff] += 1;
            low[digits as usize & 0xffff] += 1;
        }
        count_pairs(&mut pairs, values.iter().map(|v| (v * 1024.0) as usize));
        centred.iter_mut().zip(values).for_each(|(c, v)| *c = v - 0.5);
        powers.add(&centred);
    });
    for (what, part) in ["leading", "middle", "last"].into_iter().zip(&parts) {
        assert_uniform(&format!("f64, {what} digits"), part);
    }
    assert_uniform("f64 pairs", &pairs);
    powers.check("f64", MOMENTS);
}

/// Intervals whose upper bound is reached by a plain `low + (high - low) u`, and others.
const INTERVALS: [[f64; 2]; 10] = [
    [1.0, 1.5],
    [100.0, 101.0],
    [-0.1, 0.1],
    [-1.0, 0.0],
    [0.0, 1e-3],
    [-1e4, 3.0],
    [65_000.0, 65_100.0],
    [1e-30, 1e-29],
    [-101.0, -100.0],
    [2.0, 2.1],
];

fn stays_inside<T: Element>() {
    for [low, high] in INTERVALS {
        let what = format!("{} in [{low:e}, {high:e})", T::NAME);
        let distribution = Uniform::<T>::new(low, high);
        if T::NAME == "f16" && low == 1e-30 {
            assert!(distribution.is_err(), "{what}: there is no such number");
            continue;
        }
        let (count, mut sum) = (few(1 << 26), 0.0);
        sample(&distribution.unwrap(), "intervals", count, |values| {
            for value in values.iter().map(|v| v.to_f64()) {
                assert!(low <= value && value < high, "{what}: {value}");
                sum += value - low;
            }
        });
        if ["f32", "f64"].contains(&T::NAME) {
            let (n, width) = (count as f64, high - low);
            let rounding = f64::from(f32::EPSILON) * low.abs().max(high.abs()) / 8.0;
            let error = width / (12.0 * n).sqrt() + if T::NAME == "f32" { rounding } else { 0.0 };
            assert_near(&format!("{what}: mean above low"), sum / n, width / 2.0, error);
        }
    }
}

#[test]
fn no_value_leaves_its_interval() {
    for_each_element!(T => stays_inside::<T>());
}
