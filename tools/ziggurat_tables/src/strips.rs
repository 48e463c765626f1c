//! The strips under a curve, by their definition in docs/format.md.

use crate::layers::Type;
use crate::real::{Real, real};

/// A curve that is covered by strips from `start` on, where it is 1 or less, to `reach` at least.
pub struct Curve {
    pub density: fn(&Real) -> Real,
    pub start: f64,
    pub reach: f64,
    pub count: usize,
    /// The area under it, to begin the search for the strips' area from.
    pub area: f64,
}

/// Strips side by side.
pub struct Strips {
    pub entries: Vec<u64>,
    pub area: f64,
}

impl Type {
    /// Bits of a strip's threshold, the lowest bits of its entry.
    fn strip_bits(self) -> u32 {
        match self {
            Type::F32 => 8,
            Type::F64 => 11,
        }
    }

    /// Rounds to the nearest number of the type.
    fn rounded(self, x: f64) -> f64 {
        match self {
            Type::F32 => f64::from(x as f32),
            Type::F64 => x,
        }
    }

    /// Returns the greatest entry with this threshold whose width is at most `most`.
    fn widest(self, most: &Real, threshold: u64) -> u64 {
        let unit = 1 << self.strip_bits();
        let mut entry = self.bits(most) / unit * unit + threshold;
        while real(self.width(entry + unit)) <= *most {
            entry += unit;
        }
        while real(self.width(entry)) > *most {
            entry -= unit;
        }
        entry
    }

    /// Returns the strip of this area that begins at `edge`: its entry and its other edge.
    fn strip(self, density: fn(&Real) -> Real, area: f64, edge: f64) -> (u64, f64) {
        let all = 1_u64 << self.strip_bits();
        let (area, most) = (real(area), real(area) / density(&real(edge)));
        let mut threshold = all - 1;
        // The threshold stands in the last digits of the width, and follows from the width.
        loop {
            let entry = self.widest(&most, threshold);
            let width = real(self.width(entry));
            let end = real(edge) + &width;
            let share = density(&end) * &width / &area * real(all as f64);
            let follows = share.floor().to_f64().value() as u64;
            if follows == threshold {
                return (entry, self.rounded(end.to_f64().value()));
            }
            threshold = follows;
        }
    }

    /// Lays strips of this area side by side. Returns their entries, and where they end.
    fn lay_strips(self, curve: &Curve, area: f64) -> (Vec<u64>, f64) {
        let (mut entries, mut edge) = (Vec::with_capacity(curve.count), curve.start);
        while entries.len() < curve.count && edge < curve.reach {
            let (entry, end) = self.strip(curve.density, area, edge);
            entries.push(entry);
            edge = end;
        }
        (entries, edge)
    }
}

impl Curve {
    /// Lays strips whose area is the least multiple of 2^-30 with which they reach far enough.
    pub fn strips(&self, ty: Type) -> Strips {
        const UNIT: f64 = 1.0 / (1 << 30) as f64;
        let area = |units: u64| units as f64 * UNIT;
        // Areas so much larger that strips are left over.
        let least = (self.area / self.count as f64 / UNIT) as u64;
        let (mut short, mut long) = (least, least + least / 4);
        while long - short > 1 {
            let middle = short + (long - short) / 2;
            let (_, end) = ty.lay_strips(self, area(middle));
            *(if end >= self.reach { &mut long } else { &mut short }) = middle;
        }
        let (entries, _) = ty.lay_strips(self, area(long));
        assert_eq!(entries.len(), self.count, "the last strip reaches far enough, none before it");
        Strips { entries, area: area(long) }
    }
}
