//! What one process does: its part of every tensor, piece after piece, each of which is on the
//! disk before the rank's ledger says so.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use seedbed::Seed;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use crate::layout::{Entry, Layout};

/// The most elements that are filled, written and entered in the ledger at once.
const PIECE: usize = 1 << 20;

/// The most processes.
pub const MOST_RANKS: u16 = 64;

/// What the processes are told.
#[derive(Clone, Debug)]
pub struct Plan {
    pub out: PathBuf,
    pub layout: Layout,
    pub seed: u64,
    pub ranks: usize,
    /// How long a rank rests after each piece.
    pub pause: Duration,
}

/// What a rank has on the disk: the first pieces of its list.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ledger {
    plan: String,
    done: usize,
}

/// What a rank has done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Done {
    pub rank: usize,
    /// Pieces that an earlier run had written.
    pub found: usize,
    /// Pieces that this run has written.
    pub written: usize,
}

impl Plan {
    /// Makes the file, without data. Removes what was there before, with all ledgers.
    pub fn prepare(&self) -> Result<(), String> {
        for ledger in (0..MOST_RANKS.into()).map(|rank| self.ledger(rank)) {
            match fs::remove_file(&ledger) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(at(&ledger, e)),
                _ => {}
            }
        }
        let mut file = File::create(&self.out).map_err(|e| self.failed(e))?;
        let made =
            file.set_len(self.layout.bytes).and_then(|()| file.write_all(&self.layout.header));
        made.and_then(|()| file.sync_all()).map_err(|e| self.failed(e))
    }

    /// Whether the file has been made for this plan.
    fn is_prepared(&self) -> bool {
        let header = File::open(&self.out).and_then(|mut file| {
            let mut header = vec![0; self.layout.header.len()];
            file.read_exact(&mut header)?;
            Ok((header, file.metadata()?.len()))
        });
        header.is_ok_and(|made| made == (self.layout.header.clone(), self.layout.bytes))
    }

    /// Writes what is missing of a rank's pieces.
    pub fn rank(&self, rank: usize) -> Result<Done, String> {
        let found = self.found(rank)?;
        let file = OpenOptions::new().write(true).open(&self.out);
        let mut file = file.map_err(|e| self.failed(e))?;
        let pieces = self.pieces(rank);
        for (number, (entry, range)) in pieces.iter().enumerate().skip(found) {
            self.write(&mut file, entry, range.clone())?;
            self.enter(rank, number + 1)?;
            thread::sleep(self.pause);
        }
        Ok(Done { rank, found, written: pieces.len() - found })
    }

    /// Returns a rank's contiguous part of each tensor, in pieces.
    fn pieces(&self, rank: usize) -> Vec<(&Entry, Range<usize>)> {
        let cut = |entry: &Entry, rank| entry.len() * rank / self.ranks;
        let parts = self.layout.entries.iter().map(|e| (e, cut(e, rank)..cut(e, rank + 1)));
        let pieces = parts.flat_map(|(entry, part)| {
            let firsts = part.clone().step_by(PIECE);
            firsts.map(move |first| (entry, first..part.end.min(first + PIECE)))
        });
        pieces.collect()
    }

    /// Fills a part of a tensor and puts it in its place on the disk.
    fn write(&self, file: &mut File, entry: &Entry, range: Range<usize>) -> Result<(), String> {
        let mut values = vec![0.0; range.len()];
        let stream = Seed::from(self.seed).stream(&entry.name);
        let tensor = entry.values().map_err(|e| e.to_string())?;
        tensor.fill_range(range.start, &mut values, &stream).map_err(|e| e.to_string())?;
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        let place = SeekFrom::Start(entry.begin + 4 * range.start as u64);
        let written = file.seek(place).and_then(|_| file.write_all(&bytes));
        written.and_then(|()| file.sync_data()).map_err(|e| self.failed(e))
    }

    /// Returns how many pieces of a rank are on the disk. Fails if the file or the ledger is of another
    /// plan.
    pub fn found(&self, rank: usize) -> Result<usize, String> {
        if !self.is_prepared() {
            return Err(self.failed("not the file of this plan, which `prepare` makes"));
        }
        let path = self.ledger(rank);
        if !path.exists() {
            return Ok(0);
        }
        let text = fs::read(&path).map_err(|e| at(&path, e))?;
        let ledger: Ledger = serde_json::from_slice(&text).map_err(|e| at(&path, e))?;
        if ledger.plan != self.identity() {
            return Err(at(&path, "of another seed or number of ranks; `prepare` begins again"));
        }
        Ok(ledger.done)
    }

    /// Enters in the ledger that the first pieces of a rank are on the disk: completely or not at all,
    /// as the new ledger takes the old ledger's name when it is complete.
    fn enter(&self, rank: usize, done: usize) -> Result<(), String> {
        let (path, new) = (self.ledger(rank), self.ledger(rank).with_extension("new"));
        let text = serde_json::to_vec(&Ledger { plan: self.identity(), done });
        let text = text.expect("string keys only");
        let entered = File::create(&new).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        });
        entered.map_err(|e| at(&path, e))
    }

    /// Returns the path of a rank's ledger, beside the file.
    pub fn ledger(&self, rank: usize) -> PathBuf {
        let mut path = self.out.clone().into_os_string();
        path.push(format!(".rank-{rank}.json"));
        path.into()
    }

    /// Returns what a ledger has in common with its plan and with no other.
    fn identity(&self) -> String {
        let mut hash = Xxh3Default::new();
        hash.update(&self.layout.header);
        for number in [self.seed, self.ranks as u64, PIECE as u64] {
            hash.update(&number.to_le_bytes());
        }
        format!("{:032x}", hash.digest128())
    }

    /// Returns the message of a failure of the file.
    pub fn failed(&self, error: impl std::fmt::Display) -> String {
        at(&self.out, error)
    }
}

fn at(path: &Path, error: impl std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}
