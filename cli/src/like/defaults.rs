//! The recipes of tensors without a rule, so that activations are finite.
//!
//! Norms and scales are one, biases zero, and all else is normal with the `initializer_range` of the
//! model's `config.json`, or 0.02. Integers of quantised weights are uniform bits, and their scales are such
//! that the weights that come out have the same standard deviation. The layouts, by the names of tensors:
//!
//! | Layout | Weights | Scales |
//! |---|---|---|
//! | GPTQ, AWQ | `qweight`, `qzeros` I32 | `scales` F16; `g_idx` is the column over the size of a group |
//! | compressed-tensors, packed | `weight_packed` I32 | `weight_scale`; `weight_shape` has the shape |
//! | compressed-tensors, 8 bits | `weight` I8, F8_E4M3 | `weight_scale` |
//! | DeepSeek | `weight` F8_E4M3 | `weight_scale_inv` F32 of each 128 x 128 block |
//! | NVFP4 | `weight`, `weight_packed` U8 of two E2M1 | `weight_scale` F8_E4M3, and one F32 for all |
//! | MXFP4 | `*_blocks` U8 of two E2M1 | `*_scales` U8, bare exponents (E8M0) |

use std::collections::HashMap;

use safetensors::Dtype;
use seedbed::Initializer;
use serde_json::Value;

use crate::checkpoint::Shard;
use crate::header::Tensor;
use crate::like::list;
use crate::packed::Packed;
use crate::recipe::Recipe;

/// The standard deviation of weights without a configuration.
const STD: f64 = 0.02;

/// The standard deviations of uniform bits as numbers of each kind: of 2^4 and 2^8 equally likely integers,
/// and of the eight sizes 0, 0.5, 1, 1.5, 2, 3, 4 and 6 of E2M1.
const INT4: f64 = 4.609_772_228_646_443_5;
const INT8: f64 = 73.900_270_635_499_03;
const E2M1: f64 = 2.926_174_977_679_906;

/// The bytes of zero points in the middle: 7 twice of 4 bits, and 127 of 8.
const ZERO_POINTS: [u8; 2] = [0x77, 0x7f];

/// What the defaults know of a model.
pub struct Defaults<'a> {
    tensors: HashMap<&'a str, &'a Tensor>,
    std: f64,
    /// Columns of a group, and bits of an integer, that the configuration states.
    group: Option<u64>,
    bits: u64,
    /// How many matrices add to the residual stream, if they are scaled down for it.
    residual: Option<usize>,
}

impl<'a> Defaults<'a> {
    /// Makes the defaults of a model with this configuration. With `depth_scaled`, weights that add to the
    /// residual stream are divided by the root of how many there are, two for each layer (Radford et al.,
    /// 2019, "Language Models are Unsupervised Multitask Learners").
    pub fn new(shards: &'a [Shard], config: &Value, depth_scaled: bool) -> Self {
        let all = shards.iter().flat_map(|shard| &shard.header.tensors);
        let tensors: HashMap<_, _> = all.map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let layers = list::layers(tensors.keys().copied());
        let quantization = &config["quantization_config"];
        // Those of compressed-tensors stand with each group of modules.
        let groups = quantization["config_groups"].as_object();
        let weights = groups.and_then(|groups| groups.values().next()).map(|g| &g["weights"]);
        let number = |value: &Value| value.as_u64().filter(|&n| n > 0);
        Defaults {
            std: std(config),
            group: number(&quantization["group_size"]),
            bits: number(&quantization["bits"])
                .or(weights.and_then(|weights| number(&weights["num_bits"])))
                .unwrap_or(4),
            residual: depth_scaled.then_some(2 * layers.max(1)),
            tensors,
        }
    }

    /// Returns the recipe of a tensor.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub fn recipe(&self, tensor: &Tensor) -> Result<Recipe, String> {
        let Tensor { name, dtype, shape, .. } = tensor;
        let last = name.rsplit('.').next().unwrap_or(name);
        if list::is_float(*dtype) {
            let scale = self.scale(tensor, last).map(constant);
            return Ok(scale.unwrap_or_else(|| self.number(tensor, last)));
        }
        let packed = match (last, dtype) {
            ("weight_shape", _) => Packed::Values { values: self.shape_of_weight(tensor)? },
            _ if last.ends_with("g_idx") => Packed::Ramp { group: self.group_of(tensor) },
            _ if last.ends_with("position_ids") => Packed::Ramp { group: 1 },
            ("weight_zero_point", Dtype::I8) => Packed::Bytes { value: 0 },
            ("qzeros" | "weight_zero_point", _) => {
                Packed::Bytes { value: ZERO_POINTS[usize::from(self.bits == 8)] }
            }
            (_, Dtype::F8_E8M0) => exponent(self.std),
            (_, Dtype::U8) if is_scale(last) => exponent(self.std),
            // Counters, masks and tables of indices.
            (_, Dtype::BOOL | Dtype::I64 | Dtype::U64 | Dtype::I16 | Dtype::U16) => {
                Packed::Bytes { value: 0 }
            }
            (_, Dtype::I32 | Dtype::U32) if shape.len() < 2 => Packed::Bytes { value: 0 },
            _ if last.starts_with("bitsandbytes__") => {
                return Err("the state of bitsandbytes, JSON text, has no default".into());
            }
            (_, Dtype::C64 | Dtype::F8_E4M3FNUZ | Dtype::F8_E5M2FNUZ) => {
                return Err(format!("{dtype} has no default"));
            }
            _ => Packed::Bits {},
        };
        Ok(Recipe::Packed(packed))
    }

    /// Returns the value of a scale of quantised weights or activations.
    fn scale(&self, tensor: &Tensor, last: &str) -> Option<f64> {
        let module = tensor.name.strip_suffix(last)?;
        let beside = |name: &str| self.tensors.get(format!("{module}{name}").as_str());
        let dtype_of = |name: &str| beside(name).map(|tensor| tensor.dtype);
        // The integers are the weight itself, or packed into one beside it.
        let weight = dtype_of("weight_packed").or(dtype_of("weight"));
        let two_scales =
            tensor.dtype == Dtype::F8_E4M3 || dtype_of("weight_scale") == Some(Dtype::F8_E4M3);
        let packed = if self.bits == 8 { INT8 } else { INT4 };
        Some(match last {
            // Of all blocks of NVFP4, by ModelOpt and, as its inverse, by compressed-tensors.
            "weight_scale_2" => self.std / E2M1,
            "weight_global_scale" => E2M1 / self.std,
            "weight_scale" | "weight_scale_inv" => match weight {
                Some(Dtype::U8) if two_scales => 1.0,
                Some(Dtype::U8) => self.std / E2M1,
                Some(Dtype::I32) => self.std / packed,
                Some(Dtype::I8) => self.std / INT8,
                _ => 1.0,
            },
            "scales" if beside("qweight").is_some() => self.std / packed,
            _ if is_scale(last) => 1.0,
            _ => return None,
        })
    }

    /// Returns the recipe of a tensor of numbers that stand for themselves.
    fn number(&self, Tensor { name, shape, .. }: &Tensor, last: &str) -> Recipe {
        let lower = name.to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| last.ends_with(end));
        let is_norm = ["norm", "ln_", "layernorm", ".bn"].iter().any(|part| lower.contains(part));
        let zero = ends(&["bias", "beta", "running_mean", "zero_point"]);
        let one = ends(&["gamma", "running_var", "inv_freq"])
            || last == "weight" && (is_norm || shape.len() < 2);
        match (zero, one, self.residual) {
            (true, ..) => constant(0.0),
            (_, true, _) => constant(1.0),
            (.., Some(count)) if adds_to_residual(name) => normal(self.std / (count as f64).sqrt()),
            _ => normal(self.std),
        }
    }

    /// Returns how many columns of a `g_idx` have the same scale: as the scales beside it say, or else the
    /// configuration.
    fn group_of(&self, tensor: &Tensor) -> u64 {
        let module = tensor.name.strip_suffix("g_idx").unwrap_or_default();
        let beside = |name: &str| self.tensors.get(format!("{module}{name}").as_str());
        let groups = beside("scales").and_then(|scales| scales.shape.first());
        let columns = tensor.shape.iter().product::<usize>();
        match groups {
            Some(&groups @ 1..) => columns.div_ceil(groups).max(1) as u64,
            _ => self.group.unwrap_or(128),
        }
    }

    /// Returns the shape of the weight whose integers are packed beside a `weight_shape`.
    fn shape_of_weight(&self, tensor: &Tensor) -> Result<Vec<i64>, String> {
        let module = tensor.name.strip_suffix("weight_shape").unwrap_or_default();
        let packed = self.tensors.get(format!("{module}weight_packed").as_str());
        let packed = packed.ok_or("there is no weight_packed beside it, whose shape it has")?;
        let per_element = packed.dtype.bitsize() as u64 / self.bits.clamp(1, 8);
        let [rows @ .., columns] = &packed.shape[..] else {
            return Err("the weight_packed beside it is a scalar".into());
        };
        let columns = *columns as u64 * per_element;
        Ok(rows.iter().map(|&n| n as i64).chain([columns as i64]).collect())
    }
}

/// Returns the standard deviation that a configuration states, also where it is that of a part of the model.
pub fn std(config: &Value) -> f64 {
    let parts = [config, &config["text_config"], &config["llm_config"], &config["thinker_config"]];
    let stated = parts.into_iter().find_map(|part| part["initializer_range"].as_f64());
    stated.filter(|std| *std > 0.0 && std.is_finite()).unwrap_or(STD)
}

/// Whether a matrix adds to the residual stream: the last of an attention or of a feed-forward layer.
fn adds_to_residual(name: &str) -> bool {
    const ENDS: [&str; 10] = [
        ".o_proj.weight",
        ".out_proj.weight",
        ".c_proj.weight",
        ".down_proj.weight",
        ".down_proj",
        ".wo.weight",
        ".w2.weight",
        ".fc2.weight",
        ".dense_4h_to_h.weight",
        ".attention.dense.weight",
    ];
    ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a name is that of a scale.
pub fn is_scale(name: &str) -> bool {
    name.ends_with("scale") || name.ends_with("scales") || name.ends_with("scale_inv")
}

/// Returns the bare exponent with which packed E2M1 numbers come closest to a standard deviation.
fn exponent(std: f64) -> Packed {
    Packed::Bytes { value: (127.0 + (std / E2M1).log2().round()).clamp(1.0, 254.0) as u8 }
}

/// Returns the recipe of a constant.
pub fn constant(value: f64) -> Recipe {
    Recipe::Initializer(Initializer::constant(value).expect("the value is finite"))
}

/// Returns the recipe of a normal distribution around 0.
pub fn normal(std: f64) -> Recipe {
    Recipe::Initializer(Initializer::normal(0.0, std).expect("the deviation is positive"))
}
