//! The kernels and tables on a device, loaded once for each context.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::sys::{self, CUdevice_attribute_enum as Attribute, CUdeviceptr};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DevicePtr, DeviceRepr,
    LaunchConfig, PushKernelArg,
};
use cudarc::nvrtc::Ptx;

use crate::Error;
use crate::foreign::driver;
use crate::plan::{Launch, Plan};

/// What NVRTC made of kernels/seedbed.cu.
const PTX: &str = include_str!("../kernels/seedbed.ptx");

/// The version of CUDA that PTX of NVRTC 11.7 needs.
const DRIVER: i32 = 11_070;

/// Returns the context of a device: the primary one, which other libraries of the process use, too.
///
/// # Errors
///
/// [`Error::NoDriver`], [`Error::NoDevice`], [`Error::OldDriver`] and [`Error::OldDevice`].
pub fn device(ordinal: usize) -> Result<Arc<CudaContext>, Error> {
    driver()?;
    let devices = CudaContext::device_count().unwrap_or(0);
    if ordinal >= devices as usize {
        return Err(Error::NoDevice { ordinal, devices: devices as usize });
    }
    let context = CudaContext::new(ordinal).map_err(Error::driver("opening the device"))?;
    check(&context)?;
    Ok(context)
}

/// Checks that driver and device can run the kernels.
fn check(context: &CudaContext) -> Result<(), Error> {
    let mut version = 0;
    // SAFETY: it writes a number.
    let code = unsafe { sys::cuDriverGetVersion(&raw mut version) };
    code.result().map_err(Error::driver("asking for the driver's version"))?;
    if version < DRIVER {
        return Err(Error::OldDriver { major: version / 1000, minor: version % 1000 / 10 });
    }
    let capability = context.compute_capability().map_err(Error::driver("asking the device"))?;
    if capability < (7, 5) {
        let (major, minor) = capability;
        return Err(Error::OldDevice { ordinal: context.ordinal(), major, minor });
    }
    Ok(())
}

/// The kernels of a context.
pub(crate) struct Kernels {
    context: Arc<CudaContext>,
    module: Arc<CudaModule>,
    functions: Mutex<HashMap<String, CudaFunction>>,
    tables: CudaSlice<u64>,
    /// How many multiprocessors the device has.
    pub(crate) multiprocessors: u64,
}

/// Never emptied: a context of which kernels are loaded stays.
static LOADED: Mutex<Vec<Arc<Kernels>>> = Mutex::new(Vec::new());

impl Kernels {
    /// Returns the kernels of a context, loaded if they are not: not while a stream is captured.
    pub(crate) fn of(
        context: &Arc<CudaContext>,
        captured: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<Arc<Kernels>, Error> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kernels) = loaded.iter().find(|kernels| kernels.context == *context) {
            return Ok(Arc::clone(kernels));
        }
        if captured()? {
            return Err(Error::Captured { what: "the first fill of a device" });
        }
        let kernels = Arc::new(Kernels::load(context)?);
        loaded.push(Arc::clone(&kernels));
        Ok(kernels)
    }

    fn load(context: &Arc<CudaContext>) -> Result<Kernels, Error> {
        check(context)?;
        let module = context
            .load_module(Ptx::from_src(PTX))
            .map_err(Error::driver("loading the kernels"))?;
        let multiprocessors = context
            .attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
            .map_err(Error::driver("asking the device"))?;
        let bytes = seedbed::device::tables();
        let words: Vec<u64> = bytes.chunks(8).map(bytemuck::pod_read_unaligned).collect();
        let stream = context.default_stream();
        let tables =
            stream.clone_htod(&words).map_err(Error::allocation(bytes.len(), "the tables"))?;
        // Fills on every stream read them.
        stream.synchronize().map_err(Error::driver("copying the tables"))?;
        let multiprocessors = multiprocessors.max(1) as u64;
        let functions = Mutex::default();
        Ok(Kernels { context: Arc::clone(context), module, functions, tables, multiprocessors })
    }

    fn function(&self, name: String) -> Result<CudaFunction, Error> {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(function) = functions.get(&name) {
            return Ok(function.clone());
        }
        let function =
            self.module.load_function(&name).map_err(Error::driver("finding a kernel"))?;
        functions.insert(name, function.clone());
        Ok(function)
    }

    /// Launches a kernel, which has read the jobs of the plan when the stream goes on.
    ///
    /// # Safety
    ///
    /// The jobs' memory is on the stream's device, and nothing else uses it before the stream has come
    /// to the end of the launch.
    pub(crate) unsafe fn launch(&self, stream: &Arc<CudaStream>, plan: &Plan) -> Result<(), Error> {
        let function = self.function(plan.kernel())?;
        let table = if plan.jobs.len() == 1 {
            None
        } else {
            let words: &[u64] = bytemuck::cast_slice(&plan.jobs);
            let jobs = stream.clone_htod(words);
            Some(jobs.map_err(Error::allocation(size_of_val(words), "the list of tensors"))?)
        };
        let address = |slice: &CudaSlice<u64>| slice.device_ptr(stream).0;
        let jobs: CUdeviceptr = table.as_ref().map_or(0, address);
        let launch = Parameter(plan.launch(jobs, address(&self.tables)));
        let [threads, blocks] = plan.grid();
        let config = LaunchConfig {
            grid_dim: (blocks as u32, 1, 1),
            block_dim: (threads as u32, 1, 1),
            shared_mem_bytes: 0,
        };
        let mut builder = stream.launch_builder(&function);
        builder.arg(&launch);
        // SAFETY: the kernel takes a `Launch`, and writes what the caller has promised.
        unsafe { builder.launch(config) }.map_err(Error::driver("launching a kernel"))?;
        // The table is freed when the stream has come here.
        Ok(())
    }
}

/// What a kernel takes.
#[repr(transparent)]
struct Parameter(Launch);

// SAFETY: numbers only, with the layout of C.
unsafe impl DeviceRepr for Parameter {}
