//! Measures the values of a tensor's bytes.

use bytemuck::Pod;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::Dtype;
use xxhash_rust::xxh3::xxh3_128;

use super::moments::Moments;
use crate::float8::decoded;
use crate::measure::COLUMNS;

/// Values that are converted and measured at a time, in a processor's cache.
const CHUNK: usize = 4096;

/// What was measured of a part of a tensor.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Of the values that are finite.
    pub moments: Moments,
    /// How many values are 0.
    pub zeros: u64,
    /// How many are NaN.
    pub nan: u64,
    /// How many are infinite.
    pub infinite: u64,
    /// Finite values in each column of the range; the outer ones also count what is beyond.
    pub histogram: [u64; COLUMNS],
    /// A hash of the bytes.
    pub hash: u128,
    /// The bytes of the element that all are equal to, if they are.
    pub constant: Option<[u8; 8]>,
}

/// Whether the values of an element type are measured; others are counted and hashed only.
pub fn is_measured(dtype: Dtype) -> bool {
    use Dtype::{BF16, F8_E4M3, F8_E5M2, F16, F32, F64};
    matches!(dtype, F64 | F32 | F16 | BF16 | F8_E4M3 | F8_E5M2)
}

impl Measured {
    /// Measures a part; `range` is the histogram's.
    pub fn of(bytes: &[u8], dtype: Dtype, range: [f64; 2]) -> Self {
        let mut measured = Measured {
            moments: Moments::default(),
            zeros: 0,
            nan: 0,
            infinite: 0,
            histogram: [0; COLUMNS],
            hash: xxh3_128(bytes),
            constant: constant(bytes, dtype.bitsize() / 8),
        };
        each_chunk(bytes, dtype, |chunk| match chunk {
            Chunk::Single(values) => measured.add(values, range),
            Chunk::Double(values) => measured.add(values, range),
        });
        measured
    }

    /// Adds the part that follows.
    #[must_use]
    pub fn and(mut self, next: &Self) -> Self {
        self.moments = self.moments.and(&next.moments);
        self.zeros += next.zeros;
        self.nan += next.nan;
        self.infinite += next.infinite;
        for (column, more) in self.histogram.iter_mut().zip(next.histogram) {
            *column += more;
        }
        // Parts are of one size, so that equal tensors have equal hashes of hashes.
        let hashes = [self.hash, next.hash].map(u128::to_le_bytes);
        self.hash = xxh3_128(hashes.as_flattened());
        self.constant = self.constant.filter(|_| self.constant == next.constant);
        self
    }

    fn add<T: Copy + Into<f64>>(&mut self, values: &[T], range: [f64; 2]) {
        let sum: f64 = values.iter().map(|&value| value.into() * 0.0).sum();
        if sum == 0.0 {
            return self.add_finite(values, range);
        }
        // Rare: only a product with NaN or an infinity is not 0.
        let mut finite = Vec::with_capacity(values.len());
        for &value in values {
            let wide: f64 = value.into();
            match () {
                () if wide.is_nan() => self.nan += 1,
                () if wide.is_infinite() => self.infinite += 1,
                () => finite.push(value),
            }
        }
        self.add_finite(&finite, range);
    }

    fn add_finite<T: Copy + Into<f64>>(&mut self, values: &[T], [from, to]: [f64; 2]) {
        self.moments = self.moments.and(&Moments::of(values));
        let per_unit = COLUMNS as f64 / (to - from);
        // Four, so that no column waits for the value before.
        let mut columns = [[0_u32; COLUMNS]; 4];
        let mut zeros = 0_u32;
        for (at, &value) in values.iter().enumerate() {
            let value: f64 = value.into();
            zeros += u32::from(value == 0.0);
            let place = ((value - from) * per_unit) as i32;
            columns[at % 4][place.clamp(0, COLUMNS as i32 - 1) as usize] += 1;
        }
        self.zeros += u64::from(zeros);
        for (column, sum) in self.histogram.iter_mut().enumerate() {
            *sum += columns.iter().map(|columns| u64::from(columns[column])).sum::<u64>();
        }
    }
}

/// Returns the bytes of the first element, if all elements are equal to it.
fn constant(bytes: &[u8], size: usize) -> Option<[u8; 8]> {
    // Elements of less than a byte are compared by bytes.
    let size = size.max(1);
    let first = bytes.get(..size)?;
    let equal = bytes[size..] == bytes[..bytes.len() - size];
    equal.then(|| {
        let mut element = [0; 8];
        element[..size.min(8)].copy_from_slice(&first[..size.min(8)]);
        element
    })
}

/// Values of a part, in a type that has all of them.
pub enum Chunk<'a> {
    /// Of 32 bits or fewer.
    Single(&'a [f32]),
    /// Of 64 bits.
    Double(&'a [f64]),
}

/// Calls a function with a part's values, some thousands at a time; never, if they are not measured.
pub fn each_chunk(bytes: &[u8], dtype: Dtype, mut each: impl FnMut(Chunk<'_>)) {
    let mut singles = [0_f32; CHUNK];
    match dtype {
        Dtype::F64 => copied(bytes, |v: &[f64]| each(Chunk::Double(v))),
        Dtype::F32 => copied(bytes, |v: &[f32]| each(Chunk::Single(v))),
        Dtype::F16 => copied(bytes, |v: &[f16]| {
            v.convert_to_f32_slice(&mut singles[..v.len()]);
            each(Chunk::Single(&singles[..v.len()]));
        }),
        Dtype::BF16 => copied(bytes, |v: &[bf16]| {
            v.convert_to_f32_slice(&mut singles[..v.len()]);
            each(Chunk::Single(&singles[..v.len()]));
        }),
        Dtype::F8_E4M3 | Dtype::F8_E5M2 => {
            let numbers = decoded(dtype);
            for codes in bytes.chunks(CHUNK) {
                for (single, &code) in singles.iter_mut().zip(codes) {
                    *single = numbers[usize::from(code)];
                }
                each(Chunk::Single(&singles[..codes.len()]));
            }
        }
        _ => {}
    }
}

/// Calls a function with little-endian bytes as values, copied to where they are aligned.
fn copied<T: Pod>(bytes: &[u8], mut each: impl FnMut(&[T])) {
    let mut values = [T::zeroed(); CHUNK];
    for chunk in bytes.chunks(CHUNK * size_of::<T>()) {
        let values = &mut values[..chunk.len() / size_of::<T>()];
        let target: &mut [u8] = bytemuck::cast_slice_mut(values);
        target.copy_from_slice(chunk);
        if cfg!(target_endian = "big") {
            target.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        each(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<T: Pod>(values: &[T]) -> Vec<u8> {
        bytemuck::cast_slice(values).to_vec()
    }

    #[test]
    fn all_types_are_measured_alike() {
        let values: Vec<f32> = (0..10_000).map(|i| (i % 64) as f32 / 64.0 - 0.25).collect();
        let range = [-0.25, 0.75];
        let single = Measured::of(&bytes(&values), Dtype::F32, range);
        assert_eq!((single.zeros, single.moments.count), (156, 10_000));
        assert_eq!(single.histogram.iter().sum::<u64>(), 10_000);
        let halves: Vec<f16> = values.iter().map(|&v| f16::from_f32(v)).collect();
        let brains: Vec<bf16> = values.iter().map(|&v| bf16::from_f32(v)).collect();
        let doubles: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
        for (bytes, dtype) in [
            (bytes(&halves), Dtype::F16),
            (bytes(&brains), Dtype::BF16),
            (bytes(&doubles), Dtype::F64),
        ] {
            // At an odd address.
            let shifted = [&[0], &bytes[..]].concat();
            let other = Measured::of(&shifted[1..], dtype, range);
            assert_eq!(other.moments, single.moments, "{dtype}");
            assert_eq!((other.zeros, other.histogram), (single.zeros, single.histogram));
        }
    }

    #[test]
    fn all_codes_of_float8_are_measured() {
        // By the types' definitions (Paulius Micikevicius et al., 2022, "FP8 Formats for Deep Learning").
        for (dtype, finite, nan, infinite, most) in
            [(Dtype::F8_E4M3, 254, 2, 0, 448.0), (Dtype::F8_E5M2, 248, 6, 2, 57344.0)]
        {
            let codes: Vec<u8> = (0..=255).collect();
            let measured = Measured::of(&codes, dtype, [-1.0, 1.0]);
            assert_eq!((measured.moments.count, measured.zeros), (finite, 2), "{dtype}");
            assert_eq!((measured.nan, measured.infinite), (nan, infinite), "{dtype}");
            assert_eq!((measured.moments.min, measured.moments.max), (-most, most), "{dtype}");
        }
    }

    #[test]
    fn what_is_not_finite_is_counted_and_left_out() {
        let mut values = vec![2.0_f32; 5000];
        values[4321] = f32::NAN;
        values[10] = f32::INFINITY;
        values[11] = f32::NEG_INFINITY;
        values[12] = -9.0;
        values[13] = -0.0;
        let measured = Measured::of(&bytes(&values), Dtype::F32, [0.0, 4.0]);
        assert_eq!((measured.nan, measured.infinite, measured.zeros), (1, 2, 1));
        assert_eq!(measured.moments.count, 4997);
        assert_eq!((measured.moments.min, measured.moments.max), (-9.0, 2.0));
        // What is beyond is in the outer columns.
        assert_eq!((measured.histogram[0], measured.histogram[12]), (2, 4995));
        let huge = Measured::of(&bytes(&[f64::MAX, 1.0]), Dtype::F64, [0.0, 1.0]);
        assert_eq!((huge.infinite, huge.moments.max), (0, f64::MAX));
    }

    #[test]
    fn equal_elements_are_constant() {
        for (bytes, dtype, expected) in [
            (vec![1, 2, 1, 2], Dtype::I16, true),
            (vec![1, 2, 1, 3], Dtype::I16, false),
            (vec![1, 2, 1, 2], Dtype::I32, true),
            (vec![1, 1, 1], Dtype::U8, true),
            (vec![], Dtype::U8, false),
            (vec![0x11, 0x11], Dtype::F4, true),
        ] {
            assert_eq!(constant(&bytes, dtype.bitsize() / 8).is_some(), expected, "{bytes:?}");
        }
        let [one, two] = [1_u8, 2].map(|b| Measured::of(&[b; 4], Dtype::U8, [0.0, 1.0]));
        assert!(one.clone().and(&one).constant.is_some());
        assert!(one.and(&two).constant.is_none());
    }
}
