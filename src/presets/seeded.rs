//! Initializers with a seed of their own.

use crate::element::Element;
use crate::error::Error;
use crate::init::Initialize;
use crate::stream::{Seed, Stream};

/// An initializer with a seed of its own, which makes other values at each call.
///
/// The values of call `i`, counted from 0, are those of [`Stream`] `i` of the seed. The seed is not
/// changed. As JSON it has the parameters of the preset and `seed`.
///
/// ```
/// use seedbed::keras;
/// # fn main() -> Result<(), seedbed::Error> {
/// let mut initializer = keras::he_normal().seeded(1337);
/// let first: Vec<f32> = initializer.call(&[2, 2])?;
/// let second: Vec<f32> = initializer.call(&[2, 2])?;
/// assert_ne!(first, second);
/// assert_eq!((initializer.inner(), initializer.seed()), (&keras::he_normal(), 1337));
/// assert_ne!(initializer, keras::Seeded::new(keras::he_normal(), 1337)); // which has made no values yet
/// assert_eq!(keras::serialize(&initializer)["config"]["seed"], 1337);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Seeded<I> {
    initializer: I,
    seed: u64,
    calls: u64,
}

impl<I> Seeded<I> {
    /// Returns the initializer before its first call.
    pub fn new(initializer: I, seed: u64) -> Self {
        Seeded { initializer, seed, calls: 0 }
    }

    /// Returns the initializer without its seed.
    pub fn inner(&self) -> &I {
        &self.initializer
    }

    /// Returns the seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the values of a tensor of this shape, and other values the next time.
    ///
    /// # Errors
    ///
    /// Those of [`Initialize::sample`].
    pub fn call<T: Element>(&mut self, shape: &[usize]) -> Result<Vec<T>, Error>
    where
        I: Initialize<T>,
    {
        let stream: Stream = Seed::from(self.seed).stream(self.calls);
        self.calls += 1;
        self.initializer.sample(shape, &stream)
    }
}

#[cfg(feature = "serde")]
mod json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::{Map, Value};

    use super::Seeded;

    impl<P: Serialize> Serialize for Seeded<P> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            #[derive(Serialize)]
            struct Written<'a, P> {
                #[serde(flatten)]
                parameters: &'a P,
                seed: u64,
            }
            Written { parameters: &self.initializer, seed: self.seed }.serialize(serializer)
        }
    }

    impl<'de, P: DeserializeOwned> Deserialize<'de> for Seeded<P> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            // Not by `flatten`, which would accept parameters that the preset does not have.
            let mut parameters = Map::deserialize(deserializer)?;
            let seed = parameters.remove("seed").ok_or_else(|| D::Error::missing_field("seed"))?;
            let seed = u64::deserialize(seed).map_err(D::Error::custom)?;
            let initializer =
                P::deserialize(Value::Object(parameters)).map_err(D::Error::custom)?;
            Ok(Seeded::new(initializer, seed))
        }
    }
}
