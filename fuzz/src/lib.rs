//! What the targets share: numbers worth trying, parameters of distributions with what must hold of
//! their values, streams whose random bits are chosen, and configurations with mistakes.

#[path = "../../tests/common/bits.rs"]
mod bits;
#[path = "../../tests/common/block.rs"]
mod block;
pub mod crafted;
pub mod text;

use arbitrary::{Arbitrary, Unstructured};
pub use bits::Bits;
pub use block::places;
use half::{bf16, f16};
use seedbed::{Constant, Element, Exec, Level, Normal, Sample, Stream, TruncatedNormal, Uniform};

/// A number of any precision: those that an element type has are bounds that its values can meet.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl<'a> Arbitrary<'a> for Number {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let special = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, f64::MAX, f64::MIN, 5e-324, f64::NAN];
        Ok(Number(match u.int_in_range(0..=5)? {
            0 => f64::from_bits(u.arbitrary()?),
            1 => f32::from_bits(u.arbitrary()?).into(),
            2 => f16::from_bits(u.arbitrary()?).into(),
            3 => bf16::from_bits(u.arbitrary()?).into(),
            4 => f64::from(i16::arbitrary(u)?) / 256.0,
            _ => *u.choose(&special)?,
        }))
    }
}

/// A distribution by its parameters, which may be refused.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Parameters {
    Constant(Number),
    Uniform(Number, Number),
    Normal(Number, Number),
    Absolute(Number, Number, Number, Number),
    Sigmas(Number, Number, Number, Number),
}

impl Parameters {
    /// Samples `len` values at every level and checks what the distribution promises of them.
    pub fn check<T: Bits>(self, stream: &Stream, len: usize) {
        match self {
            Parameters::Constant(Number(value)) => {
                if let Ok(constant) = Constant::<T>::new(value) {
                    let values = same_at_every_level(constant, stream, len);
                    assert!(values.iter().all(|v| v.bits() == values[0].bits() && finite(*v)));
                }
            }
            Parameters::Uniform(Number(low), Number(high)) => {
                if let Ok(uniform) = Uniform::<T>::new(low, high) {
                    for v in same_at_every_level(uniform, stream, len) {
                        let inside = low <= v.to_f64() && v.to_f64() < high;
                        assert!(inside || (low == high && finite(v)), "{v:?} of {self:?}");
                    }
                }
            }
            Parameters::Normal(Number(mean), Number(std)) => {
                if let Ok(normal) = Normal::<T>::new(mean, std) {
                    assert!(same_at_every_level(normal, stream, len).into_iter().all(finite));
                }
            }
            Parameters::Absolute(Number(mean), Number(std), Number(low), Number(high)) => {
                if let Ok(truncated) = TruncatedNormal::<T>::absolute(mean, std, low, high) {
                    let values = same_at_every_level(truncated, stream, len);
                    check_inside(&values, std, low, high);
                }
            }
            Parameters::Sigmas(Number(mean), Number(std), Number(low), Number(high)) => {
                if let Ok(truncated) = TruncatedNormal::<T>::new(mean, std, low, high) {
                    let values = same_at_every_level(truncated, stream, len);
                    check_inside(&values, std, mean + low * std, mean + high * std);
                }
            }
        }
    }
}

fn finite(value: impl Element) -> bool {
    value.to_f64().is_finite()
}

/// Checks that values are strictly between two bounds, unless they all are the mean.
fn check_inside<T: Element>(values: &[T], std: f64, low: f64, high: f64) {
    for v in values {
        let inside = low < v.to_f64() && v.to_f64() < high;
        assert!(finite(*v) && (inside || std == 0.0), "{v:?} of ({low}, {high})");
    }
}

/// Returns the values, after a check that they are the same at every level of this machine.
pub fn same_at_every_level<T: Bits>(
    distribution: impl Sample<T> + Copy,
    stream: &Stream,
    len: usize,
) -> Vec<T> {
    let sample = |level| {
        let exec = Exec::sequential().level(level).expect("available");
        distribution.with(exec).sample_vec(len, stream)
    };
    let expected = sample(Level::Portable);
    for level in Level::available().filter(|&level| level != Level::Portable) {
        let same = |(a, b): (&T, &T)| a.bits() == b.bits();
        assert!(sample(level).iter().zip(&expected).all(same), "{level}");
    }
    expected
}
