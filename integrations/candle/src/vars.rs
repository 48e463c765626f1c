//! New variables: a `VarBuilder` that fills the variables a model asks for.

use candle_core::{DType, Device, Error, Result, Shape, Tensor, Var, WithDType, bail};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder, VarMap};
use half::{bf16, f16};
use seedbed::{Element, Rules, Seed};

/// Returns a `VarBuilder` that fills variables by the rules and keeps them in `vars`, where an optimizer
/// finds them.
///
/// The initializers that layers suggest are not used: a variable without a matching rule, or with a
/// shape its rule does not accept, is an error. A variable that is in `vars` already is returned as it
/// is.
///
/// Only the finished model has asked for all its variables. So a pattern that matches none of them is
/// not noticed here; keep a clone of the rules to find it:
///
/// ```
/// # use candle_core::{DType, Device};
/// # use candle_nn::{VarMap, linear};
/// # use seedbed::Seed;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let vars = VarMap::new();
/// # let rules = seedbed_candle::rules([("bias", "torch.zeros_"), ("*", "torch.normal_")])?;
/// # let (seed, kept) = (Seed::from(42), rules.clone());
/// # let vb = seedbed_candle::var_builder(&vars, seed, kept, DType::F32, &Device::Cpu);
/// # linear(784, 10, vb.pp("fc"))?;
/// let data = vars.data().lock().unwrap();
/// assert_eq!(rules.unused(data.keys()), ["bias"]); // should be "*.bias"
/// # Ok(())
/// # }
/// ```
pub fn var_builder(
    vars: &VarMap,
    seed: Seed,
    rules: Rules,
    dtype: DType,
    device: &Device,
) -> VarBuilder<'static> {
    let backend = Backend { vars: vars.clone(), seed, rules };
    VarBuilder::from_backend(Box::new(backend), dtype, device.clone())
}

struct Backend {
    vars: VarMap,
    seed: Seed,
    rules: Rules,
}

impl Backend {
    fn var<T: Element + WithDType>(
        &self,
        shape: Shape,
        name: &str,
        device: &Device,
    ) -> Result<Var> {
        let values = self.rules.for_tensor::<T>(name, shape.dims()).map_err(Error::wrap)?;
        #[cfg(feature = "cuda")]
        if device.is_cuda() {
            let initializer = self.rules.get(name).map_err(Error::wrap)?;
            let var = Var::zeros(shape, T::DTYPE, device)?;
            var.inplace_op1(&crate::Fill::new(initializer, self.seed.stream(name)))?;
            return Ok(var);
        }
        let memory = values.to_vec(&self.seed.stream(name)).map_err(Error::wrap)?;
        // `Var::from_tensor` and `Var::from_slice` would copy.
        Var::from_vec(memory, shape, device)
    }
}

impl SimpleBackend for Backend {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        suggested: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        if !self.contains_tensor(name) {
            let shape = shape.clone();
            let var = match dtype {
                DType::F32 => self.var::<f32>(shape, name, device)?,
                DType::F64 => self.var::<f64>(shape, name, device)?,
                DType::F16 => self.var::<f16>(shape, name, device)?,
                DType::BF16 => self.var::<bf16>(shape, name, device)?,
                _ => bail!("the tensor `{name}`: {dtype:?} is not one of F32, F64, F16 and BF16"),
            };
            // Not locked during the fill, while this thread may run other tasks of its pool. If such a
            // task has added the variable meanwhile, its values are the same.
            self.vars.data().lock().unwrap().entry(name.to_owned()).or_insert(var);
        }
        self.vars.get(shape, name, suggested, dtype, device)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        bail!("the tensor `{name}`: a variable cannot be made without a shape")
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.vars.data().lock().unwrap().contains_key(name)
    }
}
