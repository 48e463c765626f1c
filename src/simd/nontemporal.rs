//! Which processors gain by non-temporal stores, and the cache lines of a slice, which
//! [`Simd::store_nontemporal`](super::Simd::store_nontemporal) writes one by one.

use core::mem::MaybeUninit;
use std::sync::LazyLock;

/// Whether non-temporal stores to memory that is in no cache are faster than ordinary ones: on
/// Intel's processors, where they take half the time. On AMD's (Zen 3) the ordinary ones were as
/// fast or faster; others have not been measured.
pub(crate) fn nontemporal_stores_pay() -> bool {
    static PAY: LazyLock<bool> = LazyLock::new(|| {
        #[cfg(target_arch = "x86_64")]
        {
            #[allow(unused_unsafe)] // a safe function in later versions of Rust
            // SAFETY: every processor of the architecture has the instruction and leaf 0.
            let leaf = unsafe { core::arch::x86_64::__cpuid(0) };
            let vendor = [leaf.ebx, leaf.edx, leaf.ecx].map(u32::to_le_bytes);
            vendor.concat() == b"GenuineIntel"
        }
        #[cfg(not(target_arch = "x86_64"))]
        false
    });
    *PAY
}

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
