//! Which instruction sets this machine has, and which of them to use.

use core::str::FromStr;
use std::sync::OnceLock;

use crate::error::Error;
use crate::level::Level;
use crate::suggest::unknown;

impl Level {
    /// Whether this machine has the level.
    pub fn is_available(self) -> bool {
        match self {
            Level::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => super::avx2::Avx2::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => super::avx512::Avx512::detect().is_some(),
            Level::Neon => cfg!(all(target_arch = "aarch64", target_endian = "little")),
            #[cfg(not(target_arch = "x86_64"))]
            Level::Avx2 | Level::Avx512 => false,
        }
    }

    /// The levels of this machine, in the order of [`Level::all`].
    pub fn available() -> impl DoubleEndedIterator<Item = Level> {
        Level::all().iter().copied().filter(|level| level.is_available())
    }

    /// The fastest level of this machine that the environment variable `SEEDBED_MAX_LEVEL` allows.
    pub fn best() -> Level {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| {
            let cap = std::env::var("SEEDBED_MAX_LEVEL")
                .map_or(Level::all().last().copied(), |name| name.parse().ok());
            let allowed = Level::all().iter().position(|level| Some(*level) == cap).unwrap_or(0);
            let fastest = Level::all()[..=allowed].iter().rev().find(|level| level.is_available());
            fastest.copied().unwrap_or(Level::Portable)
        })
    }
}

impl FromStr for Level {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Level::all().iter().find(|level| level.to_string() == name);
        found.copied().ok_or_else(|| {
            let known: Vec<String> = Level::all().iter().map(Level::to_string).collect();
            unknown("level", name, known.iter().map(String::as_str)).into()
        })
    }
}
