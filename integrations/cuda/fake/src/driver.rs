//! The driver's interface, as far as `seedbed-cuda` and `cudarc` call it.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::copy;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::machine::{Ranges, run};
use crate::parse::{Kernel, kernels};

pub(crate) type Code = c_int;
pub(crate) type Handle = *mut c_void;
pub(crate) const SUCCESS: Code = 0;
const INVALID_VALUE: Code = 1;
const OUT_OF_MEMORY: Code = 2;
const NO_DEVICE: Code = 100;
const INVALID_PTX: Code = 218;
const NOT_FOUND: Code = 500;
const LAUNCH_FAILED: Code = 719;
const STREAM_CAPTURE_UNSUPPORTED: Code = 900;

/// A handle that is not null; nothing is behind it.
pub(crate) const HANDLE: usize = 0x1000;

/// What the driver claims to be.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Settings {
    /// How many devices there are.
    pub devices: c_int,
    /// The version of the interface: 11070 is 11.7.
    pub version: c_int,
    /// Bytes that can be allocated.
    pub memory: usize,
    /// Multiprocessors of a device.
    pub multiprocessors: c_int,
    /// A device's compute capability: 90 is 9.0.
    pub capability: c_int,
}

thread_local! {
    /// The thread's current context.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

/// An allocation, on the device whose context was current.
struct Memory {
    layout: Layout,
    device: c_int,
}

struct Driver {
    settings: Settings,
    allocated: HashMap<u64, Memory>,
    /// The handle of the stream that is captured.
    captured: Option<usize>,
    /// The handle of the stream of the last launch.
    stream: usize,
    module: HashMap<String, Kernel>,
    functions: Vec<String>,
    launches: u64,
}

static DRIVER: Mutex<Option<Driver>> = Mutex::new(None);

fn with<T>(work: impl FnOnce(&mut Driver) -> T) -> T {
    let mut driver: MutexGuard<'_, Option<Driver>> =
        DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
    work(driver.get_or_insert_with(|| Driver {
        settings: Settings {
            devices: 1,
            version: 11_070,
            memory: 1 << 30,
            multiprocessors: 1,
            capability: 90,
        },
        allocated: HashMap::new(),
        captured: None,
        stream: 0,
        module: HashMap::new(),
        functions: Vec::new(),
        launches: 0,
    }))
}

/// Changes what the driver claims to be. Returns how many kernels it has launched.
#[unsafe(no_mangle)]
pub extern "C" fn fake_cuda_set(settings: Settings) -> u64 {
    with(|driver| {
        driver.settings = settings;
        driver.launches
    })
}

/// Begins or ends a capture: until its end what a graph cannot have, and what would wait, is an error.
/// Returns the handle of the stream of the last launch.
#[unsafe(no_mangle)]
pub extern "C" fn fake_cuda_capture(stream: usize, begins: bool) -> usize {
    with(|driver| {
        driver.captured = begins.then_some(stream);
        driver.stream
    })
}

fn refuse_in_capture(driver: &Driver) -> Result<(), Code> {
    if driver.captured.is_some() { Err(STREAM_CAPTURE_UNSUPPORTED) } else { Ok(()) }
}

/// Returns how many kernels the driver has launched.
#[unsafe(no_mangle)]
pub extern "C" fn fake_cuda_launches() -> u64 {
    with(|driver| driver.launches)
}

/// Functions that write a number or a handle, or do nothing, and succeed.
macro_rules! succeed {
    ($($name:ident($($argument:ident: $type:ty),*) $(=> $place:ident = $value:expr)?;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> Code {
            // SAFETY: the caller's promise, as in the driver's own interface.
            $(unsafe { *$place = $value };)?
            $(let _ = $argument;)*
            SUCCESS
        }
    )*};
}
pub(crate) use succeed;

succeed! {
    cuDriverGetVersion(version: *mut c_int) => version = with(|driver| driver.settings.version);
    cuDeviceGetCount(count: *mut c_int) => count = with(|driver| driver.settings.devices);
    cuDevicePrimaryCtxRetain(context: *mut Handle, device: c_int)
        => context = (HANDLE + device as usize) as Handle;
    cuDevicePrimaryCtxRelease_v2(device: c_int);
    cuCtxGetCurrent(context: *mut Handle) => context = CURRENT.get() as Handle;
    cuStreamCreate(stream: *mut Handle, flags: c_uint) => stream = (2 * HANDLE) as Handle;
    cuStreamDestroy_v2(stream: Handle);
    cuStreamWaitEvent(stream: Handle, event: Handle, flags: c_uint);
    cuEventCreate(event: *mut Handle, flags: c_uint) => event = (3 * HANDLE) as Handle;
    cuEventRecord(event: Handle, stream: Handle);
    cuEventSynchronize(event: Handle);
    cuEventElapsedTime(time: *mut f32, from: Handle, to: Handle) => time = 1.0;
    cuEventElapsedTime_v2(time: *mut f32, from: Handle, to: Handle) => time = 1.0;
    cuEventDestroy_v2(event: Handle);
    cuModuleUnload(module: Handle);
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSetCurrent(context: Handle) -> Code {
    CURRENT.set(context as usize);
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSynchronize() -> Code {
    with(|driver| refuse_in_capture(driver).err().unwrap_or(SUCCESS))
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamSynchronize(_: Handle) -> Code {
    cuCtxSynchronize()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuStreamIsCapturing(stream: Handle, status: *mut c_int) -> Code {
    let captured = with(|driver| driver.captured == Some(stream as usize));
    // SAFETY: the caller's promise.
    unsafe { *status = c_int::from(captured) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuPointerGetAttribute(
    value: *mut c_void,
    attribute: c_int,
    address: u64,
) -> Code {
    const DEVICE_ORDINAL: c_int = 9;
    match device_of(address, 1) {
        Some(device) if attribute == DEVICE_ORDINAL => {
            // SAFETY: the caller's promise: the attribute is a number.
            unsafe { *value.cast::<c_int>() = device };
            SUCCESS
        }
        _ => INVALID_VALUE,
    }
}

#[unsafe(no_mangle)]
extern "C" fn cuInit(_: c_uint) -> Code {
    if with(|driver| driver.settings.devices) == 0 { NO_DEVICE } else { SUCCESS }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGet(device: *mut c_int, ordinal: c_int) -> Code {
    if ordinal >= with(|driver| driver.settings.devices) {
        return 101; // CUDA_ERROR_INVALID_DEVICE
    }
    // SAFETY: the caller's promise.
    unsafe { *device = ordinal };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetName(name: *mut c_char, len: c_int, _: c_int) -> Code {
    let text = c"no GPU: a library for tests".to_bytes_with_nul();
    if len < text.len() as c_int {
        return INVALID_VALUE;
    }
    // SAFETY: the caller lends so many bytes.
    unsafe { copy(text.as_ptr().cast(), name, text.len()) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetAttribute(value: *mut c_int, attribute: c_int, _: c_int) -> Code {
    const MULTIPROCESSORS: c_int = 16;
    const MAJOR: c_int = 75;
    const MINOR: c_int = 76;
    let answer = match attribute {
        MULTIPROCESSORS => with(|driver| driver.settings.multiprocessors),
        MAJOR => with(|driver| driver.settings.capability / 10),
        MINOR => with(|driver| driver.settings.capability % 10),
        _ => 1,
    };
    // SAFETY: the caller's promise.
    unsafe { *value = answer };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAlloc_v2(address: *mut u64, size: usize) -> Code {
    if size == 0 {
        return INVALID_VALUE;
    }
    with(|driver| {
        if let Err(code) = refuse_in_capture(driver) {
            return code;
        }
        let used: usize = driver.allocated.values().map(|memory| memory.layout.size()).sum();
        if used + size > driver.settings.memory {
            return OUT_OF_MEMORY;
        }
        let layout = Layout::from_size_align(size, 256).expect("a size");
        // SAFETY: the size is not 0, and the caller lends the place of the answer.
        unsafe { *address = alloc(layout) as u64 };
        // SAFETY: as above.
        let address = unsafe { *address };
        let device = CURRENT.get().saturating_sub(HANDLE) as c_int;
        driver.allocated.insert(address, Memory { layout, device });
        SUCCESS
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAllocAsync(address: *mut u64, size: usize, _: Handle) -> Code {
    // SAFETY: the caller's promise.
    unsafe { cuMemAlloc_v2(address, size) }
}

#[unsafe(no_mangle)]
extern "C" fn cuMemFree_v2(address: u64) -> Code {
    match with(|driver| driver.allocated.remove(&address)) {
        Some(Memory { layout, .. }) => {
            // SAFETY: it was allocated with this layout, and is in the list no more.
            unsafe { dealloc(address as *mut u8, layout) };
            SUCCESS
        }
        None => INVALID_VALUE,
    }
}

#[unsafe(no_mangle)]
extern "C" fn cuMemFreeAsync(address: u64, _: Handle) -> Code {
    cuMemFree_v2(address)
}

/// Memory of the host is that of devices.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemHostAlloc(address: *mut u64, size: usize, _: c_uint) -> Code {
    // SAFETY: the caller's promise.
    unsafe { cuMemAlloc_v2(address, size) }
}

#[unsafe(no_mangle)]
extern "C" fn cuMemFreeHost(address: u64) -> Code {
    cuMemFree_v2(address)
}

/// Returns the device of a range, if it is within an allocation.
fn device_of(address: u64, size: usize) -> Option<c_int> {
    let within = |(from, memory): &(&u64, &Memory)| {
        **from <= address && address + size as u64 <= *from + memory.layout.size() as u64
    };
    with(|driver| driver.allocated.iter().find(within).map(|(_, memory)| memory.device))
}

fn is_memory(address: u64, size: usize) -> bool {
    device_of(address, size).is_some()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyHtoDAsync_v2(
    to: u64,
    from: *const u8,
    size: usize,
    _: Handle,
) -> Code {
    if !is_memory(to, size) {
        return INVALID_VALUE;
    }
    if let Err(code) = with(|driver| refuse_in_capture(driver)) {
        return code;
    }
    // SAFETY: the range is within an allocation, and the caller lends the other.
    unsafe { copy(from, to as *mut u8, size) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyDtoHAsync_v2(to: *mut u8, from: u64, size: usize, _: Handle) -> Code {
    if !is_memory(from, size) {
        return INVALID_VALUE;
    }
    // SAFETY: as above.
    unsafe { copy(from as *const u8, to, size) };
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuMemsetD8Async(to: u64, value: u8, size: usize, _: Handle) -> Code {
    if !is_memory(to, size) {
        return INVALID_VALUE;
    }
    // SAFETY: the range is within an allocation.
    unsafe { (to as *mut u8).write_bytes(value, size) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleLoadData(module: *mut Handle, image: *const c_char) -> Code {
    // SAFETY: PTX is text that ends with 0.
    let Ok(text) = unsafe { CStr::from_ptr(image) }.to_str() else { return INVALID_PTX };
    // Other kernels in place of those of the program, for faults in them.
    let other = std::env::var("SEEDBED_FAKE_PTX").map(std::fs::read_to_string);
    let other = other.map(|text| text.expect("the file of SEEDBED_FAKE_PTX"));
    if let Err(code) = with(|driver| refuse_in_capture(driver)) {
        return code;
    }
    with(|driver| driver.module = kernels(other.as_deref().unwrap_or(text)));
    // SAFETY: the caller lends the place of the answer.
    unsafe { *module = (4 * HANDLE) as Handle };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleGetFunction(
    function: *mut Handle,
    _: Handle,
    name: *const c_char,
) -> Code {
    // SAFETY: a name ends with 0.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
    with(|driver| {
        if !driver.module.contains_key(&name) {
            return NOT_FOUND;
        }
        driver.functions.push(name);
        // SAFETY: the caller lends the place of the answer.
        unsafe { *function = driver.functions.len() as Handle };
        SUCCESS
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuLaunchKernel(
    function: Handle,
    x: c_uint,
    y: c_uint,
    z: c_uint,
    threads: c_uint,
    threads_y: c_uint,
    threads_z: c_uint,
    dynamic: c_uint,
    stream: Handle,
    parameters: *mut *mut c_void,
    _: *mut *mut c_void,
) -> Code {
    if [y, z, threads_y, threads_z, dynamic] != [1, 1, 1, 1, 0]
        || x == 0
        || !threads.is_multiple_of(32)
    {
        return INVALID_VALUE;
    }
    let done = std::panic::catch_unwind(|| {
        with(|driver| {
            let kernel = &driver.module[&driver.functions[function as usize - 1]];
            let words = kernel.parameter / 8;
            // SAFETY: the caller lends the kernel's only parameter, whose length the kernel tells.
            let parameter =
                unsafe { std::slice::from_raw_parts((*parameters).cast::<u64>(), words) };
            let memory: Ranges = driver
                .allocated
                .iter()
                .map(|(address, memory)| (*address, memory.layout.size() as u64))
                .collect();
            for cta in 0..u64::from(x) {
                run(kernel, parameter, &memory, cta, threads as usize, driver.launches + cta);
            }
            driver.launches += 1;
            driver.stream = stream as usize;
        });
    });
    if done.is_ok() { SUCCESS } else { LAUNCH_FAILED }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorName(_: Code, name: *mut *const c_char) -> Code {
    // SAFETY: the caller lends the place of the answer.
    unsafe { *name = c"CUDA_ERROR".as_ptr() };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(_: Code, text: *mut *const c_char) -> Code {
    // SAFETY: the caller lends the place of the answer.
    unsafe { *text = c"an error of the library for tests".as_ptr() };
    SUCCESS
}
