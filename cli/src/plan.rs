//! From entries to tensors that can be made: every entry is checked before anything is written.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;

use half::{bf16, f16};
use indicatif::HumanCount;
use seedbed::Seed;

use crate::distribution::Elements;
use crate::entry::label;
use crate::header::{Header, Tensor};
use crate::limits;
use crate::measure::Measured;
use crate::provenance::Provenance;
use crate::recipe::Recipe;
use crate::spec::{Dtype, Entry};
use crate::write::{Measure, Output};

/// A tensor that can be made.
pub struct Planned {
    /// The tensor's name.
    pub name: String,
    /// The tensor's shape.
    pub shape: Vec<usize>,
    /// The element type.
    pub dtype: Dtype,
    /// The tensor's size.
    pub bytes: usize,
    /// What is known of its elements.
    pub elements: Elements,
    /// What its values are made by.
    pub recipe: Recipe,
    /// Measures its bytes.
    pub measure: Measure,
}

/// Plans all entries; `dtype` is the element type of those that state none.
pub fn plan(entries: &[Entry], seed: u64, dtype: Dtype) -> Result<Vec<Planned>, String> {
    let mut total = 0usize;
    let planned = entries.iter().enumerate().map(|(at, entry)| {
        let at = label(at, Some(&entry.name));
        let planned = tensor(entry, seed, dtype).map_err(|e| format!("{at}: {e}"))?;
        let sum = total.checked_add(planned.bytes).filter(|&sum| isize::try_from(sum).is_ok());
        total = sum.ok_or_else(|| format!("{at}: 2^63 bytes or more in all, which no file has"))?;
        Ok(planned)
    });
    let planned = planned.collect::<Result<Vec<_>, String>>()?;
    match limits::first_beyond(&planned, &Provenance::of(seed, &planned), limits::MOST_BYTES) {
        None => Ok(planned),
        Some(at) => {
            let (entry, most) =
                (label(at, Some(&entries[at].name)), HumanCount(limits::MOST_BYTES as u64));
            Err(format!("{entry}: the header becomes longer than {most} bytes, the format's limit"))
        }
    }
}

fn tensor(entry: &Entry, seed: u64, dtype: Dtype) -> Result<Planned, String> {
    let Entry { name, shape, init, .. } = entry;
    let dtype = entry.dtype.unwrap_or(dtype);
    let recipe = Recipe::Initializer(init.initializer.clone());
    recipe.bytes(Seed::from(seed), name, shape, dtype.into())?;
    let bytes = limits::bytes(shape, dtype.into())?;
    let elements = Elements::of(&init.initializer, &init.class_name, shape);
    let elements = elements.map_err(|e| e.to_string())?;
    let frame = elements.frame();
    let measure: Measure = match dtype {
        Dtype::F32 => Arc::new(move |bytes| Measured::of::<f32>(bytes, frame)),
        Dtype::F16 => Arc::new(move |bytes| Measured::of::<f16>(bytes, frame)),
        Dtype::Bf16 => Arc::new(move |bytes| Measured::of::<bf16>(bytes, frame)),
        Dtype::F64 => Arc::new(move |bytes| Measured::of::<f64>(bytes, frame)),
    };
    Ok(Planned {
        name: name.clone(),
        shape: shape.clone(),
        dtype,
        bytes,
        elements,
        recipe,
        measure,
    })
}

/// Returns the places of tensors in the order of the file's data, which is that of the crate safetensors.
pub fn order(plan: &[Planned]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..plan.len()).collect();
    order.sort_by_key(|&at| (Reverse(safetensors::Dtype::from(plan[at].dtype)), &plan[at].name));
    order
}

/// Returns the header of a file of a plan.
pub fn header(plan: &[Planned]) -> Header {
    let (mut header, mut offset) = (Header::default(), 0);
    for at in order(plan) {
        let Planned { name, shape, dtype, bytes, .. } = &plan[at];
        let (name, shape, bytes) = (name.clone(), shape.clone(), *bytes);
        header.tensors.push(Tensor { name, dtype: (*dtype).into(), shape, offset, bytes });
        offset += bytes;
    }
    header
}

/// Returns the file of a plan at a path.
///
/// # Errors
///
/// That the header is longer than the format allows.
pub fn output(plan: &[Planned], provenance: &Provenance, path: PathBuf) -> Result<Output, String> {
    let fills = order(plan).into_iter().map(|at| &plan[at]);
    let fills = fills.map(|planned| (planned.recipe.clone(), Some(planned.measure.clone())));
    Output::new(path, &header(plan), fills, provenance)
}
