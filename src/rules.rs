//! Which initializer a tensor of a model has, by the tensor's path.

use crate::element::Element;
use crate::error::Error;
use crate::init::{Initializer, Layout, Tensor};
use crate::registry;

/// Patterns of paths with their initializers. The first pattern that matches a tensor's path is the
/// tensor's rule; a tensor without one is an error.
///
/// In a pattern, `*` is any run of characters, dots and none at all included; every other character is
/// itself. `*.bias` is `fc.bias` and `h.0.attn.bias`, but not `bias`.
///
/// ```
/// use seedbed::{Rules, Seed, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// let rules = Rules::from_names([
///     ("*norm.weight", "torch.ones_"),
///     ("*.bias", "torch.zeros_"),
///     ("*", "torch.kaiming_normal_"),
/// ])?;
/// let seed = Seed::from(42);
/// for (path, shape) in [("fc.weight", &[64, 32][..]), ("fc.bias", &[64]), ("norm.weight", &[64])] {
///     let mut memory = vec![0_f32; shape.iter().product()];
///     rules.resolve(path, shape)?.fill(&mut memory, &seed.stream(path))?;
/// }
/// assert_eq!(
///     rules.resolve::<f32>("scale", &[64]).unwrap_err().to_string(),
///     "the tensor `scale`: a scaled law needs rank 2 or more, but the shape is [64]",
/// );
/// # Ok(())
/// # }
/// ```
///
/// With the feature `serde` a list is a sequence of pairs: `[["*.bias", "torch.zeros_"], ["*", {"class_name":
/// "torch.normal_", "config": {"std": 0.02}}]]` is read; what is written has the initializers as
/// [`Initializer`] writes them.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rules(Vec<(String, Initializer)>);

impl<P: Into<String>> FromIterator<(P, Initializer)> for Rules {
    fn from_iter<I: IntoIterator<Item = (P, Initializer)>>(rules: I) -> Self {
        Rules(rules.into_iter().map(|(pattern, rule)| (pattern.into(), rule)).collect())
    }
}

impl Rules {
    /// Pairs of a pattern and a qualified name of the [`registry`], with its default parameters.
    ///
    /// # Errors
    ///
    /// Those of [`registry::get`].
    pub fn from_names<P: Into<String>, N: AsRef<str>>(
        rules: impl IntoIterator<Item = (P, N)>,
    ) -> Result<Self, Error> {
        rules
            .into_iter()
            .map(|(pattern, name)| Ok((pattern, registry::get(name.as_ref())?)))
            .collect()
    }

    /// The list with one more rule, which is asked after those that it has.
    #[must_use]
    pub fn rule(mut self, pattern: impl Into<String>, initializer: Initializer) -> Self {
        self.0.push((pattern.into(), initializer));
        self
    }

    /// Takes the fans of all laws that are scaled by them from the axes of this layout, whatever the
    /// layout of the system that a law is named after: for a host whose tensors are stored otherwise.
    ///
    /// ```
    /// use seedbed::{Rules, torch};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // Keras' law for matrices that are (out, in): the fan-in is 300, not 200.
    /// let rules = Rules::from_names([("*", "keras.lecun_uniform")])?.layout(&torch::layout());
    /// let law = rules.resolve::<f64>("fc.weight", &[200, 300])?;
    /// let (largest, limit) = (law.to_vec(&seedbed::Seed::from(1).stream("w"))?, 0.1);
    /// assert!(largest.iter().any(|x| *x > 0.99 * limit) && largest.iter().all(|x| *x < limit));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn layout(mut self, layout: &Layout) -> Self {
        for (_, initializer) in &mut self.0 {
            if let Initializer::Scaled(scaled) = initializer {
                scaled.layout = layout.clone();
            }
        }
        self
    }

    /// The initializer of the tensor of this path.
    ///
    /// # Errors
    ///
    /// [`Error::NoRule`].
    pub fn get(&self, path: &str) -> Result<&Initializer, Error> {
        let rule = self.0.iter().find(|(pattern, _)| matches(pattern, path));
        rule.map(|(_, initializer)| initializer)
            .ok_or_else(|| Error::NoRule { path: path.to_owned() })
    }

    /// The values of the tensor of this path and shape: [`Initializer::resolve`] of its rule.
    ///
    /// # Errors
    ///
    /// [`Error::NoRule`], and [`Error::Tensor`] with those of [`Initializer::resolve`].
    pub fn resolve<T: Element>(&self, path: &str, shape: &[usize]) -> Result<Tensor<T>, Error> {
        let tensor = self.get(path)?.resolve(shape);
        tensor.map_err(|e| Error::Tensor { path: path.to_owned(), problem: Box::new(e) })
    }
}

/// Whether the path is what the pattern has between its stars, in order, with anything in place of
/// the stars.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut path) = path.strip_prefix(start) else {
        return false;
    };
    for part in middle.split('*') {
        // The first place leaves the most for the parts that follow.
        match path.split_once(part) {
            Some((_, later)) => path = later,
            None => return false,
        }
    }
    path.ends_with(end)
}

/// An initializer by its name alone or by `{"class_name": .., "config": {..}}`.
#[cfg(feature = "serde")]
struct Named(Initializer);

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Named {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let initializer = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(name) => registry::get(&name),
            config => registry::from_json(&config),
        };
        initializer.map(Named).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Rules {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rules = Vec::<(String, Named)>::deserialize(deserializer)?;
        Ok(rules.into_iter().map(|(pattern, Named(initializer))| (pattern, initializer)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_run_of_characters() {
        let cases = [
            ("fc.bias", "fc.bias", true),
            ("fc.bias", "fc.bias2", false),
            ("*", "", true),
            ("*", "a.b", true),
            ("*.bias", "fc.bias", true),
            ("*.bias", "h.0.attn.bias", true),
            ("*.bias", "bias", false),
            ("*.bias", "fc.bias.scale", false),
            ("h.*", "h.0.w", true),
            ("h.*", "g.h.0.w", false),
            ("h.*.w", "h..w", true),
            // The prefix and the suffix must not share characters.
            ("h.*.w", "h.w", false),
            ("ab*ba", "aba", false),
            ("*.attn.*.weight", "h.0.attn.q.weight", true),
            ("*.attn.*.weight", "h.0.mlp.fc.weight", false),
            ("*.attn.*.weight", "h.0.attn.weight", false),
            ("a*b*c", "a.c.b.c", true),
            ("a*b*c", "a.c.b", false),
            ("a*b*b", "ab", false),
            ("a**b", "ab", true),
            ("*é*", "caféine", true),
            // Nothing else is special.
            ("h.?.w", "h.0.w", false),
            ("[h]", "h", false),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
