//! The floating-point state of the thread: rounding mode, flush-to-zero, exception masks.
//!
//! A host program may have changed it (`-ffast-math` start-up code sets flush-to-zero), and the
//! threads of a rayon pool may or may not have inherited the change. Values must depend on
//! neither, so every chunk and every constructor runs under the default state.

use crate::bugs::bug;

/// Sets the default floating-point state; restores the caller's when dropped.
pub(crate) struct FloatEnv {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    saved: Option<State>,
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
            let default = if bug("round-to-zero") { TO_ZERO } else { DEFAULT };
            let saved = (state & CONTROL != default).then_some(state);
            if saved.is_some() {
                write(default);
            }
            Self { saved }
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self {}
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
/// The default, but with results rounded to zero.
#[cfg(target_arch = "x86_64")]
const TO_ZERO: State = 0x7f80;
/// Everything but the six status flags.
#[cfg(target_arch = "x86_64")]
const CONTROL: State = 0xffc0;

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn read() -> State {
    let mut state: State = 0;
    // SAFETY: stores the 32-bit MXCSR to a local of that size and touches nothing else.
    unsafe {
        core::arch::asm!("stmxcsr [{}]", in(reg) &raw mut state, options(nostack, preserves_flags));
    }
    state
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn write(state: State) {
    // SAFETY: `state` is the default or was read from this register, so no reserved bit is set.
    unsafe {
        core::arch::asm!("ldmxcsr [{}]", in(reg) &raw const state, options(nostack, preserves_flags));
    }
}

/// FPCR: round to nearest, no flush-to-zero, no traps.
#[cfg(target_arch = "aarch64")]
const DEFAULT: State = 0;
#[cfg(target_arch = "aarch64")]
const TO_ZERO: State = 3 << 22;
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
    // SAFETY: `state` is the default or was read from this register.
    unsafe { core::arch::asm!("msr fpcr, {}", in(reg) state, options(nostack, preserves_flags)) }
}
