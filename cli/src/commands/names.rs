//! `seedbed names`: every initializer of every system.

use std::fmt::Write as _;
use std::io::Write;

use seedbed::registry::{self, Entry, Parameter};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// List the initializers that specifications and rules may name, with their parameters and defaults
///
/// A parameter without a default must be given. Every name stands after its system's and a dot, such as
/// torch.kaiming_normal_.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  seedbed names                        every system
  seedbed names torch                  the initializers of torch.nn.init
  seedbed names torch xavier_normal_   one of them
  seedbed names --json                 for programs")]
pub struct Args {
    /// The system: keras, keras3, lasagne, torch, jax, or one of their modules by its name
    pub system: Option<String>,

    /// The initializer's name in the system
    #[arg(requires = "system")]
    pub name: Option<String>,

    /// Print a JSON array in place of the list
    #[arg(long)]
    pub json: bool,
}

/// Does what `args` asks for.
pub fn run(args: &Args, stdout: &mut impl Write) -> Result<(), Failure> {
    let entries = entries(args.system.as_deref(), args.name.as_deref())?;
    if args.json {
        let entries: Vec<Value> = entries.iter().map(to_json).collect();
        return super::print_json(&entries, stdout);
    }
    let texts: Vec<String> = entries.iter().map(to_text).collect();
    super::print(&texts.join("\n"), stdout)
}

/// Returns the entries of a system, or the entry of a name in it.
fn entries(system: Option<&str>, name: Option<&str>) -> Result<Vec<Entry>, Failure> {
    let Some(system) = system else {
        return Ok(registry::entries().collect());
    };
    let is_named = |name: &&str| name.eq_ignore_ascii_case(system);
    let entries: Vec<Entry> =
        registry::entries().filter(|entry| entry.systems().iter().any(is_named)).collect();
    if entries.is_empty() {
        let mut known: Vec<&str> = registry::entries().map(|entry| entry.systems()[0]).collect();
        known.dedup();
        let known = known.join(", ");
        return Err(Failure::Input(format!(
            "system {system:?} is not known: it is one of {known}"
        )));
    }
    let Some(name) = name else {
        return Ok(entries);
    };
    match entries.into_iter().find(|entry| entry.names().contains(&name)) {
        Some(entry) => Ok(vec![entry]),
        None => {
            let problem = registry::get(&format!("{system}.{name}"));
            let problem = problem.expect_err("the registry has no such name");
            Err(Failure::Input(problem.to_string()))
        }
    }
}

fn to_text(entry: &Entry) -> String {
    let mut text = format!("{}(", class_name(entry));
    let (fixed, free): (Vec<_>, Vec<_>) =
        entry.parameters().into_iter().partition(|p| matches!(p, Parameter::Fixed(..)));
    let free: Vec<String> = free.iter().map(assignment).collect();
    let _ = write!(text, "{})\n  {}", free.join(", "), entry.definition().replace('`', ""));
    if !fixed.is_empty() {
        let fixed: Vec<String> = fixed.iter().map(assignment).collect();
        let _ = write!(text, "\n  With {}.", fixed.join(", "));
    }
    if let [_, more @ ..] = entry.names()
        && !more.is_empty()
    {
        let _ = write!(text, "\n  Also: {}.", more.join(", "));
    }
    text + "\n"
}

fn class_name(entry: &Entry) -> String {
    format!("{}.{}", entry.systems()[0], entry.names()[0])
}

fn assignment(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Required(name) => name.to_string(),
        Parameter::Optional(name, value) | Parameter::Fixed(name, value) => {
            // Without the point of a whole number, as people write it.
            let text = value.to_string();
            format!("{name}={}", text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

fn to_json(entry: &Entry) -> Value {
    let (mut required, mut defaults, mut fixed) = (Vec::new(), Map::new(), Map::new());
    for parameter in entry.parameters() {
        match parameter {
            Parameter::Required(name) => required.push(name),
            Parameter::Optional(name, value) => drop(defaults.insert(name.into(), value)),
            Parameter::Fixed(name, value) => drop(fixed.insert(name.into(), value)),
        }
    }
    json!({
        "class_name": class_name(entry),
        "systems": entry.systems(),
        "names": entry.names(),
        "definition": entry.definition(),
        "required": required,
        "defaults": defaults,
        "fixed": fixed,
    })
}
