//! Variables on a CUDA device have the values of the CPU's. The device is that of the driver's library which the
//! program was started with: a GPU, or the library for tests, which counts launches.
#![allow(unsafe_code, reason = "the library's count")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Device, Result, Tensor, Var, WithDType};
use candle_nn::VarMap;
use half::{bf16, f16};
use libloading::os::unix::Library;
use seedbed::init::{Bounds, MatrixRows};
use seedbed::{Initializer, Rules, Seed};
use seedbed_candle::{Fill, fill_vars, rules, var_builder};

const CPU: Device = Device::Cpu;

fn cuda() -> Device {
    Device::new_cuda(0).expect("a device")
}

/// Tests take turns, as launches are counted for the process.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns how many kernels the library for tests has launched, if the driver's library is that.
fn launches() -> Option<u64> {
    // SAFETY: the function has this type.
    let count = unsafe { Library::this().get::<extern "C" fn() -> u64>(b"fake_cuda_launches") };
    count.ok().map(|count| count())
}

fn bits(tensor: &Tensor) -> Result<Vec<u64>> {
    fn of<T: WithDType>(tensor: &Tensor) -> Result<Vec<u64>> {
        let values = tensor.flatten_all()?.to_vec1::<T>()?;
        Ok(values.into_iter().map(|value| value.to_f64().to_bits()).collect())
    }
    match tensor.dtype() {
        DType::F32 => of::<f32>(tensor),
        DType::F64 => of::<f64>(tensor),
        DType::F16 => of::<f16>(tensor),
        _ => of::<bf16>(tensor),
    }
}

fn message<T>(result: Result<T>) -> String {
    result.err().expect("an error").to_string()
}

/// Distributions by kernels of each kind, and a matrix that the CPU makes.
fn every_kind() -> Rules {
    let cut = Initializer::truncated_normal(0.0, 1.0, Bounds::Sigmas(-1.0, 1.5)).unwrap();
    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).unwrap();
    let names = [("*.bias", "torch.zeros_"), ("*norm", "torch.ones_"), ("*u", "torch.uniform_")];
    let named = rules(names).unwrap().rule("*cut", cut).rule("*o", orthogonal);
    named.rule("*", Initializer::normal(0.5, 0.02).unwrap())
}

const SHAPES: [(&str, &[usize]); 7] = [
    ("a.weight", &[70, 90]),
    ("a.bias", &[70]),
    ("a.u", &[3, 5, 7]),
    ("b.cut", &[33]),
    ("b.o", &[12, 9]),
    ("norm", &[1]),
    ("b.weight", &[9, 1]),
];

fn model(vars: &VarMap, dtype: DType, device: &Device) -> Result<()> {
    let vb = var_builder(vars, Seed::from(42), every_kind(), dtype, device);
    SHAPES.iter().try_for_each(|(name, shape)| vb.get(*shape, name).map(drop))
}

fn assert_same(ours: &VarMap, expected: &VarMap) -> Result<()> {
    let (ours, expected) = (ours.data().lock().unwrap(), expected.data().lock().unwrap());
    assert_eq!(ours.len(), expected.len());
    for (name, var) in &*ours {
        assert_eq!(bits(var)?, bits(&expected[name])?, "{name} in {:?}", var.dtype());
    }
    Ok(())
}

#[test]
fn variables_have_the_values_of_the_cpu() -> Result<()> {
    let (_turn, device) = (turn(), cuda());
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        let (ours, expected) = (VarMap::new(), VarMap::new());
        model(&ours, dtype, &device)?;
        model(&expected, dtype, &CPU)?;
        assert_same(&ours, &expected)?;
        assert!(ours.all_vars().iter().all(|var| var.device().is_cuda()));

        // Again from another seed, together.
        let before = launches();
        fill_vars(&ours, Seed::from(7), &every_kind())?;
        if let (Some(before), Some(after)) = (before, launches()) {
            assert_eq!(after - before, 4, "constant, uniform, ziggurat and strips");
        }
        fill_vars(&expected, Seed::from(7), &every_kind())?;
        assert_same(&ours, &expected)?;
    }
    Ok(())
}

#[test]
fn a_part_of_a_tensor_is_filled_and_nothing_beside_it() -> Result<()> {
    let uniform = Initializer::uniform(1.0, 2.0).unwrap();
    let fill = Fill::new(&uniform, Seed::from(42).stream("rows"));
    let filled = |device: &Device, dtype| {
        let whole = Tensor::zeros((5, 3), dtype, device)?;
        whole.narrow(0, 1, 2)?.inplace_op1(&fill)?;
        bits(&whole)
    };
    let (_turn, device) = (turn(), cuda());
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        let expected = filled(&CPU, dtype)?;
        assert_eq!(expected.iter().filter(|bits| **bits == 0).count(), 9);
        assert_eq!(filled(&device, dtype)?, expected);
    }
    Ok(())
}

#[test]
fn devices_and_names_of_the_same_memory_go_together() -> Result<()> {
    let _turn = turn();
    // On two devices of candle, which are the same of the driver, and on the CPU; more than a launch takes.
    let (ours, expected) = (VarMap::new(), VarMap::new());
    let devices = [cuda(), cuda(), CPU];
    let mut first = None;
    for k in 0..900 {
        let (name, shape) = (format!("{k}.w"), (1, k % 3 + 1));
        let var = Var::zeros(shape, DType::F32, &devices[k % 3])?;
        first.get_or_insert_with(|| var.clone());
        ours.data().lock().unwrap().insert(name.clone(), var);
        expected.data().lock().unwrap().insert(name, Var::zeros(shape, DType::F32, &CPU)?);
    }
    let tied = first.expect("the first variable");
    ours.data().lock().unwrap().insert("tied.w".to_owned(), tied);
    let before = launches();
    fill_vars(&ours, Seed::from(3), &every_kind())?;
    if let (Some(before), Some(after)) = (before, launches()) {
        assert_eq!(after - before, 4, "160 and 140 of each device, the second name in the second");
    }
    expected
        .data()
        .lock()
        .unwrap()
        .insert("tied.w".to_owned(), Var::zeros((1, 1), DType::F32, &CPU)?);
    fill_vars(&expected, Seed::from(3), &every_kind())?;
    let last = expected.data().lock().unwrap()["tied.w"].clone();
    expected.data().lock().unwrap().insert("0.w".to_owned(), last);
    assert_same(&ours, &expected)
}

#[test]
fn what_cannot_be_filled_is_refused_by_name() -> Result<()> {
    let (_turn, device) = (turn(), cuda());
    let normal = Initializer::normal(0.0, 1.0).unwrap();
    let fill = Fill::new(&normal, Seed::from(1).stream("w"));
    let tensor = Tensor::zeros((3, 4), DType::F32, &device)?;
    assert!(message(tensor.t()?.inplace_op1(&fill)).contains("not contiguous"));
    let integers = Tensor::zeros((3, 4), DType::U32, &device)?;
    assert!(message(integers.inplace_op1(&fill)).contains("not one of F32"));
    assert_eq!(integers.to_vec2::<u32>()?, [[0; 4]; 3]);

    let vars = VarMap::new();
    for (name, dtype) in [("a.w", DType::F32), ("b.w", DType::U32), ("c.w", DType::F32)] {
        vars.data().lock().unwrap().insert(name.to_owned(), Var::zeros(3, dtype, &device)?);
    }
    let error = message(fill_vars(&vars, Seed::from(1), &every_kind()));
    assert!(error.starts_with("the tensor `b.w`\n") && !error.contains("`a.w`"), "{error}");
    assert_eq!(bits(&vars.data().lock().unwrap()["a.w"])?, [0; 3]);
    let fans = rules([("*", "torch.kaiming_normal_")]).unwrap();
    let error = message(fill_vars(&vars, Seed::from(1), &fans));
    assert!(error.contains("`a.w`") && error.contains("rank 2"), "{error}");
    let vb = var_builder(&vars, Seed::from(1), fans, DType::F32, &device);
    assert!(message(vb.get(3, "d.w")).contains("the tensor `d.w`: a fan needs rank 2"));
    Ok(())
}
