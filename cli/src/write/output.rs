//! A file that is to be written: its header, and what makes the bytes of each tensor.

use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use safetensors::tensor::{Metadata, TensorInfo};
use seedbed::Seed;

use crate::failure::Failure;
use crate::header::{Header, Tensor};
use crate::limits;
use crate::measure::Measured;
use crate::provenance::Provenance;
use crate::recipe::{Bytes, Recipe};

/// Elements of a tile: a chunk of an f32 stream, 2 MiB of f32, which a second-level cache about holds.
const TILE: usize = 1 << 19;

/// A file to be written.
pub struct Output {
    /// Its path.
    pub path: PathBuf,
    /// The permissions it gets; those of a new file if there are none.
    pub permissions: Option<Permissions>,
    /// All bytes before its data.
    pub header: Vec<u8>,
    /// Its tensors, in the order of their bytes.
    pub tensors: Vec<Filled>,
    /// Its length.
    pub length: u64,
}

/// A tensor of a file.
pub struct Filled {
    /// Its name, for messages.
    pub name: String,
    /// What makes its bytes.
    pub bytes: Box<dyn Bytes>,
    /// Measures its bytes, if they are to be measured.
    pub measure: Option<Measure>,
    /// Where its bytes begin in the file.
    pub begin: u64,
    /// How many elements it has.
    pub elements: usize,
    /// Bits of an element.
    pub bits: usize,
    /// Whether a part costs as much as that part; otherwise the tensor is one tile.
    pub in_parts: bool,
}

/// Measures little-endian bytes of a tensor.
pub type Measure = Arc<dyn Fn(&[u8]) -> Measured + Send + Sync>;

impl Output {
    /// Returns the file at `path` of these tensors, with the recipe of each and what measures it.
    ///
    /// # Errors
    ///
    /// A recipe that cannot make its tensor, and a header that is longer than the format allows.
    pub fn new(
        path: PathBuf,
        header: &Header,
        fills: impl IntoIterator<Item = (Recipe, Option<Measure>)>,
        provenance: &Provenance,
    ) -> Result<Self, String> {
        let text = text(header, provenance)?;
        let seed = Seed::from(provenance.seed);
        let fill = |(tensor, (recipe, measure)): (&Tensor, (Recipe, Option<Measure>))| {
            let Tensor { name, shape, dtype, offset, .. } = tensor;
            let bytes = recipe.bytes(seed, name, shape, *dtype);
            Ok(Filled {
                name: name.clone(),
                bytes: bytes.map_err(|e| format!("tensor {name:?}: {e}"))?,
                measure,
                begin: (text.len() + offset) as u64,
                elements: tensor.elements(),
                bits: dtype.bitsize(),
                in_parts: recipe.in_parts(),
            })
        };
        let tensors = header.tensors.iter().zip(fills).map(fill);
        let tensors = tensors.collect::<Result<Vec<_>, String>>()?;
        let length = (text.len() + header.data_bytes()) as u64;
        Ok(Output { path, permissions: None, header: text, tensors, length })
    }

    /// Whether the file is there, complete and with this header, which has the provenance. A file gets its
    /// name when it is complete, so that its length and its header tell.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] for a file of this name with other contents, [`Failure::Runtime`] for one that
    /// cannot be read.
    pub fn is_done(&self) -> Result<bool, Failure> {
        let found = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(Failure::at(&self.path, e)),
        };
        let mut header = Vec::new();
        let length = found.metadata().and_then(|metadata| {
            (&found).take(self.header.len() as u64).read_to_end(&mut header)?;
            Ok(metadata.len())
        });
        let length = length.map_err(|e| Failure::at(&self.path, e))?;
        if length == self.length && header == self.header {
            return Ok(true);
        }
        Err(Failure::Input(format!(
            "{}: a file of another seed, rules, list or version; remove it, or choose another output",
            self.path.display()
        )))
    }

    /// Returns the tiles in the order of their bytes: the place of the tensor, and its elements.
    pub fn tiles(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.tensors.iter().enumerate().flat_map(|(at, tensor)| {
            let tile = tensor.tile();
            let firsts = (0..tensor.elements).step_by(tile);
            firsts.map(move |first| (at, first..tensor.elements.min(first.saturating_add(tile))))
        })
    }

    /// Returns how many tiles there are.
    pub fn tile_count(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.elements.div_ceil(tensor.tile())).sum()
    }

    /// Whether anything of it is measured.
    pub fn is_measured(&self) -> bool {
        self.tensors.iter().any(|tensor| tensor.measure.is_some())
    }
}

impl Filled {
    /// Returns the elements of a tile.
    fn tile(&self) -> usize {
        if self.in_parts { TILE } else { self.elements.max(1) }
    }
}

/// Returns all bytes before the data: the length of the header and the header, padded so that the data is
/// aligned.
fn text(header: &Header, provenance: &Provenance) -> Result<Vec<u8>, String> {
    let info = |tensor: &Tensor| {
        let data_offsets = (tensor.offset, tensor.offset + tensor.bytes);
        (
            tensor.name.clone(),
            TensorInfo { dtype: tensor.dtype, shape: tensor.shape.clone(), data_offsets },
        )
    };
    let tensors = header.tensors.iter().map(info).collect();
    let metadata =
        Metadata::new(Some(provenance.metadata()), tensors).map_err(|e| e.to_string())?;
    let mut text = serde_json::to_string(&metadata).expect("string keys only").into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    if text.len() > limits::MOST_BYTES {
        let (long, most) = (text.len(), limits::MOST_BYTES);
        return Err(format!("a header of {long} bytes is longer than {most}, the format's limit"));
    }
    Ok([&(text.len() as u64).to_le_bytes()[..], &text].concat())
}
