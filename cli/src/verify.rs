//! Makes the values of files again and compares them, tile by tile.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use seedbed::{Initializer, Seed};
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::failure::Failure;
use crate::header::Tensor;
use crate::progress;
use crate::provenance::{KEY, Provenance};
use crate::recipe::{Bytes, Recipe};
use crate::tiles::{Data, Tile};

mod lists;

/// A file whose values are those of its seed.
#[derive(Serialize)]
pub struct Verified {
    /// Where the file is.
    pub file: String,
    /// The seed of its values.
    pub seed: u64,
    /// The version of the crate that wrote it.
    pub version: String,
    /// The hash of its recipes.
    pub recipes: String,
    /// How many tensors it has.
    pub tensors: usize,
    /// The bytes of all values.
    pub bytes: u64,
}

/// Compares all files of a checkpoint on the threads of the current pool.
///
/// # Errors
///
/// [`Failure::Mismatch`] with the first byte that is not of the seed, in the order of files and of their
/// bytes; [`Failure::Input`] for a file that does not say how its values are made.
pub fn verify(path: &Path) -> Result<Vec<Verified>, Failure> {
    let checkpoint = Checkpoint::read(path, None)?;
    let files = Data::of(&checkpoint)?;
    let provenances = files.iter().map(provenance).collect::<Result<Vec<_>, _>>()?;
    let mut tasks = Vec::new();
    for (file, provenance) in files.iter().zip(&provenances) {
        for tensor in &file.header.tensors {
            tasks.extend(tensor_tasks(file, tensor, provenance)?);
        }
    }
    lists::check(&files, &provenances)?;
    let bar = progress::bar(tasks.iter().map(|task| task.tile.bytes as u64).sum());
    let buffers = || (Vec::new(), Vec::new());
    let first = tasks.par_iter().map_init(buffers, |(read, made), task| {
        let problem = task.compare(read, made).err();
        bar.inc(task.tile.bytes as u64);
        problem
    });
    let first = first.find_map_first(|problem| problem);
    bar.finish_and_clear();
    match first {
        Some(problem) => Err(problem),
        None => Ok(files.iter().zip(&provenances).map(verified).collect()),
    }
}

fn verified((file, provenance): (&Data<'_>, &Provenance)) -> Verified {
    Verified {
        file: file.path.display().to_string(),
        seed: provenance.seed,
        version: provenance.version.clone(),
        recipes: provenance.hash(),
        tensors: file.header.tensors.len(),
        bytes: file.header.tensors.iter().map(|tensor| tensor.bytes as u64).sum(),
    }
}

/// Reads how the values of a file are made.
fn provenance(file: &Data<'_>) -> Result<Provenance, Failure> {
    let refuse = |problem: &str| Failure::Input(format!("{}: {problem}", file.path.display()));
    let entry = file.header.metadata.iter().find(|(key, _)| key == KEY);
    let (_, text) = entry.ok_or_else(|| {
        refuse(&format!(
            "there is no seed to verify it by: `__metadata__` has no {KEY:?}, as files of `seedbed new` do"
        ))
    })?;
    Provenance::from_text(text).map_err(|e| refuse(&format!("{KEY:?} in `__metadata__`: {e}")))
}

/// A tile and what makes its values.
struct Task<'a> {
    tile: Tile<'a>,
    seed: u64,
    recipe: &'a Recipe,
    made: Arc<dyn Bytes>,
}

fn tensor_tasks<'a>(
    file: &'a Data<'a>,
    tensor: &'a Tensor,
    provenance: &'a Provenance,
) -> Result<Vec<Task<'a>>, Failure> {
    let Tensor { name, dtype, shape, .. } = tensor;
    let refuse =
        |e: String| Failure::Input(format!("{}: tensor {name:?}: {e}", file.path.display()));
    let recipe = provenance.recipe(name);
    let recipe = recipe.ok_or_else(|| refuse(format!("{KEY:?} has no recipe for it")))?;
    let seed = provenance.seed;
    let made: Arc<dyn Bytes> =
        recipe.bytes(Seed::from(seed), name, shape, *dtype).map_err(refuse)?.into();
    let tiles = match recipe.in_parts() {
        true => file.tiles(tensor).collect(),
        false => vec![file.whole(tensor)],
    };
    let task = |tile| Task { tile, seed, recipe, made: made.clone() };
    Ok(tiles.into_iter().map(task).collect())
}

impl Task<'_> {
    /// Compares the tile, in buffers that grow if they must.
    fn compare(&self, read: &mut Vec<u8>, made: &mut Vec<u8>) -> Result<(), Failure> {
        let read = self.tile.read(read)?;
        made.resize(made.len().max(read.len()), 0);
        let made = &mut made[..read.len()];
        // An element may be less than a byte.
        let element = |byte: usize| byte * 8 / self.tile.tensor.dtype.bitsize();
        let filled = self.made.fill(element(self.tile.start), made);
        filled.map_err(|e| Failure::Runtime(format!("tensor {:?}: {e}", self.tile.tensor.name)))?;
        if read == made {
            return Ok(());
        }
        let at = read.iter().zip(&*made).position(|(read, made)| read != made);
        let at = at.expect("slices that differ have a first difference");
        let byte = self.tile.start + at;
        Err(self.mismatch(byte, element(byte), read[at], made[at]))
    }

    fn mismatch(&self, byte: usize, element: usize, read: u8, made: u8) -> Failure {
        let Tile { file, tensor, .. } = self.tile;
        let place = file.header.data_start + (tensor.offset + byte) as u64;
        let index = index(element, &tensor.shape);
        let mut message = format!(
            "{}: tensor {:?}: byte {byte} of {}, in element {index:?}, is {read:#04x}, but seed {} makes \
             {made:#04x} (byte {place} of the file)",
            file.path.display(),
            tensor.name,
            tensor.bytes,
            self.seed,
        );
        use Initializer::{DeltaOrthogonal, Orthogonal};
        if let Recipe::Initializer(Orthogonal { .. } | DeltaOrthogonal { .. }) = self.recipe {
            message += "; processors with other instructions round orthogonal matrices otherwise";
        }
        Failure::Mismatch(message)
    }
}

/// Returns the place of an element on each axis.
fn index(element: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = element;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let at = rest % size;
            rest /= size;
            at
        })
        .collect();
    index.reverse();
    index
}
