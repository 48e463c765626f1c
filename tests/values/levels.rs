//! Every instruction-set level gives the bits of the portable one, at every length and alignment,
//! and writes nothing outside the slice.

use half::{bf16, f16};
use seedbed::{Element, Error, Exec, Level, Threads};

use crate::common::{Bits, assert_same, block_and_chunk, distributions, levels, run_child, stream};

/// Lengths around every boundary that a kernel has.
fn lengths<T: Element>() -> Vec<usize> {
    let (block, chunk) = block_and_chunk::<T>();
    let around = |n: usize| [n - 1, n, n + 1];
    let mut lengths = vec![0, 1, 2, 7, 9, 31, 33, 100];
    lengths.extend([8, 16, 128, block, 2 * block, chunk].into_iter().flat_map(around));
    lengths
}

fn all_levels_are_equal<T: Bits + 'static>() {
    let portable = Exec::sequential().level(Level::Portable).unwrap();
    let canary = T::default();
    for (name, fill) in distributions::<T>() {
        for n in lengths::<T>() {
            let mut expected = vec![T::default(); n];
            fill(&mut expected, &stream(), portable);
            for level in levels() {
                let exec = Exec::sequential().level(level).unwrap();
                // Starts at every alignment of a register's elements, for lengths that are short.
                for start in if n < 200 { 1..17 } else { 1..2 } {
                    let mut memory = vec![canary; start + n + 1];
                    fill(&mut memory[start..start + n], &stream(), exec);
                    let what = format!("{name} of {} at {level}, {n} from {start}", T::NAME);
                    assert_same(&memory[start..start + n], &expected, &what);
                    assert!(
                        memory[..start].iter().chain(&memory[start + n..]).all(|x| x.bits() == 0)
                    );
                }
            }
        }
    }
}

#[test]
fn f32_is_the_same_at_every_level() {
    all_levels_are_equal::<f32>();
}

#[test]
fn f64_is_the_same_at_every_level() {
    all_levels_are_equal::<f64>();
}

#[test]
fn f16_is_the_same_at_every_level() {
    all_levels_are_equal::<f16>();
}

#[test]
fn bf16_is_the_same_at_every_level() {
    all_levels_are_equal::<bf16>();
}

#[test]
fn a_long_fill_is_the_same_at_every_level() {
    let portable = Exec::sequential().level(Level::Portable).unwrap();
    for (name, fill) in distributions::<f32>() {
        let mut expected = vec![0.0; 300_001];
        fill(&mut expected, &stream(), portable);
        for level in levels() {
            let mut values = vec![0.0; expected.len()];
            fill(&mut values, &stream(), Exec::sequential().level(level).unwrap());
            assert_same(&values, &expected, &format!("{name} at {level}"));
        }
    }
}

#[test]
fn a_level_that_is_missing_is_refused() {
    for &level in Level::all() {
        let exec = Exec::default().level(level);
        if level.is_available() {
            assert!(exec.is_ok());
        } else {
            assert_eq!(exec, Err(Error::LevelUnavailable { level }));
        }
    }
}

/// The other tests here ask for a level by these. That a fill runs at the level that it was asked for is
/// for the unit test `a_job_runs_at_the_level_asked_for` to show.
#[test]
fn every_choice_of_level_and_threads_is_another_exec() {
    let auto = levels().into_iter().map(|level| Exec::default().level(level).unwrap());
    let sequential = auto.clone().map(|exec| exec.threads(Threads::Sequential));
    let all: Vec<_> = auto.chain(sequential).collect();
    for (i, exec) in all.iter().enumerate() {
        assert!(!all[..i].contains(exec), "{exec:?}");
    }
    assert!(all.contains(&Exec::default()) && all.contains(&Exec::sequential()));
    assert_ne!(Exec::default(), Exec::sequential());
}

#[test]
fn words_are_the_same_at_every_level() {
    let mut expected = vec![0; 70_003];
    stream().with(Exec::sequential().level(Level::Portable).unwrap()).words_into(&mut expected);
    for level in levels() {
        let mut words = vec![0; expected.len()];
        stream().with(Exec::sequential().level(level).unwrap()).words_into(&mut words);
        assert_eq!(words, expected, "{level}");
    }
}

#[test]
fn the_environment_variable_caps_the_level() {
    if let Ok(cap) = std::env::var("SEEDBED_MAX_LEVEL") {
        let place = |level| Level::all().iter().position(|l| *l == level);
        assert!(place(Level::best()) <= place(cap.parse().unwrap_or(Level::Portable)));
        return;
    }
    assert_eq!(Level::best(), *levels().last().expect("portable"));
    for cap in ["portable", "neon", "avx2", "avx512", "no such level"] {
        run_child(the_environment_variable_caps_the_level, &[("SEEDBED_MAX_LEVEL", cap)]);
    }
}
