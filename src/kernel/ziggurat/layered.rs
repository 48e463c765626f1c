//! How a type spends the bits of a random word on a candidate of the ziggurat.

use super::tables::{Table, Tables};
use crate::kernel::math::Bell;
use crate::simd::{Float, Int, Simd};

/// A type that a ziggurat makes. The layer, the sign and the abscissa of a candidate share no bit of
/// its word.
pub trait Layered: Bell {
    /// A word for each layer.
    type Layers: bytemuck::Pod + Send + Sync;
    /// Returns what a table holds for the layer of each word.
    fn look_up<S: Simd>(words: Self::Words<S>, table: &Self::Layers) -> Self::Words<S>;

    /// Marks the words whose layer is the lowest.
    fn in_base<S: Simd>(s: S, words: Self::Words<S>) -> Self::Mask<S>;

    /// Returns the candidate of each word with its layer's entry, and marks those that are surely
    /// below the curve.
    fn candidate<S: Simd>(
        s: S,
        words: Self::Words<S>,
        entries: Self::Words<S>,
    ) -> (Self::Vector<S>, Self::Mask<S>);

    /// Returns the table of this type.
    fn table(tables: &'static Tables) -> &'static Table<Self::Layers>;
}

/// Layers in f32, chosen by the low 8 bits of a word.
pub(crate) const LAYERS_F32: usize = 1 << 8;

/// Layers in f64, chosen by the low 10 bits of a word.
pub(crate) const LAYERS_F64: usize = 1 << 10;

impl Layered for f32 {
    type Layers = [u32; LAYERS_F32];
    #[inline(always)]
    fn look_up<S: Simd>(words: S::U32, table: &Self::Layers) -> S::U32 {
        words.gather(table)
    }

    #[inline(always)]
    fn in_base<S: Simd>(s: S, words: S::U32) -> S::Mask32 {
        (words & S::U32::splat(s, LAYERS_F32 as u32 - 1)).lt_signed(S::U32::splat(s, 1))
    }

    #[inline(always)]
    fn candidate<S: Simd>(s: S, words: S::U32, entries: S::U32) -> (S::F32, S::Mask32) {
        // Bits 0 to 7 chose the layer. Bits 8 to 31 are the numerator of the abscissa as a signed
        // number: `n` units of 2^8. Half a unit more, 0x80, takes its place among the odd multiples
        // of 2^7, so that zero, which would have no sign, does not occur.
        let numerator = (words & S::U32::splat(s, !0xff)) | S::U32::splat(s, 0x80);
        // The threshold is the entry's low 11 bits; shifted by 20 they are a part of 2^31, as the
        // numerator's magnitude is.
        let sure = numerator.abs_signed().lt_signed(entries.shl::<20>());
        (S::F32::from_int(numerator) * S::F32::from_bits(entries), sure)
    }

    fn table(tables: &'static Tables) -> &'static Table<Self::Layers> {
        &tables.single
    }
}

impl Layered for f64 {
    type Layers = [u64; LAYERS_F64];
    #[inline(always)]
    fn look_up<S: Simd>(words: S::U64, table: &Self::Layers) -> S::U64 {
        words.gather(table)
    }

    #[inline(always)]
    fn in_base<S: Simd>(s: S, words: S::U64) -> S::Mask64 {
        (words & S::U64::splat(s, LAYERS_F64 as u64 - 1)).lt_signed(S::U64::splat(s, 1))
    }

    #[inline(always)]
    fn candidate<S: Simd>(s: S, words: S::U64, entries: S::U64) -> (S::F64, S::Mask64) {
        // Bits 0 to 9 chose the layer and bit 11 is the sign. Bits 12 to 63 are the magnitude with
        // its top bit inverted, so that signed comparison, the one that every level has, compares
        // it; inverting bit 51 of the mantissa puts the top bit right, and the exponent of 1.0 makes
        // it a number in [1, 2).
        let one_to_two = words.shr::<12>() ^ S::U64::splat(s, 0x3ff8_0000_0000_0000);
        // Half a unit less than 1 leaves odd multiples of half a unit, so that zero does not occur.
        let less = S::F64::splat(s, 1.0 - f64::EPSILON / 2.0);
        let magnitude = (S::F64::from_bits(one_to_two) - less) * S::F64::from_bits(entries);
        let sign = words.shl::<52>() & S::U64::splat(s, 1 << 63);
        // The threshold is the entry's low 12 bits; shifted by 52 they are a part of 2^64, as the
        // word is.
        let sure = words.lt_signed(entries.shl::<52>());
        (S::F64::from_bits(magnitude.to_bits() ^ sign), sure)
    }

    fn table(tables: &'static Tables) -> &'static Table<Self::Layers> {
        &tables.double
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::{Algorithm, BLOCK_STEPS, CHUNK_BLOCKS, LANES};
    use crate::kernel::Output;
    use crate::kernel::real::Real;

    /// What a version is made of. A new version gets constants of its own; those of an old one
    /// never change.
    fn constants(version: Algorithm) -> [usize; 9] {
        match version {
            Algorithm::V1 => [8, 1 << 8, 1 << 7, 1 << 8, 1 << 10, 4096, 2048, 24, 53],
        }
    }

    #[test]
    fn constants_do_not_change_without_a_new_version() {
        let format = [LANES, BLOCK_STEPS, CHUNK_BLOCKS, LAYERS_F32, LAYERS_F64];
        let blocks = [<f32 as Output>::BLOCK, <f64 as Output>::BLOCK];
        let digits = [<f32 as Real>::DIGITS, <f64 as Real>::DIGITS].map(|d| d as usize);
        let current = [&format[..], &blocks, &digits].concat();
        assert_eq!(current, constants(Algorithm::default()));
    }
}
