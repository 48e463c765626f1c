//! Memory, streams and contexts of other libraries in the process, such as PyTorch and CuPy. They use the
//! primary contexts of devices, as [`device`](fn@crate::device) does.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cudarc::driver::sys::{self, CUcontext, CUdeviceptr, CUpointer_attribute};
use cudarc::driver::{CudaStream, DevicePtrMut, DeviceSlice, SyncOnDrop, result};
use libloading::Library;

use crate::{DeviceElement, Error};

/// Memory of a device that another library owns, to be filled as a slice of cudarc's is.
///
/// No event tells cudarc who uses the memory: fills are in the order of their stream, and other streams wait
/// for it as the owner of the memory makes them.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (address, handle, len) = (0, std::ptr::null_mut(), 0);
/// use seedbed_cuda::Borrowed;
/// // What PyTorch calls tensor.data_ptr() and torch.cuda.current_stream().cuda_stream.
/// let context = seedbed_cuda::device(0)?;
/// // SAFETY: the stream and the memory are PyTorch's, on device 0, and stay until the fill is done.
/// let stream = unsafe { context.wrap_borrowed_stream(handle) };
/// let mut memory = unsafe { Borrowed::<f32>::new(&stream, address, len) };
/// let normal = seedbed::Normal::new(0.0, 0.02)?;
/// seedbed_cuda::fill(&stream, &mut memory, normal, &seedbed::Seed::from(42).stream("fc.weight"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Borrowed<T> {
    stream: Arc<CudaStream>,
    address: CUdeviceptr,
    len: usize,
    elements: PhantomData<T>,
}

impl<T: DeviceElement> Borrowed<T> {
    /// Returns the memory of `len` elements from an address on, for fills on a stream.
    ///
    /// # Safety
    ///
    /// The address is aligned for the elements, and the elements are in memory of the stream's device. When
    /// the stream comes to a fill of the memory, and until it has come to its end, the memory is there and
    /// nothing else reads or writes it.
    pub unsafe fn new(stream: &Arc<CudaStream>, address: CUdeviceptr, len: usize) -> Self {
        Borrowed { stream: Arc::clone(stream), address, len, elements: PhantomData }
    }
}

impl<T> DeviceSlice<T> for Borrowed<T> {
    fn len(&self) -> usize {
        self.len
    }

    fn stream(&self) -> &Arc<CudaStream> {
        &self.stream
    }
}

impl<T> DevicePtrMut<T> for Borrowed<T> {
    fn device_ptr_mut<'a>(&'a mut self, _: &'a CudaStream) -> (CUdeviceptr, SyncOnDrop<'a>) {
        (self.address, SyncOnDrop::Record(None))
    }
}

/// Names of the driver's library, on Linux and on Windows.
const NAMES: [&str; 3] = ["libcuda.so", "libcuda.so.1", "nvcuda.dll"];

/// Loads the driver's library.
pub(crate) fn driver() -> Result<(), Error> {
    // Once it is there it stays, and to look for it takes as long as a small fill.
    static LOADED: AtomicBool = AtomicBool::new(false);
    if LOADED.load(Ordering::Relaxed) {
        return Ok(());
    }
    // Asked without cudarc, which cannot tell where another crate has it linked.
    // SAFETY: it loads the driver's library, as the next calls do, too.
    if !NAMES.iter().any(|name| unsafe { Library::new(*name) }.is_ok()) {
        return Err(Error::NoDriver);
    }
    LOADED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Returns the number of the device whose memory is at an address.
///
/// # Errors
///
/// [`Error::NoDriver`], and [`Error::NotOfDevice`] for memory that the driver does not know.
pub fn device_of(address: CUdeviceptr) -> Result<usize, Error> {
    driver()?;
    result::init().map_err(Error::driver("starting"))?;
    let mut ordinal = MaybeUninit::<i32>::uninit();
    let attribute = CUpointer_attribute::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL;
    // SAFETY: the attribute is a number of this type, which is written if there is no error.
    let code =
        unsafe { sys::cuPointerGetAttribute(ordinal.as_mut_ptr().cast(), attribute, address) };
    code.result().map_err(|_| Error::NotOfDevice { address })?;
    // SAFETY: there was no error.
    Ok(unsafe { ordinal.assume_init() } as usize)
}

/// Calls `work`, and makes that context the calling thread's current one again that was so before: cudarc makes
/// the context that it works in current, while for the runtime of CUDA, as PyTorch and CuPy use it, the current
/// context is the thread's choice of a device.
///
/// # Errors
///
/// [`Error::NoDriver`], and those of `work`.
pub fn keep_current<R, E: From<Error>>(work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    driver()?;
    result::init().map_err(Error::driver("starting"))?;
    let before = result::ctx::get_current().map_err(Error::driver("asking for the context"))?;
    let _restore = Restore(before.unwrap_or(std::ptr::null_mut()));
    work()
}

/// Makes a context current when it is dropped, after a panic, too.
struct Restore(CUcontext);

impl Drop for Restore {
    fn drop(&mut self) {
        // An error has no remedy here, and the next call of the driver's interface has it again.
        // SAFETY: the context was current before, or is none.
        let _ = unsafe { result::ctx::set_current(self.0) };
    }
}
