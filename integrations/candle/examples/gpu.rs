//! On a machine with a GPU: makes GPT-2 on the CPU and on the GPU, compares the bits, and times fills beside
//! candle's own.
//!
//!     cargo run --release --features cuda --example gpu

use std::error::Error;
use std::time::Instant;

use candle_core::{DType, Device, Result, Tensor, WithDType};
use candle_nn::VarMap;
use half::bf16;
use seedbed::{Initializer, Rules, Seed};
use seedbed_candle::{Fill, fill_vars, rules, var_builder};

const HIDDEN: usize = 768;

/// The variables of GPT-2 small: 124 million values in 148 tensors.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let h = HIDDEN;
    let layer = [
        ("ln_1.weight", vec![h]),
        ("ln_1.bias", vec![h]),
        ("attn.c_attn.weight", vec![3 * h, h]),
        ("attn.c_attn.bias", vec![3 * h]),
        ("attn.c_proj.weight", vec![h, h]),
        ("attn.c_proj.bias", vec![h]),
        ("ln_2.weight", vec![h]),
        ("ln_2.bias", vec![h]),
        ("mlp.c_fc.weight", vec![4 * h, h]),
        ("mlp.c_fc.bias", vec![4 * h]),
        ("mlp.c_proj.weight", vec![h, 4 * h]),
        ("mlp.c_proj.bias", vec![h]),
    ];
    let ends = [
        ("wte.weight", vec![50_257, h]),
        ("wpe.weight", vec![1024, h]),
        ("ln_f.weight", vec![h]),
        ("ln_f.bias", vec![h]),
    ];
    let layers = (0..12).flat_map(|k| {
        layer.iter().map(move |(name, shape)| (format!("h.{k}.{name}"), shape.clone()))
    });
    ends.map(|(name, shape)| (name.to_owned(), shape)).into_iter().chain(layers).collect()
}

fn names() -> std::result::Result<Rules, seedbed::Error> {
    let named = rules([("*.bias", "torch.zeros_"), ("*ln_*.weight", "torch.ones_")])?;
    Ok(named.rule("*", Initializer::normal(0.0, 0.02)?))
}

/// Makes the model's variables on a device.
fn model(dtype: DType, device: &Device) -> std::result::Result<VarMap, Box<dyn Error>> {
    let vars = VarMap::new();
    let vb = var_builder(&vars, Seed::from(42), names()?, dtype, device);
    for (name, shape) in shapes() {
        vb.get(shape, &name)?;
    }
    Ok(vars)
}

/// Returns the number of values that differ.
fn differ<T: WithDType + PartialEq>(ours: &VarMap, expected: &VarMap) -> Result<usize> {
    let (ours, expected) = (ours.data().lock().unwrap(), expected.data().lock().unwrap());
    let mut all = 0;
    for (name, var) in &*ours {
        let values = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<T>();
        let (a, b) = (values(var)?, values(&expected[name])?);
        // Neither has a NaN; that zeros have the same signs is compared elsewhere.
        all += a.iter().zip(&b).filter(|(a, b)| a != b).count();
    }
    Ok(all)
}

/// The least time of work on a device, in milliseconds: of twenty, or of what a second has.
fn least(device: &Device, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let (mut least, begun) = (f64::INFINITY, Instant::now());
    for run in 0..20 {
        if run > 0 && begun.elapsed().as_secs() >= 1 {
            break;
        }
        device.synchronize()?;
        let start = Instant::now();
        work()?;
        device.synchronize()?;
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least)
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let device = Device::new_cuda(0)?;
    println!("{}", device.as_cuda_device()?.cuda_stream().context().name()?);
    let (seed, names) = (Seed::from(7), names()?);
    let mut wrong = 0;
    for dtype in [DType::F32, DType::BF16] {
        let (ours, expected) = (model(dtype, &device)?, model(dtype, &Device::Cpu)?);
        let compare = if dtype == DType::F32 { differ::<f32> } else { differ::<bf16> };
        let made = compare(&ours, &expected)?;
        let ms = least(&device, || fill_vars(&ours, seed, &names))?;
        let cpu = least(&Device::Cpu, || fill_vars(&expected, seed, &names))?;
        let filled = compare(&ours, &expected)?;
        println!("GPT-2 in {dtype:?}: {made} differ when made, {filled} when filled again");
        println!("  fill_vars: GPU {ms:.3} ms, CPU {cpu:.1} ms");
        let new =
            least(&device, || model(dtype, &device).map(drop).map_err(candle_core::Error::msg))?;
        println!("  var_builder: GPU {new:.3} ms");
        wrong += made + filled;
    }
    let own = least(&device, || {
        shapes()
            .into_iter()
            .try_for_each(|(_, shape)| Tensor::randn(0f32, 0.02, shape, &device).map(drop))
    })?;
    println!("candle's own randn of these shapes in F32: {own:.3} ms");
    if let Err(error) = Tensor::zeros(4, DType::BF16, &device)?.randn_like(0.0, 1.0) {
        println!(
            "candle's own randn in BF16: {}",
            error.to_string().lines().next().unwrap_or_default()
        );
    }

    let normal = Initializer::normal(0.0, 1.0)?;
    for bits in (12..=28).step_by(4) {
        let len = 1 << bits;
        let rate = |ms: f64, size: usize| (size * len) as f64 / ms / 1e6;
        let own = least(&device, || Tensor::randn(0f32, 1.0, len, &device).map(drop))?;
        print!("2^{bits}: candle's randn F32 {own:.4} ms, {:.0} GB/s", rate(own, 4));
        for dtype in [DType::F32, DType::BF16, DType::F64] {
            let tensor = Tensor::zeros(len, dtype, &device)?;
            let fill = Fill::new(&normal, seed.stream("times"));
            let ms = least(&device, || tensor.inplace_op1(&fill))?;
            print!("; Fill {dtype:?} {ms:.4} ms, {:.0} GB/s", rate(ms, dtype.size_in_bytes()));
        }
        println!();
    }
    if wrong > 0 {
        return Err(format!("{wrong} values differ").into());
    }
    Ok(())
}
