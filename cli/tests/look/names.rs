//! `seedbed names`.

use seedbed::registry;
use serde_json::Value;

use crate::{failure, run};

#[test]
fn every_name_of_the_registry_is_listed() {
    let text = run(&["names"]).unwrap();
    let list: Vec<Value> = serde_json::from_str(&run(&["names", "--json"]).unwrap()).unwrap();
    let mut listed = Vec::new();
    for entry in &list {
        let class_name = entry["class_name"].as_str().unwrap();
        assert!(text.contains(&format!("{class_name}(")), "{class_name}");
        assert!(entry["definition"].as_str().unwrap().ends_with('.'), "{class_name}");
        let system = entry["systems"][0].as_str().unwrap();
        let names = entry["names"].as_array().unwrap().iter();
        listed.extend(names.map(|name| format!("{system}.{}", name.as_str().unwrap())));
    }
    assert_eq!(listed, registry::names().collect::<Vec<_>>());
}

#[test]
fn the_defaults_are_those_of_the_registry() {
    let list: Vec<Value> = serde_json::from_str(&run(&["names", "--json"]).unwrap()).unwrap();
    for entry in &list {
        let class_name = entry["class_name"].as_str().unwrap();
        let given = registry::from_config(class_name, &entry["defaults"]);
        let required = entry["required"].as_array().unwrap();
        match required.first() {
            None => assert_eq!(given, registry::get(class_name), "{class_name}"),
            Some(first) => {
                let problem = given.unwrap_err().to_string();
                assert!(problem.contains(first.as_str().unwrap()), "{problem}");
            }
        }
        // What is fixed is no parameter.
        for (name, value) in entry["fixed"].as_object().unwrap() {
            let config = serde_json::json!({ name: value });
            assert!(registry::from_config(class_name, &config).is_err(), "{class_name} {name}");
        }
    }
}

#[test]
fn one_system_and_one_name_can_be_chosen() {
    let torch = run(&["names", "torch"]).unwrap();
    assert!(torch.contains("torch.sparse_(sparsity, std=0.01)\n"), "{torch}");
    assert!(!torch.contains("keras."), "{torch}");
    let expected = "torch.xavier_normal_(gain=1)
  xavier_normal_: the normal distribution with std = gain sqrt(2 / (fan_in + fan_out)).
  Also: xavier_normal.
";
    assert_eq!(run(&["names", "torch", "xavier_normal"]).unwrap(), expected);
    assert_eq!(run(&["names", "torch.nn.init", "xavier_normal_"]).unwrap(), expected);
    assert_eq!(run(&["names", "Torch"]).unwrap(), torch);
    let he = run(&["names", "keras3", "HeNormal"]).unwrap();
    assert!(he.contains("HeNormal(input_axes=null, output_axes=null)\n"), "{he}");
    assert!(
        he.contains(r#"With scale=2, mode="fan_in", distribution="truncated_normal"."#),
        "{he}"
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    for (args, message) in [
        (
            &["names", "torhc"][..],
            r#"system "torhc" is not known: it is one of keras, keras3, lasagne, torch, jax"#,
        ),
        (
            &["names", "torch", "HeNormal"],
            "torch class `HeNormal` is not known; did you mean `kaiming_normal_`?",
        ),
    ] {
        let (code, problem) = failure(run(args));
        assert_eq!(code, 2);
        assert!(problem.contains(message), "{problem}");
    }
}
