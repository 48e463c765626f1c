//! A tensor of a known shape: the whole of it, a contiguous part or a rectangular block.

use core::mem::MaybeUninit;
use core::ops::Range;

use crate::distr::FillUninit;
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::init::orthogonal::Orthogonal;
use crate::init::pattern::Pattern;
use crate::init::sparse::Sparse;
use crate::init::{Law, parallel};
use crate::real::Real;
use crate::shape::{self, Block};
use crate::stream::Stream;
use crate::uninit;

/// The values of a tensor, as yet in no memory.
///
/// Any part is equal to that part of the whole, bit for bit, so that a shard needs neither the rest
/// of the tensor nor to know the other shards:
///
/// ```
/// use seedbed::{Preset, Seed, keras};
/// # fn main() -> Result<(), seedbed::Error> {
/// let tensor = keras::glorot_normal(None).resolve::<f32>(&[60, 40])?;
/// let stream = Seed::from(42).stream("dense.kernel");
/// let whole = tensor.to_vec(&stream)?;
///
/// let mut columns = [0.0; 60 * 10];
/// tensor.fill_block(&[0..60, 20..30], &mut columns, &stream)?;
/// assert!(columns.chunks(10).eq(whole.chunks(40).map(|row| &row[20..30])));
///
/// let mut part = [0.0; 100];
/// tensor.fill_range(1234, &mut part, &stream)?;
/// assert_eq!(part, whole[1234..1334]);
/// # Ok(())
/// # }
/// ```
///
/// # Cost
///
/// Elementwise laws cost as much as the elements of a contiguous part, and up to ten microseconds
/// to reach it wherever it is; for other parts see [`fill_block`](Tensor::fill_block).
/// [`Initializer::Sparse`](crate::Initializer::Sparse) as much as the columns (or rows) that
/// the part touches. A part of an orthogonal tensor costs as much as the whole, memory included.
///
/// # The stream's position
///
/// Elementwise laws take the stream from its position on; the others take the whole stream.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Tensor<T: Element> {
    shape: Vec<usize>,
    len: usize,
    rule: Rule<T>,
}

/// How values are made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rule<T: Element> {
    Law(Law<T>),
    Orthogonal(Orthogonal),
    Sparse(Sparse),
    Pattern(Pattern),
}

impl<T: Element> Tensor<T> {
    pub(crate) fn new(shape: &[usize], rule: Rule<T>) -> Result<Self, Error> {
        match &rule {
            Rule::Sparse(sparse) => sparse.check::<T>()?,
            Rule::Pattern(pattern) => pattern.check::<T>()?,
            Rule::Law(_) | Rule::Orthogonal(_) => {}
        }
        Ok(Tensor { shape: shape.to_vec(), len: shape::elements(shape)?, rule })
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The law of the elements, where they are independent of each other and have the same one.
    pub fn law(&self) -> Option<&Law<T>> {
        match &self.rule {
            Rule::Law(law) => Some(law),
            _ => None,
        }
    }

    /// Fills the whole tensor, in parallel where it is large.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`], and nothing is written; [`Error::OffsetTooLarge`] beyond the end
    /// of the stream; [`Error::Allocation`] if an orthogonal matrix has no memory to work in.
    pub fn fill(&self, out: &mut [T], stream: &Stream) -> Result<(), Error> {
        self.fill_with(out, stream, Exec::default())
    }

    /// [`fill`](Tensor::fill) with a choice of threads and level.
    ///
    /// # Errors
    ///
    /// As [`fill`](Tensor::fill).
    pub fn fill_with(&self, out: &mut [T], stream: &Stream, exec: Exec) -> Result<(), Error> {
        self.fill_uninit(uninit::as_uninit(out), stream, exec).map(drop)
    }

    /// Fills uninitialised memory with the whole tensor and returns it as initialised.
    ///
    /// # Errors
    ///
    /// As [`fill`](Tensor::fill).
    pub fn fill_uninit<'a>(
        &self,
        out: &'a mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<&'a mut [T], Error> {
        shape::check_len(out.len(), &self.shape)?;
        self.fill_part(0, out, stream, exec)
    }

    /// A new vector with the whole tensor.
    ///
    /// # Errors
    ///
    /// As [`fill`](Tensor::fill); [`Error::Allocation`] if there is no memory for it.
    pub fn to_vec(&self, stream: &Stream) -> Result<Vec<T>, Error> {
        self.whole(stream, Exec::default())
    }

    fn whole(&self, stream: &Stream, exec: Exec) -> Result<Vec<T>, Error> {
        let mut values = reserved(self.len)?;
        let mut result = Ok(());
        uninit::extend(&mut values, self.len, |out| {
            result = self.fill_part(0, out, stream, exec).map(drop);
            if result.is_err() {
                out.fill(MaybeUninit::new(T::default()));
            }
        });
        result.map(|()| values)
    }

    /// Fills a slice with the elements from `offset` on, in row-major order.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if the tensor has fewer elements, and as [`fill`](Tensor::fill).
    pub fn fill_range(&self, offset: usize, out: &mut [T], stream: &Stream) -> Result<(), Error> {
        self.fill_range_with(offset, out, stream, Exec::default())
    }

    /// [`fill_range`](Tensor::fill_range) with a choice of threads and level.
    ///
    /// # Errors
    ///
    /// As [`fill_range`](Tensor::fill_range).
    pub fn fill_range_with(
        &self,
        offset: usize,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let end = offset.saturating_add(out.len());
        Block::new(&[self.len], core::slice::from_ref(&(offset..end)))?;
        self.fill_part(offset, uninit::as_uninit(out), stream, exec).map(drop)
    }

    /// Fills a slice with the block of these indices on each axis, in row-major order.
    ///
    /// # Cost
    ///
    /// A stream is sampled in blocks of 4,096 elements (2,048 of f64). Of an elementwise law, a run
    /// of neighbouring elements by itself costs its own elements, those before it in its block, and
    /// a seek, which takes about as long as a block. Where what is between runs costs less than
    /// that, they are sampled at once, each block once, and copied, which takes about 10 ns a run.
    /// So shards of rows cost their share, and shards of columns at most about the whole, unless a
    /// run has a few elements only. Of the time of a whole matrix of 2^24 normal f32 values, on one
    /// thread with AVX-512, a shard of columns took (`cargo bench --bench shards`):
    ///
    /// | Columns of the whole | 1/2 | 1/8 | 1/64 |
    /// |---------------------:|----:|----:|-----:|
    /// |                4,096 | 95% | 76% |  71% |
    /// |                8,192 | 74% | 45% |  37% |
    /// |               16,384 | 58% | 27% |  18% |
    /// |               65,536 | 44% | 13% |   5% |
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if the ranges are not in the tensor, and as [`fill`](Tensor::fill).
    pub fn fill_block(
        &self,
        ranges: &[Range<usize>],
        out: &mut [T],
        stream: &Stream,
    ) -> Result<(), Error> {
        self.fill_block_with(ranges, out, stream, Exec::default())
    }

    /// [`fill_block`](Tensor::fill_block) with a choice of threads and level.
    ///
    /// # Errors
    ///
    /// As [`fill_block`](Tensor::fill_block).
    pub fn fill_block_with(
        &self,
        ranges: &[Range<usize>],
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let block = Block::new(&self.shape, ranges)?;
        shape::check_len(out.len(), &ranges.iter().map(Range::len).collect::<Vec<_>>())?;
        match (&self.rule, block.count) {
            (_, 0) => Ok(()),
            (_, 1) => {
                self.fill_part(block.start(0), uninit::as_uninit(out), stream, exec).map(drop)
            }
            (Rule::Law(law), _) => {
                let _end = from(stream, block.start(block.count - 1) + block.len)?;
                fill_runs(law, &block, out, stream, exec);
                Ok(())
            }
            (Rule::Sparse(sparse), _) => {
                let (rows, cols) = (ranges[0].clone(), ranges[1].clone());
                sparse.fill_block(rows, cols, uninit::as_uninit(out), stream, exec)
            }
            (Rule::Pattern(pattern), _) => {
                out.fill(T::default());
                pattern.fill(out, |place| block.position(place));
                Ok(())
            }
            (Rule::Orthogonal(_), _) => {
                let whole = self.whole(stream, exec)?;
                for (i, run) in out.chunks_mut(block.len).enumerate() {
                    run.copy_from_slice(&whole[block.start(i)..][..block.len]);
                }
                Ok(())
            }
        }
    }

    /// Fills a slice with the elements from `offset` on, which are in the tensor.
    fn fill_part<'a>(
        &self,
        offset: usize,
        out: &'a mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<&'a mut [T], Error> {
        if let Rule::Law(law) = &self.rule {
            let _end = from(stream, offset + out.len())?;
            law.fill_uninit(out, &from(stream, offset)?, exec);
            return Ok(uninit::assume_filled(out));
        }
        if let Rule::Sparse(sparse) = &self.rule {
            sparse.fill_range(offset, out, stream, exec)?;
            return Ok(uninit::assume_filled(out));
        }
        parallel::chunks(out, 1 << 20, exec, |_, out| out.fill(MaybeUninit::new(T::default())));
        let out = uninit::assume_filled(out);
        match &self.rule {
            Rule::Law(_) | Rule::Sparse(_) => {}
            Rule::Pattern(pattern) => {
                let len = out.len();
                pattern.fill(out, |place| place.checked_sub(offset).filter(|&i| i < len));
            }
            Rule::Orthogonal(matrix) if out.len() == self.len => {
                matrix.fill(out, stream, exec)?;
            }
            Rule::Orthogonal(_) => {
                let whole = self.whole(stream, exec)?;
                out.copy_from_slice(&whole[offset..][..out.len()]);
            }
        }
        Ok(out)
    }
}

/// An empty vector with room for `len` elements.
pub(crate) fn reserved<T>(len: usize) -> Result<Vec<T>, Error> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| Error::Allocation { elements: len })?;
    Ok(values)
}

/// The stream from the tensor's element `offset` on.
fn from(stream: &Stream, offset: usize) -> Result<Stream, Error> {
    stream.at(stream.offset().saturating_add(offset as u64))
}

/// The most elements that are sampled to take runs from: what stays in a second-level cache.
const fn span<R: Real>() -> usize {
    R::BLOCK * 16
}

/// Fills the runs of a block, all of which are in the stream.
fn fill_runs<T: Element>(law: &Law<T>, block: &Block, out: &mut [T], stream: &Stream, exec: Exec) {
    let step = block.start(1) - block.start(0);
    let group = (span::<T::Real>() / step).max(1);
    parallel::chunks(out, group * block.len, exec, |i, mut out| {
        let mut run = i * group;
        while !out.is_empty() {
            let count = neighbours::<T::Real>(block, run, out.len() / block.len, stream);
            let (now, later) = out.split_at_mut(count * block.len);
            fill_neighbours(law, block, run, now, stream, exec);
            (out, run) = (later, run + count);
        }
    });
}

/// How many runs from `first` on, of `most`, are to be sampled at once with what is between them. By
/// itself, a run costs a seek, which takes about as long as a block, and the elements before it in
/// its block.
fn neighbours<R: Real>(block: &Block, first: usize, most: usize, stream: &Stream) -> usize {
    let start = block.start(first);
    let mut end = start + block.len;
    let near = (first + 1..first + most).take_while(|&run| {
        let next = block.start(run);
        let before = (stream.offset() + next as u64) as usize % R::BLOCK;
        let near = next - end < R::BLOCK + before && next + block.len - start <= span::<R>();
        end = next + block.len;
        near
    });
    1 + near.count()
}

/// Fills the runs from `first` on by one fill, directly or from what is sampled of their span.
fn fill_neighbours<T: Element>(
    law: &Law<T>,
    block: &Block,
    first: usize,
    out: &mut [T],
    stream: &Stream,
    exec: Exec,
) {
    let start = block.start(first);
    let stream = from(stream, start).expect("the block's end is in the stream");
    if out.len() == block.len {
        return law.fill_uninit(uninit::as_uninit(out), &stream, exec);
    }
    let last = first + out.len() / block.len - 1;
    let span = block.start(last) + block.len - start;
    let mut values = Vec::with_capacity(span);
    uninit::extend(&mut values, span, |values| law.fill_uninit(values, &stream, exec));
    for (run, out) in (first..).zip(out.chunks_mut(block.len)) {
        out.copy_from_slice(&values[block.start(run) - start..][..block.len]);
    }
}
