//! What the machine has and lacks, so that a run that tests less than it says fails.

use seedbed::Level;

/// The levels that the caller of the test expects, such as `portable avx2`.
#[test]
fn the_levels_are_those_expected() {
    let expected = std::env::var("EXPECTED_LEVELS").expect("the levels that this machine has");
    let levels: Vec<_> = Level::available().map(|level| level.to_string()).collect();
    assert_eq!(levels.join(" "), expected);
    if std::env::var_os("SEEDBED_MAX_LEVEL").is_none() {
        assert_eq!(Some(&Level::best().to_string()), levels.last());
    }
}

/// Shows that a machine stops at an instruction it lacks, in place of executing it.
#[cfg(target_arch = "x86_64")]
mod dies {
    use std::arch::asm;

    #[test]
    #[ignore = "dies where there is no AVX"]
    fn without_avx() {
        // SAFETY: writes the register it names; a machine without it stops here.
        unsafe { asm!("vxorps ymm0, ymm0, ymm0", out("ymm0") _) };
    }

    #[test]
    #[ignore = "dies where there is no AVX2"]
    fn without_avx2() {
        // SAFETY: as above.
        unsafe { asm!("vpxor ymm0, ymm0, ymm0", out("ymm0") _) };
    }

    #[test]
    #[ignore = "dies where there is no AVX-512"]
    fn without_avx512() {
        // SAFETY: as above.
        unsafe { asm!("vpxord zmm0, zmm0, zmm0", out("xmm0") _) };
    }
}

/// The modes that a host program may have set: flush-to-zero, and the four roundings.
#[cfg(target_arch = "aarch64")]
#[test]
fn the_callers_floating_point_state_does_not_matter() {
    use seedbed::{Normal, Sample, Seed};
    use std::arch::asm;

    fn swap_fpcr(new: u64) -> u64 {
        let old;
        // SAFETY: only the modes of this test, which restores the old state.
        unsafe { asm!("mrs {}, fpcr", "msr fpcr, {}", out(reg) old, in(reg) new) };
        old
    }

    // Subnormal values, and the rounding of every product.
    let normal = Normal::<f32>::new(0.0, 1e-39).expect("valid");
    let make = || {
        let mut values = vec![0.0; 400_000];
        normal.sample_into(&mut values, &Seed::from(1).stream("state"));
        values
    };
    let expected = make();
    assert!(expected.iter().any(|v: &f32| v.is_subnormal()));
    for mode in [1 << 24, 1 << 22, 2 << 22, 3 << 22] {
        let before = swap_fpcr(mode);
        let values = make();
        let after = swap_fpcr(before);
        assert!(values == expected, "mode {mode:x}");
        assert_eq!(after, mode, "the caller's state is restored");
    }
}
