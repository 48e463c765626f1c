//! What the initializers of a network of 50 layers do to its activations.

use seedbed::init::Initialize;
use seedbed::{Error, Normal, Sample, Seed, keras};

use crate::plot::{Axis, Plot, Scale, legend};
use crate::svg::Svg;

const LAYERS: usize = 50;
const BATCH: usize = 32;

/// Widths alternate, as in the blocks of a transformer: in a network of equal widths Glorot's and LeCun's
/// initializers would be the same.
const WIDTHS: [usize; 2] = [256, 1024];

type Activation = fn(f32) -> f32;

/// Returns the root mean square of the activations after each layer, those of the input first.
fn depths(
    initializer: &keras::VarianceScaling,
    activation: Activation,
) -> Result<Vec<(f64, f64)>, Error> {
    let seed = Seed::from(42);
    let mut width = WIDTHS[0];
    let mut x: Vec<f32> = Normal::new(0.0, 1.0)?.sample_vec(BATCH * width, &seed.stream("input"));
    let mut depths = vec![(0.0, root_mean_square(&x))];
    for layer in 0..LAYERS {
        let next = WIDTHS[(layer + 1) % WIDTHS.len()];
        let stream = seed.stream(&format!("layers.{layer}.kernel"));
        let kernel: Vec<f32> = initializer.sample(&[width, next], &stream)?;
        x = product(&x, &kernel, width, next).into_iter().map(activation).collect();
        width = next;
        depths.push(((layer + 1) as f64, root_mean_square(&x)));
    }
    Ok(depths)
}

/// Returns `x`, rows of `width`, times a matrix of `width` rows and `next` columns.
fn product(x: &[f32], matrix: &[f32], width: usize, next: usize) -> Vec<f32> {
    let mut product = vec![0.0; x.len() / width * next];
    for (row, out) in x.chunks(width).zip(product.chunks_mut(next)) {
        for (factor, weights) in row.iter().zip(matrix.chunks(next)) {
            out.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += factor * weight);
        }
    }
    product
}

fn root_mean_square(x: &[f32]) -> f64 {
    (x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
}

pub fn draw() -> Result<String, Error> {
    let mut svg = Svg::new(
        "The size of activations by depth in a network of 50 layers, for ReLU and tanh, with the \
         initializers of He, Glorot and LeCun",
        576.0,
    );
    let x = || Axis {
        range: [0.0, LAYERS as f64],
        scale: Scale::Linear,
        ticks: &[(0.0, "0"), (10.0, "10"), (20.0, "20"), (30.0, "30"), (40.0, "40"), (50.0, "50")],
        label: "layer",
    };
    let panels: [(Activation, Plot<'_>); 2] = [
        (
            |x| x.max(0.0),
            Plot {
                origin: (62.0, 76.0),
                size: (392.0, 180.0),
                x: x(),
                y: Axis {
                    range: [1e-10, 1e1],
                    scale: Scale::Log,
                    ticks: &[(1e-8, "1e-8"), (1e-4, "1e-4"), (1.0, "1")],
                    label: "ReLU: root mean square of activations",
                },
            },
        ),
        (
            f32::tanh,
            Plot {
                origin: (62.0, 342.0),
                size: (392.0, 180.0),
                x: x(),
                y: Axis {
                    range: [0.0, 1.0],
                    scale: Scale::Linear,
                    ticks: &[(0.0, "0"), (0.5, "0.5"), (1.0, "1")],
                    label: "tanh: root mean square of activations",
                },
            },
        ),
    ];
    for (activation, plot) in panels {
        plot.axes(&mut svg);
        let initializers = [keras::lecun_normal(), keras::glorot_normal(), keras::he_normal()];
        for (initializer, class) in initializers.iter().zip(["s2", "s1", "s0"]) {
            plot.series(&mut svg, &depths(initializer, activation)?, class);
        }
    }
    let names = [("s0", "He"), ("s1", "Glorot"), ("s2", "LeCun")];
    for (column, entry) in names.into_iter().enumerate() {
        legend(&mut svg, (62.0 + 110.0 * column as f64, 30.0), &[entry]);
    }
    Ok(svg.finish())
}
