//! Fans: those of each system on the same shapes, groups, transposition and bad layouts.

use seedbed::init::{ConvOrder, Layout, MatrixOrder};
use seedbed::{Error, ParameterError, ShapeError, keras, keras3, lasagne, torch};

fn fans(layout: &Layout, shape: &[usize]) -> Option<(f64, f64)> {
    layout.fans(shape).ok().map(|fans| (fans.fan_in, fans.fan_out))
}

/// Shape, Keras 2, Keras 3 (JAX but for ranks 0 and 1), PyTorch, and Lasagne's fan-in and sum.
type Row = (&'static [usize], (f64, f64), (f64, f64), Option<(f64, f64)>, Option<(f64, f64)>);

const TABLE: &[Row] = &[
    (&[], (1.0, 1.0), (1.0, 1.0), None, None),
    (&[7], (2.6457513110645907, 2.6457513110645907), (7.0, 7.0), None, None),
    (&[20, 10], (20.0, 10.0), (20.0, 10.0), Some((10.0, 20.0)), Some((20.0, 30.0))),
    (&[3, 5, 7], (15.0, 21.0), (15.0, 21.0), Some((35.0, 21.0)), Some((35.0, 56.0))),
    (
        &[3, 3, 16, 32],
        (144.0, 288.0),
        (144.0, 288.0),
        Some((1536.0, 1536.0)),
        Some((1536.0, 3072.0)),
    ),
    (
        &[32, 16, 3, 3],
        (1536.0, 1536.0),
        (1536.0, 1536.0),
        Some((144.0, 288.0)),
        Some((144.0, 432.0)),
    ),
    (&[2, 3, 4, 5, 6], (120.0, 144.0), (120.0, 144.0), Some((360.0, 240.0)), Some((360.0, 600.0))),
    (&[2; 6], (8.0, 8.0), (32.0, 32.0), Some((32.0, 32.0)), Some((32.0, 64.0))),
];

#[test]
fn each_system_has_its_own_fans() {
    let jax = Layout::axes(&[-2], &[-1], &[]).unwrap();
    for &(shape, keras_2, three, torch, lasagne) in TABLE {
        assert_eq!(fans(&keras::layout(), shape), Some(keras_2), "{shape:?}");
        assert_eq!(fans(&keras3::layout(), shape), Some(three), "{shape:?}");
        assert_eq!(fans(&jax, shape), (shape.len() >= 2).then_some(three), "{shape:?}");
        assert_eq!(fans(&torch::layout(), shape), torch, "{shape:?}");
        let sums = fans(&lasagne::layout(false), shape).map(|(i, o)| (i, i + o));
        assert_eq!(sums, lasagne, "{shape:?}");
    }
}

#[test]
fn other_layouts() {
    assert_eq!(fans(&lasagne::layout(true), &[25, 2, 2, 20]), Some((100.0, 80.0)));
    assert_eq!(fans(&lasagne::layout(true), &[25, 2, 20]), None);
    let mlx = Layout::new(MatrixOrder::OutIn, ConvOrder::Ohwi);
    assert_eq!(fans(&mlx, &[32, 3, 3, 16]), Some((144.0, 288.0)));
    assert_eq!(fans(&mlx, &[2; 6]), None);
    assert_eq!(fans(&mlx, &[2]), None);
}

#[test]
fn explicit_axes() {
    let layout = |i: &[isize], o: &[isize], b: &[isize]| Layout::axes(i, o, b).unwrap();
    // Attention: (model) -> (heads, width).
    assert_eq!(fans(&layout(&[0], &[1, 2], &[]), &[512, 8, 64]), Some((512.0, 512.0)));
    assert_eq!(fans(&layout(&[-2], &[-1], &[0]), &[9, 20, 10]), Some((20.0, 10.0)));
    // An embedding whose input and output axes coincide.
    assert_eq!(fans(&layout(&[-2], &[0], &[]), &[1000, 64]), Some((64.0, 64.0)));
    assert_eq!(fans(&layout(&[0], &[0], &[]), &[7]), Some((1.0, 1.0)));
}

#[test]
fn groups_and_transposition() {
    // PyTorch's Conv2d(16, 32, 3, groups=4) stores (32, 4, 3, 3).
    let grouped = torch::layout().groups(4).unwrap();
    assert_eq!(fans(&grouped, &[32, 4, 3, 3]), Some((36.0, 72.0)));
    // ConvTranspose2d(16, 32, 3) stores (16, 32, 3, 3), with 4 groups (16, 8, 3, 3).
    let transposed = torch::layout().transposed();
    assert_eq!(fans(&transposed, &[16, 32, 3, 3]), Some((144.0, 288.0)));
    let both = grouped.clone().transposed();
    assert_eq!(fans(&both, &[16, 8, 3, 3]), Some((36.0, 72.0)));
    assert_eq!(both.transposed(), grouped);
    // Keras stores a transposed convolution as (h, w, out, in).
    assert_eq!(fans(&keras::layout().transposed(), &[3, 3, 32, 16]), Some((144.0, 288.0)));
    // A depthwise convolution of 16 channels.
    assert_eq!(fans(&torch::layout().groups(16).unwrap(), &[16, 1, 3, 3]), Some((9.0, 9.0)));
}

#[test]
fn bad_layouts_are_refused() {
    let axis = |axis, problem| Some(ShapeError::Axis { axis, problem });
    assert_eq!(Layout::axes(&[1, 1], &[0], &[]).err(), axis(1, "is named twice"));
    assert_eq!(Layout::axes(&[1], &[0], &[0]).err(), axis(0, "is named twice"));
    let late = Layout::axes(&[1], &[0], &[-2]).unwrap();
    assert_eq!(late.fans(&[4, 5]).err(), axis(0, "is named twice").map(Error::from));
    let absent = Layout::axes(&[2], &[-3], &[]).unwrap();
    assert_eq!(absent.fans(&[4, 5]).err(), axis(2, "is not one of the tensor's").map(Error::from));
    assert!(matches!(torch::layout().groups(0), Err(ParameterError::OutOfRange { .. })));
    let uneven = torch::layout().groups(3).unwrap().fans(&[4, 5]);
    let shape = vec![4, 5];
    assert_eq!(uneven, Err(Error::Shape(ShapeError::Groups { groups: 3, channels: 4, shape })));
    assert!(matches!(
        torch::layout().fans(&[1 << 40, 1 << 40]),
        Err(Error::Shape(ShapeError::TooLarge { .. }))
    ));
}
