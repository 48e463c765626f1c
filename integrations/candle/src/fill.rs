//! Existing tensors, filled in place.

use candle_core::{CpuStorage, Error, InplaceOp1, Layout, Result, bail};
use candle_nn::VarMap;
use seedbed::{Element, Initializer, Rules, Seed, Stream};

/// Fills an existing CPU tensor in place: `tensor.inplace_op1(&Fill::new(&initializer, stream))`.
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
    stream: Stream,
}

impl<'a> Fill<'a> {
    /// Makes the op that fills a tensor with values of the initializer from the stream.
    pub fn new(initializer: &'a Initializer, stream: Stream) -> Self {
        Fill { initializer, stream }
    }

    fn fill<T: Element>(&self, memory: &mut [T], layout: &Layout) -> Result<()> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("{}: the tensor is not contiguous: {layout:?}", self.name())
        };
        let values = self.initializer.for_shape::<T>(layout.dims()).map_err(Error::wrap)?;
        values.fill(&mut memory[start..end], &self.stream).map_err(Error::wrap)
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
            _ => bail!("{}: the tensor's type is not one of F32, F64, F16 and BF16", self.name()),
        }
    }
}

/// Fills all variables in place, each by the rule of its name: the same model from another seed, without
/// new memory.
///
/// Rules that no variable takes its values from are named in a warning of the crate `log`: a pattern that
/// matches nothing is the commonest way to lose an initialization.
///
/// # Errors
///
/// If no rule matches a variable, before any variable is filled; and those of [`Fill`], with the
/// variable's name.
pub fn fill_vars(vars: &VarMap, seed: Seed, rules: &Rules) -> Result<()> {
    let vars = vars.data().lock().unwrap().clone();
    let rule = |name| rules.get(name).map_err(Error::wrap);
    let fills = vars.iter().map(|(name, var)| Ok((name, var, rule(name)?)));
    for (name, var, initializer) in fills.collect::<Result<Vec<_>>>()? {
        let filled = var.inplace_op1(&Fill::new(initializer, seed.stream(name)));
        filled.map_err(|error| error.context(format!("the tensor `{name}`")))?;
    }
    let unused = rules.unused(vars.keys());
    if !unused.is_empty() {
        log::warn!("no variable takes its values from the rules of {unused:?}");
    }
    Ok(())
}
