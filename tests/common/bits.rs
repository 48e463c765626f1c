//! What values are compared by, here and by the fuzz targets.

use half::{bf16, f16};
use seedbed::Element;

/// The bits of an element.
pub trait Bits: Element {
    fn bits(self) -> u64;
}

macro_rules! bits {
    ($($t:ty),*) => {$(
        impl Bits for $t {
            fn bits(self) -> u64 {
                self.to_bits().into()
            }
        }
    )*};
}

bits!(f32, f64, f16, bf16);
