//! What the kinds of tensors have in common: any part can be filled alone.

use core::mem::MaybeUninit;

use super::block::Block;
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::stream::Stream;

/// The values of a whole tensor, of which any part can be filled.
///
/// # Safety
///
/// Both methods write every element of `out`, unless they return an error: their callers hand the
/// slice on as initialised.
#[expect(unsafe_code, reason = "callers rely on the trait's promise")]
pub(super) unsafe trait Structure<T: Element> {
    /// Fills the elements from `offset` on, in row-major order; they are in the tensor.
    fn fill_range(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error>;

    /// Fills a block of at least two runs, in row-major order.
    fn fill_block(
        &self,
        block: &Block,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error>;
}
