"""The distributions by themselves, and the generator's words."""

import math

import numpy as np
import pytest
import seedbed
from common import BFLOAT16, DTYPES, equal
from seedbed import Normal, TruncatedNormal, Uniform

DISTRIBUTIONS = [Normal(1, 2), Uniform(-1, 3), TruncatedNormal(0, 0.5), Normal()]
HERE = {"seed": 42, "path": "noise"}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=range(len(DISTRIBUTIONS)))
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_samples_are_a_part_of_the_stream(distribution, dtype):
    whole = distribution.sample(100_000, dtype=dtype, **HERE)
    assert whole.dtype == dtype
    assert equal(
        distribution.sample((10, 30), offset=700, dtype=dtype, **HERE).ravel(), whole[700:1000]
    )
    out = np.empty((300, 200), dtype)
    distribution.fill(out, offset=np.int64(40_000), threads=2, **HERE)
    assert equal(out.ravel(), whole[40_000:])
    later = distribution.sample(5, offset=2**60 - 5, dtype=dtype, **HERE)
    assert equal(later[2:], distribution.sample(3, offset=2**60 - 3, dtype=dtype, **HERE))


def test_samples_have_their_distribution():
    def moments(distribution):
        sample = distribution.sample(1_000_000, dtype="float64", **HERE)
        return [sample.mean(), sample.std()]

    assert np.allclose(moments(Normal(1, 2)), [1, 2], atol=0.01)
    assert np.allclose(moments(Uniform(-1, 3)), [1, 4 / math.sqrt(12)], atol=0.01)
    assert np.allclose(moments(TruncatedNormal(0, 0.5)), [0, 0.5 * 0.8796], atol=0.01)
    assert np.allclose(
        moments(TruncatedNormal.absolute(0, 0.5, -1, 1)), [0, 0.5 * 0.8796], atol=0.01
    )
    positive = TruncatedNormal(low=0, high=math.inf).sample(1000, **HERE)
    assert (positive > 0).all()


def test_samples_are_those_of_the_initializers():
    array = np.empty(1000, np.float32)
    seedbed.Initializer("torch.normal_", mean=1, std=2).fill(array, **HERE)
    assert equal(array, Normal(1, 2).sample(1000, **HERE))


def test_types_are_named_in_several_ways():
    for bfloat16 in ["bfloat16", BFLOAT16, BFLOAT16.type]:
        assert Normal().sample(3, dtype=bfloat16, **HERE).dtype == BFLOAT16
    for double in ["float64", np.float64, "f8", float]:
        assert Normal().sample((), dtype=double, **HERE).dtype == np.float64


def test_words_are_those_of_doubles():
    words = seedbed.words(1000, **HERE)
    assert words.dtype == np.uint64
    assert equal(words[700:], seedbed.words((30, 10), offset=700, **HERE).ravel())
    # Uniform doubles are the upper 53 bits.
    doubles = Uniform().sample(1000, dtype="float64", **HERE)
    assert np.allclose(doubles, words / 2**64, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Normal(std=-1), ValueError, "std is -1, but must be at least 0"),
        (lambda: Uniform(1, 0), ValueError, "low"),
        (lambda: Uniform(-1e308, 1e308), ValueError, "high - low"),
        (lambda: TruncatedNormal(low=1, high=1), ValueError, "high is 1, but must be above low"),
        (lambda: Normal("0"), TypeError, "mean"),
        (lambda: Normal().sample(-1, **HERE), ValueError, "shape is -1"),
        (lambda: Normal().sample((3, -1), **HERE), ValueError, r"shape is \(3, -1\)"),
        (lambda: Normal().sample(2.5, **HERE), TypeError, "shape is of type float"),
        (lambda: Normal().sample(3, dtype="int32", **HERE), TypeError, "dtype int32, but must"),
        (lambda: Normal().sample(3, offset=2**60 - 2, **HERE), ValueError, "offset is 11529215046"),
        (lambda: Normal().sample(3, offset=-1, **HERE), ValueError, "offset is -1"),
        (lambda: Normal(std=1e30).sample(3, dtype="float16", **HERE), ValueError, "f16"),
        (lambda: seedbed.words(3, offset=2**60, **HERE), ValueError, "offset is 11529215046"),
    ],
)
def test_what_is_wrong_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
