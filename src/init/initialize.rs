//! What an initializer is to a user who writes one: a function of a shape.

use crate::element::Element;
use crate::error::Error;
use crate::init::Initializer;
use crate::stream::Stream;

/// A shape, from an integer, an array, a slice, a vector or a tuple.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape(pub Vec<usize>);

/// Anything that makes the values of a tensor from its shape: every preset, [`Initializer`], every
/// function of a shape and a stream, and every type of a user's own.
///
/// ```
/// use seedbed::init::Initialize;
/// use seedbed::{Error, Normal, Sample, Seed, Stream, lasagne};
///
/// /// Normal values below the diagonal.
/// struct Triangular;
///
/// impl Initialize<f32> for Triangular {
///     fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<f32>, Error> {
///         let &[rows, cols] = shape else {
///             let (initializer, expected) = ("Triangular", "rank 2");
///             return Err(Error::Rank { initializer, shape: shape.to_vec(), expected });
///         };
///         let mut values = Normal::new(0.0, 0.01)?.sample_vec(rows * cols, stream);
///         for (i, row) in values.chunks_mut(cols).enumerate() {
///             row[i.min(cols)..].fill(0.0);
///         }
///         Ok(values)
///     }
/// }
///
/// # fn main() -> Result<(), Error> {
/// let stream = Seed::from(1).stream("w");
/// let any: [&dyn Initialize<f32>; 2] = [&Triangular, &lasagne::Normal::default()];
/// assert_eq!(any[0].sample(&[3, 2], &stream)?[..3], [0.0, 0.0, any[1].sample(&[9], &stream)?[2]]);
/// let zeros: Vec<f32> = lasagne::Constant::default().call(5, &stream)?;
/// assert_eq!(zeros, [0.0; 5]);
/// # Ok(())
/// # }
/// ```
pub trait Initialize<T: Element> {
    /// The values of a tensor of this shape, in row-major order.
    ///
    /// # Errors
    ///
    /// An [`Error`] if there is no such tensor.
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error>;

    /// [`sample`](Initialize::sample) for a shape that may be an integer or a tuple.
    ///
    /// # Errors
    ///
    /// As [`sample`](Initialize::sample).
    fn call(&self, shape: impl Into<Shape>, stream: &Stream) -> Result<Vec<T>, Error>
    where
        Self: Sized,
    {
        self.sample(&shape.into().0, stream)
    }
}

impl<T: Element> Initialize<T> for Initializer {
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error> {
        self.resolve(shape)?.to_vec(stream)
    }
}

impl<T: Element, F: Fn(&[usize], &Stream) -> Result<Vec<T>, Error>> Initialize<T> for F {
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error> {
        self(shape, stream)
    }
}

macro_rules! shape {
    ($([$($generics:tt)*] $From:ty, |$value:pat_param| $dims:expr;)*) => {$(
        impl<$($generics)*> From<$From> for Shape {
            fn from($value: $From) -> Self {
                Shape($dims)
            }
        }
    )*};
}

shape! {
    [] usize, |n| vec![n];
    [] &[usize], |dims| dims.to_vec();
    [] Vec<usize>, |dims| dims;
    [const N: usize] [usize; N], |dims| dims.to_vec();
    [] (), |()| vec![];
    [] (usize,), |(a,)| vec![a];
    [] (usize, usize), |(a, b)| vec![a, b];
    [] (usize, usize, usize), |(a, b, c)| vec![a, b, c];
    [] (usize, usize, usize, usize), |(a, b, c, d)| vec![a, b, c, d];
    [] (usize, usize, usize, usize, usize), |(a, b, c, d, e)| vec![a, b, c, d, e];
}
