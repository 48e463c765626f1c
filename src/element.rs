//! The element types: how computed values are rounded to them and held within bounds.

use core::mem::MaybeUninit;

use half::{bf16, f16};

use crate::generator::{Algorithm, CHUNK_BLOCKS};
use crate::kernel::Output;
use crate::kernel::strips::Striped;
use crate::number::Number;
use crate::simd::{Float, Simd, WIDEST};
use crate::uninit;

/// A type that slices are filled with: `f32`, `f64`, [`half::f16`] or [`half::bf16`]. Sealed.
///
/// f16 and bf16 values are the f32 values of the same stream, held within the distribution's bounds
/// as the type has them, then rounded once to nearest even. f64 values are a stream of their own.
///
/// A zero is positive, except that of a constant -0, and of f16 and bf16 where a negative f32 value is
/// rounded to zero.
///
/// ```
/// use seedbed::{Element, Error, Normal, Sample, Seed};
///
/// /// Returns the same values in any type, as far as the type can tell them apart.
/// fn noise<T: Element>(len: usize) -> Result<Vec<T>, Error> {
///     Ok(Normal::new(0.0, 0.1)?.sample_vec(len, &Seed::from(1).stream("noise")))
/// }
/// let (single, half) = (noise::<f32>(9)?, noise::<half::bf16>(9)?);
/// assert!(single.iter().zip(half).all(|(&value, half)| half::bf16::from_f32(value) == half));
/// # Ok::<(), seedbed::Error>(())
/// ```
pub trait Element: Number + Convert<Computed = <Self as Element>::Real> {
    /// The type that kernels compute in, f32 or f64.
    #[doc(hidden)]
    type Real: Striped + Element<Real = Self::Real>;
}

/// How elements come from what kernels compute.
///
/// # Safety
///
/// [`direct`](Convert::direct) returns all of the slice, and [`convert`](Convert::convert) writes
/// every element of `out`: callers hand the slice on as initialised.
#[expect(unsafe_code, reason = "callers rely on the trait's promise")]
pub unsafe trait Convert: Copy + Send + Sync + 'static {
    /// The type that kernels compute in.
    type Computed: Output;

    /// Returns the slice itself if its elements need no conversion.
    fn direct(_: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<Self::Computed>]> {
        None
    }

    /// Rounds values to as many elements, within `bounds`.
    fn convert<S: Simd>(
        s: S,
        values: &[Self::Computed],
        bounds: [Self::Computed; 2],
        out: &mut [MaybeUninit<Self>],
    );
}

impl Algorithm {
    /// Returns the elements of a block, the smallest unit of work: a range that begins within a block
    /// costs as much as one that begins where the block does.
    pub fn block_len<T: Element>(self) -> usize {
        match self {
            Algorithm::V1 => <T::Real as Output>::BLOCK,
        }
    }

    /// Returns the elements of a chunk, whose generators start a jump after those of the chunk before.
    pub fn chunk_len<T: Element>(self) -> usize {
        match self {
            Algorithm::V1 => <T::Real as Output>::BLOCK * CHUNK_BLOCKS,
        }
    }
}

macro_rules! computed {
    ($($type:ident)*) => {$(
        #[expect(unsafe_code, reason = "the trait's promise")]
        // SAFETY: `direct` returns the slice, and `convert` writes as many elements as there are
        // values.
        unsafe impl Convert for $type {
            type Computed = $type;

            #[inline(always)]
            fn direct(out: &mut [MaybeUninit<Self>]) -> Option<&mut [MaybeUninit<$type>]> {
                Some(out)
            }

            #[inline(always)]
            fn convert<S: Simd>(
                _: S,
                values: &[$type],
                _: [$type; 2],
                out: &mut [MaybeUninit<Self>],
            ) {
                uninit::write(out, values);
            }
        }
    )*};
}

// Words are filled as elements are, but are none.
computed!(f32 f64 u64);

impl Element for f32 {
    type Real = f32;
}

impl Element for f64 {
    type Real = f64;
}

/// Elements that are rounded together: two vectors of f32 give a register of halves.
const PAIR: usize = 2 * WIDEST;

/// A type of 16 bits, rounded from f32.
trait Half: Copy + 'static {
    fn round<S: Simd>(s: S, values: [S::F32; 2]) -> [Self; PAIR];
}

impl Half for f16 {
    #[inline(always)]
    fn round<S: Simd>(s: S, values: [S::F32; 2]) -> [Self; PAIR] {
        s.to_f16(values)
    }
}

impl Half for bf16 {
    #[inline(always)]
    fn round<S: Simd>(s: S, values: [S::F32; 2]) -> [Self; PAIR] {
        s.to_bf16(values)
    }
}

#[inline(always)]
fn round_pair<H: Half, S: Simd>(s: S, v: &[f32; PAIR], held: Option<[S::F32; 2]>) -> [H; PAIR] {
    let (a, b) = (S::F32::load(s, v), S::F32::load(s, &v[WIDEST..]));
    H::round(
        s,
        match held {
            Some([low, high]) => [a.max(low).min(high), b.max(low).min(high)],
            None => [a, b],
        },
    )
}

#[inline(always)]
fn convert_halves<H: Half, S: Simd>(
    s: S,
    values: &[f32],
    [low, high]: [f32; 2],
    out: &mut [MaybeUninit<H>],
) {
    let held = (low > f32::NEG_INFINITY || high < f32::INFINITY)
        .then_some([S::F32::splat(s, low), S::F32::splat(s, high)]);
    let (pairs, rest) = values.as_chunks::<PAIR>();
    let (out, out_rest) = out.as_chunks_mut::<PAIR>();
    for (values, out) in pairs.iter().zip(out) {
        uninit::write(out, &round_pair(s, values, held));
    }
    let mut last = [0.0; PAIR];
    last[..rest.len()].copy_from_slice(rest);
    uninit::write(out_rest, &round_pair(s, &last, held)[..rest.len()]);
}

macro_rules! half_element {
    ($($half:ident)*) => {$(
        impl Element for $half {
            type Real = f32;
        }

        #[expect(unsafe_code, reason = "the trait's promise")]
        // SAFETY: `convert_halves` writes the whole pairs and the rest.
        unsafe impl Convert for $half {
            type Computed = f32;

            #[inline(always)]
            fn convert<S: Simd>(
                s: S,
                values: &[f32],
                bounds: [f32; 2],
                out: &mut [MaybeUninit<Self>],
            ) {
                convert_halves(s, values, bounds, out);
            }
        }
    )*};
}

half_element!(f16 bf16);
