//! The layers of the ziggurats as they stand in the sources, and what follows from them: the exact
//! probabilities of small values, and which digits of the random word a value was made from.

#[path = "../../src/kernel/ziggurat/tables/normal_f32.rs"]
mod normal_f32;
#[path = "../../src/kernel/ziggurat/tables/normal_f64.rs"]
mod normal_f64;
#[path = "../../src/kernel/ziggurat/tables/three_sigma_f32.rs"]
mod three_sigma_f32;
#[path = "../../src/kernel/ziggurat/tables/three_sigma_f64.rs"]
mod three_sigma_f64;
#[path = "../../src/kernel/ziggurat/tables/two_sigma_f32.rs"]
mod two_sigma_f32;
#[path = "../../src/kernel/ziggurat/tables/two_sigma_f64.rs"]
mod two_sigma_f64;

use core::f64::consts::FRAC_PI_2;

use seedbed::{Element, Normal, TruncatedNormal};

use crate::gauss;
use crate::support::{assert_cells, assert_counts, assert_near, sample, samples};

/// Widths and areas of layers.
pub struct Layers<W: 'static> {
    /// The largest magnitude; beyond it is the tail of the normal distribution.
    pub cut: Option<f64>,
    pub entries: &'static [W],
    pub area: f64,
    /// Where the tail begins.
    pub tail: f64,
}

pub const NORMAL_F32: Layers<u32> = Layers {
    cut: None,
    entries: &normal_f32::ENTRIES,
    area: normal_f32::AREA,
    tail: normal_f32::TAIL,
};
pub const NORMAL_F64: Layers<u64> = Layers {
    cut: None,
    entries: &normal_f64::ENTRIES,
    area: normal_f64::AREA,
    tail: normal_f64::TAIL,
};
pub const TWO_SIGMA_F32: Layers<u32> = Layers {
    cut: Some(2.0),
    entries: &two_sigma_f32::ENTRIES,
    area: two_sigma_f32::AREA,
    tail: 2.0,
};
pub const TWO_SIGMA_F64: Layers<u64> = Layers {
    cut: Some(2.0),
    entries: &two_sigma_f64::ENTRIES,
    area: two_sigma_f64::AREA,
    tail: 2.0,
};

pub const THREE_SIGMA_F32: Layers<u32> = Layers {
    cut: Some(3.0),
    entries: &three_sigma_f32::ENTRIES,
    area: three_sigma_f32::AREA,
    tail: 3.0,
};
pub const THREE_SIGMA_F64: Layers<u64> = Layers {
    cut: Some(3.0),
    entries: &three_sigma_f64::ENTRIES,
    area: three_sigma_f64::AREA,
    tail: 3.0,
};

fn bell(x: f64) -> f64 {
    (-0.5 * x * x).exp()
}

impl Layers<u32> {
    /// Shows `take` the positive values below `limit`, which is not beyond the tail, and the probability
    /// of each: a candidate's magnitude is an odd multiple of 2^7 of 31 bits, times the layer's width.
    pub fn values(&self, limit: f32, mut take: impl FnMut(f32, f64)) {
        let half = FRAC_PI_2.sqrt() * self.cut.map_or(1.0, gauss::within);
        let accepted = half / (self.area * self.entries.len() as f64);
        let word = 2_f64.powi(-32) / accepted;
        let mut floor = 0.0_f64;
        for entry in self.entries {
            let height = self.area / f64::from(f32::from_bits(*entry));
            let width = f32::from_bits(entry - (31 << 23));
            let sure = entry << 20;
            for magnitude in (1_u32 << 7..1 << 31).step_by(1 << 8) {
                let x = magnitude as f32 * width;
                if x >= limit {
                    break;
                }
                let below = if magnitude < sure {
                    1.0
                } else {
                    ((bell(x.into()) - floor) / height).clamp(0.0, 1.0)
                };
                take(x, below * word);
            }
            floor += height;
        }
    }
}

/// Below 2^-12 the f32 values are sparse: a layer has some hundred of them. Each stands by itself
/// below 2^-18.
#[test]
fn values_near_zero_have_their_exact_probabilities() {
    const LIMIT: f32 = 1.0 / 4096.0;
    let distributions = [
        ("normal", NORMAL_F32, TruncatedNormal::<f32>::new(0.0, 1.0, -20.0, 20.0).unwrap()),
        ("two sigma", TWO_SIGMA_F32, TruncatedNormal::<f32>::new(0.0, 1.0, -2.0, 2.0).unwrap()),
    ];
    for (what, layers, distribution) in distributions {
        // Cells of 2^-29, a fifth to a half of the distance of a layer's values.
        let cell = |x: f32| (x.abs() * 536_870_912.0) as usize;
        let mut cells = vec![[0.0; 2]; cell(LIMIT)];
        let mut signs = [0.0; 2];
        let n = samples();
        sample(&distribution, "near zero", n, |values| {
            for x in values.iter().filter(|x| x.abs() < LIMIT) {
                assert!(*x != 0.0, "{what}: zero");
                cells[cell(*x)][0] += 1.0;
                signs[usize::from(*x < 0.0)] += 1.0;
            }
        });
        layers.values(LIMIT, |x, p| cells[cell(x)][1] += 2.0 * p * n as f64);
        let impossible = cells.iter().position(|[count, p]| *count > 0.0 && *p == 0.0);
        assert_eq!(impossible, None, "{what}: a value that no layer has");
        assert_cells(&format!("{what}, near zero"), &cells);
        let [positive, negative] = signs;
        let error = f64::sqrt(positive + negative) / 2.0;
        assert_near("positive ones", positive, (positive + negative) / 2.0, error);
    }
}

/// Where only the widest layer reaches, a value tells its word's digits. They must not be those
/// that chose the layer, or all such values would share them.
fn digits_of_the_widest_layer(
    what: &str,
    [widest, next]: [f64; 2],
    tail: f64,
    digits: i32,
    values: &[f64],
) {
    let numerators = values.iter().map(|x| x.abs() / widest * 2_f64.powi(digits) - 0.5);
    // Rounding moves the numerator by 1 or so: the lowest two digits are left out.
    let mut counts = [0_u32; 64];
    numerators.for_each(|k| counts[(k.round() as u64 >> 2 & 63) as usize] += 1);
    let n = values.len();
    assert!(n > 1000, "{what}: only {n} values from {next} to {tail}");
    assert_counts(&format!("{what}: low digits"), &counts, &[1.0 / 64.0; 64]);
}

fn digits_of_large_values<T: Element>(widths: [f64; 2], tail: f64, digits: i32) {
    let mut values = Vec::new();
    sample(&Normal::<T>::new(0.0, 1.0).unwrap(), "digits", samples(), |buffer| {
        let large = buffer.iter().map(|x| x.to_f64());
        values.extend(large.filter(|x| (widths[1]..tail).contains(&x.abs())));
    });
    digits_of_the_widest_layer(T::NAME, widths, tail, digits, &values);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "too few values are as large")]
fn the_digits_of_an_f32_did_not_choose_its_layer() {
    let Layers { entries, tail, .. } = NORMAL_F32;
    let widths = [entries[0], entries[2]].map(|bits| f32::from_bits(bits).into());
    digits_of_large_values::<f32>(widths, tail, 23);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "too few values are as large")]
fn the_digits_of_an_f64_did_not_choose_its_layer() {
    let Layers { entries, tail, .. } = NORMAL_F64;
    digits_of_large_values::<f64>([entries[0], entries[2]].map(f64::from_bits), tail, 52);
}
