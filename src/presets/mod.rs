//! The initializers of Lasagne, Keras 2 and 3, PyTorch and JAX, by their names there.

mod class;
pub mod jax;
pub mod keras;
pub mod keras3;
pub mod lasagne;
mod names;
#[cfg(feature = "serde")]
mod reader;
pub mod registry;
mod seeded;
pub mod torch;

use crate::element::Element;
use crate::error::Error;
use crate::init::initializer::Initializer;
use crate::init::values::Values;
use seeded::Seeded;

/// An initializer under the name and with the parameters of one system.
///
/// Each preset has these methods of its own, too, so that the trait need not be imported.
///
/// ```
/// use seedbed::{lasagne, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// let a = lasagne::HeNormal { gain: lasagne::Gain::Relu, ..Default::default() };
/// let b = torch::KaimingNormal { nonlinearity: torch::Nonlinearity::Relu, ..Default::default() };
/// // The same standard deviation, but Lasagne's matrices are (in, out), PyTorch's (out, in).
/// assert_ne!(a.initializer()?, b.initializer()?);
/// assert!(b.for_shape::<f32>(&[64, 32]).is_ok());
///
/// // As an object of Keras, which makes other values at each call.
/// let mut object = torch::KaimingNormal::default().seeded(1337);
/// assert_ne!(object.call::<f32>(&[2, 2])?, object.call::<f32>(&[2, 2])?);
/// # Ok(())
/// # }
/// ```
pub trait Preset {
    /// The name, after its system's and a dot.
    const NAME: &'static str;

    /// What the values are, in a sentence or two; code is between backticks.
    const DEFINITION: &'static str;

    /// The names of the parameters, in the order of the system's documentation.
    const PARAMETERS: &'static [&'static str];

    /// Returns the initializer in the form that all systems share.
    ///
    /// # Errors
    ///
    /// Those of the [constructors](Initializer): a parameter that is not allowed.
    fn initializer(&self) -> Result<Initializer, Error>;

    /// Returns the values of a whole tensor of this shape, as [`Initializer::for_shape`] does.
    ///
    /// # Errors
    ///
    /// Those of [`initializer`](Preset::initializer) and of [`Initializer::for_shape`].
    fn for_shape<T: Element>(&self, shape: &[usize]) -> Result<Values<T>, Error> {
        self.initializer()?.for_shape(shape)
    }

    /// Returns an initializer with a seed of its own, which makes other values at each call, as those
    /// of Keras do.
    fn seeded(self, seed: u64) -> Seeded<Self>
    where
        Self: Sized,
    {
        Seeded::new(self, seed)
    }
}

impl<P: Preset> Preset for Seeded<P> {
    const NAME: &'static str = P::NAME;
    const DEFINITION: &'static str = P::DEFINITION;
    const PARAMETERS: &'static [&'static str] = P::PARAMETERS;

    fn initializer(&self) -> Result<Initializer, Error> {
        self.inner().initializer()
    }
}

/// Defines a preset: its parameters with their defaults, and its initializer. After `where` stand names
/// of the initializer's parameters and what the system calls them, for messages.
macro_rules! preset {
    (
        $(#[doc = $doc:literal])*
        $name:literal $Preset:ident {
            $($(#[$field_doc:meta])* $field:ident: $Type:ty = $default:expr,)*
        } $(where $($here:ident is $there:ident),+;)? |$this:ident| $initializer:expr
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
        pub struct $Preset {
            $($(#[$field_doc])* pub $field: $Type,)*
        }

        impl Default for $Preset {
            fn default() -> Self {
                $Preset { $($field: $default,)* }
            }
        }

        impl $crate::presets::Preset for $Preset {
            const NAME: &'static str = $name;
            const DEFINITION: &'static str = concat!($($doc),*);
            const PARAMETERS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn initializer(
                &self,
            ) -> Result<$crate::init::initializer::Initializer, $crate::error::Error> {
                let _env = $crate::simd::FloatEnv::default_state();
                let make = |$this: &Self| $initializer;
                make(self)$(.map_err(|error: $crate::error::Error| {
                    error.renamed(&[$((stringify!($here), stringify!($there))),+])
                }))?
            }
        }

        impl $Preset {
            /// Returns the initializer in the form that all systems share.
            ///
            /// # Errors
            ///
            /// A parameter that is not allowed.
            pub fn initializer(
                &self,
            ) -> Result<$crate::init::initializer::Initializer, $crate::error::Error> {
                $crate::presets::Preset::initializer(self)
            }

            /// Returns the values of a whole tensor of this shape.
            ///
            /// # Errors
            ///
            /// Those of [`Initializer::for_shape`](crate::Initializer::for_shape), and a parameter
            /// that is not allowed.
            pub fn for_shape<T: $crate::element::Element>(
                &self,
                shape: &[usize],
            ) -> Result<$crate::init::values::Values<T>, $crate::error::Error> {
                $crate::presets::Preset::for_shape(self, shape)
            }

            /// Returns an initializer with a seed of its own, which makes other values at each call.
            pub fn seeded(self, seed: u64) -> $crate::presets::seeded::Seeded<Self> {
                $crate::presets::Preset::seeded(self, seed)
            }
        }

        impl<T: $crate::element::Element> $crate::init::Initialize<T> for $Preset {
            fn sample(
                &self,
                shape: &[usize],
                stream: &$crate::stream::Stream,
            ) -> Result<Vec<T>, $crate::error::Error> {
                $crate::presets::Preset::for_shape(self, shape)?.to_vec(stream)
            }
        }
    };
}

pub(crate) use preset;
