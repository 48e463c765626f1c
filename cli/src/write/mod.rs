//! Files that are larger than memory, each complete or not there.
//!
//! The tensors of all files are cut into tiles. Each thread takes the next tile, fills it in a buffer of its
//! own and writes it in its place, so that memory is a tile for each thread whatever the size of a tensor,
//! and threads share large tensors as well as small files. A file has a temporary name until the thread of
//! its last tile has brought it to the disk. Tiles are taken in order: at most as many files are begun as
//! there are threads.
//!
//! A [journal](partial) lists the tiles that are written, so that a run that was killed can be resumed. What
//! earlier runs have written is read where it must be hashed or measured, and not made again.

mod order;
mod output;
mod partial;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use crate::failure::Failure;
use crate::measure::Measured;
use order::InOrder;
use partial::{Partial, read_at, write_at};

pub use output::{Filled, Measure, Output};
pub use partial::{is_begun, remove_leftovers, write_whole};

/// What is done beside writing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Keep the tiles that an earlier run has written.
    pub resume: bool,
    /// Hash the data of each file.
    pub hash: bool,
}

/// What is known of the files of a run.
pub struct Written {
    /// Each file, in the order of the outputs.
    pub files: Vec<Done>,
    /// The time that making values took, as a mean over the threads.
    pub filling: Duration,
    /// The time that measuring and hashing took, as a mean over the threads.
    pub checking: Duration,
}

/// What is known of a file.
pub struct Done {
    /// XXH3-128 of the data, which is everything after the header.
    pub hash: Option<u128>,
    /// What was measured of the tensors that are measured, in the order of their bytes.
    pub measured: Vec<Measured>,
    /// Bytes that an earlier run had written.
    pub kept: u64,
}

/// Sees how far a run is.
pub trait Watch: Sync {
    /// So many bytes more are there, written or found.
    fn wrote(&self, bytes: u64);

    /// A file is complete.
    fn finished(&self, output: &Output);
}

/// Writes files on all threads of the current pool. Files of `complete` are there already, and are read if
/// they must be hashed or measured.
///
/// # Errors
///
/// The first failure, after which no thread begins another tile. Complete files stay, and nothing is left
/// of the others.
pub fn write(
    outputs: &[Output],
    complete: &[bool],
    options: Options,
    watch: &dyn Watch,
) -> Result<Written, Failure> {
    let run = Run::new(outputs, complete, options, watch);
    // Files without data have no tile that could complete them.
    for (at, output) in outputs.iter().enumerate() {
        let mut begun = lock(&run.files[at]);
        if begun.left == 0 && !complete[at] {
            run.open(at, &mut begun)?;
            run.finish(output, &mut begun)?;
        }
    }
    let threads = rayon::broadcast(|_| run.work()).len().max(1) as u32;
    let (filling, checking) = (run.filling.into_inner(), run.checking.into_inner());
    match run.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(Written {
            files: run
                .files
                .into_iter()
                .map(|file| file.into_inner().unwrap_or_else(PoisonError::into_inner))
                .map(|file| file.checks.done(file.kept))
                .collect(),
            filling: Duration::from_nanos(filling) / threads,
            checking: Duration::from_nanos(checking) / threads,
        }),
    }
}

/// A file of a run.
struct Begun {
    place: Place,
    /// Tiles that are not on the disk, or were not read.
    left: usize,
    /// Bytes that were found.
    kept: u64,
    checks: Checks,
}

/// What is computed of a file's bytes, in their order: the hash depends on it, and so does the rounding of
/// what is measured.
struct Checks {
    /// Tiles by their places in the file: those that come early wait there, and not in memory.
    order: InOrder<(Tile, Option<Measured>)>,
    hash: Option<Xxh3Default>,
    /// What was measured of each tensor.
    measured: Vec<Option<Measured>>,
}

impl Checks {
    fn new(output: &Output, hash: bool) -> Self {
        let measure = |tensor: &Filled| tensor.measure.as_ref().map(|measure| measure(&[]));
        Checks {
            order: InOrder::default(),
            hash: hash.then(Xxh3Default::new),
            measured: output.tensors.iter().map(measure).collect(),
        }
    }

    /// Adds a tile with its bytes. `read` reads the bytes of tiles that came early.
    fn add(
        &mut self,
        tile: &Tile,
        bytes: &[u8],
        measured: Option<Measured>,
        read: impl Fn(&Tile) -> io::Result<Vec<u8>>,
    ) -> io::Result<()> {
        for (ready, measured) in self.order.add(tile.number, (tile.clone(), measured)) {
            if let (Some(sum), Some(measured)) = (&mut self.measured[ready.tensor], measured) {
                *sum = sum.clone().and(&measured);
            }
            match &mut self.hash {
                Some(hash) if ready.number == tile.number => hash.update(bytes),
                // Written by another thread: the bytes are still in the system's memory.
                Some(hash) => hash.update(&read(&ready)?),
                None => {}
            }
        }
        Ok(())
    }

    fn done(self, kept: u64) -> Done {
        let measured = self.measured.into_iter().flatten().collect();
        Done { hash: self.hash.map(|hash| hash.digest128()), measured, kept }
    }
}

/// Where the bytes of a file are.
enum Place {
    /// Not begun.
    Nowhere,
    /// In a temporary file.
    Partial(Partial),
    /// Under the file's own name, from an earlier run.
    Complete,
}

/// A tile: its file, its number in the file, its tensor and its elements.
#[derive(Clone)]
struct Tile {
    file: usize,
    number: usize,
    tensor: usize,
    elements: Range<usize>,
}

impl Tile {
    /// Returns where the tile begins in its file, and how many bytes it has.
    fn place(&self, output: &Output) -> (u64, usize) {
        let Filled { begin, bits, .. } = &output.tensors[self.tensor];
        let first = (self.elements.start * bits / 8) as u64;
        (begin + first, self.elements.len() * bits / 8)
    }
}

struct Run<'a> {
    outputs: &'a [Output],
    options: Options,
    watch: &'a dyn Watch,
    /// The tiles that no thread has taken. Not a list: a file may have more tiles than memory holds.
    tiles: Mutex<Box<dyn Iterator<Item = Tile> + Send + 'a>>,
    files: Vec<Mutex<Begun>>,
    failure: Mutex<Option<Failure>>,
    /// Nanoseconds of all threads.
    filling: AtomicU64,
    checking: AtomicU64,
}

impl<'a> Run<'a> {
    fn new(
        outputs: &'a [Output],
        complete: &'a [bool],
        options: Options,
        watch: &'a dyn Watch,
    ) -> Self {
        let is_needed = move |output: &Output, complete: bool| {
            !complete || options.hash || output.is_measured()
        };
        let needed = outputs.iter().zip(complete).enumerate();
        let needed = needed.filter(move |(_, (output, complete))| is_needed(output, **complete));
        let tiles = needed.flat_map(|(file, (output, _))| {
            let tiles = output.tiles().enumerate();
            tiles.map(move |(number, (tensor, elements))| Tile { file, number, tensor, elements })
        });
        let files = outputs.iter().zip(complete).map(|(output, &complete)| {
            Mutex::new(Begun {
                place: if complete { Place::Complete } else { Place::Nowhere },
                left: if is_needed(output, complete) { output.tile_count() } else { 0 },
                kept: 0,
                checks: Checks::new(output, options.hash),
            })
        });
        Run {
            outputs,
            options,
            watch,
            tiles: Mutex::new(Box::new(tiles)),
            files: files.collect(),
            failure: Mutex::new(None),
            filling: AtomicU64::new(0),
            checking: AtomicU64::new(0),
        }
    }

    /// Works on tiles until there are none, or one has failed.
    fn work(&self) {
        let mut buffer = Vec::new();
        while lock(&self.failure).is_none() {
            let Some(tile) = lock(&self.tiles).next() else { return };
            if let Err(failure) = self.tile(&tile, &mut buffer) {
                lock(&self.failure).get_or_insert(failure);
                // What is begun is removed when all threads have ended.
                return;
            }
        }
    }

    /// Makes and writes a tile, or finds it.
    fn tile(&self, tile: &Tile, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        let output = &self.outputs[tile.file];
        let tensor = &output.tensors[tile.tensor];
        let failed = |e: io::Error| Failure::at(&output.path, e);
        let refuse = |e: &dyn std::fmt::Display| {
            Failure::Runtime(format!("{}: tensor {:?}: {e}", output.path.display(), tensor.name))
        };
        let (place, length) = tile.place(output);
        buffer.clear();
        buffer.try_reserve_exact(length).map_err(|e| refuse(&format!("{length} bytes: {e}")))?;
        buffer.resize(length, 0);

        let (file, found) = self.file(tile)?;
        let is_found = match found {
            Found::Nothing => false,
            Found::Whole => read_at(&file, buffer, place).map(|()| true).map_err(failed)?,
            Found::Claimed(hash) => {
                read_at(&file, buffer, place).is_ok() && xxh3_64(buffer) == hash
            }
        };
        if !is_found {
            timed(&self.filling, || tensor.bytes.fill(tile.elements.start, buffer))
                .map_err(|e| refuse(&e))?;
            write_at(&file, buffer, place).map_err(failed)?;
        }
        let measure = tensor.measure.as_ref();
        let measured = timed(&self.checking, || measure.map(|measure| measure(buffer)));
        self.watch.wrote(length as u64);

        let mut begun = lock(&self.files[tile.file]);
        if let Place::Partial(partial) = &mut begun.place
            && !is_found
        {
            partial.record(tile.number, buffer).map_err(failed)?;
        }
        if is_found {
            begun.kept += length as u64;
        }
        let read = |tile: &Tile| {
            let (place, length) = tile.place(output);
            let mut bytes = vec![0; length];
            read_at(&file, &mut bytes, place).map(|()| bytes)
        };
        timed(&self.checking, || begun.checks.add(tile, buffer, measured, read)).map_err(failed)?;
        begun.left -= 1;
        if begun.left == 0 { self.finish(output, &mut begun) } else { Ok(()) }
    }

    /// Returns a tile's file, and what an earlier run has left of the tile.
    fn file(&self, tile: &Tile) -> Result<(File, Found), Failure> {
        let mut begun = lock(&self.files[tile.file]);
        self.open(tile.file, &mut begun)?;
        let failed = |e| Failure::at(&self.outputs[tile.file].path, e);
        match &begun.place {
            Place::Partial(partial) => {
                let found = partial.claim(tile.number).map_or(Found::Nothing, Found::Claimed);
                Ok((partial.file().map_err(failed)?, found))
            }
            _ => Ok((File::open(&self.outputs[tile.file].path).map_err(failed)?, Found::Whole)),
        }
    }

    /// Makes a file with its header, or opens what an earlier run has left of it, unless it is open.
    fn open(&self, at: usize, begun: &mut Begun) -> Result<(), Failure> {
        if let Place::Nowhere = begun.place {
            let partial = Partial::open(&self.outputs[at], self.options.resume)?;
            begun.place = Place::Partial(partial);
        }
        Ok(())
    }

    /// Brings a file to the disk and gives it its name.
    fn finish(&self, output: &Output, begun: &mut Begun) -> Result<(), Failure> {
        if let Place::Partial(partial) = std::mem::replace(&mut begun.place, Place::Complete) {
            partial.publish(output).map_err(|e| Failure::at(&output.path, e))?;
        }
        self.watch.finished(output);
        Ok(())
    }
}

/// What an earlier run has left of a tile.
enum Found {
    Nothing,
    /// The tile, if its bytes have this hash.
    Claimed(u64),
    /// The tile, in a complete file.
    Whole,
}

/// Calls a function and adds the time that it took.
fn timed<T>(sum: &AtomicU64, call: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = call();
    sum.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
    result
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
