//! From entries to tensors that can be made: every entry is checked before anything is written.

use std::time::{Duration, Instant};

use bytemuck::Pod;
use half::{bf16, f16};
use indicatif::HumanCount;
use seedbed::{Element, Error, Seed, Stream, Values};

use crate::distribution::Elements;
use crate::entry::label;
use crate::limits;
use crate::measure::{Frame, Measured};
use crate::provenance::Provenance;
use crate::recipe::Recipe;
use crate::spec::{Dtype, Entry};

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
    /// What makes its values.
    pub source: Box<dyn Source>,
}

/// Makes a tensor.
pub trait Source: Send + Sync {
    /// Fills all of a tensor's bytes, little-endian.
    fn fill(&self, bytes: &mut [u8]) -> Result<Made, Error>;
}

/// What is known of a tensor that has been made.
pub struct Made {
    /// What was measured of it.
    pub measured: Measured,
    /// The time that sampling took.
    pub filling: Duration,
    /// The time that measuring took.
    pub checking: Duration,
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
    let stream = Seed::from(seed).stream(&entry.name);
    match entry.dtype.unwrap_or(dtype) {
        dtype @ Dtype::F32 => typed::<f32>(entry, dtype, stream),
        dtype @ Dtype::F16 => typed::<f16>(entry, dtype, stream),
        dtype @ Dtype::Bf16 => typed::<bf16>(entry, dtype, stream),
        dtype @ Dtype::F64 => typed::<f64>(entry, dtype, stream),
    }
}

fn typed<T: Element + Pod>(entry: &Entry, dtype: Dtype, stream: Stream) -> Result<Planned, String> {
    let Entry { name, shape, init, .. } = entry;
    let refuse = |error: Error| error.to_string();
    let values = init.initializer.for_shape::<T>(shape).map_err(refuse)?;
    let bytes = limits::bytes(shape, dtype.into())?;
    let elements = Elements::of(&init.initializer, &init.class_name, shape).map_err(refuse)?;
    let source = Box::new(Typed { values, stream, frame: elements.frame() });
    let recipe = Recipe::Initializer(init.initializer.clone());
    Ok(Planned { name: name.clone(), shape: shape.clone(), dtype, bytes, elements, recipe, source })
}

/// The values of a tensor, their stream, and where they are measured.
struct Typed<T: Element> {
    values: Values<T>,
    stream: Stream,
    frame: Frame,
}

impl<T: Element + Pod> Typed<T> {
    fn fill_slice(&self, out: &mut [T]) -> Result<Made, Error> {
        let started = Instant::now();
        self.values.fill(out, &self.stream)?;
        let filled = Instant::now();
        let measured = Measured::of(out, self.frame);
        Ok(Made { measured, filling: filled - started, checking: filled.elapsed() })
    }
}

impl<T: Element + Pod> Source for Typed<T> {
    fn fill(&self, bytes: &mut [u8]) -> Result<Made, Error> {
        let made = match bytemuck::try_cast_slice_mut(bytes) {
            Ok(values) => self.fill_slice(values)?,
            // Allocators align bytes well enough for any element, but need not.
            Err(_) => {
                let mut values = vec![T::zeroed(); bytes.len() / size_of::<T>()];
                let made = self.fill_slice(&mut values)?;
                bytes.copy_from_slice(bytemuck::cast_slice(&values));
                made
            }
        };
        if cfg!(target_endian = "big") {
            bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        Ok(made)
    }
}
