//! NEON: four registers a vector, lowest lanes first.

use core::arch::aarch64::*;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use super::vector::{Mask, Simd};
#[cfg(test)]
use crate::level::Level;

/// The level. It needs no proof: every processor with the 64-bit instruction set has NEON, and
/// Rust's targets for them turn it on.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

#[derive(Clone, Copy)]
pub(crate) struct U32x16([uint32x4_t; 4]);
#[derive(Clone, Copy)]
pub(crate) struct U64x8([uint64x2_t; 4]);
#[derive(Clone, Copy)]
pub(crate) struct F32x16([float32x4_t; 4]);
#[derive(Clone, Copy)]
pub(crate) struct F64x8([float64x2_t; 4]);
/// All bits of a marked lane are ones.
#[derive(Clone, Copy)]
pub(crate) struct Mask32x16([uint32x4_t; 4]);
#[derive(Clone, Copy)]
pub(crate) struct Mask64x8([uint64x2_t; 4]);

/// Calls intrinsics that work on registers only; what touches memory says why it may.
macro_rules! proved {
    ($value:expr) => {
        // SAFETY: the target is one with NEON, see `Neon`.
        unsafe { $value }
    };
}

/// Applies an intrinsic to the registers of its arguments one after another.
macro_rules! each {
    ($intrinsic:ident $(::<$count:ident>)? ( $($arg:expr),* )) => {
        proved!([
            $intrinsic $(::<$count>)? ($($arg[0]),*),
            $intrinsic $(::<$count>)? ($($arg[1]),*),
            $intrinsic $(::<$count>)? ($($arg[2]),*),
            $intrinsic $(::<$count>)? ($($arg[3]),*),
        ])
    };
}

impl Simd for Neon {
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;
    type Mask32 = Mask32x16;
    type Mask64 = Mask64x8;
    #[cfg(test)]
    const LEVEL: Level = Level::Neon;

    #[inline(always)]
    fn vectorize<R>(self, f: impl FnOnce() -> R) -> R {
        // A function of its own, as at the other levels, so that tools find its kernels.
        #[inline(never)]
        fn with_features<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        with_features(f)
    }

    #[inline(always)]
    fn halves(words: U64x8) -> U32x16 {
        U32x16(each!(vreinterpretq_u32_u64(words.0)))
    }

    #[inline(always)]
    fn high_halves(words: U32x16) -> [u16; 16] {
        // Of the halves in memory, the second of each pair is the high one.
        let [a, b, c, d] = each!(vreinterpretq_u16_u32(words.0));
        let [low, high] = proved!([vuzp2q_u16(a, b), vuzp2q_u16(c, d)]);
        bytemuck::cast([bytes(low), bytes(high)])
    }

    #[inline(always)]
    fn to_f16(self, [a, b]: [F32x16; 2]) -> [half::f16; 32] {
        let ([a, b, c, d], [e, f, g, h]) = (a.0, b.0);
        let halves = [to_f16(a, b), to_f16(c, d), to_f16(e, f), to_f16(g, h)];
        // SAFETY: both types are 64 plain bytes.
        unsafe { core::mem::transmute(halves) }
    }
}

#[inline(always)]
fn bytes(register: uint16x8_t) -> [u8; 16] {
    // SAFETY: both types are 16 plain bytes.
    unsafe { core::mem::transmute(register) }
}

/// Rounds eight numbers to f16, nearest even.
#[inline(always)]
fn to_f16(low: float32x4_t, high: float32x4_t) -> [u8; 16] {
    let halves: uint16x8_t;
    // SAFETY: an instruction that every processor with NEON has, on registers only. The intrinsic
    // for it has a type of the language that is not stable.
    unsafe {
        core::arch::asm!(
            "fcvtn {halves:v}.4h, {low:v}.4s",
            "fcvtn2 {halves:v}.8h, {high:v}.4s",
            halves = out(vreg) halves,
            low = in(vreg) low,
            high = in(vreg) high,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    bytes(halves)
}

/// Implements an operator by an intrinsic of two registers.
macro_rules! operator {
    ($vector:ty, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(each!($intrinsic(self.0, other.0)))
            }
        }
    };
}

operator!(U32x16, Add, add, vaddq_u32);
operator!(U32x16, BitAnd, bitand, vandq_u32);
operator!(U32x16, BitOr, bitor, vorrq_u32);
operator!(U32x16, BitXor, bitxor, veorq_u32);
operator!(U64x8, Add, add, vaddq_u64);
operator!(U64x8, BitAnd, bitand, vandq_u64);
operator!(U64x8, BitOr, bitor, vorrq_u64);
operator!(U64x8, BitXor, bitxor, veorq_u64);
operator!(F32x16, Add, add, vaddq_f32);
operator!(F32x16, Sub, sub, vsubq_f32);
operator!(F32x16, Mul, mul, vmulq_f32);
operator!(F64x8, Add, add, vaddq_f64);
operator!(F64x8, Sub, sub, vsubq_f64);
operator!(F64x8, Mul, mul, vmulq_f64);
operator!(Mask32x16, BitAnd, bitand, vandq_u32);
operator!(Mask64x8, BitAnd, bitand, vandq_u64);

/// Loads the registers of a vector from the first lanes of a slice.
macro_rules! load {
    ($load:ident, $slice:expr, $lanes:literal) => {{
        let from = $slice[..$lanes].as_ptr();
        // SAFETY: the slice is as long as four registers.
        unsafe {
            [
                $load(from),
                $load(from.add($lanes / 4)),
                $load(from.add(2 * $lanes / 4)),
                $load(from.add(3 * $lanes / 4)),
            ]
        }
    }};
}

/// Stores the registers of a vector to the first lanes of a slice.
macro_rules! store {
    ($store:ident, $vector:expr, $slice:expr, $lanes:literal) => {{
        let to = $slice[..$lanes].as_mut_ptr();
        // SAFETY: the slice is as long as four registers.
        unsafe {
            $store(to.cast(), $vector.0[0]);
            $store(to.add($lanes / 4).cast(), $vector.0[1]);
            $store(to.add(2 * $lanes / 4).cast(), $vector.0[2]);
            $store(to.add(3 * $lanes / 4).cast(), $vector.0[3]);
        }
    }};
}

impl Mask for Mask32x16 {
    #[inline(always)]
    fn bits(self) -> u32 {
        const PLACES: [[u16; 8]; 2] = [
            [1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7],
            [1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15],
        ];
        let [a, b, c, d] = each!(vreinterpretq_u16_u32(self.0));
        // SAFETY: each array is as long as a register.
        let places = unsafe { (vld1q_u16(PLACES[0].as_ptr()), vld1q_u16(PLACES[1].as_ptr())) };
        // The lower half of each lane, with the bit of its own place left.
        proved!({
            let low = vandq_u16(vuzp1q_u16(a, b), places.0);
            let high = vandq_u16(vuzp1q_u16(c, d), places.1);
            u32::from(vaddvq_u16(vorrq_u16(low, high)))
        })
    }
}

impl Mask for Mask64x8 {
    #[inline(always)]
    fn bits(self) -> u32 {
        const PLACES: [u16; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
        let [a, b, c, d] = each!(vreinterpretq_u32_u64(self.0));
        // SAFETY: the array is as long as a register.
        let places = unsafe { vld1q_u16(PLACES.as_ptr()) };
        proved!({
            let (low, high) = (vuzp1q_u32(a, b), vuzp1q_u32(c, d));
            let lanes = vuzp1q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high));
            u32::from(vaddvq_u16(vandq_u16(lanes, places)))
        })
    }
}

mod floats;
mod ints;
