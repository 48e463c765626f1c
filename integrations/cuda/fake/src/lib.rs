//! A driver library without a GPU: the part of `libcuda.so` that filling memory takes. Memory of the device
//! is the host's, and kernels run by a thread after the other, from barrier to barrier, in any order.
//!
//! - `parse` reads PTX;
//! - `machine` runs a kernel, and refuses what a GPU might forgive: reads and writes outside of allocations,
//!   threads of a warp at different barriers;
//! - `driver` is the interface in C, and `libraries` what a program with candle takes from other libraries.
#![allow(unsafe_code, reason = "memory is reached by addresses, and the interface is C's")]

mod driver;
mod libraries;
mod machine;
mod parse;

pub use driver::Settings;
