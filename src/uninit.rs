//! Casts between initialised and uninitialised slices.

#![allow(unsafe_code)] // the standard library of the oldest supported Rust has no safe form of them

use core::mem::MaybeUninit;

/// Returns the slice as one to write to.
///
/// # Safety
///
/// The caller stores initialised values only: the memory is still the caller's `&mut [T]`.
#[inline]
pub(crate) unsafe fn as_uninit<T: Copy>(slice: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: `MaybeUninit<T>` has the layout of `T`, `T` has no drop, and by the caller's promise
    // no uninitialised value is stored through the result.
    unsafe { &mut *(core::ptr::from_mut(slice) as *mut [MaybeUninit<T>]) }
}

/// Returns the slice as initialised.
///
/// # Safety
///
/// Every element must have been written.
#[inline(always)]
pub(crate) unsafe fn assume_init<T: Copy>(slice: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: the caller's promise, and `MaybeUninit<T>` has the layout of `T`.
    unsafe { &mut *(core::ptr::from_mut(slice) as *mut [T]) }
}

/// Appends `len` elements, written by `fill`, to a vector that has room for them; none if `fill`
/// fails.
///
/// # Safety
///
/// `fill` writes every element of its slice, unless it fails or panics.
pub(crate) unsafe fn try_extend<T: Copy, E>(
    values: &mut Vec<T>,
    len: usize,
    fill: impl FnOnce(&mut [MaybeUninit<T>]) -> Result<(), E>,
) -> Result<(), E> {
    fill(&mut values.spare_capacity_mut()[..len])?;
    // SAFETY: `fill` wrote the elements by the caller's promise, within the vector's capacity.
    unsafe { values.set_len(values.len() + len) }
    Ok(())
}

/// Appends `len` elements, written by `fill`, to a vector that has room for them.
///
/// # Safety
///
/// `fill` writes every element of its slice, unless it panics.
pub(crate) unsafe fn extend<T: Copy>(
    values: &mut Vec<T>,
    len: usize,
    fill: impl FnOnce(&mut [MaybeUninit<T>]),
) {
    let fill = |out: &mut _| {
        fill(out);
        Ok::<(), core::convert::Infallible>(())
    };
    // SAFETY: the caller's promise.
    let Ok(()) = unsafe { try_extend(values, len, fill) };
}

/// Copies the values to the first places of `out`, which must have at least as many.
#[inline(always)]
pub(crate) fn write<T: Copy>(out: &mut [MaybeUninit<T>], values: &[T]) {
    for (place, value) in out[..values.len()].iter_mut().zip(values) {
        place.write(*value);
    }
}
