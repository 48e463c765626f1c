//! The constants of a device's kernels.

use core::f64::consts::LOG2_E;

use super::job::second;
use super::tables::{DIGIT_BITS, DIGITS};
use crate::generator::{BLOCK_STEPS, CHUNK_BLOCKS, LANES};
use crate::kernel::math::{Bell, LEAST_POWER, LN_2_HIGH, LN_2_LOW, POWERS_OF_LN_2, SQRT_HALF};
use crate::kernel::real::Real;
use crate::kernel::strips::{STRIPS, Striped};
use crate::kernel::ziggurat::{LAYERS_F32, LAYERS_F64};
use crate::scalar::{GOLDEN, MIX};

/// A constant with its name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Constant {
    /// A small integer.
    Int(&'static str, u64),
    /// A small integer of f32 and of f64.
    Ints(&'static str, [u64; 2]),
    /// A word of 64 bits.
    Word(&'static str, u64),
    /// A number of f64.
    Double(&'static str, f64),
    /// A number of f32 and of f64.
    Numbers(&'static str, f32, f64),
    /// The coefficient of a power of a series, of f32 and of f64. A series of f32 is shorter.
    Term(&'static str, usize, f32, f64),
}

/// Returns the constants, in the order of a header.
pub fn constants() -> Vec<Constant> {
    use Constant::{Double, Int, Ints, Numbers, Term, Word};
    let numbers = |name, number: f64| Numbers(name, number as f32, number);
    let term = |(k, term): (usize, &f64)| Term("TERM", k, *term as f32, *term);
    let mut constants = vec![
        Int("LANES", LANES as u64),
        Int("BLOCK_STEPS", BLOCK_STEPS as u64),
        Int("CHUNK_BLOCKS", CHUNK_BLOCKS as u64),
        Int("DIGITS", DIGITS.into()),
        Int("DIGIT_BITS", DIGIT_BITS.into()),
        Int("STRIPS", STRIPS as u64),
        Int("SCALED", second::SCALED),
        Int("FOLDED", second::FOLDED),
        Ints("LAYERS", [LAYERS_F32, LAYERS_F64].map(|layers| layers as u64)),
        Ints("LOW", [<f32 as Striped>::LOW.into(), <f64 as Striped>::LOW]),
        Ints("TERMS", [<f32 as Bell>::TERMS, <f64 as Bell>::TERMS].map(|terms| terms as u64)),
        Word("GOLDEN", GOLDEN),
        Word("MIX_FIRST", MIX[0]),
        Word("MIX_SECOND", MIX[1]),
        Word("SQRT_HALF", SQRT_HALF),
        Double("LN_2_HIGH", LN_2_HIGH),
        Double("LN_2_LOW", LN_2_LOW),
        Numbers("UNIT", <f32 as Real>::UNIT as f32, <f64 as Real>::UNIT),
        Numbers("ROUND", <f32 as Bell>::ROUND as f32, <f64 as Bell>::ROUND),
        numbers("BELL", -0.5 * LOG2_E),
        numbers("EXPONENTIAL", -LOG2_E),
        numbers("LEAST_POWER", LEAST_POWER),
    ];
    constants.extend(POWERS_OF_LN_2.iter().enumerate().map(term));
    constants
}
