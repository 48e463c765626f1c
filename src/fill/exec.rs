//! How a fill is run: on how many threads, at which instruction-set level.

use crate::error::Error;
use crate::level::Level;

/// How many threads a fill may use. Values do not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Threads {
    /// The caller's current rayon pool for large fills; the calling thread for small fills and
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
/// use seedbed::{Exec, Level, Normal, Sample, Seed, Threads};
/// # fn main() -> Result<(), seedbed::Error> {
/// let (normal, stream) = (Normal::new(0.0, 1.0)?, Seed::from(1).stream("x"));
/// let (mut a, mut b) = ([0f32; 999], [0f32; 999]);
/// normal.sample_into(&mut a, &stream);
/// normal.with(Exec::sequential().level(Level::Portable)?).sample_into(&mut b, &stream);
/// assert_eq!(a, b);
///
/// let sequential = Exec::default().threads(Threads::Sequential);
/// assert!(sequential == Exec::sequential() && !sequential.is_parallel());
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
        Exec { threads: Threads::Auto, level: Level::best() }
    }
}

impl Exec {
    /// Returns the fastest level on the calling thread only.
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
        if level.is_available() {
            Ok(Exec { level, ..self })
        } else {
            Err(Error::LevelUnavailable { level })
        }
    }

    /// Whether a large fill uses several threads, if the current rayon pool has them.
    pub fn is_parallel(self) -> bool {
        cfg!(feature = "rayon") && self.threads == Threads::Auto
    }

    /// Returns the level at which kernels run.
    pub(super) fn chosen_level(self) -> Level {
        self.level
    }
}

/// A distribution or a stream that is sampled as an [`Exec`] says. Made by
/// [`Sample::with`](crate::Sample::with) and [`Stream::with`](crate::Stream::with).
///
/// ```
/// use seedbed::{Exec, Sample, Seed, Uniform, WithExec};
/// let (stream, mut words) = (Seed::from(1).stream("x"), [0; 8]);
/// stream.with(Exec::sequential()).words_into(&mut words);
///
/// // It is sampled as the distribution is, wherever a distribution is wanted.
/// let uniform: WithExec<Uniform<f32>> = Uniform::new(0.0, 1.0)?.with(Exec::sequential());
/// assert_eq!(uniform.sample_vec(9, &stream), Uniform::<f32>::new(0.0, 1.0)?.sample_vec(9, &stream));
/// # Ok::<(), seedbed::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct WithExec<D> {
    pub(crate) inner: D,
    pub(crate) exec: Exec,
}
