//! Distributions whose variance follows from the fans of the tensor: Glorot, He, LeCun and others.
//!
//! - Xavier Glorot and Yoshua Bengio, 2010, "Understanding the difficulty of training deep
//!   feedforward neural networks": variance `2 / (fan_in + fan_out)`.
//! - Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, 2015, "Delving deep into rectifiers":
//!   variance `2 / fan_in`.
//! - Yann LeCun, Léon Bottou, Genevieve Orr and Klaus-Robert Müller, 1998, "Efficient BackProp":
//!   variance `1 / fan_in`.

use super::{Fans, Layout};
use crate::check::{above_0, at_least_0, finite};
use crate::distr::{Constant, Distribution, Normal, TruncatedNormal, Uniform};
use crate::element::Element;
use crate::error::Error;
use crate::simd::FloatEnv;

/// The distribution that is scaled, with mean 0.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ScaledDistribution {
    /// The normal distribution.
    Normal,
    /// The uniform distribution on `[-sqrt(3) std, sqrt(3) std)`.
    Uniform,
    /// The normal distribution cut off at `cut` standard deviations of its parent on either side.
    TruncatedNormal {
        /// Where the parent is cut off, in its standard deviations.
        cut: f64,
        /// Which distribution has the variance that is asked for.
        std: TruncatedStd,
    },
}

/// Whether a standard deviation is that of the untruncated (parent) distribution or of the truncated
/// distribution.
///
/// ```
/// use seedbed::init::{FanMode, ScaledDistribution, TruncatedStd, Variance, VarianceScaling};
/// let std = |std| {
///     let cut_at_2 = ScaledDistribution::TruncatedNormal { cut: 2.0, std };
///     let layout = seedbed::torch::layout();
///     let lecun = VarianceScaling::new(cut_at_2, Variance::Scale(1.0), FanMode::In, layout)?;
///     let values = seedbed::Initializer::from(lecun).for_shape::<f64>(&[20, 100])?;
///     Ok::<_, seedbed::Error>(values.distribution().expect("independent elements").std())
/// };
/// assert!((std(TruncatedStd::Effective)? - 0.1).abs() < 1e-9);
/// assert!((std(TruncatedStd::Parent)? - 0.1 * 0.8796).abs() < 1e-5);
/// # Ok::<(), seedbed::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TruncatedStd {
    /// The standard deviation of the parent distribution.
    Parent,
    /// The standard deviation of the values: the parent has a larger one, by `1 / 0.8796` for a cut
    /// at 2.
    Effective,
}

/// The variance, for `n` the fan.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Variance {
    /// `gain^2 / n`: a gain multiplies the standard deviation.
    Gain(f64),
    /// `scale / n`: a scale multiplies the variance.
    Scale(f64),
}

/// The fan that the variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FanMode {
    /// The fan-in, which keeps the variance of activations.
    In,
    /// The fan-out, which keeps the variance of gradients.
    Out,
    /// `(fan_in + fan_out) / 2`.
    Avg,
    /// `sqrt(fan_in fan_out)`.
    GeoAvg,
    /// This number, whatever the shape.
    Given(f64),
}

/// A distribution of mean 0 and standard deviation `gain sqrt(1 / n)` or `sqrt(scale / n)`, for `n` a
/// fan.
///
/// ```
/// use seedbed::init::{
///     ConvOrder, FanMode, Layout, MatrixOrder, ScaledDistribution, Variance, VarianceScaling,
/// };
/// # fn main() -> Result<(), seedbed::Error> {
/// let layout = Layout::new(MatrixOrder::OutIn, ConvOrder::Oihw);
/// let (normal, variance) = (ScaledDistribution::Normal, Variance::Scale(2.0));
/// let he = VarianceScaling::new(normal, variance, FanMode::In, layout)?;
/// assert_eq!(he.std(&[64, 32, 5, 5])?, (2.0 / (32.0 * 25.0) as f64).sqrt());
/// assert_eq!((he.distribution(), he.variance(), he.fan()), (normal, variance, FanMode::In));
///
/// // In a host whose matrices are (in, out), with fans of at least 1, as Keras has them.
/// let keras = he.with_layout(&seedbed::keras::layout()).with_min_fan(1.0)?;
/// assert_eq!(keras.std(&[32, 64])?, (2.0 / 32.0_f64).sqrt());
/// assert_eq!((keras.min_fan(), keras.layout().fans(&[32, 64])?.fan_out), (1.0, 64.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VarianceScaling {
    distribution: ScaledDistribution,
    variance: Variance,
    fan: FanMode,
    #[cfg_attr(feature = "serde", serde(default))]
    min_fan: f64,
    layout: Layout,
}

impl VarianceScaling {
    /// Returns the distribution with this variance.
    ///
    /// # Errors
    ///
    /// [`ParameterError`](crate::ParameterError) if the gain or scale is negative or not finite, the
    /// cut is not above 0, or a given fan is not above 0.
    pub fn new(
        distribution: ScaledDistribution,
        variance: Variance,
        fan: FanMode,
        layout: Layout,
    ) -> Result<Self, Error> {
        let scaling = VarianceScaling { distribution, variance, fan, min_fan: 0.0, layout };
        scaling.check()?;
        Ok(scaling)
    }

    /// Sets the smallest fan; smaller ones are raised to it. Keras has 1, other systems none.
    ///
    /// # Errors
    ///
    /// [`ParameterError`](crate::ParameterError) if it is negative or not finite.
    pub fn with_min_fan(self, min_fan: f64) -> Result<Self, Error> {
        let scaling = VarianceScaling { min_fan, ..self };
        scaling.check()?;
        Ok(scaling)
    }

    /// Takes the fans from the axes of another layout. Axes that were given by their numbers stay, and
    /// so do the ranks of tensors with fans and what was set of groups; a transposed layout exchanges
    /// inputs and outputs.
    #[must_use]
    pub fn with_layout(self, layout: &Layout) -> Self {
        VarianceScaling { layout: self.layout.stored_as(layout), ..self }
    }

    /// Sets the variance, which is not checked.
    pub(super) fn with_variance(self, variance: Variance) -> Self {
        VarianceScaling { variance, ..self }
    }

    /// Exchanges inputs and outputs, for a matrix that is stored column by column.
    pub(super) fn transposed(self) -> Self {
        VarianceScaling { layout: self.layout.transposed(), ..self }
    }

    /// Returns the distribution that is scaled.
    pub fn distribution(&self) -> ScaledDistribution {
        self.distribution
    }

    /// Returns the variance, for `n` the fan.
    pub fn variance(&self) -> Variance {
        self.variance
    }

    /// Returns which fan the variance is divided by.
    pub fn fan(&self) -> FanMode {
        self.fan
    }

    /// Returns the smallest fan.
    pub fn min_fan(&self) -> f64 {
        self.min_fan
    }

    /// Returns which axes are inputs and outputs.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Checks the parameters.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.variance {
            Variance::Gain(gain) => at_least_0("gain", gain)?,
            Variance::Scale(scale) => at_least_0("scale", scale)?,
        };
        if let ScaledDistribution::TruncatedNormal { cut, .. } = self.distribution {
            above_0("cut", cut)?;
        }
        if let FanMode::Given(fan) = self.fan {
            above_0("fan", finite("fan", fan)?)?;
        }
        at_least_0("min_fan", self.min_fan)?;
        self.layout.check()
    }

    /// Returns the standard deviation of the elements of a whole tensor of this shape: of the parent
    /// or of the values, as [`TruncatedStd`] says.
    ///
    /// # Errors
    ///
    /// Those of [`Layout::fans`].
    pub fn std(&self, shape: &[usize]) -> Result<f64, Error> {
        let _env = FloatEnv::default_state();
        Ok(self.root(1.0, self.divisor(shape)?))
    }

    /// Returns the fan that the variance is divided by.
    fn divisor(&self, shape: &[usize]) -> Result<f64, Error> {
        let Fans { fan_in, fan_out } = self.layout.fans(shape)?;
        let fan = match self.fan {
            FanMode::In => fan_in,
            FanMode::Out => fan_out,
            FanMode::Avg => (fan_in + fan_out) / 2.0,
            FanMode::GeoAvg => (fan_in * fan_out).sqrt(),
            FanMode::Given(fan) => fan,
        };
        Ok(fan.max(self.min_fan))
    }

    /// Returns the square root of `times` the variance.
    fn root(&self, times: f64, n: f64) -> f64 {
        match self.variance {
            Variance::Gain(gain) => gain * (times / n).sqrt(),
            Variance::Scale(scale) => (times * scale / n).sqrt(),
        }
    }

    /// Returns the distribution for a whole tensor of this shape.
    pub(super) fn for_shape<T: Element>(&self, shape: &[usize]) -> Result<Distribution<T>, Error> {
        let _env = FloatEnv::default_state();
        if shape.contains(&0) {
            // There may be no fans, or fans of 0, and nothing needs any.
            return Ok(Constant::new(0.0)?.into());
        }
        let n = self.divisor(shape)?;
        Ok(match self.distribution {
            ScaledDistribution::Normal => Normal::new(0.0, self.root(1.0, n))?.into(),
            ScaledDistribution::Uniform => {
                let limit = self.root(3.0, n);
                Uniform::new(-limit, limit)?.into()
            }
            ScaledDistribution::TruncatedNormal { cut, std } => {
                let parent = self.root(1.0, n) / std.shrink(cut);
                TruncatedNormal::new(0.0, parent, -cut, cut)?.into()
            }
        })
    }
}

impl TruncatedStd {
    /// Returns what cutting the parent off multiplies its standard deviation by.
    ///
    /// The variance of the standard normal distribution cut off at `c` on either side is
    /// `1 - 2 c phi(c) / (2 Phi(c) - 1)`, and `2 Phi(c) - 1 = 2 phi(c) (c + c^3 s)` with
    /// `s = 1/3 + c^2/(3 5) + c^4/(3 5 7) + ..`, so that it is `c^2 s / (1 + c^2 s)`.
    fn shrink(self, cut: f64) -> f64 {
        if self == TruncatedStd::Parent || cut > 30.0 {
            return 1.0;
        }
        let square = cut * cut;
        let (mut term, mut sum, mut odd) = (1.0 / 3.0, 0.0, 3.0);
        while term > sum * 1e-17 {
            sum += term;
            odd += 2.0;
            term *= square / odd;
        }
        cut * (sum / (1.0 + square * sum)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correction_is_that_of_the_truncated_distribution() {
        assert!((TruncatedStd::Effective.shrink(2.0) - 0.879_625_661_034_239_8).abs() < 3e-16);
        assert!((TruncatedStd::Effective.shrink(1.0) - 0.5395600937548969).abs() < 3e-16);
        assert_eq!(TruncatedStd::Effective.shrink(12.0), 1.0);
        assert_eq!(TruncatedStd::Effective.shrink(f64::INFINITY), 1.0);
        assert_eq!(TruncatedStd::Parent.shrink(2.0), 1.0);
        // A narrow cut leaves a uniform distribution.
        let narrow = TruncatedStd::Effective.shrink(0.01);
        assert!((narrow / (0.01 / 3f64.sqrt()) - 1.0).abs() < 1e-5, "{narrow}");
        let narrow = TruncatedStd::Effective.shrink(1e-200);
        assert!((narrow / (1e-200 / 3f64.sqrt()) - 1.0).abs() < 1e-15, "{narrow}");
    }
}
