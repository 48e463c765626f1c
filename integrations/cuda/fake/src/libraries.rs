//! Functions that candle's program is linked with: those of other libraries of CUDA that it calls when it opens a
//! device, which succeed, and those that tests do not call, which fail.

use crate::driver::{Code, HANDLE, Handle, SUCCESS, succeed};

succeed! {
    cublasCreate_v2(handle: *mut Handle) => handle = HANDLE as Handle;
    cublasDestroy_v2(handle: Handle);
    cublasSetStream_v2(handle: Handle, stream: Handle);
    curandCreateGenerator(generator: *mut Handle, kind: Code) => generator = HANDLE as Handle;
    curandDestroyGenerator(generator: Handle);
    curandSetPseudoRandomGeneratorSeed(generator: Handle, seed: u64);
    curandSetStream(generator: Handle, stream: Handle);
}

/// Functions that fail, whatever their arguments are.
macro_rules! fail {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> Code {
            999 // CUDA_ERROR_UNKNOWN, and the like of the other libraries
        }
    )*};
}

fail! {
    cuCtxDestroy_v2 cuMemcpyDtoDAsync_v2 cuMemcpyPeerAsync cuModuleLoad
    curandGenerateNormal curandGenerateNormalDouble curandGenerateUniform curandGenerateUniformDouble
}
