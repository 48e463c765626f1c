//! Laws whose spread follows from the fans of the tensor: Glorot, He, LeCun and their kin.
//!
//! - Xavier Glorot and Yoshua Bengio, 2010, "Understanding the difficulty of training deep
//!   feedforward neural networks": variance `2 / (fan_in + fan_out)`.
//! - Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, 2015, "Delving deep into rectifiers":
//!   variance `2 / fan_in`.
//! - Yann LeCun, Léon Bottou, Genevieve Orr and Klaus-Robert Müller, 1998, "Efficient BackProp":
//!   variance `1 / fan_in`.

use crate::distr::{Constant, Normal, TruncatedNormal, Uniform, finite};
use crate::element::Element;
use crate::error::Error;
use crate::init::{Fans, Law, Layout};
use crate::simd::FloatEnv;

/// The law that is scaled, with mean 0.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ScaledLaw {
    /// The normal law, not cut off.
    Normal,
    /// The uniform law on `[-sqrt(3) std, sqrt(3) std)`.
    Uniform,
    /// The normal law cut off at `cut` standard deviations (of the law before it is cut off) on
    /// either side.
    TruncatedNormal {
        /// Where the law is cut off.
        cut: f64,
        /// Which law has the variance that is asked for.
        std: Std,
    },
}

/// Which standard deviation of a law that is cut off a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Std {
    /// That of the law before it is cut off.
    Parent,
    /// That of the values: the law before it is cut off has a larger one, by `1 / 0.8796` for a cut
    /// at 2.
    Effective,
}

/// The variance, for `n` the fan.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Variance {
    /// `gain^2 / n`: a gain multiplies the standard deviation.
    Gain(f64),
    /// `scale / n`: a scale multiplies the variance.
    Scale(f64),
}

/// Which fan the variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Fan {
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

/// What a fan is raised to if it is smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Floor {
    /// It stays as it is.
    #[default]
    None,
    /// To 1, as Keras does.
    One,
}

/// A law whose standard deviation is `gain sqrt(1 / n)` or `sqrt(scale / n)`, for `n` a fan.
///
/// ```
/// use seedbed::init::{Conv, Dense, Fan, Layout, Scaled, ScaledLaw, Variance};
/// # fn main() -> Result<(), seedbed::Error> {
/// let layout = Layout::new(Dense::OutIn, Conv::OutInSpatial);
/// let he = Scaled::new(ScaledLaw::Normal, Variance::Scale(2.0), Fan::In, layout)?;
/// assert_eq!(he.std(&[64, 32, 5, 5])?, (2.0 / (32.0 * 25.0) as f64).sqrt());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Scaled {
    /// The law.
    pub law: ScaledLaw,
    /// The variance, for `n` the fan.
    pub variance: Variance,
    /// Which fan.
    pub fan: Fan,
    /// What a smaller fan is raised to.
    pub floor: Floor,
    /// Which axes are inputs and outputs, and what other ranks mean.
    pub layout: Layout,
}

impl Scaled {
    /// The law with this variance.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`] and [`Error::OutOfRange`] if the gain or scale is negative, the cut is
    /// not above 0, or a given fan is not above 0.
    pub fn new(
        law: ScaledLaw,
        variance: Variance,
        fan: Fan,
        layout: Layout,
    ) -> Result<Self, Error> {
        let scaled = Scaled { law, variance, fan, floor: Floor::None, layout };
        scaled.check()?;
        Ok(scaled)
    }

    /// Sets what a smaller fan is raised to.
    #[must_use]
    pub fn floor(self, floor: Floor) -> Self {
        Scaled { floor, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.variance {
            Variance::Gain(gain) => at_least_0("gain", gain)?,
            Variance::Scale(scale) => at_least_0("scale", scale)?,
        };
        if let ScaledLaw::TruncatedNormal { cut, .. } = self.law {
            above_0("cut", cut)?;
        }
        if let Fan::Given(fan) = self.fan {
            above_0("fan", finite("fan", fan)?)?;
        }
        Ok(())
    }

    /// The standard deviation of the elements of a whole tensor of this shape; of a law that is cut
    /// off, the one that [`Std`] says.
    ///
    /// # Errors
    ///
    /// Those of [`Layout::fans`].
    pub fn std(&self, shape: &[usize]) -> Result<f64, Error> {
        let _env = FloatEnv::default_state();
        Ok(self.root(1.0, self.number(shape)?))
    }

    /// The fan that the variance is divided by.
    fn number(&self, shape: &[usize]) -> Result<f64, Error> {
        let Fans { fan_in, fan_out } = self.layout.fans(shape)?;
        let number = match self.fan {
            Fan::In => fan_in,
            Fan::Out => fan_out,
            Fan::Avg => (fan_in + fan_out) / 2.0,
            Fan::GeoAvg => (fan_in * fan_out).sqrt(),
            Fan::Given(number) => number,
        };
        Ok(match self.floor {
            Floor::None => number,
            Floor::One => number.max(1.0),
        })
    }

    /// The square root of `times` the variance.
    fn root(&self, times: f64, n: f64) -> f64 {
        match self.variance {
            Variance::Gain(gain) => gain * (times / n).sqrt(),
            Variance::Scale(scale) => (times * scale / n).sqrt(),
        }
    }

    /// The law for a whole tensor of this shape.
    pub(crate) fn law<T: Element>(&self, shape: &[usize]) -> Result<Law<T>, Error> {
        let n = self.number(shape)?;
        if shape.contains(&0) {
            // The fan may be 0, too.
            return Ok(Constant::new(0.0)?.into());
        }
        Ok(match self.law {
            ScaledLaw::Normal => Normal::new(0.0, self.root(1.0, n))?.into(),
            ScaledLaw::Uniform => {
                let limit = self.root(3.0, n);
                Uniform::new(-limit, limit)?.into()
            }
            ScaledLaw::TruncatedNormal { cut, std } => {
                let parent = self.root(1.0, n) / std.shrink(cut);
                TruncatedNormal::new(0.0, parent, -cut, cut)?.into()
            }
        })
    }
}

impl Std {
    /// What cutting the law off multiplies its standard deviation by.
    ///
    /// The variance of the standard normal law cut off at `c` on either side is
    /// `1 - 2 c phi(c) / (2 Phi(c) - 1)`, and `2 Phi(c) - 1 = 2 phi(c) (c + c^3 s)` with
    /// `s = 1/3 + c^2/(3 5) + c^4/(3 5 7) + ..`, so that it is `c^2 s / (1 + c^2 s)`.
    fn shrink(self, cut: f64) -> f64 {
        if self == Std::Parent || cut > 30.0 {
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

pub(crate) fn at_least_0(parameter: &'static str, value: f64) -> Result<f64, Error> {
    if finite(parameter, value)? < 0.0 {
        return Err(Error::OutOfRange { parameter, value, expected: "at least 0" });
    }
    Ok(value)
}

pub(crate) fn above_0(parameter: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 {
        return Ok(value);
    }
    Err(Error::OutOfRange { parameter, value, expected: "above 0" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correction_is_that_of_the_truncated_law() {
        assert!((Std::Effective.shrink(2.0) - 0.879_625_661_034_239_8).abs() < 3e-16);
        assert!((Std::Effective.shrink(1.0) - 0.5395600937548969).abs() < 3e-16);
        assert_eq!(Std::Effective.shrink(12.0), 1.0);
        assert_eq!(Std::Effective.shrink(f64::INFINITY), 1.0);
        assert_eq!(Std::Parent.shrink(2.0), 1.0);
        // A narrow cut leaves a uniform law.
        let narrow = Std::Effective.shrink(0.01);
        assert!((narrow / (0.01 / 3f64.sqrt()) - 1.0).abs() < 1e-5, "{narrow}");
        let narrow = Std::Effective.shrink(1e-200);
        assert!((narrow / (1e-200 / 3f64.sqrt()) - 1.0).abs() < 1e-15, "{narrow}");
    }
}
