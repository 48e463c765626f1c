//! Initializers of tensors that are stored in another way: in another order of axes, column by column,
//! or several in one.

use super::initializer::Initializer;
use super::layout::Layout;
use super::orthogonal::Parts;
use crate::error::{Error, ShapeError};

impl Initializer {
    /// Returns the initializer in a host that stores its tensors in this layout, whatever the layout of
    /// the initializer's system: what it says of outputs, inputs, taps and batches holds for the axes
    /// that have them in the layout.
    ///
    /// ```
    /// use seedbed::{Seed, keras, torch};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // (height, width, in, out)
    /// let dirac = torch::Dirac::default().initializer()?.with_layout(&keras::layout())?;
    /// let weights: Vec<f32> = dirac.for_shape(&[3, 3, 2, 2])?.to_vec(&Seed::from(1).stream("w"))?;
    /// let ones = (0..36).filter(|&i| weights[i] == 1.0);
    /// assert!(ones.eq([(3 + 1) * 4, (3 + 1) * 4 + 3]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What an initializer was given by the numbers of axes stays: the axes of a
    /// [`VarianceScaling`](crate::init::VarianceScaling), as of JAX' `in_axis`; batch axes, parts and
    /// [`MatrixRows::AllBut`](crate::init::MatrixRows::AllBut) of an orthogonal initializer; columns or
    /// rows of a sparse matrix. What says something of the layer stays, too: groups, and which ranks
    /// have fans. A distribution without fans and the identity are the same in every layout.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Layout`] if the initializer has no meaning with axes that the layout has by their
    /// numbers, or with its groups.
    pub fn with_layout(self, layout: &Layout) -> Result<Self, Error> {
        Ok(match self {
            Initializer::VarianceScaling(scaling) => scaling.with_layout(layout).into(),
            Initializer::Orthogonal { gain, rows, batch, parts } => {
                let rows = rows.stored_as(layout)?;
                Initializer::Orthogonal { gain, rows, batch, parts }
            }
            Initializer::DeltaOrthogonal { gain, layout: own } => {
                let layout = own.stored_as(layout);
                Initializer::DeltaOrthogonal { gain, layout }.checked()?
            }
            Initializer::Dirac { groups, layout: own } => {
                let layout = own.stored_as(layout);
                Initializer::Dirac { groups, layout }.checked()?
            }
            Initializer::Sparse { axis, nonzeros, std } => {
                let axis = axis.stored_as(layout)?;
                Initializer::Sparse { axis, nonzeros, std }
            }
            // The same for all axes, and for a matrix and its transpose.
            Initializer::Constant { .. }
            | Initializer::Uniform { .. }
            | Initializer::Normal { .. }
            | Initializer::TruncatedNormal { .. }
            | Initializer::Identity { .. } => self,
        })
    }

    /// Returns the initializer of a matrix that is stored column by column: of its memory as a
    /// row-major matrix with the sides exchanged.
    ///
    /// ```
    /// use seedbed::{Seed, keras};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // A column-major matrix of 300 inputs and 200 outputs: its memory is (200, 300) by rows.
    /// let columns = keras::lecun_uniform().initializer()?.transposed();
    /// let values = columns.for_shape::<f32>(&[200, 300])?;
    /// let distribution = values.distribution().expect("independent elements");
    /// assert!((distribution.high() - 0.1).abs() < 1e-9); // sqrt(3 / 300), the fan-in
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn transposed(self) -> Self {
        match self {
            Initializer::VarianceScaling(scaling) => scaling.transposed().into(),
            Initializer::Sparse { axis, nonzeros, std } => {
                Initializer::Sparse { axis: axis.transposed(), nonzeros, std }
            }
            // Which rows an orthogonal matrix has makes no difference in two dimensions.
            Initializer::Orthogonal { gain, rows, batch, parts } => {
                let parts = parts.map(Parts::transposed);
                Initializer::Orthogonal { gain, rows, batch, parts }
            }
            // The same distribution for a matrix and its transpose.
            Initializer::Constant { .. }
            | Initializer::Uniform { .. }
            | Initializer::Normal { .. }
            | Initializer::TruncatedNormal { .. }
            | Initializer::Identity { .. } => self,
            // Not for matrices.
            Initializer::DeltaOrthogonal { .. } | Initializer::Dirac { .. } => self,
        }
    }

    /// Makes an orthogonal matrix for each index of these axes, counted from the end if negative: the
    /// experts of a mixture, for example. Each is independent of the others.
    ///
    /// ```
    /// use seedbed::{Seed, torch};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // (experts, out, in)
    /// let experts = torch::Orthogonal::default().initializer()?.batched(&[0])?;
    /// let values = experts.for_shape::<f64>(&[8, 4, 6])?;
    /// let mut third = [0.0; 4 * 6];
    /// values.fill_block(&[2..3, 0..4, 0..6], &mut third, &Seed::from(1).stream("experts"))?;
    /// for row in third.chunks(6) {
    ///     assert!((row.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-14);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShapeError::Layout`] if the initializer is not [`Orthogonal`](Initializer::Orthogonal). Axes
    /// that a tensor lacks are errors of [`for_shape`](Initializer::for_shape).
    pub fn batched(self, axes: &[isize]) -> Result<Self, Error> {
        match self {
            Initializer::Orthogonal { gain, rows, parts, .. } => {
                let batch = axes.to_vec();
                Initializer::Orthogonal { gain, rows, batch, parts }.checked()
            }
            other => Err(other.no_matrices("batch axes")),
        }
    }

    /// Makes an orthogonal matrix of each of `count` equal parts along an axis, counted from the end if
    /// negative: the gates of a recurrent layer, for example. Each is independent of the others.
    ///
    /// ```
    /// use seedbed::torch;
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // (4 hidden, in)
    /// let gates = torch::Orthogonal::default().initializer()?.in_parts(0, 4)?;
    /// assert!(gates.for_shape::<f32>(&[4 * 16, 16]).is_ok());
    /// assert_eq!(
    ///     gates.for_shape::<f32>(&[66, 16]).unwrap_err().to_string(),
    ///     "axis 0 of the shape [66, 16] cannot be cut into 4 equal parts",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShapeError::Layout`] if the initializer is not [`Orthogonal`](Initializer::Orthogonal),
    /// [`ParameterError::OutOfRange`](crate::ParameterError::OutOfRange) if `count` is 0. An axis that
    /// a tensor lacks, or whose length is not a multiple of `count`, is an error of
    /// [`for_shape`](Initializer::for_shape).
    pub fn in_parts(self, axis: isize, count: usize) -> Result<Self, Error> {
        match self {
            Initializer::Orthogonal { gain, rows, batch, .. } => {
                let parts = Some(Parts { axis, count });
                Initializer::Orthogonal { gain, rows, batch, parts }.checked()
            }
            other => Err(other.no_matrices("parts")),
        }
    }

    fn no_matrices(&self, what: &str) -> Error {
        let problem = format!("cannot have {what}, which are for Orthogonal only");
        ShapeError::Layout { subject: self.name(), problem }.into()
    }

    fn name(&self) -> &'static str {
        match self {
            Initializer::Constant { .. } => "Constant",
            Initializer::Uniform { .. } => "Uniform",
            Initializer::Normal { .. } => "Normal",
            Initializer::TruncatedNormal { .. } => "TruncatedNormal",
            Initializer::VarianceScaling(_) => "VarianceScaling",
            Initializer::Orthogonal { .. } => "Orthogonal",
            Initializer::DeltaOrthogonal { .. } => "DeltaOrthogonal",
            Initializer::Sparse { .. } => "Sparse",
            Initializer::Identity { .. } => "Identity",
            Initializer::Dirac { .. } => "Dirac",
        }
    }
}
