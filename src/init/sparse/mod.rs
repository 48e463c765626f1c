//! Matrices with a fixed number of values in each column (or row) and zeros elsewhere.
//!
//! James Martens, 2010, "Deep learning via Hessian-free optimization". The values of line `i`, in the
//! order of their places, are elements `i count` to `(i + 1) count` of the tensor's stream. Its places
//! are chosen, or those that it leaves out if they are fewer, by Robert Floyd's algorithm (Jon Bentley
//! and Robert Floyd, 1987, "A sample of brilliance"), with integers by Daniel Lemire (2019, "Fast
//! random integer generation in an interval") from the 32-bit halves, the lower first, of as many
//! words of child 0 of the tensor's stream as each line needs. Halves that are rejected are replaced
//! from the scalar generator of that stream's child `i`.
//!
//! Bit `i` of word `row` of a strip of 64 columns says whether column `i` has a value there, so that
//! the places are chosen in the first-level cache and written row by row. Zeros are written with them.

mod axis;
mod source;
mod strips;

use core::mem::MaybeUninit;
use core::ops::Range;

use super::block::Block;
use super::structure::Structure;
use crate::alloc::reserved;
use crate::check::at_least_0;
use crate::distr::Normal;
use crate::element::Element;
use crate::error::{Error, ParameterError, ShapeError};
use crate::fill::{Exec, threads};
use crate::stream::Stream;
use axis::Lines;
pub use axis::SparseAxis;
use source::Source;
use strips::{STRIP, Task};

/// How many of the `n` values of a line are not zero.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Nonzeros {
    /// The integer part of this fraction times `n`, computed in f64 as Lasagne does: 28 for 0.29
    /// times 100.
    Fraction(f64),
    /// `n` less the zeros, which are this fraction times `n`, rounded up, computed in f64 as PyTorch
    /// does.
    AllButFraction(f64),
    /// This number.
    Exactly(usize),
}

impl Nonzeros {
    pub(super) fn check(self) -> Result<(), ParameterError> {
        let (Nonzeros::Fraction(value) | Nonzeros::AllButFraction(value)) = self else {
            return Ok(());
        };
        let parameter = "sparsity";
        if at_least_0(parameter, value)? <= 1.0 {
            return Ok(());
        }
        Err(ParameterError::OutOfRange {
            parameter: parameter.into(),
            value,
            expected: "within 0 and 1".into(),
        })
    }

    /// Returns the number for a line of `n` values.
    fn of(self, n: usize) -> usize {
        match self {
            Nonzeros::Fraction(fraction) => (fraction * n as f64) as usize,
            Nonzeros::AllButFraction(fraction) => {
                n.saturating_sub((fraction * n as f64).ceil() as usize)
            }
            Nonzeros::Exactly(count) => count,
        }
    }
}

/// A matrix with `count` values in each line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sparse {
    lines: Lines,
    rows: usize,
    cols: usize,
    count: usize,
    std: f64,
}

impl Sparse {
    pub(super) fn new(
        axis: SparseAxis,
        nonzeros: Nonzeros,
        std: f64,
        shape: &[usize],
    ) -> Result<Self, Error> {
        let unsupported = |expected: &'static str| ShapeError::Unsupported {
            subject: "Sparse",
            expected: expected.into(),
            shape: shape.to_vec(),
        };
        let &[rows, cols] = shape else {
            return Err(unsupported("rank 2").into());
        };
        let lines = axis.lines();
        let n = if lines == Lines::Columns { rows } else { cols };
        let count = nonzeros.of(n);
        if u32::try_from(n).is_err() {
            return Err(unsupported("lines of fewer than 2^32 values").into());
        }
        if count > n {
            return Err(unsupported("at least as many values in a line as are not zero").into());
        }
        Ok(Sparse { lines, rows, cols, count, std })
    }

    /// Checks that the element type can hold the values.
    pub(super) fn check<T: Element>(&self) -> Result<(), ParameterError> {
        Normal::<T>::new(0.0, self.std).map(drop)
    }

    /// Fills the rectangle of these rows and columns.
    ///
    /// The lines that cross it are cut into tasks, each of which gets its part of every row: a run of
    /// neighbouring columns, or whole rows.
    fn fill_rectangle<T: Element>(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        if out.is_empty() {
            return Ok(());
        }
        // `across` are the places of each line that are in the rectangle.
        let (lines, across) = match self.lines {
            Lines::Columns => (cols.clone(), rows),
            Lines::Rows => (rows, cols.clone()),
        };
        let _end = stream.at((lines.end * self.count) as u64)?;
        let n = if self.lines == Lines::Columns { self.rows } else { self.cols };
        let source = Source::new(self.lines, n, self.count, self.std, stream, exec)?;
        let lines_per_task = lines.len().div_ceil(TASKS * threads::count(exec) * STRIP) * STRIP;
        let rows_per_task = match self.lines {
            Lines::Columns => across.len(),
            Lines::Rows => lines_per_task,
        };
        let mut tasks = Vec::new();
        for _ in 0..lines.len().div_ceil(lines_per_task) {
            tasks.push(Task { out: reserved(rows_per_task)?, result: Ok(()) });
        }
        for (row, out) in out.chunks_mut(cols.len()).enumerate() {
            match self.lines {
                Lines::Rows => tasks[row / lines_per_task].out.push(out),
                Lines::Columns => {
                    let parts = tasks.iter_mut().zip(out.chunks_mut(lines_per_task));
                    parts.for_each(|(task, out)| task.out.push(out));
                }
            }
        }
        threads::chunks(&mut tasks, 1, exec, |i, tasks| {
            let start = lines.start + i * lines_per_task;
            let lines = start..lines.end.min(start + lines_per_task);
            tasks.iter_mut().for_each(|task| task.result = task.fill(&source, &lines, &across));
        });
        tasks.into_iter().try_for_each(|task| task.result)
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: the parts of rows of all tasks are the rectangle, and a task writes all of its own; the
// rectangles of a range follow each other.
unsafe impl<T: Element> Structure<T> for Sparse {
    fn fill_range(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        // Part of a row, whole rows, part of a row.
        let (mut at, mut rest) = (offset, out);
        while !rest.is_empty() {
            let (row, col) = (at / self.cols, at % self.cols);
            let rows = if col == 0 { (rest.len() / self.cols).max(1) } else { 1 };
            let cols = col..self.cols.min(col + rest.len());
            let (part, later) = rest.split_at_mut(rows * cols.len());
            self.fill_rectangle(row..row + rows, cols, part, stream, exec)?;
            (at, rest) = (at + rows * self.cols - col, later);
        }
        Ok(())
    }

    fn fill_block(
        &self,
        block: &Block,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        self.fill_rectangle(block.range(0), block.range(1), out, stream, exec)
    }
}

/// Tasks for each thread.
const TASKS: usize = 2;
