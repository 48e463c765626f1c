//! The program `shard_plan`: its list of tensors, its plan, and that its check can fail.

use std::collections::HashMap;
use std::ops::Range;

use indicatif::ProgressBar;
use seedbed::Seed;
use shard_plan::fill;
use shard_plan::model::{self, Entry, RANKS, Split, TENSOR_PARALLEL};

/// Returns a tensor of each shape and split; the tensors of other layers differ in their names only.
fn kinds() -> Vec<Entry> {
    let mut kinds: Vec<Entry> = Vec::new();
    for entry in model::tensors() {
        if !kinds.iter().any(|k| (&k.shape, k.split) == (&entry.shape, entry.split)) {
            kinds.push(entry);
        }
    }
    kinds
}

#[test]
fn the_tensors_are_those_of_the_published_model() {
    let tensors = model::tensors();
    let parameters: usize = tensors.iter().map(Entry::len).sum();
    assert_eq!((tensors.len(), parameters), (9 * 126 + 3, 405_853_388_800));
    for (name, shape) in [
        ("model.embed_tokens.weight", &[128_256, 16_384][..]),
        ("model.layers.0.self_attn.k_proj.weight", &[1024, 16_384]),
        ("model.layers.125.self_attn.o_proj.weight", &[16_384, 16_384]),
        ("model.layers.125.mlp.up_proj.weight", &[53_248, 16_384]),
        ("model.layers.7.mlp.down_proj.weight", &[16_384, 53_248]),
        ("model.layers.7.input_layernorm.weight", &[16_384]),
    ] {
        assert_eq!(tensors.iter().find(|t| t.name == name).unwrap().shape, shape, "{name}");
    }
    assert_eq!(kinds().len(), 7);
}

#[test]
fn the_shards_of_all_ranks_are_the_tensor() {
    for entry in kinds() {
        // How many ranks have each shard.
        let mut shards = HashMap::new();
        for rank in 0..RANKS {
            *shards.entry(entry.shard(rank)).or_insert(0) += 1;
        }
        let copies = if entry.split == Split::None { TENSOR_PARALLEL } else { 1 };
        assert!(shards.values().all(|&ranks| ranks == copies), "{}", entry.name);
        // Together they have as many elements as the tensor, and no two overlap.
        let shards: Vec<_> = shards.into_keys().collect();
        let len = |shard: &Vec<Range<usize>>| shard.iter().map(Range::len).product::<usize>();
        assert_eq!(shards.iter().map(len).sum::<usize>(), entry.len(), "{}", entry.name);
        for (i, a) in shards.iter().enumerate() {
            for b in &shards[..i] {
                let apart =
                    |(a, b): (&Range<usize>, &Range<usize>)| a.end <= b.start || b.end <= a.start;
                assert!(a.iter().zip(b).any(apart), "{a:?} and {b:?} of {}", entry.name);
            }
        }
    }
}

#[test]
fn a_rank_is_filled_and_checked() {
    let small = |entry: &Entry| entry.len() <= 1 << 28 && entry.name.starts_with("model.layers.3.");
    let model: Vec<_> = model::tensors().into_iter().filter(small).collect();
    let done = fill::rank(717, &model, Seed::from(1), &ProgressBar::hidden()).unwrap();
    let work = done.rows.and(done.columns);
    // The vectors, the four matrices of the attention.
    assert_eq!((work.shards, done.columns.shards), (6, 1));
    assert_eq!(work.parameters, 2 * 128 + 2 * 16_384 + 16 * 16_384 + 128 * 2048);
    assert_eq!(work.windows, 18);
}

#[test]
fn a_wrong_value_is_found() {
    let entry = Entry { shape: vec![40, 3000], ..kinds().remove(0) };
    let (tensor, stream) = (entry.values().unwrap(), Seed::from(1).stream("a"));
    let piece = [10..20, 500..2500];
    let mut values = vec![0.0; 20_000];
    tensor.fill_block(&piece, &mut values, &stream).unwrap();
    assert_eq!(fill::check(&tensor, &piece, &values, &stream), Ok(3));
    *values.last_mut().unwrap() += 1.0;
    let last = 19 * 3000 + 2499;
    let differs = Err(format!("element {last} differs"));
    assert_eq!(fill::check(&tensor, &piece, &values, &stream), differs);
}
