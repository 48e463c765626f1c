//! A model initialised by candle and by seedbed, with the same distributions for the matrices.

use candle_core::{DType, Device, Result};
use candle_nn::{VarBuilder, VarMap, embedding, linear};
use seedbed::Seed;
use seedbed_times::{BLOCKS, LAYERS, POSITIONS, VOCABULARY, WIDTH, compare};

fn model(vb: &VarBuilder) -> Result<()> {
    embedding(VOCABULARY, WIDTH, vb.pp("wte"))?;
    embedding(POSITIONS, WIDTH, vb.pp("wpe"))?;
    for block in 0..BLOCKS {
        for (name, input, output) in LAYERS {
            linear(input, output, vb.pp(format!("h.{block}.{name}")))?;
        }
    }
    Ok(())
}

fn main() {
    for dtype in [DType::F32, DType::BF16] {
        let own = || {
            let vars = VarMap::new();
            model(&VarBuilder::from_varmap(&vars, dtype, &Device::Cpu)).unwrap();
            vars
        };
        let rules = [
            ("w*e.weight", "torch.normal_"),
            ("*.weight", "torch.kaiming_normal_"),
            ("*.bias", "torch.zeros_"),
        ];
        let ours = || {
            let (vars, rules) = (VarMap::new(), seedbed_candle::rules(rules).unwrap());
            let seed = Seed::from(42);
            model(&seedbed_candle::var_builder(&vars, seed, rules, dtype, &Device::Cpu)).unwrap();
            vars
        };
        compare(&format!("candle {dtype:?}"), own, ours);
    }
}
