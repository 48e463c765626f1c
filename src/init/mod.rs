//! The parameters of initializers: from a shape to values.
//!
//! [`Initializer`](crate::Initializer) is the form that every preset of every system becomes. Its
//! parts are here: which axes are inputs and outputs ([`Layout`]), which distribution is scaled by the
//! fans ([`VarianceScaling`]), and the choices of the other initializers.

mod axes;
pub(crate) mod block;
mod custom;
mod elementwise;
#[cfg(feature = "orthogonal")]
mod haar;
pub(crate) mod initializer;
mod layout;
mod matrices;
mod orthogonal;
mod pattern;
mod scaled;
#[cfg(feature = "serde")]
pub(crate) mod serial;
pub(crate) mod shape;
mod sparse;
mod storage;
mod structure;
pub(crate) mod values;
mod variance_scaling;

pub use axes::{ConvOrder, MatrixOrder};
pub use custom::Initialize;
pub use initializer::Bounds;
pub use layout::{Fans, Layout, OtherRanks};
pub use orthogonal::{MatrixRows, Parts};
pub use pattern::NonSquare;
pub use sparse::{Nonzeros, SparseAxis};
pub use variance_scaling::{FanMode, ScaledDistribution, TruncatedStd, Variance, VarianceScaling};
