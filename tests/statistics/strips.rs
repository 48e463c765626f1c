//! The strips of truncated normal distributions as they stand in the sources: each is as high as its
//! curve, its threshold is below the curve, and they lie side by side from the curve's start to where
//! nothing is left. With 57 digits.

#[path = "../../src/kernel/strips/tables/exponential_f32.rs"]
mod exponential_f32;
#[path = "../../src/kernel/strips/tables/exponential_f64.rs"]
mod exponential_f64;
#[path = "../../src/kernel/strips/tables/normal_f32.rs"]
mod normal_f32;
#[path = "../../src/kernel/strips/tables/normal_f64.rs"]
mod normal_f64;
#[path = "../../src/kernel/strips/tables/outer_f32.rs"]
mod outer_f32;
#[path = "../../src/kernel/strips/tables/outer_f64.rs"]
mod outer_f64;

use crate::tables::{Real, bell, real};

/// Strips from `start` on.
struct Strips<'a> {
    what: &'a str,
    widths: Vec<f64>,
    /// Threshold of each strip, as a share of the height.
    thresholds: Vec<f64>,
    area: f64,
    /// Rounds an edge to the type.
    round: fn(f64) -> f64,
}

impl<'a> Strips<'a> {
    fn single(what: &'a str, entries: &[u32], area: f64) -> Self {
        let widths = entries.iter().map(|entry| f32::from_bits(*entry).into()).collect();
        let thresholds = entries.iter().map(|entry| f64::from(entry & 0xff) / 256.0).collect();
        Strips { what, widths, thresholds, area, round: |edge| (edge as f32).into() }
    }

    fn double(what: &'a str, entries: &[u64], area: f64) -> Self {
        let widths = entries.iter().map(|entry| f64::from_bits(*entry)).collect();
        let thresholds = entries.iter().map(|entry| (entry & 0x7ff) as f64 / 2048.0).collect();
        Strips { what, widths, thresholds, area, round: |edge| edge }
    }

    /// The thresholds are as large as they can be: less than a unit below the curve.
    fn check(&self, density: fn(&Real) -> Real, start: f64, reach: f64, unit: f64) {
        let Strips { what, area, .. } = self;
        let mut edge = start;
        for (i, (width, threshold)) in self.widths.iter().zip(&self.thresholds).enumerate() {
            let (height, end) = (real(*area) / real(*width), real(edge) + real(*width));
            let (highest, lowest) = (density(&real(edge)), density(&end));
            assert!(height >= highest, "{what}: strip {i} is lower than the curve");
            let slack = (&height / &highest).to_f64().value() - 1.0;
            assert!(slack < 1e-4, "{what}: strip {i} is {slack:e} too high");
            let share = (lowest / height).to_f64().value();
            let below = (0.0..unit).contains(&(share - threshold));
            assert!(below, "{what}: strip {i}: {threshold} of {share}");
            edge = (self.round)(end.to_f64().value());
        }
        assert!(edge >= reach, "{what}: ends at {edge}");
    }
}

#[test]
fn every_strip_covers_its_curve() {
    let exponential = |x: &Real| (-x.clone()).exp();
    let (single, double) = (Strips::single, Strips::double);
    let (f32_unit, f64_unit) = (1.0 / 256.0, 1.0 / 2048.0);
    single("normal f32", &normal_f32::ENTRIES, normal_f32::AREA).check(bell, 0.0, 14.0, f32_unit);
    double("normal f64", &normal_f64::ENTRIES, normal_f64::AREA).check(bell, 0.0, 14.0, f64_unit);
    single("outer f32", &outer_f32::ENTRIES, outer_f32::AREA).check(bell, 1.0, 14.0, f32_unit);
    double("outer f64", &outer_f64::ENTRIES, outer_f64::AREA).check(bell, 1.0, 14.0, f64_unit);
    single("exponential f32", &exponential_f32::ENTRIES, exponential_f32::AREA).check(
        exponential,
        0.0,
        64.0,
        f32_unit,
    );
    double("exponential f64", &exponential_f64::ENTRIES, exponential_f64::AREA).check(
        exponential,
        0.0,
        64.0,
        f64_unit,
    );
}
