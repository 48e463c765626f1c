//! The strips under the normal and the exponential curve; [`super`] explains them.
//!
//! An entry is the bits of a strip's width. Its lowest bits, 8 in f32 and 11 in f64, are the strip's
//! threshold: the share of the height, in 1/256 or 1/2048, that is surely below the curve, rounded
//! down. A width is the greatest that has these bits and a strip at least as high as the curve.

mod exponential_f32;
mod exponential_f64;
mod normal_f32;
mod normal_f64;
mod outer_f32;
mod outer_f64;

/// Strips under a curve.
pub(crate) const STRIPS: usize = 1024;

/// How far the strips of the normal curve reach on either side.
pub(super) const REACH: f64 = 14.0;

/// Where the outer strips of the normal curve begin.
pub(super) const OUTER: f64 = 1.0;

/// A curve that is covered by strips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// `exp(-x^2 / 2)`, from -14 to 14.
    Normal,
    /// The same from 1 to 14, in finer strips.
    Outer,
    /// `exp(-x)`, from 0 to 64.
    Exponential,
}

/// The strips of one curve, as bits; `W` is the word of the type.
pub struct Table<W: 'static> {
    /// The edge of each strip that is nearer to the peak.
    pub(crate) edges: [W; STRIPS],
    /// The distance from there to the other edge, divided by [`Real::DIGITS`](super::Real::DIGITS)
    /// powers of 2, with the threshold; negative to the left of the peak.
    pub(crate) entries: [W; STRIPS],
    /// Area of each strip, with the density scaled to 1 at the peak.
    pub(super) area: f64,
}

/// The strips of all curves in one type.
pub struct Tables<W: 'static> {
    pub(super) normal: Table<W>,
    pub(super) outer: Table<W>,
    pub(super) exponential: Table<W>,
}

pub(super) static SINGLE: Tables<u32> = Tables {
    normal: Table::<u32>::both_sides(normal_f32::ENTRIES, normal_f32::AREA),
    outer: Table::<u32>::one_side(1.0, outer_f32::ENTRIES, outer_f32::AREA),
    exponential: Table::<u32>::one_side(0.0, exponential_f32::ENTRIES, exponential_f32::AREA),
};

pub(super) static DOUBLE: Tables<u64> = Tables {
    normal: Table::<u64>::both_sides(normal_f64::ENTRIES, normal_f64::AREA),
    outer: Table::<u64>::one_side(1.0, outer_f64::ENTRIES, outer_f64::AREA),
    exponential: Table::<u64>::one_side(0.0, exponential_f64::ENTRIES, exponential_f64::AREA),
};

// A macro, because constant functions cannot be generic over `from_bits` yet.
macro_rules! table {
    ($real:ident, $word:ident, $digits:literal) => {
        impl Table<$word> {
            /// Sets strips of these widths side by side, from `edge` to the right.
            const fn one_side(mut edge: $real, widths: [$word; STRIPS], area: f64) -> Self {
                let (mut edges, mut entries) = (widths, widths);
                let mut i = 0;
                while i < STRIPS {
                    (edges[i], entries[i]) = ($real::to_bits(edge), Self::divided(widths[i]));
                    edge = Self::next(edge, widths[i]);
                    i += 1;
                }
                Table { edges, entries, area }
            }

            /// Sets strips of these widths side by side, from 0 to both sides.
            const fn both_sides(widths: [$word; STRIPS / 2], area: f64) -> Self {
                const SIGN: $word = 1 << ($word::BITS - 1);
                let (mut edges, mut entries) = ([0; STRIPS], [0; STRIPS]);
                let mut edge = 0.0;
                let mut i = 0;
                while i < STRIPS / 2 {
                    let (left, right) = (STRIPS / 2 - 1 - i, STRIPS / 2 + i);
                    (edges[right], entries[right]) =
                        ($real::to_bits(edge), Self::divided(widths[i]));
                    (edges[left], entries[left]) = (edges[right] | SIGN, entries[right] | SIGN);
                    edge = Self::next(edge, widths[i]);
                    i += 1;
                }
                Table { edges, entries, area }
            }

            /// Divides a width by 2 to the power of the digits of a uniform number.
            const fn divided(width: $word) -> $word {
                width - ($digits << ($real::MANTISSA_DIGITS - 1))
            }

            const fn next(edge: $real, width: $word) -> $real {
                (edge as f64 + $real::from_bits(width) as f64) as $real
            }
        }
    };
}

table!(f32, u32, 24);
table!(f64, u64, 53);
