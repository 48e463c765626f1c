//! Everything that is refused: parameters when an initializer is made, shapes and element types when
//! it is resolved.

use seedbed::init::{
    Bounds, FanMode, MatrixRows, NonSquare, Nonzeros, ScaledDistribution, SparseAxis, TruncatedStd,
    Variance, VarianceScaling,
};
use seedbed::{
    Distribution, Error, Initializer, ParameterError, ShapeError, jax, keras, lasagne, torch,
};

#[test]
fn parameters_are_checked_at_construction() {
    let nan = f64::NAN;
    let range = |result: Result<Initializer, Error>| match result {
        Err(Error::Parameter(ParameterError::OutOfRange { parameter, .. })) => parameter,
        other => panic!("{other:?}"),
    };
    assert_eq!(range(Initializer::normal(0.0, -1.0)), "std");
    assert_eq!(range(Initializer::uniform(1.0, 0.0)), "high");
    assert_eq!(range(Initializer::truncated_normal(0.0, 1.0, Bounds::Sigmas(2.0, -2.0))), "high");
    assert_eq!(
        range(Initializer::sparse(SparseAxis::Column, Nonzeros::Fraction(1.1), 1.0)),
        "sparsity"
    );
    assert_eq!(
        range(Initializer::sparse(SparseAxis::Row, Nonzeros::AllButFraction(-0.1), 1.0)),
        "sparsity"
    );
    assert_eq!(range(Initializer::sparse(SparseAxis::Row, Nonzeros::Exactly(1), -1.0)), "std");
    assert_eq!(range(Initializer::dirac(0)), "groups");
    assert_eq!(
        range(keras::VarianceScaling { scale: 0.0, ..Default::default() }.initializer()),
        "scale"
    );
    assert_eq!(
        range(jax::VarianceScaling { scale: -1.0, ..Default::default() }.initializer()),
        "scale"
    );
    let gain = lasagne::Gain::Number(-1.0);
    assert_eq!(range(lasagne::HeUniform { gain, c01b: false }.initializer()), "gain");
    let mean = lasagne::Uniform { mean: 1.0, ..Default::default() };
    assert_eq!(range(mean.initializer()), "mean");
    let half =
        lasagne::Uniform { range: lasagne::UniformRange::HalfWidth(-1.0), ..Default::default() };
    assert_eq!(range(half.initializer()), "range");
    let scaled = |distribution, fan| {
        VarianceScaling::new(distribution, Variance::Gain(1.0), fan, torch::layout())
            .map(Initializer::from)
    };
    let cut = ScaledDistribution::TruncatedNormal { cut: 0.0, std: TruncatedStd::Parent };
    assert_eq!(range(scaled(cut, FanMode::In)), "cut");
    assert_eq!(range(scaled(ScaledDistribution::Normal, FanMode::Given(0.0))), "fan");
    for (result, parameter) in [
        (Initializer::constant(nan), "value"),
        (Initializer::orthogonal(nan, MatrixRows::FirstAxis), "gain"),
        (Initializer::delta_orthogonal(f64::INFINITY), "gain"),
        (Initializer::identity(nan, NonSquare::Pad), "gain"),
        (Initializer::sparse(SparseAxis::Row, Nonzeros::Exactly(1), nan), "std"),
        (Initializer::sparse(SparseAxis::Row, Nonzeros::AllButFraction(nan), 1.0), "sparsity"),
        (
            lasagne::HeNormal { gain: lasagne::Gain::LeakyRelu(nan), c01b: false }.initializer(),
            "slope",
        ),
        (torch::KaimingNormal { a: nan, ..Default::default() }.initializer(), "a"),
        (keras::RandomNormal { stddev: nan, ..Default::default() }.initializer(), "stddev"),
        (jax::TruncatedNormal { lower: nan, ..Default::default() }.initializer(), "lower"),
        (scaled(ScaledDistribution::Normal, FanMode::Given(f64::INFINITY)), "fan"),
    ] {
        let right = matches!(&result, Err(Error::Parameter(ParameterError::NonFinite { parameter: name, .. })) if name == parameter);
        assert!(right, "{parameter}: {result:?}");
    }
}

#[test]
fn shapes_are_checked_by_resolve() {
    let rank = |initializer: Result<Initializer, Error>, shapes: &[&[usize]]| {
        for shape in shapes {
            let result = initializer.clone().unwrap().for_shape::<f32>(shape);
            assert!(
                matches!(result, Err(Error::Shape(ShapeError::Unsupported { .. }))),
                "{initializer:?} {shape:?}"
            );
        }
    };
    rank(lasagne::HeNormal::default().initializer(), &[&[], &[100]]);
    rank(
        lasagne::GlorotNormal { c01b: true, ..Default::default() }.initializer(),
        &[&[5, 5], &[5; 5]],
    );
    rank(torch::XavierUniform::default().initializer(), &[&[], &[100]]);
    rank(jax::he_normal().initializer(), &[&[100]]);
    rank(keras::Identity::default().initializer(), &[&[3], &[1, 2, 3, 4]]);
    rank(lasagne::Sparse::default().initializer(), &[&[100], &[1, 2, 3]]);
    rank(torch::Dirac::default().initializer(), &[&[3, 3], &[2; 6]]);
    let groups = torch::Dirac { groups: 4 }.for_shape::<f32>(&[6, 2, 3]);
    assert!(matches!(groups, Err(Error::Shape(ShapeError::Groups { groups: 4, channels: 6, .. }))));
    let tile = Initializer::identity(1.0, NonSquare::Tile).unwrap().for_shape::<f32>(&[30, 80]);
    assert!(matches!(tile, Err(Error::Shape(ShapeError::Unsupported { .. }))));
    let sparse = Initializer::sparse(SparseAxis::Column, Nonzeros::Exactly(9), 1.0).unwrap();
    assert!(matches!(
        sparse.for_shape::<f32>(&[8, 20]),
        Err(Error::Shape(ShapeError::Unsupported { .. }))
    ));
    let dirac = torch::Dirac { groups: 1 }.initializer().unwrap();
    let mut huge = vec![
        (keras::get("normal").unwrap(), &[1 << 40, 1 << 40][..]),
        (dirac, &[3, 4, 1 << 63, 12, 7]),
    ];
    // Without the feature, no shape is looked at.
    if cfg!(feature = "orthogonal") {
        huge.push((Initializer::delta_orthogonal(1.0).unwrap(), &[1 << 63, 12, 7, 14]));
    }
    for (initializer, shape) in huge {
        let result = initializer.for_shape::<f32>(shape);
        assert!(
            matches!(result, Err(Error::Shape(ShapeError::TooLarge { .. }))),
            "{shape:?} {result:?}"
        );
    }
}

#[test]
fn element_types_are_checked_by_resolve() {
    use half::f16;
    let overflow = |initializer: Result<Initializer, Error>| {
        let result = initializer.unwrap().for_shape::<f16>(&[3, 3]);
        assert!(
            matches!(result, Err(Error::Parameter(ParameterError::Overflow { .. }))),
            "{result:?}"
        );
    };
    overflow(Initializer::constant(1e5));
    overflow(Initializer::normal(0.0, 1e4));
    overflow(Initializer::sparse(SparseAxis::Column, Nonzeros::Exactly(1), 1e4));
    overflow(Initializer::identity(1e5, NonSquare::Pad));
    let between = Initializer::uniform(1.0001, 1.0002).unwrap();
    assert!(matches!(
        between.for_shape::<f16>(&[3]),
        Err(Error::Parameter(ParameterError::EmptyInterval { .. }))
    ));
    assert!(matches!(
        between.for_shape::<f32>(&[3]).unwrap().distribution(),
        Some(Distribution::Uniform(_))
    ));
}

#[test]
#[cfg(not(feature = "orthogonal"))]
fn a_matrix_without_the_feature_orthogonal_is_refused() {
    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).unwrap();
    let delta = Initializer::delta_orthogonal(1.0).unwrap();
    for result in [orthogonal.for_shape::<f32>(&[3, 5]), delta.for_shape::<f32>(&[3, 4, 5])] {
        let error = result.unwrap_err();
        assert_eq!(error, Error::FeatureDisabled { feature: "orthogonal" });
        assert_eq!(error.to_string(), "this needs the feature `orthogonal`, which is not enabled");
    }
}
