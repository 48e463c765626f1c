//! The cache lines of a slice, which [`Simd::store_nontemporal`](super::Simd::store_nontemporal)
//! writes one by one.

use core::mem::MaybeUninit;

/// The memory that a cache holds in one piece, and that a non-temporal store fills at once.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub struct CacheLine(pub [u8; 64]);

/// A slice in parts: the elements before the first whole cache line, the whole cache lines, and
/// the elements after the last one.
type Parts<'a, T> =
    (&'a mut [MaybeUninit<T>], &'a mut [MaybeUninit<CacheLine>], &'a mut [MaybeUninit<T>]);

impl CacheLine {
    /// Finds the cache lines within a slice. To write a line is to write elements of the slice:
    /// those are plain data, so any bytes are values of them.
    #[inline(always)]
    pub(crate) fn of<T: bytemuck::Pod>(slice: &mut [MaybeUninit<T>]) -> Parts<'_, T> {
        // SAFETY: any bytes, initialised or not, are a valid `MaybeUninit`, be it of a line or of
        // a `T`.
        unsafe { slice.align_to_mut() }
    }
}
