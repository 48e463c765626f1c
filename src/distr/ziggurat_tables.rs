//! The layers of the ziggurats, from the widest up; [`super::ziggurat`] explains them.
//!
//! An entry is the bits of a layer's width, rounded up to a multiple of 2^12 units in the last
//! place so that its low bits can hold the threshold: the share of the width, in 1/2048 (in
//! 1/4096, less a half, in f64), that is surely below the curve.

mod normal_f32;
mod normal_f64;
mod two_sigma_f32;
mod two_sigma_f64;

use super::ziggurat::Table;

/// The whole normal law.
pub(crate) static NORMAL: Tables = Tables {
    single: Table::<f32>::new(normal_f32::ENTRIES, normal_f32::AREA, Some(normal_f32::TAIL)),
    double: Table::<f64>::new(normal_f64::ENTRIES, normal_f64::AREA, Some(normal_f64::TAIL)),
};

/// The normal law cut off at 2.
pub(crate) static TWO_SIGMA: Tables = Tables {
    single: Table::<f32>::new(two_sigma_f32::ENTRIES, two_sigma_f32::AREA, None),
    double: Table::<f64>::new(two_sigma_f64::ENTRIES, two_sigma_f64::AREA, None),
};

/// The tables of one law, for both types.
pub struct Tables {
    pub(crate) single: Table<f32>,
    pub(crate) double: Table<f64>,
}
