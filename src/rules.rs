//! Rules that give each tensor of a model its initializer, by the tensor's path.

use crate::element::Element;
use crate::error::Error;
use crate::init::Layout;
use crate::init::initializer::Initializer;
use crate::init::values::Values;
use crate::presets::registry;

/// Patterns of paths with their initializers. The first pattern that matches a tensor's path gives the
/// tensor's initializer; a tensor that no pattern matches is an error.
///
/// In a pattern, `*` stands for any run of characters, dots included, or for none; every other
/// character stands for itself. `*.bias` matches `fc.bias` and `h.0.attn.bias`, but not `bias`.
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
///     rules.for_tensor(path, shape)?.fill(&mut memory, &seed.stream(path))?;
/// }
/// assert_eq!(
///     rules.for_tensor::<f32>("scale", &[64]).unwrap_err().to_string(),
///     "the tensor `scale`: a fan needs rank 2 or more, but the shape is [64]",
/// );
/// # Ok(())
/// # }
/// ```
///
/// As JSON (feature `serde`) rules are a list of pairs, such as `[["*.bias", "torch.zeros_"], ["*",
/// {"class_name": "torch.normal_", "config": {"std": 0.02}}]]`. They are written with the initializers
/// as [`Initializer`] writes them.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rules(Vec<(String, Initializer)>);

impl<P: Into<String>> FromIterator<(P, Initializer)> for Rules {
    fn from_iter<I: IntoIterator<Item = (P, Initializer)>>(rules: I) -> Self {
        Rules(rules.into_iter().map(|(pattern, rule)| (pattern.into(), rule)).collect())
    }
}

impl Rules {
    /// Makes rules of pairs of a pattern and a qualified name of the [`registry`], with default
    /// parameters.
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

    /// Appends a rule; earlier rules take precedence.
    ///
    /// ```
    /// use seedbed::{Initializer, Rules};
    /// let rules = Rules::default()
    ///     .rule("*.bias", Initializer::constant(0.0)?)
    ///     .rule("*", Initializer::normal(0.0, 0.02)?);
    /// assert_eq!(rules.get("fc.bias")?, &Initializer::constant(0.0)?);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    #[must_use]
    pub fn rule(mut self, pattern: impl Into<String>, initializer: Initializer) -> Self {
        self.0.push((pattern.into(), initializer));
        self
    }

    /// Returns the rules in a host that stores its tensors in this layout, whatever the layouts of the
    /// initializers' systems, as [`Initializer::with_layout`] does.
    ///
    /// ```
    /// use seedbed::{Rules, torch};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // Keras' initializer for matrices that are (out, in): the fan-in is 300, not 200.
    /// let rules = Rules::from_names([("*", "keras.lecun_uniform")])?.layout(&torch::layout())?;
    /// let values = rules.for_tensor::<f64>("fc.weight", &[200, 300])?;
    /// let distribution = values.distribution().expect("independent elements");
    /// assert!((distribution.high() - 0.1).abs() < 1e-12);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Initializer::with_layout`].
    pub fn layout(self, layout: &Layout) -> Result<Self, Error> {
        let rules = self.0.into_iter();
        rules
            .map(|(pattern, initializer)| Ok((pattern, initializer.with_layout(layout)?)))
            .collect()
    }

    /// Returns the rule of the tensor of this path, its pattern and its initializer, if there is one.
    ///
    /// ```
    /// use seedbed::Rules;
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let rules = Rules::from_names([("*.bias", "torch.zeros_"), ("fc.*", "torch.normal_")])?;
    /// assert_eq!(rules.find("fc.bias").map(|(pattern, _)| pattern), Some("*.bias"));
    /// assert_eq!(rules.find("conv.weight"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, path: &str) -> Option<(&str, &Initializer)> {
        let mut rules = self.0.iter().map(|(pattern, initializer)| (pattern.as_str(), initializer));
        rules.find(|(pattern, _)| matches(pattern, path))
    }

    /// Returns the initializer of the tensor of this path.
    ///
    /// # Errors
    ///
    /// [`Error::NoRule`].
    pub fn get(&self, path: &str) -> Result<&Initializer, Error> {
        let rule = self.find(path).map(|(_, initializer)| initializer);
        rule.ok_or_else(|| Error::NoRule { path: path.to_owned() })
    }

    /// Returns the patterns that give none of these tensors its initializer: those that match no path, and
    /// those whose paths earlier rules match. A pattern without a path is the commonest way to lose an
    /// initialization.
    ///
    /// ```
    /// use seedbed::Rules;
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let rules = Rules::from_names([
    ///     ("c_proj.weight", "torch.xavier_normal_"), // should be "*.c_proj.weight"
    ///     ("*", "torch.normal_"),
    /// ])?;
    /// assert_eq!(rules.unused(["h.0.attn.c_proj.weight", "h.0.mlp.c_fc.weight"]), ["c_proj.weight"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unused<P: AsRef<str>>(&self, paths: impl IntoIterator<Item = P>) -> Vec<&str> {
        let mut used = vec![false; self.0.len()];
        for path in paths {
            let rule = self.0.iter().position(|(pattern, _)| matches(pattern, path.as_ref()));
            rule.into_iter().for_each(|rule| used[rule] = true);
        }
        let rules = self.0.iter().zip(used);
        rules.filter(|(_, used)| !used).map(|((pattern, _), _)| pattern.as_str()).collect()
    }

    /// Returns the values of the tensor of this path and shape, as [`Initializer::for_shape`] does.
    ///
    /// # Errors
    ///
    /// [`Error::NoRule`], and [`Error::Tensor`] with those of [`Initializer::for_shape`].
    pub fn for_tensor<T: Element>(&self, path: &str, shape: &[usize]) -> Result<Values<T>, Error> {
        let values = self.get(path)?.for_shape(shape);
        values.map_err(|e| Error::Tensor { path: path.to_owned(), source: Box::new(e) })
    }
}

/// Whether the path has what stands between the stars of the pattern, in this order, with anything in
/// place of the stars.
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
        let crate::json::Strict(value) = crate::json::Strict::deserialize(deserializer)?;
        registry::from_json(&value).map(Named).map_err(serde::de::Error::custom)
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
