//! Values at the lower end of the element types: intervals of a few numbers, and zeros.

use seedbed::{Distribution, Element, Exec, Level, Normal, Sample, TruncatedNormal, Uniform};

use crate::common::{Bits, assert_same, levels, stream};
use crate::for_each_element;

/// The least number above 0, which all numbers are multiples of.
fn least<T: Element>() -> f64 {
    T::default().step_up().to_f64()
}

/// The difference of 1 and the next number.
fn epsilon<T: Element>() -> f64 {
    T::from_f64(1.0).step_up().to_f64() - 1.0
}

/// The numbers `u` that uniform values are made of.
fn units<T: Element>(count: usize) -> Vec<f64> {
    let mut words = vec![0; count];
    stream().words_into(&mut words);
    let halves = |word: u64| [word as u32, (word >> 32) as u32];
    let unit = |half: u32| f64::from(half >> 8) / 2_f64.powi(24);
    match T::NAME {
        "f64" => words.into_iter().map(|w| (w >> 11) as f64 / 2_f64.powi(53)).collect(),
        _ => words.into_iter().flat_map(halves).map(unit).take(count).collect(),
    }
}

/// `[low, high)` in multiples of the least number: from a single one to where the factor of the random
/// bits is a normal number (2^47 in f32, 2^105 in f64).
fn intervals<T: Element>() -> Vec<[f64; 2]> {
    let small = [1.0, 2.0, 3.0, 5.0, 10.0, 100.0, 1001.0, 1e6 + 1.0, 8_388_607.0, 12_582_913.0];
    let large =
        [(0.999, 24), (1.7, 30), (0.999, 47), (1.0, 47), (1.1, 52), (1.3, 60), (0.999, 105)];
    let large = large.into_iter().chain([(1.0, 105)]);
    let large = large.map(|(factor, power): (f64, _)| (factor * 2_f64.powi(power)).round());
    let most = 0.4 * T::from_f64(f64::INFINITY).step_down().to_f64() / least::<T>();
    let widths = small.into_iter().chain(large).filter(|width: &f64| *width <= most);
    let shifts = [0.0, -1.0, -0.5, -0.3, 1.0];
    widths
        .flat_map(|width| shifts.map(|shift: f64| [(shift * width).round(), width]))
        .map(|[low, width]| [low, low + width])
        .collect()
}

/// The distance of the numbers next to the greater bound of an interval, in multiples of the least
/// number; twice that, as bounds and widths are rounded too, where it is more.
fn resolution<T: Element>([low, high]: [f64; 2]) -> f64 {
    (2.0 * epsilon::<T>() * low.abs().max(high.abs())).max(1.0)
}

fn uniform<T: Element>([low, high]: [f64; 2]) -> Uniform<T> {
    Uniform::new(low * least::<T>(), high * least::<T>()).unwrap()
}

fn narrow_values_are_those_of_the_formula<T: Bits>() {
    const COUNT: usize = 5003;
    let units = units::<T>(COUNT);
    for [low, high] in intervals::<T>() {
        let uniform = uniform::<T>([low, high]);
        let what = format!("{} in [{low}, {high})", T::NAME);
        let values = uniform.sample_vec(COUNT, &stream());
        for level in levels() {
            let exec = Exec::sequential().level(level).unwrap();
            let at_level = uniform.with(exec).sample_vec(COUNT, &stream());
            assert_same(&at_level, &values, &format!("{what} at {level}"));
        }
        for (value, unit) in values.into_iter().zip(&units) {
            let (value, exact) = (value.to_f64() / least::<T>(), low + (high - low) * unit);
            assert!(low <= value && value < high, "{what}: {value}");
            let off = (value - exact).abs();
            assert!(off <= 1.001 * resolution::<T>([low, high]), "{what}: {value} for {exact}");
        }
    }
}

#[test]
fn narrow_intervals_have_the_values_of_the_formula() {
    for_each_element!(T => narrow_values_are_those_of_the_formula::<T>());
}

fn narrow_values_follow_their_distribution<T: Bits>() {
    const COUNT: usize = 1 << 16;
    let n = COUNT as f64;
    for [low, high] in intervals::<T>() {
        let (width, what) = (high - low, format!("{} in [{low}, {high})", T::NAME));
        // In parts of the width, as is all that follows.
        let resolution = resolution::<T>([low, high]) / width;
        let values = uniform::<T>([low, high]).sample_vec(COUNT, &stream());
        let part = |value: T| (value.to_f64() / least::<T>() - low) / width;
        let values: Vec<f64> = values.into_iter().map(part).collect();
        let mean = values.iter().sum::<f64>() / n;
        let near = |value: f64, expected: f64, error: f64, what: &str| {
            let off = (value - expected).abs();
            assert!(off < 6.0 * error + resolution, "{what} is {value}, not {expected}");
        };
        let std = 12_f64.sqrt().recip();
        near(mean, 0.5, std / n.sqrt(), &format!("{what}: mean"));
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
        near(variance.sqrt(), std, std * (0.2 / n).sqrt(), &format!("{what}: deviation"));
        for quarter in 1..4 {
            let below = f64::from(quarter) / 4.0;
            let share = values.iter().filter(|value| **value < below).count() as f64 / n;
            let error = (below * (1.0 - below) / n).sqrt();
            near(share, below, error, &format!("{what}: share below {below}"));
        }
    }
}

#[test]
fn narrow_intervals_have_uniform_values() {
    for_each_element!(T => narrow_values_follow_their_distribution::<T>());
}

/// Two standard deviations of 71 of the least numbers: to make 71 smaller by one is 1.4 %.
fn subnormal_deviations_are_kept<T: Element>(std: f64, sigmas: f64, factor: f64) {
    const COUNT: usize = 1 << 18;
    let truncated = TruncatedNormal::<T>::new(0.0, std * least::<T>(), -sigmas, sigmas).unwrap();
    let values = truncated.sample_vec(COUNT, &stream());
    let squares = values.into_iter().map(|v| (v.to_f64() / least::<T>()).powi(2)).sum::<f64>();
    let (actual, expected) = ((squares / COUNT as f64).sqrt(), factor * std);
    let error = expected / (2.0 * COUNT as f64).sqrt();
    assert!((actual - expected).abs() < 6.0 * error, "{}: {actual}, not {expected}", T::NAME);
}

#[test]
fn a_truncated_normal_keeps_a_subnormal_deviation() {
    for_each_element!(T => subnormal_deviations_are_kept::<T>(71.0, 2.0, 0.879_625_661_034));
    for_each_element!(T => subnormal_deviations_are_kept::<T>(51.0, 15.0, 1.0));
}

/// The share of each quarter of an interval, where all is a part of the largest number.
fn huge_deviations_are_kept<T: Element>([mean, std, low, high]: [f64; 4]) {
    const COUNT: usize = 1 << 16;
    let unit = T::from_f64(f64::INFINITY).step_down().to_f64();
    let sigmas = [low, high].map(|bound| (bound - mean) / std);
    let new = |unit: f64| TruncatedNormal::<T>::new(mean * unit, std * unit, sigmas[0], sigmas[1]);
    let values = new(unit).unwrap().sample_vec(COUNT, &stream());
    let probability = |bound| Distribution::from(new(1.0).unwrap()).probability(low, bound);
    for quarter in 1..4 {
        let bound = low + (high - low) * f64::from(quarter) / 4.0;
        let below = values.iter().filter(|value| value.to_f64() / unit < bound).count();
        let (share, expected) = (below as f64 / COUNT as f64, probability(bound));
        // The bounds of bf16 are rounded by up to 1/256 of themselves.
        let allowed = if T::NAME == "bf16" { 0.02 } else { 0.01 };
        assert!((share - expected).abs() < allowed, "{}: {share}, not {expected}", T::NAME);
    }
}

/// Near the largest number, where the difference of two values overflows.
#[test]
fn a_truncated_normal_keeps_a_huge_deviation() {
    for parameters in [[0.0, 0.9, -0.9, 0.9], [-0.7, 0.4, 0.0, 0.25], [0.1, 0.9, -0.8, 0.85]] {
        for_each_element!(T => huge_deviations_are_kept::<T>(parameters));
    }
    for parameters in [
        [-0.97, 0.6, -0.97, 0.95],
        [-0.95, 0.6, -0.97, 0.97],
        [0.95, 0.6, -0.9, 0.97],
        [-0.7, 0.4, 0.0, 0.97],
        [0.0, 3.0, 0.0, 0.3],
        [0.0, 3.0, -0.5, 0.6],
        [0.5, 1e9, -0.9, 0.9],
    ] {
        // In f64 such bounds could not be computed.
        huge_deviations_are_kept::<f32>(parameters);
        huge_deviations_are_kept::<half::bf16>(parameters);
    }
}

/// What [`zeros`] fills a slice with.
type Fill<T> = Box<dyn Fn(&mut [T], Exec)>;

/// Distributions of zeros, and of bounds that are rounded to zeros of either sign. No value is below
/// half the least number, so none is rounded to -0.
fn zeros<T: Element + 'static>() -> Vec<Fill<T>> {
    fn fill<T: Element>(distribution: impl Sample<T> + Copy + 'static) -> Fill<T> {
        Box::new(move |out, exec| distribution.with(exec).sample_into(out, &stream()))
    }
    let uniform = |low, high| fill(Uniform::<T>::new(low, high).unwrap());
    let truncated =
        |mean, std, low, high| fill(TruncatedNormal::<T>::absolute(mean, std, low, high).unwrap());
    let (least, infinity) = (least::<T>(), f64::INFINITY);
    // Rounded to -0, except for f64, which is so fine that it has no such numbers.
    let minus = if T::NAME == "f64" { -0.0 } else { -0.4 * least };
    vec![
        uniform(-0.0, -0.0),
        uniform(-0.0, 5.0 * least),
        uniform(minus, 5.0 * least),
        uniform(minus, 1.0),
        fill(Normal::<T>::new(-0.0, 0.0).unwrap()),
        fill(TruncatedNormal::<T>::new(-0.0, 0.0, -2.0, 2.0).unwrap()),
        truncated(-0.0, 3.0 * least, minus, infinity),
        truncated(minus, 3.0 * least, minus, infinity),
        truncated(minus, 3.0 * least, minus, 3.0 * least),
        truncated(0.0, 1.0, minus, infinity),
        truncated(-10.0 * least, 3.0 * least, minus, infinity),
    ]
}

/// The sign of a zero that is a bound must not be left to the processor.
fn zeros_are_positive<T: Bits + 'static>() {
    for (i, fill) in zeros::<T>().into_iter().enumerate() {
        for level in levels() {
            let mut values = vec![T::default(); 5003];
            fill(&mut values, Exec::sequential().level(level).unwrap());
            let first = values.iter().position(|value| value.to_f64().is_sign_negative());
            assert_eq!(first, None, "distribution {i} of {} at {level}", T::NAME);
        }
    }
}

#[test]
fn zeros_are_positive_at_every_level() {
    for_each_element!(T => zeros_are_positive::<T>());
}

/// Bounds of zero from the other side, where negative values are: the levels agree on the signs.
fn zeros_are_the_same<T: Bits>() {
    let (least, infinity) = (least::<T>(), f64::INFINITY);
    for high in [-0.0, 0.0, 0.4 * least, least] {
        let truncated = TruncatedNormal::<T>::absolute(0.0, 3.0 * least, -infinity, high).unwrap();
        let portable = Exec::sequential().level(Level::Portable).unwrap();
        let expected = truncated.with(portable).sample_vec(5003, &stream());
        for level in levels() {
            let exec = Exec::sequential().level(level).unwrap();
            let values = truncated.with(exec).sample_vec(5003, &stream());
            assert_same(&values, &expected, &format!("{} below {high} at {level}", T::NAME));
        }
    }
}

#[test]
fn zeros_have_the_same_sign_at_every_level() {
    for_each_element!(T => zeros_are_the_same::<T>());
}

/// A bound that is no number of the type moves the values by its rounding only where it must: next to it.
#[test]
fn values_are_not_off_by_the_rounding_of_a_bound() {
    const COUNT: usize = 1 << 20;
    let (std, low) = (1e-4, 100.0 + 3e-6);
    let truncated = TruncatedNormal::<f32>::absolute(100.0, std, low, f64::INFINITY).unwrap();
    let values: Vec<f32> = truncated.sample_vec(COUNT, &stream());
    let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / COUNT as f64;
    // Rounding to numbers 0.08 standard deviations apart, and up next to the bound.
    let off = (mean - truncated.mean()) / std;
    assert!(off.abs() < 0.005, "{off} standard deviations off");
}

/// The mean is a bound, and no value is the mean, wherever it is rounded to.
fn halves_are_strictly_on_their_side<T: Element>() {
    for (mean, std) in [(0.0, 1.0), (0.25, 1e-4), (1.0 / 3.0, 0.5), (-100.0, 0.1)] {
        let sigmas = [[0.0, f64::INFINITY], [f64::NEG_INFINITY, 0.0]];
        let [above, below] = sigmas.map(|[low, high]| {
            let half = TruncatedNormal::<T>::new(mean, std, low, high).unwrap();
            half.sample_vec(5003, &stream())
        });
        assert!(above.iter().all(|x| x.to_f64() > mean), "{} above {mean}", T::NAME);
        assert!(below.iter().all(|x| x.to_f64() < mean), "{} below {mean}", T::NAME);
    }
}

#[test]
fn a_half_normal_is_strictly_on_its_side() {
    for_each_element!(T => halves_are_strictly_on_their_side::<T>());
}
