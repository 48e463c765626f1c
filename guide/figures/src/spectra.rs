//! The singular values of an orthogonal and of a normal matrix, and of products of several.

use faer::Mat;
use seedbed::init::MatrixRows;
use seedbed::{Initializer, Seed, keras};

use crate::plot::{Axis, Plot, Scale, legend};
use crate::svg::Svg;

const SIZE: usize = 128;
const FACTORS: usize = 10;

/// Returns the singular values of the product of the first matrices of a network, largest first.
fn spectrum(initializer: &Initializer, factors: usize) -> Result<Vec<(f64, f64)>, String> {
    let values = initializer.for_shape::<f64>(&[SIZE, SIZE]).map_err(|error| error.to_string())?;
    let mut product = Mat::<f64>::identity(SIZE, SIZE);
    for layer in 0..factors {
        let stream = Seed::from(42).stream(&format!("layers.{layer}.kernel"));
        let matrix = values.to_vec(&stream).map_err(|error| error.to_string())?;
        product = product * Mat::from_fn(SIZE, SIZE, |row, col| matrix[row * SIZE + col]);
    }
    let values = product.singular_values().map_err(|error| format!("{error:?}"))?;
    Ok(values.into_iter().enumerate().map(|(rank, value)| ((rank + 1) as f64, value)).collect())
}

pub fn draw() -> Result<String, String> {
    let mut svg = Svg::new(
        "The singular values of a matrix of 128 by 128 and of a product of ten such matrices, orthogonal and \
         normal",
        580.0,
    );
    let x = || Axis {
        range: [1.0, SIZE as f64],
        scale: Scale::Linear,
        ticks: &[(1.0, "1"), (32.0, "32"), (64.0, "64"), (96.0, "96"), (128.0, "128")],
        label: "number of the singular value",
    };
    let panels = [
        (
            1,
            Plot {
                origin: (62.0, 104.0),
                size: (392.0, 160.0),
                x: x(),
                y: Axis {
                    range: [0.0, 2.0],
                    scale: Scale::Linear,
                    ticks: &[(0.0, "0"), (1.0, "1"), (2.0, "2")],
                    label: "one matrix",
                },
            },
        ),
        (
            FACTORS,
            Plot {
                origin: (62.0, 356.0),
                size: (392.0, 170.0),
                x: x(),
                y: Axis {
                    range: [1e-12, 1e2],
                    scale: Scale::Log,
                    ticks: &[(1e-10, "1e-10"), (1e-5, "1e-5"), (1.0, "1")],
                    label: "product of ten matrices",
                },
            },
        ),
    ];
    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::AllButLast);
    let lecun = keras::lecun_normal().initializer();
    let series = [(lecun, "s1"), (orthogonal, "s0")];
    for (factors, plot) in panels {
        plot.axes(&mut svg);
        for (initializer, class) in &series {
            let initializer = initializer.as_ref().map_err(ToString::to_string)?;
            plot.series(&mut svg, &spectrum(initializer, factors)?, class);
        }
    }
    let names = [("s0", "keras.Orthogonal"), ("s1", "keras.lecun_normal")];
    legend(&mut svg, (62.0, 30.0), &names);
    Ok(svg.finish())
}
