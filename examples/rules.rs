//! Initializes a small PyTorch model: patterns of names give each tensor its initializer.
//!
//! `cargo run --example rules` prints
//!
//! ```text
//! embed.weight [1000, 64]: 64000 values up to 4.535
//! fc1.weight   [256, 64]: 16384 values up to 0.306
//! fc1.bias     [256]: 256 values up to 0.000
//! norm.weight  [256]: 256 values up to 1.000
//! fc2.weight   [10, 256]: 2560 values up to 0.153
//! ```

use seedbed::{Error, Rules, Seed};

/// Names and shapes as PyTorch lists them; the weight of a linear layer is (out, in).
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
        // The name picks the initializer, and the stream that the values come from.
        let values = rules.for_tensor::<f32>(name, shape)?.to_vec(&seed.stream(name))?;
        let largest = values.iter().fold(0_f32, |largest, value| largest.max(value.abs()));
        println!("{name:12} {shape:?}: {} values up to {largest:.3}", values.len());
        if name.starts_with("fc") && name.ends_with(".weight") {
            // Uniform within sqrt(6 / fan_in).
            assert!(largest < (6.0 / shape[1] as f32).sqrt());
        }
    }
    Ok(())
}
