"""Arrays in the memory of NVIDIA GPUs, by a driver library that runs the kernels on the CPU."""

import numpy as np
import pytest
import seedbed
from common import DTYPES, NORMAL, equal, filled
from fake_cuda import Array, driver

__all__ = ["driver"]

CASES = {
    "uniform": seedbed.Initializer("torch.xavier_uniform_"),
    "normal": seedbed.Initializer("torch.kaiming_normal_"),
    "truncated": seedbed.Initializer("torch.trunc_normal_", std=0.5, a=-1, b=1),
    "constant": seedbed.Initializer("torch.ones_"),
    "orthogonal": seedbed.Initializer("torch.orthogonal_"),
    "sparse": seedbed.Initializer("torch.sparse_", sparsity=0.5),
    "eye": seedbed.Initializer("torch.eye_"),
}


# First, as later fills find the kernels loaded.
def test_what_a_graph_cannot_have_is_refused(driver):
    array, other = Array(driver, (30, 40), stream=5), Array(driver, (30, 40), stream=6)
    driver.capture(5, True)
    before = driver.set()
    with pytest.raises(ValueError, match="being captured.*before the capture"):
        NORMAL.fill(array, seed=42, path="fc.weight")
    assert (array.host.view("u4") == 7).all()
    assert driver.set() == before
    driver.capture(0, False)
    NORMAL.fill(other, seed=42, path="fc.weight")
    driver.capture(5, True)
    # No allocation, copy or wait, all of which the library refuses now.
    NORMAL.fill(array, seed=42, path="fc.weight")
    assert equal(array.host, filled(NORMAL, (30, 40)))
    fills = [
        (NORMAL, array.address, "float32", (1200,), 400 * n, 42, "x", (10_000,)) for n in range(3)
    ]
    before = driver.set()
    seedbed._seedbed._fill_gpu(0, 5, fills)
    assert driver.set() - before == 3
    with pytest.raises(ValueError, match="made on the CPU"):
        CASES["orthogonal"].fill(array, seed=42, path="fc.weight")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_values_are_those_of_the_cpu(driver, case, dtype):
    initializer = CASES[case]
    whole, part = Array(driver, (70, 90), dtype), Array(driver, (20, 30), dtype)
    before = driver.set()
    initializer.fill(whole, seed=42, path="fc.weight")
    initializer.fill(part, seed=42, path="fc.weight", shape=(70, 90), start=(3, 44))
    made_there = case not in ("orthogonal", "sparse", "eye")
    assert driver.set() - before == 2 * made_there
    expected = filled(initializer, (70, 90), dtype)
    assert equal(whole.host, expected)
    assert equal(part.host, np.ascontiguousarray(expected[3:23, 44:74]))


def test_rules_and_distributions_fill_them(driver):
    rules = seedbed.Rules([("*.bias", "torch.ones_"), ("*", "torch.kaiming_normal_")])
    array = Array(driver, (70, 90))
    rules.fill(array, seed=42, path="fc.weight")
    assert equal(array.host, filled(CASES["normal"], (70, 90)))
    seedbed.Uniform().fill(array, seed=42, path="noise", offset=77)
    assert equal(array.host, seedbed.Uniform().sample((70, 90), seed=42, path="noise", offset=77))


@pytest.mark.parametrize(
    ("stream", "expected"), [(..., 1), (None, 1), (1, 1), (2, 2), (1 << 40, 1 << 40)]
)
def test_fills_are_on_the_stream_of_the_array(driver, stream, expected):
    NORMAL.fill(Array(driver, (10, 10), stream=stream), seed=42, path="x")
    assert driver.stream() == expected


def test_memory_is_filled_on_its_device(driver):
    driver.set_current(1)
    array = Array(driver, (10, 10))
    driver.set_current(0)
    context = driver.current()
    NORMAL.fill(array, seed=42, path="fc.weight")
    assert equal(array.host, filled(NORMAL, (10, 10)))
    # The choice of a device is the caller's, also where a fill is refused.
    assert driver.current() == context
    driver.capture(1, True)
    with pytest.raises(ValueError, match="captured"):
        CASES["orthogonal"].fill(array, seed=42, path="x")
    assert driver.current() == context


def test_contiguous_strides_and_empty_arrays_are_taken(driver):
    array = Array(driver, (3, 1, 4), np.float64, strides=(32, 8, 8), mask=None)
    NORMAL.fill(array, seed=42, path="fc.weight")
    assert equal(array.host, filled(NORMAL, (3, 1, 4), np.float64))
    before = driver.set()
    NORMAL.fill(Array(driver, (0, 4)), seed=42, path="fc.weight")
    assert driver.set() == before


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"strides": (4, 40)}, ValueError, r"not C-contiguous.*\[10, 10\].*\(4, 40\) bytes"),
        ({"data": (4096, True)}, ValueError, "read-only"),
        ({"data": (4096, False)}, ValueError, "0x1000 is not that of a device"),
        ({"data": ...}, ValueError, 'has no "data"'),
        ({"mask": 1}, ValueError, "mask"),
        ({"stream": 0}, ValueError, "the stream 0"),
    ],
)
def test_other_arrays_are_refused(driver, changes, error, words):
    array = Array(driver, (10, 10), **changes)
    with pytest.raises(error, match=words):
        NORMAL.fill(array, seed=42, path="fc.weight")
    assert (array.host.view("u4") == 7).all()


def test_other_elements_and_arrays_of_jax_are_refused(driver):
    with pytest.raises(TypeError, match="array has dtype int32, but must have float32"):
        NORMAL.fill(Array(driver, (10,), np.int32), seed=42, path="x")
    array = Array(driver, (10,))
    array.__class__ = type("ArrayImpl", (Array,), {"__module__": "jaxlib._jax"})
    with pytest.raises(ValueError, match=r"read-only.*JAX.*seedbed\.jax"):
        NORMAL.fill(array, seed=42, path="x")


def test_what_is_missing_is_said(driver):
    assert seedbed._seedbed._refusal(0) is None
    assert "no device 2: it has 2" in seedbed._seedbed._refusal(2)
    driver.set(devices=3, version=11_040)
    assert "11.4" in seedbed._seedbed._refusal(2)
    driver.set_current(2)
    with pytest.raises(RuntimeError, match="install a driver of version 515 or newer"):
        NORMAL.fill(Array(driver, (10, 10)), seed=42, path="x")
    driver.set(devices=4, capability=72)
    assert "device 3 has compute capability 7.2" in seedbed._seedbed._refusal(3)
    driver.set(devices=5, capability=75)
    assert seedbed._seedbed._refusal(4) is None
    driver.set()
    # Several tensors need a list of them.
    driver.set_current(0)
    array = Array(driver, (10, 10))
    fills = [(NORMAL, array.address, "float32", (100,), 0, 42, "x", (100,))] * 2
    driver.set(memory=0)
    with pytest.raises(MemoryError, match="560 bytes were asked for the list of tensors"):
        seedbed._seedbed._fill_gpu(0, 0, fills)
    driver.set()
    seedbed._seedbed._fill_gpu(0, 0, fills)


def test_pieces_are_runs_of_neighbours(driver):
    array = Array(driver, (10, 10))
    piece = ((0, 0), (2, 3), (5, 6))
    fill = (NORMAL, array.address, "float32", (10, 10), [piece], 42, "x", (10, 10))
    with pytest.raises(ValueError, match=r"size \[5, 6\].*neighbours"):
        seedbed._seedbed._fill_gpu(0, 0, [fill])
    with pytest.raises(ValueError, match="not within the memory's shape"):
        seedbed._seedbed._fill_gpu(0, 0, [(*fill[:4], [((0, 0), (6, 0), (5, 10))], *fill[5:])])
