//! The data of checkpoints in tiles, so that threads share large tensors and no tensor need be in memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::checkpoint::Checkpoint;
use crate::failure::Failure;
use crate::header::{Header, Tensor};

/// The bytes of a tile: whole elements of every type, those of 6 bits included, and whole blocks of every
/// stream.
pub const TILE: usize = 3 << 18;

/// A file whose header has been read.
pub struct Data<'a> {
    /// Where it is.
    pub path: PathBuf,
    /// Its header.
    pub header: &'a Header,
}

/// A part of a tensor.
#[derive(Clone, Copy)]
pub struct Tile<'a> {
    /// The file.
    pub file: &'a Data<'a>,
    /// The tensor.
    pub tensor: &'a Tensor,
    /// The part's first byte, counted from the tensor's.
    pub start: usize,
    /// The part's length in bytes.
    pub bytes: usize,
}

impl<'a> Data<'a> {
    /// Returns the files of a checkpoint.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] for a file whose length is not that of its header.
    pub fn of(checkpoint: &'a Checkpoint) -> Result<Vec<Self>, Failure> {
        let files = checkpoint.shards.iter().map(|shard| {
            let path = checkpoint.directory.join(&shard.file);
            let header = &shard.header;
            let refuse = |problem: String| Failure::Input(format!("{}: {problem}", path.display()));
            let length = path.metadata().map_err(|e| refuse(e.to_string()))?.len();
            let end = header.data_bytes();
            let expected = header.data_start + end as u64;
            if length == expected {
                return Ok(Data { path, header });
            }
            let last = header
                .tensors
                .iter()
                .find(|t| header.data_start + (t.offset + t.bytes) as u64 > length);
            let within = last.map_or(String::new(), |t| format!(", within tensor {:?}", t.name));
            Err(refuse(format!(
                "the file has {length} bytes{within}, but its header asks for {expected}"
            )))
        });
        files.collect()
    }

    /// Returns the tiles of a tensor of this file.
    pub fn tiles(&'a self, tensor: &'a Tensor) -> impl Iterator<Item = Tile<'a>> {
        let starts = (0..tensor.bytes).step_by(TILE);
        starts.map(move |start| {
            let bytes = TILE.min(tensor.bytes - start);
            Tile { file: self, tensor, start, bytes }
        })
    }

    /// Returns a tensor of this file as one tile.
    pub fn whole(&'a self, tensor: &'a Tensor) -> Tile<'a> {
        Tile { file: self, tensor, start: 0, bytes: tensor.bytes }
    }
}

impl Tile<'_> {
    /// Reads the bytes into the beginning of a buffer, which grows if it must, and returns them.
    pub fn read<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], Failure> {
        buffer.resize(buffer.len().max(self.bytes), 0);
        let bytes = &mut buffer[..self.bytes];
        let from = self.file.header.data_start + (self.tensor.offset + self.start) as u64;
        read_at(&self.file.path, from, bytes).map_err(|e| Failure::at(&self.file.path, e))?;
        Ok(bytes)
    }
}

/// Reads from a place of a file, through a handle of its own, as handles share no place.
fn read_at(path: &Path, from: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    file.read_exact(bytes)
}
