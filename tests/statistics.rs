//! The laws' distributions. Seeds are fixed, so a test that passes stays so; every tolerance is 5.5
//! standard errors of a correct sampler (a false alarm in 10^7), and 2.6 / sqrt(n) for the
//! Kolmogorov-Smirnov distance (in 7 * 10^5).

mod common;

use half::{bf16, f16};
use seedbed::{Element, Normal, Sample, Seed, TruncatedNormal, Uniform};
use statrs::distribution::{ContinuousCDF, Normal as Reference};
use statrs::function::erf::erfc;

const N: usize = if cfg!(debug_assertions) { 1 << 20 } else { 1 << 24 };
const ERRORS: f64 = 5.5;

fn sample<T: Element>(law: &impl Sample<T>, path: &str) -> Vec<f64> {
    law.sample_vec(N, &Seed::from(2024).stream(path)).into_iter().map(T::to_f64).collect()
}

fn assert_near(what: &str, value: f64, expected: f64, standard_error: f64) {
    let off = (value - expected) / standard_error;
    assert!(off.abs() < ERRORS, "{what} is {value}, expected {expected}: {off:.1} errors off");
}

/// The central moments of a sample: mean, variance, third and fourth.
fn moments(values: &[f64]) -> [f64; 4] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let power = |p| values.iter().map(|v| (v - mean).powi(p)).sum::<f64>() / n;
    [mean, power(2), power(3), power(4)]
}

/// The largest distance of the sample's distribution from `cdf`; ties count as one step.
fn ks_distance(values: &mut [f64], cdf: impl Fn(f64) -> f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let mut distance: f64 = 0.0;
    let mut i = 0;
    while i < values.len() {
        let j = i + values[i..].partition_point(|v| *v == values[i]);
        let expected = cdf(values[i]);
        distance =
            distance.max((expected - i as f64 / n).abs()).max((j as f64 / n - expected).abs());
        i = j;
    }
    distance
}

fn assert_distribution(what: &str, values: &mut [f64], cdf: impl Fn(f64) -> f64) {
    let scaled = ks_distance(values, cdf) * (values.len() as f64).sqrt();
    assert!(scaled < 2.6, "{what}: sqrt(n) D = {scaled}");
}

fn phi(x: f64) -> f64 {
    Reference::standard().cdf(x)
}

fn normal_moments<T: Element>() {
    let [mean, variance, third, fourth] =
        moments(&sample(&Normal::<T>::new(0.0, 1.0).unwrap(), T::NAME));
    let n = (N as f64).sqrt();
    assert_near("mean", mean, 0.0, 1.0 / n);
    assert_near("variance", variance, 1.0, 2_f64.sqrt() / n);
    assert_near("third moment", third, 0.0, 15_f64.sqrt() / n);
    assert_near("fourth moment", fourth, 3.0, 96_f64.sqrt() / n);
}

#[test]
fn normal_moments_are_right() {
    normal_moments::<f32>();
    normal_moments::<f64>();
}

#[test]
fn normal_values_follow_the_normal_cdf() {
    assert_distribution("f32", &mut sample(&Normal::<f32>::new(0.0, 1.0).unwrap(), "ks"), phi);
    assert_distribution("f64", &mut sample(&Normal::<f64>::new(0.0, 1.0).unwrap(), "ks"), phi);
    let mut shifted = sample(&Normal::<f64>::new(3.0, 0.25).unwrap(), "shifted");
    assert_distribution("shifted", &mut shifted, |x| phi((x - 3.0) / 0.25));
}

fn normal_tails<T: Element>() {
    let values = sample(&Normal::<T>::new(0.0, 1.0).unwrap(), "tails");
    for bound in [1.0, 2.0, 3.0, 3.6, 3.7, 4.0, 4.5] {
        let p = 0.5 * erfc(bound / 2_f64.sqrt());
        let expected = N as f64 * p;
        let above = values.iter().filter(|v| **v > bound).count() as f64;
        let below = values.iter().filter(|v| **v < -bound).count() as f64;
        let error = (expected * (1.0 - p)).sqrt().max(1.0);
        assert_near(&format!("{} count above {bound}", T::NAME), above, expected, error);
        assert_near(&format!("{} count below -{bound}", T::NAME), below, expected, error);
    }
}

#[test]
fn normal_tails_hold_as_many_values_as_they_should() {
    normal_tails::<f32>();
    normal_tails::<f64>();
}

#[test]
fn zero_is_not_special() {
    let values: Vec<f32> =
        Normal::new(0.0, 1.0).unwrap().sample_vec(N, &Seed::from(1).stream("zero"));
    assert!(values.iter().all(|v| *v != 0.0));
    // The density near 0 is that of the law, on both sides.
    let width = 1e-3;
    let expected = N as f64 * width / (2.0 * core::f64::consts::PI).sqrt();
    let positive = values.iter().filter(|v| **v > 0.0 && f64::from(**v) < width).count() as f64;
    let negative = values.iter().filter(|v| **v < 0.0 && -f64::from(**v) < width).count() as f64;
    assert_near("just above 0", positive, expected, expected.sqrt());
    assert_near("just below 0", negative, expected, expected.sqrt());
}

fn uniform<T: Element>() {
    let mut values = sample(&Uniform::<T>::new(0.0, 1.0).unwrap(), "uniform");
    let [mean, variance, third, fourth] = moments(&values);
    let n = (N as f64).sqrt();
    assert_near("mean", mean, 0.5, (1.0 / 12.0_f64).sqrt() / n);
    assert_near("variance", variance, 1.0 / 12.0, (1.0 / 180.0_f64).sqrt() / n);
    assert_near("third moment", third, 0.0, (1.0 / 448.0_f64).sqrt() / n);
    assert_near("fourth moment", fourth, 1.0 / 80.0, (1.0 / 3600.0_f64).sqrt() / n);
    assert_distribution(T::NAME, &mut values, |x| x);
}

#[test]
fn uniform_values_are_uniform() {
    uniform::<f32>();
    uniform::<f64>();
}

#[test]
fn every_digit_of_a_uniform_value_is_a_fair_coin() {
    let single: Vec<f32> =
        Uniform::new(0.0, 1.0).unwrap().sample_vec(N, &Seed::from(1).stream("d"));
    let double: Vec<f64> =
        Uniform::new(0.0, 1.0).unwrap().sample_vec(N, &Seed::from(1).stream("d"));
    let error = (N as f64).sqrt() / 2.0;
    for digit in 1..=53 {
        let set = |v: f64| (v * 2_f64.powi(digit)) as u64 & 1 == 1;
        let count = double.iter().filter(|v| set(**v)).count() as f64;
        assert_near(&format!("f64 digit {digit}"), count, N as f64 / 2.0, error);
        if digit <= 24 {
            let count = single.iter().filter(|v| set(f64::from(**v))).count() as f64;
            assert_near(&format!("f32 digit {digit}"), count, N as f64 / 2.0, error);
        }
    }
    assert!(single.iter().all(|v| (v * 2_f32.powi(24)).fract() == 0.0));
    assert!(double.iter().all(|v| (v * 2_f64.powi(53)).fract() == 0.0));
}

/// `P(X > x)` of a standard normal number conditioned on `a < X < b`, from the nearer tail.
fn survival(x: f64, a: f64, b: f64) -> f64 {
    let upper = |x: f64| 0.5 * erfc(x / 2_f64.sqrt());
    if a >= 0.0 {
        (upper(x) - upper(b)) / (upper(a) - upper(b))
    } else {
        1.0 - (upper(-x) - upper(-a)) / (upper(-b) - upper(-a))
    }
}

#[test]
fn truncated_values_follow_the_conditional_cdf() {
    let infinity = f64::INFINITY;
    for (a, b) in [
        (-2.0, 2.0),
        (-1.0, 1.0),
        (-1.3, 1.4),
        (-0.5, 3.0),
        (0.0, infinity),
        (0.4, 2.0),
        (0.4, infinity),
        (3.0, infinity),
        (6.0, infinity),
        (8.0, 9.0),
        (5.0, 5.000_1),
        (30.0, 31.0),
        (-0.001, 0.001),
        (-infinity, -4.0),
        (-infinity, 0.5),
        (-7.0, -1.0),
        (-20.0, 20.0),
    ] {
        let law = TruncatedNormal::<f64>::new(0.0, 1.0, a, b).unwrap();
        let values = law.sample_vec(N / 8, &Seed::from(3).stream("truncated"));
        let mut values: Vec<f64> = values;
        assert_distribution(&format!("({a}, {b})"), &mut values, |x| 1.0 - survival(x, a, b));
    }
}

#[test]
fn a_cut_at_two_sigmas_leaves_the_right_moments() {
    let cut = 0.879_625_661_034_239_8_f64;
    for values in [
        sample(&TruncatedNormal::<f32>::new(0.0, 1.0, -2.0, 2.0).unwrap(), "cut"),
        sample(&TruncatedNormal::<f64>::new(0.0, 1.0, -2.0, 2.0).unwrap(), "cut"),
    ] {
        let [mean, variance, third, fourth] = moments(&values);
        let n = (N as f64).sqrt();
        // By parts: E x^4 = 3 E x^2 - 2 * 2^3 phi(2) / P, and E x^2 = 1 - 2 * 2 phi(2) / P.
        let density = (-2_f64).exp() / (2.0 * core::f64::consts::PI).sqrt();
        let inside = 1.0 - erfc(2_f64.sqrt());
        let expected_fourth = 3.0 - 2.0 * density * (8.0 + 3.0 * 2.0) / inside;
        assert_near("mean", mean, 0.0, cut / n);
        let error = (expected_fourth - cut.powi(4)).sqrt();
        assert_near("variance", variance, cut * cut, error / n);
        assert_near("third moment", third, 0.0, 3.0 / n);
        assert_near("fourth moment", fourth, expected_fourth, 4.0 / n);
    }
}

/// PyTorch's truncated normal was wrong for a small standard deviation and wide bounds.
#[test]
fn wide_bounds_leave_a_normal_law() {
    for std in [1.0, 0.02, 0.002, 1e-4] {
        let law = TruncatedNormal::<f32>::absolute(0.0, std, -2.0, 2.0).unwrap();
        let values = sample(&law, "wide");
        let [_, variance, _, fourth] = moments(&values);
        let kurtosis = fourth / (variance * variance);
        if std < 1.0 {
            assert_near(&format!("kurtosis at {std}"), kurtosis, 3.0, (24.0 / N as f64).sqrt());
        }
        assert!(values.iter().all(|v| v.abs() < (9.0 * std).min(2.0)));
    }
}

fn half_frequencies<T: Element>(ulps: impl Fn(f64) -> f64) {
    let values = sample(&Normal::<T>::new(0.0, 1.0).unwrap(), "half");
    // Values from 1 to 2: each stands for half a unit in its last place on both sides.
    let mut counts = std::collections::BTreeMap::<u64, usize>::new();
    for value in values.iter().filter(|v| (1.0..2.0).contains(*v)) {
        *counts.entry(value.to_bits()).or_default() += 1;
    }
    for (bits, count) in counts {
        let value = f64::from_bits(bits);
        if value == 1.0 {
            continue; // the spacing below is another
        }
        let p = phi(value + ulps(value) / 2.0) - phi(value - ulps(value) / 2.0);
        let expected = N as f64 * p;
        assert_near(
            &format!("{} frequency of {value}", T::NAME),
            count as f64,
            expected,
            expected.sqrt(),
        );
    }
}

#[test]
fn half_precision_values_have_the_frequencies_of_rounding() {
    half_frequencies::<bf16>(|_| 2_f64.powi(-7));
    half_frequencies::<f16>(|_| 2_f64.powi(-10));
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let ([mean_a, var_a, ..], [mean_b, var_b, ..]) = (moments(a), moments(b));
    let sum: f64 = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum();
    sum / a.len() as f64 / (var_a * var_b).sqrt()
}

#[test]
fn values_do_not_depend_on_each_other() {
    let values = sample(&Normal::<f32>::new(0.0, 1.0).unwrap(), "serial");
    let squares: Vec<f64> = values.iter().map(|v| v * v).collect();
    // Lanes, halves of words, groups, blocks and chunks.
    for lag in [1, 2, 7, 8, 9, 15, 16, 17, 64, 4096, 1 << 19] {
        let error = 1.0 / ((N - lag) as f64).sqrt();
        for (what, values) in [("values", &values), ("squares", &squares)] {
            let r = correlation(&values[lag..], &values[..N - lag]);
            assert_near(&format!("correlation of {what} at lag {lag}"), r, 0.0, error);
        }
    }
}

#[test]
fn streams_do_not_depend_on_each_other() {
    let law = Normal::<f32>::new(0.0, 1.0).unwrap();
    let of = |stream: seedbed::Stream| -> Vec<f64> {
        law.sample_vec(N / 8, &stream).into_iter().map(f64::from).collect()
    };
    let seed = Seed::from(7);
    let base = of(seed.stream("a"));
    let error = 1.0 / (N as f64 / 8.0).sqrt();
    for (what, other) in [
        ("path b", of(seed.stream("b"))),
        ("path 0", of(seed.stream(0_u64))),
        ("seed 8", of(Seed::from(8).stream("a"))),
        ("child", of(seed.stream("a").child("a"))),
        ("next chunk", of(seed.stream("a").at(1 << 19).unwrap())),
    ] {
        assert_near(&format!("correlation with {what}"), correlation(&base, &other), 0.0, error);
    }
    let uniform = Uniform::<f32>::new(0.0, 1.0).unwrap();
    let uniform: Vec<f64> =
        uniform.sample_vec(N / 8, &seed.stream("b")).into_iter().map(f64::from).collect();
    assert_near("correlation with a uniform", correlation(&base, &uniform), 0.0, error);
}
