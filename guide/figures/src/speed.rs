//! Nanoseconds for a value beside the peers, from the table of docs/performance.md.

use crate::svg::{Anchor, Svg};

/// What of the table is shown: values in cache, on one thread, at the best level.
const CASE: [&str; 3] = ["f32", "avx512", "16 Ki"];

const DISTRIBUTIONS: [&str; 3] = ["uniform", "normal", "truncated normal"];

/// The libraries in the order of the table's columns, and of the bars.
const LIBRARIES: [(&str, &str); 4] =
    [("seedbed", "s0"), ("MKL", "s1"), ("NumPy", "s3"), ("rand_distr", "s2")];

/// Returns the times of a distribution, of libraries that have it.
fn times(document: &str, distribution: &str) -> Option<Vec<(usize, f64)>> {
    let rows = document
        .lines()
        .map(|line| -> Vec<&str> { line.trim_matches('|').split('|').map(str::trim).collect() });
    let row =
        rows.into_iter().find(|row| row[0] == distribution && row.get(1..4) == Some(&CASE))?;
    // A peer's column has our time relative to the peer's, and in brackets the peer's.
    let time = |cell: &str| {
        let cell = cell.split_once('(').map_or(cell, |(_, time)| time);
        cell.split([' ', ')']).next()?.parse::<f64>().ok()
    };
    let cells = row[4..8].iter().enumerate();
    Some(cells.filter_map(|(library, cell)| Some((library, time(cell)?))).collect())
}

pub fn draw(document: &str) -> Result<String, String> {
    let mut svg = Svg::new(
        "Nanoseconds for an f32 value on one thread of a Xeon with AVX-512: seedbed, MKL, NumPy, rand_distr",
        424.0,
    );
    svg.text(
        (20.0, 30.0),
        Anchor::Start,
        "ink",
        "Nanoseconds for an f32 value, one thread (Xeon, AVX-512)",
    );
    let mut y = 62.0;
    for distribution in DISTRIBUTIONS {
        let times = times(document, distribution)
            .ok_or_else(|| format!("docs/performance.md has no {distribution} of {CASE:?}"))?;
        svg.text((20.0, y), Anchor::Start, "ink", distribution);
        let largest = times.iter().fold(0.0, |largest: f64, (_, time)| largest.max(*time));
        y += 10.0;
        for (library, time) in times {
            let (name, class) = LIBRARIES[library];
            let width = (300.0 * time / largest).max(1.0);
            svg.text((96.0, y + 13.0), Anchor::End, "faint", name);
            svg.rect((104.0, y), (width, 17.0), class);
            svg.text((110.0 + width, y + 13.0), Anchor::Start, "ink", &format!("{time:.2}"));
            y += 22.0;
        }
        y += 26.0;
    }
    Ok(svg.finish())
}
