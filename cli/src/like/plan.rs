//! All files of a checkpoint with the recipe of each tensor, before a byte is written.

use std::collections::BTreeMap;
use std::path::Path;

use seedbed::Seed;
use serde_json::{Value, json};

use crate::checkpoint::Shard;
use crate::header::Tensor;
use crate::like::defaults::Defaults;
use crate::like::list;
use crate::like::published::{Model, Published};
use crate::like::rules::Rules;
use crate::provenance::Provenance;
use crate::recipe::Recipe;
use crate::write::Output;

/// Where the recipes of tensors come from.
pub enum Recipes {
    /// A user's rules, and no others.
    Rules(Rules),
    /// A published recipe, and the defaults for tensors that it does not name.
    Published(Published),
    /// The defaults, with weights that add to the residual stream scaled down or not.
    Defaults { depth_scaled: bool },
}

/// The files, and what they hold.
pub struct Plan {
    /// The files with their tensors.
    pub shards: Vec<Shard>,
    /// The recipe of each tensor of each file.
    pub recipes: Vec<Vec<Recipe>>,
    /// What the metadata of all files says.
    pub provenance: Provenance,
    /// The patterns of a user's rules that give no tensor its recipe.
    pub unused: Vec<String>,
}

impl Plan {
    /// Gives each tensor its recipe.
    ///
    /// # Errors
    ///
    /// All tensors without a recipe, or that their recipes cannot make.
    pub fn new(
        shards: Vec<Shard>,
        recipes: &Recipes,
        config: &Value,
        seed: u64,
    ) -> Result<Self, String> {
        let chosen = Chosen::new(recipes, &shards, config);
        let (mut refused, mut used) = (Vec::new(), Vec::new());
        let mut given = Vec::new();
        for shard in &shards {
            let mut of_file = Vec::new();
            for tensor in &shard.header.tensors {
                let recipe = chosen.recipe(tensor, &mut used).and_then(|recipe| {
                    bytes(&recipe, tensor, seed)?;
                    Ok(recipe)
                });
                let Tensor { name, dtype, shape, .. } = tensor;
                match recipe {
                    Ok(recipe) => of_file.push(recipe),
                    Err(e) => refused.push(format!("tensor {name:?}, {dtype} {shape:?}: {e}")),
                }
            }
            given.push(of_file);
        }
        if !refused.is_empty() {
            return Err(refused.join("\n"));
        }
        let unused = chosen.unused(&used)?;
        let tensors = shards.iter().flat_map(|shard| &shard.header.tensors);
        let names = tensors.map(|tensor| tensor.name.as_str());
        let provenance = Provenance::new(seed, names.zip(given.iter().flatten()));
        Ok(Plan { shards, recipes: given, provenance, unused })
    }

    /// Returns the file at a place of the list, ready to be written in a directory.
    ///
    /// # Errors
    ///
    /// That the header is longer than the format allows.
    pub fn output(&self, at: usize, directory: &Path) -> Result<Output, String> {
        let Shard { file, header } = &self.shards[at];
        let fills = self.recipes[at].iter().map(|recipe| (recipe.clone(), None));
        let output =
            Output::new(directory.join(file), header, fills, &self.provenance.of_file(header));
        output.map_err(|e| format!("{file}: {e}"))
    }

    /// Returns the text of `model.safetensors.index.json`, as transformers 5 writes it, or none if there is
    /// one file.
    pub fn index(&self) -> Option<String> {
        if self.shards.len() < 2 {
            return None;
        }
        let mut map = BTreeMap::new();
        for Shard { file, header } in &self.shards {
            map.extend(header.tensors.iter().map(|tensor| (&tensor.name, file)));
        }
        let (size, parameters) = (self.bytes(), self.parameters());
        let metadata = json!({"total_parameters": parameters, "total_size": size});
        let index = json!({"metadata": metadata, "weight_map": map});
        Some(serde_json::to_string_pretty(&index).expect("string keys only") + "\n")
    }

    /// Returns the bytes of all tensors.
    pub fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.header.data_bytes() as u64).sum()
    }

    /// Returns how many elements all tensors have.
    pub fn parameters(&self) -> u64 {
        let tensors = self.shards.iter().flat_map(|shard| &shard.header.tensors);
        tensors.map(|tensor| tensor.elements() as u64).sum()
    }
}

/// Recipes for the tensors of a model.
enum Chosen<'a> {
    Rules(&'a Rules),
    Published(Published, Rules, Defaults<'a>),
    Defaults(Defaults<'a>),
}

impl<'a> Chosen<'a> {
    fn new(recipes: &'a Recipes, shards: &'a [Shard], config: &Value) -> Self {
        match recipes {
            Recipes::Rules(rules) => Chosen::Rules(rules),
            Recipes::Published(published) => {
                let rules = published.rules(&model(shards, config));
                Chosen::Published(*published, rules, Defaults::new(shards, config, false))
            }
            Recipes::Defaults { depth_scaled } => {
                Chosen::Defaults(Defaults::new(shards, config, *depth_scaled))
            }
        }
    }

    /// Returns the recipe of a tensor, and notes the place of its rule.
    fn recipe(&self, tensor: &Tensor, used: &mut Vec<usize>) -> Result<Recipe, String> {
        let mut by_rule = |rules: &Rules| {
            let at = rules.position(&tensor.name)?;
            if !used.contains(&at) {
                used.push(at);
            }
            Some(rules.0[at].recipe.clone())
        };
        match self {
            Chosen::Rules(rules) => by_rule(rules).ok_or_else(|| "no rule matches".into()),
            Chosen::Published(_, rules, defaults) if list::is_float(tensor.dtype) => {
                by_rule(rules).map_or_else(|| defaults.recipe(tensor), Ok)
            }
            Chosen::Published(.., defaults) | Chosen::Defaults(defaults) => defaults.recipe(tensor),
        }
    }

    /// Returns the patterns of a user that are not used; a published recipe of which none is used is of
    /// another model.
    fn unused(&self, used: &[usize]) -> Result<Vec<String>, String> {
        match self {
            Chosen::Rules(rules) => Ok(rules.unused(used).into_iter().map(str::to_owned).collect()),
            Chosen::Published(published, ..) if used.is_empty() => {
                Err(format!("--recipe {published:?}: no tensor has a name of this model"))
            }
            Chosen::Published(..) | Chosen::Defaults(_) => Ok(Vec::new()),
        }
    }
}

fn model<'a>(shards: &'a [Shard], config: &Value) -> Model<'a> {
    let tensors = || shards.iter().flat_map(|shard| &shard.header.tensors);
    let width = ["hidden_size", "n_embd", "dim"].iter().find_map(|key| config[*key].as_u64());
    // Without a configuration, by a norm, which has a weight for each hidden state.
    let norm = tensors().find(|t| t.name.ends_with("norm.weight") && t.shape.len() == 1);
    let width = width.map(|width| width as usize).or(norm.map(|norm| norm.shape[0])).unwrap_or(1);
    let shapes = tensors().map(|t| (t.name.as_str(), &t.shape[..])).collect();
    Model { layers: list::layers(tensors().map(|t| t.name.as_str())), width, shapes }
}

fn bytes(
    recipe: &Recipe,
    tensor: &Tensor,
    seed: u64,
) -> Result<Box<dyn crate::recipe::Bytes>, String> {
    recipe.bytes(Seed::from(seed), &tensor.name, &tensor.shape, tensor.dtype)
}
