//! The normal distribution beside two truncated ones: the same parent, and the same standard deviation.

use seedbed::{Distribution, Error, Seed, keras};

use crate::plot::{Axis, Plot, Scale, legend};
use crate::svg::Svg;

const VALUES: usize = 1 << 21;
const REACH: f64 = 3.3;
const BINS: usize = 132;

/// Returns the steps of a histogram that is scaled to a density.
fn histogram(values: &[f32]) -> Vec<(f64, f64)> {
    let width = 2.0 * REACH / BINS as f64;
    let mut counts = [0_usize; BINS];
    for &value in values {
        let bin = ((f64::from(value) + REACH) / width).floor();
        if (0.0..BINS as f64).contains(&bin) {
            counts[bin as usize] += 1;
        }
    }
    let steps = counts.iter().enumerate().flat_map(|(bin, &count)| {
        let left = bin as f64 * width - REACH;
        let density = count as f64 / (values.len() as f64 * width);
        [(left, density), (left + width, density)]
    });
    steps.collect()
}

pub fn draw() -> Result<String, Error> {
    let mut svg = Svg::new(
        "Histograms of a normal distribution, of the same cut off at 2 standard deviations, and of a cut \
         distribution whose own standard deviation is 1",
        390.0,
    );
    let plot = Plot {
        origin: (50.0, 124.0),
        size: (404.0, 210.0),
        x: Axis {
            range: [-REACH, REACH],
            scale: Scale::Linear,
            ticks: &[
                (-3.0, "-3"),
                (-2.0, "-2"),
                (-1.0, "-1"),
                (0.0, "0"),
                (1.0, "1"),
                (2.0, "2"),
                (3.0, "3"),
            ],
            label: "value",
        },
        y: Axis {
            range: [0.0, 0.45],
            scale: Scale::Linear,
            ticks: &[(0.0, "0"), (0.2, "0.2"), (0.4, "0.4")],
            label: "density of 2,097,152 values",
        },
    };
    plot.axes(&mut svg);
    // The fan-in is 1, so that the standard deviation that is asked for is 1, too.
    let shape = [1, VALUES];
    let values = [
        (
            "s3",
            "RandomNormal",
            keras::RandomNormal { mean: 0.0, stddev: 1.0 }.for_shape::<f32>(&shape)?,
        ),
        (
            "s1",
            "TruncatedNormal",
            keras::TruncatedNormal { mean: 0.0, stddev: 1.0 }.for_shape(&shape)?,
        ),
        ("s0", "lecun_normal", keras::lecun_normal().for_shape(&shape)?),
    ];
    let mut names = Vec::new();
    for (class, name, values) in values {
        let std = values.distribution().map_or(f64::NAN, Distribution::std);
        let stream = Seed::from(42).stream("figure");
        plot.series(&mut svg, &histogram(&values.to_vec(&stream)?), class);
        names.push((class, format!("keras.{name}: standard deviation {std:.2}")));
    }
    let names: Vec<_> = names.iter().map(|(class, name)| (*class, name.as_str())).collect();
    legend(&mut svg, (50.0, 32.0), &names);
    Ok(svg.finish())
}
