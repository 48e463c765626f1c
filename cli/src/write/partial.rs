//! A file that is not complete: under a temporary name, with a journal of what is written.
//!
//! The journal lies beside the file. It begins with XXH3-128 of the file's header, which tells the seed, the
//! recipes and the list, followed by 16 bytes for each tile that is written: the tile's number and XXH3-64 of
//! its bytes, little-endian. A run that is killed, or a machine that loses power, leaves both. To resume, a
//! tile that is listed is read and kept if it has its hash, so nothing depends on the order in which the
//! system brought bytes to the disk.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::Output;
use crate::failure::Failure;

/// How the names of files begin that are not complete.
const TEMPORARY: &str = ".seedbed-";

/// A file that is being written. It is removed unless it is published.
pub struct Partial {
    // Removed before the file is closed, while no other process can lock it; and in this order, as a file
    // without a journal is not resumed.
    _journal: TempPath,
    path: TempPath,
    /// The hashes of tiles that an earlier run has written, by their numbers.
    claims: HashMap<usize, u64>,
    journal: File,
    file: File,
}

impl Partial {
    /// Begins a file, or goes on with what an earlier run has left of it.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] if another process is writing the file, [`Failure::Runtime`] if the disk fails.
    pub fn open(output: &Output, resume: bool) -> Result<Self, Failure> {
        let failed = |e: io::Error| Failure::at(&output.path, e);
        let [path, journal_path] = paths(&output.path);
        let Some(file) = lock(&path, options().create(true)).map_err(failed)? else {
            let problem = "another process is writing it";
            return Err(Failure::Input(format!("{}: {problem}", output.path.display())));
        };
        // What is removed if anything fails from here on.
        let path = TempPath::try_from_path(path).map_err(failed)?;
        let journal = options().create(true).open(&journal_path).map_err(failed)?;
        let journal_path = TempPath::try_from_path(journal_path).map_err(failed)?;
        let claims = HashMap::new();
        let mut partial = Partial { _journal: journal_path, path, claims, journal, file };
        partial.begin(output, resume).map_err(failed)?;
        Ok(partial)
    }

    /// Reads the journal, or starts anew.
    fn begin(&mut self, output: &Output, resume: bool) -> io::Result<()> {
        let identity = xxh3_128(&output.header).to_le_bytes();
        let mut listed = Vec::new();
        if resume && self.file.metadata()?.len() == output.length {
            self.journal.read_to_end(&mut listed)?;
        }
        let (records, torn) = listed.as_chunks::<16>();
        let Some((_, records)) = records.split_first().filter(|(first, _)| **first == identity)
        else {
            self.file.set_len(0)?;
            self.file.set_len(output.length)?;
            self.write_header(output)?;
            self.journal.set_len(0)?;
            self.journal.rewind()?;
            return self.journal.write_all(&identity);
        };
        let half = |record: &[u8; 16], at: usize| {
            u64::from_le_bytes(*record[8 * at..].first_chunk().expect("a record has two halves"))
        };
        // The header has no record: a loss of power may have taken it and left tiles that were written later.
        self.write_header(output)?;
        self.claims = records.iter().map(|r| (half(r, 0) as usize, half(r, 1))).collect();
        self.journal.set_len((listed.len() - torn.len()) as u64)?;
        self.journal.seek(SeekFrom::End(0)).map(drop)
    }

    fn write_header(&self, output: &Output) -> io::Result<()> {
        write_at(&self.file, &output.header, 0)
    }

    /// Returns another handle of the file.
    pub fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Returns the hash that a tile of this number had, if an earlier run has written it.
    pub fn claim(&self, tile: usize) -> Option<u64> {
        self.claims.get(&tile).copied()
    }

    /// Lists a tile that is written.
    pub fn record(&mut self, tile: usize, bytes: &[u8]) -> io::Result<()> {
        let [tile, hash] = [tile as u64, xxh3_64(bytes)].map(u64::to_le_bytes);
        self.journal.write_all(&[tile, hash].concat())
    }

    /// Brings the file to the disk and gives it its name.
    pub fn publish(self, output: &Output) -> io::Result<()> {
        if let Some(permissions) = &output.permissions {
            self.file.set_permissions(permissions.clone())?;
        }
        self.file.sync_all()?;
        self.path.persist(&output.path).map_err(|e| e.error)
    }
}

/// Whether a run has left a part of a file.
pub fn is_begun(path: &Path) -> bool {
    let [partial, _] = paths(path);
    partial.exists()
}

/// Removes what a killed run has left of a file that is complete.
pub fn remove_leftovers(path: &Path) -> io::Result<()> {
    let absent_is_fine = |result: io::Result<()>| match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    let [partial, journal] = paths(path);
    match lock(&partial, &mut options()) {
        // Another process is writing the file.
        Ok(None) => Ok(()),
        // Removed while it is locked.
        Ok(Some(_locked)) => {
            absent_is_fine(fs::remove_file(journal))?;
            absent_is_fine(fs::remove_file(partial))
        }
        // A run was killed after the file got its name.
        Err(e) if e.kind() == io::ErrorKind::NotFound => absent_is_fine(fs::remove_file(journal)),
        Err(e) => Err(e),
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).truncate(false);
    options
}

/// Opens a file and locks it, or returns none if another process has locked it.
fn lock(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    loop {
        let file = options.open(path)?;
        match file.try_lock() {
            // Some network file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
        }
        // Between the two, the other process may have published the file: then it is not this path's.
        if is_at(&file, path)? {
            return Ok(Some(file));
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let file = file.metadata()?;
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (file.dev(), file.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    fs::exists(path)
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

/// Returns the paths of the file that is not complete, and of its journal.
fn paths(path: &Path) -> [PathBuf; 2] {
    ["partial", "journal"].map(|end| path.with_file_name(temporary(path) + end))
}

#[cfg(unix)]
pub fn write_at(file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, place)
}

#[cfg(unix)]
pub fn read_at(file: &File, bytes: &mut [u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, place)
}

#[cfg(windows)]
pub fn write_at(file: &File, mut bytes: &[u8], mut place: u64) -> io::Result<()> {
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

#[cfg(windows)]
pub fn read_at(file: &File, mut bytes: &mut [u8], mut place: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, place)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = &mut bytes[read..];
                place += read as u64;
            }
        }
    }
    Ok(())
}
