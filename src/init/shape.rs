//! Shapes: checked products of dimensions.

use crate::error::ShapeError;

/// Returns the number of elements of a shape; of the empty shape, 1.
pub(crate) fn elements(shape: &[usize]) -> Result<usize, ShapeError> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let product = shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
    product.ok_or_else(|| ShapeError::TooLarge { shape: shape.to_vec() })
}

/// Checks that a slice has as many elements as `shape`.
pub(crate) fn check_len(length: usize, shape: &[usize]) -> Result<(), ShapeError> {
    let expected = elements(shape)?;
    if length == expected {
        return Ok(());
    }
    Err(ShapeError::Length { length, expected, shape: shape.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_checked() {
        assert_eq!(elements(&[]), Ok(1));
        assert_eq!(elements(&[3, 4]), Ok(12));
        assert_eq!(elements(&[usize::MAX, 2, 0]), Ok(0));
        assert!(matches!(elements(&[usize::MAX, 2]), Err(ShapeError::TooLarge { .. })));
    }
}
