//! What the targets share: numbers worth trying, laws with their promises, and streams whose random
//! bits are chosen.

#[path = "../../tests/common/bits.rs"]
mod bits;
#[path = "../../tests/common/block.rs"]
mod block;
pub mod crafted;

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

/// A law with its parameters, which may be refused.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Law {
    Constant(Number),
    Uniform(Number, Number),
    Normal(Number, Number),
    Absolute(Number, Number, Number, Number),
    Sigmas(Number, Number, Number, Number),
}

impl Law {
    /// Samples `len` values at every level and checks what the law promises of them.
    pub fn check<T: Bits>(self, stream: &Stream, len: usize) {
        match self {
            Law::Constant(Number(value)) => {
                if let Ok(law) = Constant::<T>::new(value) {
                    let values = same_at_every_level(&law, stream, len);
                    assert!(values.iter().all(|v| v.bits() == values[0].bits() && finite(*v)));
                }
            }
            Law::Uniform(Number(low), Number(high)) => {
                if let Ok(law) = Uniform::<T>::new(low, high) {
                    for v in same_at_every_level(&law, stream, len) {
                        let inside = low <= v.to_f64() && v.to_f64() < high;
                        assert!(inside || (low == high && finite(v)), "{v:?} of {self:?}");
                    }
                }
            }
            Law::Normal(Number(mean), Number(std)) => {
                if let Ok(law) = Normal::<T>::new(mean, std) {
                    assert!(same_at_every_level(&law, stream, len).into_iter().all(finite));
                }
            }
            Law::Absolute(mean, Number(std), Number(low), Number(high)) => {
                if let Ok(law) = TruncatedNormal::<T>::absolute(mean.0, std, low, high) {
                    let values = same_at_every_level(&law, stream, len);
                    strictly_inside(&values, std, low, high);
                }
            }
            Law::Sigmas(Number(mean), Number(std), Number(low), Number(high)) => {
                if let Ok(law) = TruncatedNormal::<T>::new(mean, std, low, high) {
                    let values = same_at_every_level(&law, stream, len);
                    strictly_inside(&values, std, mean + low * std, mean + high * std);
                }
            }
        }
    }
}

fn finite(value: impl Element) -> bool {
    value.to_f64().is_finite()
}

fn strictly_inside<T: Element>(values: &[T], std: f64, low: f64, high: f64) {
    for v in values {
        let inside = low < v.to_f64() && v.to_f64() < high;
        assert!(finite(*v) && (inside || std == 0.0), "{v:?} of ({low}, {high})");
    }
}

/// The values, which are those of the portable level at every level of this machine.
pub fn same_at_every_level<T: Bits>(law: &impl Sample<T>, stream: &Stream, len: usize) -> Vec<T> {
    let sample = |level| {
        let exec = Exec::sequential().level(level).expect("there");
        let mut values = vec![T::default(); len];
        law.with(exec).sample_into(&mut values, stream);
        values
    };
    let expected = sample(Level::Portable);
    for level in Level::all().into_iter().filter(|l| *l > Level::Portable && l.is_available()) {
        let same = |(a, b): (&T, &T)| a.bits() == b.bits();
        assert!(sample(level).iter().zip(&expected).all(same), "{level}");
    }
    expected
}
