//! The normal distribution and its ziggurat cut off at 2, of f32 and f64, by counts in cells of 2^-12.

use seedbed::{Element, Normal, Sample, TruncatedNormal};
use statrs::distribution::{DiscreteCDF, Poisson};

use crate::common::block_and_chunk;
use crate::gauss;
use crate::layers::{Layers, NORMAL_F32, NORMAL_F64, TWO_SIGMA_F32};
use crate::support::{
    BUFFER, Powers, assert_counts, assert_near, assert_standard, few, sample, samples, standardised,
};

/// Cells of a unit.
const FINE: f64 = 4096.0;
/// Cells reach from -8 to 8; the outermost hold what is beyond, too.
const CELLS: usize = 1 << 16;

/// What is counted of a distribution's values in one pass.
struct Survey {
    cells: Vec<u32>,
    powers: Powers,
    /// Sums of the values and of their squares by the position in a block.
    positions: [Vec<f64>; 2],
    /// The same by the block of a chunk.
    blocks: [Vec<f64>; 2],
}

fn survey<T: Element>(distribution: &impl Sample<T>, path: &str) -> Survey {
    let (block, chunk) = block_and_chunk::<T>();
    let mut cells = vec![0; CELLS];
    let mut powers = Powers::default();
    let mut positions = [(); 2].map(|()| vec![0.0; block]);
    let mut blocks = [(); 2].map(|()| vec![0.0; chunk / block]);
    let mut values = vec![0.0; BUFFER];
    let mut number = 0;
    sample(distribution, path, samples(), |buffer| {
        values.iter_mut().zip(buffer).for_each(|(value, x)| *value = x.to_f64());
        values.iter().for_each(|x| cells[cell(*x)] += 1);
        powers.add(&values);
        for values in values.chunks(block) {
            let [sums, squares] = &mut positions;
            let mut whole = [0.0; 2];
            for ((sum, square), x) in sums.iter_mut().zip(squares).zip(values) {
                *sum += x;
                *square += x * x;
                whole = [whole[0] + x, whole[1] + x * x];
            }
            blocks.iter_mut().zip(whole).for_each(|(sums, whole)| sums[number] += whole);
            number = (number + 1) % (chunk / block);
        }
    });
    Survey { cells, powers, positions, blocks }
}

impl Survey {
    /// Against the probabilities of the cells and the distribution's first eight moments about 0.
    fn check(&self, what: &str, p: &[f64], moments: [f64; 8]) {
        self.powers.check(what, moments);
        assert_counts(what, &self.cells, p);
        // Unit by unit on either side: what is wrong there stands out from fewer cells.
        for first in (0..CELLS).step_by(FINE as usize) {
            let unit = first..first + FINE as usize;
            let mass: f64 = p[unit.clone()].iter().sum();
            if mass * samples() as f64 > 1e4 {
                let p: Vec<f64> = p[unit.clone()].iter().map(|p| p / mass).collect();
                assert_counts(&format!("{what} from {}", edge(first)), &self.cells[unit], &p);
            }
        }
        let mean_and_variance = [
            [moments[0], moments[1] - moments[0] * moments[0]],
            [moments[1], moments[3] - moments[1] * moments[1]],
        ];
        for (classes, name) in [(&self.positions, "position"), (&self.blocks, "block")] {
            for ((sums, [mean, variance]), power) in classes.iter().zip(mean_and_variance).zip(1..)
            {
                let n = samples() as f64 / sums.len() as f64;
                let off = standardised(sums, n, mean, variance);
                assert_standard(&format!("{what}: moment {power} by {name}"), &off);
            }
        }
    }

    /// The values beyond 3 to 7 sigmas on either side.
    fn check_tails(&self, what: &str) {
        for sigmas in [3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0] {
            let expected = samples() as f64 * gauss::above(sigmas);
            let first = CELLS / 2 + (sigmas * FINE) as usize;
            let sum = |cells: &[u32]| cells.iter().map(|c| u64::from(*c)).sum::<u64>();
            for (side, count) in [
                ("above", sum(&self.cells[first..])),
                ("below -", sum(&self.cells[..CELLS - first])),
            ] {
                let what = format!("{what}: values {side} {sigmas}");
                if expected > 100.0 {
                    assert_near(&what, count as f64, expected, expected.sqrt());
                } else {
                    let distribution = Poisson::new(expected).unwrap();
                    let fewer = if count == 0 { 0.0 } else { distribution.cdf(count - 1) };
                    let p = distribution.cdf(count).min(1.0 - fewer);
                    assert!(p > 1e-7, "{what}: {count}, expected {expected:.2}: {p:.1e}");
                }
            }
        }
    }
}

fn cell(x: f64) -> usize {
    ((x * FINE + CELLS as f64 / 2.0) as i32).clamp(0, CELLS as i32 - 1) as usize
}

fn edge(i: usize) -> f64 {
    match i {
        0 => f64::NEG_INFINITY,
        CELLS => f64::INFINITY,
        _ => i as f64 / FINE - 8.0,
    }
}

/// The probabilities of the cells by a distribution function.
fn masses(below: impl Fn(f64) -> f64) -> Vec<f64> {
    let edges: Vec<f64> = (0..=CELLS).map(|i| below(edge(i))).collect();
    edges.windows(2).map(|edges| edges[1] - edges[0]).collect()
}

/// The same of values of f32, one by one up to the tail, and `continuous` beyond it and where there is no
/// optimisation: a cell has so few values of a layer (1,024 of the widest) that 10^11 show how many.
fn masses_f32(layers: &Layers<u32>, continuous: impl Fn(f64) -> f64) -> Vec<f64> {
    if cfg!(debug_assertions) {
        return masses(continuous);
    }
    let [first, last] = [-layers.tail, layers.tail].map(&continuous);
    let mut p = masses(|x| {
        let below = continuous(x);
        if x < 0.0 { below.min(first) } else { below.max(last) - last + first }
    });
    layers.values(layers.tail as f32, |x, mass| {
        p[cell(x.into())] += mass;
        p[cell((-x).into())] += mass;
    });
    p
}

const MOMENTS: [f64; 8] = [0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0];

fn normal<T: Element>(p: &[f64]) {
    let survey = survey(&Normal::<T>::new(0.0, 1.0).unwrap(), "normal");
    survey.check(T::NAME, p, MOMENTS);
    survey.check_tails(T::NAME);
}

#[test]
fn normal_f32_follows_its_distribution() {
    normal::<f32>(&masses_f32(&NORMAL_F32, |x| gauss::above(-x)));
}

#[test]
fn normal_f64_follows_its_distribution() {
    normal::<f64>(&masses(|x| gauss::above(-x)));
}

/// By parts: `E x^(k+2) = (k + 1) E x^k - 2 * 2^(k+1) phi(2) / P`.
fn two_sigma_moments() -> [f64; 8] {
    let density = (-2_f64).exp() / (2.0 * core::f64::consts::PI).sqrt() / gauss::within(2.0);
    let mut moments = [0.0; 8];
    let mut last = 1.0;
    for k in (0..8).step_by(2) {
        last = (k + 1) as f64 * last - 2.0 * 2_f64.powi(k + 1) * density;
        moments[k as usize + 1] = last;
    }
    moments
}

fn within_two_sigmas(x: f64) -> f64 {
    gauss::below_given(x.clamp(-2.0, 2.0), -2.0, 2.0)
}

fn two_sigma<T: Element>(p: &[f64]) {
    let what = format!("{} within 2 sigmas", T::NAME);
    let survey = survey(&TruncatedNormal::<T>::new(0.0, 1.0, -2.0, 2.0).unwrap(), "two sigma");
    survey.check(&what, p, two_sigma_moments());
}

#[test]
fn two_sigma_f32_follows_its_distribution() {
    two_sigma::<f32>(&masses_f32(&TWO_SIGMA_F32, within_two_sigmas));
}

#[test]
fn two_sigma_f64_follows_its_distribution() {
    two_sigma::<f64>(&masses(within_two_sigmas));
}

/// The share of the tail that is further out, which is uniform, in cells.
fn tail<T: Element>(begins: f64) {
    let mut cells = vec![0; 1 << 10];
    sample(&Normal::<T>::new(0.0, 1.0).unwrap(), "tail", samples(), |values| {
        for x in values.iter().map(|x| x.to_f64().abs()).filter(|x| *x > begins) {
            cells[(gauss::above_given(x, begins) * 1024.0) as usize] += 1;
        }
    });
    let n = samples() as f64 * 2.0 * gauss::above(begins);
    let count: f64 = cells.iter().map(|c| f64::from(*c)).sum();
    assert_near(&format!("{} values of the tail", T::NAME), count, n, n.sqrt());
    if n > 1e4 {
        assert_counts(&format!("{} tail", T::NAME), &cells, &[1.0 / 1024.0; 1 << 10]);
    }
}

#[test]
fn the_tail_follows_its_distribution() {
    tail::<f32>(NORMAL_F32.tail);
    tail::<f64>(NORMAL_F64.tail);
}

/// A mean far from 0 and a small deviation show a rounding that is not to nearest.
#[test]
fn values_are_rounded_to_nearest() {
    let count = few(1 << 26);
    let mut sum = 0.0;
    sample(&Normal::<f32>::new(8.0, 1e-4).unwrap(), "rounding", count, |values| {
        sum += values.iter().map(|x| f64::from(*x) - 8.0).sum::<f64>();
    });
    assert_near("mean above 8", sum / count as f64, 0.0, 1e-4 / (count as f64).sqrt());
}

/// PyTorch's truncated normal was wrong for a small standard deviation and wide bounds.
#[test]
fn wide_bounds_leave_a_normal_distribution() {
    for std in [0.02, 0.002, 1e-4] {
        let distribution = TruncatedNormal::<f32>::absolute(0.0, std, -2.0, 2.0).unwrap();
        let mut powers = Powers::default();
        let mut values = vec![0.0; BUFFER];
        sample(&distribution, "wide", few(1 << 26), |buffer| {
            values.iter_mut().zip(buffer).for_each(|(z, x)| *z = f64::from(*x) / std);
            assert!(values.iter().all(|z| z.abs() < 9.0));
            powers.add(&values);
        });
        powers.check(&format!("standard deviation {std}"), MOMENTS);
    }
}
