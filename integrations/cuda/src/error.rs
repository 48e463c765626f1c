//! What can go wrong, and what to do about it.

use std::ops::Range;

use cudarc::driver::DriverError;
use cudarc::driver::sys::CUresult;

/// Why memory was not filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The driver's library is not on the machine.
    #[error(
        "no NVIDIA driver was found: install one, or fill memory of the host \
         (libcuda.so is looked for where the system looks for libraries, LD_LIBRARY_PATH included)"
    )]
    NoDriver,
    /// The driver has no such device.
    #[error(
        "the driver has no device {ordinal}: it has {devices}, as CUDA_VISIBLE_DEVICES lets it; nvidia-smi \
         lists those of the machine"
    )]
    NoDevice {
        /// Which was asked for.
        ordinal: usize,
        /// How many there are.
        devices: usize,
    },
    /// The driver is too old for the kernels.
    #[error(
        "the driver's CUDA is {major}.{minor}, and the kernels need 11.7: install a driver of version 515 \
         or newer"
    )]
    OldDriver {
        /// The version of CUDA that the driver has.
        major: i32,
        /// Its second part.
        minor: i32,
    },
    /// The device is too old for the kernels.
    #[error(
        "device {ordinal} has compute capability {major}.{minor}, and the kernels need 7.5 (Turing): fill \
         memory of the host and copy it"
    )]
    OldDevice {
        /// The number of the device.
        ordinal: usize,
        /// Its compute capability.
        major: i32,
        /// Its second part.
        minor: i32,
    },
    /// The memory to fill is not on the stream's device.
    #[error(
        "the memory is on device {memory} and the stream on device {stream}: take a stream of the context \
         that the memory was allocated in"
    )]
    WrongDevice {
        /// The device of the memory.
        memory: usize,
        /// The device of the stream.
        stream: usize,
    },
    /// The driver does not know the memory.
    #[error(
        "the memory at {address:#x} is not that of a device, or of one that the process has not opened"
    )]
    NotOfDevice {
        /// The address of its first element.
        address: u64,
    },
    /// Work that a graph cannot have.
    #[error(
        "the stream is being captured, and {what} cannot be part of a graph: fill once before the capture, \
         and make on the CPU what is made there"
    )]
    Captured {
        /// What was to be done.
        what: &'static str,
    },
    /// A block that is not one of the tensor, or has another length than the memory.
    #[error(
        "the block {block:?} of the shape {shape:?} is not inside of it, or has not {len} elements as the memory has"
    )]
    Block {
        /// The shape of the tensor.
        shape: Vec<usize>,
        /// The indices of each axis.
        block: Vec<Range<usize>>,
        /// How many elements the memory has.
        len: usize,
    },
    /// Slices and shapes that do not fit, and positions beyond a stream's end.
    #[error(transparent)]
    Seedbed(#[from] seedbed::Error),
    /// The device has no memory for what a launch needs.
    #[error(
        "device memory is out: {bytes} bytes were asked for {what}; nothing was filled, free some and try \
         again"
    )]
    OutOfMemory {
        /// How many bytes.
        bytes: usize,
        /// What they were for.
        what: &'static str,
    },
    /// The driver reports an error.
    #[error("the driver reports an error while {action}: {source:?}")]
    Driver {
        /// What the crate was doing.
        action: &'static str,
        /// The driver's error.
        source: DriverError,
    },
}

impl Error {
    /// The driver's error while something was done.
    pub(crate) fn driver(action: &'static str) -> impl FnOnce(DriverError) -> Error {
        move |source| Error::Driver { action, source }
    }

    /// The driver's error when memory was asked for.
    pub(crate) fn allocation(
        bytes: usize,
        what: &'static str,
    ) -> impl FnOnce(DriverError) -> Error {
        move |source| match source.0 {
            CUresult::CUDA_ERROR_OUT_OF_MEMORY => Error::OutOfMemory { bytes, what },
            _ => Error::Driver { action: "allocating", source },
        }
    }
}
