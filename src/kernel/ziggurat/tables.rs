//! The layers of the ziggurats, from the widest up; [`super`] explains them.
//!
//! An entry is the bits of a layer's width, rounded up to a multiple of 2^12 units in the last
//! place so that its low bits can hold the threshold: the share of the width, in 1/2048 (in
//! 1/4096, less a half, in f64), that is surely below the curve.

mod normal_f32;
mod normal_f64;
mod three_sigma_f32;
mod three_sigma_f64;
mod two_sigma_f32;
mod two_sigma_f64;

/// The layers of a ziggurat, as bits; `L` is an array with a word for each layer.
pub struct Table<L> {
    /// Widths with thresholds.
    pub(crate) entries: L,
    /// The ordinate of each layer's lower edge.
    pub(crate) floors: L,
    /// The height of each layer.
    pub(crate) heights: L,
    /// Start of the tail, for distributions that have one. The part of layer 0 beyond it represents
    /// the tail: a candidate there is replaced by a draw from the tail.
    pub(crate) tail: Option<f64>,
}

/// The layers of the whole normal distribution.
pub(crate) static NORMAL: Tables = Tables {
    single: Table::single(normal_f32::ENTRIES, normal_f32::AREA, Some(normal_f32::TAIL)),
    double: Table::double(normal_f64::ENTRIES, normal_f64::AREA, Some(normal_f64::TAIL)),
};

/// The layers of the normal distribution cut off at 2 standard deviations.
pub(crate) static TWO_SIGMA: Tables = Tables {
    single: Table::single(two_sigma_f32::ENTRIES, two_sigma_f32::AREA, None),
    double: Table::double(two_sigma_f64::ENTRIES, two_sigma_f64::AREA, None),
};

/// The layers of the normal distribution cut off at 3 standard deviations.
pub(crate) static THREE_SIGMA: Tables = Tables {
    single: Table::single(three_sigma_f32::ENTRIES, three_sigma_f32::AREA, None),
    double: Table::double(three_sigma_f64::ENTRIES, three_sigma_f64::AREA, None),
};

/// The tables of one distribution, for both types.
pub struct Tables {
    pub(super) single: Table<[u32; 256]>,
    pub(super) double: Table<[u64; 1024]>,
}

// A macro, because constant functions cannot be generic over `from_bits` yet.
macro_rules! table {
    ($make:ident, $real:ident, $layers:ty, $unit:expr) => {
        impl Table<$layers> {
            /// Lays layers of these widths and of this area upon each other.
            const fn $make(mut entries: $layers, area: f64, tail: Option<f64>) -> Self {
                let (mut floors, mut heights) = (entries, entries);
                let mut floor = 0.0;
                let mut i = 0;
                while i < entries.len() {
                    let height = area / $real::from_bits(entries[i]) as f64;
                    floors[i] = (floor as $real).to_bits();
                    heights[i] = (height as $real).to_bits();
                    floor += height;
                    if i == 0 && tail.is_some() {
                        // The curve is above layer 0 exactly up to the tail: with no height left
                        // the test of a point against the curve finds where the tail begins.
                        floors[0] = heights[0];
                        heights[0] = 0;
                    }
                    entries[i] -= $unit;
                    i += 1;
                }
                Table { entries, floors, heights, tail }
            }
        }
    };
}

// A candidate of f32 is an integer of 32 bits: the widths are divided by 2^31.
table!(single, f32, [u32; 256], 31 << 23);
table!(double, f64, [u64; 1024], 0);
