//! The tensors of published checkpoints by their configurations, against the sizes that their indices state.

use serde_json::{Value, json};

use crate::like::Source;

/// Tensors in the order of a model.
#[derive(Default)]
struct List(Vec<(String, &'static str, Vec<usize>)>);

impl List {
    fn add(&mut self, name: impl Into<String>, dtype: &'static str, shape: &[usize]) {
        self.0.push((name.into(), dtype, shape.to_vec()));
    }

    /// The JSON of headers, in order.
    fn json(&self) -> String {
        let tensor = |(name, dtype, shape): &(String, &str, Vec<usize>)| {
            format!(r#"{name:?}: {{"dtype": "{dtype}", "shape": {shape:?}}}"#)
        };
        format!("{{{}}}", self.0.iter().map(tensor).collect::<Vec<_>>().join(", "))
    }

    /// The last line of a dry run, and its tensors by name.
    fn plan(&self, config: &Value, more: &[&str]) -> (String, Value) {
        let source = Source::of(&self.json());
        source.add("config.json", &config.to_string());
        let printed = source.run(&[more, &["--dry-run"]].concat()).unwrap();
        assert!(!source.out().exists());
        (printed.lines().last().unwrap().to_owned(), source.plan(more))
    }
}

/// Llama 3.1 405B: hidden 16384, 126 layers, intermediate 53248, 128 heads of 128, 8 for keys.
fn llama_405b() -> List {
    let (hidden, inner, keys, vocabulary) = (16384, 53248, 8 * 128, 128_256);
    let mut list = List::default();
    list.add("model.embed_tokens.weight", "BF16", &[vocabulary, hidden]);
    for layer in 0..126 {
        for (name, shape) in [
            ("self_attn.q_proj", &[hidden, hidden][..]),
            ("self_attn.k_proj", &[keys, hidden]),
            ("self_attn.v_proj", &[keys, hidden]),
            ("self_attn.o_proj", &[hidden, hidden]),
            ("mlp.gate_proj", &[inner, hidden]),
            ("mlp.up_proj", &[inner, hidden]),
            ("mlp.down_proj", &[hidden, inner]),
            ("input_layernorm", &[hidden]),
            ("post_attention_layernorm", &[hidden]),
        ] {
            list.add(format!("model.layers.{layer}.{name}.weight"), "BF16", shape);
        }
    }
    list.add("model.norm.weight", "BF16", &[hidden]);
    list.add("lm_head.weight", "BF16", &[vocabulary, hidden]);
    list
}

/// Llama 3 70B with AWQ of 4 bits in groups of 128: hidden 8192, 80 layers, intermediate 28672.
fn llama_70b_awq() -> List {
    let (hidden, inner, keys, vocabulary) = (8192, 28672, 8 * 128, 128_256);
    let mut list = List::default();
    list.add("model.embed_tokens.weight", "F16", &[vocabulary, hidden]);
    for layer in 0..80 {
        for (name, inputs, outputs) in [
            ("self_attn.q_proj", hidden, hidden),
            ("self_attn.k_proj", hidden, keys),
            ("self_attn.v_proj", hidden, keys),
            ("self_attn.o_proj", hidden, hidden),
            ("mlp.gate_proj", hidden, inner),
            ("mlp.up_proj", hidden, inner),
            ("mlp.down_proj", inner, hidden),
        ] {
            let named = |what: &str| format!("model.layers.{layer}.{name}.{what}");
            list.add(named("qweight"), "I32", &[inputs, outputs / 8]);
            list.add(named("qzeros"), "I32", &[inputs / 128, outputs / 8]);
            list.add(named("scales"), "F16", &[inputs / 128, outputs]);
        }
        for name in ["input_layernorm", "post_attention_layernorm"] {
            list.add(format!("model.layers.{layer}.{name}.weight"), "F16", &[hidden]);
        }
    }
    list.add("model.norm.weight", "F16", &[hidden]);
    list.add("lm_head.weight", "F16", &[vocabulary, hidden]);
    list
}

fn distribution<'a>(plan: &'a Value, name: &str) -> &'a str {
    plan[name]["distribution"].as_str().unwrap()
}

#[test]
fn llama_405b_has_its_published_size_and_files() {
    let (total, plan) =
        llama_405b().plan(&json!({"initializer_range": 0.02}), &["--max-shard-size", "5GB"]);
    assert_eq!(total, "1,137 tensors, 405,853,388,800 elements, 811,706,777,600 bytes, 191 files");
    assert_eq!(distribution(&plan, "model.layers.125.input_layernorm.weight"), "constant 1");
    assert_eq!(plan["lm_head.weight"]["file"], "model-00191-of-00191.safetensors");
}

#[test]
fn an_awq_checkpoint_has_its_published_size() {
    let quantization = json!({"quant_method": "awq", "bits": 4, "group_size": 128});
    let (total, plan) = llama_70b_awq()
        .plan(&json!({"quantization_config": quantization}), &["--max-shard-size", "5GB"]);
    assert!(total.ends_with(" 39,767,785,472 bytes, 9 files"), "{total}");
    for (what, expected) in [
        ("qweight", "uniform bits"),
        ("qzeros", "all bytes 119"),
        ("scales", "constant 0.004338609156373124"),
    ] {
        let name = format!("model.layers.7.mlp.down_proj.{what}");
        assert_eq!(distribution(&plan, &name), expected, "{what}");
    }
}
