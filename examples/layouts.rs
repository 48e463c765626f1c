//! Initializes one convolution as PyTorch and as Keras store it. The shapes have their axes in another order;
//! the fans, and so the scale of the weights, are the same.
//!
//! `cargo run --example layouts` prints
//!
//! ```text
//! [64, 32, 3, 3]: fan-in 288, fan-out 576
//! [3, 3, 32, 64]: fan-in 288, fan-out 576
//! std 0.0833, with the wrong layout 0.0180
//! ```

use seedbed::{Error, keras, torch};

const TORCH: [usize; 4] = [64, 32, 3, 3]; // (out, in, height, width)
const KERAS: [usize; 4] = [3, 3, 32, 64]; // (height, width, in, out)

fn main() -> Result<(), Error> {
    for (layout, shape) in [(torch::layout(), TORCH), (keras::layout(), KERAS)] {
        let fans = layout.fans(&shape)?;
        println!("{shape:?}: fan-in {}, fan-out {}", fans.fan_in, fans.fan_out);
    }

    // Each system's initializer reads its own shape.
    let kaiming = torch::KaimingNormal::default().initializer()?;
    let here = *kaiming.for_shape::<f32>(&TORCH)?.distribution().expect("independent elements");

    // For tensors that are stored as Keras stores them, say so: the axes move, and the rest stays.
    let moved = kaiming.clone().with_layout(&keras::layout())?;
    assert_eq!(moved.for_shape::<f32>(&KERAS)?.distribution(), Some(&here));

    // If that is forgotten, 3 x 32 x 64 is taken for the fan-in, and the weights come out too small.
    let wrong = *kaiming.for_shape::<f32>(&KERAS)?.distribution().expect("independent elements");
    println!("std {:.4}, with the wrong layout {:.4}", here.std(), wrong.std());
    Ok(())
}
