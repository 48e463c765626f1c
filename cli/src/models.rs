//! The embedded models: true tensor lists with their published recipes, in the form of a
//! specification.

use seedbed::registry;
use serde_json::{Value, json};

use crate::spec::{Entry, Init};

/// A model that is embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Model {
    /// GPT-2 small: 148 tensors, 124,439,808 parameters.
    Gpt2,
    /// ResNet-50: 161 tensors, 25,557,032 parameters.
    Resnet50,
}

impl Model {
    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Model::Gpt2 => "gpt2",
            Model::Resnet50 => "resnet50",
        }
    }

    /// Returns the tensors, in the model's order.
    pub fn entries(self) -> Vec<Entry> {
        match self {
            Model::Gpt2 => gpt2(),
            Model::Resnet50 => resnet50(),
        }
    }
}

fn entry(name: String, shape: &[usize], class_name: &str, config: Value) -> Entry {
    let initializer = registry::from_config(class_name, &config).expect("the recipes are valid");
    let init = Init { class_name: class_name.to_string(), initializer };
    Entry { name, shape: shape.to_vec(), dtype: None, init }
}

fn zeros(name: String, shape: &[usize]) -> Entry {
    entry(name, shape, "torch.zeros_", json!({}))
}

fn ones(name: String, shape: &[usize]) -> Entry {
    entry(name, shape, "torch.ones_", json!({}))
}

fn normal(name: String, shape: &[usize], std: f64) -> Entry {
    entry(name, shape, "torch.normal_", json!({"mean": 0.0, "std": std}))
}

/// GPT-2 small (Alec Radford et al., 2019, "Language Models are Unsupervised Multitask Learners")
/// with the names of its published checkpoint. Normal 0.02; the projections that add to the
/// residual stream divided by the root of how many there are; positions 0.01, as in the original
/// code. Weights are (in, out).
fn gpt2() -> Vec<Entry> {
    const LAYERS: usize = 12;
    const WIDTH: usize = 768;
    let residual = 0.02 / (2.0 * LAYERS as f64).sqrt();
    let mut tensors = vec![
        normal("wte.weight".into(), &[50257, WIDTH], 0.02),
        normal("wpe.weight".into(), &[1024, WIDTH], 0.01),
    ];
    for layer in 0..LAYERS {
        let named = |name: &str| format!("h.{layer}.{name}");
        tensors.extend([
            ones(named("ln_1.weight"), &[WIDTH]),
            zeros(named("ln_1.bias"), &[WIDTH]),
            normal(named("attn.c_attn.weight"), &[WIDTH, 3 * WIDTH], 0.02),
            zeros(named("attn.c_attn.bias"), &[3 * WIDTH]),
            normal(named("attn.c_proj.weight"), &[WIDTH, WIDTH], residual),
            zeros(named("attn.c_proj.bias"), &[WIDTH]),
            ones(named("ln_2.weight"), &[WIDTH]),
            zeros(named("ln_2.bias"), &[WIDTH]),
            normal(named("mlp.c_fc.weight"), &[WIDTH, 4 * WIDTH], 0.02),
            zeros(named("mlp.c_fc.bias"), &[4 * WIDTH]),
            normal(named("mlp.c_proj.weight"), &[4 * WIDTH, WIDTH], residual),
            zeros(named("mlp.c_proj.bias"), &[WIDTH]),
        ]);
    }
    tensors.extend([ones("ln_f.weight".into(), &[WIDTH]), zeros("ln_f.bias".into(), &[WIDTH])]);
    tensors
}

/// ResNet-50 (Kaiming He et al., 2015, "Deep Residual Learning for Image Recognition") with the
/// names and the initializers of torchvision: convolutions (out, in, height, width) He normal by
/// fan-out, batch norms one and zero, the classifier by the default of PyTorch's linear layer.
fn resnet50() -> Vec<Entry> {
    let mut tensors = Vec::new();
    convolution(&mut tensors, "conv1", "bn1", [64, 3, 7, 7]);
    let mut inputs = 64;
    for (stage, blocks) in [3, 4, 6, 3].into_iter().enumerate() {
        let width = 64 << stage;
        for block in 0..blocks {
            let named = |name: &str| format!("layer{}.{block}.{name}", stage + 1);
            let mut add = |conv: &str, bn: &str, shape| {
                convolution(&mut tensors, &named(conv), &named(bn), shape);
            };
            add("conv1", "bn1", [width, inputs, 1, 1]);
            add("conv2", "bn2", [width, width, 3, 3]);
            add("conv3", "bn3", [4 * width, width, 1, 1]);
            if block == 0 {
                add("downsample.0", "downsample.1", [4 * width, inputs, 1, 1]);
            }
            inputs = 4 * width;
        }
    }
    let kaiming = json!({"a": 5f64.sqrt(), "mode": "fan_in", "nonlinearity": "leaky_relu"});
    tensors.push(entry("fc.weight".into(), &[1000, inputs], "torch.kaiming_uniform_", kaiming));
    let bound = 1.0 / (inputs as f64).sqrt();
    let bias = json!({"a": -bound, "b": bound});
    tensors.push(entry("fc.bias".into(), &[1000], "torch.uniform_", bias));
    tensors
}

fn convolution(tensors: &mut Vec<Entry>, conv: &str, bn: &str, shape: [usize; 4]) {
    let he = json!({"mode": "fan_out", "nonlinearity": "relu"});
    tensors.extend([
        entry(format!("{conv}.weight"), &shape, "torch.kaiming_normal_", he),
        ones(format!("{bn}.weight"), &shape[..1]),
        zeros(format!("{bn}.bias"), &shape[..1]),
    ]);
}
