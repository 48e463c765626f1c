//! Which recipe each tensor gets: by a user's rules, by published rules, or by the default ones.

use seedbed::{Initializer, Rules as Patterns};
use serde_json::value::RawValue;

use crate::recipe::Recipe;

/// A pattern of names with a recipe.
pub struct Rule {
    /// The pattern, as [`seedbed::Rules`] reads it.
    pub pattern: String,
    /// The recipe of the tensors that it matches first.
    pub recipe: Recipe,
    matcher: Patterns,
}

impl Rule {
    /// Makes a rule.
    pub fn new(pattern: impl Into<String>, recipe: Recipe) -> Self {
        let pattern = pattern.into();
        // Whose initializer does not matter, as only the crate's patterns are asked.
        let any = Initializer::constant(0.0).expect("0 is a constant");
        let matcher = Patterns::default().rule(pattern.clone(), any);
        Rule { pattern, recipe, matcher }
    }

    fn matches(&self, name: &str) -> bool {
        self.matcher.get(name).is_ok()
    }
}

/// Rules, the first of which that matches a name gives the recipe.
#[derive(Default)]
pub struct Rules(pub Vec<Rule>);

impl Rules {
    /// Reads the JSON of [`seedbed::Rules`], a list of pairs of a pattern and an initializer, with the
    /// recipes of [`packed`](crate::packed) besides.
    ///
    /// # Errors
    ///
    /// What is wrong, with the number of the rule and its pattern.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let items: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|e| format!("not a JSON list of [\"pattern\", initializer]: {e}"))?;
        let rules = items.into_iter().enumerate().map(|(at, item)| {
            let (pattern, recipe): (String, &RawValue) = serde_json::from_str(item.get())
                .map_err(|_| format!("rule {}: not [\"pattern\", initializer]", at + 1))?;
            let recipe = Recipe::from_text(recipe.get());
            let recipe = recipe.map_err(|e| format!("rule {} {pattern:?}: {e}", at + 1))?;
            Ok(Rule::new(pattern, recipe))
        });
        rules.collect::<Result<_, _>>().map(Rules)
    }

    /// Returns the place of the rule of a tensor.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|rule| rule.matches(name))
    }

    /// Returns the patterns that give none of the tensors its recipe; `used` has the places of those that
    /// do.
    pub fn unused(&self, used: &[usize]) -> Vec<&str> {
        let rules = self.0.iter().enumerate();
        rules.filter(|(at, _)| !used.contains(at)).map(|(_, rule)| rule.pattern.as_str()).collect()
    }
}
