"""Fills of NumPy arrays: values, distributions, element types, and every error."""

import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest
import seedbed

NORMAL = seedbed.Initializer("torch.normal_", std=0.5)


def filled(initializer, shape, dtype=np.float32, **options):
    array = np.empty(shape, dtype)
    initializer.fill(array, **{"seed": 42, "path": "fc.weight", **options})
    return array


def test_values_depend_on_seed_and_path_and_on_nothing_else():
    first = filled(NORMAL, (300, 1001))
    assert np.array_equal(first, filled(NORMAL, (300, 1001)))
    assert np.array_equal(first, filled(NORMAL, (300, 1001), parallel=False))
    # A shorter array has the first values of a longer array.
    assert np.array_equal(first[:7], filled(NORMAL, (7, 1001)))
    assert not np.array_equal(first, filled(NORMAL, (300, 1001), seed=43))
    assert not np.array_equal(first, filled(NORMAL, (300, 1001), path="fc.bias"))
    assert not np.array_equal(first, filled(NORMAL, (300, 1001), seed=bytes(32)))
    assert np.array_equal(first, filled(NORMAL, (300, 1001), seed=np.uint64(42)))


def test_values_do_not_depend_on_threads():
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
    assert np.array_equal(filled(NORMAL, (30, 40), np.float16), single.astype(np.float16))
    # Rounded to nearest even, as the upper half of the bits.
    bits = single.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    assert np.array_equal(filled(NORMAL, (30, 40), np.uint16, bfloat16=True), rounded)
    signed = filled(NORMAL, (30, 40), np.int16, bfloat16=True)
    assert np.array_equal(signed.view(np.uint16), rounded)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fans_are_those_of_the_system_or_of_the_layout(dtype):
    cases = [
        (seedbed.Initializer("torch.kaiming_normal_"), 1024),
        (seedbed.Initializer("keras.he_normal"), 256),
        (seedbed.Rules([("*", "keras.he_normal")]), 256),
        (seedbed.Rules([("*", "keras.he_normal")], layout="torch"), 1024),
        (seedbed.Rules([("*", "torch.kaiming_normal_")], layout="keras"), 256),
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


def test_the_first_rule_that_matches_is_taken():
    rules = seedbed.Rules(iter([("*.bias", "torch.zeros_"), ("fc.*", NORMAL)]))
    assert not filled(rules, 7, path="fc.bias").any()
    assert np.array_equal(filled(rules, (3, 4)), filled(NORMAL, (3, 4)))
    assert rules.get("fc.weight") == NORMAL != rules.get("fc.bias")
    with pytest.raises(ValueError, match="no rule matches the tensor `conv.weight`"):
        filled(rules, 7, path="conv.weight")


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
        (np.empty((3, 4), np.int16), TypeError, "with bfloat16=True"),
        (np.empty((3, 4), ">f4"), TypeError, "dtype >f4 of another byte order"),
        (np.empty((3, 4), np.complex64), TypeError, "dtype complex64"),
        (read_only(), ValueError, "array is read-only"),
        (np.broadcast_to(np.float32(0), (3, 4)), ValueError, "array is read-only"),
        (np.empty((3, 4)).T, ValueError, "not C-contiguous: its shape is"),
        (np.empty((3, 4), order="F"), ValueError, "not C-contiguous"),
        (np.empty((3, 8))[:, ::2], ValueError, "not C-contiguous"),
        (np.frombuffer(bytearray(49), np.float32, 12, 1).reshape(3, 4), ValueError, "aligned"),
    ],
)
def test_an_array_that_cannot_be_filled_is_refused(array, error, message):
    with pytest.raises(error, match=message):
        NORMAL.fill(array, seed=1, path="w")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: filled(NORMAL, 3, bfloat16=True), TypeError, "dtype float32, but must have int16"),
        (lambda: filled(NORMAL, 3, seed=-1), ValueError, "seed is -1"),
        (lambda: filled(NORMAL, 3, seed=2**64), ValueError, "seed is 18446744073709551616"),
        (lambda: filled(NORMAL, 3, seed=b"abc"), ValueError, "seed has 3 bytes"),
        (lambda: filled(NORMAL, 3, seed=1.0), TypeError, "seed is of type float"),
        (lambda: filled(NORMAL, 3, path=1), TypeError, "path"),
        (lambda: filled(NORMAL, 3, path="\ud800"), ValueError, "surrogates"),
        (lambda: filled(seedbed.Initializer("keras.Identity"), 3), ValueError, "`fc.weight`: Ident"),
        (lambda: seedbed.Initializer("torch.norml_"), ValueError, "did you mean `normal_`"),
        (lambda: seedbed.Initializer("torch.normal_", sd=1), ValueError, "`sd` is not known"),
        (lambda: seedbed.Initializer("torch.normal_", std=-1), ValueError, "std is -1"),
        (lambda: seedbed.Initializer("torch.normal_", std=float("nan")), ValueError, "std is NaN"),
        (lambda: seedbed.Initializer("torch.normal_", std=1j), TypeError, "std is of type complex"),
        (lambda: seedbed.Rules({"*": "torch.zeros_"}), TypeError, "tuple"),
        (lambda: seedbed.Rules([("*", 3)]), TypeError, "a rule is of type int"),
        (lambda: seedbed.Rules([("*", "zeros")]), ValueError, "did you mean"),
        (lambda: seedbed.Rules([], layout="tf"), ValueError, 'layout is "tf"'),
    ],
)
def test_what_is_wrong_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_other_threads_run_during_a_fill_and_may_not_fill_the_same_array():
    array = np.empty(1 << 24, np.float32)
    refused = []

    def fill():
        try:
            NORMAL.fill(array, seed=1, path="w", parallel=False)
        except ValueError as error:
            refused.append(str(error))

    for _ in range(20):
        threads = [threading.Thread(target=fill) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if refused:
            break
    assert set(refused) == {"array is being filled by another thread"}


def test_there_is_help():
    assert "in place" in seedbed.__doc__
    for item in [seedbed.Initializer, seedbed.Initializer.fill, seedbed.Rules, seedbed.Rules.fill]:
        assert item.__doc__
    assert "seed, path, bfloat16=False" in seedbed.Initializer.fill.__text_signature__
    assert "torch.kaiming_normal_" in seedbed.names()
    assert eval(repr(NORMAL).replace("null", "None"))["class_name"] == "seedbed.Normal"


def test_the_example_of_the_guide_runs():
    guide = pathlib.Path(__file__).parents[2] / "README.md"
    example = guide.read_text().split("```python\n")[1].split("```")[0]
    names = {}
    exec(example, names)
    assert np.count_nonzero(names["weight"]) == 256 * 784


def test_parameters_may_be_any_number():
    def same(name, **parameters):
        return seedbed.Initializer(name, **parameters)

    assert same("torch.normal_", std=np.float32(0.5)) == NORMAL
    assert same("torch.normal_", mean=np.int64(0), std=np.float64(0.5)) == NORMAL
    half = same("torch.trunc_normal_", a=float("-inf"), b=np.inf)
    assert half == same("torch.trunc_normal_", a="-inf", b="inf")
    axes = same("jax.he_normal", out_axis=(1, np.int32(2)))
    assert axes == same("jax.he_normal", out_axis=[1, 2])
    with pytest.raises(ValueError, match="std is NaN"):
        same("torch.normal_", std=float("nan"))
    with pytest.raises(TypeError, match="std is of type object"):
        same("torch.normal_", std=object())


def test_rules_tell_which_of_them_are_unused():
    rules = seedbed.Rules([("c_proj.weight", "torch.zeros_"), ("*", "torch.normal_")])
    assert rules.unused(["h.0.attn.c_proj.weight", "wte"]) == ["c_proj.weight"]
    assert rules.unused([]) == ["c_proj.weight", "*"]
