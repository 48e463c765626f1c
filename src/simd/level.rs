//! Which instruction sets there are, and which one to use.

use std::sync::OnceLock;

use crate::error::Error;

/// An instruction-set level that the kernels can run at. Values do not depend on it.
///
/// Levels are ordered: a higher one is faster. The best level of the machine is found at run
/// time, so an ordinary build has full speed. To use less, name a level in
/// [`Exec::level`](crate::Exec::level), or set the environment variable `SEEDBED_MAX_LEVEL` to
/// `portable`, `avx2` or `avx512` before the first fill; a name it does not know means
/// `portable`.
///
/// ```
/// use seedbed::Level;
/// assert!(Level::Portable.is_available());
/// assert!(Level::best() >= Level::Portable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Whatever the build targets: SSE2 on x86-64, NEON on aarch64, simd128 on wasm32 where it is
    /// enabled, scalar code elsewhere.
    Portable,
    /// x86-64 with AVX2 and F16C (2013 and later).
    Avx2,
    /// x86-64 with AVX-512 F, BW, DQ and VL (2017 and later).
    Avx512,
}

impl Level {
    /// Every level, in ascending order.
    pub const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

    /// Whether this machine has the level.
    pub fn is_available(self) -> bool {
        match self {
            Level::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => super::avx2::Avx2::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => super::avx512::Avx512::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The best level of this machine within the cap of `SEEDBED_MAX_LEVEL`.
    pub fn best() -> Level {
        best()
    }

    /// The level itself where the machine has it.
    ///
    /// # Errors
    ///
    /// [`Error::LevelUnavailable`] where it has not.
    pub(crate) fn require(self) -> Result<Level, Error> {
        if self.is_available() { Ok(self) } else { Err(Error::LevelUnavailable { level: self }) }
    }
}

impl core::fmt::Display for Level {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}

pub(crate) fn best() -> Level {
    static BEST: OnceLock<Level> = OnceLock::new();
    *BEST.get_or_init(|| {
        let cap = std::env::var("SEEDBED_MAX_LEVEL").map_or(Level::Avx512, |name| {
            Level::ALL.into_iter().find(|l| l.to_string() == name).unwrap_or(Level::Portable)
        });
        let available = Level::ALL.into_iter().rev().find(|l| *l <= cap && l.is_available());
        available.unwrap_or(Level::Portable)
    })
}
