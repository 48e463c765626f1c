//! The sources read one way: a module names only modules above it, in the order of `src/lib.rs`, and no
//! files import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The order of `src/lib.rs`, which docs/architecture.md explains.
const ORDER: [&str; 21] = [
    "level",
    "error",
    "json",
    "suggest",
    "number",
    "uninit",
    "check",
    "alloc",
    "scalar",
    "stream",
    "simd",
    "generator",
    "kernel",
    "element",
    "fill",
    "distr",
    "device",
    "init",
    "presets",
    "rules",
    "capi",
];

/// The files of a folder, with those of its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// A source file as a module: `src/init/haar/mod.rs` is `init::haar`.
fn module(src: &Path, file: &Path) -> String {
    let path = file.strip_prefix(src).expect("in src").with_extension("");
    let names = path.iter().map(|name| name.to_str().expect("a name"));
    names.filter(|name| *name != "mod").collect::<Vec<_>>().join("::")
}

/// The code of a file before its tests, without comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source");
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The paths that a use tree names: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| expand(part.trim()))
        .map(|part| format!("{}{part}", prefix.trim()))
        .collect()
}

/// The modules that a module imports. What `mod.rs` exports from its own folder is no import.
fn imports(module: &str, code: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("use ") {
        let exported = code[..at].ends_with("pub ") || code[..at].ends_with("pub(crate) ");
        let tree = code[at + 4..].split(';').next().unwrap_or_default();
        let indented = code[..at].rsplit('\n').next().is_some_and(|line| line.starts_with(' '));
        for path in expand(tree) {
            let names: Vec<&str> = path.split("::").collect();
            let ups = names.iter().take_while(|name| **name == "super").count();
            let own: Vec<&str> = module.split("::").collect();
            let full: Vec<&str> = match names[0] {
                "crate" => names[1..].to_vec(),
                // In a module within the file.
                "super" if indented => continue,
                "super" => [&own[..own.len() - ups.min(own.len())], &names[ups..]].concat(),
                name if modules.contains(&format!("{module}::{name}")) => {
                    [&own, &names[..]].concat()
                }
                _ => continue,
            };
            let target = (1..=full.len()).rev().map(|n| full[..n].join("::"));
            let Some(target) = target.into_iter().find(|path| modules.contains(path)) else {
                continue;
            };
            let inside = target.starts_with(&format!("{module}::"));
            if target != module && !(exported && inside) {
                found.insert(target);
            }
        }
    }
    found
}

fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files(&src).into_iter().filter(|file| !file.ends_with("lib.rs"));
    let files: Vec<_> =
        files.filter(|f| !f.iter().any(|n| n == "tests.rs" || n == "tests")).collect();
    let modules: BTreeSet<String> = files.iter().map(|file| module(&src, file)).collect();
    let imports = |file: &PathBuf| imports(&module(&src, file), &code(file), &modules);
    files.iter().map(|file| (module(&src, file), imports(file))).collect()
}

#[test]
fn a_module_names_only_what_stands_above_it() {
    let place = |module: &str| {
        let first = module.split("::").next().unwrap_or_default();
        let place = ORDER.iter().position(|name| *name == first);
        place.unwrap_or_else(|| panic!("{module} has no place in the order"))
    };
    let graph = graph();
    for (module, imports) in &graph {
        for import in imports {
            assert!(place(import) <= place(module), "{module} names {import}, which is below it");
        }
    }
    assert!(
        graph.len() > 50 && graph["fill"].contains("kernel"),
        "the sources are not read: {graph:?}"
    );
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let graph = graph();
    // Takes away files that import none of those left, and files that none of those left imports: a
    // circle is what stays.
    let mut left: BTreeSet<&String> = graph.keys().collect();
    loop {
        let imported: BTreeSet<&String> = left.iter().flat_map(|m| &graph[*m]).collect();
        let before = left.clone();
        left.retain(|m| imported.contains(m) && graph[*m].iter().any(|i| before.contains(i)));
        if left == before {
            break;
        }
    }
    let circle: Vec<_> = left
        .iter()
        .map(|m| (m, graph[*m].iter().filter(|i| left.contains(i)).collect::<Vec<_>>()))
        .collect();
    assert!(circle.is_empty(), "files import each other in a circle: {circle:#?}");
}
