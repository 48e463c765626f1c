//! The machine code of the comparison with other libraries: the scalar loop of rand_distr, and loops
//! around the calls of the libraries, so that no result contains the interpreter's time for a call.

use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;

use half::bf16;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Normal, StandardNormal, Uniform};

/// A fill of the crate with a distribution of two parameters.
type Two = unsafe extern "C" fn(
    *mut c_void,
    usize,
    c_int,
    u64,
    *const c_char,
    u64,
    f64,
    f64,
    usize,
) -> c_int;
/// A fill of the crate with a distribution of four parameters.
type Four = unsafe extern "C" fn(
    *mut c_void,
    usize,
    c_int,
    u64,
    *const c_char,
    u64,
    f64,
    f64,
    f64,
    f64,
    usize,
) -> c_int;

const SEED: u64 = 42;
const PATH: *const c_char = c"peers".as_ptr();

/// # Safety
///
/// `fill` is a fill of the crate, and `out` has `len` elements of the type `dtype`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn repeat_two(
    reps: usize,
    fill: Two,
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    threads: usize,
    p: &[f64; 4],
) -> c_int {
    // SAFETY: the caller's promise.
    (0..reps).map(|_| unsafe { fill(out, len, dtype, SEED, PATH, 0, p[0], p[1], threads) }).sum()
}

/// # Safety
///
/// As for [`repeat_two`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn repeat_four(
    reps: usize,
    fill: Four,
    out: *mut c_void,
    len: usize,
    dtype: c_int,
    threads: usize,
    p: &[f64; 4],
) -> c_int {
    // SAFETY: the caller's promise.
    (0..reps)
        .map(|_| unsafe { fill(out, len, dtype, SEED, PATH, 0, p[0], p[1], p[2], p[3], threads) })
        .sum()
}

/// Elements that MKL makes truncated normal values of at once, so that they stay in the cache.
const BLOCK: usize = 8192;

macro_rules! real {
    ($real:ident, $mkl:ident, $mkl_truncated:ident) => {
        /// # Safety
        ///
        /// `generate` is `v?RngGaussian` or `v?RngUniform`, and `out` has `len` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $mkl(
            reps: usize,
            generate: unsafe extern "C" fn(
                c_int,
                *mut c_void,
                c_int,
                *mut $real,
                $real,
                $real,
            ) -> c_int,
            out: *mut $real,
            len: usize,
            stream: *mut c_void,
            method: c_int,
        ) -> c_int {
            // SAFETY: the caller's promise.
            let fill = |_| unsafe { generate(method, stream, len as c_int, out, 0.0, 1.0) };
            (0..reps).map(fill).sum()
        }

        /// Uniform values between two values of the distribution function, inverted.
        ///
        /// # Safety
        ///
        /// `uniform` is `v?RngUniform`, `inverse` is `v?CdfNormInv`, `out` has `len` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $mkl_truncated(
            reps: usize,
            uniform: unsafe extern "C" fn(
                c_int,
                *mut c_void,
                c_int,
                *mut $real,
                $real,
                $real,
            ) -> c_int,
            inverse: unsafe extern "C" fn(c_int, *const $real, *mut $real),
            out: *mut $real,
            len: usize,
            stream: *mut c_void,
            low: f64,
            high: f64,
        ) -> c_int {
            // SAFETY: the caller's promise.
            let values = unsafe { std::slice::from_raw_parts_mut(out, len) };
            let mut code = 0;
            for _ in 0..reps {
                for block in values.chunks_mut(BLOCK) {
                    let (len, block) = (block.len() as c_int, block.as_mut_ptr());
                    // SAFETY: the caller's promise; the block has this length.
                    unsafe {
                        code |= uniform(0, stream, len, block, low as $real, high as $real);
                        inverse(len, block, block);
                    }
                }
            }
            code
        }
    };
}

real!(f32, repeat_mkl_f32, repeat_mkl_truncated_f32);
real!(f64, repeat_mkl_f64, repeat_mkl_truncated_f64);

/// Fills with one generator and one distribution, as a user of rand_distr does.
unsafe fn scalar<T, R>(reps: usize, out: *mut T, len: usize, next: impl Fn(&mut SmallRng) -> R)
where
    T: Rounded<R>,
{
    // SAFETY: the caller's promise.
    let out = unsafe { std::slice::from_raw_parts_mut(out, len) };
    let mut rng = SmallRng::seed_from_u64(SEED);
    for _ in 0..reps {
        for value in &mut *out {
            *value = T::rounded(next(&mut rng));
        }
        black_box(&mut *out);
    }
}

/// Rounding to the element type.
trait Rounded<R> {
    fn rounded(value: R) -> Self;
}
impl Rounded<f32> for f32 {
    fn rounded(value: f32) -> f32 {
        value
    }
}
impl Rounded<f64> for f64 {
    fn rounded(value: f64) -> f64 {
        value
    }
}
impl Rounded<f32> for bf16 {
    fn rounded(value: f32) -> bf16 {
        bf16::from_f32(value)
    }
}

macro_rules! scalar_fills {
    ($element:ident, $real:ident, $normal:ident, $uniform:ident, $truncated:ident, $zero:ident) => {
        /// # Safety
        ///
        /// `out` has `len` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $normal(reps: usize, out: *mut $element, len: usize) {
            let normal = Normal::<$real>::new(0.0, 1.0).expect("valid");
            // SAFETY: the caller's promise.
            unsafe { scalar(reps, out, len, |rng| normal.sample(rng)) }
        }

        /// # Safety
        ///
        /// `out` has `len` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $uniform(reps: usize, out: *mut $element, len: usize) {
            let uniform = Uniform::<$real>::new(0.0, 1.0).expect("valid");
            // SAFETY: the caller's promise.
            unsafe { scalar(reps, out, len, |rng| uniform.sample(rng)) }
        }

        /// By rejection.
        ///
        /// # Safety
        ///
        /// `out` has `len` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $truncated(
            reps: usize,
            out: *mut $element,
            len: usize,
            low: f64,
            high: f64,
        ) {
            let (low, high) = (low as $real, high as $real);
            let next = |rng: &mut SmallRng| loop {
                let value: $real = StandardNormal.sample(rng);
                if low < value && value < high {
                    return value;
                }
            };
            // SAFETY: the caller's promise.
            unsafe { scalar(reps, out, len, next) }
        }

        /// `fill(0.0)`.
        ///
        /// # Safety
        ///
        /// `out` has `len` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $zero(reps: usize, out: *mut $element, len: usize) {
            // SAFETY: the caller's promise.
            let out = unsafe { std::slice::from_raw_parts_mut(out, len) };
            for _ in 0..reps {
                black_box(&mut *out).fill($element::rounded(0.0 as $real));
            }
        }
    };
}

scalar_fills!(
    f32,
    f32,
    scalar_normal_f32,
    scalar_uniform_f32,
    scalar_truncated_normal_f32,
    zero_f32
);
scalar_fills!(
    f64,
    f64,
    scalar_normal_f64,
    scalar_uniform_f64,
    scalar_truncated_normal_f64,
    zero_f64
);
scalar_fills!(
    bf16,
    f32,
    scalar_normal_bf16,
    scalar_uniform_bf16,
    scalar_truncated_normal_bf16,
    zero_bf16
);
