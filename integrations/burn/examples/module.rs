//! Fills a small convolutional network by rules, and checks the standard deviation of a layer.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, Relu};
use burn::tensor::{Device, Tensor};
use seedbed::Seed;

#[derive(Module, Debug)]
struct Model {
    conv: Conv2d,
    norm: BatchNorm,
    activation: Relu,
    head: Linear,
}

impl Model {
    fn new(device: &Device) -> Self {
        Model {
            conv: Conv2dConfig::new([3, 16], [3, 3]).init(device),
            norm: BatchNormConfig::new(16).init(device),
            activation: Relu::new(),
            head: LinearConfig::new(16 * 6 * 6, 10).init(device),
        }
    }

    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let features = self.norm.forward(self.conv.forward(images));
        self.head.forward(self.activation.forward(features).flatten(1, 3))
    }
}

fn main() -> Result<(), seedbed_burn::Error> {
    let rules = seedbed_burn::rules([
        ("norm.gamma", "torch.ones_"),
        ("norm.running_var", "torch.ones_"),
        ("norm.*", "torch.zeros_"),
        ("*.bias", "torch.zeros_"),
        ("*", "keras.he_normal"),
    ])?;
    let device = Device::flex();
    let model = seedbed_burn::init(Model::new(&device), Seed::from(42), &rules)?;

    let weight = model.head.weight.val();
    let [rows, cols] = weight.dims();
    let std = weight.clone().powf_scalar(2.0).mean().sqrt().into_scalar::<f32>();
    let expected = (2.0 / rows as f32).sqrt();
    println!("head.weight ({rows}, {cols}): standard deviation {std:.5}, expected {expected:.5}");
    assert!((std / expected - 1.0).abs() < 5.0 / (2.0 * (rows * cols) as f32).sqrt());
    let logits = model.forward(Tensor::ones([1, 3, 8, 8], &device));
    println!("logits {:?}", logits.dims());
    Ok(())
}
