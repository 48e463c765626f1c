//! A rank's shards: filled a piece at a time, and compared with windows that are filled in another
//! way.

use std::ops::Range;
use std::time::Instant;

use indicatif::ProgressBar;
use seedbed::{Exec, Level, Sample, Seed, Stream, Values};
use serde::Serialize;

use crate::model::{Entry, Split};

/// The most elements of a piece, which is what a rank has in memory at once.
const PIECE: usize = 1 << 22;

/// The most elements of a window, and the most that are filled before it.
const WINDOW: usize = 1000;

/// What was done.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Work {
    pub shards: u64,
    pub parameters: u64,
    /// The time that filling took, without the comparison.
    pub seconds: f64,
    /// Windows that were compared.
    pub windows: u64,
}

impl Work {
    /// Adds up two works.
    pub fn and(self, other: Work) -> Work {
        Work {
            shards: self.shards + other.shards,
            parameters: self.parameters + other.parameters,
            seconds: self.seconds + other.seconds,
            windows: self.windows + other.windows,
        }
    }
}

/// A rank's work, by how its shards are cut.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RankWork {
    pub rank: usize,
    /// Whole rows, which are contiguous.
    pub rows: Work,
    /// Parts of rows.
    pub columns: Work,
}

/// Fills and checks all that a rank has.
pub fn rank(
    rank: usize,
    model: &[Entry],
    seed: Seed,
    bar: &ProgressBar,
) -> Result<RankWork, String> {
    let mut done = RankWork { rank, rows: Work::default(), columns: Work::default() };
    let mut memory = vec![0.0; PIECE];
    for entry in model {
        let work = shard(entry, rank, seed, &mut memory);
        let work = work.map_err(|e| format!("rank {rank}, {}: {e}", entry.name))?;
        let kind = if entry.split == Split::Columns { &mut done.columns } else { &mut done.rows };
        *kind = kind.and(work);
        bar.inc(work.parameters);
    }
    Ok(done)
}

fn shard(entry: &Entry, rank: usize, seed: Seed, memory: &mut [f32]) -> Result<Work, String> {
    let (tensor, stream) = (entry.values().map_err(|e| e.to_string())?, seed.stream(&entry.name));
    let mut work = Work { shards: 1, ..Work::default() };
    for piece in pieces(&entry.shard(rank)) {
        let values = &mut memory[..piece.iter().map(Range::len).product()];
        let started = Instant::now();
        tensor.fill_block(&piece, values, &stream).map_err(|e| e.to_string())?;
        work.seconds += started.elapsed().as_secs_f64();
        work.parameters += values.len() as u64;
        work.windows += check(&tensor, &piece, values, &stream)?;
    }
    Ok(work)
}

/// Cuts a shard into pieces of whole rows that fit into the memory.
fn pieces(shard: &[Range<usize>]) -> impl Iterator<Item = Vec<Range<usize>>> {
    let row: usize = shard[1..].iter().map(Range::len).product();
    let (rows, most) = (shard[0].clone(), (PIECE / row.max(1)).max(1));
    rows.clone().step_by(most).map(move |first| {
        let mut piece = shard.to_vec();
        piece[0] = first..rows.end.min(first + most);
        piece
    })
}

/// Compares a piece with windows of the whole tensor: at its beginning, at its end and at a place
/// between. The windows begin earlier than what they are compared with, and are filled on one thread at
/// the portable level. Returns the number of windows.
pub fn check(
    tensor: &Values<f32>,
    piece: &[Range<usize>],
    values: &[f32],
    stream: &Stream,
) -> Result<u64, String> {
    let exec = Exec::sequential().level(Level::Portable).map_err(|e| e.to_string())?;
    let distribution = tensor.distribution().ok_or("the elements are not independent")?.with(exec);
    // A vector is one row.
    let (first, columns) = match piece {
        [rows, columns] => (rows.start, columns),
        _ => (0, &piece[0]),
    };
    let width = tensor.shape()[tensor.shape().len() - 1];
    let places = [0, scattered(values), values.len() - 1];
    for place in places {
        let (row, column) = (place / columns.len(), place % columns.len());
        let len = WINDOW.min(columns.len() - column);
        let offset = (first + row) * width + columns.start + column;
        let before = offset.min(place % WINDOW);
        let mut window = vec![0.0; before + len];
        let from = stream.at((offset - before) as u64).map_err(|e| e.to_string())?;
        distribution.sample_into(&mut window, &from);
        let equal = window[before..].iter().zip(&values[place..place + len]);
        if let Some(at) = equal.into_iter().position(|(a, b)| a.to_bits() != b.to_bits()) {
            return Err(format!("element {} differs", offset + at));
        }
    }
    Ok(places.len() as u64)
}

/// Returns a place that differs from piece to piece: values are random, and so are their hashes.
fn scattered(values: &[f32]) -> usize {
    let hash = u64::from(values[0].to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 20) as usize % values.len()
}
