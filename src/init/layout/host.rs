//! The layout of a host that stores tensors otherwise than the system of an initializer, and the axes
//! that initializers without fans find in a layout.

use super::super::axes::{Axes, MatrixOrder, Roles, distinct};
use super::Layout;
use crate::error::ShapeError;

impl Layout {
    /// Returns this layout in a host that stores its tensors in another. Axes by their numbers stay, and
    /// so does what says something about the layer and not about the order of axes: which ranks have
    /// fans, and the groups, unless only the host has any. A host's transposed layout exchanges the
    /// sides once more.
    pub(in crate::init) fn stored_as(&self, host: &Layout) -> Self {
        if let Axes::Explicit { .. } = self.axes {
            return self.clone();
        }
        let groups = if self.groups == 1 { host.groups } else { self.groups };
        let transposed = self.transposed != host.transposed;
        Layout { axes: host.axes.clone(), groups, transposed, ..self.clone() }
    }

    /// Returns the axes of the layout without what concerns fans only.
    pub(in crate::init) fn axes_only(&self) -> Self {
        let Layout { axes, groups, transposed, .. } = self.clone();
        Layout { groups, transposed, ..Self::of(axes) }
    }

    /// Checks that the layout is one of matrices without groups, with at least one output axis.
    pub(in crate::init) fn check_outputs(&self, subject: &'static str) -> Result<(), ShapeError> {
        let outputs = match (&self.axes, self.transposed) {
            (Axes::Named { .. }, _) => 1,
            (Axes::Explicit { output, .. }, false) => output.len(),
            (Axes::Explicit { input, .. }, true) => input.len(),
        };
        if outputs > 0 && self.groups == 1 {
            return Ok(());
        }
        Err(self.refused(subject, "output axes and no groups"))
    }

    /// Checks that the layout is one of convolutions: one input axis, one output axis, and taps.
    pub(in crate::init) fn check_convolution(
        &self,
        subject: &'static str,
    ) -> Result<(), ShapeError> {
        let single = match &self.axes {
            Axes::Named { .. } => true,
            Axes::Explicit { input, output, batch } => {
                let taps = batch.as_ref().is_some_and(Vec::is_empty);
                input.len() == 1 && output.len() == 1 && input != output && taps
            }
        };
        if single && self.groups == 1 {
            return Ok(());
        }
        Err(self
            .refused(subject, "one input axis, another output axis, no batch axis and no groups"))
    }

    /// Returns the order of the axes of a matrix.
    pub(in crate::init) fn matrix_order(
        &self,
        subject: &'static str,
    ) -> Result<MatrixOrder, ShapeError> {
        let refused =
            || self.refused(subject, "one input and one output axis of a matrix and no groups");
        let Ok(Roles { mut input, mut output, batch }) = self.axes.roles(2) else {
            return Err(refused());
        };
        if self.transposed {
            core::mem::swap(&mut input, &mut output);
        }
        match (&*input, &*output, self.groups, batch.unwrap_or_default().is_empty()) {
            ([0], [1], 1, true) => Ok(MatrixOrder::InOut),
            ([1], [0], 1, true) => Ok(MatrixOrder::OutIn),
            _ => Err(refused()),
        }
    }

    fn refused(&self, subject: &'static str, needed: &str) -> ShapeError {
        let Layout { groups, .. } = self;
        let problem = match &self.axes {
            Axes::Named { .. } => format!("needs a layout with {needed}, but groups is {groups}"),
            Axes::Explicit { input, output, batch } => {
                let batch =
                    batch.as_ref().map_or("all others".into(), |batch| format!("{batch:?}"));
                format!(
                    "needs a layout with {needed}, but its input axes are {input:?}, its output axes \
                     {output:?}, its batch axes {batch}, and groups is {groups}"
                )
            }
        };
        ShapeError::Layout { subject, problem }
    }

    /// Returns the input and the output axis of a convolution as stored, whether transposed or not.
    pub(in crate::init) fn stored_pair(&self, rank: usize) -> Result<[usize; 2], ShapeError> {
        let Roles { input, output, .. } = self.axes.roles(rank)?;
        distinct(&input, &output, |axis| axis as isize)?;
        Ok([input[0], output[0]])
    }

    /// Returns the input and the output axis of a convolution.
    pub(in crate::init) fn pair(&self, rank: usize) -> Result<[usize; 2], ShapeError> {
        let [input, output] = self.stored_pair(rank)?;
        Ok(if self.transposed { [output, input] } else { [input, output] })
    }

    /// Returns the output axes and the batch axes of a tensor of this rank. Named axes are those of
    /// the tensor without its first batch axes, which are given.
    pub(in crate::init) fn outputs(
        &self,
        rank: usize,
        batch: &[usize],
    ) -> Result<[Vec<usize>; 2], ShapeError> {
        let rest: Vec<usize> = (0..rank).filter(|axis| !batch.contains(axis)).collect();
        let own = |axes: Vec<usize>| axes.into_iter().map(|axis| rest[axis]).collect();
        let roles = match self.axes {
            Axes::Named { .. } => {
                let Roles { input, output, .. } = self.axes.roles(rest.len())?;
                Roles { input: own(input), output: own(output), batch: Some(vec![]) }
            }
            Axes::Explicit { .. } => self.axes.roles(rank)?,
        };
        let named = |axis: &usize| roles.input.contains(axis) || roles.output.contains(axis);
        let others = || rest.iter().copied().filter(|axis| !named(axis)).collect();
        let more = roles.batch.clone().unwrap_or_else(others);
        Ok([if self.transposed { roles.input } else { roles.output }, more])
    }
}
