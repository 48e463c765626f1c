//! The random words of a stream: which 64-bit words stand at a position, and how to reach it.
//!
//! The constants of this file are the *format*: the value of an element depends on them besides
//! seed, path and distribution. Changing one changes values and needs a new [`Algorithm`].

mod jump;
mod position;
mod xoshiro;

#[cfg(feature = "device")]
pub(crate) use jump::{Poly, distance};
pub(crate) use position::Position;
pub use xoshiro::Lanes;
#[cfg(test)]
pub(crate) use xoshiro::lanes_of;
pub(crate) use xoshiro::{State, scalar_side_of};

/// The version of the algorithms that turn a seed into values.
///
/// Values of a version never change. The version is part of every serialised configuration, and
/// `docs/format.md` in the repository defines it.
///
/// ```
/// use seedbed::Algorithm;
/// // The units of work to cut a long tensor at, where a caller has the choice.
/// assert_eq!(Algorithm::V1.block_len::<f32>(), 4096);
/// assert_eq!(Algorithm::V1.chunk_len::<f64>(), 1 << 18);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// xoshiro256++ in 8 lanes; chunks of 2^15 steps (2^19 elements of f32, 2^18 of f64),
    /// one jump of 2^128 steps apart; blocks of 2^8 steps with side streams of their own;
    /// ziggurats of 256 layers (1,024 for f64).
    #[default]
    V1,
}

/// Generators that run side by side. One step of all of them gives 8 words of 64 bits, or 16 of 32
/// with the low half of a word first; element order is lane order.
pub(crate) const LANES: usize = 8;

/// Steps of a block, the unit whose rejected candidates share side streams: 4,096 elements of
/// f32, f16 and bf16, or 2,048 of f64.
pub(crate) const BLOCK_STEPS: usize = 1 << 8;

/// Blocks of a chunk. Chunk `c` of a stream starts `c` jumps into it.
pub(crate) const CHUNK_BLOCKS: usize = 1 << 7;
