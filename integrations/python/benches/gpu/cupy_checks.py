"""Checks of arrays of CuPy and Numba."""

import importlib.util

import cupy
import numpy
import seedbed
from shared import KINDS, check, finish, refused

dtypes = ["float32", "float64", "float16"]
try:
    import ml_dtypes

    cupy.empty(3, ml_dtypes.bfloat16)
    dtypes.append(ml_dtypes.bfloat16)
except Exception as error:
    print(f"NOTE cupy has no bfloat16: {error!r:.200}")


def both(shape, dtype, fill):
    found, expected = cupy.full(shape, 7, dtype), numpy.full(shape, 7, dtype)
    fill(found), fill(expected)
    assert found.get().tobytes() == expected.tobytes()


for dtype in dtypes:

    @check(f"cupy {dtype}")
    def _(dtype=dtype):
        for name, (initializer, options) in KINDS.items():
            one = seedbed.Initializer(initializer, **options)
            for shape in [(3, 1), (17, 241), (1000, 1003)]:
                both(shape, dtype, lambda x, one=one, n=name: one.fill(x, seed=5, path=n))
        one = seedbed.Initializer("torch.xavier_normal_")
        both(
            (90, 70),
            dtype,
            lambda x: one.fill(x, seed=5, path="i", shape=(100, 100), start=(3, 4)),
        )
        both(
            (200, 100),
            dtype,
            lambda x: seedbed.Initializer("torch.orthogonal_").fill(x, seed=5, path="o"),
        )
        both((9000,), dtype, lambda x: seedbed.Normal().fill(x, seed=5, path="i", offset=77))


@check("cupy streams")
def _():
    expected = numpy.empty(1 << 20, "float32")
    seedbed.Normal().fill(expected, seed=5, path="x")
    for stream in (
        cupy.cuda.Stream.null,
        cupy.cuda.Stream(),
        cupy.cuda.Stream(non_blocking=True),
    ):
        with stream:
            x = cupy.empty(1 << 20, "float32")
            for _ in range(200):
                x.fill(7)
            seedbed.Normal().fill(x, seed=5, path="x")
            y = x * 1
            x.fill(7)
            assert y.get().tobytes() == expected.tobytes()


@check("cupy errors")
def _():
    for array, words in (
        (cupy.empty((9, 9))[:, 1:], "contiguous"),
        (cupy.empty(9, "int32"), "int32"),
    ):
        refused(
            lambda array=array: seedbed.Normal().fill(array, seed=1, path="x"),
            (TypeError, ValueError),
            words,
        )


if importlib.util.find_spec("numba_cuda") or importlib.util.find_spec("numba"):

    @check("numba")
    def _():
        from numba import cuda

        found, expected = (
            cuda.device_array((300, 400), "float32"),
            numpy.empty((300, 400), "float32"),
        )
        for array in (found, expected):
            seedbed.Normal().fill(array, seed=5, path="x")
        assert found.copy_to_host().tobytes() == expected.tobytes()

else:
    print("NOTE numba is not installed")


finish()
