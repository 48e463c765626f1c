//! Every entry of the ziggurats' tables, computed again with 57 digits.

use core::fmt::Debug;

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

use crate::layers::{
    Layers, NORMAL_F32, NORMAL_F64, THREE_SIGMA_F32, THREE_SIGMA_F64, TWO_SIGMA_F32, TWO_SIGMA_F64,
};

pub type Real = FBig<HalfEven, 2>;

const BITS: usize = 192;

pub fn real(x: f64) -> Real {
    Real::try_from(x).unwrap().with_precision(BITS).value()
}

/// The density, up to a factor.
pub fn bell(x: &Real) -> Real {
    (x.sqr() * real(-0.5)).exp()
}

/// Where the density is `y`.
fn inverse(y: &Real) -> Real {
    if *y < real(1.0) { (y.ln() * real(-2.0)).sqrt() } else { real(0.0) }
}

/// The area beyond `x >= 3.6` divided by the density there: the continued fraction of Laplace.
fn mills(x: &Real) -> Real {
    (1..300).rev().fold(x.clone(), |sum, k| x + real(k.into()) / sum).inv()
}

/// The entries of a type: a width whose low bits hold the threshold.
trait Entry: Copy + PartialEq + Debug {
    /// Bits of a threshold.
    const THRESHOLD: u32;
    fn width(self) -> f64;
    /// The least entry with this threshold whose width is not below `need`.
    fn least(need: &Real, threshold: u64) -> Self;
}

/// Bits of an entry that are the threshold's.
const LOW: u32 = 12;

macro_rules! entry {
    ($word:ident, $float:ident, $bits:expr, $encode:expr) => {
        impl Entry for $word {
            const THRESHOLD: u32 = $bits;
            fn width(self) -> f64 {
                $float::from_bits(self).into()
            }
            fn least(need: &Real, threshold: u64) -> Self {
                let nearest = need.to_f64().value() as $float;
                let mut entry = nearest.to_bits() >> LOW << LOW | $encode(threshold) as $word;
                while real(entry.width()) < *need {
                    entry += 1 << LOW;
                }
                entry
            }
        }
    };
}

entry!(u32, f32, 11, |threshold: u64| threshold);
entry!(u64, f64, 12, |threshold: u64| threshold.wrapping_sub(1 << 11) & 0xfff);

/// The share of the width that is surely below the curve, rounded down.
fn threshold<W: Entry>(inner: &Real, width: &Real) -> u64 {
    let share = (inner / width * real(2_f64.powi(W::THRESHOLD as i32))).floor();
    (share.to_f64().value() as u64).min((1 << W::THRESHOLD) - 1)
}

/// A layer that reaches to `need`, on top of one that ends at the ordinate `top`: its entry, the ordinate
/// of its upper edge, and where the density meets that edge, which is not beyond `end`; `None` if no
/// threshold follows from the width that it is a part of.
fn layer<W: Entry>(need: &Real, top: &Real, area: &Real, end: &Real) -> Option<(W, Real, Real)> {
    // The threshold stands in the last digits of the width, and follows from the width.
    let mut guess = (1 << W::THRESHOLD) - 1;
    for _ in 0..8 {
        let entry = W::least(need, guess);
        let width = real(entry.width());
        let top = top + area / &width;
        let inner = inverse(&top).min(end.clone());
        let threshold = threshold::<W>(&inner, &width);
        if threshold == guess {
            return Some((entry, top, inner));
        }
        guess = threshold;
    }
    None
}

/// Lays so many layers of this area upon each other, the lowest of which reaches to `end`: their entries,
/// and how far the uppermost reaches above the density at 0.
fn lay<W: Entry>(count: usize, area: &Real, end: &Real) -> (Vec<W>, f64) {
    let (mut top, mut need) = (real(0.0), end.clone());
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        // A width whose threshold does not settle makes no layer.
        let Some((entry, above, inner)) = layer(&need, &top, area, end) else {
            return (entries, -1.0);
        };
        (top, need) = (above, inner);
        entries.push(entry);
    }
    (entries, (top - real(1.0)).to_f64().value())
}

fn check<W: Entry>(what: &str, layers: &Layers<W>) {
    let count = layers.entries.len();
    let (end, area) = match layers.cut {
        Some(cut) => (real(cut), real(layers.area)),
        None => {
            let widest = real(layers.entries[0].width());
            let (tail, area) = tail_and_area(&widest, layers.tail);
            assert_eq!(tail.to_f64().value(), layers.tail, "{what}: tail");
            assert_eq!(area.to_f64().value(), layers.area, "{what}: area");
            (widest, area)
        }
    };
    let (expected, above) = lay::<W>(count, &area, &end);
    for (i, (entry, expected)) in layers.entries.iter().zip(&expected).enumerate() {
        assert_eq!(entry, expected, "{what}: layer {i} of width {}", entry.width());
    }
    assert!((-1e-15..1e-2).contains(&above), "{what}: the top is {above:e} above the curve");
    if layers.cut.is_some() {
        // The area is the least with which the layers reach the top, to a millionth of it.
        let (_, above) = lay::<W>(count, &(area * real(1.0 - 1e-6)), &end);
        assert!(above < 0.0, "{what}: with a smaller area the top is {above:e} above the curve");
    }
}

/// Where the tail begins such that a layer of width `widest` has the area of its rectangle below
/// the curve and of the tail, by Newton's method; and this area.
fn tail_and_area(widest: &Real, near: f64) -> (Real, Real) {
    let mut tail = real(near);
    for _ in 0..6 {
        let ratio = mills(&tail);
        let off = &tail + &ratio - widest;
        tail -= off / (&tail * ratio);
    }
    let area = widest * bell(&tail);
    (tail, area)
}

#[test]
fn every_layer_is_what_fifty_digits_say() {
    check("normal f32", &NORMAL_F32);
    check("normal f64", &NORMAL_F64);
    check("two sigma f32", &TWO_SIGMA_F32);
    check("two sigma f64", &TWO_SIGMA_F64);
    check("three sigma f32", &THREE_SIGMA_F32);
    check("three sigma f64", &THREE_SIGMA_F64);
}
