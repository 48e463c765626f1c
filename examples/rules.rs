//! Gives each tensor of a small model its initializer by a pattern of its name, then its values.
//!
//! `cargo run --example rules`

use seedbed::{Error, Rules, Seed};

/// Names and shapes as a framework lists them; a PyTorch linear weight is (out, in).
const MODEL: [(&str, &[usize]); 5] = [
    ("embed.weight", &[1_000, 64]),
    ("fc1.weight", &[256, 64]),
    ("fc1.bias", &[256]),
    ("norm.weight", &[256]),
    ("fc2.weight", &[10, 256]),
];

fn main() -> Result<(), Error> {
    // The first pattern that matches decides.
    let rules = Rules::from_names([
        ("*.bias", "torch.zeros_"),
        ("norm.*", "torch.ones_"),
        ("embed.*", "torch.normal_"),
        ("*", "torch.kaiming_uniform_"),
    ])?;
    let seed = Seed::from(42);
    for (name, shape) in MODEL {
        let values = rules.for_shape::<f32>(name, shape)?.to_vec(&seed.stream(name))?;
        let largest = values.iter().fold(0_f32, |most, value| most.max(value.abs()));
        println!("{name:14} {shape:?}: {} values up to {largest:.3}", values.len());
        match name {
            "fc1.bias" => assert!(values.iter().all(|&value| value == 0.0)),
            "norm.weight" => assert!(values.iter().all(|&value| value == 1.0)),
            // 64,000 values of the standard normal distribution.
            "embed.weight" => assert!((3.0..6.0).contains(&largest)),
            // Uniform within sqrt(6 / fan_in), where the second axis is the fan.
            _ => {
                let bound = (6.0 / shape[1] as f32).sqrt();
                assert!((0.99 * bound..bound).contains(&largest));
            }
        }
    }
    Ok(())
}
