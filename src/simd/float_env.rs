//! The floating-point state of the thread: rounding mode, flush-to-zero, exception masks.
//!
//! A host program may have changed it (`-ffast-math` start-up code sets flush-to-zero), and the
//! threads of a rayon pool may or may not have inherited the change. Values must depend on
//! neither, so every chunk and every constructor runs under the default state.
//!
//! # Why the state may be changed
//!
//! The documentation of `core::arch::x86_64::_mm_setcsr` calls it undefined behaviour to modify the
//! control bits: "Rust assumes that these are always in their default state and will optimize
//! accordingly", and so moves floating-point operations across the change. Its advice is an inline
//! assembly block that restores the original state before its end. The blocks of this module are
//! inline assembly and leave another state than they found, for these reasons:
//!
//! - The block that opens a guard only ever leaves the default state. What the compiler assumes
//!   is true from there on; it was the host that made it false before.
//! - The block that closes a guard leaves the control bits that the thread had when the guard was
//!   opened. Code outside the guard runs under the host's state with the guard as without it, so
//!   the guard breaks no assumption that held. The calling conventions require as much: the
//!   control bits are "callee-saved (preserved across calls)" (System V ABI for AMD64, 3.2.1) or
//!   nonvolatile (Windows). A library that kept the default would change the host's results.
//! - No third state is written, and none at all where the thread has the default state.
//! - Of these registers, the Rust Reference ("Rules for inline assembly") requires only that a
//!   block with `preserves_flags` keeps the exception flags. Writing MXCSR sets them, so that
//!   block has no such option. FPCR has no exception flags.
//!
//! The compiler may still move an operation out of a guard, as both sides are the same to it. The
//! operation would then round as it would without the guard. The blocks that write are not
//! `nomem`, which helps to hold the loads and stores of a kernel in place; that the values come
//! out right, whatever the state of the caller, is tested.

use core::marker::PhantomData;

/// Sets the default floating-point state; restores the caller's when dropped.
pub(crate) struct FloatEnv {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    saved: Option<State>,
    /// Keeps the guard on its thread, whose state it restores: a pointer is not `Send`.
    thread: PhantomData<*const ()>,
}

#[cfg(target_arch = "x86_64")]
type State = u32;
#[cfg(target_arch = "aarch64")]
type State = u64;

impl FloatEnv {
    #[inline]
    pub(crate) fn default_state() -> Self {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        {
            let state = read();
            let saved = (state & CONTROL != DEFAULT).then_some(state);
            if saved.is_some() {
                write(DEFAULT);
            }
            Self { saved, thread: PhantomData }
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self { thread: PhantomData }
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl Drop for FloatEnv {
    #[inline]
    fn drop(&mut self) {
        if let Some(state) = self.saved {
            write(state);
        }
    }
}

/// MXCSR: every exception masked, round to nearest, no flush-to-zero, no denormals-are-zero.
#[cfg(target_arch = "x86_64")]
const DEFAULT: State = 0x1f80;
/// Everything but the six status flags.
#[cfg(target_arch = "x86_64")]
const CONTROL: State = 0xffc0;

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn read() -> State {
    let mut state: State = 0;
    // SAFETY: stores the 32-bit MXCSR to a local of that size and touches nothing else. The
    // exception flags may be anything, as the compiler moves floating-point operations; nobody
    // looks at them.
    unsafe {
        core::arch::asm!("stmxcsr [{}]", in(reg) &raw mut state, options(nostack, preserves_flags));
    }
    state
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn write(state: State) {
    // SAFETY: `state` is the default or was read from this register, so no reserved bit is set. The
    // block leaves a changed control word, but either the one that Rust assumes or the one that the
    // thread had already: see "Why the state may be changed" above.
    unsafe {
        core::arch::asm!("ldmxcsr [{}]", in(reg) &raw const state, options(nostack));
    }
}

/// FPCR: round to nearest, no flush-to-zero, no traps, IEEE half precision.
#[cfg(target_arch = "aarch64")]
const DEFAULT: State = 0;
/// Every bit: the status flags are in another register, FPSR.
#[cfg(target_arch = "aarch64")]
const CONTROL: State = State::MAX;

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn read() -> State {
    let state: State;
    // SAFETY: reads a register that user code may read.
    unsafe {
        core::arch::asm!("mrs {}, fpcr", out(reg) state, options(nomem, nostack, preserves_flags));
    }
    state
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn write(state: State) {
    // SAFETY: `state` is the default or was read from this register, so no reserved bit is set, and
    // it is the state that Rust assumes or that the thread had already: see "Why the state may be
    // changed" above.
    unsafe { core::arch::asm!("msr fpcr, {}", in(reg) state, options(nostack, preserves_flags)) }
}
