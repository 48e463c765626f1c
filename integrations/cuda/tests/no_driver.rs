//! A machine without a driver.

#[test]
fn a_machine_without_a_driver_says_so() {
    #[allow(unsafe_code, reason = "the question loads the driver's library")]
    // SAFETY: as loading it for use.
    if unsafe { seedbed_cuda::cudarc::driver::sys::is_culib_present() } {
        return; // It has one.
    }
    let error = seedbed_cuda::device(0).expect_err("no driver");
    assert!(matches!(error, seedbed_cuda::Error::NoDriver), "{error}");
    assert!(error.to_string().contains("install"), "{error}");
}
