//! Whether files have the tensors that were written, and which they lack.

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::Failure;
use crate::kind;
use crate::provenance::{List, Provenance};
use crate::tiles::Data;

/// Compares the list of each file with what its metadata says of it.
pub fn check(files: &[Data<'_>], provenances: &[Provenance]) -> Result<(), Failure> {
    let found: Vec<List> = files.iter().map(|file| List::of_header(file.header)).collect();
    let mut pairs = files.iter().zip(provenances).zip(&found);
    let Some(((file, provenance), found_here)) = pairs.find(|((_, p), found)| p.list != **found)
    else {
        return Ok(());
    };
    let (written, has) = (provenance.list.count, found_here.count);
    let what = match has {
        _ if has == written => "names, types or shapes of them were changed".to_owned(),
        _ if has > written => "one or more were put in".to_owned(),
        _ => {
            let lacking = provenances
                .iter()
                .zip(&found)
                .map(|(p, f)| p.list.count - f.count.min(p.list.count));
            let known = missing(files, provenance);
            // A guess that is not of all of them may be of a file that is not asked for.
            if known.len() == lacking.sum::<usize>() {
                format!("missing: {}", known.join(", "))
            } else {
                "one or more were taken out".to_owned()
            }
        }
    };
    let path = file.path.display();
    Err(Failure::Mismatch(format!("{path}: {has} tensors, but {written} were written: {what}")))
}

/// Returns the tensors that must have been there: those that have a recipe by their names, and those whose
/// number is skipped, of kinds with one number.
fn missing(files: &[Data<'_>], provenance: &Provenance) -> Vec<String> {
    let tensors = || files.iter().flat_map(|file| &file.header.tensors);
    let names: BTreeSet<&str> = tensors().map(|tensor| tensor.name.as_str()).collect();
    let mut numbers: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for name in &names {
        numbers.entry(kind::of(name)).or_default().extend(kind::depth(name));
    }
    let mut missing = Vec::new();
    for key in provenance.keys().filter(|key| !names.contains(key)) {
        match numbers.get(key) {
            None => missing.push(key.to_owned()),
            Some(numbers) if key.matches('*').count() == 1 => {
                let last = numbers.last().copied().unwrap_or(0);
                let skipped = (0..last).filter(|number| !numbers.contains(number));
                missing.extend(skipped.map(|number| key.replacen('*', &number.to_string(), 1)));
            }
            Some(_) => {}
        }
    }
    missing
}
