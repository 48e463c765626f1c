//! The tensors of Llama 3.1 405B and how 1,024 ranks share them.

use std::ops::Range;

use seedbed::{Error, Initializer, Values};

/// Ranks that split a layer's matrices among them, in the manner of Megatron.
pub const TENSOR_PARALLEL: usize = 8;
/// Ranks that split what is left of each tensor along its first axis (fully sharded data
/// parallel).
pub const FULLY_SHARDED: usize = 128;
/// All ranks.
pub const RANKS: usize = TENSOR_PARALLEL * FULLY_SHARDED;

const LAYERS: usize = 126;
const HIDDEN: usize = 16_384;
const FEED_FORWARD: usize = 53_248;
const HEADS: usize = 128;
const KEY_VALUE_HEADS: usize = 8;
const VOCABULARY: usize = 128_256;

/// What tensor-parallel ranks have of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// A part of the rows, which are output features.
    Rows,
    /// A part of the columns, which are input features.
    Columns,
    /// All of it.
    None,
}

/// A tensor of the model; a matrix is (out, in).
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name in the published checkpoint, and the path of its stream.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// How tensor-parallel ranks share it.
    pub split: Split,
    /// The standard deviation of its values; none if they are ones.
    pub std: Option<f64>,
}

/// Returns the tensors, in the order of the model. The distribution of its initial values is not
/// published; here it is GPT-2's.
pub fn tensors() -> Vec<Entry> {
    let residual = 0.02 / (2.0 * LAYERS as f64).sqrt();
    let key_value = HIDDEN / HEADS * KEY_VALUE_HEADS;
    let mut tensors = Vec::new();
    let mut add = |name: String, shape: &[usize], split, std| {
        tensors.push(Entry { name, shape: shape.to_vec(), split, std });
    };
    let embedding = [VOCABULARY, HIDDEN];
    add("model.embed_tokens.weight".into(), &embedding, Split::Rows, Some(0.02));
    for layer in 0..LAYERS {
        let mut matrix = |name: &str, out, input, split, std| {
            add(format!("model.layers.{layer}.{name}.weight"), &[out, input], split, Some(std));
        };
        matrix("self_attn.q_proj", HIDDEN, HIDDEN, Split::Rows, 0.02);
        matrix("self_attn.k_proj", key_value, HIDDEN, Split::Rows, 0.02);
        matrix("self_attn.v_proj", key_value, HIDDEN, Split::Rows, 0.02);
        matrix("self_attn.o_proj", HIDDEN, HIDDEN, Split::Columns, residual);
        matrix("mlp.gate_proj", FEED_FORWARD, HIDDEN, Split::Rows, 0.02);
        matrix("mlp.up_proj", FEED_FORWARD, HIDDEN, Split::Rows, 0.02);
        matrix("mlp.down_proj", HIDDEN, FEED_FORWARD, Split::Columns, residual);
        for norm in ["input_layernorm", "post_attention_layernorm"] {
            add(format!("model.layers.{layer}.{norm}.weight"), &[HIDDEN], Split::None, None);
        }
    }
    add("model.norm.weight".into(), &[HIDDEN], Split::None, None);
    add("lm_head.weight".into(), &embedding, Split::Rows, Some(0.02));
    tensors
}

impl Entry {
    /// Returns the number of elements.
    #[expect(clippy::len_without_is_empty, reason = "no tensor is empty")]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Returns the values of the whole tensor.
    ///
    /// # Errors
    ///
    /// Those of [`Initializer::for_shape`].
    pub fn values(&self) -> Result<Values<f32>, Error> {
        let initializer = match self.std {
            Some(std) => Initializer::normal(0.0, std)?,
            None => Initializer::constant(1.0)?,
        };
        initializer.for_shape(&self.shape)
    }

    /// Returns the part that a rank has, as the indices on each axis. It may be empty.
    pub fn shard(&self, rank: usize) -> Vec<Range<usize>> {
        let mut shard: Vec<_> = self.shape.iter().map(|&n| 0..n).collect();
        let among = rank % TENSOR_PARALLEL;
        match self.split {
            Split::Rows => shard[0] = part(shard[0].clone(), TENSOR_PARALLEL, among),
            Split::Columns => shard[1] = part(shard[1].clone(), TENSOR_PARALLEL, among),
            Split::None => {}
        }
        shard[0] = part(shard[0].clone(), FULLY_SHARDED, rank / TENSOR_PARALLEL);
        shard
    }
}

/// Returns part `which` of a range that is cut into `parts` of the same length; the last part that is
/// not empty may be shorter.
fn part(range: Range<usize>, parts: usize, which: usize) -> Range<usize> {
    let len = range.len().div_ceil(parts);
    let cut = |at: usize| range.end.min(range.start + at * len);
    cut(which)..cut(which + 1)
}
