//! The element types: their bits, which comparisons are made of, and how to go through all of them.
//! The fuzz targets use it, too.

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

/// Runs the code once for each element type, which it calls by the name before the arrow:
/// `for_each_element!(T => check::<T>(&stream))`.
#[macro_export]
macro_rules! for_each_element {
    ($element:ident => $run:expr) => {{
        {
            type $element = f32;
            $run
        }
        {
            type $element = f64;
            $run
        }
        {
            type $element = ::half::f16;
            $run
        }
        {
            type $element = ::half::bf16;
            $run
        }
    }};
}
