//! Recipes of published models, by name, each with its source. Patterns fit the names of the original code
//! and those of transformers.

use std::collections::HashMap;

use clap::ValueEnum;
use seedbed::init::Bounds;
use seedbed::{Initializer, registry};
use serde_json::{Value, json};

use crate::like::defaults::{constant, normal};
use crate::like::rules::{Rule, Rules};
use crate::recipe::Recipe;

/// A published recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Published {
    /// Alec Radford et al., 2019, "Language Models are Unsupervised Multitask Learners", and the code published
    /// with it (github.com/openai/gpt-2, src/model.py): normal 0.02, positions 0.01, projections into
    /// the residual stream divided by the root of how many there are
    Gpt2,
    /// Llama 3 as torchtitan trains it (github.com/pytorch/torchtitan, torchtitan/models/llama3): truncated
    /// normal 0.02; o_proj, up_proj and down_proj of layer i divided by sqrt(2 (i + 1)); embeddings normal
    /// 1; the output truncated normal by its width
    Llama,
    /// Vision transformers (Alexey Dosovitskiy et al., 2021, "An Image is Worth 16x16 Words") as timm trains
    /// them (github.com/huggingface/pytorch-image-models, timm/models/vision_transformer.py): truncated
    /// normal 0.02, classes and registers normal 1e-6, patches by PyTorch's default for convolutions
    Vit,
    /// Kaiming He et al., 2015, "Deep Residual Learning for Image Recognition", as torchvision trains it
    /// (github.com/pytorch/vision, torchvision/models/resnet.py): He normal by fan-out, norms one, the
    /// classifier by PyTorch's default for linear layers
    Resnet,
    /// The same with the last norm of each residual branch zero (Priya Goyal et al., 2017, "Accurate, Large
    /// Minibatch SGD: Training ImageNet in 1 Hour"): torchvision's zero_init_residual
    ResnetZero,
}

/// What a recipe needs to know of a model.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// How many layers it has.
    pub layers: usize,
    /// How wide its hidden states are.
    pub width: usize,
    /// The shapes of its tensors by their names.
    pub shapes: HashMap<&'a str, &'a [usize]>,
}

impl Model<'_> {
    /// Whether a tensor's name ends like this.
    fn has(&self, end: &str) -> bool {
        self.shapes.keys().any(|name| name.ends_with(end))
    }
}

impl Published {
    /// Returns the rules for a model.
    pub fn rules(self, model: &Model<'_>) -> Rules {
        match self {
            Published::Gpt2 => gpt2(model),
            Published::Llama => llama(model),
            Published::Vit => vit(model),
            Published::Resnet => resnet(model, false),
            Published::ResnetZero => resnet(model, true),
        }
    }
}

fn rules(patterns: &[impl AsRef<str>], recipe: &Recipe) -> Vec<Rule> {
    patterns.iter().map(|pattern| Rule::new(pattern.as_ref(), recipe.clone())).collect()
}

fn gpt2(model: &Model<'_>) -> Rules {
    let residual = normal(0.02 / (2.0 * model.layers as f64).sqrt());
    let mut all = rules(&["*.ln_1.weight", "*.ln_2.weight", "*ln_f.weight"], &constant(1.0));
    let norms = ["*.ln_1.bias", "*.ln_2.bias", "*ln_f.bias"];
    let matrices = ["*.c_attn.bias", "*.c_proj.bias", "*.c_fc.bias"];
    all.extend(rules(&[norms, matrices].concat(), &constant(0.0)));
    all.extend(rules(&["*wpe.weight"], &normal(0.01)));
    all.extend(rules(&["*.c_proj.weight"], &residual));
    all.extend(rules(&["*wte.weight", "*.c_attn.weight", "*.c_fc.weight"], &normal(0.02)));
    Rules(all)
}

/// Returns the recipe of a normal distribution that is cut off. PyTorch's bounds are -2 and 2 whatever the
/// deviation.
fn truncated(std: f64, bound: f64) -> Recipe {
    let truncated = Initializer::truncated_normal(0.0, std, Bounds::Absolute(-bound, bound));
    Recipe::Initializer(truncated.expect("the bounds are far apart"))
}

fn llama(model: &Model<'_>) -> Rules {
    let mut all = rules(&["*norm.weight"], &constant(1.0));
    all.extend(rules(&["*tok_embeddings.weight", "*embed_tokens.weight"], &normal(1.0)));
    let output = (model.width.max(1) as f64).powf(-0.5);
    all.extend(rules(&["output.weight", "*lm_head.weight"], &truncated(output, 3.0 * output)));
    for layer in 0..model.layers {
        let recipe = truncated(0.02 / (2.0 * (layer + 1) as f64).sqrt(), 2.0);
        let named =
            |name: &str| Rule::new(format!("*layers.{layer}.{name}.weight"), recipe.clone());
        let names = ["self_attn.o_proj", "mlp.up_proj", "mlp.down_proj"];
        all.extend(names.map(named));
        all.extend(["attention.wo", "feed_forward.w3", "feed_forward.w2"].map(named));
    }
    let inputs = ["*.q_proj.weight", "*.k_proj.weight", "*.v_proj.weight", "*.gate_proj.weight"];
    all.extend(rules(&inputs, &truncated(0.02, 2.0)));
    let original = ["*.wq.weight", "*.wk.weight", "*.wv.weight", "*.w1.weight"];
    all.extend(rules(&original, &truncated(0.02, 2.0)));
    Rules(all)
}

fn vit(model: &Model<'_>) -> Rules {
    let norms = [
        "*norm1",
        "*norm2",
        "norm",
        "*fc_norm",
        "*layernorm_before",
        "*layernorm_after",
        "*layernorm",
    ];
    // By timm, and by transformers.
    let linear = ["*.qkv", "*.attn.proj", "*.fc1", "*.fc2", "head", "*.query", "*.key", "*.value"];
    let linear = [&linear[..], &["*.dense", "*classifier"]].concat();
    let mut all = rules(&named(&norms, "weight"), &constant(1.0));
    all.extend(rules(&named(&norms, "bias"), &constant(0.0)));
    all.extend(rules(&named(&linear, "weight"), &truncated(0.02, 2.0)));
    all.extend(rules(&named(&linear, "bias"), &constant(0.0)));
    all.extend(rules(&["*pos_embed", "*position_embeddings"], &truncated(0.02, 2.0)));
    all.extend(rules(&["*cls_token", "*reg_token"], &normal(1e-6)));
    for name in ["*patch_embed.proj", "*patch_embeddings.projection"] {
        all.extend(torch_default(name, model));
    }
    Rules(all)
}

fn resnet(model: &Model<'_>, zero_last: bool) -> Rules {
    // By torchvision, and by transformers.
    let norms = ["*bn1", "*bn2", "*bn3", "*.downsample.1", "*normalization"];
    let convolutions = ["*conv1", "*conv2", "*conv3", "*.downsample.0", "*convolution"];
    let he = torch("kaiming_normal_", &json!({"mode": "fan_out", "nonlinearity": "relu"}));
    let mut all = Vec::new();
    if zero_last {
        // Blocks have three norms, or else two.
        let last = if model.has(".bn3.weight") { "*.bn3" } else { "layer*.bn2" };
        let place = if model.has(".layer.2.normalization.weight") { 2 } else { 1 };
        let last = [last.to_owned(), format!("*.layer.{place}.normalization")];
        let last = last.each_ref().map(String::as_str);
        all.extend(rules(&named(&last, "weight"), &constant(0.0)));
    }
    all.extend(rules(&named(&norms, "weight"), &constant(1.0)));
    all.extend(rules(&named(&norms, "bias"), &constant(0.0)));
    all.extend(rules(&named(&convolutions, "weight"), &he));
    for name in ["fc", "*classifier.1"] {
        all.extend(torch_default(name, model));
    }
    Rules(all)
}

/// Returns the patterns of a parameter of these modules.
fn named(modules: &[&str], parameter: &str) -> Vec<String> {
    modules.iter().map(|module| format!("{module}.{parameter}")).collect()
}

/// Returns the recipe of a function of torch.nn.init.
fn torch(name: &str, config: &Value) -> Recipe {
    let initializer = registry::from_config(&format!("torch.{name}"), config);
    Recipe::Initializer(initializer.expect("the function takes these parameters"))
}

/// Returns PyTorch's default for a linear layer or a convolution: weight and bias uniform within the root of
/// the inverse of the weight's fan-in. There are no rules for a module that the model has not.
fn torch_default(module: &str, model: &Model<'_>) -> Vec<Rule> {
    let end = format!("{}.weight", module.trim_start_matches('*'));
    let named = |name: &str| name == end || module.starts_with('*') && name.ends_with(&end);
    let weights = model.shapes.iter().filter(|(name, _)| named(name));
    let Some((_, [_, inputs @ ..])) = weights.min() else {
        return Vec::new();
    };
    let fan_in = inputs.iter().product::<usize>().max(1);
    let bound = 1.0 / (fan_in as f64).sqrt();
    let weight = json!({"a": 5f64.sqrt(), "mode": "fan_in", "nonlinearity": "leaky_relu"});
    vec![
        Rule::new(format!("{module}.weight"), torch("kaiming_uniform_", &weight)),
        Rule::new(format!("{module}.bias"), torch("uniform_", &json!({"a": -bound, "b": bound}))),
    ]
}
