//! New variables: a `VarBuilder` that fills what a model asks for.

use candle_core::{DType, Device, Error, Result, Shape, Tensor, Var, WithDType, bail};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder, VarMap};
use half::{bf16, f16};
use seedbed::{Element, Rules, Seed};

/// A `VarBuilder` whose variables are filled by the rules and kept in `vars`, where an optimizer finds
/// them.
///
/// The initializers that layers suggest are not used: a variable that no rule matches is an error, and
/// so is one whose rule is not for its shape. A variable that `vars` has already is returned as it is.
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
        let tensor = self.rules.for_tensor::<T>(name, shape.dims()).map_err(Error::wrap)?;
        let values = tensor.to_vec(&self.seed.stream(name)).map_err(Error::wrap)?;
        // Neither `Var::from_tensor` nor `from_slice`, which copy.
        Var::from_vec(values, shape, device)
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
            // The lock is not held during a fill, which may run other tasks of this thread's pool.
            // Where one of them made the variable too, the values are the same.
            self.vars.data().lock().unwrap().entry(name.to_owned()).or_insert(var);
        }
        self.vars.get(shape, name, suggested, dtype, device)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        bail!("the tensor `{name}`: without a shape it has no values")
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.vars.data().lock().unwrap().contains_key(name)
    }
}
