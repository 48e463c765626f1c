//! Values, fans, training and errors, on the CPU.

#[path = "../examples/train.rs"]
#[allow(dead_code)]
mod example;
#[path = "../../common/warnings.rs"]
mod warnings;

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{Init, VarBuilder, VarMap, linear};
use half::{bf16, f16};
use rayon::ThreadPoolBuilder;
use seedbed::{Initializer, Rules, Seed};
use seedbed_candle::{Fill, fill_vars, rules, var_builder};
use warnings::warnings;

const CPU: Device = Device::Cpu;

fn he() -> Rules {
    rules([("*.bias", "torch.zeros_"), ("*", "keras.he_normal")]).unwrap()
}

fn builder(vars: &VarMap, dtype: DType) -> VarBuilder<'static> {
    var_builder(vars, Seed::from(42), he(), dtype, &CPU)
}

fn message<T>(result: Result<T>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn variables_have_the_values_of_their_paths() -> Result<()> {
    macro_rules! check {
        ($($T:ty, $dtype:ident;)*) => {$({
            let vars = VarMap::new();
            let weight = builder(&vars, DType::$dtype).pp("a.b").get((30, 7), "weight")?;
            let expected = he().for_tensor::<$T>("a.b.weight", &[30, 7]).unwrap();
            let expected = expected.to_vec(&Seed::from(42).stream("a.b.weight")).unwrap();
            assert_eq!(weight.flatten_all()?.to_vec1::<$T>()?, expected);
            assert!(vars.data().lock().unwrap().contains_key("a.b.weight"));
        })*};
    }
    check!(f32, F32; f64, F64; f16, F16; bf16, BF16;);
    Ok(())
}

/// The crate relies on this: the vector becomes the storage.
#[test]
fn candle_takes_a_vector_without_a_copy() -> Result<()> {
    let values = vec![1_f32; 1000];
    let pointer = values.as_ptr();
    let var = Var::from_vec(values, (10, 100), &CPU)?;
    let (storage, _) = var.storage_and_layout();
    let candle_core::Storage::Cpu(storage) = &*storage else { panic!("not on the CPU") };
    assert_eq!(storage.as_slice::<f32>()?.as_ptr(), pointer);
    Ok(())
}

/// (out, in): with the axes exchanged the standard deviation would be half or twice as large.
#[test]
fn fans_are_those_of_the_layers() -> Result<()> {
    let vars = VarMap::new();
    let vb = builder(&vars, DType::F32);
    linear(2048, 512, vb.pp("fc"))?;
    candle_nn::conv2d(32, 128, 5, Default::default(), vb.pp("conv"))?;
    for (name, fan_in) in [("fc.weight", 2048.0), ("conv.weight", 800.0)] {
        let weight = vars.data().lock().unwrap()[name].flatten_all()?.to_dtype(DType::F64)?;
        let std = weight.sqr()?.mean_all()?.to_scalar::<f64>()?.sqrt();
        let error = std / (2.0_f64 / fan_in).sqrt() - 1.0;
        let standard_error = (2.0 * weight.elem_count() as f64).sqrt().recip();
        assert!(error.abs() < 5.0 * standard_error, "{name}: {error}");
    }
    Ok(())
}

#[test]
fn a_model_trains_to_the_same_weights_on_any_number_of_threads() {
    let run = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| example::train(he()).unwrap())
    };
    let one = run(1);
    assert!(one.losses.is_sorted_by(|a, b| a > b), "{:?}", one.losses);
    assert_ne!(one.initial, one.trained);
    assert_eq!(one, run(3));
}

#[test]
fn a_variable_is_made_once() -> Result<()> {
    let vars = VarMap::new();
    let vb = builder(&vars, DType::F32);
    let first = vb.get((3, 2), "w")?;
    vars.data().lock().unwrap()["w"].set(&first.zeros_like()?)?;
    assert_eq!(vb.get((3, 2), "w")?.to_vec2::<f32>()?, [[0.0; 2]; 3]);
    assert!(message(vb.get((2, 3), "w")).contains("shape mismatch on w"));
    assert!(vb.contains_tensor("w") && !vb.contains_tensor("v"));
    Ok(())
}

#[test]
fn a_fill_in_place_is_the_fill_of_a_new_variable() -> Result<()> {
    let vars = VarMap::new();
    let weight = builder(&vars, DType::BF16).get((30, 7), "weight")?;
    let values = |t: &Tensor| t.flatten_all()?.to_vec1::<bf16>();
    let expected = values(&weight)?;
    vars.data().lock().unwrap()["weight"].set(&weight.zeros_like()?)?;
    fill_vars(&vars, Seed::from(42), &he())?;
    assert_eq!(values(&weight)?, expected);

    // Part of a tensor's memory, and nothing beside it.
    let uniform = Initializer::uniform(1.0, 2.0).unwrap();
    let fill = Fill::new(&uniform, Seed::from(42).stream("rows"));
    let whole = Tensor::zeros((5, 3), DType::F64, &CPU)?;
    whole.narrow(0, 1, 2)?.inplace_op1(&fill)?;
    let filled: Vec<bool> =
        whole.flatten_all()?.to_vec1::<f64>()?.iter().map(|x| *x >= 1.0).collect();
    assert_eq!(filled, (0..15).map(|i| (3..9).contains(&i)).collect::<Vec<_>>());
    Ok(())
}

/// `VarMap` has no order of its own.
#[test]
fn the_last_name_of_a_variable_decides() -> Result<()> {
    let vars = VarMap::new();
    let tied = Var::zeros((3, 2), DType::F32, &CPU)?;
    for k in 0..10 {
        vars.data().lock().unwrap().insert(format!("{k}.weight"), tied.clone());
    }
    fill_vars(&vars, Seed::from(42), &he())?;
    let last = he().for_tensor::<f32>("9.weight", &[3, 2]).unwrap();
    let expected = last.to_vec(&Seed::from(42).stream("9.weight")).unwrap();
    assert_eq!(tied.flatten_all()?.to_vec1::<f32>()?, expected);
    Ok(())
}

#[cfg(not(feature = "cuda"))]
#[test]
fn memory_of_cuda_devices_needs_the_feature() {
    use candle_core::{CudaStorage, InplaceOp1, Layout};
    let normal = Initializer::normal(0.0, 1.0).unwrap();
    let fill = Fill::new(&normal, Seed::from(1).stream("w"));
    let filled = fill.cuda_fwd(&mut CudaStorage, &Layout::contiguous(3));
    assert!(message(filled).contains("its feature `cuda`"));
}

#[test]
fn what_cannot_be_filled_is_refused_by_name() -> Result<()> {
    let vars = VarMap::new();
    let vb = var_builder(
        &vars,
        Seed::from(1),
        rules([("*.weight", "torch.kaiming_normal_")]).unwrap(),
        DType::F32,
        &CPU,
    );
    assert!(message(linear(3, 4, vb.pp("fc"))).contains("no rule matches the tensor `fc.bias`"));
    let norm = candle_nn::layer_norm(4, 1e-5, vb.pp("norm"));
    assert!(message(norm).contains("the tensor `norm.weight`: a fan needs rank 2"));
    let integer = vb.get_with_hints_dtype((2, 2), "n.weight", Init::default(), DType::U32);
    assert!(message(integer).contains("the tensor `n.weight`: U32 is not one of"));

    let normal = Initializer::normal(0.0, 1.0).unwrap();
    let fill = Fill::new(&normal, Seed::from(1).stream("w"));
    let tensor = Tensor::zeros((3, 4), DType::F32, &CPU)?;
    assert!(message(tensor.t()?.inplace_op1(&fill)).contains("not contiguous"));
    let integers = Tensor::zeros((3, 4), DType::U32, &CPU)?;
    assert!(message(integers.inplace_op1(&fill)).contains("not one of F32"));
    assert!(message(fill_vars(&vars, Seed::from(1), &Rules::default())).contains("`fc.weight`"));
    Ok(())
}

#[test]
fn rules_that_match_no_variable_are_named_in_a_warning() -> Result<()> {
    let vars = VarMap::new();
    linear(30, 7, builder(&vars, DType::F32).pp("fc"))?;
    let fill = |names: &[(&str, &str)]| {
        let rules = rules(names.iter().copied()).unwrap();
        warnings(|| fill_vars(&vars, Seed::from(42), &rules).unwrap())
    };
    assert_eq!(fill(&[("*.bias", "torch.zeros_"), ("*", "torch.normal_")]), [""; 0]);
    assert_eq!(
        fill(&[("bias", "torch.zeros_"), ("*", "torch.normal_"), ("*.weight", "torch.ones_")]),
        [r#"no variable takes its values from the rules of ["bias", "*.weight"]"#],
    );
    // An error is enough.
    let failed = || drop(fill_vars(&vars, Seed::from(42), &Rules::default()));
    assert_eq!(warnings(failed), [""; 0]);
    Ok(())
}
