//! The values of a tensor of a known shape: the whole, a contiguous range or a rectangular block.

use core::mem::MaybeUninit;
use core::ops::Range;

use super::block::Block;
use super::orthogonal::Orthogonal;
use super::pattern::Pattern;
use super::shape;
use super::sparse::Sparse;
use super::structure::Structure;
use crate::alloc::reserved;
use crate::distr::Distribution;
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::stream::Stream;
use crate::uninit;

/// The values of a tensor, as yet in no memory. Made by
/// [`Initializer::for_shape`](crate::Initializer::for_shape).
///
/// Any part is equal to that part of the whole, bit for bit, so that a shard needs neither the rest
/// of the tensor nor to know the other shards:
///
/// ```
/// use seedbed::{Seed, keras};
/// # fn main() -> Result<(), seedbed::Error> {
/// let values = keras::glorot_normal().for_shape::<f32>(&[60, 40])?;
/// let stream = Seed::from(42).stream("dense.kernel");
/// let whole = values.to_vec(&stream)?;
/// assert_eq!((values.shape(), values.len(), values.is_empty()), (&[60, 40][..], 2400, false));
///
/// let mut columns = [0.0; 60 * 10];
/// values.fill_block(&[0..60, 20..30], &mut columns, &stream)?;
/// assert!(columns.chunks(10).eq(whole.chunks(40).map(|row| &row[20..30])));
///
/// let mut part = [0.0; 100];
/// values.fill_range(1234, &mut part, &stream)?;
/// assert_eq!(part, whole[1234..1334]);
/// # Ok(())
/// # }
/// ```
///
/// # Cost
///
/// Independent elements cost as much as the elements of a contiguous part, and up to ten microseconds
/// to reach the part wherever it is; for other parts see [`fill_block`](Values::fill_block).
/// [`Initializer::Sparse`](crate::Initializer::Sparse) costs as much as the columns (or rows) that
/// the part touches, and an orthogonal tensor as much as its matrices that the part touches: a matrix
/// is made whole, memory included.
///
/// # The stream's position
///
/// Independent elements take the stream from its position on; all others take the whole stream.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Values<T: Element> {
    shape: Vec<usize>,
    len: usize,
    kind: Kind<T>,
    exec: Exec,
}

/// How values are made.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<T: Element> {
    Elementwise(Distribution<T>),
    Orthogonal(Orthogonal),
    Sparse(Sparse),
    Pattern(Pattern),
}

impl<T: Element> Values<T> {
    pub(super) fn new(shape: &[usize], kind: Kind<T>) -> Result<Self, Error> {
        match &kind {
            Kind::Sparse(sparse) => sparse.check::<T>()?,
            Kind::Pattern(pattern) => pattern.check::<T>()?,
            Kind::Elementwise(_) | Kind::Orthogonal(_) => {}
        }
        let len = shape::elements(shape)?;
        Ok(Values { shape: shape.to_vec(), len, kind, exec: Exec::default() })
    }

    fn structure(&self) -> &dyn Structure<T> {
        match &self.kind {
            Kind::Elementwise(distribution) => distribution,
            Kind::Orthogonal(orthogonal) => orthogonal,
            Kind::Sparse(sparse) => sparse,
            Kind::Pattern(pattern) => pattern,
        }
    }

    /// Chooses threads and instruction set for all fills; values depend on neither, except as
    /// [`Initializer::Orthogonal`](crate::Initializer::Orthogonal) says.
    ///
    /// ```
    /// use seedbed::{Exec, Seed, torch};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let values = torch::XavierNormal::default().for_shape::<f32>(&[30, 20])?;
    /// let stream = Seed::from(1).stream("fc.weight");
    /// let sequential = values.clone().with(Exec::sequential());
    /// assert_eq!(sequential.to_vec(&stream)?, values.to_vec(&stream)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(self, exec: Exec) -> Self {
        Values { exec, ..self }
    }

    /// Returns the shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the distribution of the elements, if they are independent of each other and have the
    /// same distribution.
    ///
    /// ```
    /// use seedbed::torch;
    /// let xavier = torch::XavierUniform::default().for_shape::<f32>(&[20, 10])?;
    /// let high = xavier.distribution().expect("independent elements").high();
    /// assert!((high - (6.0 / 30.0_f64).sqrt()).abs() < 1e-12);
    /// let eye = torch::Eye {}.for_shape::<f32>(&[20, 10])?;
    /// assert_eq!(eye.distribution(), None);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    pub fn distribution(&self) -> Option<&Distribution<T>> {
        match &self.kind {
            Kind::Elementwise(distribution) => Some(distribution),
            _ => None,
        }
    }

    /// Fills the whole tensor, in parallel if it is large.
    ///
    /// ```
    /// use seedbed::{Seed, keras};
    /// let (values, stream) = (keras::he_normal().for_shape(&[20, 10])?, Seed::from(1).stream("w"));
    /// let mut weights = vec![0_f32; 200];
    /// values.fill(&mut weights, &stream)?;
    /// assert_eq!(weights, values.to_vec(&stream)?);
    /// assert!(values.fill(&mut weights[1..], &stream).is_err());
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`](crate::ShapeError::Length) if the slice is not as long as the tensor, and
    /// [`Error::OffsetTooLarge`] beyond the end of the stream: nothing is written then.
    /// [`Error::Allocation`] if an orthogonal or sparse matrix has no memory to work in.
    pub fn fill(&self, out: &mut [T], stream: &Stream) -> Result<(), Error> {
        #[expect(unsafe_code, reason = "a slice is filled as uninitialised memory is")]
        // SAFETY: fills write elements only.
        self.fill_uninit(unsafe { uninit::as_uninit(out) }, stream).map(drop)
    }

    /// Fills uninitialised memory with the whole tensor and returns it as initialised.
    ///
    /// ```
    /// use seedbed::{Seed, keras};
    /// let (values, stream) = (keras::he_normal().for_shape(&[20, 10])?, Seed::from(1).stream("w"));
    /// let mut memory: Box<[core::mem::MaybeUninit<f32>]> = Box::new_uninit_slice(200);
    /// let weights: &mut [f32] = values.fill_uninit(&mut memory, &stream)?;
    /// assert_eq!(weights, values.to_vec(&stream)?);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`fill`](Values::fill).
    pub fn fill_uninit<'a>(
        &self,
        out: &'a mut [MaybeUninit<T>],
        stream: &Stream,
    ) -> Result<&'a mut [T], Error> {
        shape::check_len(out.len(), &self.shape)?;
        self.structure().fill_range(0, out, stream, self.exec)?;
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: `fill_range` has written every element.
        Ok(unsafe { uninit::assume_init(out) })
    }

    /// Returns a new vector with the whole tensor.
    ///
    /// # Errors
    ///
    /// Those of [`fill`](Values::fill); [`Error::Allocation`] if there is no memory for the vector.
    pub fn to_vec(&self, stream: &Stream) -> Result<Vec<T>, Error> {
        let mut values = reserved(self.len)?;
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: `fill_range` writes every element, unless it fails.
        unsafe {
            let fill = |out: &mut _| self.structure().fill_range(0, out, stream, self.exec);
            uninit::try_extend(&mut values, self.len, fill)?;
        }
        Ok(values)
    }

    /// Fills a slice with the elements from `offset` on, in row-major order.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Block`](crate::ShapeError::Block) if the tensor has fewer elements, and those of
    /// [`fill`](Values::fill).
    pub fn fill_range(&self, offset: usize, out: &mut [T], stream: &Stream) -> Result<(), Error> {
        let end = offset.saturating_add(out.len());
        Block::new(&[self.len], core::slice::from_ref(&(offset..end)))?;
        #[expect(unsafe_code, reason = "a slice is filled as uninitialised memory is")]
        // SAFETY: fills write elements only.
        let out = unsafe { uninit::as_uninit(out) };
        self.structure().fill_range(offset, out, stream, self.exec)
    }

    /// Fills a slice with the block of these indices on each axis, in row-major order.
    ///
    /// # Cost
    ///
    /// A stream is sampled in blocks of 4,096 elements (2,048 of f64). A contiguous run of independent
    /// elements costs its own elements, the elements before it in its first block, and one seek (about
    /// the cost of a block). If the gap to the next run is cheaper than that, the gap is sampled too
    /// and the runs are copied out, at about 10 ns a run. So shards of rows cost their share, and
    /// shards of columns at most about the whole, unless a run has only a few elements. Time for a
    /// shard of columns, relative to the whole matrix (2^24 f32 normals, one thread, AVX-512,
    /// `cargo bench --bench shards`):
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
    /// [`ShapeError::Block`](crate::ShapeError::Block) if the ranges are not in the tensor, and those
    /// of [`fill`](Values::fill).
    pub fn fill_block(
        &self,
        ranges: &[Range<usize>],
        out: &mut [T],
        stream: &Stream,
    ) -> Result<(), Error> {
        #[expect(unsafe_code, reason = "a slice is filled as uninitialised memory is")]
        // SAFETY: fills write elements only.
        let out = unsafe { uninit::as_uninit(out) };
        self.fill_block_uninit(ranges, out, stream).map(drop)
    }

    /// Fills uninitialised memory with a block, as [`fill_block`](Values::fill_block) does, and returns
    /// it as initialised.
    ///
    /// ```
    /// use seedbed::{Seed, keras};
    /// let (values, stream) = (keras::he_normal().for_shape(&[20, 10])?, Seed::from(1).stream("w"));
    /// let mut memory: Box<[core::mem::MaybeUninit<f32>]> = Box::new_uninit_slice(5 * 10);
    /// let rows: &mut [f32] = values.fill_block_uninit(&[15..20, 0..10], &mut memory, &stream)?;
    /// assert_eq!(rows, &values.to_vec(&stream)?[150..]);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`fill_block`](Values::fill_block).
    pub fn fill_block_uninit<'a>(
        &self,
        ranges: &[Range<usize>],
        out: &'a mut [MaybeUninit<T>],
        stream: &Stream,
    ) -> Result<&'a mut [T], Error> {
        let block = Block::new(&self.shape, ranges)?;
        shape::check_len(out.len(), &ranges.iter().map(Range::len).collect::<Vec<_>>())?;
        match block.count {
            0 => {}
            1 => self.structure().fill_range(block.start(0), out, stream, self.exec)?,
            _ => self.structure().fill_block(&block, out, stream, self.exec)?,
        }
        #[expect(unsafe_code, reason = "the memory is filled")]
        // SAFETY: the slice is as long as the block, and the fills have written every element.
        Ok(unsafe { uninit::assume_init(out) })
    }
}
