//! Existing tensors, filled in place.

use std::collections::BTreeMap;
use std::ops::Range;

use candle_core::{CpuStorage, CudaStorage, Error, InplaceOp1, Layout, Result, Var, bail};
use candle_nn::VarMap;
use seedbed::{Element, Initializer, Rules, Seed, Stream, Values};

/// Fills an existing tensor in place: `tensor.inplace_op1(&Fill::new(&initializer, stream))`. The tensor is on
/// the CPU or, with the feature `cuda`, on a CUDA device, which makes the same values itself.
///
/// The fans follow from the tensor's shape. Clones and views of the tensor share its memory and change
/// with it; gradients do not record the fill. A view must be contiguous.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use seedbed::{Initializer, Seed};
/// use seedbed_candle::Fill;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tensor = Tensor::zeros((64, 32), DType::BF16, &Device::Cpu)?;
/// let normal = Initializer::normal(0.0, 0.02)?;
/// tensor.inplace_op1(&Fill::new(&normal, Seed::from(42).stream("noise")))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fill<'a> {
    initializer: &'a Initializer,
    pub(crate) stream: Stream,
}

impl<'a> Fill<'a> {
    /// Makes the op that fills a tensor with values of the initializer from the stream.
    pub fn new(initializer: &'a Initializer, stream: Stream) -> Self {
        Fill { initializer, stream }
    }

    fn fill<T: Element>(&self, memory: &mut [T], layout: &Layout) -> Result<()> {
        let (part, values) = self.part(layout)?;
        values.fill(&mut memory[part], &self.stream).map_err(Error::wrap)
    }

    /// Returns which part of its memory a tensor has, and the values for it.
    pub(crate) fn part<T: Element>(&self, layout: &Layout) -> Result<(Range<usize>, Values<T>)> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("{}: the tensor is not contiguous: {layout:?}", self.name())
        };
        let values = self.initializer.for_shape(layout.dims()).map_err(Error::wrap)?;
        Ok((start..end, values))
    }

    /// The error for a tensor of a type without values.
    pub(crate) fn other_type(&self) -> Error {
        Error::msg(format!(
            "{}: the tensor's type is not one of F32, F64, F16 and BF16",
            self.name()
        ))
        .bt()
    }
}

impl InplaceOp1 for Fill<'_> {
    fn name(&self) -> &'static str {
        "seedbed-fill"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        match storage {
            CpuStorage::F32(memory) => self.fill(memory, layout),
            CpuStorage::F64(memory) => self.fill(memory, layout),
            CpuStorage::F16(memory) => self.fill(memory, layout),
            CpuStorage::BF16(memory) => self.fill(memory, layout),
            _ => Err(self.other_type()),
        }
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> Result<()> {
        crate::cuda::fill(self, storage, layout)
    }

    #[cfg(not(feature = "cuda"))]
    fn cuda_fwd(&self, _: &mut CudaStorage, _: &Layout) -> Result<()> {
        bail!("{}: seedbed-candle fills CUDA tensors if it has its feature `cuda`", self.name())
    }
}

/// A variable to fill.
pub(crate) struct Target<'a> {
    pub(crate) name: &'a str,
    pub(crate) var: &'a Var,
    pub(crate) fill: Fill<'a>,
}

/// Fills all variables in place, each by the rule of its name: the same model from another seed, without
/// new memory. Of several names of the same variable the last in alphabetical order has the values.
///
/// Variables on a CUDA device (feature `cuda`) are filled together, by a launch for each kind of distribution
/// and type. They are locked one after the other until the launch, so no other thread may use several of them
/// meanwhile: the two could wait for each other.
///
/// Rules that no variable takes its values from are named in a warning of the crate `log`: a pattern that
/// matches nothing is the commonest way to lose an initialization.
///
/// # Errors
///
/// If no rule matches a variable, before any variable is filled; and those of [`Fill`], with the
/// variable's name.
pub fn fill_vars(vars: &VarMap, seed: Seed, rules: &Rules) -> Result<()> {
    let vars: BTreeMap<String, Var> = vars.data().lock().unwrap().clone().into_iter().collect();
    let targets = vars.iter().map(|(name, var)| {
        let initializer = rules.get(name).map_err(Error::wrap)?;
        Ok(Target { name, var, fill: Fill::new(initializer, seed.stream(name)) })
    });
    let targets = targets.collect::<Result<Vec<_>>>()?;
    #[cfg(feature = "cuda")]
    let targets = crate::cuda::fill_all(targets)?;
    for Target { name, var, fill } in targets {
        let filled = var.inplace_op1(&fill);
        filled.map_err(|error| error.context(format!("the tensor `{name}`")))?;
    }
    let unused = rules.unused(vars.keys());
    if !unused.is_empty() {
        log::warn!("no variable takes its values from the rules of {unused:?}");
    }
    Ok(())
}
