"""A driver library without a GPU, which runs the kernels on the CPU, and arrays in its memory."""

import ctypes
import functools
import os

import numpy as np
import pytest

LIBRARY = os.environ.get("SEEDBED_FAKE_CUDA")
MEMORY = 1 << 28


class Settings(ctypes.Structure):
    _fields_ = (
        ("devices", ctypes.c_int),
        ("version", ctypes.c_int),
        ("memory", ctypes.c_size_t),
        ("multiprocessors", ctypes.c_int),
        ("capability", ctypes.c_int),
    )


class Driver:
    """The library. Its name in the process is that of the driver's, so that whoever asks for that finds it."""

    def __init__(self):
        self.library = ctypes.CDLL(LIBRARY, mode=ctypes.RTLD_GLOBAL)
        self.library.fake_cuda_set.argtypes = (Settings,)
        self.library.fake_cuda_set.restype = ctypes.c_uint64
        self.library.fake_cuda_capture.argtypes = (ctypes.c_size_t, ctypes.c_bool)
        self.library.fake_cuda_capture.restype = ctypes.c_size_t

    def set(self, *, devices=2, version=11_070, memory=MEMORY, capability=90):
        """Returns how many kernels were launched."""
        return self.library.fake_cuda_set(Settings(devices, version, memory, 1, capability))

    def capture(self, stream, begins):
        """Begins or ends the capture of a stream."""
        self.library.fake_cuda_capture(stream, begins)

    def stream(self):
        """Returns the stream of the last launch."""
        return self.library.fake_cuda_capture(0, False)

    def current(self):
        """Returns the thread's current context."""
        context = ctypes.c_void_p()
        assert self.library.cuCtxGetCurrent(ctypes.byref(context)) == 0
        return context.value

    def set_current(self, device):
        """Makes the context of a device current."""
        context = ctypes.c_void_p()
        assert self.library.cuDevicePrimaryCtxRetain(ctypes.byref(context), device) == 0
        assert self.library.cuCtxSetCurrent(context) == 0

    def allocate(self, size):
        """Returns the address of memory of the current context's device."""
        address = ctypes.c_uint64()
        assert self.library.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(size)) == 0
        return address.value


@functools.cache
def loaded():
    if LIBRARY is None:
        pytest.skip("no driver for tests: SEEDBED_FAKE_CUDA says where libseedbed_fake_cuda.so is")
    return Driver()


@pytest.fixture
def driver():
    found = loaded()
    found.set()
    found.set_current(0)
    yield found
    found.set()
    found.capture(0, False)


class Array:
    """An array of a device with `__cuda_array_interface__`, of which `changes` takes the place of parts."""

    def __init__(self, driver, shape, dtype=np.float32, **changes):
        self.shape, self.dtype, self.changes = shape, np.dtype(dtype), changes
        size = int(np.prod(shape)) * self.dtype.itemsize
        self.address = driver.allocate(size) if size else 0
        buffer = (ctypes.c_char * size).from_address(self.address) if size else b""
        self.host = np.frombuffer(buffer, self.dtype).reshape(shape)
        """The same memory, as the library's is the process's."""
        if size:
            self.host.view(f"u{self.dtype.itemsize}").fill(7)

    @property
    def __cuda_array_interface__(self):
        interface = {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.address, False),
            "version": 3,
            "strides": None,
        }
        return {k: v for k, v in (interface | self.changes).items() if v is not Ellipsis}
