//! What initializers mean: the spread of every system's distributions on shapes that are not square, and the
//! structure of matrices.

use seedbed::init::{
    FanMode, Initialize, NonSquare, Nonzeros, ScaledDistribution, SparseAxis, Variance,
    VarianceScaling,
};
use seedbed::{Error, Initializer, Preset, Seed, ShapeError, Stream, jax, keras, lasagne, torch};

fn stream(path: &str) -> Stream {
    Seed::from(7).stream(path)
}

fn sample(preset: &impl Preset, shape: &[usize]) -> Vec<f64> {
    preset
        .for_shape::<f32>(shape)
        .unwrap()
        .to_vec(&stream("w"))
        .unwrap()
        .into_iter()
        .map(f64::from)
        .collect()
}

/// What the values of a preset of this shape are like.
#[derive(Clone, Copy)]
enum Expected {
    Normal(f64),
    /// The distribution within 2 standard deviations, of this standard deviation itself.
    Truncated(f64),
    Uniform(f64, f64),
}

/// That mean and standard deviation are right within 6 standard errors, and extremes within bounds.
#[track_caller]
fn check(preset: &impl Preset, shape: &[usize], expected: Expected) {
    let values = sample(preset, shape);
    let n = values.len() as f64;
    let (mean, std, kurtosis, reach) = match expected {
        Expected::Normal(std) => (0.0, std, 3.0, 14.0 * std),
        Expected::Truncated(std) => (0.0, std, 2.3652, 2.0 / 0.879_625_661_034_239_8 * std),
        Expected::Uniform(low, high) => {
            ((low + high) / 2.0, (high - low) / 12f64.sqrt(), 1.8, (high - low) / 2.0)
        }
    };
    let sample_mean = values.iter().sum::<f64>() / n;
    let sample_std = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let error = std / n.sqrt();
    assert!((sample_mean - mean).abs() < 6.0 * error, "mean {sample_mean}, not {mean}");
    let error = error * ((kurtosis - 1.0) / 4.0f64).sqrt();
    assert!((sample_std - std).abs() < 6.0 * error, "std {sample_std}, not {std} +- {error}");
    let furthest = values.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    assert!(furthest <= reach * (1.0 + 1e-6), "{furthest} beyond {reach}");
    let least = match expected {
        Expected::Normal(std) => 3.5 * std,
        _ => reach * 0.995,
    };
    assert!(furthest > least, "{furthest}, which {n} values exceed");
}

/// A matrix that is no square, so that exchanged fans show.
const DENSE: [usize; 2] = [300, 120];
/// Convolutions, likewise.
const OIHW: [usize; 4] = [40, 24, 5, 3];
const HWIO: [usize; 4] = [5, 3, 24, 40];

#[test]
fn lasagne_has_its_spreads() {
    use lasagne::{Gain, GlorotNormal, GlorotUniform, HeNormal, HeUniform, UniformRange};
    let half = |variance: f64| (3.0 * variance).sqrt();
    check(&GlorotNormal::default(), &DENSE, Expected::Normal((2.0f64 / 420.0).sqrt()));
    check(&HeNormal::default(), &DENSE, Expected::Normal((1.0f64 / 300.0).sqrt()));
    let relu = HeNormal { gain: Gain::Relu, ..Default::default() };
    check(&relu, &DENSE, Expected::Normal((2.0f64 / 300.0).sqrt()));
    let (fan_in, fan_out) = (24.0 * 15.0, 40.0 * 15.0);
    let limit = half(2.0 / (fan_in + fan_out));
    check(&GlorotUniform::default(), &OIHW, Expected::Uniform(-limit, limit));
    let leaky = HeUniform { gain: Gain::LeakyRelu(0.5), ..Default::default() };
    let limit = half(2.0 / 1.25 / fan_in);
    check(&leaky, &OIHW, Expected::Uniform(-limit, limit));
    let c01b = HeNormal { c01b: true, ..Default::default() };
    check(&c01b, &[24, 5, 3, 40], Expected::Normal((1.0 / fan_in).sqrt()));
    let by_std = lasagne::Uniform { std: Some(0.5), mean: 3.0, ..Default::default() };
    check(&by_std, &DENSE, Expected::Uniform(3.0 - half(0.25), 3.0 + half(0.25)));
    let pair = lasagne::Uniform { range: UniformRange::Bounds(-0.25, 1.0), ..Default::default() };
    check(&pair, &DENSE, Expected::Uniform(-0.25, 1.0));
    check(&lasagne::Uniform::default(), &DENSE, Expected::Uniform(-0.01, 0.01));
    check(&lasagne::Normal::default(), &DENSE, Expected::Normal(0.01));
}

#[test]
fn keras_has_its_spreads() {
    let he = (2.0f64 / 300.0).sqrt();
    check(&keras::he_normal(), &DENSE, Expected::Truncated(he));
    check(&keras::lecun_normal(), &HWIO, Expected::Truncated((1.0f64 / 360.0).sqrt()));
    check(&keras::glorot_normal(), &HWIO, Expected::Truncated((2.0f64 / 960.0).sqrt()));
    let limit = (6.0f64 / 300.0).sqrt();
    check(&keras::he_uniform(), &DENSE, Expected::Uniform(-limit, limit));
    let fan_out = keras::VarianceScaling { mode: keras::Mode::FanOut, ..Default::default() };
    check(&fan_out, &DENSE, Expected::Truncated((1.0f64 / 120.0).sqrt()));
    // A plain TruncatedNormal has no correction.
    let plain = keras::TruncatedNormal { stddev: 1.0, ..Default::default() };
    check(&plain, &DENSE, Expected::Truncated(0.879_625_661_034_239_8));
    check(&keras::RandomNormal::default(), &DENSE, Expected::Normal(0.05));
    check(&keras::RandomUniform::default(), &DENSE, Expected::Uniform(-0.05, 0.05));
    // Other ranks, and a fan below 1.
    check(&keras::he_normal(), &[10_000], Expected::Truncated(0.02f64.sqrt()));
    let fan = FanMode::Given(0.25);
    let scaled = VarianceScaling::new(
        ScaledDistribution::Normal,
        Variance::Scale(1.0),
        fan,
        keras::layout(),
    )
    .unwrap();
    assert_eq!(scaled.std(&DENSE), Ok(2.0));
    assert_eq!(scaled.with_min_fan(1.0).unwrap().std(&DENSE), Ok(1.0));
}

#[test]
fn torch_has_its_spreads() {
    use torch::{KaimingNormal, KaimingUniform, Mode, Nonlinearity, TruncNormal, XavierNormal};
    check(&KaimingNormal::default(), &DENSE, Expected::Normal((2.0f64 / 120.0).sqrt()));
    let out = KaimingNormal { mode: Mode::FanOut, ..Default::default() };
    check(&out, &OIHW, Expected::Normal((2.0f64 / 600.0).sqrt()));
    let linear = KaimingUniform { a: 5f64.sqrt(), ..Default::default() };
    let limit = (1.0f64 / 120.0).sqrt();
    check(&linear, &DENSE, Expected::Uniform(-limit, limit));
    let tanh = XavierNormal { gain: torch::calculate_gain(Nonlinearity::Tanh, None).unwrap() };
    check(&tanh, &DENSE, Expected::Normal(5.0 / 3.0 * (2.0f64 / 420.0).sqrt()));
    let narrow = TruncNormal { std: 0.25, a: -0.5, b: 0.5, ..Default::default() };
    check(&narrow, &DENSE, Expected::Truncated(0.25 * 0.879_625_661_034_239_8));
    // The default bounds do not cut off a small standard deviation.
    let wide = TruncNormal { std: 0.02, ..Default::default() };
    check(&wide, &DENSE, Expected::Normal(0.02));
    for (nonlinearity, gain) in [
        (Nonlinearity::Linear, 1.0),
        (Nonlinearity::Sigmoid, 1.0),
        (Nonlinearity::Relu, 2f64.sqrt()),
        (Nonlinearity::LeakyRelu, (2.0 / 1.0001f64).sqrt()),
        (Nonlinearity::Selu, 0.75),
    ] {
        assert_eq!(torch::calculate_gain(nonlinearity, None), Ok(gain));
    }
    assert_eq!("conv_transpose2d".parse(), Ok(Nonlinearity::Linear));
}

#[test]
fn jax_has_its_spreads() {
    use jax::{Axes, Distribution, Mode, VarianceScaling};
    check(&jax::he_normal(), &HWIO, Expected::Truncated((2.0f64 / 360.0).sqrt()));
    let geometric = VarianceScaling {
        scale: 3.0,
        mode: Mode::FanGeoAvg,
        distribution: Distribution::Normal,
        ..Default::default()
    };
    let fan = (300.0f64 * 120.0).sqrt();
    check(&geometric, &DENSE, Expected::Normal((3.0 / fan).sqrt()));
    let embedding = VarianceScaling {
        distribution: Distribution::Normal,
        out_axis: Axes::One(0),
        ..Default::default()
    };
    check(&embedding, &[5000, 64], Expected::Normal(0.125));
    let batched = VarianceScaling { batch_axis: Axes::One(0), ..jax::he_normal() };
    check(&batched, &[10, 50, 100], Expected::Truncated(0.2));
    check(&jax::Uniform { scale: 0.5 }, &DENSE, Expected::Uniform(0.0, 0.5));
    let zero = VarianceScaling { scale: 0.0, ..Default::default() };
    assert!(sample(&zero, &DENSE).iter().all(|&x| x == 0.0));
}

#[test]
fn equal_initializers_make_equal_values() {
    let keras_he = keras::he_normal().initializer();
    assert_eq!(keras_he, keras::get("he_normal"));
    for other in [
        lasagne::HeNormal::default().initializer(),
        torch::KaimingNormal::default().initializer(),
        jax::he_normal().initializer(),
    ] {
        assert_ne!(keras_he, other);
    }
    let same_axis = jax::Axes::Several(vec![-2]);
    let he_uniform = jax::VarianceScaling { in_axis: same_axis, ..jax::he_uniform() };
    assert_eq!(he_uniform.initializer(), jax::he_uniform().initializer());
}

#[test]
fn layers_of_one_seed_are_independent() {
    let seed = Seed::from(7);
    let shape = [200, 100];
    let he = keras::he_normal().for_shape::<f32>(&shape).unwrap();
    let glorot = keras::glorot_uniform().for_shape::<f32>(&shape).unwrap();
    let a = he.to_vec(&seed.stream("encoder.0.weight")).unwrap();
    for b in [
        glorot.to_vec(&seed.stream("encoder.1.weight")).unwrap(),
        he.to_vec(&seed.stream("encoder.1.weight")).unwrap(),
        he.to_vec(&seed.stream("encoder.0.weight").child("a")).unwrap(),
        he.to_vec(&seed.stream(0u64)).unwrap(),
    ] {
        let product = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let correlation = product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt();
        assert!(correlation.abs() < 6.0 / (a.len() as f64).sqrt(), "{correlation}");
    }
}

fn sparse(axis: SparseAxis, nonzeros: Nonzeros, shape: &[usize]) -> Vec<f32> {
    let initializer = Initializer::sparse(axis, nonzeros, 0.5).unwrap();
    initializer.for_shape(shape).unwrap().to_vec(&stream("sparse")).unwrap()
}

#[test]
fn sparse_counts_are_those_of_the_originals() {
    for (count, n, expected) in [
        (Nonzeros::Fraction(0.29), 100, 28),
        (Nonzeros::Fraction(0.57), 100, 56),
        (Nonzeros::Fraction(0.1), 9, 0),
        (Nonzeros::Fraction(0.04), 20, 0),
        (Nonzeros::Fraction(1.0), 70, 70),
        (Nonzeros::Fraction(0.0), 70, 0),
        (Nonzeros::AllButFraction(0.1), 10, 9),
        (Nonzeros::AllButFraction(0.07), 100, 92),
        (Nonzeros::AllButFraction(1.0), 64, 0),
        (Nonzeros::AllButFraction(0.0), 64, 64),
        (Nonzeros::Exactly(3), 64, 3),
    ] {
        let columns = sparse(SparseAxis::Column, count, &[n, 5]);
        let rows = sparse(SparseAxis::Row, count, &[5, n]);
        for line in 0..5 {
            let column = columns.iter().skip(line).step_by(5).filter(|&&x| x != 0.0).count();
            let row = rows[line * n..][..n].iter().filter(|&&x| x != 0.0).count();
            assert_eq!((column, row), (expected, expected), "{count:?} of {n}");
        }
    }
}

#[test]
fn sparse_places_are_uniform_and_values_normal() {
    let (rows, cols, count) = (50, 20_000, 7);
    let values = sparse(SparseAxis::Column, Nonzeros::Exactly(count), &[rows, cols]);
    // Each row is chosen with probability 7/50, and two rows together with (7 6) / (50 49).
    let p = count as f64 / rows as f64;
    let error = (p * (1.0 - p) / cols as f64).sqrt();
    let chosen = |row: usize, col: usize| values[row * cols + col] != 0.0;
    for row in 0..rows {
        let share = (0..cols).filter(|&col| chosen(row, col)).count() as f64 / cols as f64;
        assert!((share - p).abs() < 5.0 * error, "row {row}: {share}");
    }
    let p = p * 6.0 / 49.0;
    let error = (p * (1.0 - p) / cols as f64).sqrt();
    for (a, b) in [(0, 1), (48, 49), (0, 49), (20, 30)] {
        let both = |&col: &usize| chosen(a, col) && chosen(b, col);
        let share = (0..cols).filter(both).count() as f64 / cols as f64;
        assert!((share - p).abs() < 5.0 * error, "{a} {b}: {share}");
    }
    let nonzero: Vec<f64> = values.iter().filter(|&&x| x != 0.0).map(|&x| f64::from(x)).collect();
    let n = nonzero.len() as f64;
    let mean = nonzero.iter().sum::<f64>() / n;
    let std = (nonzero.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    assert!(mean.abs() < 6.0 * 0.5 / n.sqrt() && (std - 0.5).abs() < 6.0 * 0.5 / (2.0 * n).sqrt());
}

#[test]
fn identities_and_diracs() {
    let at = |initializer: Result<Initializer, Error>, shape: &[usize]| -> Vec<f32> {
        initializer.unwrap().for_shape(shape).unwrap().to_vec(&stream("i")).unwrap()
    };
    let wide = at(Initializer::identity(2.0, NonSquare::Pad), &[2, 3]);
    assert_eq!(wide, [2.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
    let tall = at(Initializer::identity(1.0, NonSquare::Tile), &[4, 2]);
    assert_eq!(tall, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    // PyTorch: [g o + d, d, k // 2] = 1 for d below the smaller of out / groups and in.
    let shape = [6, 2, 4, 3];
    let dirac = at(Initializer::dirac(2), &shape);
    let mut expected = vec![0.0; 6 * 2 * 4 * 3];
    for (g, d) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        expected[(((g * 3 + d) * 2 + d) * 4 + 2) * 3 + 1] = 1.0;
    }
    assert_eq!(dirac, expected);
}

#[test]
fn tensors_without_elements_are_no_ops() {
    for (initializer, shape) in [
        (lasagne::HeNormal::default().initializer(), vec![0, 5]),
        (lasagne::GlorotUniform::default().initializer(), vec![0, 0]),
        (lasagne::Sparse::default().initializer(), vec![0, 5]),
        (lasagne::Sparse::default().initializer(), vec![5, 0]),
        (torch::XavierNormal::default().initializer(), vec![0, 0]),
        (jax::he_normal().initializer(), vec![3, 0, 4]),
        (torch::Dirac::default().initializer(), vec![0, 4, 3]),
        (torch::Dirac::default().initializer(), vec![0, 4, 1 << 62, 1 << 62]),
        (Initializer::dirac(7), vec![7, 1 << 62, 0, 2, 16]),
        #[cfg(feature = "orthogonal")]
        (Initializer::delta_orthogonal(1.0), vec![1 << 62, 1 << 62, 0, 3]),
        (keras::Identity::default().initializer(), vec![0, 4]),
        (Initializer::identity(1.0, NonSquare::Tile), vec![3, 0]),
        (keras::get("normal"), vec![0]),
    ] {
        let tensor = initializer.unwrap().for_shape::<f32>(&shape).unwrap();
        assert_eq!(tensor.fill(&mut [], &stream("none")), Ok(()), "{shape:?}");
        assert!(tensor.is_empty());
    }
    let generic = lasagne::Generic::he(|std| lasagne::Normal { std, ..Default::default() });
    assert_eq!(Initialize::<f32>::sample(&generic, &[0, 5], &stream("none")), Ok(vec![]));
}

#[test]
fn generic_glorot_and_he_take_any_initializer() {
    use lasagne::{Gain, Generic, HeUniform, Uniform};
    let uniform = |std| Uniform { std: Some(std), ..Default::default() };
    let mut he = Generic::he(uniform);
    (he.gain, he.c01b) = (Gain::Relu, true);
    let expected = HeUniform { gain: Gain::Relu, c01b: true };
    let shape = [9, 2, 3, 5];
    let (a, b): (Vec<f32>, Vec<f32>) = (
        he.sample(&shape, &stream("he")).unwrap(),
        expected.sample(&shape, &stream("he")).unwrap(),
    );
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-7), "{a:?} {b:?}");
    // A function of shape and stream, given a standard deviation.
    let glorot = Generic::glorot(|std: f64| {
        move |shape: &[usize], _: &Stream| Ok(vec![std as f32; shape[0]])
    });
    let values: Vec<f32> = glorot.sample(&[3, 5], &stream("g")).unwrap();
    assert_eq!(values, [0.5; 3]);
    let rank = Initialize::<f32>::sample(&glorot, &[8], &stream("g"));
    assert!(matches!(rank, Err(Error::Shape(ShapeError::Unsupported { .. }))));
}
