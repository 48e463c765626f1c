//! The models that the program knows, against the published lists of their tensors.

use seedbed::Distribution;
use seedbed_cli::models::Model;
use seedbed_cli::spec::Entry;
use seedbed_cli::{plan, spec};

use crate::{find, parameters};

#[test]
fn gpt2_is_the_published_list() {
    let entries = Model::Gpt2.entries();
    assert_eq!((entries.len(), parameters(&entries)), (148, 124_439_808));
    for (name, shape) in [
        ("wte.weight", &[50257, 768][..]),
        ("wpe.weight", &[1024, 768]),
        ("h.0.ln_1.weight", &[768]),
        ("h.11.attn.c_attn.weight", &[768, 2304]),
        ("h.11.attn.c_attn.bias", &[2304]),
        ("h.3.attn.c_proj.weight", &[768, 768]),
        ("h.3.mlp.c_fc.weight", &[768, 3072]),
        ("h.3.mlp.c_proj.weight", &[3072, 768]),
        ("ln_f.bias", &[768]),
    ] {
        assert_eq!(find(&entries, name).shape, shape, "{name}");
    }
    let std = |name: &str| {
        let Entry { shape, init, .. } = find(&entries, name);
        init.initializer.for_shape::<f64>(shape).unwrap().distribution().unwrap().std()
    };
    assert_eq!(std("wte.weight"), 0.02);
    assert_eq!(std("wpe.weight"), 0.01);
    assert_eq!(std("h.5.attn.c_proj.weight"), 0.02 / 24f64.sqrt());
    assert_eq!(std("h.5.mlp.c_proj.weight"), 0.02 / 24f64.sqrt());
    assert_eq!(std("h.5.mlp.c_fc.weight"), 0.02);
}

#[test]
fn resnet50_is_the_published_list() {
    let entries = Model::Resnet50.entries();
    assert_eq!((entries.len(), parameters(&entries)), (161, 25_557_032));
    for (name, shape) in [
        ("conv1.weight", &[64, 3, 7, 7][..]),
        ("bn1.bias", &[64]),
        ("layer1.0.downsample.0.weight", &[256, 64, 1, 1]),
        ("layer2.0.conv1.weight", &[128, 256, 1, 1]),
        ("layer3.5.conv2.weight", &[256, 256, 3, 3]),
        ("layer4.2.bn3.weight", &[2048]),
        ("fc.weight", &[1000, 2048]),
        ("fc.bias", &[1000]),
    ] {
        assert_eq!(find(&entries, name).shape, shape, "{name}");
    }
}

#[test]
fn every_tensor_of_the_models_has_its_distribution() {
    for (model, distributions) in [(Model::Gpt2, 5), (Model::Resnet50, 14)] {
        let plan = plan::plan(&model.entries(), 0, spec::Dtype::F32).unwrap();
        let mut distinct = Vec::new();
        for planned in plan {
            assert!(planned.elements.distribution().is_some(), "{}", planned.name);
            if !distinct.contains(&planned.elements) {
                distinct.push(planned.elements);
            }
        }
        assert_eq!(distinct.len(), distributions, "{distinct:?}");
    }
    let entries = Model::Resnet50.entries();
    let distribution = |name| {
        let entry = find(&entries, name).clone();
        let planned = plan::plan(&[entry], 0, spec::Dtype::F32).unwrap().remove(0);
        *planned.elements.distribution().unwrap()
    };
    let Distribution::Normal(normal) = distribution("conv1.weight") else { panic!() };
    assert!((normal.std() / (2.0 / (64.0 * 49.0f64)).sqrt() - 1.0).abs() < 1e-12);
    assert_eq!(normal.mean(), 0.0);
    let Distribution::Uniform(uniform) = distribution("fc.weight") else { panic!() };
    assert!((uniform.high() * 2048f64.sqrt() - 1.0).abs() < 1e-12);
    assert_eq!(uniform.low(), -uniform.high());
    assert_eq!(distribution("fc.bias"), distribution("fc.weight"));
}
