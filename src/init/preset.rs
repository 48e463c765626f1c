//! What the presets of all systems have in common.

use crate::element::Element;
use crate::error::Error;
use crate::init::{Initializer, Tensor};

/// An initializer under the name and with the parameters of one system.
///
/// ```
/// use seedbed::{Preset, lasagne, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// let a = lasagne::HeNormal { gain: lasagne::Gain::Relu, ..Default::default() };
/// let b = torch::KaimingNormal { nonlinearity: torch::Nonlinearity::Relu, ..Default::default() };
/// // The same standard deviation, but Lasagne's matrices are (in, out), PyTorch's (out, in).
/// assert_ne!(a.lower()?, b.lower()?);
/// # Ok(())
/// # }
/// ```
pub trait Preset {
    /// The name, after its system's and a dot.
    const NAME: &'static str;

    /// The initializer in the form that all systems share.
    ///
    /// # Errors
    ///
    /// Those of the [constructors](Initializer): a parameter that is not allowed.
    fn lower(&self) -> Result<Initializer, Error>;

    /// [`Initializer::resolve`] of what the preset is.
    ///
    /// # Errors
    ///
    /// Those of [`lower`](Preset::lower) and [`Initializer::resolve`].
    fn resolve<T: Element>(&self, shape: &[usize]) -> Result<Tensor<T>, Error> {
        self.lower()?.resolve(shape)
    }
}

/// Defines a preset: its parameters with their defaults, and what it is.
macro_rules! preset {
    (
        $(#[$doc:meta])*
        $name:literal $Preset:ident {
            $($(#[$field_doc:meta])* $field:ident: $Type:ty = $default:expr,)*
        } |$this:ident| $lower:expr
    ) => {
        $(#[$doc])*
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

        impl $crate::init::Preset for $Preset {
            const NAME: &'static str = $name;

            fn lower(&self) -> Result<$crate::init::Initializer, $crate::error::Error> {
                let $this = self;
                $lower
            }
        }

        impl<T: $crate::element::Element> $crate::init::Initialize<T> for $Preset {
            fn sample(
                &self,
                shape: &[usize],
                stream: &$crate::stream::Stream,
            ) -> Result<Vec<T>, $crate::error::Error> {
                $crate::init::Preset::resolve(self, shape)?.to_vec(stream)
            }
        }

        impl TryFrom<$Preset> for $crate::init::Initializer {
            type Error = $crate::error::Error;

            fn try_from(preset: $Preset) -> Result<Self, Self::Error> {
                $crate::init::Preset::lower(&preset)
            }
        }
    };
}

pub(crate) use preset;
