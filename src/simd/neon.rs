//! NEON: four registers a vector, lowest lanes first.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;
use core::ops::{Add, BitAnd, BitOr, BitXor, Mul, Sub};

use super::vector::{Float, Int, Mask, Simd};
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
        bytemuck::cast([to_f16(a, b), to_f16(c, d), to_f16(e, f), to_f16(g, h)])
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

/// Multiplies words of 32 bits by a factor: the upper and the lower halves of the products.
///
/// # Safety
///
/// The machine must have NEON.
#[inline(always)]
unsafe fn mul_wide_u32(words: uint32x4_t, factor: u32) -> [uint32x4_t; 2] {
    // SAFETY: the caller's.
    unsafe {
        let low = vreinterpretq_u32_u64(vmull_n_u32(vget_low_u32(words), factor));
        let high = vreinterpretq_u32_u64(vmull_high_n_u32(words, factor));
        [vuzp2q_u32(low, high), vuzp1q_u32(low, high)]
    }
}

/// [`mul_wide_u32`] of words of 64 bits.
///
/// # Safety
///
/// The machine must have NEON.
#[inline(always)]
unsafe fn mul_wide_u64(words: uint64x2_t, factor: u32) -> [uint64x2_t; 2] {
    // SAFETY: the caller's.
    unsafe {
        let low = vmull_n_u32(vmovn_u64(words), factor);
        let high = vmull_n_u32(vshrn_n_u64::<32>(words), factor);
        // At most (2^32 - 1)^2 + 2^32 - 1: no overflow.
        let carried = vsraq_n_u64::<32>(high, low);
        [vshrq_n_u64::<32>(carried), vaddq_u64(low, vshlq_n_u64::<32>(high))]
    }
}

/// Implements [`Int`] by the intrinsics of one width.
macro_rules! int {
    ($vector:ident {
        word: $word:ty, signed: $signed:ty, lanes: $lanes:literal, splat: $splat:ident,
        counts: $counts:ident, load: $load:ident, store: $store:ident,
        shl: $shl:ident, shr: $shr:ident, shift: $shift:ident, as_signed: $as_signed:ident,
        as_unsigned: $as_unsigned:ident, less: $less:ident, abs: $abs:ident,
        mask: $mask:ident, mul_wide: $mul_wide:ident, get: $get:ident, of_register: [$($lane:literal)*],
    }) => {
        impl Int<Neon> for $vector {
            type Word = $word;
            type Mask = $mask;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Neon, word: $word) -> Self {
                Self([proved!($splat(word)); 4])
            }
            #[inline(always)]
            fn load(_: Neon, words: &[$word]) -> Self {
                Self(load!($load, words, $lanes))
            }
            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                store!($store, self, words, $lanes)
            }
            #[inline(always)]
            fn store_uninit(self, words: &mut [MaybeUninit<$word>]) {
                store!($store, self, words, $lanes)
            }
            #[inline(always)]
            fn shl<const N: i32>(self) -> Self {
                Self(each!($shl::<N>(self.0)))
            }
            #[inline(always)]
            fn shr<const N: i32>(self) -> Self {
                Self(each!($shr::<N>(self.0)))
            }
            #[inline(always)]
            fn rotl<const N: i32>(self) -> Self {
                // A count that is computed from a const parameter cannot be a const argument; a
                // negative one shifts to the right.
                let right = [proved!($counts((N - <$word>::BITS as i32) as $signed)); 4];
                self.shl::<N>() | Self(each!($shift(self.0, right)))
            }
            #[inline(always)]
            fn lt_signed(self, other: Self) -> $mask {
                let (a, b) = (each!($as_signed(self.0)), each!($as_signed(other.0)));
                $mask(each!($less(a, b)))
            }
            #[inline(always)]
            fn abs_signed(self) -> Self {
                let signed = each!($as_signed(self.0));
                let magnitudes = each!($abs(signed));
                Self(each!($as_unsigned(magnitudes)))
            }
            #[inline(always)]
            fn mul_wide(self, _: Neon, factor: u32) -> [Self; 2] {
                let (mut high, mut low) = (self.0, self.0);
                for (high, low) in high.iter_mut().zip(&mut low) {
                    [*high, *low] = proved!($mul_wide(*low, factor));
                }
                [Self(high), Self(low)]
            }
            #[inline(always)]
            fn gather<const N: usize>(self, table: &[$word; N]) -> Self {
                const { assert!(N.is_power_of_two()) };
                let indices = self & Self::splat(Neon, (N - 1) as $word);
                let mut entries = indices.0;
                for register in &mut entries {
                    let found =
                        [$(table[proved!($get::<$lane>(*register)) as usize & (N - 1)]),*];
                    // SAFETY: the array is as long as a register.
                    *register = unsafe { $load(found.as_ptr()) };
                }
                Self(entries)
            }
        }
    };
}

int! {
    U32x16 {
        word: u32, signed: i32, lanes: 16, splat: vdupq_n_u32,
        counts: vdupq_n_s32, load: vld1q_u32, store: vst1q_u32,
        shl: vshlq_n_u32, shr: vshrq_n_u32, shift: vshlq_u32, as_signed: vreinterpretq_s32_u32,
        as_unsigned: vreinterpretq_u32_s32, less: vcltq_s32, abs: vabsq_s32,
        mask: Mask32x16, mul_wide: mul_wide_u32, get: vgetq_lane_u32, of_register: [0 1 2 3],
    }
}
int! {
    U64x8 {
        word: u64, signed: i64, lanes: 8, splat: vdupq_n_u64,
        counts: vdupq_n_s64, load: vld1q_u64, store: vst1q_u64,
        shl: vshlq_n_u64, shr: vshrq_n_u64, shift: vshlq_u64, as_signed: vreinterpretq_s64_u64,
        as_unsigned: vreinterpretq_u64_s64, less: vcltq_s64, abs: vabsq_s64,
        mask: Mask64x8, mul_wide: mul_wide_u64, get: vgetq_lane_u64, of_register: [0 1],
    }
}

/// Implements [`Float`] by the intrinsics of one width.
macro_rules! float {
    ($vector:ident {
        int: $int:ident, word: $word:ty, real: $real:ty, lanes: $lanes:literal,
        splat: $splat:ident, load: $load:ident, store: $store:ident,
        from_int: $from_int:ident, from_bits: $from_bits:ident, to_bits: $to_bits:ident,
        less: $less:ident, greater: $greater:ident, choose: $choose:ident,
        mask: $mask:ident, test: $test:ident, abs: $abs:ident,
    }) => {
        impl Float<Neon> for $vector {
            type Real = $real;
            type Int = $int;
            type Mask = $mask;
            #[inline(always)]
            fn splat(_: Neon, value: $real) -> Self {
                Self([proved!($splat(value)); 4])
            }
            #[inline(always)]
            fn load(_: Neon, values: &[$real]) -> Self {
                Self(load!($load, values, $lanes))
            }
            #[inline(always)]
            fn store(self, values: &mut [$real]) {
                store!($store, self, values, $lanes)
            }
            #[inline(always)]
            fn store_uninit(self, values: &mut [MaybeUninit<$real>]) {
                store!($store, self, values, $lanes)
            }
            #[inline(always)]
            fn from_int(int: $int) -> Self {
                Self(each!($from_int(int.0)))
            }
            #[inline(always)]
            fn from_bits(bits: $int) -> Self {
                Self(each!($from_bits(bits.0)))
            }
            #[inline(always)]
            fn to_bits(self) -> $int {
                $int(each!($to_bits(self.0)))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(each!($abs(self.0)))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                $mask(each!($less(self.0, other.0)))
            }
            #[inline(always)]
            fn select(self, mask: u32, other: Self) -> Self {
                const PLACES: [$word; $lanes] = {
                    let mut places = [1; $lanes];
                    let mut i = 0;
                    while i < $lanes {
                        places[i] <<= i;
                        i += 1;
                    }
                    places
                };
                // Each lane takes the whole mask and tests the bit of its own place.
                let (mask, places) = ($int::splat(Neon, mask.into()), $int::load(Neon, &PLACES));
                let chosen = each!($test(mask.0, places.0));
                Self(each!($choose(chosen, self.0, other.0)))
            }
            // The instructions for a minimum and a maximum order two zeros by their signs.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                let less = each!($less(self.0, other.0));
                Self(each!($choose(less, self.0, other.0)))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                let greater = each!($greater(self.0, other.0));
                Self(each!($choose(greater, self.0, other.0)))
            }
        }
    };
}

float! {
    F32x16 {
        int: U32x16, word: u32, real: f32, lanes: 16,
        splat: vdupq_n_f32, load: vld1q_f32, store: vst1q_f32,
        from_int: convert_i24,
        from_bits: vreinterpretq_f32_u32, to_bits: vreinterpretq_u32_f32,
        less: vcltq_f32, greater: vcgtq_f32, choose: vbslq_f32,
        mask: Mask32x16, test: vtstq_u32, abs: vabsq_f32,
    }
}
float! {
    F64x8 {
        int: U64x8, word: u64, real: f64, lanes: 8,
        splat: vdupq_n_f64, load: vld1q_f64, store: vst1q_f64,
        from_int: vcvtq_f64_u64,
        from_bits: vreinterpretq_f64_u64, to_bits: vreinterpretq_u64_f64,
        less: vcltq_f64, greater: vcgtq_f64, choose: vbslq_f64,
        mask: Mask64x8, test: vtstq_u64, abs: vabsq_f64,
    }
}

/// Converts signed 24-bit integers to f32.
///
/// # Safety
///
/// The machine must have NEON.
#[inline(always)]
unsafe fn convert_i24(int: uint32x4_t) -> float32x4_t {
    // SAFETY: the caller's.
    unsafe { vcvtq_f32_s32(vreinterpretq_s32_u32(int)) }
}
