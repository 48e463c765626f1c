//! Gives a framework's own tensor type its values, in the order of axes in which it stores them.
//!
//! `cargo run --example tensor` prints
//!
//! ```text
//! up to 0.087482, below sqrt(6 / 784) = 0.087482
//! ```

use seedbed::{Error, Initializer, Seed, Stream, keras, torch};

/// A tensor of the framework: linear layers are (in, out), convolutions (height, width, in, out).
struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// Makes a tensor by an initializer of any system. The memory is allocated and written once.
    fn new(shape: &[usize], initializer: &Initializer, stream: &Stream) -> Result<Tensor, Error> {
        let here = initializer.clone().with_layout(&keras::layout())?; // Keras has the same axes
        Ok(Tensor { shape: shape.to_vec(), data: here.for_shape(shape)?.to_vec(stream)? })
    }

    /// Fills a tensor again, in its own memory.
    fn reset(&mut self, initializer: &Initializer, stream: &Stream) -> Result<(), Error> {
        let here = initializer.clone().with_layout(&keras::layout())?;
        here.for_shape(&self.shape)?.fill(&mut self.data, stream)
    }
}

fn main() -> Result<(), Error> {
    // PyTorch has the inputs on the second axis; the initializer finds them on the first axis here.
    let kaiming = torch::KaimingUniform::default().initializer()?;
    let stream = Seed::from(42).stream("fc.weight");
    let mut weight = Tensor::new(&[784, 256], &kaiming, &stream)?;
    let largest = weight.data.iter().fold(0_f32, |largest, value| largest.max(value.abs()));
    println!("up to {largest:.6}, below sqrt(6 / 784) = {:.6}", (6_f32 / 784.0).sqrt());

    let before = weight.data.clone();
    weight.reset(&kaiming, &stream)?;
    assert_eq!(weight.data, before);
    Ok(())
}
