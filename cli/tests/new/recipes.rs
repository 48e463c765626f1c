//! Which recipes `seedbed new --like` gives to tensors.

use std::fs;

use serde_json::{Map, Value, json};

use crate::like::Source;
use crate::{input_error, parse};

/// The distributions of a plan by name.
fn distributions(source: &Source, more: &[&str]) -> Vec<(String, String)> {
    let plan = source.plan(more);
    // Constants of scales are rounded to four digits.
    let text = |value: &Value| match value["distribution"].as_str().unwrap() {
        text if text.contains('.') && text.starts_with("constant ") => {
            format!("constant {:.3e}", text["constant ".len()..].parse::<f64>().unwrap())
        }
        text => text.to_owned(),
    };
    plan.as_object().unwrap().iter().map(|(name, t)| (name.clone(), text(t))).collect()
}

/// Checks the distributions of all tensors, in any order.
fn check(tensors: &[(&str, &str, Value, &str)], config: &Value, more: &[&str]) {
    let headers = tensors
        .iter()
        .map(|(name, dtype, shape, _)| (name.to_string(), json!({"dtype": dtype, "shape": shape})));
    let source = Source::of(&Value::Object(headers.collect::<Map<_, _>>()));
    source.add("config.json", &config.to_string());
    let mut expected: Vec<_> =
        tensors.iter().map(|(name, .., d)| (name.to_string(), d.to_string())).collect();
    expected.sort();
    assert_eq!(distributions(&source, more), expected);
}

#[test]
fn the_defaults_are_ones_zeros_and_normal() {
    let tensors = [
        ("model.embed_tokens.weight", "BF16", json!([9, 4]), "normal, mean 0, std 0.05"),
        ("model.layers.0.input_layernorm.weight", "BF16", json!([4]), "constant 1"),
        (
            "model.layers.0.self_attn.o_proj.weight",
            "BF16",
            json!([4, 4]),
            "normal, mean 0, std 0.05",
        ),
        ("model.layers.0.self_attn.q_proj.bias", "BF16", json!([4]), "constant 0"),
        (
            "model.layers.0.mlp.experts.down_proj",
            "BF16",
            json!([2, 4, 4]),
            "normal, mean 0, std 0.05",
        ),
        ("model.layers.0.mlp.experts.down_proj_bias", "BF16", json!([2, 4]), "constant 0"),
        ("model.layers.0.mlp.gate.e_score_correction_bias", "F32", json!([2]), "constant 0"),
        ("model.layers.1.ln_2.weight", "F32", json!([4]), "constant 1"),
        ("conv.bn1.weight", "F32", json!([4]), "constant 1"),
        ("conv.bn1.running_mean", "F32", json!([4]), "constant 0"),
        ("conv.bn1.running_var", "F32", json!([4]), "constant 1"),
        ("conv.bn1.num_batches_tracked", "I64", json!([]), "all bytes 0"),
        ("conv.downsample.1.weight", "F32", json!([4]), "constant 1"),
        ("conv.weight", "F32", json!([4, 4, 3, 3]), "normal, mean 0, std 0.05"),
        ("norm.LayerNorm.gamma", "F32", json!([4]), "constant 1"),
        ("norm.LayerNorm.beta", "F32", json!([4]), "constant 0"),
        ("mask", "BOOL", json!([4, 4]), "all bytes 0"),
        ("embeddings.position_ids", "I64", json!([1, 4]), "index on the last axis"),
    ];
    check(&tensors, &json!({"text_config": {"initializer_range": 0.05}}), &[]);
    let one = [("w", "F32", json!([4, 4]), "normal, mean 0, std 0.02")];
    check(&one, &json!({}), &[]);
    check(&one, &json!({"initializer_range": "wide"}), &[]);
    let residual = "normal, mean 0, std 0.01"; // 0.02 / sqrt(2 * 2)
    let scaled = [
        ("h.0.c_proj.weight", "F32", json!([4, 4]), residual),
        ("h.1.mlp.down_proj.weight", "F32", json!([4, 4]), residual),
        ("h.1.c_attn.weight", "F32", json!([4, 4]), "normal, mean 0, std 0.02"),
    ];
    check(&scaled, &json!({}), &["--depth-scaled"]);
}

/// The names, types and shapes of a layer of each layout are those of a published checkpoint with narrower
/// matrices.
#[test]
fn quantised_layouts_have_weights_of_the_same_spread() {
    let bits = "uniform bits";
    // GPTQ, of 4 bits (Elias Frantar et al., 2022) as Qwen2.5-7B-Instruct-GPTQ-Int4 stores it.
    let gptq =
        json!({"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 64}});
    check(
        &[
            ("model.layers.0.mlp.up_proj.qweight", "I32", json!([16, 256]), bits),
            ("model.layers.0.mlp.up_proj.qzeros", "I32", json!([2, 32]), "all bytes 119"),
            ("model.layers.0.mlp.up_proj.scales", "F16", json!([2, 256]), "constant 4.339e-3"),
            (
                "model.layers.0.mlp.up_proj.g_idx",
                "I32",
                json!([128]),
                "index on the last axis / 64",
            ),
            ("model.layers.0.mlp.up_proj.bias", "F16", json!([256]), "constant 0"),
        ],
        &gptq,
        &[],
    );
    // Of 8 bits in one group for each column: the indices follow from the scales.
    check(
        &[
            ("l.qweight", "I32", json!([32, 256]), bits),
            ("l.qzeros", "I32", json!([1, 64]), "all bytes 127"),
            ("l.scales", "F16", json!([1, 256]), "constant 2.706e-4"),
            ("l.g_idx", "I32", json!([128]), "index on the last axis / 128"),
        ],
        &json!({"quantization_config": {"quant_method": "gptq", "bits": 8, "group_size": -1}}),
        &[],
    );
    check(
        &[
            ("l.weight", "I8", json!([256, 128]), bits),
            ("l.weight_scale", "BF16", json!([256, 1]), "constant 2.706e-4"),
            ("l.weight_zero_point", "I8", json!([256, 1]), "all bytes 0"),
            ("p.weight_packed", "I32", json!([256, 32]), bits),
            ("p.weight_scale", "BF16", json!([256, 1]), "constant 2.706e-4"),
            ("p.weight_shape", "I64", json!([2]), "values [256, 128]"),
        ],
        &json!({"quantization_config": {"quant_method": "compressed-tensors",
            "config_groups": {"group_0": {"weights": {"num_bits": 8}}}}}),
        &[],
    );
    // Weights packed by compressed-tensors, with the shape of the matrix in a tensor.
    check(
        &[
            ("l.q_proj.weight_packed", "I32", json!([256, 16]), bits),
            ("l.q_proj.weight_scale", "BF16", json!([256, 1]), "constant 4.339e-3"),
            ("l.q_proj.weight_shape", "I64", json!([2]), "values [256, 128]"),
        ],
        &json!({"quantization_config": {"quant_method": "compressed-tensors"}}),
        &[],
    );
    check(
        &[
            ("l.q_proj.weight", "I8", json!([256, 16]), bits),
            ("l.q_proj.weight_scale", "BF16", json!([256, 1]), "constant 2.706e-4"),
        ],
        &json!({}),
        &[],
    );
    // 8-bit floats with a scale for each block of 128 x 128, as DeepSeek-V3 stores them.
    check(
        &[
            (
                "model.layers.3.mlp.experts.7.up_proj.weight",
                "F8_E4M3",
                json!([256, 256]),
                "normal, mean 0, std 0.02",
            ),
            (
                "model.layers.3.mlp.experts.7.up_proj.weight_scale_inv",
                "F32",
                json!([2, 2]),
                "constant 1",
            ),
        ],
        &json!({}),
        &[],
    );
    // MXFP4 as gpt-oss-20b stores it: 0.02 is closest to 2.93 times 2^-7, the exponent 120 - 127.
    check(
        &[
            ("model.layers.0.mlp.experts.gate_up_proj_blocks", "U8", json!([2, 64, 2, 16]), bits),
            (
                "model.layers.0.mlp.experts.gate_up_proj_scales",
                "U8",
                json!([2, 64, 2]),
                "all bytes 120",
            ),
            ("model.layers.0.mlp.experts.gate_up_proj_bias", "BF16", json!([2, 64]), "constant 0"),
            ("model.layers.0.self_attn.sinks", "BF16", json!([8]), "normal, mean 0, std 0.02"),
        ],
        &json!({}),
        &[],
    );
    // NVFP4 by ModelOpt and by compressed-tensors.
    check(
        &[
            ("a.weight", "U8", json!([64, 32]), bits),
            ("a.weight_scale", "F8_E4M3", json!([64, 4]), "constant 1"),
            ("a.weight_scale_2", "F32", json!([]), "constant 6.835e-3"),
            ("a.input_scale", "F32", json!([]), "constant 1"),
            ("b.weight_packed", "U8", json!([64, 32]), bits),
            ("b.weight_scale", "F8_E4M3", json!([64, 4]), "constant 1"),
            ("b.weight_global_scale", "F32", json!([1]), "constant 1.463e2"),
        ],
        &json!({}),
        &[],
    );
}

#[test]
fn what_has_no_default_is_named() {
    let state = "w.quant_state.bitsandbytes__nf4";
    let source = Source::of(&json!({
        state: {"dtype": "U8", "shape": [90]},
        "c": {"dtype": "C64", "shape": [2]},
        "l.weight_shape": {"dtype": "I64", "shape": [2]},
    }));
    let problem = input_error(source.run(&["--dry-run"]));
    for expected in [
        "bitsandbytes__nf4\", U8 [90]: the state of bitsandbytes",
        "\"c\", C64 [2]: C64 has no default",
        "\"l.weight_shape\", I64 [2]: there is no weight_packed beside it",
    ] {
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn rules_give_recipes_and_what_they_leave_is_named() {
    let tensor = |dtype: &str, shape: Value| json!({"dtype": dtype, "shape": shape});
    let source = Source::of(&json!({
        "a.weight": tensor("F32", json!([8, 6])),
        "a.bias": tensor("F32", json!([8])),
        "b.qweight": tensor("I32", json!([8, 6])),
        "c.other": tensor("F32", json!([8, 6])),
    }));
    let rules = source.0.path().join("rules.json");
    let with = |text: &str| {
        fs::write(&rules, text).unwrap();
        ["--rules", rules.to_str().unwrap()].map(str::to_owned)
    };
    let plan = |text: &str| distributions(&source, &with(text).each_ref().map(String::as_str));
    let good = r#"[["*.weight", {"class_name": "torch.orthogonal_", "config": {"gain": 2}}],
        ["*.bias", "torch.zeros_"], ["*.qweight", "file.Bits"], ["*", "torch.xavier_uniform_"]]"#;
    let expected = [
        ("a.bias", "constant 0"),
        ("a.weight", "seedbed.Orthogonal"),
        ("b.qweight", "uniform bits"),
        ("c.other", "uniform -0.654654 to 0.654654"),
    ];
    assert_eq!(plan(good), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let refused = |text: &str| {
        let args = with(text);
        input_error(source.run(&args.each_ref().map(String::as_str)))
    };
    // All tensors without values, not only the first.
    let problem = refused(r#"[["a.*", "torch.kaiming_normal_"]]"#);
    for expected in [
        r#"tensor "a.bias", F32 [8]: "#,
        r#"tensor "b.qweight", I32 [8, 6]: no rule matches"#,
        r#"tensor "c.other", F32 [8, 6]: no rule matches"#,
    ] {
        assert!(problem.contains(expected), "{problem}");
    }
    let problem = refused(r#"[["*", "torch.ones_"]]"#);
    assert!(
        problem.contains("I32 [8, 6]: the element type is I32, but an initializer"),
        "{problem}"
    );
    for (text, expected) in [
        ("{}", "rules.json: not a JSON list of"),
        (r#"[["*"]]"#, "rule 1: not [\"pattern\", initializer]"),
        (r#"[["x", "torch.ones_"], ["*", "torch.onse_"]]"#, r#"rule 2 "*": "#),
        (r#"[["*", "file.Bit"]]"#, r#"rule 1 "*": "file.Bit": unknown variant"#),
    ] {
        let problem = refused(text);
        assert!(problem.contains(expected), "{problem}");
    }
    assert!(!source.out().exists());
}

#[test]
fn a_rule_that_matches_nothing_is_a_warning() {
    let source = Source::of(&json!({"h.0.c_proj.weight": {"dtype": "F32", "shape": [2, 2]}}));
    let rules = source.0.path().join("rules.json");
    fs::write(&rules, r#"[["c_proj.weight", "torch.ones_"], ["*", "torch.zeros_"]]"#).unwrap();
    let args = source.args(&["--rules", rules.to_str().unwrap()]);
    let output = std::process::Command::new(crate::PROGRAM).arg("new").args(args).output().unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains(r#"warning: the rule "c_proj.weight" gives no tensor"#), "{printed}");
    assert!(!printed.contains(r#"the rule "*""#), "{printed}");
}

#[test]
fn published_recipes_have_their_distributions() {
    let gpt2 = [
        ("wte.weight", "F32", json!([9, 4]), "normal, mean 0, std 0.02"),
        ("wpe.weight", "F32", json!([8, 4]), "normal, mean 0, std 0.01"),
        ("h.0.attn.c_proj.weight", "F32", json!([4, 4]), "normal, mean 0, std 0.01"),
        ("h.1.mlp.c_proj.weight", "F32", json!([4, 4]), "normal, mean 0, std 0.01"),
        ("h.1.mlp.c_fc.bias", "F32", json!([4]), "constant 0"),
        ("ln_f.weight", "F32", json!([4]), "constant 1"),
    ];
    check(&gpt2, &json!({}), &["--recipe", "gpt2"]);
    let cut = |std: &str| format!("normal, mean 0, std {std}, cut off at -2 and 2");
    let [first, second, inputs] = [cut("0.0141421"), cut("0.01"), cut("0.02")];
    let llama = [
        ("model.embed_tokens.weight", "BF16", json!([9, 4]), "normal, mean 0, std 1"),
        ("model.layers.0.self_attn.o_proj.weight", "BF16", json!([4, 4]), &*first),
        ("model.layers.1.mlp.down_proj.weight", "BF16", json!([4, 4]), &*second),
        ("model.layers.1.mlp.gate_proj.weight", "BF16", json!([4, 4]), &*inputs),
        ("model.norm.weight", "BF16", json!([4]), "constant 1"),
        (
            "lm_head.weight",
            "BF16",
            json!([9, 4]),
            "normal, mean 0, std 0.5, cut off at -1.5 and 1.5",
        ),
    ];
    check(&llama, &json!({}), &["--recipe", "llama"]);
    let other = input_error(Source::new().run(&["--recipe", "gpt2"]));
    assert!(other.contains("no tensor has a name of this model"), "{other}");
    parse(&["--like", "x", "--out", "y", "--recipe", "bert"]).unwrap_err();
}
