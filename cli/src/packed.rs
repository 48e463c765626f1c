//! Recipes of tensors that no initializer makes: the integers, scales and indices of quantised checkpoints.
//!
//! | Recipe | Bytes of the tensor |
//! |---|---|
//! | `file.Bits` | the stream's words, little-endian: uniform integers, or packed numbers of a few bits |
//! | `file.Bytes` | all the same, such as 120 for scales of 2^-7 that are bare exponents (E8M0) |
//! | `file.Ramp` | the index on the last axis over `group`, rounded down: to which group a column belongs |
//! | `file.Values` | these integers, in the order of the elements |

use std::fmt;

use safetensors::Dtype;
use seedbed::{Error, Exec, Stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::recipe::Bytes;

/// How the recipes' names begin.
pub const PREFIX: &str = "file.";

/// A recipe of bytes or integers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class_name", content = "config", deny_unknown_fields)]
pub enum Packed {
    /// Uniform bits.
    #[serde(rename = "file.Bits")]
    Bits {},
    /// The same byte everywhere.
    #[serde(rename = "file.Bytes")]
    Bytes {
        /// The byte.
        value: u8,
    },
    /// The index on the last axis over the size of a group.
    #[serde(rename = "file.Ramp")]
    Ramp {
        /// The size of a group, at least 1.
        group: u64,
    },
    /// Given integers.
    #[serde(rename = "file.Values")]
    Values {
        /// The integers, a number for each element.
        values: Vec<i64>,
    },
}

impl Packed {
    /// Reads `{"class_name", "config"}` or a name alone.
    ///
    /// # Errors
    ///
    /// What is wrong, by the name of the recipe.
    pub fn from_json(json: &Value) -> Result<Self, String> {
        let mut json = match json {
            Value::String(name) => json!({ "class_name": name }),
            other => other.clone(),
        };
        let name = json["class_name"].to_string();
        if let Some(object) = json.as_object_mut() {
            object.entry("config").or_insert_with(|| json!({}));
        }
        let packed: Packed = serde_json::from_value(json).map_err(|e| format!("{name}: {e}"))?;
        match packed {
            Packed::Ramp { group: 0 } => Err(format!("{name}: group is 0, but it is at least 1")),
            packed => Ok(packed),
        }
    }

    /// Returns the bytes of the tensor of this shape and element type.
    ///
    /// # Errors
    ///
    /// An element type that the recipe is not for, or whose range its numbers leave.
    pub fn bytes(
        &self,
        stream: Stream,
        shape: &[usize],
        dtype: Dtype,
    ) -> Result<Box<dyn Bytes>, String> {
        let refuse = |what: &str| Err(format!("{self} is not for {dtype}, but for {what}"));
        let bits = dtype.bitsize();
        match self {
            Packed::Bits {} if is_integer(dtype) || is_packed(dtype) => {
                Ok(Box::new(Bits { stream, bits }))
            }
            Packed::Bits {} => refuse("integers, F4 and F6, all of whose bits are numbers"),
            Packed::Bytes { value } if dtype == Dtype::BOOL && *value > 1 => refuse("integers"),
            Packed::Bytes { value } => Ok(Box::new(Constant(*value))),
            Packed::Ramp { .. } | Packed::Values { .. } if !is_integer(dtype) => refuse("integers"),
            Packed::Ramp { group } => {
                let columns = shape.last().copied().unwrap_or(1) as u64;
                let last = columns.saturating_sub(1) / group;
                fits(last.into(), dtype)?;
                Ok(Box::new(Ramp { columns, group: *group, bits }))
            }
            Packed::Values { values } => {
                let count: usize = shape.iter().product();
                if values.len() != count {
                    let given = values.len();
                    return Err(format!("{given} values for {count} elements of shape {shape:?}"));
                }
                values.iter().try_for_each(|&value| fits(value.into(), dtype))?;
                Ok(Box::new(Given { values: values.clone(), bits }))
            }
        }
    }
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Packed::Bits {} => f.write_str("uniform bits"),
            Packed::Bytes { value } => write!(f, "all bytes {value}"),
            Packed::Ramp { group: 1 } => f.write_str("index on the last axis"),
            Packed::Ramp { group } => write!(f, "index on the last axis / {group}"),
            Packed::Values { values } => write!(f, "values {values:?}"),
        }
    }
}

/// Whether elements are integers, of which all bits are values.
fn is_integer(dtype: Dtype) -> bool {
    use Dtype::{I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}

/// Whether elements are of a few bits, all of which are finite numbers.
fn is_packed(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F4 | Dtype::F6_E2M3 | Dtype::F6_E3M2)
}

/// Refuses an integer beyond the range of an element type.
fn fits(value: i128, dtype: Dtype) -> Result<(), String> {
    let bits = dtype.bitsize();
    let signed = matches!(dtype, Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64);
    let (low, high) =
        if signed { (-(1i128 << (bits - 1)), 1i128 << (bits - 1)) } else { (0, 1i128 << bits) };
    if (low..high).contains(&value) {
        return Ok(());
    }
    Err(format!("{value} is beyond {dtype}, which is {low} to {}", high - 1))
}

struct Bits {
    stream: Stream,
    /// Bits of an element.
    bits: usize,
}

impl Bytes for Bits {
    fn fill(&self, offset: usize, out: &mut [u8]) -> Result<(), Error> {
        let start = offset * self.bits / 8;
        let skipped = start % 8;
        let mut words = vec![0; (skipped + out.len()).div_ceil(8)];
        self.stream.at((start / 8) as u64)?.with(Exec::sequential()).words_into(&mut words);
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        out.iter_mut().zip(bytes.skip(skipped)).for_each(|(out, byte)| *out = byte);
        Ok(())
    }
}

struct Constant(u8);

impl Bytes for Constant {
    fn fill(&self, _: usize, out: &mut [u8]) -> Result<(), Error> {
        out.fill(self.0);
        Ok(())
    }
}

struct Ramp {
    columns: u64,
    group: u64,
    bits: usize,
}

impl Bytes for Ramp {
    fn fill(&self, offset: usize, out: &mut [u8]) -> Result<(), Error> {
        let size = self.bits / 8;
        for (at, out) in (offset as u64..).zip(out.chunks_exact_mut(size)) {
            let value = at % self.columns / self.group;
            out.copy_from_slice(&value.to_le_bytes()[..size]);
        }
        Ok(())
    }
}

struct Given {
    values: Vec<i64>,
    bits: usize,
}

impl Bytes for Given {
    fn fill(&self, offset: usize, out: &mut [u8]) -> Result<(), Error> {
        let size = self.bits / 8;
        for (value, out) in self.values[offset..].iter().zip(out.chunks_exact_mut(size)) {
            out.copy_from_slice(&value.to_le_bytes()[..size]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use seedbed::Seed;

    use super::*;

    fn whole(recipe: &Packed, shape: &[usize], dtype: Dtype) -> Vec<u8> {
        let bytes = shape.iter().product::<usize>() * dtype.bitsize() / 8;
        let mut out = vec![0; bytes];
        let made = recipe.bytes(Seed::from(1).stream("w"), shape, dtype).unwrap();
        made.fill(0, &mut out).unwrap();
        // Any part is that part of the whole.
        let (from, to) = (6 * dtype.bitsize() / 8, bytes - 1);
        let mut part = vec![0; to - from];
        made.fill(6, &mut part).unwrap();
        let size = (dtype.bitsize() / 8).max(1);
        let complete = part.len() / size * size;
        assert_eq!(part[..complete], out[from..from + complete], "{recipe} {dtype}");
        out
    }

    #[test]
    fn bits_are_the_words_of_the_stream() {
        let mut words = [0; 10];
        Seed::from(1).stream("w").words_into(&mut words);
        let expected: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        for (dtype, shape) in [
            (Dtype::I32, [4, 5]),
            (Dtype::U8, [8, 10]),
            (Dtype::F4, [10, 16]),
            (Dtype::I64, [2, 5]),
        ] {
            assert_eq!(whole(&Packed::Bits {}, &shape, dtype), expected, "{dtype}");
        }
    }

    #[test]
    fn ramps_count_groups_of_the_last_axis() {
        let of = |group, shape: &[usize], dtype| whole(&Packed::Ramp { group }, shape, dtype);
        let ints: Vec<u8> =
            [0, 0, 0, 1, 1, 1, 2, 2].into_iter().flat_map(i32::to_le_bytes).collect();
        assert_eq!(of(3, &[8], Dtype::I32), ints);
        assert_eq!(of(1, &[2, 4], Dtype::U8), [0, 1, 2, 3, 0, 1, 2, 3]);
        let longs: Vec<u8> = (0..9).flat_map(i64::to_le_bytes).collect();
        assert_eq!(of(1, &[9], Dtype::I64), longs);
    }

    #[test]
    fn bytes_and_values_are_those_given() {
        assert_eq!(whole(&Packed::Bytes { value: 120 }, &[8], Dtype::U8), [120; 8]);
        let values = vec![0, 1, -2, 3, 4, 5, 6, -7];
        let expected: Vec<u8> = values.iter().flat_map(|&v| (v as i16).to_le_bytes()).collect();
        assert_eq!(whole(&Packed::Values { values }, &[8], Dtype::I16), expected);
    }

    #[test]
    fn a_recipe_is_refused_for_types_that_it_is_not_for() {
        let refused = |recipe: Packed, shape: &[usize], dtype| {
            recipe.bytes(Seed::from(1).stream("w"), shape, dtype).err().unwrap()
        };
        let values = |values: &[i64]| Packed::Values { values: values.to_vec() };
        for (message, expected) in [
            (
                refused(Packed::Bits {}, &[2], Dtype::F32),
                "uniform bits is not for F32, but for int",
            ),
            (refused(Packed::Bits {}, &[2], Dtype::F8_E8M0), "is not for F8_E8M0"),
            (refused(Packed::Bits {}, &[2], Dtype::BOOL), "is not for BOOL"),
            (refused(Packed::Bytes { value: 2 }, &[2], Dtype::BOOL), "all bytes 2 is not for BOOL"),
            (refused(Packed::Ramp { group: 1 }, &[2], Dtype::F16), "is not for F16"),
            (
                refused(Packed::Ramp { group: 1 }, &[257], Dtype::U8),
                "256 is beyond U8, which is 0 to 255",
            ),
            (refused(values(&[1]), &[2], Dtype::I64), "1 values for 2 elements of shape [2]"),
            (refused(values(&[-129]), &[1], Dtype::I8), "-129 is beyond I8, which is -128 to 127"),
            (refused(values(&[-1]), &[1], Dtype::U64), "-1 is beyond U64, which is 0 to 1844"),
        ] {
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn recipes_are_read_from_json() {
        let read = |json: Value| Packed::from_json(&json);
        assert_eq!(read(json!("file.Bits")), Ok(Packed::Bits {}));
        let ramp = Packed::Ramp { group: 128 };
        assert_eq!(read(serde_json::to_value(&ramp).unwrap()), Ok(ramp));
        for (json, expected) in [
            (json!({"class_name": "file.Ramp", "config": {"group": 0}}), "group is 0"),
            (json!({"class_name": "file.Ramp"}), "\"file.Ramp\": missing field `group`"),
            (json!({"class_name": "file.Bytes", "config": {"value": 256}}), "file.Bytes"),
            (json!({"class_name": "file.Bits", "config": {"seed": 1}}), "unknown field `seed`"),
            (json!("file.Bit"), "unknown variant `file.Bit`"),
        ] {
            let message = read(json).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
