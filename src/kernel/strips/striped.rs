//! How a type spends the bits of a random word on a candidate of the strips.

use super::tables::{Curve, DOUBLE, SINGLE, STRIPS, Table};
use crate::kernel::ziggurat::Layered;
use crate::simd::{Int, Simd};

/// A type that strips make.
pub trait Striped: Layered {
    /// The bits of a word that choose the height, and of an entry that are the threshold.
    const LOW: Self::Word;
    /// How many heights they choose from.
    const HEIGHTS: f64;

    /// Returns an index as a word.
    fn word(index: usize) -> Self::Word;

    /// Returns the number of these bits.
    fn from_word(bits: Self::Word) -> Self;

    /// Returns what a table holds for each strip.
    fn strip<S: Simd>(strips: Self::Words<S>, table: &[Self::Word; STRIPS]) -> Self::Words<S>;

    /// Returns the strips under a curve.
    fn strips(curve: Curve) -> &'static Table<Self::Word>;
}

macro_rules! striped {
    ($real:ident, $word:ident, $vector:ident, $bits:literal, $tables:ident) => {
        impl Striped for $real {
            const LOW: $word = (1 << $bits) - 1;
            const HEIGHTS: f64 = (1 << $bits) as f64;

            fn word(index: usize) -> $word {
                index as $word
            }

            fn from_word(bits: $word) -> Self {
                $real::from_bits(bits)
            }

            #[inline(always)]
            fn strip<S: Simd>(strips: S::$vector, table: &[$word; STRIPS]) -> S::$vector {
                strips.gather(table)
            }

            #[inline(always)]
            fn strips(curve: Curve) -> &'static Table<$word> {
                match curve {
                    Curve::Normal => &$tables.normal,
                    Curve::Outer => &$tables.outer,
                    Curve::Exponential => &$tables.exponential,
                }
            }
        }
    };
}

striped!(f32, u32, U32, 8, SINGLE);
striped!(f64, u64, U64, 11, DOUBLE);
