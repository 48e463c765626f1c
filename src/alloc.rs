//! Vectors whose allocation can fail.

use crate::error::Error;

/// Returns an empty vector with room for `len` elements.
pub(crate) fn reserved<T>(len: usize) -> Result<Vec<T>, Error> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| Error::Allocation { elements: len })?;
    Ok(values)
}

/// Returns a vector of `len` zeros.
pub(crate) fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>, Error> {
    let mut values = reserved(len)?;
    values.resize(len, T::default());
    Ok(values)
}
