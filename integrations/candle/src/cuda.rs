//! Memory of CUDA devices, filled by the device.
//!
//! candle lends such memory to in-place ops only, one tensor at a time. So the op on a tensor, while it has the
//! memory, applies the op to the next tensor; the last has the memory of all, and launches.
//!
//! `seedbed_cuda` loads the kernels, once for a device. candle's `get_or_load_custom_func` would have the driver
//! compile them for every `CudaDevice`, and has no place for their tables.

use std::cell::Cell;
use std::collections::HashSet;
use std::ptr::from_ref;

use candle_core::cuda_backend::cudarc::driver::CudaSlice;
use candle_core::cuda_backend::{CudaDevice, CudaStorageSlice};
use candle_core::{CpuStorage, CudaStorage, Device, Error, InplaceOp1, Layout, Result};
use seedbed_cuda::{DeviceElement, Fills};

use crate::fill::{Fill, Target};

/// Tensors of a launch, at most: each has the frames of its op on the stack, 5 KB in a build without optimisation.
const TOGETHER: usize = 160;

/// Fills the memory of a tensor.
pub(crate) fn fill(fill: &Fill<'_>, storage: &mut CudaStorage, layout: &Layout) -> Result<()> {
    let stream = storage.device.cuda_stream();
    let fills = Cell::new(Some(Fills::new(&stream)));
    Together { fill, name: None, rest: &[], fills }.cuda_fwd(storage, layout)
}

/// Fills the variables that are on CUDA devices, those of a device together, and returns the others.
pub(crate) fn fill_all<'a>(targets: Vec<Target<'a>>) -> Result<Vec<Target<'a>>> {
    let (mut left, others): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|target| target.var.device().is_cuda());
    while let Some(device) = left.first().and_then(device_of) {
        // A second name of the same memory has to wait: its values replace those of the first.
        let mut taken = HashSet::new();
        let (now, later) = left.into_iter().partition(|target| {
            let (storage, _) = target.var.storage_and_layout();
            taken.len() < TOGETHER
                && device_of(target).is_some_and(|other| other.id() == device.id())
                && taken.insert(from_ref(&*storage))
        });
        let now: Vec<_> = now;
        next(Fills::new(&device.cuda_stream()), &now)?;
        left = later;
    }
    Ok(others)
}

fn device_of(target: &Target<'_>) -> Option<CudaDevice> {
    match target.var.device() {
        Device::Cuda(device) => Some(device.clone()),
        _ => None,
    }
}

/// Adds the tensors to the fills, and launches.
fn next(fills: Fills<'_>, targets: &[Target<'_>]) -> Result<()> {
    let [Target { name, var, fill }, rest @ ..] = targets else {
        return fills.launch().map_err(Error::wrap);
    };
    let fills = Cell::new(Some(fills));
    var.inplace_op1(&Together { fill, name: Some(name), rest, fills })
}

/// The op on a tensor that goes on with the next, or launches.
struct Together<'a> {
    fill: &'a Fill<'a>,
    name: Option<&'a str>,
    rest: &'a [Target<'a>],
    /// Those of the tensors before, taken when the op is applied.
    fills: Cell<Option<Fills<'a>>>,
}

impl Together<'_> {
    fn add<T: DeviceElement>(&self, slice: &mut CudaSlice<T>, layout: &Layout) -> Result<()> {
        let (part, values) = self.fill.part::<T>(layout).map_err(|error| self.named(error))?;
        let mut memory = slice.slice_mut(part);
        let mut fills = self.fills.take().expect("an op that is applied once");
        let added = fills.add_values(&mut memory, &values, &self.fill.stream);
        added.map_err(|error| self.named(Error::wrap(error)))?;
        next(fills, self.rest)
    }

    fn named(&self, error: Error) -> Error {
        match self.name {
            Some(name) => error.context(format!("the tensor `{name}`")),
            None => error,
        }
    }
}

impl InplaceOp1 for Together<'_> {
    fn name(&self) -> &'static str {
        self.fill.name()
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout) -> Result<()> {
        unreachable!("applied to tensors of CUDA devices")
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> Result<()> {
        match &mut storage.slice {
            CudaStorageSlice::F32(slice) => self.add(slice, layout),
            CudaStorageSlice::F64(slice) => self.add(slice, layout),
            CudaStorageSlice::F16(slice) => self.add(slice, layout),
            CudaStorageSlice::BF16(slice) => self.add(slice, layout),
            _ => Err(self.named(self.fill.other_type())),
        }
    }
}
