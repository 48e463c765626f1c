//! Lists of the tensors of published checkpoints, in `tests/data/checkpoints`: names, types and shapes.
//!
//! Tensors of alike names share a line: `{0..59}` stands for each of these numbers, `{gate,up}` for each of
//! these words. Sizes are checked with all tensors, distributions with the first and the last of more than 100
//! experts.

use std::fs;
use std::path::Path;

use seedbed_cli::models::Model;
use seedbed_cli::recipe::Recipe;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::like::Source;

/// A published checkpoint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// Where the list is from, and the size that was published.
    #[serde(rename = "source")]
    _source: String,
    /// The bytes of all values.
    bytes: u64,
    /// How many tensors there are.
    count: usize,
    config: Value,
    /// The pattern of names, the type and the shape.
    tensors: Vec<(String, String, Vec<usize>)>,
}

impl List {
    fn read(name: &str) -> Self {
        let file = format!("tests/data/checkpoints/{name}.json");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }

    /// The plan of the list: the distribution of each tensor by its name.
    fn plan(&self, more: &[&str]) -> Vec<(String, String)> {
        let mut headers = Map::new();
        for (pattern, dtype, shape) in &self.tensors {
            for name in expand(pattern, false) {
                let tensor = json!({"dtype": dtype, "shape": shape});
                assert!(headers.insert(name.clone(), tensor).is_none(), "{name}");
            }
        }
        let source = Source::of(&Value::Object(headers));
        source.add("config.json", &self.config.to_string());
        let plan = source.plan(more);
        let plan = plan.as_object().unwrap().iter();
        plan.map(|(name, t)| (name.clone(), t["distribution"].as_str().unwrap().into())).collect()
    }

    /// The number of tensors and of bytes of the list.
    fn size(&self) -> (usize, u64) {
        let bits = |dtype: &str| match dtype {
            "I64" => 64,
            "F32" | "I32" => 32,
            "BF16" | "F16" => 16,
            "F8_E4M3" | "I8" | "U8" => 8,
            other => panic!("{other}"),
        };
        let (mut count, mut sum) = (0, 0);
        for (pattern, dtype, shape) in &self.tensors {
            let names = expand(pattern, true).len();
            count += names;
            sum += (names * shape.iter().product::<usize>() * bits(dtype) / 8) as u64;
        }
        (count, sum)
    }
}

/// The names of a pattern.
fn expand(pattern: &str, all: bool) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return vec![pattern.to_owned()];
    };
    let (inside, after) = rest.split_once('}').unwrap();
    let words: Vec<String> = match inside.split_once("..") {
        Some((first, last)) => {
            let [first, last] = [first, last].map(|number| number.parse::<usize>().unwrap());
            let skipped = |number: &usize| last - first > 100 && (first + 1..last).contains(number);
            (first..=last).filter(|n| all || !skipped(n)).map(|n| n.to_string()).collect()
        }
        None => inside.split(',').map(str::to_owned).collect(),
    };
    words.iter().flat_map(|word| expand(&format!("{before}{word}{after}"), all)).collect()
}

/// Checks each tensor's distribution by the first of these ends that its name has.
#[track_caller]
fn check(name: &str, more: &[&str], expected: &[(&str, &str)]) {
    let list = List::read(name);
    assert_eq!(list.size(), (list.count, list.bytes), "{name}");
    let mut used = vec![false; expected.len()];
    for (tensor, distribution) in list.plan(more) {
        let at = expected.iter().position(|(end, _)| tensor.ends_with(end));
        let at = at.unwrap_or_else(|| panic!("{name}: {tensor} is {distribution}"));
        assert_eq!(distribution, expected[at].1, "{name}: {tensor}");
        used[at] = true;
    }
    assert!(used.iter().all(|&used| used), "{name}: {used:?}");
}

const BITS: &str = "uniform bits";
const ONE: &str = "constant 1";
const ZERO: &str = "constant 0";
const NORMAL: &str = "normal, mean 0, std 0.02";
/// 0.02 over the deviation of uniform integers of 4 bits and of 8.
const OF_4_BITS: &str = "constant 0.004338609156373124";
const OF_8_BITS: &str = "constant 0.0002706350034717291";

#[test]
fn a_gptq_checkpoint_has_its_published_tensors() {
    let expected = [
        (".qweight", BITS),
        (".qzeros", "all bytes 119"),
        (".scales", OF_4_BITS),
        (".g_idx", "index on the last axis / 64"),
        (".inv_freq", ONE),
        ("_proj.bias", ZERO),
        ("norm.weight", ONE),
        ("embed_tokens.weight", NORMAL),
        ("lm_head.weight", NORMAL),
    ];
    check("wizard-vicuna-30b-gptq", &[], &expected);
}

#[test]
fn an_awq_checkpoint_has_its_published_tensors() {
    let expected = [
        (".qweight", BITS),
        (".qzeros", "all bytes 119"),
        (".scales", OF_4_BITS),
        ("norm.weight", ONE),
        (".e_score_correction_bias", ZERO),
        (".weight", NORMAL),
    ];
    check("deepseek-awq", &[], &expected);
}

#[test]
fn a_checkpoint_of_fp8_blocks_has_its_published_tensors() {
    let expected = [
        (".weight_scale_inv", ONE),
        ("norm.weight", ONE),
        (".e_score_correction_bias", ZERO),
        (".weight", NORMAL),
    ];
    check("deepseek-v3-fp8", &[], &expected);
}

#[test]
fn checkpoints_of_compressed_tensors_have_their_published_tensors() {
    let list = List::read("llama-3.1-8b-w4a16");
    let plan = list.plan(&[]);
    let shape = |name: &str| {
        let name = format!("model.layers.31.{name}.weight_shape");
        plan.iter().find(|(tensor, _)| *tensor == name).unwrap().1.clone()
    };
    assert_eq!(shape("mlp.down_proj"), "values [4096, 14336]");
    assert_eq!(shape("self_attn.k_proj"), "values [1024, 4096]");
    let expected = [
        ("_proj.weight_packed", BITS),
        ("_proj.weight_scale", OF_4_BITS),
        ("self_attn.q_proj.weight_shape", "values [4096, 4096]"),
        ("self_attn.o_proj.weight_shape", "values [4096, 4096]"),
        ("self_attn.k_proj.weight_shape", "values [1024, 4096]"),
        ("self_attn.v_proj.weight_shape", "values [1024, 4096]"),
        ("mlp.gate_proj.weight_shape", "values [14336, 4096]"),
        ("mlp.up_proj.weight_shape", "values [14336, 4096]"),
        ("mlp.down_proj.weight_shape", "values [4096, 14336]"),
        ("norm.weight", ONE),
        (".weight", NORMAL),
    ];
    check("llama-3.1-8b-w4a16", &[], &expected);
    let expected = [
        ("_proj.weight", BITS),
        ("_proj.weight_scale", OF_8_BITS),
        ("norm.weight", ONE),
        (".weight", NORMAL),
    ];
    check("llama-3.1-8b-w4a8", &[], &expected);
}

#[test]
fn an_mxfp4_checkpoint_has_its_published_tensors() {
    let expected = [
        ("_proj_blocks", BITS),
        ("_proj_scales", "all bytes 120"),
        ("bias", ZERO),
        ("norm.weight", ONE),
        (".weight", NORMAL),
        (".sinks", NORMAL),
    ];
    check("gpt-oss-20b-mxfp4", &[], &expected);
}

#[test]
fn vision_transformers_have_the_distributions_of_timm() {
    let cut = "normal, mean 0, std 0.02, cut off at -2 and 2";
    // 1 / sqrt(3 * 16 * 16).
    let patches = "uniform -0.0360844 to 0.0360844";
    let timm = [
        ("norm.weight", ONE),
        ("norm1.weight", ONE),
        ("norm2.weight", ONE),
        ("cls_token", "normal, mean 0, std 1.000e-6"),
        ("pos_embed", cut),
        ("patch_embed.proj.weight", patches),
        ("patch_embed.proj.bias", patches),
        (".weight", cut),
        (".bias", ZERO),
    ];
    check("vit-base-timm", &["--recipe", "vit"], &timm);
    let transformers = [
        ("layernorm.weight", ONE),
        ("layernorm_before.weight", ONE),
        ("layernorm_after.weight", ONE),
        ("cls_token", "normal, mean 0, std 1.000e-6"),
        ("position_embeddings", cut),
        ("patch_embeddings.projection.weight", patches),
        ("patch_embeddings.projection.bias", patches),
        (".weight", cut),
        (".bias", ZERO),
    ];
    check("vit-base-transformers", &["--recipe", "vit"], &transformers);
}

#[test]
fn resnets_have_the_distributions_of_torchvision() {
    let list = List::read("resnet50");
    assert_eq!(list.size(), (list.count, list.bytes));
    let plan = |recipe: &str| list.plan(&["--recipe", recipe]);
    // The embedded model states the initializer of each tensor.
    let mut known = 0;
    for (name, distribution) in plan("resnet") {
        let entries = Model::Resnet50.entries();
        let Some(entry) = entries.iter().find(|entry| entry.name == name) else {
            let state = [("mean", ZERO), ("var", ONE), ("tracked", "all bytes 0")];
            let state = state.iter().find(|(end, _)| name.ends_with(end)).unwrap();
            assert_eq!(distribution, state.1, "{name}");
            continue;
        };
        known += 1;
        let recipe = Recipe::Initializer(entry.init.initializer.clone());
        let own = seedbed_cli::like::table::distribution(&recipe, &entry.shape);
        assert_eq!(distribution, own, "{name}");
    }
    assert_eq!(known, 161);
    let [usual, zero] = ["resnet", "resnet-zero"].map(plan);
    let changed = usual.iter().zip(&zero).filter(|(usual, zero)| usual != zero);
    let changed: Vec<_> = changed.map(|(_, zero)| zero).collect();
    assert_eq!(changed.len(), 16);
    assert!(changed.iter().all(|(name, to)| name.ends_with("bn3.weight") && to == ZERO));
}

/// Blocks of two convolutions, and the names of transformers.
#[test]
fn the_last_norm_of_each_branch_is_zero() {
    let norm = |name: &str| (name.to_owned(), json!({"dtype": "F32", "shape": [4]}));
    let fc = ("fc.weight".to_owned(), json!({"dtype": "F32", "shape": [9, 4]}));
    for (names, last) in [
        (&["bn1", "layer1.0.bn1", "layer1.0.bn2", "layer1.0.downsample.1"][..], &["layer1.0.bn2"]),
        (&["bn1", "layer1.0.bn1", "layer1.0.bn2", "layer1.0.bn3"], &["layer1.0.bn3"]),
        (&["a.layer.0.normalization", "a.layer.1.normalization"], &["a.layer.1.normalization"]),
        (
            &["b.normalization", "b.layer.1.normalization", "b.layer.2.normalization"],
            &["b.layer.2.normalization"],
        ),
    ] {
        let headers = names.iter().map(|name| norm(&format!("{name}.weight")));
        let headers: Map<_, _> = headers.chain([fc.clone()]).collect();
        let plan = Source::of(&Value::Object(headers)).plan(&["--recipe", "resnet-zero"]);
        for name in names {
            let expected = if last.contains(name) { ZERO } else { ONE };
            assert_eq!(plan[format!("{name}.weight")]["distribution"], expected, "{name}");
        }
        assert_eq!(plan["fc.weight"]["distribution"], "uniform -0.5 to 0.5");
    }
}
