//! Initializers of one system in the layout of another: outputs, inputs and taps are where the layout
//! has them.

use seedbed::init::{
    ConvOrder, Layout, MatrixOrder, MatrixRows, NonSquare, Nonzeros, OtherRanks, SparseAxis,
};
use seedbed::{Initializer, Rules, Seed, Stream, keras, lasagne, registry, torch};

fn stream() -> Stream {
    Seed::from(3).stream("layouts")
}

/// The values of a tensor by a rule in a layout.
fn values(name: &str, layout: &Layout, shape: &[usize]) -> Vec<f64> {
    let rules = Rules::from_names([("*", name)]).unwrap().layout(layout).unwrap();
    rules.for_tensor("w", shape).unwrap().to_vec(&stream()).unwrap()
}

/// Where the values are not zero, as indices.
fn places(values: &[f64], shape: &[usize]) -> Vec<Vec<usize>> {
    let index = |mut i: usize| {
        let mut index: Vec<usize> = shape.iter().rev().map(|n| (i % n, i /= n).0).collect();
        index.reverse();
        index
    };
    (0..values.len()).filter(|&i| values[i] != 0.0).map(index).collect()
}

/// The squared norms of the parts of a tensor with the same index on an axis.
#[cfg(feature = "orthogonal")]
fn norms(values: &[f64], shape: &[usize], axis: usize) -> Vec<f64> {
    let stride: usize = shape[axis + 1..].iter().product();
    let mut norms = vec![0.0; shape[axis]];
    for (i, x) in values.iter().enumerate() {
        norms[i / stride % shape[axis]] += x * x;
    }
    norms
}

fn orders() -> [(Layout, [usize; 4], [usize; 2]); 4] {
    // The shape of 3 inputs, 5 outputs and 4 by 6 taps, and the axes of inputs and outputs.
    [
        (Layout::new(MatrixOrder::OutIn, ConvOrder::Oihw), [5, 3, 4, 6], [1, 0]),
        (Layout::new(MatrixOrder::InOut, ConvOrder::Hwio), [4, 6, 3, 5], [2, 3]),
        (Layout::new(MatrixOrder::InOut, ConvOrder::Ihwo), [3, 4, 6, 5], [0, 3]),
        (Layout::new(MatrixOrder::OutIn, ConvOrder::Ohwi), [5, 4, 6, 3], [3, 0]),
    ]
}

#[test]
#[cfg(feature = "orthogonal")]
fn the_outputs_of_an_orthogonal_convolution_have_norm_1() {
    for name in ["torch.orthogonal_", "keras.Orthogonal", "lasagne.Orthogonal", "jax.orthogonal"] {
        let check = |layout: &Layout, shape: &[usize], output| {
            let norms = norms(&values(name, layout, shape), shape, output);
            assert!(
                norms.iter().all(|norm| (norm - 1.0).abs() < 1e-12),
                "{name} {shape:?} {norms:?}"
            );
        };
        check(&keras::layout(), &[3, 3, 4, 8], 3);
        for (layout, shape, [input, output]) in orders() {
            check(&layout, &shape, output);
            check(&layout.transposed(), &shape, input);
        }
        check(&Layout::axes(&[0, 3], &[2], &[]).unwrap(), &[4, 3, 6, 5], 2);
        // A host's batch axes are batch axes of the initializer: a norm of 1 in each of 2 matrices.
        let batched = Layout::axes(&[2], &[1], &[0]).unwrap();
        let in_all = norms(&values(name, &batched, &[2, 3, 5]), &[2, 3, 5], 1);
        assert!(in_all.iter().all(|norm| (norm - 2.0).abs() < 1e-12), "{name} {in_all:?}");
    }
}

#[test]
#[cfg(feature = "orthogonal")]
fn a_delta_has_orthonormal_inputs_at_its_centre() {
    for (layout, shape, [input, output]) in orders() {
        let values = values("jax.delta_orthogonal", &layout, &shape);
        let norms = norms(&values, &shape, input);
        assert!(norms.iter().all(|norm| (norm - 1.0).abs() < 1e-12), "{shape:?} {norms:?}");
        for place in places(&values, &shape) {
            let taps = (0..4).filter(|&axis| axis != input && axis != output);
            assert!(taps.map(|axis| place[axis]).eq([1, 2]), "{shape:?} {place:?}");
        }
        let transposed = layout.transposed();
        let refused = Initializer::delta_orthogonal(1.0).unwrap().with_layout(&transposed).unwrap();
        assert!(refused.for_shape::<f32>(&shape).is_err(), "more inputs than outputs");
    }
}

#[test]
fn a_dirac_has_its_ones_at_the_centre() {
    let values_4 = values("torch.dirac_", &keras::layout(), &[3, 3, 4, 4]);
    let expected: Vec<_> = (0..4).map(|i| vec![1, 1, i, i]).collect();
    assert_eq!(places(&values_4, &[3, 3, 4, 4]), expected);
    for (layout, shape, [input, output]) in orders() {
        for layout in [layout.clone(), layout.transposed()] {
            let values = values("torch.dirac_", &layout, &shape);
            let mut expected: Vec<_> = (0..3)
                .map(|i| {
                    let mut taps = [2, 3].into_iter();
                    let at = |axis| {
                        if axis == input || axis == output { i } else { taps.next().unwrap() }
                    };
                    (0..4).map(at).collect::<Vec<usize>>()
                })
                .collect();
            expected.sort();
            assert_eq!(places(&values, &shape), expected, "{layout:?}");
        }
    }
    // Two groups: (height, in, out) of 2 inputs to a group.
    let grouped = Initializer::dirac(2).unwrap().with_layout(&keras::layout()).unwrap();
    let values = grouped.for_shape::<f64>(&[3, 2, 4]).unwrap().to_vec(&stream()).unwrap();
    assert_eq!(places(&values, &[3, 2, 4]), [[1, 0, 0], [1, 0, 2], [1, 1, 1], [1, 1, 3]]);
}

#[test]
fn a_sparse_matrix_has_its_values_for_outputs_or_inputs() {
    let count = |values: &[f64], shape: &[usize; 2], axis: usize| -> Vec<usize> {
        let places = places(values, shape);
        let lines = 0..shape[axis];
        lines.map(|line| places.iter().filter(|place| place[axis] == line).count()).collect()
    };
    let sparse = |name: &str, layout: &Layout, shape: &[usize; 2], axis| -> Vec<usize> {
        count(&values(name, layout, shape), shape, axis)
    };
    // 10 of 100 inputs for each of 4 outputs.
    assert_eq!(sparse("lasagne.Sparse", &torch::layout(), &[4, 100], 0), [10; 4]);
    assert_eq!(sparse("lasagne.Sparse", &lasagne::layout(false), &[100, 4], 1), [10; 4]);
    assert_eq!(sparse("lasagne.Sparse", &torch::layout().transposed(), &[100, 4], 1), [10; 4]);
    // 3 of 4 outputs for each of 20 inputs.
    let layouts = [(torch::layout(), [4, 20], 1), (keras::layout(), [20, 4], 0)];
    for (layout, shape, axis) in layouts {
        let torch = torch::Sparse { sparsity: 0.25, std: 1.0 }.initializer().unwrap();
        let torch = torch.with_layout(&layout).unwrap();
        let values = torch.for_shape::<f64>(&shape).unwrap().to_vec(&stream()).unwrap();
        assert_eq!(count(&values, &shape, axis), vec![3; 20], "{layout:?}");
        // Its memory, column by column, is the matrix with the sides exchanged.
        let [rows, cols] = shape;
        let turned = torch.transposed().for_shape::<f64>(&[cols, rows]).unwrap();
        let turned = turned.to_vec(&stream()).unwrap();
        assert_eq!(count(&turned, &[cols, rows], 1 - axis), vec![3; 20], "{layout:?}");
    }
}

/// In the layout of its own system every initializer has the values that it has anyway.
#[test]
fn the_own_layout_changes_nothing() {
    let jax = Layout::new(MatrixOrder::InOut, ConvOrder::Hwio);
    let torch_sparse = torch::Sparse { sparsity: 0.3, std: 1.0 }.initializer().unwrap();
    let mut cases = vec![(torch_sparse, torch::layout(), vec![20, 30])];
    for (name, layout, shape) in [
        ("torch.orthogonal_", torch::layout(), &[6, 5, 2, 3][..]),
        ("torch.orthogonal_", torch::layout(), &[6, 5]),
        ("torch.orthogonal_", torch::layout(), &[6, 1, 1]),
        ("keras.Orthogonal", keras::layout(), &[2, 3, 5, 6]),
        ("keras.Orthogonal", keras::layout(), &[1, 1, 6]),
        ("lasagne.Orthogonal", lasagne::layout(false), &[6, 5, 3]),
        ("lasagne.Orthogonal", lasagne::layout(false), &[6, 5]),
        ("jax.orthogonal", jax.clone(), &[3, 5, 6]),
        ("jax.delta_orthogonal", jax, &[3, 5, 6]),
        ("torch.dirac_", torch::layout(), &[6, 5, 3]),
        ("torch.eye_", torch::layout(), &[6, 5]),
        ("lasagne.Sparse", lasagne::layout(false), &[20, 30]),
    ] {
        if cfg!(feature = "orthogonal") || !name.contains("rthogonal") {
            cases.push((registry::get(name).unwrap(), layout, shape.to_vec()));
        }
    }
    for (initializer, layout, shape) in cases {
        let own = initializer.for_shape::<f64>(&shape).unwrap().to_vec(&stream()).unwrap();
        let stored = initializer.with_layout(&layout).unwrap();
        let stored = stored.for_shape::<f64>(&shape).unwrap().to_vec(&stream()).unwrap();
        assert_eq!(own, stored, "{layout:?} {shape:?}");
    }
}

#[test]
fn axes_by_their_numbers_stay() {
    let axes = |axes: &[isize]| seedbed::jax::Axes::Several(axes.to_vec());
    let mut jax = seedbed::jax::he_normal();
    jax.batch_axis = axes(&[0]);
    let column = seedbed::jax::Orthogonal { column_axis: 1, ..Default::default() };
    let mut keras3 = seedbed::keras3::he_normal();
    (keras3.input_axes, keras3.output_axes) = (Some(vec![0]), Some(vec![1, 2]));
    for initializer in [
        jax.initializer().unwrap(),
        keras3.initializer().unwrap(),
        column.initializer().unwrap(),
        Initializer::orthogonal(1.0, MatrixRows::AllBut(0)).unwrap(),
        Initializer::sparse(SparseAxis::Column, Nonzeros::Exactly(1), 1.0).unwrap(),
        Initializer::sparse(SparseAxis::Row, Nonzeros::Exactly(1), 1.0).unwrap(),
        Initializer::identity(2.0, NonSquare::Tile).unwrap(),
    ] {
        assert_eq!(initializer.clone().with_layout(&torch::layout()).unwrap(), initializer);
    }
}

#[test]
fn ranks_groups_and_transposition_stay() {
    let distribution = |name: &str, layout: &Layout, shape: &[usize]| {
        let rules = Rules::from_names([("*", name)]).unwrap().layout(layout).unwrap();
        rules.for_tensor::<f64>("w", shape).map(|values| values.distribution().unwrap().std())
    };
    // Keras 2 takes the root of the elements of ranks 1 and 6, Keras 3 the elements, JAX neither.
    let roots = torch::layout().other_ranks(OtherRanks::SquareRoot);
    let close = |std: f64, fan: f64| (std * std * fan - 1.0).abs() < 1e-9;
    assert!(close(distribution("keras.lecun_uniform", &torch::layout(), &[49]).unwrap(), 7.0));
    assert!(close(distribution("keras.lecun_uniform", &torch::layout(), &[2; 6]).unwrap(), 8.0));
    assert!(close(distribution("keras3.lecun_uniform", &torch::layout(), &[49]).unwrap(), 49.0));
    assert!(distribution("torch.kaiming_normal_", &roots, &[49]).is_err());
    assert!(distribution("lasagne.HeNormal", &keras::layout(), &[49]).is_err());

    // A transposed convolution (in, out / groups, taps) in PyTorch is (taps, out / groups, in) in Keras.
    let own = torch::layout().transposed().groups(2).unwrap();
    let scaled = |layout| {
        use seedbed::init::{FanMode, ScaledDistribution, Variance, VarianceScaling};
        let (normal, variance) = (ScaledDistribution::Normal, Variance::Scale(1.0));
        Initializer::from(VarianceScaling::new(normal, variance, FanMode::In, layout).unwrap())
    };
    let std = |initializer: &Initializer, shape: &[usize]| match initializer {
        Initializer::VarianceScaling(scaling) => scaling.std(shape).unwrap(),
        other => panic!("{other:?}"),
    };
    let keras = scaled(own.clone()).with_layout(&keras::layout()).unwrap();
    assert!(close(std(&scaled(own), &[8, 3, 5]), 8.0 / 2.0 * 5.0));
    assert!(close(std(&keras, &[5, 3, 8]), 8.0 / 2.0 * 5.0));
    // Groups that only the layout has.
    let grouped = scaled(torch::layout()).with_layout(&keras::layout().groups(4).unwrap()).unwrap();
    assert_eq!(
        grouped,
        scaled(keras::layout().ranks(2..).other_ranks(OtherRanks::Refused).groups(4).unwrap())
    );
}

#[test]
fn a_layout_without_a_meaning_is_refused_by_name() {
    let several = Layout::axes(&[0], &[1, 2], &[]).unwrap();
    let batch = Layout::axes(&[1], &[2], &[0]).unwrap();
    let only = Layout::only_axes(&[0], &[1]).unwrap();
    let no_output = Layout::axes(&[0], &[], &[]).unwrap();
    let groups = torch::layout().groups(2).unwrap();
    for (name, layout) in [
        ("torch.dirac_", &several),
        ("torch.dirac_", &batch),
        ("torch.dirac_", &only),
        ("torch.dirac_", &groups),
        ("jax.delta_orthogonal", &several),
        ("jax.delta_orthogonal", &batch),
        ("lasagne.Sparse", &several),
        ("lasagne.Sparse", &batch),
        ("lasagne.Sparse", &no_output),
        ("torch.orthogonal_", &no_output),
        ("torch.orthogonal_", &groups),
    ] {
        let rules = Rules::from_names([("*", name)]).unwrap();
        let message = rules.layout(layout).unwrap_err().to_string();
        let subject = match name {
            "torch.dirac_" => "Dirac",
            "jax.delta_orthogonal" => "DeltaOrthogonal",
            "lasagne.Sparse" => "Sparse",
            _ => "Orthogonal",
        };
        assert!(message.starts_with(&format!("{subject} needs a layout with")), "{message}");
    }
    let message = Initializer::dirac(1).unwrap().with_layout(&several).unwrap_err().to_string();
    let expected = "Dirac needs a layout with one input axis, another output axis, no batch axis and \
                    no groups, but its input axes are [0], its output axes [1, 2], its batch axes [], \
                    and groups is 1";
    assert_eq!(message, expected);
}

/// PyTorch leaves a tensor without elements as it is, of any rank.
#[test]
fn a_tensor_without_elements_needs_no_fans() {
    for name in
        ["torch.kaiming_normal_", "torch.xavier_uniform_", "lasagne.HeNormal", "jax.he_normal"]
    {
        for shape in [&[0][..], &[0, 5], &[5, 0], &[3, 0, 5], &[0; 7]] {
            let values = registry::get(name).unwrap().for_shape::<f32>(shape).unwrap();
            assert_eq!(values.to_vec(&stream()), Ok(vec![]), "{name} {shape:?}");
        }
    }
}

#[cfg(feature = "serde")]
mod json {
    use seedbed::init::Layout;
    use seedbed::{Initializer, registry};
    use serde_json::{Value, json};

    /// The fans of a layout in a configuration, by the gain that keeps the variance at 1.
    fn fans(layout: &Value, shape: &[usize]) -> [f64; 2] {
        ["in", "out"].map(|fan| {
            let config = json!({
                "distribution": "normal", "variance": {"scale": 1.0}, "fan": fan, "layout": layout
            });
            let json = json!({"class_name": "seedbed.VarianceScaling", "config": config});
            let Ok(Initializer::VarianceScaling(scaling)) = registry::from_json(&json) else {
                panic!("{json}");
            };
            scaling.std(shape).unwrap().powi(-2).round()
        })
    }

    #[test]
    fn grouped_transposed_and_depthwise_convolutions() {
        let oihw = json!({"named": {"matrix": "out_in", "conv": "oihw"}});
        let hwio = json!({"named": {"matrix": "in_out", "conv": "hwio"}});
        // Conv2d(64, 128, 3, groups=4): an output sums over 16 inputs, an input feeds 32 outputs.
        let grouped = json!({"axes": oihw, "groups": 4});
        assert_eq!(fans(&grouped, &[128, 16, 3, 3]), [16.0 * 9.0, 32.0 * 9.0]);
        // ConvTranspose2d(64, 128, 3, groups=4).
        let transposed = json!({"axes": oihw, "groups": 4, "transposed": true});
        assert_eq!(fans(&transposed, &[64, 32, 3, 3]), [16.0 * 9.0, 32.0 * 9.0]);
        // Keras' Conv2DTranspose is (height, width, out, in).
        let transposed = json!({"axes": hwio, "transposed": true});
        assert_eq!(fans(&transposed, &[3, 3, 128, 64]), [64.0 * 9.0, 128.0 * 9.0]);
        // DepthwiseConv2D is (height, width, in, multiplier).
        let depthwise = json!({"axes": {"explicit": {"input": [], "output": [3], "batch": [2]}}});
        assert_eq!(fans(&depthwise, &[3, 3, 64, 2]), [9.0, 18.0]);
        // Depthwise in PyTorch: groups are the inputs.
        let depthwise = json!({"axes": oihw, "groups": 64});
        assert_eq!(fans(&depthwise, &[128, 1, 3, 3]), [9.0, 18.0]);
        // Without `batch`, axes that are not named belong to neither fan.
        let only = json!({"axes": {"explicit": {"input": [0], "output": [1]}}});
        assert_eq!(fans(&only, &[5, 7, 11]), [5.0, 7.0]);
    }

    #[test]
    fn a_layout_has_defaults_and_no_unknown_keys() {
        let axes = json!({"named": {"matrix": "out_in", "conv": "oihw"}});
        let read = |json: Value| serde_json::from_value::<Layout>(json).map_err(|e| e.to_string());
        let short = read(json!({"axes": axes})).unwrap();
        let long = json!({
            "axes": axes, "ranks": [2, 5], "other_ranks": "refused", "groups": 1, "transposed": false
        });
        assert_eq!(json!(short), long);
        assert_eq!(read(long), Ok(short));
        for (json, key) in [
            (json!({"axes": axes, "group": 4}), "group"),
            (json!({"axes": {"named": {"matrix": "out_in", "conv": "oihw", "x": 1}}}), "x"),
            (
                json!({"axes": {"explicit": {"input": [0], "output": [1], "batches": []}}}),
                "batches",
            ),
        ] {
            let message = read(json).unwrap_err();
            assert!(message.contains(&format!("unknown field `{key}`")), "{message}");
        }
    }

    /// Configurations from before initializers knew their layouts.
    #[test]
    fn a_layout_may_be_left_out() {
        let read = |json| serde_json::from_value::<Initializer>(json).unwrap();
        let dirac = json!({"class_name": "seedbed.Dirac", "config": {"groups": 2}});
        assert_eq!(read(dirac), Initializer::dirac(2).unwrap());
        let delta = json!({"class_name": "seedbed.DeltaOrthogonal", "config": {"gain": 2.0}});
        assert_eq!(read(delta), Initializer::delta_orthogonal(2.0).unwrap());
        let json = json!({"class_name": "seedbed.Dirac", "config": {
            "groups": 1, "layout": {"axes": {"explicit": {"input": [0], "output": [1]}}}
        }});
        let message = serde_json::from_value::<Initializer>(json).unwrap_err().to_string();
        assert!(message.contains("Dirac needs a layout"), "{message}");
        let dirac = Initializer::dirac(3).unwrap().with_layout(&seedbed::keras::layout()).unwrap();
        assert_eq!(read(json!(dirac)), dirac);
    }
}
