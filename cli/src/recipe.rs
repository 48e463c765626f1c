//! How the bytes of a tensor are made from a seed, any part alone.

use bytemuck::Pod;
use half::{bf16, f16};
use safetensors::Dtype;
use seedbed::{Element, Error, Exec, Initializer, Seed, Stream, Values, registry};
use serde_json::Value;

use crate::float8;
use crate::packed::{self, Packed};

/// What makes a tensor's values, beside its seed, name, shape and element type.
#[derive(Clone, Debug, PartialEq)]
pub enum Recipe {
    /// The values of an initializer.
    Initializer(Initializer),
    /// Integers or bytes.
    Packed(Packed),
}

/// The bytes of a tensor, as yet in no memory.
pub trait Bytes: Send + Sync {
    /// Writes the little-endian bytes from the element at `offset` on.
    fn fill(&self, offset: usize, out: &mut [u8]) -> Result<(), Error>;
}

impl Recipe {
    /// Returns the recipe as JSON. The version of the algorithms is left out, because all recipes of a
    /// file have the same.
    pub fn to_json(&self) -> Value {
        let json = match self {
            Recipe::Initializer(initializer) => serde_json::to_value(initializer),
            Recipe::Packed(packed) => serde_json::to_value(packed),
        };
        let mut json = json.expect("recipes are JSON");
        json.as_object_mut().and_then(|object| object.remove("algorithm"));
        json
    }

    /// Reads what [`to_json`](Recipe::to_json) returns.
    pub fn from_json(json: &Value) -> Result<Self, String> {
        if is_packed(json) {
            return Packed::from_json(json).map(Recipe::Packed);
        }
        registry::from_json(json).map(Recipe::Initializer).map_err(|e| e.to_string())
    }

    /// Reads a recipe as a user writes it, in every form of an initializer that the registry takes. A key
    /// that is given twice is an error.
    pub fn from_text(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(json) if is_packed(&json) => Recipe::from_json(&json),
            _ => registry::from_str(text).map(Recipe::Initializer).map_err(|e| e.to_string()),
        }
    }

    /// Whether a part of a tensor costs as much as that part. Otherwise it costs as much as the tensor,
    /// memory included, as a matrix with dependent elements is made whole.
    pub fn in_parts(&self) -> bool {
        use Initializer::{DeltaOrthogonal, Orthogonal, Sparse};
        let whole = matches!(
            self,
            Recipe::Initializer(Orthogonal { .. } | DeltaOrthogonal { .. } | Sparse { .. })
        );
        !whole
    }

    /// Returns the bytes of the tensor of this name, shape and element type. They are made on the
    /// calling thread, so that parts can be made at the same time.
    pub fn bytes(
        &self,
        seed: Seed,
        name: &str,
        shape: &[usize],
        dtype: Dtype,
    ) -> Result<Box<dyn Bytes>, String> {
        let stream = seed.stream(name);
        let initializer = match self {
            Recipe::Initializer(initializer) => initializer,
            Recipe::Packed(packed) => return packed.bytes(stream, shape, dtype),
        };
        match dtype {
            Dtype::F64 => typed::<f64>(initializer, shape, stream),
            Dtype::F32 => typed::<f32>(initializer, shape, stream),
            Dtype::F16 => typed::<f16>(initializer, shape, stream),
            Dtype::BF16 => typed::<bf16>(initializer, shape, stream),
            Dtype::F8_E4M3 | Dtype::F8_E5M2 => float8::bytes(initializer, shape, stream, dtype),
            other => Err(format!(
                "the element type is {other}, but an initializer makes F64, F32, F16, BF16, F8_E4M3 or \
                 F8_E5M2"
            )),
        }
    }
}

/// Whether JSON names a recipe of bytes or integers.
fn is_packed(json: &Value) -> bool {
    let name = json.as_str().or(json["class_name"].as_str());
    name.is_some_and(|name| name.starts_with(packed::PREFIX))
}

fn typed<T: Element + Pod>(
    initializer: &Initializer,
    shape: &[usize],
    stream: Stream,
) -> Result<Box<dyn Bytes>, String> {
    let values = initializer.for_shape::<T>(shape).map_err(|e| e.to_string())?;
    Ok(Box::new(Typed { values: values.with(Exec::sequential()), stream }))
}

struct Typed<T: Element> {
    values: Values<T>,
    stream: Stream,
}

impl<T: Element + Pod> Bytes for Typed<T> {
    fn fill(&self, offset: usize, out: &mut [u8]) -> Result<(), Error> {
        match bytemuck::try_cast_slice_mut(out) {
            Ok(values) => self.values.fill_range(offset, values, &self.stream)?,
            // Allocators align bytes well enough for any element, but need not.
            Err(_) => {
                let mut values = vec![T::zeroed(); out.len() / size_of::<T>()];
                self.values.fill_range(offset, &mut values, &self.stream)?;
                out.copy_from_slice(bytemuck::cast_slice(&values));
            }
        }
        if cfg!(target_endian = "big") {
            out.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_come_back_from_their_json() {
        for name in registry::names() {
            let Ok(initializer) = registry::get(&name) else { continue };
            let recipe = Recipe::Initializer(initializer);
            let json = recipe.to_json();
            assert_eq!(json.get("algorithm"), None, "{name}");
            assert_eq!(Recipe::from_json(&json), Ok(recipe), "{name}");
        }
    }

    #[test]
    fn parts_are_those_of_the_whole() {
        let recipe = Recipe::Initializer(Initializer::normal(0.0, 1.0).unwrap());
        for (dtype, size) in [(Dtype::F64, 8), (Dtype::F32, 4), (Dtype::F16, 2), (Dtype::BF16, 2)] {
            let bytes = recipe.bytes(Seed::from(7), "w", &[100, 100], dtype).unwrap();
            let mut whole = vec![0; 10_000 * size];
            bytes.fill(0, &mut whole).unwrap();
            // At an odd address, too.
            let mut part = vec![0; 1000 * size + 1];
            bytes.fill(5000, &mut part[1..]).unwrap();
            assert_eq!(part[1..], whole[5000 * size..6000 * size], "{dtype}");
        }
        let refused = recipe.bytes(Seed::from(7), "w", &[2], Dtype::I64).err().unwrap();
        assert!(refused.contains("is I64, but an initializer makes F64, F32, F16, BF16, F8"));
    }
}
