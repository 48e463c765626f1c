"""Fills of whole arrays: values, element types, fans, and where they are written."""

import subprocess
import sys

import numpy as np
import pytest
import seedbed
from common import BFLOAT16, DTYPES, NORMAL, Exporter, equal, filled


def test_values_depend_on_seed_and_path_and_on_nothing_else():
    first = filled(NORMAL, (300, 1001))
    assert np.array_equal(first, filled(NORMAL, (300, 1001)))
    # A shorter array has the first values of a longer array.
    assert np.array_equal(first[:7], filled(NORMAL, (7, 1001)))
    assert not np.array_equal(first, filled(NORMAL, (300, 1001), seed=43))
    assert not np.array_equal(first, filled(NORMAL, (300, 1001), path="fc.bias"))
    assert not np.array_equal(first, filled(NORMAL, (300, 1001), seed=bytes(32)))
    assert np.array_equal(first, filled(NORMAL, (300, 1001), seed=np.uint64(42)))


@pytest.mark.parametrize("threads", [1, 2, 3, 7, np.int64(2), None])
def test_values_do_not_depend_on_threads(threads):
    whole = filled(NORMAL, (1000, 1001), threads=threads)
    assert equal(whole, filled(NORMAL, (1000, 1001)))


def test_values_do_not_depend_on_the_environment():
    program = """
import hashlib, numpy, seedbed
array = numpy.empty((1000, 1001), numpy.float32)
seedbed.Initializer("keras.he_normal").fill(array, seed=1, path="w")
print(hashlib.sha256(array.tobytes()).hexdigest())
"""
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"RAYON_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ["1", "2", "5"]
    }
    assert len(hashes) == 1


def test_smaller_types_are_the_rounded_values():
    single = filled(NORMAL, (30, 40))
    for dtype in [np.float16, BFLOAT16]:
        assert equal(filled(NORMAL, (30, 40), dtype), single.astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fans_are_those_of_the_system_or_of_the_layout(dtype):
    keras, torch = (
        seedbed.Initializer("keras.he_normal"),
        seedbed.Initializer("torch.kaiming_normal_"),
    )
    cases = [
        (torch, 1024),
        (keras, 256),
        (keras.with_layout("torch"), 1024),
        (keras.transposed(), 1024),
        (torch.with_layout(seedbed.Layout("jax")), 256),
        (seedbed.Rules([("*", "keras.he_normal")]), 256),
        (seedbed.Rules([("*", "keras.he_normal")], layout="torch"), 1024),
        (seedbed.Rules([("*", torch)], layout=seedbed.Layout("keras")), 256),
    ]
    for initializer, fan_in in cases:
        std = np.sqrt(np.mean(filled(initializer, (256, 1024), dtype).astype(float) ** 2))
        error = std / np.sqrt(2 / fan_in) - 1
        assert abs(error) < 5 / np.sqrt(2 * 256 * 1024)


def test_nothing_beside_a_view_is_written():
    whole = np.zeros((9, 5), np.float32)
    NORMAL.fill(whole[2:6], seed=42, path="fc.weight")
    assert np.array_equal(whole[2:6], filled(NORMAL, (4, 5)))
    assert np.count_nonzero(whole) == 20
    assert filled(NORMAL, (0, 5)).shape == (0, 5)
    assert filled(NORMAL, ()).shape == ()


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_what_exports_its_memory_is_filled(versioned, dtype):
    array = np.zeros((30, 40), dtype)
    exporter = Exporter(array[5:], versioned=versioned)
    references = sys.getrefcount(array)
    NORMAL.fill(exporter, seed=42, path="fc.weight")
    assert equal(array[5:], filled(NORMAL, (25, 40), dtype))
    assert not array[:5].any()
    assert sys.getrefcount(array) == references
    # Pinned memory is the CPU's, too.
    NORMAL.fill(Exporter(array, device=(3, 0)), seed=1, path="w")
    NORMAL.fill(Exporter(array[:0]), seed=1, path="w")


def test_memory_of_a_file_is_filled(tmp_path):
    for dtype in DTYPES:
        file = np.memmap(tmp_path / "weights", dtype, "w+", shape=(30, 40))
        NORMAL.fill(file, seed=42, path="fc.weight")
        file.flush()
        written = np.fromfile(tmp_path / "weights", dtype).reshape(30, 40)
        assert equal(written, filled(NORMAL, (30, 40), dtype))
