//! The fan-in of a tensor that a file knows by name and shape only.

use clap::ValueEnum;

/// Which axes of a weight are inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// `(out, in)` and `(out, in, spatial..)`, as in PyTorch.
    OutIn,
    /// `(in, out)` and `(spatial.., in, out)`, as in Keras, Flax and GPT-2.
    InOut,
}

/// Returns the fan-in of a matrix or a convolution. Without an order, a name that ends in `kernel`, as
/// those of Keras and Flax do, is `(in, out)`, and every other is `(out, in)`.
pub fn fan_in(name: &str, shape: &[usize], order: Option<Order>) -> Option<usize> {
    let by_name = if name.ends_with("kernel") { Order::InOut } else { Order::OutIn };
    let inputs = match (shape, order.unwrap_or(by_name)) {
        ([_, inputs @ ..], Order::OutIn) | ([inputs @ .., _], Order::InOut) => inputs,
        ([], _) => return None,
    };
    (!inputs.is_empty()).then(|| inputs.iter().product())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fan_in_follows_the_layout() {
        for (name, shape, order, expected) in [
            ("fc.weight", &[10, 30][..], None, Some(30)),
            ("conv.weight", &[64, 3, 7, 7], None, Some(147)),
            ("dense/kernel", &[10, 30], None, Some(10)),
            ("conv/kernel", &[7, 7, 3, 64], None, Some(147)),
            ("c_fc.weight", &[10, 30], Some(Order::InOut), Some(10)),
            ("dense/kernel", &[10, 30], Some(Order::OutIn), Some(30)),
            ("fc.bias", &[10], None, None),
            ("scale", &[], None, None),
        ] {
            assert_eq!(fan_in(name, shape, order), expected, "{name} {shape:?}");
        }
    }
}
