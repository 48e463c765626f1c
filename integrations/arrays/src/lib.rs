//! Arrays of [ndarray](mod@ndarray) and matrices of [nalgebra](mod@nalgebra) and [faer](mod@faer), filled
//! by [`seedbed`]; with the feature `rand_core` its streams are generators for rand.
//!
//! A host that makes an array from a vector needs no code of this crate:
//!
//! ```
//! use ::ndarray::Array2;
//! use seedbed::{Initializer, Seed};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let values = Initializer::normal(0.0, 0.02)?.for_shape::<f32>(&[64, 32])?;
//! let array = Array2::from_shape_vec((64, 32), values.to_vec(&Seed::from(42).stream("w"))?)?;
//! # assert_eq!(array.dim(), (64, 32));
//! # Ok(())
//! # }
//! ```

pub mod faer;
pub mod nalgebra;
pub mod ndarray;
