//! The format constants: what the value of an element depends on besides seed, path and law.
//!
//! Changing one changes values and needs a new [`Algorithm`].

/// The version of the algorithms that turn a seed into values.
///
/// Values of a version never change. It is part of every serialised configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// xoshiro256++ in 8 lanes; chunks of 2^15 steps (2^19 elements of f32, 2^18 of f64),
    /// one jump of 2^128 steps apart; blocks of 2^8 steps with side streams of their own;
    /// ziggurats of 256 layers (1,024 for f64).
    #[default]
    V1,
}

/// Generators that run side by side. One step of all gives 8 words of 64 bits, or 16 of 32 with
/// the low half of a word first; element order is lane order.
pub(crate) const LANES: usize = 8;

/// Steps of a block, the unit whose rejected candidates share side streams: 4,096 elements of
/// f32, f16 and bf16, or 2,048 of f64.
pub(crate) const BLOCK_STEPS: usize = 1 << 8;

/// Blocks of a chunk. Chunk `c` of a stream starts `c` jumps into it.
pub(crate) const CHUNK_BLOCKS: usize = 1 << 7;

/// Layers of a ziggurat of f32, chosen by the low 8 bits of a word.
pub(crate) const LAYERS_F32: usize = 1 << 8;

/// Layers of a ziggurat of f64, chosen by the low 10 bits of a word.
pub(crate) const LAYERS_F64: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::Real;

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
        let blocks = [<f32 as Real>::BLOCK, <f64 as Real>::BLOCK];
        let digits = [<f32 as Real>::DIGITS, <f64 as Real>::DIGITS].map(|d| d as usize);
        let current = [&format[..], &blocks, &digits].concat();
        assert_eq!(current, constants(Algorithm::default()));
    }
}
