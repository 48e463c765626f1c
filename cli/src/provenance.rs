//! What `__metadata__` says of a file's values: the seed and the recipe of each tensor, so that
//! `seedbed verify` needs nothing but the file.
//!
//! The metadata's entry `seedbed` is JSON text, such as
//!
//! ```json
//! {"version": "0.1.0", "algorithm": "V1", "seed": 0, "hash": "0123456789abcdef0123456789abcdef",
//!  "list": {"count": 3, "hash": "0123456789abcdef0123456789abcdef"},
//!  "recipes": [{"class_name": "seedbed.Constant", "config": {"value": 1.0}}],
//!  "tensors": {"h.*.ln_1.weight": 0, "ln_f.weight": 0}}
//! ```
//!
//! `tensors` has the recipe of each tensor by its name, or by its [kind] if all tensors of the kind have
//! the same; the values of a tensor are those of the stream of its name. `hash` is XXH3-128 of
//! `[recipes, tensors]` as compact JSON: two files with the same hash and seed have the same recipes.
//! They may hold more tensors than a file does: all files of a model have the same recipes. `list` is of the
//! file's own tensors, so that a tensor that was taken out or put in is noticed: their number, and XXH3-128 of
//! `[[name, type, shape], ..]` as compact JSON, in the order of names.

use std::collections::{BTreeMap, HashMap, HashSet};

use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

use crate::header::Header;
use crate::kind;
use crate::plan::Planned;
use crate::recipe::Recipe;

/// The name of the metadata's entry.
pub const KEY: &str = "seedbed";

/// The version of the algorithms that make values.
const ALGORITHM: &str = "V1";

/// The seed and the recipes of a file's tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// The seed of all values.
    pub seed: u64,
    /// The version of the crate that wrote them.
    pub version: String,
    /// What tensors the file has.
    pub list: List,
    recipes: Vec<Recipe>,
    /// The place of the recipe in `recipes` by name or kind.
    tensors: BTreeMap<String, usize>,
}

/// What tells a list of tensors from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// How many tensors there are.
    pub count: usize,
    /// XXH3-128 of their names, types and shapes.
    pub hash: String,
}

impl List {
    /// Makes the list of these tensors, in any order.
    pub fn of<'a>(tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize])>) -> Self {
        let mut tensors: Vec<_> = tensors.collect();
        tensors.sort_unstable_by_key(|&(name, ..)| name);
        let hash = xxh3_128(json!(tensors).to_string().as_bytes());
        List { count: tensors.len(), hash: format!("{hash:032x}") }
    }

    /// Makes the list of a header's tensors.
    pub fn of_header(header: &Header) -> Self {
        List::of(header.tensors.iter().map(|t| (t.name.as_str(), t.dtype, &t.shape[..])))
    }
}

/// The metadata's entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    algorithm: String,
    seed: u64,
    hash: String,
    list: List,
    recipes: Vec<Value>,
    tensors: BTreeMap<String, usize>,
}

impl Provenance {
    /// Makes the provenance of values of this seed, from the recipes of all tensors by their names.
    pub fn new<'a>(seed: u64, tensors: impl IntoIterator<Item = (&'a str, &'a Recipe)>) -> Self {
        let mut recipes: Vec<Recipe> = Vec::new();
        // By their JSON, as numbers do not hash.
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut kinds: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
        for (name, recipe) in tensors {
            let place = *places.entry(recipe.to_json().to_string()).or_insert_with(|| {
                recipes.push(recipe.clone());
                recipes.len() - 1
            });
            kinds.entry(kind::of(name)).or_default().insert(name, place);
        }
        let mut tensors = BTreeMap::new();
        for (kind, names) in kinds {
            let places: Vec<usize> = names.values().copied().collect();
            if places.iter().all(|&place| place == places[0]) {
                tensors.insert(kind, places[0]);
            } else {
                tensors.extend(names.into_iter().map(|(name, place)| (name.to_string(), place)));
            }
        }
        let version = env!("CARGO_PKG_VERSION").to_string();
        Provenance { seed, version, list: List::default(), recipes, tensors }
    }

    /// Makes the provenance of the tensors of a plan.
    pub fn of(seed: u64, plan: &[Planned]) -> Self {
        let list = plan.iter().map(|p| (p.name.as_str(), p.dtype.into(), &p.shape[..]));
        let recipes = plan.iter().map(|planned| (planned.name.as_str(), &planned.recipe));
        Provenance { list: List::of(list), ..Provenance::new(seed, recipes) }
    }

    /// Makes the provenance of a file of the model.
    #[must_use]
    pub fn of_file(&self, header: &Header) -> Self {
        Provenance { list: List::of_header(header), ..self.clone() }
    }

    /// Returns the names and kinds of tensors with a recipe.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Returns the recipe of the tensor of a name.
    pub fn recipe(&self, name: &str) -> Option<&Recipe> {
        self.entry(name).map(|(_, place)| &self.recipes[place])
    }

    /// Returns the name or kind that is listed for the tensor of a name, and the place of its recipe.
    fn entry(&self, name: &str) -> Option<(String, usize)> {
        // A name that is listed is of no kind that is listed, too.
        let keys = [name.to_string(), kind::of(name)];
        keys.into_iter().find_map(|key| self.tensors.get(&key).map(|&place| (key.clone(), place)))
    }

    /// Returns XXH3-128 of the recipes and the names they have.
    pub fn hash(&self) -> String {
        let recipes: Vec<Value> = self.recipes.iter().map(Recipe::to_json).collect();
        format!("{:032x}", xxh3_128(json!([recipes, self.tensors]).to_string().as_bytes()))
    }

    /// Returns the text of the metadata's entry.
    pub fn to_text(&self) -> String {
        let written = Written {
            version: self.version.clone(),
            algorithm: ALGORITHM.to_string(),
            seed: self.seed,
            hash: self.hash(),
            list: self.list.clone(),
            recipes: self.recipes.iter().map(Recipe::to_json).collect(),
            tensors: self.tensors.clone(),
        };
        serde_json::to_string(&written).expect("strings and numbers are JSON")
    }

    /// Reads the text of the metadata's entry.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let Written { version, algorithm, seed, hash, list, recipes, tensors } = written;
        if algorithm != ALGORITHM {
            return Err(format!(
                "the algorithm {algorithm:?} is not known; this program has {ALGORITHM:?}"
            ));
        }
        let recipes = recipes.iter().map(Recipe::from_json).collect::<Result<Vec<_>, _>>()?;
        if let Some((name, place)) = tensors.iter().find(|&(_, &place)| place >= recipes.len()) {
            let count = recipes.len();
            return Err(format!("{name:?} has the recipe {place}, but there are {count}"));
        }
        let read = Provenance { seed, version, list, recipes, tensors };
        match read.hash() {
            own if own == hash => Ok(read),
            own => Err(format!("the recipes have the hash {own}, not {hash}: they were changed")),
        }
    }

    /// Returns the metadata of a file: what loaders ask for, and the provenance.
    ///
    /// Its two entries stand in the same order each time, so that the same command writes the same bytes:
    /// a map is made again until they do, because the order of a map is random, once in two tries.
    pub fn metadata(&self) -> HashMap<String, String> {
        let text = self.to_text();
        loop {
            let entries = [("format", "pt"), (KEY, &text)];
            let map: HashMap<_, _> =
                entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
            if map.keys().next().is_some_and(|key| key == "format") {
                return map;
            }
        }
    }

    /// Returns the bytes of the metadata without tensors, and what each of these tensors adds.
    pub fn lengths<'a>(&self, names: impl Iterator<Item = &'a str>) -> (usize, Vec<usize>) {
        let json_length = |text: &str| json!(text).to_string().len();
        let empty = Provenance { tensors: BTreeMap::new(), ..self.clone() };
        let empty = json!(empty.metadata()).to_string().len();
        let mut seen = HashSet::new();
        let key = |name| {
            let (key, place) = self.entry(name).expect("the tensor is one of these");
            let comma = usize::from(!seen.is_empty());
            let new = seen.insert(key.clone());
            // In a string, without the quotes around it.
            let entry = json_length(&format!("{}:{place}", json!(key))) - 2;
            if new { entry + comma } else { 0 }
        };
        (empty, names.map(key).collect())
    }
}

#[cfg(test)]
mod tests {
    use seedbed::Initializer;

    use super::*;

    fn constant(value: f64) -> Recipe {
        Recipe::Initializer(Initializer::constant(value).unwrap())
    }

    #[test]
    fn every_name_gets_its_recipe_back() {
        let (one, two) = (constant(1.0), constant(2.0));
        let tensors = [
            ("h.0.w", &one),
            ("h.1.w", &one),
            // A kind whose tensors differ, and a name that looks like a kind.
            ("g.0.w", &one),
            ("g.1.w", &two),
            ("g.*.w", &one),
            ("k.*.w", &two),
            ("k.3.w", &two),
        ];
        let provenance = Provenance::new(5, tensors);
        assert_eq!(provenance.tensors.len(), 5, "{:?}", provenance.tensors);
        let read = Provenance::from_text(&provenance.to_text()).unwrap();
        assert_eq!(read, provenance);
        for (name, recipe) in tensors {
            assert_eq!(read.recipe(name), Some(recipe), "{name}");
        }
        assert_eq!(read.recipe("other.0.w"), None);
    }

    #[test]
    fn what_was_changed_is_refused() {
        let text = Provenance::new(5, [("w", &constant(0.5))]).to_text();
        for (from, to, problem) in [
            ("\"V1\"", "\"V2\"", "the algorithm \"V2\" is not known; this program has \"V1\""),
            ("0.5", "0.25", "they were changed"),
            ("\"w\":0", "\"w\":1", "\"w\" has the recipe 1, but there are 1"),
            ("\"seed\":5", "\"seed\":-5", "invalid value: integer `-5`"),
            ("seedbed.Constant", "seedbed.Constent", "Constent"),
            ("{\"version\"", "{\"more\":1,\"version\"", "unknown field `more`"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let message = Provenance::from_text(&changed).unwrap_err();
            assert!(message.contains(problem), "{message}");
        }
    }

    #[test]
    fn metadata_has_one_order() {
        let provenance = Provenance::new(5, [("w", &constant(0.5))]);
        for _ in 0..20 {
            let metadata = provenance.metadata();
            assert_eq!(metadata.keys().collect::<Vec<_>>(), ["format", KEY]);
        }
    }
}
