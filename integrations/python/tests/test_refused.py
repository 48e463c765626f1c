"""What is refused: the right exception, which names what is wrong, and nothing is written."""

import numpy as np
import pytest
import seedbed
from common import NORMAL, Exporter

HE = seedbed.Initializer("torch.kaiming_normal_")


def read_only():
    array = np.empty((3, 4))
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        ([1.0, 2.0], TypeError, "array is of type list"),
        (np.float32(1), TypeError, "array is of type float32"),
        (np.empty((3, 4), np.int64), TypeError, "dtype int64, but must have float32"),
        (np.empty((3, 4), ">f4"), TypeError, "dtype >f4 of another byte order"),
        (np.empty((3, 4), np.complex64), TypeError, "dtype complex64"),
        (np.empty((3, 4), "V2"), TypeError, r"dtype \|V2"),
        (np.empty((3, 4), object), TypeError, "dtype object"),
        (read_only(), ValueError, "array is read-only"),
        (np.broadcast_to(np.float32(0), (3, 4)), ValueError, "array is read-only"),
        (np.empty((3, 4)).T, ValueError, "not C-contiguous: its shape is"),
        (np.empty((3, 4), order="F"), ValueError, "not C-contiguous"),
        (np.empty((3, 8))[:, ::2], ValueError, "not C-contiguous"),
        (np.frombuffer(bytearray(49), np.float32, 12, 1).reshape(3, 4), ValueError, "aligned"),
        (Exporter(np.empty(3, np.int32)), TypeError, "dtype int32, but must have float32"),
        (Exporter(np.empty(3), dtype="x", device=(2, 1)), ValueError, r"the device \(2, 1\)"),
        (Exporter(np.empty(3), dtype="x", device=None), ValueError, "the device None"),
        (Exporter(np.empty((3, 4)).T), ValueError, "not C-contiguous: its shape is"),
        (Exporter(np.empty((3, 8))[:, ::2]), ValueError, "not C-contiguous"),
        # Of NumPy 2.0 in its own words.
        (Exporter(read_only()), ValueError, "array is read-only|export readonly array"),
        (Exporter(read_only(), versioned=False), ValueError, "does not export its memory"),
    ],
)
def test_an_array_that_cannot_be_filled_is_refused(array, error, message):
    with pytest.raises(error, match=message):
        NORMAL.fill(array, seed=1, path="w")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": 2**64}, ValueError, "seed is 18446744073709551616"),
        ({"seed": b"abc"}, ValueError, "seed has 3 bytes"),
        ({"seed": 1.0}, TypeError, "seed is of type float"),
        ({"path": 1}, TypeError, "path is of type int"),
        ({"path": ""}, ValueError, "path is empty"),
        ({"path": "\ud800"}, ValueError, "surrogates"),
        ({"threads": 0}, ValueError, "threads is 0, but must be None or from 1"),
        ({"threads": 1 << 20}, ValueError, "threads is 1048576"),
        ({"threads": "all"}, TypeError, "threads is of type str"),
        ({"shape": (30, 40)}, ValueError, r"start is None, .* shape is \[30, 40\]"),
        ({"start": (0, 0)}, ValueError, "shape is None"),
        ({"shape": (30,), "start": (0, 0)}, ValueError, r"shape is \[30\], .* of 2 axes"),
        ({"shape": (30, 40), "start": (0,)}, ValueError, r"start is \[0\], .* of 2 axes"),
        ({"shape": (30, 40), "start": (0, 37)}, ValueError, r"start is \[0, 37\] .* \[30, 40\]"),
        ({"shape": (30, 40), "start": (0, 2**64 - 1)}, ValueError, "start is"),
        ({"shape": (30, 40), "start": (0, -1)}, ValueError, r"start is \(0, -1\)"),
        ({"shape": (2, 4), "start": (0, 0)}, ValueError, r"not within shape \[2, 4\]"),
        ({"shape": (30, 4.5), "start": (0, 0)}, TypeError, "shape has an item of type float"),
        ({"shape": 30, "start": (0, 0)}, TypeError, "shape is of type int"),
        ({"shape": (2**40, 2**40), "start": (0, 0)}, ValueError, "shape is .* 2\\*\\*60 elements"),
    ],
)
def test_an_argument_that_is_not_allowed_is_refused(options, error, message):
    array = np.full((3, 4), 7.0)
    with pytest.raises(error, match=message):
        HE.fill(array, **{"seed": 1, "path": "w", **options})
    assert (array == 7).all()


def test_an_array_of_jax_is_refused():
    """They are immutable, which their capsules do not say."""
    array = np.full(3, 7.0)
    immutable = type("ArrayImpl", (Exporter,), {"__module__": "jaxlib._jax"})
    with pytest.raises(ValueError, match="array is read-only, as all arrays of JAX are"):
        NORMAL.fill(immutable(array, versioned=False), seed=1, path="w")
    assert (array == 7).all()


def test_a_shape_that_the_initializer_does_not_accept_is_refused():
    array = np.full(3, 7.0)
    with pytest.raises(ValueError, match="the tensor `w`: a fan needs rank 2"):
        HE.fill(array, seed=1, path="w")
    half = array.astype(np.float16)
    with pytest.raises(ValueError, match="the tensor `w`: .* f16"):
        seedbed.Initializer("torch.constant_", val=1e6).fill(half, seed=1, path="w")
    assert (array == 7).all()
    assert (half == 7).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dtype": "int8"}, ValueError, 'dtype is "int8"'),
        ({"address": 0}, ValueError, "address is null"),
        ({"address": 4097}, ValueError, "address is 0x1001, but must be aligned to 8"),
        ({"memory_shape": (2**62, 4)}, ValueError, "shape of the memory"),
        ({"pieces": [((0, 0), (0, 0), (1, 5))]}, ValueError, r"the memory's shape \[3, 4\]"),
        ({"pieces": [((0, 0), (3, 0), (1, 1))]}, ValueError, r"place is \[3, 0\]"),
        ({"pieces": [((9, 0), (0, 0), (2, 1))]}, ValueError, r"within shape \[10, 10\]"),
        ({"pieces": [((0, 0, 0), (0, 0), (2, 1))]}, ValueError, r"start is \[0, 0, 0\]"),
        ({"pieces": [((0, 0), (0,), (2, 1))]}, ValueError, r"place is \[0\]"),
        ({"pieces": [((0, 0), (0, 0))]}, ValueError, "a piece is"),
        ({"pieces": [7]}, TypeError, "a piece is of type int"),
    ],
)
def test_pieces_that_are_not_allowed_are_refused(options, error, message):
    array = np.full((3, 4), 7.0)
    arguments = {
        "address": array.ctypes.data,
        "dtype": "float64",
        "memory_shape": (3, 4),
        "pieces": [],
        **options,
    }
    # A piece that is right comes before the wrong one, and is not filled either.
    arguments["pieces"] = [((0, 0), (0, 0), (1, 1)), *arguments["pieces"]]
    with pytest.raises(error, match=message):
        NORMAL._fill_pieces(**arguments, seed=1, path="w", shape=(10, 10))
    assert (array == 7).all()


def test_ranges_that_are_not_in_the_tensor_are_refused():
    array = np.full(3, 7.0)
    for offset in [8, 10, 2**64 - 1]:
        with pytest.raises(ValueError, match=r"offset is \[\d+\] .* \[10\]"):
            NORMAL._fill_range(
                array.ctypes.data, "float64", 3, seed=1, path="w", shape=(2, 5), offset=offset
            )
    assert (array == 7).all()
