//! From a slice to chunks, tasks and levels: how a law's kernel fills memory, on rayon's threads.

use core::mem::MaybeUninit;

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
    /// stand at the start of the block; after a whole block they stand at the next one.
    fn fill_block<S: Simd>(&self, s: S, lanes: &mut Lanes<S>, out: &mut [MaybeUninit<R>]);
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

/// Elements of a chunk.
const fn chunk_len<R: Real>() -> usize {
    R::BLOCK * CHUNK_BLOCKS
}

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
    let streaming = size_of_val(out) >= STREAMING_BYTES;
    let task = Task { kernel, bounds, state: stream.state, level: exec.level, streaming };
    #[cfg(feature = "rayon")]
    if exec.threads == Threads::Auto && out.len() >= 2 * chunk_len::<T::Real>() {
        let threads = rayon::current_num_threads();
        if threads > 1 {
            // Several tasks a thread, so that one that falls behind is helped.
            let tasks = 4 * threads;
            let chunks = (out.len() / chunk_len::<T::Real>()).div_ceil(tasks).max(1);
            return in_parallel(task, out, stream.offset, chunks * chunk_len::<T::Real>());
        }
    }
    task.run(out, stream.offset);
}

/// Halves the range at multiples of `grain`, a multiple of a chunk, as long as it is longer.
#[cfg(feature = "rayon")]
fn in_parallel<T: Element, K: Kernel<T::Real>>(
    task: Task<'_, T, K>,
    out: &mut [MaybeUninit<T>],
    offset: u64,
    grain: usize,
) {
    if out.len() <= grain {
        return task.run(out, offset);
    }
    let into_grain = (offset % grain as u64) as usize;
    let middle = ((out.len() + into_grain) / grain / 2).max(1) * grain - into_grain;
    let (low, high) = out.split_at_mut(middle.min(out.len()));
    rayon::join(
        || in_parallel(task, low, offset, grain),
        || in_parallel(task, high, offset + middle as u64, grain),
    );
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
        simd::dispatch(self.level, Run { task: self, out, offset });
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
        let chunk_len = chunk_len::<T::Real>();
        let mut chunk = offset / chunk_len as u64;
        let into_chunk = (offset % chunk_len as u64) as usize;
        let (mut block, mut skip) = (into_chunk / T::Real::BLOCK, into_chunk % T::Real::BLOCK);

        let start = Lanes::load(s, &xoshiro::lanes_of(task.state));
        let mut chunk_lanes = start;
        jump::seek(s, &mut chunk_lanes, chunk, 0);
        let mut lanes = chunk_lanes;
        if block > 0 {
            jump::seek(s, &mut lanes, 0, block);
        }
        loop {
            let (now, later) = out.split_at_mut(out.len().min(T::Real::BLOCK - skip));
            task.fill_part(s, &mut lanes, skip, now);
            (out, skip) = (later, 0);
            if out.is_empty() {
                break;
            }
            block += 1;
            if block == CHUNK_BLOCKS {
                (chunk, block) = (chunk + 1, 0);
                jump::jump(s, &mut chunk_lanes);
                lanes = chunk_lanes;
            }
        }
        if task.streaming {
            s.fence();
        }
    }
}

impl<T: Element, K: Kernel<T::Real>> Task<'_, T, K> {
    /// Fills `out`, which begins `skip` elements into a block.
    #[inline(always)]
    fn fill_part<S: Simd>(
        self,
        s: S,
        lanes: &mut Lanes<S>,
        skip: usize,
        out: &mut [MaybeUninit<T>],
    ) {
        let mut block = T::Real::block();
        let values = &mut block.as_mut()[..skip + out.len()];
        let direct = T::direct(out).filter(|_| skip == 0 && !self.streaming);
        let needs_conversion = direct.is_none();
        // One call for both, or its worklist would be on the stack twice.
        self.kernel.fill_block(s, lanes, direct.unwrap_or(&mut *values));
        if needs_conversion {
            let values = uninit::assume_filled(&mut values[skip..]);
            T::convert(s, values, self.bounds, self.streaming, out);
        }
    }
}
