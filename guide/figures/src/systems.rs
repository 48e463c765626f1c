//! The tables of initializers, from the documentation of the modules of the systems: their formulas and
//! their differences are written down there, and nowhere else.

use std::error::Error;
use std::fs;
use std::path::Path;

use seedbed::registry;

const SYSTEMS: [&str; 5] = ["lasagne", "keras", "keras3", "torch", "jax"];

/// Writes the documentation of each system between the two marks of its page.
pub fn write(repository: &Path) -> Result<(), Box<dyn Error>> {
    for system in SYSTEMS {
        let source = fs::read_to_string(repository.join(format!("src/presets/{system}.rs")))?;
        let text = documentation(&source);
        check_names(system, &text)?;
        let path = repository.join(format!("guide/src/systems/{system}.md"));
        let page = fs::read_to_string(&path)?;
        let (start, end) = ("<!-- from the source -->\n", "<!-- end -->\n");
        let marks = page
            .split_once(start)
            .and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
        let (before, after) = marks.ok_or_else(|| format!("{} lacks a mark", path.display()))?;
        fs::write(&path, format!("{before}{start}\n{text}\n{end}{after}"))?;
    }
    Ok(())
}

/// Returns what the module says of itself after its first sentence, without links into the source. The
/// example is left out: the page has examples of its own.
fn documentation(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).skip(2);
    let mut example = false;
    let lines = lines.filter(move |line| {
        match *line {
            "# Example" => example = true,
            "# Differences" => example = false,
            _ => {}
        }
        !example
    });
    let lines = lines.map(|line| reordered(&unlinked(&line.replace("# Diff", "## Diff"))));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Moves the last cell of a table's row, which has the formula, next to the first.
fn reordered(line: &str) -> String {
    let mut cells: Vec<&str> = line.split(" | ").collect();
    if !line.starts_with("| ") || cells.len() < 3 {
        return line.to_owned();
    }
    let last = cells.pop().unwrap_or_default().trim_end_matches(" |");
    cells.insert(1, last);
    cells.join(" | ") + " |"
}

/// Replaces links by their words.
fn unlinked(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once("[`") {
        let Some((name, after)) = link.split_once("`]") else { break };
        text.push_str(&format!("{before}`{name}`"));
        rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    text + rest
}

/// Checks that the text has every name of the system.
fn check_names(system: &str, text: &str) -> Result<(), String> {
    for entry in registry::entries().filter(|entry| entry.systems()[0] == system) {
        // An alias of the other prefix is told once for all: "also `xavier_`".
        let (name, core) = (entry.names()[0], entry.names()[0].trim_end_matches('_'));
        if !text.contains(name) && !text.contains(core) {
            return Err(format!("the documentation of {system} does not have {name}"));
        }
    }
    Ok(())
}
