//! Keras 3: fans, names, distributions, configurations and errors.

use seedbed::init::{self, Bounds, FanMode, Layout, ScaledDistribution, TruncatedStd, Variance};
use seedbed::keras3::{Distribution, Mode, VarianceScaling};
use seedbed::{
    ConfigError, Error, Initializer, ParameterError, Preset, Seed, ShapeError, keras, keras3,
};

fn fans(layout: &Layout, shape: &[usize]) -> (f64, f64) {
    let fans = layout.fans(shape).unwrap();
    (fans.fan_in, fans.fan_out)
}

/// The standard deviation of a preset for this shape, by its layout and floor.
#[track_caller]
fn std(preset: &impl Preset, shape: &[usize]) -> f64 {
    match preset.initializer().unwrap() {
        Initializer::VarianceScaling(scaled) => scaled.std(shape).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn axes(input: &[isize], output: &[isize]) -> VarianceScaling {
    let [input_axes, output_axes] = [input, output].map(|axes| Some(axes.to_vec()));
    VarianceScaling { input_axes, output_axes, ..Default::default() }
}

#[test]
fn fans_are_those_of_keras_3() {
    for (shape, expected) in [
        (&[][..], (1.0, 1.0)),
        (&[7], (7.0, 7.0)),
        (&[20, 10], (20.0, 10.0)),
        (&[3, 5, 7], (15.0, 21.0)),
        (&[3, 3, 16, 32], (144.0, 288.0)),
        (&[32, 16, 3, 3], (1536.0, 1536.0)),
        (&[2, 3, 4, 5, 6], (120.0, 144.0)),
        (&[2, 2, 2, 2, 3, 5], (48.0, 80.0)),
    ] {
        assert_eq!(fans(&keras3::layout(), shape), expected, "{shape:?}");
        for (mode, fan) in [
            (Mode::FanIn, expected.0),
            (Mode::FanOut, expected.1),
            (Mode::FanAvg, (expected.0 + expected.1) / 2.0),
        ] {
            let scaling = VarianceScaling { scale: 3.0, mode, ..Default::default() };
            assert_eq!(std(&scaling, shape), (3.0 / fan).sqrt(), "{shape:?} {mode}");
        }
    }
}

#[test]
fn explicit_axes_have_no_receptive_field() {
    // Attention: (model) -> (heads, width), and back.
    let layout = Layout::only_axes(&[0], &[1, 2]).unwrap();
    assert_eq!(fans(&layout, &[512, 8, 32]), (512.0, 256.0));
    assert_eq!(fans(&layout, &[512, 8, 32, 9]), (512.0, 256.0));
    assert_eq!(fans(&layout.clone().transposed(), &[512, 8, 32]), (256.0, 512.0));
    assert_eq!(fans(&Layout::only_axes(&[0, 1], &[-1]).unwrap(), &[8, 32, 512]), (256.0, 512.0));
    assert_eq!(fans(&Layout::only_axes(&[0], &[0]).unwrap(), &[7, 5]), (7.0, 7.0));
    assert_eq!(fans(&Layout::only_axes(&[], &[]).unwrap(), &[]), (1.0, 1.0));
    assert_ne!(layout, Layout::axes(&[0], &[1, 2], &[]).unwrap());

    assert_eq!(std(&axes(&[0], &[1, 2]), &[512, 8, 32]), (1.0f64 / 512.0).sqrt());
    let out = VarianceScaling { mode: Mode::FanOut, ..axes(&[-2], &[-1]) };
    assert_eq!(std(&out, &[3, 3, 16, 32]), (1.0f64 / 32.0).sqrt());
    let (input_axes, output_axes) = (Some(vec![1]), Some(vec![0]));
    let he = VarianceScaling { input_axes, output_axes, ..keras3::he_normal() };
    assert_eq!(std(&he, &[20, 50, 9]), 0.2);
}

#[test]
fn axes_are_checked() {
    let problem = |preset: VarianceScaling| preset.for_shape::<f32>(&[4, 5]).unwrap_err();
    assert!(matches!(problem(axes(&[0, 0], &[1])), Error::Shape(ShapeError::Axis { axis: 0, .. })));
    assert!(matches!(
        problem(axes(&[0], &[1, -1])),
        Error::Shape(ShapeError::Axis { axis: 1, .. })
    ));
    assert!(matches!(problem(axes(&[2], &[1])), Error::Shape(ShapeError::Axis { axis: 2, .. })));
    let alone = VarianceScaling { input_axes: None, ..axes(&[0], &[1]) };
    let message = alone.initializer().unwrap_err().to_string();
    assert_eq!(message, "keras3.VarianceScaling needs the parameter `input_axes`");
    let alone = VarianceScaling { input_axes: Some(vec![0]), ..keras3::he_normal() };
    assert!(matches!(
        alone.initializer(),
        Err(Error::Config(ConfigError::MissingParameter { .. }))
    ));
}

#[test]
fn distributions_are_those_of_keras_3() {
    let preset = |distribution| VarianceScaling { distribution, ..Default::default() };
    let of = |distribution| {
        let scaled = init::VarianceScaling::new(
            distribution,
            Variance::Scale(1.0),
            FanMode::In,
            keras3::layout(),
        );
        Ok(Initializer::from(scaled.unwrap().with_min_fan(1.0).unwrap()))
    };
    let truncated = ScaledDistribution::TruncatedNormal { cut: 2.0, std: TruncatedStd::Effective };
    assert_eq!(preset(Distribution::TruncatedNormal).initializer(), of(truncated));
    assert_eq!(
        preset(Distribution::UntruncatedNormal).initializer(),
        of(ScaledDistribution::Normal)
    );
    assert_eq!(preset(Distribution::Uniform).initializer(), of(ScaledDistribution::Uniform));
    for (preset, scale, mode, distribution) in [
        (keras3::get("LecunUniform"), 1.0, Mode::FanIn, Distribution::Uniform),
        (keras3::get("LecunNormal"), 1.0, Mode::FanIn, Distribution::TruncatedNormal),
        (keras3::get("GlorotUniform"), 1.0, Mode::FanAvg, Distribution::Uniform),
        (keras3::get("GlorotNormal"), 1.0, Mode::FanAvg, Distribution::TruncatedNormal),
        (keras3::get("HeUniform"), 2.0, Mode::FanIn, Distribution::Uniform),
        (keras3::get("HeNormal"), 2.0, Mode::FanIn, Distribution::TruncatedNormal),
    ] {
        let scaling = VarianceScaling { scale, mode, distribution, ..Default::default() };
        assert_eq!(preset, scaling.initializer());
    }
    // Of other ranks than 2 to 5 the distribution is another than that of Keras 2.
    assert_ne!(keras3::get("he_normal"), keras::get("he_normal"));
    assert_eq!(keras3::get("normal"), Initializer::normal(0.0, 0.05));
    assert_eq!(keras3::get("uniform"), Initializer::uniform(-0.05, 0.05));
    let truncated = Initializer::truncated_normal(0.0, 0.05, Bounds::Sigmas(-2.0, 2.0));
    assert_eq!(keras3::get("truncated_normal"), truncated);
}

#[test]
fn untruncated_values_are_not_cut_off() {
    let values = |distribution| -> Vec<f32> {
        let preset = VarianceScaling { scale: 2.0, distribution, ..Default::default() };
        let tensor = preset.for_shape(&[200, 500]).unwrap();
        tensor.to_vec(&Seed::from(3).stream("w")).unwrap()
    };
    for (distribution, reach, kurtosis) in [
        (Distribution::UntruncatedNormal, 0.4..0.7, 3.0f64),
        (Distribution::TruncatedNormal, 0.227..0.2274, 2.3652),
        (Distribution::Uniform, 0.1731..0.17321, 1.8),
    ] {
        let values = values(distribution);
        let furthest = values.iter().map(|x| f64::from(x.abs())).fold(0.0, f64::max);
        assert!(reach.contains(&furthest), "{distribution}: {furthest}");
        let n = values.len() as f64;
        let std = (values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n).sqrt();
        let error = 0.1 * ((kurtosis - 1.0) / (4.0 * n)).sqrt();
        assert!((std - 0.1).abs() < 6.0 * error, "{distribution}: {std}");
    }
}

#[test]
fn names_are_spelled_as_keras_reads_them() {
    for name in ["normal", "NORMAL", "Truncated_Normal"] {
        assert_eq!(name.parse(), Ok(Distribution::TruncatedNormal));
    }
    assert_eq!("UNTRUNCATED_normal".parse(), Ok(Distribution::UntruncatedNormal));
    assert_eq!(Distribution::TruncatedNormal.to_string(), "truncated_normal");
    assert_eq!("fan_avg".parse(), Ok(Mode::FanAvg));
    let message = "FAN_IN".parse::<Mode>().unwrap_err().to_string();
    assert!(message.contains("did you mean `fan_in`?"), "{message}");
    assert!("orthogonal".parse::<Distribution>().is_err());
}

#[test]
fn parameters_are_checked() {
    for scale in [0.0, -1.0, f64::NAN] {
        let scaling = VarianceScaling { scale, ..Default::default() };
        assert!(
            matches!(
                scaling.initializer(),
                Err(Error::Parameter(ParameterError::OutOfRange { .. }))
            ),
            "{scale}"
        );
    }
    let infinite = VarianceScaling { scale: f64::INFINITY, ..Default::default() };
    assert!(matches!(
        infinite.initializer(),
        Err(Error::Parameter(ParameterError::NonFinite { .. }))
    ));
    let orthogonal = keras3::get("OrthogonalInitializer").unwrap();
    assert!(orthogonal.for_shape::<f32>(&[4]).is_err());
    let identity = keras3::get("IdentityInitializer").unwrap();
    assert!(identity.for_shape::<f32>(&[4, 3, 2]).is_err());
}

#[cfg(feature = "serde")]
mod configurations {
    use seedbed::registry::{from_config, from_json};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn all_names_are_there() {
        let names = "Zeros zeros zero Ones ones one Constant constant RandomNormal random_normal \
            normal RandomUniform random_uniform uniform TruncatedNormal truncated_normal \
            VarianceScaling variance_scaling LecunUniform lecun_uniform LecunNormal lecun_normal \
            GlorotUniform glorot_uniform GlorotNormal glorot_normal HeUniform he_uniform HeNormal \
            he_normal Orthogonal orthogonal OrthogonalInitializer Identity identity \
            IdentityInitializer";
        let mut names: Vec<&str> = names.split_whitespace().collect();
        for name in &names {
            let expected = from_config(&format!("keras3.{name}"), &json!({}));
            assert_eq!(keras3::get(name), expected, "{name}");
            assert!(expected.is_ok(), "{name}");
        }
        let known = seedbed::registry::names();
        let mut known: Vec<String> =
            known.filter_map(|name| Some(name.strip_prefix("keras3.")?.to_owned())).collect();
        known.sort();
        names.sort();
        assert_eq!(known, names);
        for not in ["eye", "xavier_normal", "henormal", "Initializer", "None", ""] {
            assert!(
                matches!(keras3::get(not), Err(Error::Config(ConfigError::UnknownName { .. }))),
                "{not}"
            );
        }
        let message = keras3::get("heNormal").unwrap_err().to_string();
        assert!(message.contains("did you mean `HeNormal`?"), "{message}");
    }

    #[test]
    fn configurations_round_trip() {
        fn check<P: Preset + serde::Serialize>(preset: &P) {
            let expected = preset.initializer();
            assert_eq!(from_json(&seedbed::registry::to_config(preset)), expected);
            let text = keras3::serialize(preset).to_string();
            let config: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(config["module"], "keras.initializers");
            assert_eq!(keras3::deserialize(&config), expected, "{text}");
            let shared = serde_json::to_value(expected.as_ref().unwrap()).unwrap();
            assert_eq!(from_json(&shared), expected, "{shared}");
        }
        let distribution = Distribution::UntruncatedNormal;
        check(&VarianceScaling { scale: 0.3, distribution, ..axes(&[0], &[1, -1]) });
        check(&VarianceScaling { mode: Mode::FanAvg, ..Default::default() });
        check(&keras3::he_normal());
        check(&keras3::he_normal().seeded(1));
        check(&keras3::glorot_uniform());
        check(&keras3::RandomUniform { minval: -0.5, ..Default::default() });
        check(&keras3::Orthogonal { gain: 2.0 });
        check(&keras3::Identity { gain: 2.0 });
        check(&keras3::Constant { value: 0.5 });
        assert_eq!(
            keras3::serialize(&keras3::he_normal().seeded(1)),
            json!({"module": "keras.initializers", "class_name": "VarianceScaling",
                "config": {"scale": 2.0, "mode": "fan_in", "distribution": "truncated_normal",
                    "seed": 1, "input_axes": null, "output_axes": null},
                "registered_name": null})
        );
    }

    #[test]
    fn configurations_are_checked() {
        let scaling = |config| from_config("keras3.VarianceScaling", &config);
        let normal = scaling(json!({"distribution": "Normal"}));
        assert_eq!(normal, VarianceScaling::default().initializer());
        let explicit = json!({"input_axes": [0], "output_axes": [1, 2], "seed": 3});
        assert_eq!(scaling(explicit), axes(&[0], &[1, 2]).initializer());
        for (config, part) in [
            (json!({"mode": "FAN_IN"}), "did you mean `fan_in`?"),
            (json!({"scale": 0}), "above 0"),
            (json!({"distribution": "norm"}), "not known"),
            (json!({"output_axes": [1]}), "needs the parameter `input_axes`"),
            (json!({"in_axes": [1]}), "`in_axes` is not known"),
            (json!({"seed": {"class_name": "SeedGenerator"}}), "`seed`"),
        ] {
            let message = scaling(config).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
