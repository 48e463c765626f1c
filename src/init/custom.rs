//! Custom initializers: anything that maps a shape to values.

use super::initializer::Initializer;
use crate::element::Element;
use crate::error::Error;
use crate::stream::Stream;

/// Anything that makes the values of a tensor from its shape: every preset, [`Initializer`], every
/// function of a shape and a stream, and every type of a user's own.
///
/// ```
/// use seedbed::init::Initialize;
/// use seedbed::{Error, Normal, Sample, Seed, ShapeError, Stream, lasagne};
///
/// /// Normal values below the diagonal.
/// struct Triangular;
///
/// impl Initialize<f32> for Triangular {
///     fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<f32>, Error> {
///         let &[rows, cols] = shape else {
///             let (subject, expected, shape) = ("Triangular", "rank 2".into(), shape.to_vec());
///             return Err(ShapeError::Unsupported { subject, expected, shape }.into());
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
/// # Ok(())
/// # }
/// ```
pub trait Initialize<T: Element> {
    /// Returns the values of a tensor of this shape, in row-major order.
    ///
    /// # Errors
    ///
    /// An [`Error`] if there is no such tensor.
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error>;
}

impl<T: Element> Initialize<T> for Initializer {
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error> {
        self.for_shape(shape)?.to_vec(stream)
    }
}

impl<T: Element, F: Fn(&[usize], &Stream) -> Result<Vec<T>, Error>> Initialize<T> for F {
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error> {
        self(shape, stream)
    }
}
