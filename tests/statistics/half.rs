//! f16 and bf16: each of the 65,536 codes against its exact probability.

use half::{bf16, f16};
use seedbed::{Element, Normal, Sample, TruncatedNormal, Uniform};

use crate::gauss;
use crate::layers::{Layers, NORMAL_F32, TWO_SIGMA_F32};
use crate::support::{assert_counts, assert_near, sample, samples};

const CODES: usize = 1 << 16;
/// The codes of positive numbers; those of their negatives follow.
const POSITIVE: usize = CODES / 2;

trait Half: Element {
    fn code(self) -> usize;
    fn of_code(code: usize) -> Self;
    fn nearest(x: f32) -> Self;
}

macro_rules! half {
    ($half:ident) => {
        impl Half for $half {
            fn code(self) -> usize {
                self.to_bits().into()
            }
            fn of_code(code: usize) -> Self {
                $half::from_bits(code as u16)
            }
            fn nearest(x: f32) -> Self {
                $half::from_f32(x)
            }
        }
    };
}

half!(f16);
half!(bf16);

fn assert_codes<T: Half>(what: &str, distribution: &impl Sample<T>, probabilities: &[f64]) {
    let what = format!("{} {what}", T::NAME);
    let mut counts = vec![0_u32; CODES];
    sample(distribution, &what, samples(), |values| {
        values.iter().for_each(|value| counts[value.code()] += 1);
    });
    let total: f64 = probabilities.iter().sum();
    assert_near("the sum of all probabilities", total, 1.0, 1e-9);
    assert_counts(&what, &counts, probabilities);
}

/// Up to here a distribution has too few f32 values for integrals.
const SPARSE: f32 = 1.0 / 16.0;

/// The probabilities of a distribution that is symmetric about 0, where `within` is `P(|X| < x)`: f32
/// values one by one near 0, and further out the integral between the numbers that are rounded
/// to a code. These are the midpoints of codes, which are numbers of f32 and go to the even code
/// together with what was rounded to them. Nothing is beyond `last`, and its code has the rest.
fn symmetric<T: Half>(layers: &Layers<u32>, last: T, within: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut p = vec![0.0; CODES];
    let sparse = T::nearest(SPARSE).code();
    let begin = |code: usize| {
        let [a, b] = [code - 1, code].map(|code| T::of_code(code).to_f64());
        let midpoint = ((a + b) / 2.0) as f32;
        let step = f64::from(midpoint.next_up()) - f64::from(midpoint);
        f64::from(midpoint) + if code.is_multiple_of(2) { -step / 2.0 } else { step / 2.0 }
    };
    layers.values(begin(sparse) as f32, |x, mass| p[T::nearest(x).code()] += mass);
    let end = |code: usize| if code == last.code() { 1.0 } else { within(begin(code + 1)) };
    for (p, code) in p[sparse..].iter_mut().zip(sparse..=last.code()) {
        *p = (end(code) - within(begin(code))) / 2.0;
    }
    let (positive, negative) = p.split_at_mut(POSITIVE);
    negative.copy_from_slice(positive);
    p
}

fn uniform<T: Half>() {
    let last = T::of_code(T::nearest(1.0).code() - 1);
    let mut p = vec![0.0; CODES];
    for code in 0..1 << 24 {
        let value = T::nearest(code as f32 / 16_777_216.0);
        p[if value > last { last } else { value }.code()] += 2_f64.powi(-24);
    }
    assert_codes("uniform", &Uniform::<T>::new(0.0, 1.0).unwrap(), &p);
}

fn normal<T: Half>() {
    let p = symmetric(&NORMAL_F32, T::nearest(14.0), gauss::within);
    assert_codes("normal", &Normal::<T>::new(0.0, 1.0).unwrap(), &p);
}

fn two_sigma<T: Half>() {
    let last = T::of_code(T::nearest(2.0).code() - 1);
    let p = symmetric(&TWO_SIGMA_F32, last, |x| gauss::within(x) / gauss::within(2.0));
    assert_codes("two sigma", &TruncatedNormal::<T>::new(0.0, 1.0, -2.0, 2.0).unwrap(), &p);
}

#[test]
fn f16_codes_have_their_probabilities() {
    uniform::<f16>();
    normal::<f16>();
    two_sigma::<f16>();
}

#[test]
fn bf16_codes_have_their_probabilities() {
    uniform::<bf16>();
    normal::<bf16>();
    two_sigma::<bf16>();
}
