//! A slice that a 32-bit index does not reach the end of.
#![cfg(target_pointer_width = "64")]

use half::bf16;
use seedbed::{Sample, Uniform};

use crate::common::{assert_same, stream};

#[test]
#[ignore = "takes 9 GB of memory; `.ci/long large` runs it"]
fn a_slice_of_more_than_2_to_the_32_elements_is_filled() {
    const PART: usize = 5000;
    let len = (1 << 32) + 3 * PART;
    let distribution = Uniform::<bf16>::new(1.0, 2.0).unwrap();
    let mut values = vec![bf16::ZERO; len];
    distribution.sample_into(&mut values, &stream());
    let empty = values.iter().position(|value| *value == bf16::ZERO);
    assert_eq!(empty, None, "an element was not written");
    for first in [0, (1 << 31) - 100, (1 << 32) - 100, (1 << 32) + PART, len - PART] {
        let expected = distribution.sample_vec(PART, &stream().at(first as u64).unwrap());
        assert_same(&values[first..first + PART], &expected, &format!("from {first}"));
    }
}
