//! From a slice to chunks, tasks and levels: how a law's kernel fills memory, on rayon's threads.

use core::marker::PhantomData;
use core::mem::MaybeUninit;

#[cfg(feature = "rayon")]
use std::sync::{Mutex, PoisonError};

use crate::drain::{Beside, Drain};
use crate::element::Element;
use crate::error::Error;
use crate::format::CHUNK_BLOCKS;
use crate::jump;
use crate::real::Real;
use crate::simd::{self, FloatEnv, Job, Level, Simd};
use crate::stream::Stream;
use crate::uninit;
use crate::xoshiro::{self, Lanes};

/// A law with its parameters, ready to fill blocks.
pub trait Kernel<R: Real>: Copy + Send + Sync {
    /// Fills `out`, which begins where a block begins and is at most a block, from lanes that
    /// stand at the start of the block; after a whole block they stand at the next one. `beside`
    /// may get a step for each vector.
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        beside: &mut impl Beside,
    );
}

/// How many threads a fill may use. Values do not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Threads {
    /// The caller's current rayon pool for large fills, the calling thread for small ones and
    /// without the `rayon` feature.
    #[default]
    Auto,
    /// The calling thread only. The choice for a child process after `fork`, where a rayon pool
    /// that the parent has used hangs.
    Sequential,
}

/// How a fill is run: threads and instruction set. Values depend on neither.
///
/// ```
/// use seedbed::{Exec, Level, Normal, Sample, Seed};
/// # fn main() -> Result<(), seedbed::Error> {
/// let (law, stream) = (Normal::new(0.0, 1.0)?, Seed::from(1).stream("x"));
/// let (mut a, mut b) = ([0f32; 999], [0f32; 999]);
/// law.sample_into(&mut a, &stream);
/// law.sample_into_with(&mut b, &stream, Exec::sequential().level(Level::Portable)?);
/// assert_eq!(a, b);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exec {
    threads: Threads,
    level: Level,
}

impl Default for Exec {
    fn default() -> Self {
        Exec { threads: Threads::Auto, level: simd::best() }
    }
}

impl Exec {
    /// The best level on the calling thread only.
    pub fn sequential() -> Self {
        Exec::default().threads(Threads::Sequential)
    }

    /// Sets the threads.
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Exec { threads, ..self }
    }

    /// Sets the instruction-set level.
    ///
    /// # Errors
    ///
    /// [`Error::LevelUnavailable`] if the machine lacks it.
    pub fn level(self, level: Level) -> Result<Self, Error> {
        Ok(Exec { level: level.require()?, ..self })
    }
}

/// From so many blocks on, a fill uses several threads.
#[cfg(feature = "rayon")]
const PARALLEL_BLOCKS: usize = 64;

/// The least that a thread takes at once: some ten microseconds of work.
#[cfg(feature = "rayon")]
const PART_BLOCKS: usize = 8;

/// From this size on, f32 and f64 elements are written past the caches: memory of this size would
/// not stay in them, and ordinary stores read it before they write it.
const STREAMING_BYTES: usize = 64 << 20;

/// Fills `out` with the elements of `stream` from its position on; f16 and bf16 values are held
/// within `bounds`.
pub(crate) fn fill<T: Element, K: Kernel<T::Real>>(
    kernel: &K,
    bounds: [T::Real; 2],
    out: &mut [MaybeUninit<T>],
    stream: &Stream,
    exec: Exec,
) {
    let streaming = T::direct(out).is_some_and(|out| size_of_val(out) >= STREAMING_BYTES);
    let task = Task { kernel, bounds, state: stream.state, level: exec.level, streaming };
    #[cfg(feature = "rayon")]
    if exec.threads == Threads::Auto && out.len() >= PARALLEL_BLOCKS * T::Real::BLOCK {
        let threads = rayon::current_num_threads();
        if threads > 1 {
            return in_parallel(task, out, stream.offset, threads);
        }
    }
    task.run(out, stream.offset);
}

/// Fills on the calling thread and on threads of the pool, as soon as they are awake: each takes
/// a part of what is left, smaller and smaller, until nothing is.
#[cfg(feature = "rayon")]
fn in_parallel<T: Element, K: Kernel<T::Real>>(
    task: Task<'_, T, K>,
    out: &mut [MaybeUninit<T>],
    offset: u64,
    threads: usize,
) {
    let helpers = threads.min(out.len() / (PART_BLOCKS * T::Real::BLOCK)) - 1;
    let rest = Mutex::new((out, offset));
    let take = || {
        let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, offset) = core::mem::take(&mut *rest);
        let len = part_len::<T::Real>(out.len() / (2 * threads), offset).min(out.len());
        let (part, later) = out.split_at_mut(len);
        *rest = (later, offset + len as u64);
        (part, offset)
    };
    let work = || {
        loop {
            let (part, offset) = take();
            if part.is_empty() {
                break;
            }
            task.run(part, offset);
        }
    };
    rayon::in_place_scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|_| work());
        }
        work();
    });
}

/// About `share` elements from `offset` on, up to where a block begins.
#[cfg(feature = "rayon")]
fn part_len<R: Real>(share: usize, offset: u64) -> usize {
    let unit = PART_BLOCKS * R::BLOCK;
    let into_unit = (offset % unit as u64) as usize;
    ((share + into_unit) / unit).max(1) * unit - into_unit
}

/// What the tasks of a fill share.
struct Task<'a, T: Element, K> {
    kernel: &'a K,
    bounds: [T::Real; 2],
    state: [u64; 4],
    level: Level,
    streaming: bool,
}

impl<T: Element, K> Clone for Task<'_, T, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Element, K> Copy for Task<'_, T, K> {}

impl<T: Element, K: Kernel<T::Real>> Task<'_, T, K> {
    /// Fills a run of chunks on this thread.
    fn run(self, out: &mut [MaybeUninit<T>], offset: u64) {
        if out.is_empty() {
            return;
        }
        let _env = FloatEnv::default_state();
        if self.streaming {
            simd::dispatch(self.level, Streaming(Run { task: self, out, offset }));
        } else {
            simd::dispatch(self.level, Run { task: self, out, offset });
        }
    }
}

/// A run of chunks.
struct Run<'a, 'b, T: Element, K> {
    task: Task<'a, T, K>,
    out: &'b mut [MaybeUninit<T>],
    offset: u64,
}

impl<T: Element, K: Kernel<T::Real>> Job for Run<'_, '_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Run { task, mut out, offset } = self;
        let mut position = Position::<S, T::Real>::seek(s, task.state, offset);
        loop {
            let (now, later) = out.split_at_mut(out.len().min(position.until_next_block()));
            task.fill_part(s, &mut position, now);
            out = later;
            if out.is_empty() {
                break;
            }
            position.enter_next_block(s);
        }
    }
}

impl<T: Element, K: Kernel<T::Real>> Task<'_, T, K> {
    /// Fills `out`, which is within a block.
    #[inline(always)]
    fn fill_part<S: Simd>(
        self,
        s: S,
        position: &mut Position<S, T::Real>,
        out: &mut [MaybeUninit<T>],
    ) {
        let skip = position.skip;
        let mut block = T::Real::block();
        let values = &mut block.as_mut()[..skip + out.len()];
        let direct = T::direct(out).filter(|_| skip == 0);
        let needs_conversion = direct.is_none();
        // One call for both, or its worklist would be on the stack twice.
        let to = direct.unwrap_or(&mut *values);
        self.kernel.fill_block(s, &mut position.lanes, to, &mut ());
        if needs_conversion {
            let values = uninit::assume_filled(&mut values[skip..]);
            T::convert(s, values, self.bounds, out);
        }
    }
}

/// A run of chunks in memory that is too large for the caches: a block is made in the cache while
/// the one before it leaves.
struct Streaming<R>(R);

impl<T: Element, K: Kernel<T::Real>> Job for Streaming<Run<'_, '_, T, K>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Run { task, out, offset } = self.0;
        let mut out = T::direct(out).expect("no conversion");
        let mut position = Position::<S, T::Real>::seek(s, task.state, offset);
        let mut blocks = (T::Real::block(), T::Real::block());
        let (mut current, mut before) = (blocks.0.as_mut(), blocks.1.as_mut());
        let mut drain = Drain::new(&[], &mut []);
        loop {
            let (now, later) = out.split_at_mut(out.len().min(position.until_next_block()));
            let skip = position.skip;
            let values = &mut current[..skip + now.len()];
            task.kernel.fill_block(s, &mut position.lanes, values, &mut drain);
            drain.finish(s);
            core::mem::swap(&mut current, &mut before);
            let values = uninit::assume_filled(&mut before[skip..skip + now.len()]);
            drain = Drain::new(values, now);
            out = later;
            if out.is_empty() {
                break;
            }
            position.enter_next_block(s);
        }
        drain.finish(s);
        s.fence();
    }
}

/// Where in a stream a run is.
struct Position<S: Simd, R> {
    /// The lanes at the start of the chunk.
    chunk_lanes: Lanes<S>,
    /// The lanes at the start of the block.
    lanes: Lanes<S>,
    /// The block of the chunk.
    block: usize,
    /// How many elements of the block come before.
    skip: usize,
    real: PhantomData<R>,
}

impl<S: Simd, R: Real> Position<S, R> {
    #[inline(always)]
    fn seek(s: S, state: [u64; 4], offset: u64) -> Self {
        let chunk_len = R::BLOCK * CHUNK_BLOCKS;
        let into_chunk = (offset % chunk_len as u64) as usize;
        let (block, skip) = (into_chunk / R::BLOCK, into_chunk % R::BLOCK);
        let mut chunk_lanes = Lanes::load(s, &xoshiro::lanes_of(state));
        jump::seek(s, &mut chunk_lanes, offset / chunk_len as u64, 0);
        let mut lanes = chunk_lanes;
        if block > 0 {
            jump::seek(s, &mut lanes, 0, block);
        }
        Position { chunk_lanes, lanes, block, skip, real: PhantomData }
    }

    #[inline(always)]
    fn until_next_block(&self) -> usize {
        R::BLOCK - self.skip
    }

    /// Goes on after a whole block.
    #[inline(always)]
    fn enter_next_block(&mut self, s: S) {
        self.skip = 0;
        self.block += 1;
        if self.block == CHUNK_BLOCKS {
            self.block = 0;
            jump::jump(s, &mut self.chunk_lanes);
            self.lanes = self.chunk_lanes;
        }
    }
}
