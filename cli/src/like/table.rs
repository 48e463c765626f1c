//! What a person or a program reads of a plan: each tensor with its distribution.

use std::fmt::Write;

use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::checkpoint::Shard;
use crate::distribution::Elements;
use crate::header::Tensor;
use crate::like::plan::Plan;
use crate::recipe::Recipe;

/// Returns the distribution of a tensor's elements as text.
pub fn distribution(recipe: &Recipe, shape: &[usize]) -> String {
    match recipe {
        Recipe::Packed(packed) => packed.to_string(),
        Recipe::Initializer(initializer) => {
            let json = recipe.to_json();
            let name = json["class_name"].as_str().unwrap_or_default();
            let elements = Elements::of(initializer, name, shape);
            elements.map_or_else(|e| e.to_string(), |elements| elements.to_string())
        }
    }
}

fn tensors(plan: &Plan) -> impl Iterator<Item = (&str, &Tensor, &Recipe)> {
    let files = plan.shards.iter().zip(&plan.recipes);
    files.flat_map(|(Shard { file, header }, recipes)| {
        header
            .tensors
            .iter()
            .zip(recipes)
            .map(move |(tensor, recipe)| (file.as_str(), tensor, recipe))
    })
}

/// Returns a line for each tensor, in columns, under the names of the files.
pub fn text(plan: &Plan) -> String {
    let shape = |tensor: &Tensor| format!("{:?}", tensor.shape);
    let width =
        |of: &dyn Fn(&Tensor) -> usize| tensors(plan).map(|(_, t, _)| of(t)).max().unwrap_or(0);
    let names = width(&|t| t.name.chars().count());
    let shapes = width(&|t| shape(t).len());
    let types = width(&|t| t.dtype.to_string().len());
    let (mut text, mut last) = (String::new(), "");
    for (file, tensor, recipe) in tensors(plan) {
        if file != last {
            text += &format!("{file}\n");
            last = file;
        }
        let (dtype, distribution) = (tensor.dtype.to_string(), distribution(recipe, &tensor.shape));
        let shape = shape(tensor);
        let line = writeln!(
            text,
            "  {:names$}  {dtype:types$}  {shape:shapes$}  {distribution}",
            tensor.name
        );
        line.expect("a string can be written");
    }
    text + &total(plan)
}

/// Returns a line with the sums of all tensors.
pub fn total(plan: &Plan) -> String {
    let count = |number: u64, what: &str| {
        format!("{} {what}{}", HumanCount(number), if number == 1 { "" } else { "s" })
    };
    let parts = [
        (tensors(plan).count() as u64, "tensor"),
        (plan.parameters(), "element"),
        (plan.bytes(), "byte"),
        (plan.shards.len() as u64, "file"),
    ];
    parts.map(|(number, what)| count(number, what)).join(", ") + "\n"
}

/// Returns the tensors as JSON, with their recipes.
pub fn json(plan: &Plan) -> Value {
    let tensor = |(file, tensor, recipe): (&str, &Tensor, &Recipe)| {
        json!({
            "name": tensor.name,
            "dtype": tensor.dtype.to_string(),
            "shape": tensor.shape,
            "file": file,
            "distribution": distribution(recipe, &tensor.shape),
            "init": recipe.to_json(),
        })
    };
    tensors(plan).map(tensor).collect()
}
