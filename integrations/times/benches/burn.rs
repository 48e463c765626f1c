//! A model initialised by burn and by seedbed, with the same distributions for the matrices.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use seedbed::Seed;
use seedbed_times::{BLOCKS, LAYERS, POSITIONS, VOCABULARY, WIDTH, compare};

#[derive(Module, Debug)]
struct Model {
    wte: Embedding,
    wpe: Embedding,
    layers: Vec<Linear>,
}

impl Model {
    fn new() -> Self {
        let device = Device::flex();
        let embedding = |rows| EmbeddingConfig::new(rows, WIDTH).init(&device);
        let linear = |(_, input, output)| LinearConfig::new(input, output).init(&device);
        Model {
            wte: embedding(VOCABULARY),
            wpe: embedding(POSITIONS),
            layers: (0..BLOCKS).flat_map(|_| LAYERS.map(linear)).collect(),
        }
    }
}

/// Reads every parameter, which is when burn initialises it.
struct Read;

impl ModuleVisitor for Read {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let _initialised = param.val();
    }
}

fn main() {
    let own = || {
        let model = Model::new();
        model.visit(&mut Read);
        model
    };
    let rules = [
        ("w*e.weight", "torch.normal_"),
        ("*.weight", "torch.kaiming_uniform_"),
        ("*.bias", "torch.zeros_"),
    ];
    let rules = seedbed_burn::rules(rules).unwrap();
    let ours = || seedbed_burn::init(Model::new(), Seed::from(42), &rules).unwrap();
    compare("burn-flex F32", own, ours);
}
