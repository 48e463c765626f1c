#![doc = include_str!("../README.md")]
#![allow(unsafe_code, reason = "launches: each block says what holds")]

mod block;
mod error;
mod foreign;
mod kernels;
pub mod plan;

use std::ops::Range;
use std::sync::Arc;

use cudarc::driver::sys::CUstreamCaptureStatus;
use cudarc::driver::{CudaContext, CudaStream, DevicePtrMut, DeviceRepr, SyncOnDrop};
use half::{bf16, f16};
use seedbed::device::Job;
use seedbed::{Distribution, Element, ShapeError, Stream, Values};

pub use cudarc;
pub use error::Error;
pub use foreign::{Borrowed, device_of, keep_current};
pub use kernels::device;

use kernels::Kernels;
use plan::{ElementType, plans};

/// A type of element that kernels make: f32, f64, f16 or bf16.
pub trait DeviceElement: Element + DeviceRepr {
    /// The type's number.
    #[doc(hidden)]
    const TYPE: ElementType;
}

macro_rules! device_element {
    ($($type:ident $name:ident),*) => {$(
        impl DeviceElement for $type {
            const TYPE: ElementType = ElementType::$name;
        }
    )*};
}
device_element!(f32 F32, f64 F64, f16 F16, bf16 Bf16);

/// Loads the kernels of a context, which the first fill does otherwise: the driver may take seconds to
/// compile them, and a stream that is being captured must not wait for it.
///
/// # Errors
///
/// Those of [`device`](fn@device), and [`Error::OutOfMemory`].
pub fn prepare(context: &Arc<CudaContext>) -> Result<(), Error> {
    Kernels::of(context, || Ok(false)).map(drop)
}

/// Fills memory of a device with the elements of `from`, from its position on, on `stream`.
///
/// # Errors
///
/// [`Error::WrongDevice`] if the memory is on another device than the stream, and those of [`prepare`].
pub fn fill<T: DeviceElement, M: DevicePtrMut<T>>(
    stream: &Arc<CudaStream>,
    out: &mut M,
    distribution: impl Into<Distribution<T>>,
    from: &Stream,
) -> Result<(), Error> {
    let mut fills = Fills::new(stream);
    fills.add(out, distribution, from)?;
    fills.launch()
}

/// Fills memory with the part of a tensor that begins at element `start`, as [`fill`] does.
///
/// # Errors
///
/// As [`fill`], and [`Error::Seedbed`] if the part begins beyond the end of streams.
pub fn fill_range<T: DeviceElement, M: DevicePtrMut<T>>(
    stream: &Arc<CudaStream>,
    out: &mut M,
    start: u64,
    distribution: impl Into<Distribution<T>>,
    from: &Stream,
) -> Result<(), Error> {
    fill(stream, out, distribution, &from.at(from.offset().saturating_add(start))?)
}

/// Fills memory with a rectangular block of a tensor, in row-major order: of each axis of `shape` the indices
/// of a range. Elements between the rows of the block are computed, too.
///
/// # Errors
///
/// As [`fill`], and [`Error::Block`] if the block is not inside of the shape or not as long as the memory.
pub fn fill_block<T: DeviceElement, M: DevicePtrMut<T>>(
    stream: &Arc<CudaStream>,
    out: &mut M,
    shape: &[usize],
    block: &[Range<usize>],
    distribution: impl Into<Distribution<T>>,
    from: &Stream,
) -> Result<(), Error> {
    let mut fills = Fills::new(stream);
    fills.add_block(out, shape, block, distribution, from)?;
    fills.launch()
}

/// Fills memory with the values of an initializer. Those that are not of independent elements, orthogonal
/// matrices for example, are made on the CPU and copied.
///
/// # Errors
///
/// As [`fill`], and [`Error::Seedbed`] if the memory has another length than the tensor.
pub fn initialize<T: DeviceElement, M: DevicePtrMut<T>>(
    stream: &Arc<CudaStream>,
    out: &mut M,
    values: &Values<T>,
    from: &Stream,
) -> Result<(), Error> {
    let mut fills = Fills::new(stream);
    fills.add_values(out, values, from)?;
    fills.launch()
}

/// Several tensors, filled by as few launches as there are kinds of distributions and types.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let stream = seedbed_cuda::device(0)?.default_stream();
/// # let (mut weight, mut bias) = (stream.alloc_zeros::<f32>(768 * 768)?, stream.alloc_zeros::<f32>(768)?);
/// use seedbed::{Initializer, Rules, Seed};
/// let rules = Rules::from_names([("*.bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")])?;
/// let (seed, mut fills) = (Seed::from(42), seedbed_cuda::Fills::new(&stream));
/// fills.add_values(&mut weight, &rules.for_tensor("fc.weight", &[768, 768])?, &seed.stream("fc.weight"))?;
/// fills.add_values(&mut bias, &rules.get("fc.bias")?.for_shape(&[768])?, &seed.stream("fc.bias"))?;
/// fills.launch()?;
/// # Ok(())
/// # }
/// ```
pub struct Fills<'a> {
    stream: &'a Arc<CudaStream>,
    jobs: Vec<(ElementType, Job)>,
    /// Tell later users of the memory when it is filled.
    filled: Vec<SyncOnDrop<'a>>,
}

impl<'a> Fills<'a> {
    /// Begins a list of fills on a stream.
    pub fn new(stream: &'a Arc<CudaStream>) -> Self {
        Fills { stream, jobs: Vec::new(), filled: Vec::new() }
    }

    /// Returns the stream.
    pub fn stream(&self) -> &'a Arc<CudaStream> {
        self.stream
    }

    /// Adds memory to fill with the elements of `from`, from its position on.
    ///
    /// # Errors
    ///
    /// [`Error::WrongDevice`].
    pub fn add<T: DeviceElement, M: DevicePtrMut<T>>(
        &mut self,
        out: &'a mut M,
        distribution: impl Into<Distribution<T>>,
        from: &Stream,
    ) -> Result<(), Error> {
        let len = out.len();
        self.add_block(out, &[len], std::slice::from_ref(&(0..len)), distribution, from)
    }

    /// Adds memory to fill with a block of a tensor, as [`fill_block`] does.
    ///
    /// # Errors
    ///
    /// [`Error::WrongDevice`] and [`Error::Block`].
    pub fn add_block<T: DeviceElement, M: DevicePtrMut<T>>(
        &mut self,
        out: &'a mut M,
        shape: &[usize],
        block: &[Range<usize>],
        distribution: impl Into<Distribution<T>>,
        from: &Stream,
    ) -> Result<(), Error> {
        let (memory, stream) = (out.stream().context(), self.stream.context());
        if memory != stream {
            let (memory, stream) = (memory.ordinal(), stream.ordinal());
            return Err(Error::WrongDevice { memory, stream });
        }
        let len = out.len();
        let whole = Job::new(&distribution.into(), from, 0);
        let fits = block.iter().map(Range::len).try_fold(1, usize::checked_mul) == Some(len);
        let Some(jobs) =
            block::rectangles(whole, shape, block, size_of::<T>() as u64).filter(|_| fits)
        else {
            let (shape, block) = (shape.to_vec(), block.to_vec());
            return Err(Error::Block { shape, block, len });
        };
        let (address, filled) = out.device_ptr_mut(self.stream);
        self.jobs
            .extend(jobs.into_iter().map(|job| (T::TYPE, Job { out: address + job.out, ..job })));
        self.filled.push(filled);
        Ok(())
    }

    /// Adds memory to fill with the values of an initializer, as [`initialize`] does.
    ///
    /// # Errors
    ///
    /// As [`initialize`].
    pub fn add_values<T: DeviceElement, M: DevicePtrMut<T>>(
        &mut self,
        out: &'a mut M,
        values: &Values<T>,
        from: &Stream,
    ) -> Result<(), Error> {
        if out.len() != values.len() {
            let (length, expected) = (out.len(), values.len());
            let shape = values.shape().to_vec();
            let error = ShapeError::Length { length, expected, shape };
            return Err(seedbed::Error::from(error).into());
        }
        match values.distribution() {
            Some(distribution) => self.add(out, *distribution, from),
            None => self.copy(out, &values.to_vec(from)?),
        }
    }

    /// Copies elements that were made on the CPU, in the order of the stream: not with the other fills.
    ///
    /// # Errors
    ///
    /// [`Error::Captured`]: a graph would copy from where the elements were.
    pub fn copy<T: DeviceElement, M: DevicePtrMut<T>>(
        &self,
        out: &mut M,
        elements: &[T],
    ) -> Result<(), Error> {
        if captured(self.stream)? {
            return Err(Error::Captured { what: "a tensor that is made on the CPU" });
        }
        self.stream.memcpy_htod(elements, out).map_err(Error::driver("copying to the device"))
    }

    /// Launches the fills. The stream fills the memory; nothing waits for it here. While the stream is
    /// captured each fill is a launch of its own: a graph would copy the list of them from where it was.
    ///
    /// # Errors
    ///
    /// Those of [`prepare`], [`Error::OutOfMemory`] if there is no memory for the list of tensors, and
    /// [`Error::Captured`] if the stream is being captured and [`prepare`] was not called before.
    pub fn launch(self) -> Result<(), Error> {
        let kernels = Kernels::of(self.stream.context(), || captured(self.stream))?;
        let apart = self.jobs.len() > 1 && captured(self.stream)?;
        let plans = match apart {
            true => self
                .jobs
                .into_iter()
                .flat_map(|job| plans([job], kernels.multiprocessors))
                .collect(),
            false => plans(self.jobs, kernels.multiprocessors),
        };
        for plan in plans {
            // SAFETY: `add` has the addresses of memory of the stream's context, which this list borrows
            // until `filled` is dropped: that marks it as written when the stream has come to here.
            unsafe { kernels.launch(self.stream, &plan) }?;
        }
        Ok(())
    }
}

/// Whether a stream's work is being made a graph.
fn captured(stream: &CudaStream) -> Result<bool, Error> {
    let status = stream.capture_status().map_err(Error::driver("asking the stream"))?;
    Ok(status != CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE)
}
