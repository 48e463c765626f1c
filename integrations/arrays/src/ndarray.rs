//! ndarray: arrays and views of any dimension, filled without a copy.

use ::ndarray::{Array, ArrayViewMut, Dimension, IntoDimension};
use seedbed::{Element, Error, Initializer, Stream};

/// Returns a new array, whose memory is written only once.
///
/// # Errors
///
/// Those of [`Initializer::for_shape`].
///
/// ```
/// use seedbed::{Seed, keras};
/// # fn main() -> Result<(), seedbed::Error> {
/// let he = keras::he_normal().initializer()?;
/// let weights = seedbed_arrays::ndarray::array::<f32, _>(&he, (784, 256), &Seed::from(42).stream("w"))?;
/// assert_eq!(weights.dim(), (784, 256));
/// # Ok(())
/// # }
/// ```
pub fn array<T: Element, Sh: IntoDimension>(
    initializer: &Initializer,
    shape: Sh,
    stream: &Stream,
) -> Result<Array<T, Sh::Dim>, Error> {
    let shape = shape.into_dimension();
    let values = initializer.for_shape::<T>(shape.slice())?;
    let mut array = Array::<T, _>::uninit(shape);
    let memory = array.as_slice_mut().expect("a new array is in standard layout");
    values.fill_uninit(memory, stream)?;
    // SAFETY: `fill_uninit` wrote every element.
    #[allow(unsafe_code)]
    Ok(unsafe { array.assume_init() })
}

/// Fills an existing array or a view of one: `fill(array.view_mut(), ..)`.
///
/// The values follow the order of the indices. A view that is not in standard layout, such as a
/// transposed or stepped view, is sampled into separate memory and assigned.
///
/// # Errors
///
/// Those of [`Initializer::for_shape`]; nothing is written then.
pub fn fill<T: Element, D: Dimension>(
    mut view: ArrayViewMut<'_, T, D>,
    initializer: &Initializer,
    stream: &Stream,
) -> Result<(), Error> {
    let shape = view.raw_dim();
    match view.as_slice_mut() {
        Some(memory) => initializer.for_shape(shape.slice())?.fill(memory, stream)?,
        None => view.assign(&array(initializer, shape, stream)?),
    }
    Ok(())
}
