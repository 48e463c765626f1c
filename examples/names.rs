//! Takes initializers from a configuration file: by the names and parameters of Keras, PyTorch, JAX and Lasagne.
//!
//! `cargo run --example names` prints
//!
//! ```text
//! std 0.0442, first value 0.0197: "jax.lecun_normal"
//! std 0.0625, first value -0.0871: {"class_name": "keras3.HeUniform", "config": {"seed": null}}
//! std 0.0200, first value 0.0143: {"class_name": "torch.trunc_normal_", "config": {"std": 0.02}}
//! parameter of torch.kaiming_normal_ `slope` is not known; allowed: `a`, `mode`, `nonlinearity`
//! ```

use seedbed::{Error, Seed, registry};

/// As Keras writes them into files, and as people do.
const CONFIGS: [&str; 4] = [
    r#""jax.lecun_normal""#,
    r#"{"class_name": "keras3.HeUniform", "config": {"seed": null}}"#,
    r#"{"class_name": "torch.trunc_normal_", "config": {"std": 0.02}}"#,
    r#"{"class_name": "torch.kaiming_normal_", "config": {"slope": 0.1}}"#,
];

fn main() -> Result<(), Error> {
    let stream = Seed::from(42).stream("dense.kernel");
    for text in CONFIGS {
        match registry::from_str(text) {
            Ok(initializer) => {
                let values = initializer.for_shape::<f32>(&[512, 256])?;
                let distribution = values.distribution().expect("independent elements");
                let first = values.to_vec(&stream)?[0];
                println!("std {:.4}, first value {first:.4}: {text}", distribution.std());
            }
            // The message is for the user who wrote the file.
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
