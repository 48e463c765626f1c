//! The parameters of a [burn](burn_core) module, filled by [`seedbed`]. The dotted path of a parameter
//! picks its rule; its values depend only on seed, path, shape and rule.
//!
//! ```
//! use burn::nn::LinearConfig;
//! use burn::tensor::{Device, Tensor};
//! use seedbed::Seed;
//!
//! # fn main() -> Result<(), seedbed_burn::Error> {
//! let module = LinearConfig::new(784, 10).init(&Device::flex());
//! let rules = seedbed_burn::rules([("bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")])?;
//! let module = seedbed_burn::init(module, Seed::from(42), &rules)?;
//! assert_eq!(module.forward(Tensor::<2>::ones([1, 784], &Device::flex())).dims(), [1, 10]);
//! # Ok(())
//! # }
//! ```
//!
//! The element type is the default of the device: f32, f64, f16 or bf16. The vector that is filled
//! becomes the tensor's memory if the backend takes vectors, as burn-flex does. burn initialises a
//! parameter only when it is first read, and never if [`init`] has filled it before.

use core::fmt;

use burn_core::module::{Module, ModuleMapper, Param};
use burn_core::tensor::{Device, Element as BurnElement, FloatDType, Shape, Tensor, TensorData};
use half::{bf16, f16};
use seedbed::init::{ConvOrder, Layout, MatrixOrder};
use seedbed::{Element, Rules, Seed};

/// Returns the layout of burn's layers: matrices `(in, out)`, convolutions `(out, in, spatial..)`.
pub fn layout() -> Layout {
    Layout::new(MatrixOrder::InOut, ConvOrder::Oihw).ranks(2..)
}

/// Makes rules of names, with the fans of burn's [`layout`]: [`Rules::from_names`] and [`Rules::layout`].
///
/// # Errors
///
/// Those of [`Rules::from_names`].
pub fn rules<P: Into<String>, N: AsRef<str>>(
    rules: impl IntoIterator<Item = (P, N)>,
) -> Result<Rules, seedbed::Error> {
    Rules::from_names(rules)?.layout(&layout())
}

/// Why a module was not initialised.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// No rule matches a parameter, or its rule does not accept it.
    Rule(seedbed::Error),
    /// A parameter is stored transposed, as by a linear layer with `LinearLayout::Col`: its stored
    /// shape does not tell inputs from outputs.
    Transposed {
        /// The parameter's path.
        path: String,
    },
    /// The device's default element type is not one of f32, f64, f16 and bf16.
    Element {
        /// The parameter's path.
        path: String,
        /// The element type.
        element: FloatDType,
    },
}

impl From<seedbed::Error> for Error {
    fn from(error: seedbed::Error) -> Self {
        Error::Rule(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Rule(error) => error.fmt(f),
            Error::Transposed { path } => {
                write!(f, "the tensor `{path}` is stored transposed; use `LinearLayout::Row`")
            }
            Error::Element { path, element } => {
                write!(f, "the tensor `{path}`: {element:?} is not one of F32, F64, F16 and BF16")
            }
        }
    }
}

impl core::error::Error for Error {}

/// Fills every float parameter of a module by its rule, running statistics included, and returns the
/// module.
///
/// The parameters keep their ids, their devices, whether they require gradients, and their load and save
/// mappings. Rules that no parameter takes its values from are named in a warning of the crate `log`: a
/// pattern that matches nothing is the commonest way to lose an initialization.
///
/// # Errors
///
/// The [`Error`] of the first parameter that cannot be filled; the module is lost then.
pub fn init<M: Module>(module: M, seed: Seed, rules: &Rules) -> Result<M, Error> {
    let mut mapper = Mapper { seed, rules, path: vec![], filled: vec![], failure: None };
    let module = module.map(&mut mapper);
    if let Some(failure) = mapper.failure {
        return Err(failure);
    }
    let unused = rules.unused(mapper.filled);
    if !unused.is_empty() {
        log::warn!("no parameter takes its values from the rules of {unused:?}");
    }
    Ok(module)
}

struct Mapper<'a> {
    seed: Seed,
    rules: &'a Rules,
    path: Vec<String>,
    /// The paths of all parameters that have their values.
    filled: Vec<String>,
    /// The first error, as a mapper's methods cannot return errors.
    failure: Option<Error>,
}

impl Mapper<'_> {
    fn fill<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Result<Param<Tensor<D>>, Error> {
        // Reading the parameter's value would make burn initialise it, even for shape and device.
        let (shape, device) = (param.lazy_shape(), param.lazy_device());
        let (path, id) = (self.path.join("."), param.id);
        if loads_transposed(param.clone(), &device) {
            return Err(Error::Transposed { path });
        }
        let tensor = match device.settings().float_dtype {
            FloatDType::F32 => self.tensor::<f32, D>(&path, &shape, &device)?,
            FloatDType::F64 => self.tensor::<f64, D>(&path, &shape, &device)?,
            FloatDType::F16 => self.tensor::<f16, D>(&path, &shape, &device)?,
            FloatDType::BF16 => self.tensor::<bf16, D>(&path, &shape, &device)?,
            element => return Err(Error::Element { path, element }),
        };
        self.filled.push(path);
        // burn loads records so, too: its own initialisation never runs.
        Ok(param.transform_for_load(tensor, id))
    }

    fn tensor<T: Element + BurnElement, const D: usize>(
        &self,
        path: &str,
        shape: &Shape,
        device: &Device,
    ) -> Result<Tensor<D>, Error> {
        let values = self.rules.for_tensor::<T>(path, shape)?.to_vec(&self.seed.stream(path))?;
        Ok(Tensor::from_data(TensorData::new(values, shape.clone()), device))
    }
}

/// Whether loading exchanges axes, found out by a tensor whose axes differ in length.
fn loads_transposed<const D: usize>(param: Param<Tensor<D>>, device: &Device) -> bool {
    let shape = Shape::from(core::array::from_fn::<usize, D, _>(|axis| axis + 1));
    let id = param.id;
    param.transform_for_load(Tensor::zeros(shape.clone(), device), id).shape() != shape
}

impl ModuleMapper for Mapper<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failure.is_some() {
            return param;
        }
        self.fill(param.clone()).unwrap_or_else(|failure| {
            self.failure = Some(failure);
            param
        })
    }
}
