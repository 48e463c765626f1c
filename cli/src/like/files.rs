//! Files that are larger than memory, each complete or not there.
//!
//! The tensors of all files are cut into tiles. Each thread takes the next tile, fills it in a buffer of its
//! own and writes it in its place, so that memory is a tile for each thread whatever the size of a tensor,
//! and threads share large tensors as well as small files. A file has a temporary name until the thread of
//! its last tile has brought it to the disk. Tiles are taken in order: at most as many files are begun as
//! there are threads.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::failure::Failure;
use crate::recipe::Bytes;

/// Elements of a tile: a chunk of an f32 stream, 2 MiB of f32, which a second-level cache about holds.
const TILE: usize = 1 << 19;

/// How the names of files begin that are not complete.
const TEMPORARY: &str = ".seedbed-";

/// A file to be written.
pub struct Output {
    /// Its path.
    pub path: PathBuf,
    /// All bytes before its data.
    pub header: Vec<u8>,
    /// Its tensors.
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
    /// Where its bytes begin in the file.
    pub begin: u64,
    /// How many elements it has.
    pub elements: usize,
    /// Bits of an element.
    pub bits: usize,
    /// Whether a part costs as much as that part; otherwise the tensor is one tile.
    pub in_parts: bool,
}

impl Output {
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
            "{}: a file of another seed, rules, list or version; remove it, or choose another directory",
            self.path.display()
        )))
    }

    fn tiles(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.tensors.iter().enumerate().flat_map(|(at, tensor)| {
            let tile = if tensor.in_parts { TILE } else { tensor.elements.max(1) };
            let firsts = (0..tensor.elements).step_by(tile);
            firsts.map(move |first| (at, first..tensor.elements.min(first.saturating_add(tile))))
        })
    }
}

/// Sees how far a run is.
pub trait Watch: Sync {
    /// So many bytes more have been written.
    fn wrote(&self, bytes: u64);

    /// A file is complete.
    fn finished(&self, output: &Output);
}

/// Writes files on all threads of the current pool.
///
/// # Errors
///
/// The first failure, after which no thread begins another tile. Complete files stay, and nothing is left
/// of the others.
pub fn write(outputs: &[Output], watch: &dyn Watch) -> Result<(), Failure> {
    let run = Run::new(outputs, watch);
    // Files without data have no tile that could complete them.
    for (at, output) in outputs.iter().enumerate() {
        if run.files[at].lock().is_ok_and(|file| file.left == 0) {
            run.open(at)?;
            run.finish(output, &mut lock(&run.files[at]))?;
        }
    }
    rayon::broadcast(|_| run.work());
    match run.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Removes what a killed run has left of a file.
pub fn remove_leftovers(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent() else { return Ok(()) };
    let prefix = temporary(path);
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a small file completely or not at all.
///
/// # Errors
///
/// [`Failure::Runtime`] with the path.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = new(path).and_then(|file| {
        fs::write(file.path(), bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|e| e.error)
    });
    written.map_err(|e| Failure::at(path, e))
}

/// Makes a file with a temporary name beside a path, and with the permissions of a new file.
fn new(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let create = |path: &Path| File::options().read(true).write(true).create_new(true).open(path);
    tempfile::Builder::new().prefix(&temporary(path)).make_in(directory, create)
}

fn temporary(path: &Path) -> String {
    format!("{TEMPORARY}{}-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// A file that is being written.
struct Begun {
    temporary: Option<NamedTempFile>,
    /// Tiles that are not on the disk.
    left: usize,
}

struct Run<'a> {
    outputs: &'a [Output],
    watch: &'a dyn Watch,
    tiles: Vec<(usize, usize, Range<usize>)>,
    next: AtomicUsize,
    files: Vec<Mutex<Begun>>,
    failure: Mutex<Option<Failure>>,
}

impl<'a> Run<'a> {
    fn new(outputs: &'a [Output], watch: &'a dyn Watch) -> Self {
        let mut tiles = Vec::new();
        let mut files = Vec::new();
        for (at, output) in outputs.iter().enumerate() {
            let before = tiles.len();
            tiles.extend(output.tiles().map(|(tensor, range)| (at, tensor, range)));
            files.push(Mutex::new(Begun { temporary: None, left: tiles.len() - before }));
        }
        Run { outputs, watch, tiles, next: AtomicUsize::new(0), files, failure: Mutex::new(None) }
    }

    /// Writes tiles until there are none, or one has failed.
    fn work(&self) {
        let mut buffer = Vec::new();
        while lock(&self.failure).is_none() {
            let Some((file, tensor, range)) =
                self.tiles.get(self.next.fetch_add(1, Ordering::Relaxed))
            else {
                return;
            };
            if let Err(failure) = self.tile(*file, *tensor, range.clone(), &mut buffer) {
                lock(&self.failure).get_or_insert(failure);
                // What is begun is removed when all threads have ended.
                return;
            }
        }
    }

    fn tile(
        &self,
        at: usize,
        tensor: usize,
        range: Range<usize>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let output = &self.outputs[at];
        let Filled { name, bytes, begin, bits, .. } = &output.tensors[tensor];
        let refuse = |e: &dyn std::fmt::Display| {
            Failure::Runtime(format!("{}: tensor {name:?}: {e}", output.path.display()))
        };
        let length = range.len() * bits / 8;
        buffer.clear();
        buffer.try_reserve_exact(length).map_err(|e| refuse(&format!("{length} bytes: {e}")))?;
        buffer.resize(length, 0);
        bytes.fill(range.start, buffer).map_err(|e| refuse(&e))?;
        let file = self.open(at)?;
        let place = begin + (range.start * bits / 8) as u64;
        write_at(&file, buffer, place).map_err(|e| Failure::at(&output.path, e))?;
        self.watch.wrote(length as u64);
        let mut begun = lock(&self.files[at]);
        begun.left -= 1;
        if begun.left == 0 { self.finish(output, &mut begun) } else { Ok(()) }
    }

    /// Returns the file, which is made with its header by the first thread that needs it.
    fn open(&self, at: usize) -> Result<File, Failure> {
        let output = &self.outputs[at];
        let mut begun = lock(&self.files[at]);
        let opened = match &begun.temporary {
            Some(file) => file.as_file().try_clone(),
            None => remove_leftovers(&output.path).and_then(|()| {
                let file = begun.temporary.insert(new(&output.path)?).as_file();
                file.set_len(output.length)?;
                write_at(file, &output.header, 0)?;
                file.try_clone()
            }),
        };
        opened.map_err(|e| Failure::at(&output.path, e))
    }

    /// Brings a file to the disk and gives it its name.
    fn finish(&self, output: &Output, begun: &mut Begun) -> Result<(), Failure> {
        let Some(file) = begun.temporary.take() else { return Ok(()) };
        let synced = file.as_file().sync_all();
        let named = synced.and_then(|()| file.persist(&output.path).map_err(|e| e.error));
        named.map_err(|e| Failure::at(&output.path, e))?;
        self.watch.finished(output);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, place)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut place: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, place)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => {
                bytes = &bytes[written..];
                place += written as u64;
            }
        }
    }
    Ok(())
}
