//! Everything that is refused: parameters when an initializer is made, shapes and element types when
//! it is resolved.

use seedbed::init::{Count, Fan, Fill, Law, Per, Rows, Scaled, ScaledLaw, Std, Units, Variance};
use seedbed::{Error, Initializer, Preset, jax, keras, lasagne, torch};

#[test]
fn parameters_are_checked_at_construction() {
    let nan = f64::NAN;
    let range = |result: Result<Initializer, Error>| match result {
        Err(Error::OutOfRange { parameter, .. }) => parameter,
        other => panic!("{other:?}"),
    };
    assert_eq!(range(Initializer::normal(0.0, -1.0)), "std");
    assert_eq!(range(Initializer::uniform(1.0, 0.0)), "high");
    assert_eq!(range(Initializer::truncated_normal(0.0, 1.0, 2.0, -2.0, Units::Sigma)), "high");
    assert_eq!(range(Initializer::sparse(Per::Column, Count::NonzeroFloor(1.1), 1.0)), "sparsity");
    assert_eq!(range(Initializer::sparse(Per::Row, Count::ZeroCeil(-0.1), 1.0)), "sparsity");
    assert_eq!(range(Initializer::sparse(Per::Row, Count::Exactly(1), -1.0)), "std");
    assert_eq!(range(Initializer::dirac(0)), "groups");
    assert_eq!(range(keras::VarianceScaling { scale: 0.0, ..Default::default() }.lower()), "scale");
    assert_eq!(range(jax::VarianceScaling { scale: -1.0, ..Default::default() }.lower()), "scale");
    let gain = lasagne::Gain::Number(-1.0);
    assert_eq!(range(lasagne::HeUniform { gain, c01b: false }.lower()), "gain");
    let mean = lasagne::Uniform { mean: 1.0, ..Default::default() };
    assert_eq!(range(mean.lower()), "mean");
    let half = lasagne::Uniform { range: lasagne::Range::HalfWidth(-1.0), ..Default::default() };
    assert_eq!(range(half.lower()), "range");
    let scaled = |law, fan| {
        Scaled::new(law, Variance::Gain(1.0), fan, torch::layout()).map(Initializer::from)
    };
    let cut = ScaledLaw::TruncatedNormal { cut: 0.0, std: Std::Parent };
    assert_eq!(range(scaled(cut, Fan::In)), "cut");
    assert_eq!(range(scaled(ScaledLaw::Normal, Fan::Given(0.0))), "fan");
    for (result, parameter) in [
        (Initializer::constant(nan), "value"),
        (Initializer::orthogonal(nan, Rows::FirstAxis), "gain"),
        (Initializer::delta_orthogonal(f64::INFINITY), "gain"),
        (Initializer::identity(nan, Fill::Pad), "gain"),
        (Initializer::sparse(Per::Row, Count::Exactly(1), nan), "std"),
        (Initializer::sparse(Per::Row, Count::ZeroCeil(nan), 1.0), "sparsity"),
        (lasagne::HeNormal { gain: lasagne::Gain::LeakyRelu(nan), c01b: false }.lower(), "slope"),
        (torch::KaimingNormal { a: nan, ..Default::default() }.lower(), "param"),
        (scaled(ScaledLaw::Normal, Fan::Given(f64::INFINITY)), "fan"),
    ] {
        let right =
            matches!(result, Err(Error::NonFinite { parameter: name, .. }) if name == parameter);
        assert!(right, "{parameter}: {result:?}");
    }
}

#[test]
fn shapes_are_checked_by_resolve() {
    let rank = |initializer: Result<Initializer, Error>, shapes: &[&[usize]]| {
        for shape in shapes {
            let result = initializer.clone().unwrap().resolve::<f32>(shape);
            assert!(matches!(result, Err(Error::Rank { .. })), "{initializer:?} {shape:?}");
        }
    };
    rank(lasagne::HeNormal::default().lower(), &[&[], &[100]]);
    rank(lasagne::GlorotNormal { c01b: true, ..Default::default() }.lower(), &[&[5, 5], &[5; 5]]);
    rank(torch::XavierUniform::default().lower(), &[&[], &[100]]);
    rank(jax::HeNormal::default().lower(), &[&[100]]);
    rank(keras::Identity::default().lower(), &[&[3], &[1, 2, 3, 4]]);
    rank(lasagne::Sparse::default().lower(), &[&[100], &[1, 2, 3]]);
    rank(torch::Dirac::default().lower(), &[&[3, 3], &[2; 6]]);
    let groups = torch::Dirac { groups: 4 }.resolve::<f32>(&[6, 2, 3]);
    assert!(matches!(groups, Err(Error::Groups { groups: 4, channels: 6, .. })));
    let tile = Initializer::identity(1.0, Fill::Tile).unwrap().resolve::<f32>(&[30, 80]);
    assert!(matches!(tile, Err(Error::Shape { .. })));
    let sparse = Initializer::sparse(Per::Column, Count::Exactly(9), 1.0).unwrap();
    assert!(matches!(sparse.resolve::<f32>(&[8, 20]), Err(Error::Shape { .. })));
    let dirac = torch::Dirac { groups: 1 }.lower().unwrap();
    let delta = Initializer::delta_orthogonal(1.0).unwrap();
    for (initializer, shape) in [
        (keras::get("normal").unwrap(), &[1 << 40, 1 << 40][..]),
        (dirac, &[3, 4, 1 << 63, 12, 7]),
        (delta, &[1 << 63, 12, 7, 14]),
    ] {
        let result = initializer.resolve::<f32>(shape);
        assert!(matches!(result, Err(Error::ShapeOverflow { .. })), "{shape:?} {result:?}");
    }
}

#[test]
fn element_types_are_checked_by_resolve() {
    use half::f16;
    let overflow = |initializer: Result<Initializer, Error>| {
        let result = initializer.unwrap().resolve::<f16>(&[3, 3]);
        assert!(matches!(result, Err(Error::Overflow { .. })), "{result:?}");
    };
    overflow(Initializer::constant(1e5));
    overflow(Initializer::normal(0.0, 1e4));
    overflow(Initializer::sparse(Per::Column, Count::Exactly(1), 1e4));
    overflow(Initializer::identity(1e5, Fill::Pad));
    let between = Initializer::uniform(1.0001, 1.0002).unwrap();
    assert!(matches!(between.resolve::<f16>(&[3]), Err(Error::EmptyInterval { .. })));
    assert!(matches!(between.resolve::<f32>(&[3]).unwrap().law(), Some(Law::Uniform(_))));
}

#[test]
#[cfg(not(feature = "orthogonal"))]
fn a_matrix_without_the_feature_orthogonal_is_refused() {
    let orthogonal = Initializer::orthogonal(1.0, Rows::FirstAxis).unwrap();
    let delta = Initializer::delta_orthogonal(1.0).unwrap();
    for result in [orthogonal.resolve::<f32>(&[3, 5]), delta.resolve::<f32>(&[3, 4, 5])] {
        let error = result.unwrap_err();
        assert_eq!(error, Error::FeatureDisabled { feature: "orthogonal" });
        assert_eq!(error.to_string(), "this needs the feature `orthogonal`, which is not enabled");
    }
}
