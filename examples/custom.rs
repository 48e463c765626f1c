//! Makes initializers that no system has: another power of the fan, and a function of your own.
//!
//! `cargo run --example custom` prints
//!
//! ```text
//! fc.weight    [768, 768]: root mean square 0.0510
//! head.weight  [1000, 768]: root mean square 0.0013
//! ssm.decay    [768]: root mean square 0.0579
//! ```

use seedbed::init::{FanMode, Initialize, ScaledDistribution, Variance, VarianceScaling};
use seedbed::{Error, Initializer, Sample, Seed, Stream, Uniform, torch};

/// An output layer of standard deviation 1 / fan-in, not 1 / sqrt(fan-in), as in muP.
fn readout(shape: &[usize]) -> Result<Initializer, Error> {
    let fan_in = torch::layout().fans(shape)?.fan_in;
    let (normal, variance) = (ScaledDistribution::Normal, Variance::Scale(1.0 / fan_in));
    Ok(VarianceScaling::new(normal, variance, FanMode::In, torch::layout())?.into())
}

/// Decay rates in ascending order: any function of a shape and a stream is an initializer.
fn decay(shape: &[usize], stream: &Stream) -> Result<Vec<f32>, Error> {
    let uniform = Uniform::<f32>::new(0.001, 0.1)?;
    let mut rates = uniform.sample_vec(shape.iter().product(), stream);
    rates.sort_by(f32::total_cmp);
    Ok(rates)
}

fn main() -> Result<(), Error> {
    let seed = Seed::from(42);
    let model: [(&str, &[usize], &dyn Initialize<f32>); 3] = [
        ("fc.weight", &[768, 768], &torch::KaimingNormal::default()),
        ("head.weight", &[1000, 768], &readout(&[1000, 768])?),
        ("ssm.decay", &[768], &decay),
    ];
    for (path, shape, initializer) in model {
        let values = initializer.sample(shape, &seed.stream(path))?;
        let rms = (values.iter().map(|x| x * x).sum::<f32>() / values.len() as f32).sqrt();
        println!("{path:12} {shape:?}: root mean square {rms:.4}");
    }
    Ok(())
}
