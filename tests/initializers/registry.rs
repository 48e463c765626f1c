//! Names and configurations of every system, read and written as JSON.
#![cfg(feature = "serde")]

use seedbed::init::{
    Bounds, ConvOrder, FanMode, Initialize, Layout, MatrixOrder, MatrixRows, NonSquare, Nonzeros,
    OtherRanks, ScaledDistribution, SparseAxis, TruncatedStd, Variance, VarianceScaling,
};
use seedbed::registry::{from_config, from_json};
use seedbed::{
    ConfigError, Error, Initializer, ParameterError, Preset, Rules, Seed, cthulhu, jax, keras,
    lasagne, registry, torch,
};
use serde_json::{Value, json};

fn build(class_name: &str, config: Value) -> Initializer {
    from_config(class_name, &config).unwrap_or_else(|error| panic!("{class_name}: {error}"))
}

#[track_caller]
fn refused(class_name: &str, config: Value) -> (Error, String) {
    let error = from_config(class_name, &config).unwrap_err();
    let message = error.to_string();
    (error, message)
}

#[test]
fn keras_has_its_27_names() {
    let names = "Zeros zeros zero Ones ones one Constant constant RandomNormal random_normal normal \
        RandomUniform random_uniform uniform TruncatedNormal truncated_normal VarianceScaling \
        Orthogonal orthogonal Identity identity lecun_uniform lecun_normal glorot_uniform \
        glorot_normal he_uniform he_normal";
    let mut names: Vec<&str> = names.split(' ').collect();
    assert_eq!(names.len(), 27);
    for name in &names {
        let initializer = keras::get(name).unwrap();
        assert_eq!(initializer, build(&format!("keras.{name}"), json!({})));
        assert_eq!(initializer, build(&format!("cthulhu.{name}"), json!({})));
    }
    let mut known: Vec<String> = registry::names().filter(|n| n.starts_with("keras.")).collect();
    known.sort();
    names.sort();
    assert!(known.iter().map(|n| &n[6..]).eq(names));
    for not in
        ["variance_scaling", "HeNormal", "GlorotUniform", "eye", "xavier_normal", "np", "K", ""]
    {
        assert!(
            matches!(keras::get(not), Err(Error::Config(ConfigError::UnknownName { .. }))),
            "{not}"
        );
    }
    assert!(matches!(
        keras::get("Initializer"),
        Err(Error::Config(ConfigError::UnknownName { .. }))
    ));
    assert_eq!(cthulhu::get("he_normal"), keras::get("he_normal"));
}

#[test]
fn parameters_have_the_systems_names() {
    let layout = |conv| Layout::new(MatrixOrder::InOut, conv);
    assert_eq!(
        build("lasagne.HeNormal", json!({"gain": "relu"})),
        VarianceScaling::new(
            ScaledDistribution::Normal,
            Variance::Gain(2f64.sqrt()),
            FanMode::In,
            layout(ConvOrder::Oihw).ranks(2..)
        )
        .unwrap()
        .into()
    );
    let truncated = ScaledDistribution::TruncatedNormal { cut: 2.0, std: TruncatedStd::Effective };
    assert_eq!(
        build("keras.VarianceScaling", json!({"scale": 2, "mode": "FAN_AVG", "seed": 7})),
        VarianceScaling::new(
            truncated,
            Variance::Scale(2.0),
            FanMode::Avg,
            layout(ConvOrder::Hwio).other_ranks(OtherRanks::SquareRoot)
        )
        .unwrap()
        .with_min_fan(1.0)
        .unwrap()
        .into()
    );
    let uniform = |low, high| Initializer::uniform(low, high).unwrap();
    assert_eq!(build("lasagne.Uniform", json!({"range": 0.5})), uniform(-0.5, 0.5));
    assert_eq!(build("lasagne.Uniform", json!({"range": [0, 1]})), uniform(0.0, 1.0));
    assert_eq!(build("jax.uniform", json!({"scale": 3})), uniform(0.0, 3.0));
    assert_eq!(build("torch.uniform_", json!({"a": -3, "b": -1.5})), uniform(-3.0, -1.5));
    assert_eq!(
        build("lasagne.Glorot", json!({"initializer": "Uniform", "gain": {"leaky_relu": 0.0}})),
        build("lasagne.GlorotUniform", json!({"gain": "relu"}))
    );
    assert_eq!(
        build("torch.kaiming_normal_", json!({"mode": "fan_out", "nonlinearity": "relu"})),
        build("torch.kaiming_normal", json!({"mode": "FAN_OUT", "a": 0.0}))
    );
    assert_eq!(
        build("torch.trunc_normal_", json!({"std": 0.02, "a": "-inf"})),
        Initializer::truncated_normal(0.0, 0.02, Bounds::Absolute(f64::NEG_INFINITY, 2.0)).unwrap()
    );
    assert_eq!(
        build("torch.sparse_", json!({"sparsity": 0.9})),
        Initializer::sparse(
            SparseAxis::Inputs(MatrixOrder::OutIn),
            Nonzeros::AllButFraction(0.9),
            0.01
        )
        .unwrap()
    );
    assert_eq!(
        build("jax.orthogonal", json!({"column_axis": 0})),
        Initializer::orthogonal(1.0, MatrixRows::AllBut(0)).unwrap()
    );
    let config = json!({"scale": 2.0, "mode": "fan_in", "distribution": "truncated_normal"});
    assert_eq!(build("jax.variance_scaling", config), build("flax.kaiming_normal", json!({})));
    let attention = build("jax.lecun_normal", json!({"in_axis": 0, "out_axis": [1, 2]}));
    let Initializer::VarianceScaling(scaled) = attention else { panic!("{attention:?}") };
    assert_eq!(scaled.std(&[64, 4, 8]), Ok(0.125));
}

#[test]
fn what_is_wrong_is_named_and_the_nearest_suggested() {
    let (error, message) = refused("kers.he_normal", json!({}));
    assert!(matches!(error, Error::Config(ConfigError::UnknownName { .. })));
    assert_eq!(message, "system `kers` is not known; did you mean `keras`?");
    let (_, message) = refused("he_normal", json!({}));
    assert_eq!(message, "class `he_normal` is not known; did you mean `keras.he_normal`?");
    let (_, message) = refused("torch.kaiming_norm_", json!({}));
    assert_eq!(
        message,
        "torch class `kaiming_norm_` is not known; did you mean `kaiming_normal_`?"
    );
    let (_, message) = refused("keras.RandomNormal", json!({"std": 1}));
    assert!(message.contains("keras.RandomNormal") && message.contains("`stddev`"), "{message}");
    let (error, message) = refused("keras.RandomNormal", json!({"stddev": "wide"}));
    assert!(matches!(error, Error::Config(ConfigError::Parameter { .. })));
    assert!(message.contains("`stddev` of keras.RandomNormal is \"wide\""), "{message}");
    let (_, message) = refused("keras.VarianceScaling", json!({"mode": "fan_inn"}));
    assert!(message.contains("did you mean `fan_in`?"), "{message}");
    let (_, message) =
        refused("keras.VarianceScaling", json!({"distribution": "truncated_normal"}));
    assert!(message.contains("`distribution`") && message.contains("not known"), "{message}");
    let (_, message) = refused("jax.variance_scaling", json!({"mode": "FAN_IN"}));
    assert!(message.contains("did you mean `fan_in`?"), "{message}");
    let (error, message) = refused("jax.variance_scaling", json!({"scale": 1, "mode": "fan_in"}));
    assert!(matches!(error, Error::Config(ConfigError::MissingParameter { .. })));
    assert_eq!(message, "jax.variance_scaling needs the parameter `distribution`");
    let (error, message) = refused("keras.VarianceScaling", json!({"scale": -1}));
    assert!(matches!(error, Error::Parameter(ParameterError::OutOfRange { .. })));
    assert_eq!(message, "scale is -1, but must be above 0");
    let (_, message) = refused("lasagne.HeNormal", json!({"gain": "tanh"}));
    assert!(message.contains("`gain` of lasagne.HeNormal is \"tanh\""), "{message}");
    let (_, message) = refused("torch.kaiming_normal_", json!({"nonlinearity": "gelu"}));
    assert!(message.contains("nonlinearity `gelu` is not known"), "{message}");
    assert!(matches!(
        refused("keras.Zeros", json!([])).0,
        Error::Config(ConfigError::Malformed { .. })
    ));
    assert!(matches!(
        refused("keras.Zeros", json!({"value": 0})).0,
        Error::Config(ConfigError::UnknownName { .. })
    ));
    for bad in [json!({"config": {}}), json!(["zeros"]), json!(null)] {
        assert!(
            matches!(from_json(&bad), Err(Error::Config(ConfigError::Malformed { .. }))),
            "{bad}"
        );
        assert!(
            matches!(keras::deserialize(&bad), Err(Error::Config(ConfigError::Malformed { .. }))),
            "{bad}"
        );
    }
}

#[test]
fn keras_configurations_round_trip_in_both_spellings() {
    let short = json!({"class_name": "he_normal", "config": {"seed": 3}});
    let long = keras::serialize(&keras::he_normal().seeded(3));
    assert_eq!(
        long,
        json!({"class_name": "VarianceScaling", "config":
            {"scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": 3}})
    );
    assert_eq!(keras::deserialize(&short), keras::deserialize(&long));
    assert_eq!(keras::deserialize(&long), keras::he_normal().initializer());
    let random = keras::RandomUniform { minval: -0.1, maxval: 0.3 };
    assert_eq!(keras::serialize(&random)["config"]["seed"], Value::Null);
    assert_eq!(keras::serialize(&keras::Zeros {})["config"], json!({}));
    let seeded = random.clone().seeded(1);
    let written = keras::serialize(&seeded);
    assert_eq!(keras::deserialize(&written), random.initializer());
    let read: keras::Seeded<keras::RandomUniform> =
        serde_json::from_value(written["config"].clone()).unwrap();
    assert_eq!(read, seeded);
    for bad in [json!({"minval": 0.0}), json!({"seed": -1}), json!({"seed": 1, "maxvall": 2.0})] {
        let read = serde_json::from_value::<keras::Seeded<keras::RandomUniform>>(bad.clone());
        assert!(read.is_err(), "{bad}");
    }
}

/// Values do not depend on them, so that they must not refuse a configuration.
#[test]
fn the_seed_and_type_of_keras_configurations_are_passed_over() {
    let generator = json!({"class_name": "SeedGenerator", "config": {"seed": 1, "name": "g"}});
    for class in ["keras.RandomNormal", "keras.he_normal", "keras3.Orthogonal", "keras3.HeUniform"]
    {
        for seed in [json!(null), json!(u64::MAX), json!(-1), json!(1.0), generator.clone()] {
            assert_eq!(
                build(class, json!({"seed": seed, "dtype": "float32"})),
                build(class, json!({}))
            );
        }
    }
    assert_eq!(build("keras.Zeros", json!({"dtype": "float32"})), build("keras.Zeros", json!({})));
    // Classes that never had them have none.
    assert!(from_config("keras.Zeros", &json!({"seed": 1})).is_err());
    assert!(from_config("torch.normal_", &json!({"seed": 1})).is_err());
}

/// All forms of an initializer's JSON, by every reader.
#[test]
fn every_reader_takes_every_form() {
    let zeros = Initializer::constant(0.0).unwrap();
    let forms = [
        json!("torch.zeros_"),
        json!("torch.nn.init.zeros_"),
        json!("keras.initializers.Zeros"),
        json!("tf.keras.initializers.zeros"),
        json!("jax.nn.initializers.zeros"),
        json!("flax.linen.initializers.zeros_init"),
        json!("cthulhu.initializers.Zeros"),
        json!({"class_name": "torch.zeros_"}),
        json!({"class_name": "torch.zeros_", "config": {}, "algorithm": "V1"}),
        json!({"class_name": "Zeros", "config": {}, "module": "keras.initializers",
            "registered_name": null}),
        json!({"class_name": "Zeros", "module": "keras.src.initializers.constant_initializers",
            "registered_name": "Zeros"}),
        json!({"class_name": "seedbed.Constant", "config": {"value": 0.0}, "algorithm": "V1"}),
        json!({"class_name": "seedbed.Constant", "config": {"value": 0.0}}),
    ];
    for form in forms {
        let rule = json!([["*", form]]);
        let rules: Rules = serde_json::from_value(rule).unwrap();
        assert_eq!(from_json(&form).as_ref(), Ok(&zeros), "{form}");
        assert_eq!(registry::from_str(&form.to_string()).as_ref(), Ok(&zeros), "{form}");
        assert_eq!(rules.get("w"), Ok(&zeros), "{form}");
    }
}

#[test]
fn every_reader_refuses_the_same() {
    let zeros = |key: &str, value: Value| {
        let mut json = json!({"class_name": "torch.zeros_", "config": {}});
        json[key] = value;
        json
    };
    let cases = [
        (
            zeros("confg", json!({})),
            "key of an initializer `confg` is not known; did you mean `config`?",
        ),
        (zeros("algorithm", json!("V2")), "algorithm `V2` is not known; allowed: `V1`"),
        (zeros("algorithm", json!("v1")), "algorithm `v1` is not known; allowed: `V1`"),
        (zeros("algorithm", json!(1)), "algorithm `1` is not known; allowed: `V1`"),
        (
            json!({"class_name": "seedbed.Constant", "config": {"value": 0}, "algorithm": "V0"}),
            "algorithm `V0` is not known; allowed: `V1`",
        ),
        (zeros("module", json!("builtins")), "which is not `keras.initializers`"),
        (zeros("registered_name", json!("my>Zeros")), "custom classes are not known"),
        (zeros("config", json!([])), "is not an object of parameters"),
        (zeros("config", json!({"a": 1})), "parameter of torch.zeros_ `a` is not known"),
        (zeros("class_name", json!(1)), "is not a name or"),
        (json!(["torch.zeros_"]), "is not a name or"),
        (json!("torch.glorot_uniform_"), "did you mean `xavier_uniform_`?"),
        (
            json!({"class_name": "seedbed.Normal", "config": {"mean": 0, "std": 1}, "extra": 1}),
            "key of an initializer `extra` is not known",
        ),
    ];
    for (form, expected) in cases {
        let message = from_json(&form).unwrap_err().to_string();
        assert!(message.contains(expected), "{form}: {message}");
        assert_eq!(registry::from_str(&form.to_string()).unwrap_err().to_string(), message);
        let rules = serde_json::from_value::<Rules>(json!([["*", form]])).unwrap_err().to_string();
        assert_eq!(rules, message);
    }
}

#[test]
fn a_key_given_twice_is_refused_wherever_it_stands() {
    let outside = r#"{"class_name": "torch.zeros_", "class_name": "torch.ones_"}"#;
    let inside = r#"{"class_name": "torch.normal_", "config": {"std": 1, "std": 2}}"#;
    let own = r#"{"class_name": "seedbed.Normal", "config": {"mean": 0, "std": 1, "std": 2}}"#;
    for text in [outside, inside, own] {
        let message = registry::from_str(text).unwrap_err().to_string();
        assert!(message.contains("is given twice"), "{message}");
        let rules = serde_json::from_str::<Rules>(&format!(r#"[["*", {text}]]"#)).unwrap_err();
        assert!(rules.to_string().contains("is given twice"), "{rules}");
    }
    let message = serde_json::from_str::<Initializer>(own).unwrap_err().to_string();
    assert!(message.contains("the key `std` is given twice"), "{message}");
}

/// Messages say what is expected in the user's words, not how the reader is made.
#[test]
fn messages_are_in_the_users_words() {
    let cases = [
        ("torch.trunc_normal_", json!({"a": "low"}), "expected a number, \"inf\" or \"-inf\""),
        ("jax.he_normal", json!({"in_axis": "x"}), "expected an axis or a list of axes"),
        (
            "lasagne.HeNormal",
            json!({"gain": []}),
            "expected a number, \"relu\" or {\"leaky_relu\": slope}",
        ),
        ("lasagne.Uniform", json!({"range": [1]}), "expected a number or a pair [low, high]"),
        ("keras.RandomNormal", json!({"stddev": "wide"}), "is \"wide\": expected a number"),
        ("torch.dirac_", json!({"groups": -1}), "expected an integer of at least 0"),
        ("keras.RandomNormal", json!({"stddev": -1}), "stddev is -1, but must be at least 0"),
        ("torch.uniform_", json!({"a": 2, "b": 1}), "b is 1, but must be at least a"),
        (
            "keras.RandomUniform",
            json!({"minval": 2, "maxval": 1}),
            "maxval is 1, but must be at least minval",
        ),
        ("jax.truncated_normal", json!({"lower": 2}), "upper is 2, but must be above lower"),
        (
            "torch.trunc_normal_",
            json!({"mean": 5, "std": 0}),
            "mean is 5, but must be between a and b, as std is 0",
        ),
        (
            "torch.kaiming_uniform_",
            json!({"mode": "fan_avg"}),
            "mode `fan_avg` is not known; allowed: `fan_in`, `fan_out`",
        ),
    ];
    for (class, config, expected) in cases {
        let message = refused(class, config).1;
        assert!(message.ends_with(expected), "{class}: {message}");
    }
}

#[test]
fn named_scalings_fix_their_parameters() {
    for class in ["keras.he_normal", "keras3.he_normal", "jax.he_normal"] {
        let message = refused(class, json!({"scale": 3.0})).1;
        assert!(message.contains("`scale` is not known"), "{class}: {message}");
    }
    let axes = build("keras3.he_normal", json!({"input_axes": [0], "output_axes": [1]}));
    assert_ne!(axes, build("keras3.he_normal", json!({})));
}

#[test]
fn presets_round_trip() {
    fn check<P: Preset + serde::Serialize>(preset: &P) {
        let config = registry::to_config(preset);
        let text = config.to_string();
        assert_eq!(
            from_json(&serde_json::from_str(&text).unwrap()),
            preset.initializer(),
            "{text}"
        );
    }
    let gain = lasagne::Gain::LeakyRelu(0.2);
    check(&lasagne::HeUniform { gain, c01b: true });
    check(&lasagne::GlorotNormal { gain: lasagne::Gain::Relu, c01b: false });
    check(&lasagne::Uniform {
        range: lasagne::UniformRange::Bounds(0.0, 0.5),
        ..Default::default()
    });
    check(&lasagne::Uniform { std: Some(0.5), mean: 2.0, ..Default::default() });
    check(&lasagne::Sparse { sparsity: 0.29, std: 0.1 });
    check(&keras::TruncatedNormal { stddev: 0.02, ..Default::default() });
    check(&keras::Identity { gain: 0.5 });
    check(&torch::KaimingUniform { a: 5f64.sqrt(), ..Default::default() });
    check(&torch::TruncNormal { b: f64::INFINITY, ..Default::default() });
    check(&torch::Dirac { groups: 4 });
    check(&jax::Orthogonal { scale: 2.0, column_axis: 1 });
    check(&jax::VarianceScaling { out_axis: jax::Axes::Several(vec![1, 2]), ..Default::default() });
}

fn canonical() -> Vec<Initializer> {
    let axes = Layout::axes(&[0], &[1, -1], &[2]).unwrap().groups(2).unwrap().transposed();
    let cut = ScaledDistribution::TruncatedNormal { cut: 1.5, std: TruncatedStd::Parent };
    let scaled = VarianceScaling::new(cut, Variance::Scale(0.7), FanMode::GeoAvg, axes).unwrap();
    let given = VarianceScaling::new(
        ScaledDistribution::Uniform,
        Variance::Gain(2f64.sqrt()),
        FanMode::Given(64.0),
        lasagne::layout(true),
    );
    vec![
        Initializer::constant(0.1).unwrap(),
        Initializer::uniform(-0.05, 0.05).unwrap(),
        Initializer::normal(1e-300, 0.02).unwrap(),
        Initializer::truncated_normal(0.0, 0.02, Bounds::Sigmas(-2.0, f64::INFINITY)).unwrap(),
        Initializer::truncated_normal(0.0, 0.02, Bounds::Absolute(f64::NEG_INFINITY, 0.1)).unwrap(),
        scaled.with_min_fan(1.0).unwrap().into(),
        given.unwrap().into(),
        Initializer::orthogonal(1.5, MatrixRows::AllBut(-2)).unwrap(),
        Initializer::delta_orthogonal(2.0).unwrap(),
        Initializer::sparse(SparseAxis::Row, Nonzeros::Exactly(7), 0.01).unwrap(),
        Initializer::sparse(SparseAxis::Column, Nonzeros::AllButFraction(0.9), 0.01).unwrap(),
        Initializer::identity(2.0, NonSquare::Tile).unwrap(),
        Initializer::dirac(4).unwrap(),
        keras::get("glorot_normal").unwrap(),
    ]
}

#[test]
fn the_shared_form_round_trips_with_its_version() {
    for initializer in canonical() {
        let text = serde_json::to_string(&initializer).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["algorithm"], "V1", "{text}");
        assert_eq!(serde_json::from_str::<Initializer>(&text).unwrap(), initializer, "{text}");
        assert_eq!(from_json(&json).unwrap(), initializer, "{text}");
    }
}

#[test]
fn the_shared_form_is_checked_when_it_is_read() {
    let read = |json: Value| serde_json::from_value::<Initializer>(json).map_err(|e| e.to_string());
    let json = json!({"class_name": "seedbed.Normal", "config": {"mean": 0, "std": -1}});
    let message = read(json.clone()).unwrap_err();
    assert_eq!(message, "std is -1, but must be at least 0");
    assert!(from_json(&json).is_err());
    let mut json = json!({"class_name": "seedbed.Normal", "config": {"mean": 0, "std": 1}});
    assert!(read(json.clone()).is_ok());
    json["algorithm"] = "V0".into();
    assert!(read(json.clone()).is_err());
    assert!(from_json(&json).is_err());
    let config = json!({"mean": 0, "std": 1, "stdd": 2});
    let message = refused("seedbed.Normal", config).1;
    assert!(message.contains("`stdd` is not known; did you mean `std`?"), "{message}");
    assert!(from_config("seedbed.Normall", &json!({"mean": 0, "std": 1})).is_err());
}

#[test]
fn a_configuration_samples_as_its_preset() {
    let stream = Seed::from(5).stream("w");
    let json = json!({"class_name": "torch.kaiming_uniform_", "config": {"a": 1.0}});
    let values: Vec<f32> = from_json(&json).unwrap().sample(&[30, 20], &stream).unwrap();
    let preset = torch::KaimingUniform { a: 1.0, ..Default::default() };
    let expected: Vec<f32> = preset.sample(&[30, 20], &stream).unwrap();
    assert_eq!(values, expected);
}
