//! Tensors of one value at fixed places and zeros elsewhere: identity matrices and the
//! convolutions that pass their input through.

use core::mem::MaybeUninit;

use super::block::Block;
use super::layout::Layout;
use super::{shape, structure};
use crate::check::in_range;
use crate::element::Element;
use crate::error::{Error, ParameterError, ShapeError};
use crate::fill::{Exec, threads};
use crate::simd::FloatEnv;
use crate::stream::Stream;

/// What fills the rest of a non-square identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum NonSquare {
    /// Zeros. Keras since 2.2.5, PyTorch.
    #[default]
    Pad,
    /// More identity matrices, for a side that is a multiple of the other. Keras 2.2.3 and 2.2.4.
    Tile,
}

/// A value at some places of a tensor, and zeros elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    value: f64,
    places: Places,
}

#[derive(Clone, Debug, PartialEq)]
enum Places {
    /// The first `count` places `(i, i)`, modulo `rows` and `cols`.
    Diagonal { rows: usize, cols: usize, count: usize },
    /// In each of `groups` of `outputs`, output `i` of input `i` below `channels` at the tap `centre`.
    Channels { groups: usize, outputs: usize, channels: usize, strides: [usize; 2], centre: usize },
}

impl Pattern {
    /// `gain` times the identity matrix.
    pub(super) fn identity(
        gain: f64,
        non_square: NonSquare,
        shape: &[usize],
    ) -> Result<Self, Error> {
        let unsupported = |expected: &'static str| ShapeError::Unsupported {
            subject: "Identity",
            expected: expected.into(),
            shape: shape.to_vec(),
        };
        let &[rows, cols] = shape else {
            return Err(unsupported("rank 2").into());
        };
        let (short, long) = (rows.min(cols), rows.max(cols));
        let count = match non_square {
            NonSquare::Tile if short > 0 && long.is_multiple_of(short) => long,
            NonSquare::Tile if short > 0 => {
                return Err(unsupported("a side that is a multiple of the other").into());
            }
            NonSquare::Pad | NonSquare::Tile => short,
        };
        Ok(Pattern { value: gain, places: Places::Diagonal { rows, cols, count } })
    }

    /// A convolution that passes its channels through.
    pub(super) fn dirac(groups: usize, layout: &Layout, shape: &[usize]) -> Result<Self, Error> {
        if !(3..=5).contains(&shape.len()) {
            let (subject, expected, shape) = ("Dirac", "rank 3 to 5".into(), shape.to_vec());
            return Err(ShapeError::Unsupported { subject, expected, shape }.into());
        }
        // Transposed, inputs and outputs have changed places, and the inputs are those that have all
        // groups: the ones stand where they do in a convolution that is not transposed.
        let axes = layout.stored_pair(shape.len())?;
        let [inputs, outputs] = axes.map(|axis| shape[axis]);
        if groups == 0 || !outputs.is_multiple_of(groups) {
            let (channels, shape) = (outputs, shape.to_vec());
            return Err(ShapeError::Groups { groups, channels, shape }.into());
        }
        let outputs = outputs / groups;
        // Without elements there are no places, and the product of some axes may still be too large.
        let places = match shape::elements(shape)? {
            0 => Places::Diagonal { rows: 0, cols: 0, count: 0 },
            _ => {
                let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
                let taps = (0..shape.len()).filter(|axis| !axes.contains(axis));
                let centre = taps.map(|axis| shape[axis] / 2 * stride(axis)).sum();
                let (channels, strides) = (outputs.min(inputs), axes.map(stride));
                Places::Channels { groups, outputs, channels, strides, centre }
            }
        };
        Ok(Pattern { value: 1.0, places })
    }

    /// Checks that the element type can hold the value.
    pub(super) fn check<T: Element>(&self) -> Result<(), ParameterError> {
        in_range::<T>("gain", self.value).map(drop)
    }

    /// Sets the places of the whole tensor that `position` finds in `out`, which holds zeros.
    fn set<T: Element>(
        &self,
        out: &mut [MaybeUninit<T>],
        position: impl Fn(usize) -> Option<usize>,
    ) {
        let _env = FloatEnv::default_state();
        let value = T::from_f64(self.value);
        let mut set = |place| {
            if let Some(i) = position(place) {
                out[i].write(value);
            }
        };
        match self.places {
            Places::Diagonal { rows, cols, count } => {
                (0..count).for_each(|i| set(i % rows * cols + i % cols));
            }
            Places::Channels { groups, outputs, channels, strides: [input, output], centre } => {
                for group in 0..groups {
                    for i in 0..channels {
                        set((group * outputs + i) * output + i * input + centre);
                    }
                }
            }
        }
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: zeros are written everywhere.
unsafe impl<T: Element> structure::Structure<T> for Pattern {
    fn fill_range(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        _: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        write_zeros(out, exec);
        let len = out.len();
        self.set(out, |place| place.checked_sub(offset).filter(|&i| i < len));
        Ok(())
    }

    fn fill_block(
        &self,
        block: &Block,
        out: &mut [MaybeUninit<T>],
        _: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        write_zeros(out, exec);
        self.set(out, |place| block.position(place));
        Ok(())
    }
}

/// Elements that a thread takes at once to write zeros.
const PART: usize = 1 << 20;

/// Writes zero to every element.
pub(super) fn write_zeros<T: Element>(out: &mut [MaybeUninit<T>], exec: Exec) {
    threads::chunks(out, PART, exec, |_, out| out.fill(MaybeUninit::new(T::default())));
}
