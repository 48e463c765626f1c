//! Fills pieces of memory with rectangles of a tensor.
//!
//! A piece whose elements are neighbours in the memory is one block of the tensor, which the crate fills
//! in place. Any other is cut into parts of a few hundred kilobytes, which threads take in turn: a part
//! that is a run of neighbours is filled in place, the others in scratch and copied. A seek in the stream
//! costs as much as a few thousand elements, so runs of some hundred elements, such as the rows of a
//! shard in a padded buffer, are much faster through scratch, where the crate makes many rows by one seek.
//!
//! A tensor with dependent elements is made matrix by matrix, whatever part of it is asked for. If it is
//! to be in several places, the rectangle around all of them is made once.

use core::mem::MaybeUninit;
use core::ops::Range;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use seedbed::{Element, Error, Exec, Stream, Values};

use crate::block::{self, Cut, Piece};

/// The most elements of a part: what stays in a second-level cache.
const PART: usize = 1 << 16;

/// The memory that pieces are filled in, and what it is filled with.
pub struct Target<'a, T: Element> {
    pub values: &'a Values<T>,
    pub stream: &'a Stream,
    /// Whether any part of the tensor costs its own elements only.
    pub independent: bool,
    pub memory: Address<T>,
    pub shape: &'a [usize],
}

/// The address of the first element.
#[derive(Clone, Copy)]
pub struct Address<T>(pub *mut MaybeUninit<T>);

#[expect(unsafe_code, reason = "a pointer, which threads write different parts behind")]
// SAFETY: only `Target::slice` uses the pointer, and its callers take disjoint slices.
unsafe impl<T: Send> Send for Address<T> {}
#[expect(unsafe_code, reason = "as above")]
// SAFETY: as above.
unsafe impl<T: Send> Sync for Address<T> {}

impl<T: Element> Target<'_, T> {
    /// Fills pieces, which are in the tensor and in the memory.
    ///
    /// # Safety
    ///
    /// The memory has the elements of `shape`, aligned, which nothing else uses during the call.
    #[expect(unsafe_code, reason = "the memory is known by its address")]
    pub unsafe fn fill(&self, pieces: &[Piece], exec: Exec) -> Result<(), Error> {
        let pieces: Vec<&Piece> = pieces.iter().filter(|piece| !piece.size.contains(&0)).collect();
        let values = self.values.clone().with(exec);
        if let [piece] = *pieces
            && self.is_run(piece)
        {
            return self.in_place(&values, piece);
        }
        if !self.independent {
            return self.around(&values, &pieces);
        }
        pieces.iter().try_for_each(|piece| match self.is_run(piece) {
            true => self.in_place(&values, piece),
            false => self.in_parts(piece, exec),
        })
    }

    /// Fills the memory with the elements from `offset` on, which are in the tensor.
    ///
    /// # Safety
    ///
    /// As for [`fill`](Target::fill).
    #[expect(unsafe_code, reason = "the memory is known by its address")]
    pub unsafe fn fill_from(&self, offset: usize, exec: Exec) -> Result<(), Error> {
        let len = self.shape.iter().product();
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the caller's promise. Any bits are an element, so that it does not matter what the
        // memory holds.
        let out = unsafe { core::slice::from_raw_parts_mut(self.memory.0.cast::<T>(), len) };
        self.values.clone().with(exec).fill_range(offset, out, self.stream)
    }

    fn is_run(&self, piece: &Piece) -> bool {
        block::run(self.shape, &piece.size) == piece.size.iter().product::<usize>()
    }

    /// Fills a piece that is a run of neighbours in the memory.
    fn in_place(&self, values: &Values<T>, piece: &Piece) -> Result<(), Error> {
        let out = self.slice(block::place(self.shape, &piece.at), piece.size.iter().product());
        values.fill_block_uninit(&ranges(&piece.start, &piece.size), out, self.stream).map(drop)
    }

    fn in_parts(&self, piece: &Piece, exec: Exec) -> Result<(), Error> {
        let cut = Cut::new(piece, PART);
        let values = self.values.clone().with(Exec::sequential());
        let fill = |scratch: &mut Vec<T>, number| {
            let part = cut.part(number);
            if self.is_run(&part) {
                return self.in_place(&values, &part);
            }
            let made = make(&values, scratch, &ranges(&part.start, &part.size), self.stream)?;
            self.copy(&part, &part.size, &vec![0; part.size.len()], made);
            Ok(())
        };
        if exec.is_parallel() {
            return (0..cut.parts).into_par_iter().try_for_each_init(Vec::new, fill);
        }
        let mut scratch = Vec::new();
        (0..cut.parts).try_for_each(|number| fill(&mut scratch, number))
    }

    /// Makes the rectangle around all pieces, and copies them.
    fn around(&self, values: &Values<T>, pieces: &[&Piece]) -> Result<(), Error> {
        let axes = 0..self.shape.len();
        let around = axes.map(|axis| {
            let start = pieces.iter().map(|piece| piece.start[axis]).min().unwrap_or(0);
            let end = pieces.iter().map(|piece| piece.start[axis] + piece.size[axis]).max();
            start..end.unwrap_or(0)
        });
        let around: Vec<Range<usize>> = around.collect();
        let mut scratch = Vec::new();
        let made = make(values, &mut scratch, &around, self.stream)?;
        let size: Vec<usize> = around.iter().map(Range::len).collect();
        for piece in pieces {
            let from = piece.start.iter().zip(&around).map(|(start, all)| start - all.start);
            self.copy(piece, &size, &from.collect::<Vec<_>>(), made);
        }
        Ok(())
    }

    /// Copies a piece from what has been made: a rectangle of this size in which the piece starts at
    /// `from`.
    fn copy(&self, piece: &Piece, size: &[usize], from: &[usize], made: &[T]) {
        let run = block::run(self.shape, &piece.size).min(block::run(size, &piece.size));
        let len = piece.size.iter().product();
        for first in (0..len).step_by(run) {
            let to = block::place(self.shape, &block::index(&piece.at, &piece.size, first));
            let from = block::place(size, &block::index(from, &piece.size, first));
            let made = &made[from..from + run];
            for (to, made) in self.slice(to, run).iter_mut().zip(made) {
                to.write(*made);
            }
        }
    }

    /// Returns a part of the memory, which nothing else uses while the slice is.
    #[expect(unsafe_code, clippy::mut_from_ref, reason = "the memory is known by its address")]
    fn slice(&self, at: usize, len: usize) -> &mut [MaybeUninit<T>] {
        // SAFETY: pieces are in the memory, which the caller of `fill` says is there. Pieces are filled
        // one after another, and the parts of a piece are disjoint.
        unsafe { core::slice::from_raw_parts_mut(self.memory.0.add(at), len) }
    }
}

/// Returns the indices of each axis of a rectangle.
pub fn ranges(start: &[usize], size: &[usize]) -> Vec<Range<usize>> {
    start.iter().zip(size).map(|(&start, &size)| start..start + size).collect()
}

/// Makes a block of the tensor in scratch memory.
fn make<'a, T: Element>(
    values: &Values<T>,
    scratch: &'a mut Vec<T>,
    block: &[Range<usize>],
    stream: &Stream,
) -> Result<&'a [T], Error> {
    let len = block.iter().map(Range::len).product();
    scratch.clear();
    scratch.try_reserve_exact(len).map_err(|_| Error::Allocation { elements: len })?;
    let made = values.fill_block_uninit(block, &mut scratch.spare_capacity_mut()[..len], stream)?;
    Ok(made)
}
