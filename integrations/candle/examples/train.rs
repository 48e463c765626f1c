//! Initialises a small network by rules and trains it for a few steps, on 1 and on 4 threads: the weights
//! are equal.

use candle_core::{D, DType, Device, IndexOp, Result, Tensor};
use candle_nn::{Linear, Module, Optimizer, SGD, VarBuilder, VarMap, linear, loss::cross_entropy};
use seedbed::{Initializer, Rules, Seed};
use seedbed_candle::{Fill, rules, var_builder};

struct Mlp(Linear, Linear);

impl Mlp {
    fn new(vb: VarBuilder) -> Result<Self> {
        Ok(Mlp(linear(40, 3000, vb.pp("fc1"))?, linear(3000, 10, vb.pp("fc2"))?))
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.1.forward(&self.0.forward(input)?.relu()?)
    }
}

/// The first layer's weights before and after training, and the loss of each step.
#[derive(Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) initial: Vec<f32>,
    pub(crate) trained: Vec<f32>,
    pub(crate) losses: Vec<f32>,
}

pub(crate) fn train(rules: Rules) -> Result<Run> {
    let (seed, vars) = (Seed::from(42), VarMap::new());
    let model = Mlp::new(var_builder(&vars, seed, rules, DType::F32, &Device::Cpu))?;
    let weights = || model.0.weight().flatten_all()?.to_vec1();
    let initial = weights()?;

    // Fill existing tensors: inputs, whose label is the position of the largest of ten numbers.
    let input = Tensor::zeros((64, 40), DType::F32, &Device::Cpu)?;
    let normal = Initializer::normal(0.0, 1.0).expect("allowed parameters");
    input.inplace_op1(&Fill::new(&normal, seed.stream("input")))?;
    let labels = input.i((.., ..10))?.argmax(D::Minus1)?;

    let mut optimizer = SGD::new(vars.all_vars(), 0.01)?;
    let mut losses = vec![];
    for _ in 0..5 {
        let loss = cross_entropy(&model.forward(&input)?, &labels)?;
        optimizer.backward_step(&loss)?;
        losses.push(loss.to_scalar()?);
    }
    Ok(Run { initial, trained: weights()?, losses })
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let rules = rules([("*.bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")])?;
    let on = |threads| -> std::result::Result<Run, Box<dyn std::error::Error>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let run = pool.install(|| train(rules.clone()))?;
        println!("{threads} thread(s): losses {:.4?}", run.losses);
        Ok(run)
    };
    assert_eq!(on(1)?, on(4)?);
    println!("the weights are equal, before and after");
    Ok(())
}
