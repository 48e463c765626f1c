//! The instruction-set island: the only place that names vector registers, and with
//! the casts of [`crate::uninit`] the place where `unsafe` is at work.
//!
//! A kernel is written once over [`Simd`] and run by [`dispatch`] at the best [`Level`](crate::Level) of the
//! machine. A token (a value of a type that implements [`Simd`]) exists only where the machine
//! has that level, vectors are made from tokens only, and so holding a vector proves that its
//! instructions may run. Every operation here is exact or correctly rounded, hence the same bits
//! at every level: integer operations, `+ - *`, compares, and exact conversions. There is no
//! fused multiply-add on purpose.
//!
//! # Why the intrinsics may be called
//!
//! An intrinsic of [`core::arch`] that works on registers is unsafe for one reason: the machine
//! must have its instruction. The field of a token is private and only `detect`, which asks the
//! processor for every feature of the level, makes a token; the fields of a vector are private too
//! and only functions that are given a token, or a vector of the same level, make a vector. So
//! whoever holds either runs on a machine that has the level. Each folder of an instruction set has
//! a macro `proved!` that rests on this argument; the token of NEON needs no `detect`, as no machine
//! that the file is compiled for lacks it. Intrinsics that read or write memory stand in `unsafe`
//! blocks which say why the memory is valid as well.

#![allow(unsafe_code)] // the one island: core::arch intrinsics and the floating-point state

mod detect;
mod dispatch;
mod float_env;
mod nontemporal;
mod portable;
mod vector;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;

pub(crate) use dispatch::dispatch;
pub(crate) use float_env::FloatEnv;
pub(crate) use nontemporal::{CacheLine, nontemporal_stores_pay};
#[cfg(test)]
pub(crate) use portable::Portable;
pub use vector::{Float, Int, Job, Mask, Simd, WIDEST};
