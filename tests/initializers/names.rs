//! Every name of every system, and the initializer that it stands for.
#![cfg(feature = "serde")]

use seedbed::init::{Bounds, MatrixOrder, MatrixRows, NonSquare, Nonzeros, SparseAxis};
use seedbed::registry::from_config;
use seedbed::{ConfigError, Error, Initializer, jax, keras, keras3, lasagne, registry, torch};
use serde_json::json;

/// A system's names for an initializer, all of whose parameters have defaults, and the initializer.
type Named = (&'static str, Result<Initializer, Error>);

/// The names that Keras 2 and 3 share: without their shortcuts, whose layouts differ.
fn of_keras() -> Vec<Named> {
    vec![
        ("Zeros zeros zero", Initializer::constant(0.0)),
        ("Ones ones one", Initializer::constant(1.0)),
        ("Constant constant", Initializer::constant(0.0)),
        ("RandomNormal random_normal normal", Initializer::normal(0.0, 0.05)),
        ("RandomUniform random_uniform uniform", Initializer::uniform(-0.05, 0.05)),
        (
            "TruncatedNormal truncated_normal",
            Initializer::truncated_normal(0.0, 0.05, Bounds::Sigmas(-2.0, 2.0)),
        ),
        ("Orthogonal orthogonal", Initializer::orthogonal(1.0, MatrixRows::AllButLast)),
        ("Identity identity", Initializer::identity(1.0, NonSquare::Pad)),
    ]
}

fn of_keras_2() -> Vec<Named> {
    vec![
        ("VarianceScaling", keras::VarianceScaling::default().initializer()),
        ("lecun_uniform", keras::lecun_uniform().initializer()),
        ("lecun_normal", keras::lecun_normal().initializer()),
        ("glorot_uniform", keras::glorot_uniform().initializer()),
        ("glorot_normal", keras::glorot_normal().initializer()),
        ("he_uniform", keras::he_uniform().initializer()),
        ("he_normal", keras::he_normal().initializer()),
    ]
}

fn of_keras_3() -> Vec<Named> {
    vec![
        ("VarianceScaling variance_scaling", keras3::VarianceScaling::default().initializer()),
        ("LecunUniform lecun_uniform", keras3::lecun_uniform().initializer()),
        ("LecunNormal lecun_normal", keras3::lecun_normal().initializer()),
        ("GlorotUniform glorot_uniform", keras3::glorot_uniform().initializer()),
        ("GlorotNormal glorot_normal", keras3::glorot_normal().initializer()),
        ("HeUniform he_uniform", keras3::he_uniform().initializer()),
        ("HeNormal he_normal", keras3::he_normal().initializer()),
        ("OrthogonalInitializer", Initializer::orthogonal(1.0, MatrixRows::AllButLast)),
        ("IdentityInitializer", Initializer::identity(1.0, NonSquare::Pad)),
    ]
}

fn of_lasagne() -> Vec<Named> {
    vec![
        ("Constant", Initializer::constant(0.0)),
        ("Normal", Initializer::normal(0.0, 0.01)),
        ("Uniform", Initializer::uniform(-0.01, 0.01)),
        ("GlorotNormal", lasagne::GlorotNormal::default().initializer()),
        ("GlorotUniform", lasagne::GlorotUniform::default().initializer()),
        ("HeNormal", lasagne::HeNormal::default().initializer()),
        ("HeUniform", lasagne::HeUniform::default().initializer()),
        ("Orthogonal", Initializer::orthogonal(1.0, MatrixRows::FirstAxis)),
        (
            "Sparse",
            Initializer::sparse(
                SparseAxis::Outputs(MatrixOrder::InOut),
                Nonzeros::Fraction(0.1),
                0.01,
            ),
        ),
    ]
}

fn of_torch() -> Vec<Named> {
    vec![
        ("uniform_ uniform", Initializer::uniform(0.0, 1.0)),
        ("normal_ normal", Initializer::normal(0.0, 1.0)),
        (
            "trunc_normal_ trunc_normal",
            Initializer::truncated_normal(0.0, 1.0, Bounds::Absolute(-2.0, 2.0)),
        ),
        ("ones_ ones", Initializer::constant(1.0)),
        ("zeros_ zeros", Initializer::constant(0.0)),
        ("eye_ eye", Initializer::identity(1.0, NonSquare::Pad)),
        ("dirac_ dirac", Initializer::dirac(1)),
        ("xavier_uniform_ xavier_uniform", torch::XavierUniform::default().initializer()),
        ("xavier_normal_ xavier_normal", torch::XavierNormal::default().initializer()),
        ("kaiming_uniform_ kaiming_uniform", torch::KaimingUniform::default().initializer()),
        ("kaiming_normal_ kaiming_normal", torch::KaimingNormal::default().initializer()),
        ("orthogonal_ orthogonal", Initializer::orthogonal(1.0, MatrixRows::FirstAxis)),
    ]
}

fn of_jax() -> Vec<Named> {
    vec![
        ("zeros zeros_init", Initializer::constant(0.0)),
        ("ones ones_init", Initializer::constant(1.0)),
        ("uniform", Initializer::uniform(0.0, 0.01)),
        ("normal", Initializer::normal(0.0, 0.01)),
        ("truncated_normal", Initializer::truncated_normal(0.0, 0.01, Bounds::Sigmas(-2.0, 2.0))),
        ("lecun_uniform", jax::lecun_uniform().initializer()),
        ("lecun_normal", jax::lecun_normal().initializer()),
        ("glorot_uniform xavier_uniform", jax::glorot_uniform().initializer()),
        ("glorot_normal xavier_normal", jax::glorot_normal().initializer()),
        ("he_uniform kaiming_uniform", jax::he_uniform().initializer()),
        ("he_normal kaiming_normal", jax::he_normal().initializer()),
        ("orthogonal", Initializer::orthogonal(1.0, MatrixRows::AllButLast)),
        ("delta_orthogonal", Initializer::delta_orthogonal(1.0)),
    ]
}

#[test]
fn all_names_have_an_initializer_or_a_required_parameter() {
    let mut rest: Vec<String> = registry::names().collect();
    for (system, named) in [
        ("keras", of_keras()),
        ("keras", of_keras_2()),
        ("keras3", of_keras()),
        ("keras3", of_keras_3()),
        ("lasagne", of_lasagne()),
        ("torch", of_torch()),
        ("jax", of_jax()),
    ] {
        for (names, initializer) in named {
            for name in names.split(' ').map(|name| format!("{system}.{name}")) {
                assert_eq!(from_config(&name, &json!({})), initializer, "{name}");
                let place = rest.iter().position(|known| *known == name);
                rest.remove(place.unwrap_or_else(|| panic!("{name} is not among the names")));
            }
        }
    }
    for name in &rest {
        let result = from_config(name, &json!({}));
        assert!(
            matches!(result, Err(Error::Config(ConfigError::MissingParameter { .. }))),
            "{name}: {result:?}"
        );
    }
    let required = "lasagne.Glorot lasagne.He torch.constant_ torch.constant torch.sparse_ \
        torch.sparse jax.constant jax.variance_scaling";
    assert_eq!(rest.join(" "), required);
}
