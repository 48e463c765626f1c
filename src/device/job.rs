//! A fill of a device's memory.

use crate::distr::{Distribution, TruncatedKernel};
use crate::element::Element;
use crate::kernel::real::Real;
use crate::kernel::strips::{Striped, Strips};
use crate::kernel::uniform::UniformKernel;
use crate::kernel::ziggurat::Ziggurat;
use crate::number::Number;
use crate::stream::Stream;

use super::tables;

/// Which kernel makes the values of a [`Job`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Kind {
    /// The same value everywhere.
    Constant,
    /// A multiple of a uniform integer.
    Uniform,
    /// A candidate of the layers of a ziggurat.
    Ziggurat,
    /// A candidate of vertical strips.
    Strips,
}

/// What is done to every value in the end, where it is not 0: [`Job::second`].
pub(super) mod second {
    /// `v * factor + after`, held.
    pub(in super::super) const SCALED: u64 = 1;
    /// `|v| * factor + after`, held.
    pub(in super::super) const FOLDED: u64 = 2;
}

/// A field of [`Job`].
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The field's name.
    pub name: &'static str,
    /// Its type in Rust.
    pub kind: &'static str,
    /// What it is.
    pub meaning: &'static str,
}

// Once for Rust and for the header of the device's compiler.
macro_rules! job {
    ($(#[$doc:meta])* pub struct Job { $(#[doc = $meaning:literal] pub $name:ident: $kind:tt,)* }) => {
        $(#[$doc])*
        pub struct Job { $(#[doc = $meaning] pub $name: $kind,)* }

        impl Job {
            /// The fields, in their order.
            pub const FIELDS: &[Field] = &[
                $(Field { name: stringify!($name), kind: stringify!($kind), meaning: $meaning },)*
            ];
        }
    };
}

job! {
    /// A range of the elements of a stream with a distribution, as a device's kernels read it. Numbers
    /// are those that the kernels of this crate compute with; those of f32 are f32 numbers.
    ///
    /// ```
    /// use seedbed::device::{Job, Kind};
    /// use seedbed::{Normal, Seed};
    /// let stream = Seed::from(1).stream("w").at(4097)?;
    /// let job = Job::new(&Normal::<f32>::new(0.0, 0.02)?.into(), &stream, 1000);
    /// assert_eq!((job.kind, job.offset, job.len), (Kind::Ziggurat as u64, 4097, 1000));
    /// assert_eq!((job.scale as f32, job.shift), (0.02, 0.0));
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    #[repr(C)]
    pub struct Job {
        #[doc = "The number of the kernel."]
        pub kind: u64,
        #[doc = "Where the distribution's table begins, in bytes from the first table."]
        pub table: u64,
        #[doc = "Address of the first element; 0 until a launch sets it."]
        pub out: u64,
        #[doc = "Number of the launch's first run of blocks that is this job's; 0 until a launch sets it."]
        pub first_run: u64,
        #[doc = "The stream's state."]
        pub stream: [u64; 4],
        #[doc = "The first element, counted from the stream's start."]
        pub offset: u64,
        #[doc = "How many elements, those between the rows of a rectangle included."]
        pub len: u64,
        #[doc = "Elements of a row of the tensor, if only some columns are filled; else 0."]
        pub width: u64,
        #[doc = "The first of these columns, and how many."]
        pub columns: [u64; 2],
        #[doc = "What a value changes by where a candidate changes by 1."]
        pub scale: f64,
        #[doc = "The value of the candidate 0; of strips, of `origin`."]
        pub shift: f64,
        #[doc = "What is done to every value in the end: 0 nothing, 1 scaled, 2 folded and scaled."]
        pub second: u64,
        #[doc = "The factor of that, and what it adds."]
        pub again: [f64; 2],
        #[doc = "Computed values are held within these: in the end, or if nothing is done there, at first."]
        pub held: [f64; 2],
        #[doc = "Values are held within these before they are rounded to 16 bits."]
        pub bounds: [f64; 2],
        #[doc = "Candidates that may be returned lie strictly between these."]
        pub window: [f64; 2],
        #[doc = "Start of a ziggurat's tail, or 0."]
        pub tail: f64,
        #[doc = "Minus the logarithm of the density at a candidate of strips, as a polynomial."]
        pub exponent: [f64; 3],
        #[doc = "What a sum of threshold and height must be above to be accepted at once."]
        pub least: [f64; 3],
        #[doc = "The candidate of strips whose value is `shift`."]
        pub origin: f64,
        #[doc = "The factor of the heights of strips."]
        pub area: f64,
        #[doc = "The first strip."]
        pub first_strip: u64,
        #[doc = "How many strips."]
        pub strips: u64,
    }
}

#[expect(unsafe_code, reason = "the derive of bytemuck would be a dependency more")]
// SAFETY: `repr(C)`, and every field is made of 64-bit numbers.
unsafe impl bytemuck::Zeroable for Job {}
#[expect(unsafe_code, reason = "the derive of bytemuck would be a dependency more")]
// SAFETY: as above, so there is no padding, and every pattern of bits is a value.
unsafe impl bytemuck::Pod for Job {}

impl Job {
    /// Returns the fill of `len` elements from the stream's position on. `out` is left to the launch.
    pub fn new<T: Element>(distribution: &Distribution<T>, stream: &Stream, len: u64) -> Self {
        let job = match distribution {
            Distribution::Constant(constant) => Job::constant(constant.value()),
            Distribution::Uniform(uniform) => Job::uniform(&uniform.kernel).within(uniform.bounds),
            Distribution::Normal(normal) => Job::ziggurat(&normal.kernel()),
            Distribution::TruncatedNormal(truncated) => match truncated.kernel() {
                TruncatedKernel::Constant(value) => Job::constant(value),
                TruncatedKernel::Ziggurat(kernel) => Job::ziggurat(&kernel),
                TruncatedKernel::Strips(kernel) => Job::strips(&kernel),
            }
            .within(truncated.bounds),
        };
        Job { stream: stream.state, offset: stream.offset, len, ..job }
    }

    /// Returns a job of a kind that holds nothing back.
    fn unbounded(kind: Kind) -> Self {
        let all = [f64::NEG_INFINITY, f64::INFINITY];
        Job { kind: kind as u64, held: all, bounds: all, window: all, ..Job::default() }
    }

    fn within<R: Number>(self, bounds: [R; 2]) -> Self {
        Job { bounds: bounds.map(R::to_f64), ..self }
    }

    fn constant<T: Number>(value: T) -> Self {
        Job { shift: value.to_f64(), ..Job::unbounded(Kind::Constant) }
    }

    fn uniform<R: Real>(kernel: &UniformKernel<R>) -> Self {
        let job = Job {
            scale: kernel.scale.to_f64(),
            shift: kernel.low.to_f64(),
            ..Job::unbounded(Kind::Uniform)
        };
        match &kernel.narrow {
            Some(narrow) => Job {
                second: second::SCALED,
                again: [narrow.shrink, narrow.low].map(R::to_f64),
                ..job
            },
            None => job,
        }
    }

    fn ziggurat<R: Striped>(kernel: &Ziggurat<R>) -> Self {
        let end = kernel.end.to_f64();
        let job = Job {
            table: tables::ziggurat::<R>(kernel.table) as u64,
            scale: kernel.std.to_f64(),
            shift: kernel.mean.to_f64(),
            window: [-end, end],
            tail: kernel.table.tail.unwrap_or(0.0),
            ..Job::unbounded(Kind::Ziggurat)
        };
        match &kernel.half {
            Some(half) => Job {
                second: second::FOLDED,
                again: [half.side, half.mean].map(R::to_f64),
                held: half.bounds.map(R::to_f64),
                ..job
            },
            None => job,
        }
    }

    fn strips<R: Striped>(kernel: &Strips<R>) -> Self {
        let job = Job {
            table: tables::strips::<R>(kernel.curve) as u64,
            scale: kernel.step.to_f64(),
            shift: kernel.anchor.to_f64(),
            held: kernel.bounds.map(R::to_f64),
            window: kernel.window.map(R::to_f64),
            exponent: kernel.exponent.map(R::to_f64),
            least: kernel.least.map(R::to_f64),
            origin: kernel.origin.to_f64(),
            area: kernel.area().to_f64(),
            first_strip: kernel.first as u64,
            strips: kernel.count as u64,
            ..Job::unbounded(Kind::Strips)
        };
        match &kernel.rescaled {
            Some(rescaled) => Job {
                second: second::SCALED,
                again: [rescaled.factor, rescaled.anchor].map(R::to_f64),
                held: rescaled.bounds.map(R::to_f64),
                ..job
            },
            None => job,
        }
    }
}
