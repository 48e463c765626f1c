//! Initializers whose values are multiplied by a factor, as the depth of a model asks for.

use super::initializer::{Bounds, Initializer};
use super::variance_scaling::Variance;
use crate::check::{above_0, finite};
use crate::error::{Error, ShapeError};
use crate::simd::FloatEnv;

impl Initializer {
    /// Returns the initializer of `factor` times these values: its parameters are multiplied, before a
    /// value is rounded.
    ///
    /// ```
    /// use seedbed::{Initializer, torch};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // The projections into the residual stream of a model of 12 layers, two in each.
    /// let factor = 1.0 / (2.0 * 12.0_f64).sqrt();
    /// let normal = Initializer::normal(0.0, 0.02)?;
    /// assert_eq!(normal.scaled(factor)?, Initializer::normal(0.0, 0.02 * factor)?);
    /// let he = torch::KaimingNormal::default().initializer()?.scaled(0.5)?;
    /// let values = he.for_shape::<f64>(&[300, 200])?;
    /// let std = values.distribution().expect("independent elements").std();
    /// assert!((std - 0.5 * (2.0 / 200.0_f64).sqrt()).abs() < 1e-12);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError`](crate::ParameterError) if the factor is not above 0 and finite, or a parameter
    /// times the factor is not allowed; [`ShapeError::Layout`] for [`Dirac`](Initializer::Dirac), whose
    /// values are ones.
    pub fn scaled(self, factor: f64) -> Result<Self, Error> {
        let _env = FloatEnv::default_state();
        let factor = above_0("factor", finite("factor", factor)?)?;
        let scaled = match self {
            Initializer::Constant { value } => Initializer::Constant { value: value * factor },
            Initializer::Uniform { low, high } => {
                Initializer::Uniform { low: low * factor, high: high * factor }
            }
            Initializer::Normal { mean, std } => {
                Initializer::Normal { mean: mean * factor, std: std * factor }
            }
            Initializer::TruncatedNormal { mean, std, bounds } => {
                let bounds = match bounds {
                    Bounds::Sigmas(..) => bounds,
                    Bounds::Absolute(low, high) => Bounds::Absolute(low * factor, high * factor),
                };
                Initializer::TruncatedNormal { mean: mean * factor, std: std * factor, bounds }
            }
            Initializer::VarianceScaling(scaling) => {
                let variance = match scaling.variance() {
                    Variance::Gain(gain) => Variance::Gain(gain * factor),
                    Variance::Scale(scale) => Variance::Scale(scale * factor * factor),
                };
                scaling.with_variance(variance).into()
            }
            Initializer::Orthogonal { gain, rows, batch, parts } => {
                Initializer::Orthogonal { gain: gain * factor, rows, batch, parts }
            }
            Initializer::DeltaOrthogonal { gain, layout } => {
                Initializer::DeltaOrthogonal { gain: gain * factor, layout }
            }
            Initializer::Sparse { axis, nonzeros, std } => {
                Initializer::Sparse { axis, nonzeros, std: std * factor }
            }
            Initializer::Identity { gain, non_square } => {
                Initializer::Identity { gain: gain * factor, non_square }
            }
            Initializer::Dirac { .. } => {
                let problem = "cannot be scaled, as its values are ones".to_owned();
                return Err(ShapeError::Layout { subject: "Dirac", problem }.into());
            }
        };
        scaled.checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::{MatrixRows, NonSquare, Nonzeros, SparseAxis};
    use crate::{Seed, keras, torch};

    #[test]
    fn values_are_multiplied() {
        let initializers = [
            Initializer::constant(-3.0),
            Initializer::uniform(-1.0, 3.0),
            Initializer::normal(0.5, 2.0),
            Initializer::truncated_normal(0.5, 2.0, Bounds::Sigmas(-2.0, f64::INFINITY)),
            Initializer::truncated_normal(0.5, 2.0, Bounds::Absolute(-2.0, 3.0)),
            torch::XavierUniform::default().initializer(),
            keras::he_normal().initializer(),
            Initializer::orthogonal(1.5, MatrixRows::FirstAxis),
            Initializer::sparse(SparseAxis::Column, Nonzeros::Exactly(3), 0.1),
            Initializer::identity(2.0, NonSquare::Pad),
        ];
        let stream = Seed::from(1).stream("w");
        let values = |initializer: &Initializer| {
            initializer.for_shape::<f64>(&[20, 30]).unwrap().to_vec(&stream).unwrap()
        };
        for initializer in initializers.map(Result::unwrap) {
            let (own, quarter) =
                (values(&initializer), values(&initializer.clone().scaled(0.25).unwrap()));
            let close = |(own, quarter): (&f64, &f64)| (own * 0.25 - quarter).abs() < 1e-12;
            assert!(own.iter().zip(&quarter).all(close), "{initializer:?}");
        }
    }

    #[test]
    fn factors_that_are_not_allowed_are_named() {
        let normal = Initializer::normal(0.0, 1e300).unwrap();
        for (factor, message) in [
            (0.0, "factor is 0, but must be above 0"),
            (-1.0, "factor is -1, but must be above 0"),
            (f64::INFINITY, "factor is inf, but must be finite"),
            (1e300, "std is inf, but must be finite"),
        ] {
            assert_eq!(normal.clone().scaled(factor).unwrap_err().to_string(), message);
        }
        let dirac = Initializer::dirac(1).unwrap().scaled(2.0).unwrap_err();
        assert_eq!(dirac.to_string(), "Dirac cannot be scaled, as its values are ones");
    }
}
