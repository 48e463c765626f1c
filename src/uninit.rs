//! The casts between initialised and uninitialised slices.

#![allow(unsafe_code)] // the standard library of the oldest supported Rust has no safe form of them

use core::mem::MaybeUninit;

/// The slice as one that is only written to.
///
/// The caller of this private function must write initialised values only: the crate does, a
/// fill writes every element it is given and never un-initialises one.
#[inline]
pub(crate) fn as_uninit<T: Copy>(slice: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: `MaybeUninit<T>` has the layout of `T`, `T` has no drop, and no code of this crate
    // stores an uninitialised value through the result.
    unsafe { &mut *(core::ptr::from_mut(slice) as *mut [MaybeUninit<T>]) }
}

/// The slice that a fill has just written.
#[inline]
pub(crate) fn assume_filled<T: Copy>(slice: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: private to the crate and called right after a fill of the whole slice.
    unsafe { assume_init(slice) }
}

/// The slice as initialised.
///
/// # Safety
///
/// Every element must have been written.
#[inline(always)]
pub(crate) unsafe fn assume_init<T: Copy>(slice: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: the caller's, and `MaybeUninit<T>` has the layout of `T`.
    unsafe { &mut *(core::ptr::from_mut(slice) as *mut [T]) }
}

/// Writes the values to the first places of `out`, which must have as many.
#[inline(always)]
pub(crate) fn write<T: Copy>(out: &mut [MaybeUninit<T>], values: &[T]) {
    for (place, value) in out[..values.len()].iter_mut().zip(values) {
        place.write(*value);
    }
}

/// Appends `len` elements to the vector, which has room for them, written by `fill`.
pub(crate) fn extend<T: Copy>(
    values: &mut Vec<T>,
    len: usize,
    fill: impl FnOnce(&mut [MaybeUninit<T>]),
) {
    fill(&mut values.spare_capacity_mut()[..len]);
    // SAFETY: private to the crate; `fill` writes every element of its slice.
    unsafe { values.set_len(values.len() + len) }
}
