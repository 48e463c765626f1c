//! From a level to code compiled for it.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::portable::Portable;
use super::vector::{Job, Simd};
use crate::level::Level;

/// Runs `job` at `level`, which the machine has: [`Level`] values that it lacks are refused where
/// they are asked for.
#[inline]
pub(crate) fn dispatch<J: Job>(level: Level, job: J) -> J::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if level == Level::Avx512
            && let Some(s) = Avx512::detect()
        {
            return s.vectorize(
                #[inline(always)]
                || job.run(s),
            );
        }
        if level == Level::Avx2
            && let Some(s) = Avx2::detect()
        {
            return s.vectorize(
                #[inline(always)]
                || job.run(s),
            );
        }
    }
    let _ = level;
    let s = Portable;
    s.vectorize(
        #[inline(always)]
        || job.run(s),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct WhichLevel;

    impl Job for WhichLevel {
        type Output = Level;
        fn run<S: Simd>(self, _: S) -> Level {
            S::LEVEL
        }
    }

    #[test]
    fn a_job_runs_at_the_level_asked_for() {
        for level in Level::available() {
            assert_eq!(dispatch(level, WhichLevel), level);
        }
    }
}
