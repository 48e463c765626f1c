//! The layers of a ziggurat, by their definition in docs/format.md.

use crate::real::{Real, bell, inverse, mills, nearest, real};

/// A type that has a ziggurat.
#[derive(Clone, Copy, PartialEq)]
pub enum Type {
    F32,
    F64,
}

/// The low bits of an entry that hold its threshold.
const LOW: u32 = 12;

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Type::F32 => "f32",
            Type::F64 => "f64",
        }
    }

    pub fn layers(self) -> usize {
        match self {
            Type::F32 => 256,
            Type::F64 => 1024,
        }
    }

    /// Bits of a threshold.
    fn threshold_bits(self) -> u32 {
        match self {
            Type::F32 => 11,
            Type::F64 => 12,
        }
    }

    /// Returns the width of an entry: its bits as a number.
    pub fn width(self, entry: u64) -> f64 {
        match self {
            Type::F32 => f32::from_bits(entry as u32).into(),
            Type::F64 => f64::from_bits(entry),
        }
    }

    /// Returns the entry with this threshold and the high bits of `bits`.
    fn entry(self, bits: u64, threshold: u64) -> u64 {
        let low = match self {
            Type::F32 => threshold,
            // Less a half: the kernel compares signed numbers.
            Type::F64 => threshold ^ 1 << 11,
        };
        bits >> LOW << LOW | low
    }

    /// Returns the bits of the number that is nearest to `x`.
    pub fn bits(self, x: &Real) -> u64 {
        match self {
            Type::F32 => (nearest(x) as f32).to_bits().into(),
            Type::F64 => nearest(x).to_bits(),
        }
    }

    /// Returns the entry of the number that is nearest to `x`.
    fn nearest(self, x: &Real, threshold: u64) -> u64 {
        self.entry(self.bits(x), threshold)
    }

    /// Whether a layer of this entry reaches to `need`: in f32 even if it were one unit in the last
    /// place narrower.
    fn reaches(self, entry: u64, need: &Real) -> bool {
        let least = match self {
            Type::F32 => entry - 1,
            Type::F64 => entry,
        };
        real(self.width(least)) >= *need
    }

    /// Returns the threshold: the share of the width up to `sure`, rounded down to the bits there are.
    fn threshold(self, sure: &Real, width: &Real) -> u64 {
        let all = 1 << self.threshold_bits();
        let share = nearest(&(sure / width * real(all as f64)).floor());
        (share as u64).min(all - 1)
    }

    /// Finds an entry whose low bits are its own threshold, beginning with the largest threshold.
    /// `layer` returns an entry of a threshold, and what follows from it: the abscissa up to which
    /// its layer is surely below the curve first.
    fn settle<T>(self, layer: impl Fn(u64) -> (u64, (Real, T))) -> Option<(u64, (Real, T))> {
        const TRIES: usize = 8;
        let mut guess = (1 << self.threshold_bits()) - 1;
        for _ in 0..TRIES {
            let (entry, found) = layer(guess);
            let threshold = self.threshold(&found.0, &real(self.width(entry)));
            if threshold == guess {
                return Some((entry, found));
            }
            guess = threshold;
        }
        None
    }
}

/// The layers of a distribution, from the widest up.
pub struct Layers {
    pub entries: Vec<u64>,
    pub area: f64,
    /// Where the tail begins, if there is one.
    pub tail: Option<f64>,
}

/// Lays layers of this area upon each other, the lowest of which reaches to `end`. Returns their
/// entries, and whether they cover the curve.
fn lay(ty: Type, area: &Real, end: &Real) -> (Vec<u64>, bool) {
    let (mut top, mut need) = (real(0.0), end.clone());
    let mut entries = Vec::with_capacity(ty.layers());
    for i in 0..ty.layers() {
        if need == real(0.0) {
            return (entries, true); // and layers are left over
        }
        let layer = ty.settle(|threshold| {
            let mut entry = ty.nearest(&need, threshold);
            // The lowest layer of the whole distribution is as wide as it needs to be by definition.
            while !(ty.reaches(entry, &need) || i == 0 && real(ty.width(entry)) == need) {
                entry += 1 << LOW;
            }
            let top = &top + area / real(ty.width(entry));
            (entry, (inverse(&top).min(end.clone()), top))
        });
        let Some((entry, (inner, above))) = layer else {
            return (entries, false);
        };
        entries.push(entry);
        (need, top) = (inner, above);
    }
    (entries, top >= real(1.0))
}

/// Returns the least number for which `holds` is true, by bisection of those between `low` and `high`.
fn least(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *(if holds(middle) { &mut high } else { &mut low }) = middle;
    }
    high
}

/// The distribution cut off at `end`: the area is the least f64 with which the layers cover the curve.
pub fn cut_off(ty: Type, end: f64) -> Layers {
    // The whole area is 1.196 for an `end` of 2 and 1.250 for 3.
    let between = [1.0, 1.3].map(|whole| (whole / ty.layers() as f64).to_bits());
    let end = real(end);
    let lay = |area: u64| lay(ty, &real(f64::from_bits(area)), &end);
    let area = least(between[0], between[1], |area| lay(area).1);
    Layers { entries: lay(area).0, area: f64::from_bits(area), tail: None }
}

/// The whole distribution: the lowest layer is the widest with which the layers cover the curve.
pub fn whole(ty: Type) -> Layers {
    let between = [3.5, 4.5].map(|x| ty.nearest(&real(x), 0) >> LOW);
    let lay = |number: u64| {
        let (widest, (tail, area)) = lowest(ty, number << LOW)?;
        let (entries, covers) = lay(ty, &area, &real(ty.width(widest)));
        covers.then_some((entries, tail, area))
    };
    let narrowest_short = least(between[0], between[1], |number| lay(number).is_none());
    let (entries, tail, area) = lay(narrowest_short - 1).expect("layers that cover the curve");
    Layers { entries, area: nearest(&area), tail: Some(nearest(&tail)) }
}

/// Returns the entry of the lowest layer with these high bits, where its tail begins and its area:
/// its rectangle below the curve and the tail together are as large as its whole rectangle.
fn lowest(ty: Type, bits: u64) -> Option<(u64, (Real, Real))> {
    ty.settle(|threshold| {
        let entry = ty.entry(bits, threshold);
        let width = real(ty.width(entry));
        // Newton's method, which begins near enough and doubles the digits.
        let mut tail = &width - real(0.25);
        for _ in 0..8 {
            let ratio = mills(&tail);
            let off = &tail + &ratio - &width;
            tail -= off / (&tail * ratio);
        }
        let area = width * bell(&tail);
        (entry, (tail, area))
    })
}
