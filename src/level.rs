//! The instruction sets that kernels are compiled for, by name.

/// An instruction-set level that the kernels can run at. Values do not depend on it.
///
/// The fastest level of the machine is found at run time, so an ordinary build has full speed. To
/// use another, name it in [`Exec::level`](crate::Exec::level), or set the environment variable
/// `SEEDBED_MAX_LEVEL` to `portable`, `neon`, `avx2` or `avx512` before the first fill to allow no
/// faster one; an unknown name allows `portable` only.
///
/// ```
/// use seedbed::Level;
/// assert!(Level::Portable.is_available());
/// assert!(Level::best().is_available());
/// assert!(Level::available().all(|level| Level::all().contains(&level)));
/// assert_eq!("avx2".parse::<Level>()?, Level::Avx2);
/// # Ok::<(), seedbed::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Whatever the build targets: SSE2 on x86-64, NEON on aarch64, simd128 on wasm32 where it is
    /// enabled, scalar code elsewhere.
    Portable,
    /// aarch64, which always has it, little-endian.
    Neon,
    /// x86-64 with AVX2 and F16C (2013 and later).
    Avx2,
    /// x86-64 with AVX-512 F, BW, DQ and VL (2017 and later).
    Avx512,
}

impl Level {
    /// Every level that the crate knows, whether or not this machine has it; on the machines that
    /// have several, a later one is faster.
    pub fn all() -> &'static [Level] {
        &[Level::Portable, Level::Neon, Level::Avx2, Level::Avx512]
    }
}

impl core::fmt::Display for Level {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Level::Portable => "portable",
            Level::Neon => "neon",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}
