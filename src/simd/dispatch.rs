//! From a level to code compiled for it.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use super::neon::Neon;
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
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    if level == Level::Neon {
        let s = Neon;
        return s.vectorize(
            #[inline(always)]
            || job.run(s),
        );
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
    use crate::kernel::real::Real;
    use crate::simd::{Float, WIDEST};

    struct WhichLevel;

    impl Job for WhichLevel {
        type Output = Level;
        fn run<S: Simd>(self, _: S) -> Level {
            S::LEVEL
        }
    }

    /// The smaller and the greater of two numbers.
    struct Extremes<R>([R; 2]);

    impl<R: Real> Job for Extremes<R> {
        type Output = [u64; 2];
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> [u64; 2] {
            let [a, b] = self.0.map(|number| number.splat(s));
            [a.min(b), a.max(b)].map(|extreme| {
                let mut values = [R::default(); WIDEST];
                extreme.store(&mut values);
                values[0].to_f64().to_bits()
            })
        }
    }

    fn the_second_of_equal_numbers_is_taken<R: Real>() {
        let [zero, one, least] = [R::default(), R::from_f64(1.0), R::default().step_up()];
        let negative = |number: R| R::from_f64(-number.to_f64());
        let positive = [zero, one, least, R::UNBOUNDED[1]];
        let numbers = positive.into_iter().flat_map(|number| [number, negative(number)]);
        for a in numbers.clone() {
            for b in numbers.clone() {
                // Of the bits: a compiler may take a choice of numbers for its own minimum.
                let [first, second] = [a, b].map(|number| number.to_f64().to_bits());
                let expected =
                    [if a < b { first } else { second }, if a > b { first } else { second }];
                for level in Level::available() {
                    let extremes = dispatch(level, Extremes([a, b]));
                    assert_eq!(extremes, expected, "{a:?} and {b:?} at {level}");
                }
            }
        }
    }

    /// Of two zeros, too, which NEON's instructions order by their signs.
    #[test]
    fn the_second_of_equal_numbers_is_taken_at_every_level() {
        the_second_of_equal_numbers_is_taken::<f32>();
        the_second_of_equal_numbers_is_taken::<f64>();
    }

    #[test]
    fn a_job_runs_at_the_level_asked_for() {
        for level in Level::available() {
            assert_eq!(dispatch(level, WhichLevel), level);
        }
    }
}
