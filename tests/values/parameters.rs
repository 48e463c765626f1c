//! What distributions accept and refuse, and the values at the edges of what they accept.

use half::{bf16, f16};
use seedbed::{Constant, Element, Normal, ParameterError, Sample, TruncatedNormal, Uniform};

use crate::common::stream;
use crate::for_each_element;

const BAD: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

fn message<D: core::fmt::Debug>(distribution: Result<D, ParameterError>) -> String {
    distribution.unwrap_err().to_string()
}

#[test]
fn parameters_must_be_finite() {
    for bad in BAD {
        assert!(matches!(
            Constant::<f32>::new(bad),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "value"
        ));
        assert!(matches!(
            Normal::<f32>::new(bad, 1.0),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "mean"
        ));
        assert!(matches!(
            Normal::<f32>::new(1.0, bad),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "std"
        ));
        assert!(matches!(
            Uniform::<f32>::new(bad, 1.0),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "low"
        ));
        assert!(matches!(
            Uniform::<f32>::new(0.0, bad),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "high"
        ));
        let truncated = TruncatedNormal::<f32>::new;
        assert!(matches!(
            truncated(bad, 1.0, -2.0, 2.0),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "mean"
        ));
        assert!(matches!(
            truncated(0.0, bad, -2.0, 2.0),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "std"
        ));
    }
    let nan = f64::NAN;
    for distribution in [TruncatedNormal::<f32>::new, TruncatedNormal::absolute] {
        assert!(matches!(
            distribution(0.0, 1.0, nan, 2.0),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "low"
        ));
        assert!(matches!(
            distribution(0.0, 1.0, 2.0, nan),
            Err(ParameterError::NonFinite { parameter, .. }) if parameter == "high"
        ));
    }
}

#[test]
fn messages_name_the_parameter_and_its_value() {
    assert_eq!(message(Normal::<f32>::new(0.0, -1.5)), "std is -1.5, but must be at least 0");
    assert_eq!(message(Normal::<f32>::new(f64::NAN, 1.0)), "mean is NaN, but must be finite");
    assert_eq!(message(Normal::<f32>::new(0.0, -1e-300)), "std is -1e-300, but must be at least 0");
    assert_eq!(message(Uniform::<f32>::new(2.0, 1.0)), "high is 1, but must be at least low");
    assert_eq!(
        message(TruncatedNormal::<f32>::new(0.0, 1.0, 2.0, 2.0)),
        "high is 2, but must be above low"
    );
    assert_eq!(
        message(Uniform::<bf16>::new(1.001, 1.002)),
        "no bf16 value lies between 1.001 and 1.002"
    );
    assert_eq!(
        message(Normal::<f16>::new(0.0, 5000.0)),
        "|mean| + 14 std is 70000, beyond the finite numbers of f16"
    );
    assert_eq!(
        stream().at(u64::MAX).unwrap_err().to_string(),
        format!("offset is {}, but a stream has 2^60 elements", u64::MAX)
    );
}

#[test]
fn a_range_that_overflows_is_refused() {
    let most = f64::from(f32::MAX);
    let overflow = Uniform::<f32>::new(-most, most);
    assert!(
        matches!(overflow, Err(ParameterError::Overflow { quantity, .. }) if quantity == "high - low")
    );
    assert!(matches!(Uniform::<f64>::new(-1e308, 1e308), Err(ParameterError::Overflow { .. })));
    assert!(matches!(Uniform::<f32>::new(0.0, 1e39), Err(ParameterError::Overflow { .. })));
    assert!(matches!(Constant::<f16>::new(65_520.0), Err(ParameterError::Overflow { .. })));
    assert!(matches!(Normal::<f32>::new(0.0, 1e38), Err(ParameterError::Overflow { .. })));
    let tail = TruncatedNormal::<f16>::new(0.0, 1000.0, 70.0, f64::INFINITY);
    assert!(matches!(tail, Err(ParameterError::Overflow { .. })));
    // 14 standard deviations are 56,000: too far on one side of the mean only.
    let cut = |low, high| TruncatedNormal::<f16>::new(10_000.0, 4000.0, low, high);
    let most = f64::INFINITY;
    assert!(
        matches!(cut(-1.0, most), Err(ParameterError::Overflow { quantity, .. }) if quantity == "high")
    );
    assert!(cut(-most, 1.0).is_ok());
    let cut = |low, high| TruncatedNormal::<f16>::new(-10_000.0, 4000.0, low, high);
    assert!(
        matches!(cut(-most, 1.0), Err(ParameterError::Overflow { quantity, .. }) if quantity == "low")
    );
    assert!(cut(-1.0, most).is_ok());
    assert!(Normal::<f16>::new(0.0, 4600.0).is_ok());
    assert!(Normal::<f64>::new(0.0, 1e38).is_ok());
    assert!(Uniform::<f16>::new(-65_504.0, 65_504.0).is_ok());
}

#[test]
fn point_distributions_are_constants() {
    let values: Vec<f32> = Normal::new(0.7, 0.0).unwrap().sample_vec(100, &stream());
    assert_eq!(values, [0.7; 100]);
    let values: Vec<f32> = Normal::new(0.0, 0.0).unwrap().sample_vec(100, &stream());
    assert!(values.iter().all(|v| v.to_bits() == 0), "no negative zeros");
    let values: Vec<f64> = Uniform::new(0.3, 0.3).unwrap().sample_vec(100, &stream());
    assert_eq!(values, [0.3; 100]);
    let values: Vec<bf16> = Uniform::new(0.3, 0.3).unwrap().sample_vec(100, &stream());
    assert_eq!(values, [bf16::from_f64(0.3); 100]);
    let values: Vec<f32> = Uniform::new(-0.0, 0.0).unwrap().sample_vec(100, &stream());
    assert!(values.iter().all(|v| v.to_bits() == 0));
    let distribution = TruncatedNormal::new(0.5, 0.0, -2.0, 2.0).unwrap();
    let values: Vec<f16> = distribution.sample_vec(100, &stream());
    assert_eq!(values, [f16::from_f64(0.5); 100]);
    assert_eq!(
        message(TruncatedNormal::<f32>::absolute(5.0, 0.0, -2.0, 2.0)),
        "mean is 5, but must be between low and high, as std is 0"
    );
    assert!(TruncatedNormal::<f32>::absolute(2.0, 0.0, -2.0, 2.0).is_ok());
}

#[test]
fn no_elements_are_a_no_op() {
    Normal::<f32>::new(0.0, 1.0).unwrap().sample_into(&mut [], &stream());
    let none: Vec<f64> = Uniform::new(0.0, 1.0).unwrap().sample_vec(0, &stream());
    assert!(none.is_empty());
}

/// Every range that a naive `low + (high - low) * u` is known to leave, and more.
fn ranges() -> Vec<(f64, f64)> {
    let (tiny, most) = (f64::from(f32::from_bits(1)), f64::from(f32::MAX));
    let mut ranges = vec![
        (0.0, 1.0),
        (-1.0, 1.0),
        (1.0, 1.5),
        (100.0, 101.0),
        (-101.0, -100.0),
        (1.0, 1.0 + f64::from(f32::EPSILON)),
        (1.0, 1.0 + 4.0 * f64::from(f32::EPSILON)),
        (-1.0, -1.0 + f64::from(f32::EPSILON)),
        (0.0, tiny),
        (-tiny, tiny),
        (0.0, 5.0 * tiny),
        (0.1 * most, most),
        (-0.4 * most, 0.5 * most),
        (-0.3, 0.7),
        (0.7, 0.700_001),
        (1e30, 1.000_001e30),
        (-0.0, 1e-38),
    ];
    for i in 1..40 {
        let low = -1.0 / f64::from(i);
        ranges.push((low, low + 0.1 / f64::from(i)));
    }
    ranges
}

fn uniform_stays_inside<T: Element>(ranges: &[(f64, f64)]) {
    for &(low, high) in ranges {
        let Ok(distribution) = Uniform::<T>::new(low, high) else {
            assert!(T::NAME.ends_with("f16"), "{} refuses [{low}, {high})", T::NAME);
            continue;
        };
        for value in distribution.sample_vec(100_000, &stream()) {
            let value = value.to_f64();
            assert!(low <= value && value < high, "{}: {value} in [{low}, {high})", T::NAME);
        }
    }
}

#[test]
fn a_uniform_value_never_leaves_its_interval() {
    uniform_stays_inside::<f32>(&ranges());
    uniform_stays_inside::<f16>(&ranges());
    uniform_stays_inside::<bf16>(&ranges());
    let narrow = [1.0, -3.0, 1e300].map(|x: f64| (x, x.next_up().next_up()));
    uniform_stays_inside::<f64>(&[&ranges()[..], &narrow].concat());
}

fn truncated_stays_inside<T: Element>(mean: f64, std: f64, low: f64, high: f64) {
    let Ok(distribution) = TruncatedNormal::<T>::absolute(mean, std, low, high) else {
        assert!(T::NAME != "f64", "{mean} {std} {low} {high}");
        return;
    };
    for value in distribution.sample_vec(20_000, &stream()) {
        let value = value.to_f64();
        assert!(low < value && value < high, "{}: {value} in ({low}, {high})", T::NAME);
    }
}

#[test]
fn a_truncated_value_is_strictly_inside() {
    let infinity = f64::INFINITY;
    for (mean, std, low, high) in [
        (0.0, 1.0, -2.0, 2.0),
        (0.0, 0.02, -0.04, 0.04),
        (1000.0, 1e-4, 1000.0 - 2e-4, 1000.0 + 2e-4),
        (1.0, 1e-7, 1.0 - 2e-7, 1.0 + 2e-7),
        (0.0, 1.0, 0.0, infinity),
        (0.0, 1.0, 3.0, infinity),
        (0.0, 1.0, -infinity, -4.0),
        (0.0, 1.0, 37.0, 38.0),
        (0.0, 1.0, 1000.0, 1001.0),
        (0.0, 1.0, 1e8, infinity),
        (0.0, 1e-160, 1.0, 2.0),
        (0.0, 1.0, 5.0, 5.0001),
        (0.0, 1.0, -0.001, 0.001),
        (7.0, 3.0, -20.0, 6.5),
        (0.0, 0.002, -2.0, 2.0),
        (0.0, 1e30, -1.0, 1.0),
        (-1e10, 1.0, -1.0, 1.0),
        (0.0, 1.0, -infinity, infinity),
        // The mean is rounded to a bound, or past it.
        (1.000_000_09, 1e-10, 0.0, 1.000_000_1),
        (1.000_000_09, 1e-9, 1.000_000_088, 1.000_000_092),
        (1.0, 1e-300, -f64::MAX, 1.0 + 1e-12),
    ] {
        for_each_element!(T => truncated_stays_inside::<T>(mean, std, low, high));
    }
}

/// About 15 values on either side come from the normal's tail and are rounded to the bound.
#[test]
fn a_truncated_value_of_the_tail_is_strictly_inside() {
    let (mean, std, distance) = (1.0, 1.25e-7, f64::from(f32::EPSILON) * 4.0);
    let distribution =
        TruncatedNormal::<f32>::absolute(mean, std, mean - distance, mean + distance);
    let values = distribution.unwrap().sample_vec(1 << 18, &stream());
    for value in values {
        assert!((f64::from(value) - mean).abs() < distance, "{value:e}");
    }
}

/// Bounds whose distance from the mean or from each other is nothing in f64, in standard deviations.
#[test]
fn bounds_that_are_too_far_or_too_near_in_sigmas_are_refused() {
    for (mean, std, low, high) in [
        (0.0, 1e-320, 1.0, 2.0),
        (0.0, 1e-320, -2.0, -1.0),
        (-1e308, 1e300, 1e308, 1.5e308),
        (1e300, 1e-10, 2e300, f64::INFINITY),
    ] {
        let error = TruncatedNormal::<f64>::absolute(mean, std, low, high).unwrap_err();
        let text = "the distance of low and high from mean in standard deviations is inf, beyond the finite numbers of f64";
        assert_eq!(error.to_string(), text);
    }
    let error = TruncatedNormal::<f64>::absolute(0.0, 1e308, 1e-300, 2e-300).unwrap_err();
    assert!(error.to_string().ends_with("must be at least 1e-300 std above low"), "{error}");

    // The same number of standard deviations from the mean, in f64, and not the same bound.
    let distribution = TruncatedNormal::<f64>::absolute(1e17, 1.0, 0.0, 1.0).unwrap();
    let values = distribution.sample_vec(1000, &stream());
    assert!(values.iter().all(|x| 0.0 < *x && *x < 1.0));
    // The nearer bound is 1e17 standard deviations from the mean: all but it is cut off.
    assert!(values.iter().all(|x| *x > 1.0 - 1e-15), "{:?}", &values[..4]);
    // And far from the mean in a distribution that is flat between the bounds.
    let distribution = TruncatedNormal::<f64>::absolute(1e17, 1e9, 0.0, 1.0).unwrap();
    let values = distribution.sample_vec(1_000_000, &stream());
    let mean = values.iter().sum::<f64>() / 1e6;
    // exp(0.1 x) on the interval has the mean 0.5083 and a variance of 1/12.
    assert!((mean - 0.5083).abs() < 6.0 * (1.0_f64 / 12.0 / 1e6).sqrt(), "{mean}");
}

#[test]
fn bounds_in_sigmas_and_absolute_bounds_are_the_same_distribution() {
    let sigmas = TruncatedNormal::<f32>::new(1.0, 0.25, -2.0, 2.0).unwrap();
    assert_eq!(sigmas, TruncatedNormal::absolute(1.0, 0.25, 0.5, 1.5).unwrap());
    let sigmas = TruncatedNormal::<f64>::new(1.0, 0.25, 3.0, 4.0).unwrap();
    assert_eq!(sigmas, TruncatedNormal::absolute(1.0, 0.25, 1.75, 2.0).unwrap());
}

#[cfg(feature = "rand_core")]
#[test]
fn a_stream_is_a_generator() {
    use rand_core::{Rng, SeedableRng};
    use seedbed::{Seed, StreamRng};

    let mut words = [0; 300];
    stream().words_into(&mut words);
    let mut rng = StreamRng::from(stream());
    assert!(words.iter().all(|word| rng.next_u64() == *word));
    // The upper halves of the next words.
    let mut rng = StreamRng::from(stream());
    assert!(words.iter().all(|word| u64::from(rng.next_u32()) == word >> 32));
    let mut bytes = [0; 2400];
    StreamRng::from(stream()).fill_bytes(&mut bytes);
    assert!(words.iter().zip(bytes.chunks(8)).all(|(w, b)| w.to_le_bytes() == b));

    let mut a = StreamRng::seed_from_u64(1);
    assert_ne!(Seed::from_rng(&mut a), Seed::from_rng(&mut a));
}
