//! Which strips cover an interval.

use super::tables::{Curve, OUTER, REACH, STRIPS};
use super::{Rescaled, Striped, Strips};
use crate::number::{at_least, at_most, below, rounded};

/// From here on, in standard deviations, exponential strips reject fewer candidates than normal ones.
const TAIL: f64 = 2.2;

/// Intervals of fewer strips are one strip by themselves.
const FEW: usize = 16;

/// More than the candidates of two numbers differ by.
const SPAN: f64 = 64.0;

/// Values that could overflow are divided by this: a single strip's step may be 2^10 times the distance
/// of its bounds.
const HUGE: f64 = (1 << 16) as f64;

/// An interval of a normal distribution.
#[derive(Clone, Copy)]
pub(crate) struct Interval<R> {
    pub(crate) mean: f64,
    pub(crate) std: f64,
    /// The bounds in standard deviations from the mean.
    pub(crate) sigmas: [f64; 2],
    /// Their difference, which may be known more accurately.
    pub(crate) width: f64,
    /// The bounds as values.
    pub(crate) absolute: [f64; 2],
    /// The smallest and the largest value between the bounds.
    pub(crate) bounds: [R; 2],
}

/// Candidates under a curve, and what they stand for.
struct Layout {
    curve: Curve,
    /// The first and the last strip.
    strips: [usize; 2],
    /// Candidates lie strictly between these.
    window: [f64; 2],
    /// Minus the logarithm of the density at a candidate, as a polynomial.
    exponent: [f64; 3],
    /// What of it the curve does not have.
    excess: [f64; 3],
    /// A candidate, its value, and what a value changes by where a candidate changes by 1.
    origin: f64,
    anchor: f64,
    step: f64,
}

/// Returns the first and the last normal strip that an interval touches.
fn across<R: Striped>([a, b]: [f64; 2]) -> [usize; 2] {
    const MIDDLE: usize = STRIPS / 2;
    let right = &R::strips(Curve::Normal).edges[MIDDLE..];
    [
        if a < 0.0 {
            MIDDLE - edges_below::<R>(right, -a)
        } else {
            MIDDLE - 1 + edges_upto::<R>(right, a)
        },
        if b > 0.0 {
            MIDDLE - 1 + edges_below::<R>(right, b)
        } else {
            MIDDLE - edges_upto::<R>(right, -b)
        },
    ]
}

/// Returns how many edges are below `x`.
fn edges_below<R: Striped>(edges: &[R::Word], x: f64) -> usize {
    edges.partition_point(|edge| R::from_word(*edge).to_f64() < x)
}

/// Returns how many edges are not above `x`.
fn edges_upto<R: Striped>(edges: &[R::Word], x: f64) -> usize {
    edges.partition_point(|edge| R::from_word(*edge).to_f64() <= x)
}

impl<R: Striped> Interval<R> {
    /// Prepares the interval for sampling.
    pub(crate) fn strips(&self) -> Strips<R> {
        let [a, b] = self.sigmas;
        let nearest = a.max(-b);
        let layout = if nearest < OUTER {
            self.normal()
        } else if nearest < TAIL {
            self.outer()
        } else {
            self.tail()
        };
        let [first, last] = layout.strips;
        let single = (last - first + 1 < FEW).then(|| self.one_strip());
        match single {
            // A step that overflows is wide enough for some strips.
            Some(single) if single.step.is_finite() => self.scaled(single),
            _ => self.scaled(layout),
        }
    }

    /// Lays the strips of the normal curve.
    fn normal(&self) -> Layout {
        let [a, b] = self.sigmas;
        // Next to the mean or to the nearer bound, so that no digit is lost there.
        let (origin, anchor) = if a > 0.0 {
            (a, self.absolute[0])
        } else if b < 0.0 {
            (b, self.absolute[1])
        } else {
            (0.0, self.mean)
        };
        Layout {
            curve: Curve::Normal,
            strips: across::<R>([a, b]),
            window: [a.max(-REACH), b.min(REACH)],
            exponent: [0.0, 0.0, 0.5],
            excess: [0.0; 3],
            origin,
            anchor,
            step: self.std,
        }
    }

    /// Returns the bound nearer to the mean in standard deviations, positive unless the mean is between
    /// the bounds; its value, and what a value changes by a standard deviation away from it.
    fn nearer(&self) -> (f64, f64, f64) {
        let [a, b] = self.sigmas;
        if a + b < 0.0 {
            (-b, self.absolute[1], -self.std)
        } else {
            (a, self.absolute[0], self.std)
        }
    }

    /// Lays the outer strips of the normal curve.
    fn outer(&self) -> Layout {
        let (a, anchor, step) = self.nearer();
        let b = (a + self.width).min(REACH);
        let edges = &R::strips(Curve::Outer).edges;
        Layout {
            curve: Curve::Outer,
            strips: [edges_upto::<R>(edges, a) - 1, edges_below::<R>(edges, b) - 1],
            window: [a, b],
            exponent: [0.0, 0.0, 0.5],
            excess: [0.0; 3],
            origin: a,
            anchor,
            step,
        }
    }

    /// Lays the strips of the exponential curve, whose candidates are distances from the nearer bound
    /// times the rate.
    fn tail(&self) -> Layout {
        let (a, anchor, std) = self.nearer();
        // Where the square of `a` overflows, the rate is `a`.
        let root = if a < 1e8 { (a * a + 4.0).sqrt() } else { a };
        let (rate, ahead) = (0.5 * (a + root), 2.0 / (a + root));
        let end = self.width.min(REACH) * rate;
        let last = edges_below::<R>(&R::strips(Curve::Exponential).edges, end) - 1;
        // Half the square of the distance from the rate, less the least such half of the interval.
        let short = ahead.min(self.width);
        let (constant, square) = (short * (ahead - 0.5 * short), 0.5 / rate / rate);
        Layout {
            curve: Curve::Exponential,
            strips: [0, last],
            window: [-1.0, end],
            exponent: [constant, a / rate, square],
            excess: [constant, -ahead / rate, square],
            origin: 0.0,
            anchor,
            step: std / rate,
        }
    }

    /// Stretches the first strip of the exponential curve over the interval.
    fn one_strip(&self) -> Layout {
        let (a, anchor, std) = self.nearer();
        let second = R::strips(Curve::Exponential).edges[1];
        let stretch = self.width / R::from_word(second).to_f64();
        // The square of a candidate's distance from the mean, less the least such square.
        let constant = if a < 0.0 { 0.5 * a * a } else { 0.0 };
        let exponent = [constant, a * stretch, 0.5 * stretch * stretch];
        Layout {
            curve: Curve::Exponential,
            strips: [0, 0],
            window: [-1.0, f64::INFINITY],
            exponent,
            excess: exponent,
            origin: 0.0,
            anchor,
            step: std * stretch,
        }
    }

    /// Rounds a layout's numbers to the type.
    fn scaled(&self, layout: Layout) -> Strips<R> {
        let [first, last] = layout.strips;
        let anchor: R = rounded(layout.anchor);
        // The candidate whose value is the rounded anchor: else all values would be off by the rounding.
        let rounding = (anchor.to_f64() - layout.anchor) / layout.step;
        let origin = layout.origin + if rounding.is_finite() { rounding } else { 0.0 };
        let [l0, l1, l2] = layout.excess.map(|excess| excess * R::HEIGHTS);
        let mut strips = Strips {
            curve: layout.curve,
            first,
            count: last - first + 1,
            window: [at_most(layout.window[0]), at_least(layout.window[1])],
            exponent: layout.exponent.map(R::from_f64),
            least: [R::HEIGHTS - 1.0 + l0, l1, l2].map(R::from_f64),
            origin: R::from_f64(origin),
            anchor,
            step: R::from_f64(layout.step),
            bounds: self.bounds,
            rescaled: None,
        };
        let zero = R::default();
        let (factor, [anchor_before, anchor_after]) = match layout.step.abs() {
            step if step < R::LEAST_NORMAL.to_f64() => (R::SHRINK.to_f64(), [zero, anchor]),
            step if step * SPAN > below::<R>(f64::INFINITY).to_f64() => {
                (HUGE, [R::from_f64(anchor.to_f64() / HUGE), zero])
            }
            _ => return strips,
        };
        let after =
            Rescaled { factor: R::from_f64(factor), anchor: anchor_after, bounds: self.bounds };
        strips.rescaled = Some(after);
        strips.anchor = anchor_before;
        strips.bounds = R::UNBOUNDED;
        strips.step = R::from_f64(layout.step / factor);
        strips
    }
}
