//! Tensors of one value at fixed places and zeros elsewhere: identity matrices and the
//! convolutions that pass their input through.

use crate::distr::in_range;
use crate::element::Element;
use crate::error::Error;
use crate::shape;

/// What a matrix that is not square has besides one identity matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Fill {
    /// Zeros. Keras since 2.2.5, PyTorch.
    #[default]
    Pad,
    /// More identity matrices, for a side that is a multiple of the other. Keras 2.2.3 and 2.2.4.
    Tile,
}

/// Where the values are that are not zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    value: f64,
    places: Places,
}

#[derive(Clone, Debug, PartialEq)]
enum Places {
    /// The first `count` places `(i, i)`, modulo `rows` and `cols`.
    Diagonal { rows: usize, cols: usize, count: usize },
    /// In each of `groups`, places `(i, i)` of `outputs` and `inputs` at tap `centre` of `taps`.
    Channels { groups: usize, outputs: usize, inputs: usize, taps: usize, centre: usize },
}

impl Pattern {
    pub(crate) fn identity(gain: f64, fill: Fill, shape: &[usize]) -> Result<Self, Error> {
        let &[rows, cols] = shape else {
            let (initializer, expected) = ("Identity", "rank 2");
            return Err(Error::Rank { initializer, shape: shape.to_vec(), expected });
        };
        let (short, long) = (rows.min(cols), rows.max(cols));
        let count = match fill {
            Fill::Tile if short > 0 && long.is_multiple_of(short) => long,
            Fill::Tile if short > 0 => {
                let expected = "a side that is a multiple of the other";
                let shape = shape.to_vec();
                return Err(Error::Shape { initializer: "Identity", shape, expected });
            }
            Fill::Pad | Fill::Tile => short,
        };
        Ok(Pattern { value: gain, places: Places::Diagonal { rows, cols, count } })
    }

    pub(crate) fn dirac(groups: usize, shape: &[usize]) -> Result<Self, Error> {
        let (&[outputs, inputs, ref spatial @ ..], 3..=5) = (shape, shape.len()) else {
            let (initializer, expected) = ("Dirac", "rank 3 to 5");
            return Err(Error::Rank { initializer, shape: shape.to_vec(), expected });
        };
        if groups == 0 || !outputs.is_multiple_of(groups) {
            return Err(Error::Groups { groups, channels: outputs, shape: shape.to_vec() });
        }
        let outputs = outputs / groups;
        // Without elements there are no places, and the product of some axes may still be too large.
        let (groups, taps, centre) = match shape::elements(shape)? {
            0 => (0, 0, 0),
            _ => {
                let centre = spatial.iter().fold(0, |centre, &k| centre * k + k / 2);
                (groups, spatial.iter().product(), centre)
            }
        };
        let places = Places::Channels { groups, outputs, inputs, taps, centre };
        Ok(Pattern { value: 1.0, places })
    }

    /// The value, where the element type can hold it.
    pub(crate) fn check<T: Element>(&self) -> Result<(), Error> {
        in_range::<T>("gain", self.value).map(drop)
    }

    /// Sets the places of the whole tensor that `position` finds in `out`, which holds zeros.
    pub(crate) fn fill<T: Element>(
        &self,
        out: &mut [T],
        position: impl Fn(usize) -> Option<usize>,
    ) {
        let mut set = |place| {
            if let Some(i) = position(place) {
                out[i] = T::round(self.value);
            }
        };
        match self.places {
            Places::Diagonal { rows, cols, count } => {
                (0..count).for_each(|i| set(i % rows * cols + i % cols));
            }
            Places::Channels { groups, outputs, inputs, taps, centre } => {
                for group in 0..groups {
                    for i in 0..outputs.min(inputs) {
                        set(((group * outputs + i) * inputs + i) * taps + centre);
                    }
                }
            }
        }
    }
}
