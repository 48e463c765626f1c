//! Rules by path: the order, the errors, the fans of another layout, and JSON.

use seedbed::init::{ConvOrder, Layout, MatrixOrder};
use seedbed::{Error, Initializer, Rules, Seed, torch};

fn std(values: &[f32]) -> f64 {
    let squares: f64 = values.iter().map(|x| f64::from(*x).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

#[test]
fn the_first_rule_that_matches_is_the_tensors() {
    let names = [("*.bias", "torch.zeros_"), ("norm.*", "torch.ones_"), ("h.*", "torch.eye_")];
    let rules = Rules::from_names(names).unwrap();
    let constant = |value| Initializer::constant(value).unwrap();
    assert_eq!(rules.get("h.0.bias"), Ok(&constant(0.0)));
    assert_eq!(rules.get("norm.bias"), Ok(&constant(0.0)));
    assert_eq!(rules.get("norm.weight"), Ok(&constant(1.0)));
    let turned = Rules::from_names(names.into_iter().rev()).unwrap();
    assert_eq!(turned.get("norm.bias"), Ok(&constant(1.0)));
    assert_eq!(Rules::default().rule("a", constant(3.0)).get("a"), Ok(&constant(3.0)));
}

#[test]
fn errors_name_the_tensor_and_the_name() {
    let rules = Rules::from_names([("fc.*", "torch.kaiming_normal_")]).unwrap();
    let none = rules.for_tensor::<f32>("conv.weight", &[2, 3]).unwrap_err();
    assert_eq!(none.to_string(), "no rule matches the tensor `conv.weight`");
    let unfit = rules.for_tensor::<f32>("fc.bias", &[3]).unwrap_err();
    assert!(matches!(&unfit, Error::Tensor { path, .. } if path == "fc.bias"), "{unfit}");
    let unknown = Rules::from_names([("*", "torch.kaiming_norml_")]).unwrap_err();
    assert!(unknown.to_string().contains("did you mean `kaiming_normal_`"), "{unknown}");
}

#[test]
fn a_rule_that_no_tensor_follows_is_unused() {
    let names = ["c_proj.weight", "*.bias", "h.*", "h.0.*", "head.*"];
    let rules = Rules::from_names(names.map(|name| (name, "torch.zeros_"))).unwrap();
    let paths = ["h.0.attn.c_proj.weight", "h.0.attn.bias", "wte"];
    // The first is not a suffix, the fourth comes after a rule of all its tensors, the last has none.
    assert_eq!(rules.unused(paths), ["c_proj.weight", "h.0.*", "head.*"]);
    assert_eq!(rules.unused(["c_proj.weight", "head.bias"]), ["h.*", "h.0.*", "head.*"]);
    assert_eq!(rules.unused::<&str>([]), names);
    assert!(Rules::default().unused(paths).is_empty());
}

/// Every system's name gets the fans of the layout that is asked for, and other rules stay.
#[test]
fn a_layout_sets_the_fans() {
    let in_out = Layout::new(MatrixOrder::InOut, ConvOrder::Oihw);
    let cases = [
        (torch::layout(), vec![200, 800], 800.0),
        (in_out.clone(), vec![200, 800], 200.0),
        (torch::layout(), vec![100, 50, 5, 5], 1250.0),
        (in_out, vec![100, 50, 5, 5], 1250.0),
    ];
    for name in ["keras.he_normal", "keras3.he_normal", "jax.he_normal", "lasagne.HeNormal"] {
        for (layout, shape, fan_in) in &cases {
            let rules = Rules::from_names([("*.bias", "keras.zeros"), ("*", name)]).unwrap();
            let rules = rules.layout(layout).unwrap();
            let values = rules.for_tensor::<f32>("w", shape).unwrap();
            let values = values.to_vec(&Seed::from(1).stream(name)).unwrap();
            // Lasagne's gain is 1, the others' is that of a ReLU.
            let expected = if name == "lasagne.HeNormal" { 1.0 } else { 2.0_f64 } / fan_in;
            let error = std(&values) / expected.sqrt() - 1.0;
            let standard_error = (2.0 * values.len() as f64).sqrt().recip();
            assert!(error.abs() < 5.0 * standard_error, "{name} {shape:?} {error}");
            assert_eq!(rules.get("a.bias"), Ok(&Initializer::constant(0.0).unwrap()));
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn rules_are_read_and_written_in_order() {
    let json = r#"[["*.bias", "keras.zeros"],
        ["a*", {"class_name": "torch.normal_", "config": {"std": 0.02}}],
        ["*", "torch.kaiming_normal_"]]"#;
    let rules: Rules = serde_json::from_str(json).unwrap();
    assert_eq!(rules.get("a.weight"), Ok(&Initializer::normal(0.0, 0.02).unwrap()));
    assert_eq!(rules.get("z.bias"), rules.get("a.bias"));
    let again = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Rules>(&again).unwrap(), rules);

    for (json, part) in [
        (r#"{"*": "keras.zeros"}"#, "expected a sequence"),
        (r#"[["*", "keras.zeroes"]]"#, "did you mean `Zeros`"),
        (r#"[["*", {"class_name": "torch.normal_", "config": {"sd": 1}}]]"#, "`sd`"),
        (r#"[["*", 3]]"#, "class_name"),
        (r#"[["*"]]"#, "invalid length"),
    ] {
        let error = serde_json::from_str::<Rules>(json).unwrap_err().to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
}
