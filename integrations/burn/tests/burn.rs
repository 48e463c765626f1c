//! Values, fans, settings of parameters and errors, on burn's smallest backend.

#[path = "../../common/warnings.rs"]
mod warnings;

use burn::module::{Module, Param, ParamId};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, LinearLayout};
use burn::tensor::{Device, Tensor, TensorData};
use seedbed::{Rules, Seed};
use seedbed_burn::{Error, init, rules};
use warnings::warnings;

#[derive(Module, Debug)]
struct Model {
    layers: Vec<Linear>,
    conv: Conv2d,
    norm: BatchNorm,
}

impl Model {
    fn new(device: &Device) -> Self {
        Model {
            layers: vec![
                LinearConfig::new(30, 7).init(device),
                LinearConfig::new(2048, 512).with_bias(false).init(device),
            ],
            conv: Conv2dConfig::new([32, 128], [5, 5]).init(device),
            norm: BatchNormConfig::new(3).init(device),
        }
    }
}

fn he() -> Rules {
    rules([
        ("norm.running_var", "torch.ones_"),
        ("norm.gamma", "torch.ones_"),
        ("norm.*", "torch.zeros_"),
        ("*.bias", "torch.zeros_"),
        ("*", "torch.kaiming_normal_"),
    ])
    .unwrap()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn expected(path: &str, shape: &[usize]) -> Vec<f32> {
    he().for_tensor(path, shape).unwrap().to_vec(&Seed::from(42).stream(path)).unwrap()
}

#[test]
fn parameters_have_the_values_of_their_paths() {
    let model = init(Model::new(&Device::flex()), Seed::from(42), &he()).unwrap();
    let [first, second] = &model.layers[..] else { unreachable!() };
    assert_eq!(values(first.weight.val()), expected("layers.0.weight", &[30, 7]));
    assert_eq!(values(first.bias.as_ref().unwrap().val()), [0.0; 7]);
    assert_eq!(values(second.weight.val()), expected("layers.1.weight", &[2048, 512]));
    assert_eq!(values(model.conv.weight.val()), expected("conv.weight", &[128, 32, 5, 5]));
    assert_eq!(values(model.norm.gamma.val()), [1.0; 3]);
    assert_eq!(values(model.norm.beta.val()), [0.0; 3]);
    assert_eq!(values(model.norm.running_var.value()), [1.0; 3]);
}

/// Matrices are (in, out), convolutions (out, in, height, width).
#[test]
fn fans_are_those_of_the_layers() {
    let model = init(Model::new(&Device::flex()), Seed::from(42), &he()).unwrap();
    let linear = values(model.layers[1].weight.val());
    for (weight, fan_in) in [(linear, 2048.0), (values(model.conv.weight.val()), 800.0)] {
        let squares: f64 = weight.iter().map(|x| f64::from(*x).powi(2)).sum();
        let std = (squares / weight.len() as f64).sqrt();
        let error = std / (2.0_f64 / fan_in).sqrt() - 1.0;
        let standard_error = (2.0 * weight.len() as f64).sqrt().recip();
        assert!(error.abs() < 5.0 * standard_error, "{fan_in}: {error}");
    }
}

#[test]
fn values_do_not_depend_on_threads() {
    let weights = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let model = || init(Model::new(&Device::flex()), Seed::from(42), &he()).unwrap();
        values(pool.install(model).layers[1].weight.val())
    };
    assert_eq!(weights(1), weights(3));
}

#[derive(Module, Debug)]
struct Lazy {
    weight: Param<Tensor<2>>,
}

#[test]
fn burns_own_initialisation_never_runs() {
    let id = ParamId::new();
    let own = |_: &Device, _| -> Tensor<2> { panic!("burn initialised the parameter") };
    let weight = Param::uninitialized(id, own, Device::flex(), true, [3, 5].into());
    assert!(init(Lazy { weight }, Seed::from(42), &Rules::default()).is_err());

    let weight = Param::uninitialized(id, own, Device::flex(), true, [3, 5].into());
    let rules = rules([("weight", "torch.normal_")]).unwrap();
    let module = init(Lazy { weight }, Seed::from(42), &rules).unwrap();
    assert_eq!(module.weight.id, id);
    assert_eq!(module.weight.dims(), [3, 5]);
}

#[test]
fn parameters_keep_whether_they_require_gradients() {
    for device in [Device::flex(), Device::flex().autodiff()] {
        let mut model = Model::new(&device);
        let frozen = model.layers.remove(0).no_grad();
        model.layers.insert(0, frozen);
        let model = init(model, Seed::from(42), &he()).unwrap().train();
        assert!(!model.layers[0].weight.is_require_grad());
        assert!(model.layers[1].weight.is_require_grad());
    }
}

/// The crate relies on this: the vector becomes the tensor's memory.
#[test]
fn burn_flex_takes_a_vector_without_a_copy() {
    let values = vec![1_f32; 1000];
    let pointer = values.as_ptr();
    let tensor = Tensor::<2>::from_data(TensorData::new(values, [10, 100]), &Device::flex());
    let data = tensor.into_data();
    assert_eq!(data.as_slice::<f32>().unwrap().as_ptr(), pointer);
}

#[test]
fn what_cannot_be_filled_is_refused_by_name() {
    let refused = |config: LinearConfig, names: &[(&str, &str)]| {
        let rules = rules(names.iter().copied()).unwrap();
        init(config.init(&Device::flex()), Seed::from(1), &rules).unwrap_err()
    };
    let none = refused(LinearConfig::new(3, 4), &[("weight", "torch.kaiming_normal_")]);
    assert_eq!(none.to_string(), "no rule matches the tensor `bias`");
    let unfit = refused(LinearConfig::new(3, 4), &[("*", "torch.kaiming_normal_")]);
    assert!(unfit.to_string().starts_with("the tensor `bias`: a fan needs"), "{unfit}");
    for inputs in [3, 4] {
        let transposed = LinearConfig::new(inputs, 4).with_layout(LinearLayout::Col);
        let transposed = refused(transposed, &[("*", "torch.zeros_")]);
        assert_eq!(transposed, Error::Transposed { path: "weight".into() });
    }
}

#[test]
fn rules_that_match_no_parameter_are_named_in_a_warning() {
    let fill = |rules: &Rules| {
        warnings(|| drop(init(Model::new(&Device::flex()), Seed::from(42), rules).unwrap()))
    };
    assert_eq!(fill(&he()), [""; 0]);
    let rules =
        rules([("weight", "torch.ones_"), ("*", "torch.normal_"), ("norm.*", "torch.ones_")]);
    let expected = r#"no parameter takes its values from the rules of ["weight", "norm.*"]"#;
    assert_eq!(fill(&rules.unwrap()), [expected]);
    // An error is enough.
    let failed = || drop(init(Model::new(&Device::flex()), Seed::from(42), &Rules::default()));
    assert_eq!(warnings(failed), [""; 0]);
}
