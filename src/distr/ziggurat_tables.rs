//! The layers of the ziggurats, from the widest up; [`super::ziggurat`] explains them.
//!
//! An entry is the bits of a layer's width, rounded up to a multiple of 2^12 units in the last
//! place so that its low bits can hold the threshold: the share of the width, in 1/2048 (in
//! 1/4096, less a half, in f64), that is surely below the curve.

mod normal_f32;
mod normal_f64;
mod two_sigma_f32;
mod two_sigma_f64;

use normal_f32::NORMAL_F32;
use normal_f64::NORMAL_F64;
use two_sigma_f32::TWO_SIGMA_F32;
use two_sigma_f64::TWO_SIGMA_F64;

use super::ziggurat::Table;

/// The whole normal law.
pub(crate) static NORMAL: Tables = Tables {
    single: Table::<f32>::new(NORMAL_F32, 0.004931287211425383, Some(3.6539975914056124)),
    double: Table::<f64>::new(NORMAL_F64, 0.0012263246463544227, Some(4.038849846109219)),
};

/// The normal law cut off at 2.
pub(crate) static TWO_SIGMA: Tables = Tables {
    single: Table::<f32>::new(TWO_SIGMA_F32, 0.004699774289199476, None),
    double: Table::<f64>::new(TWO_SIGMA_F64, 0.001170127883281855, None),
};

/// The tables of one law, for both types.
pub struct Tables {
    pub(crate) single: Table<f32>,
    pub(crate) double: Table<f64>,
}
