//! Recipes of published models, by name, each with its source. Patterns fit the names of the original code
//! and those of transformers.

use clap::ValueEnum;
use seedbed::Initializer;
use seedbed::init::Bounds;

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
}

/// What a recipe needs to know of a model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// How many layers it has.
    pub layers: usize,
    /// How wide its hidden states are.
    pub width: usize,
}

impl Published {
    /// Returns the rules for a model.
    pub fn rules(self, model: Model) -> Rules {
        match self {
            Published::Gpt2 => gpt2(model),
            Published::Llama => llama(model),
        }
    }
}

fn rules(patterns: &[&str], recipe: &Recipe) -> Vec<Rule> {
    patterns.iter().map(|pattern| Rule::new(*pattern, recipe.clone())).collect()
}

fn gpt2(Model { layers, .. }: Model) -> Rules {
    let residual = normal(0.02 / (2.0 * layers as f64).sqrt());
    let mut all = rules(&["*.ln_1.weight", "*.ln_2.weight", "*ln_f.weight"], &constant(1.0));
    let norms = ["*.ln_1.bias", "*.ln_2.bias", "*ln_f.bias"];
    let matrices = ["*.c_attn.bias", "*.c_proj.bias", "*.c_fc.bias"];
    all.extend(rules(&[norms, matrices].concat(), &constant(0.0)));
    all.extend(rules(&["*wpe.weight"], &normal(0.01)));
    all.extend(rules(&["*.c_proj.weight"], &residual));
    all.extend(rules(&["*wte.weight", "*.c_attn.weight", "*.c_fc.weight"], &normal(0.02)));
    Rules(all)
}

fn llama(Model { layers, width }: Model) -> Rules {
    // PyTorch's bounds of -2 and 2, which are 100 deviations away.
    let truncated = |std: f64, bound: f64| {
        let truncated = Initializer::truncated_normal(0.0, std, Bounds::Absolute(-bound, bound));
        Recipe::Initializer(truncated.expect("the bounds are far apart"))
    };
    let mut all = rules(&["*norm.weight"], &constant(1.0));
    all.extend(rules(&["*tok_embeddings.weight", "*embed_tokens.weight"], &normal(1.0)));
    let output = (width.max(1) as f64).powf(-0.5);
    all.extend(rules(&["output.weight", "*lm_head.weight"], &truncated(output, 3.0 * output)));
    for layer in 0..layers {
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
