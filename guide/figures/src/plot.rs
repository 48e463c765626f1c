//! Line plots with two axes.

use crate::svg::{Anchor, Svg};

/// How a number is placed on an axis.
#[derive(Clone, Copy)]
pub enum Scale {
    Linear,
    Log,
}

/// An axis: its range, its scale, and the numbers to write with the words for them.
pub struct Axis<'a> {
    pub range: [f64; 2],
    pub scale: Scale,
    pub ticks: &'a [(f64, &'a str)],
    pub label: &'a str,
}

impl Axis<'_> {
    /// Returns the place of a number, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let of = |value: f64| match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(1e-300).log10(),
        };
        let [low, high] = self.range.map(of);
        ((of(value) - low) / (high - low)).clamp(0.0, 1.0)
    }
}

/// The area between two axes.
pub struct Plot<'a> {
    pub origin: (f64, f64),
    pub size: (f64, f64),
    pub x: Axis<'a>,
    pub y: Axis<'a>,
}

impl Plot<'_> {
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let ((left, top), (width, height)) = (self.origin, self.size);
        (left + width * self.x.place(x), top + height * (1.0 - self.y.place(y)))
    }

    /// Draws the axes, with the label of the y axis above it.
    pub fn axes(&self, svg: &mut Svg) {
        let ((left, top), (width, height)) = (self.origin, self.size);
        for &(value, words) in self.y.ticks {
            let (_, y) = self.place((self.x.range[0], value));
            svg.line(&[(left, y), (left + width, y)], "rule", 1.0);
            svg.text((left - 6.0, y + 5.0), Anchor::End, "faint", words);
        }
        for &(value, words) in self.x.ticks {
            let (x, _) = self.place((value, self.y.range[0]));
            svg.text((x, top + height + 18.0), Anchor::Middle, "faint", words);
        }
        svg.text((left, top - 10.0), Anchor::Start, "ink", self.y.label);
        let middle = left + width / 2.0;
        svg.text((middle, top + height + 36.0), Anchor::Middle, "faint", self.x.label);
    }

    /// Draws a series of points; what is outside of the plot is drawn at its edge.
    pub fn series(&self, svg: &mut Svg, points: &[(f64, f64)], class: &str) {
        let points: Vec<_> = points.iter().map(|&point| self.place(point)).collect();
        svg.line(&points, class, 2.5);
    }
}

/// Writes the names of series in a column, each after a piece of its line.
pub fn legend(svg: &mut Svg, (x, y): (f64, f64), entries: &[(&str, &str)]) {
    for (row, (class, words)) in entries.iter().enumerate() {
        let y = y + 20.0 * row as f64;
        svg.line(&[(x, y - 5.0), (x + 22.0, y - 5.0)], class, 3.0);
        svg.text((x + 30.0, y), Anchor::Start, "ink", words);
    }
}
