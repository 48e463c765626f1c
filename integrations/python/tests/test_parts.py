"""Parts of tensors: each has the bits that the whole has there, and nothing beside it is written."""

import itertools
import random

import numpy as np
import pytest
import seedbed
from common import DTYPES, NORMAL, equal, filled

# Fans of the whole tensor, dependent elements, fixed places.
INITIALIZERS = [
    NORMAL,
    seedbed.Initializer("torch.kaiming_uniform_"),
    seedbed.Initializer("torch.orthogonal_"),
    seedbed.Initializer("torch.sparse_", sparsity=0.5),
    seedbed.Initializer("torch.eye_"),
]
SHAPE = (37, 53)


def pieces_of(initializer, memory, pieces, shape=SHAPE, **options):
    initializer._fill_pieces(
        memory.ctypes.data,
        memory.dtype.name,
        memory.shape,
        pieces,
        **{"seed": 42, "path": "fc.weight", "shape": shape, **options},
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("initializer", INITIALIZERS, ids=range(len(INITIALIZERS)))
def test_an_array_is_a_part_of_the_whole(initializer, dtype):
    whole = filled(initializer, SHAPE, dtype)
    for rows, columns in itertools.product([(0, 37), (3, 9), (36, 37), (5, 5)], [(0, 53), (2, 40)]):
        part = whole[slice(*rows), slice(*columns)]
        start = (rows[0], columns[0])
        assert equal(part, filled(initializer, part.shape, dtype, shape=SHAPE, start=start))
        rules = seedbed.Rules([("*", initializer)])
        shape = np.array(SHAPE)
        assert equal(part, filled(rules, part.shape, dtype, shape=shape, start=list(start)))


@pytest.mark.parametrize("initializer", INITIALIZERS, ids=range(len(INITIALIZERS)))
def test_pieces_have_the_values_of_the_whole(initializer):
    chance = random.Random(1)
    for dtype in DTYPES:
        whole = filled(initializer, SHAPE, dtype)
        for _ in range(20):
            memory = np.full((41, 60), 7, dtype)
            expected = memory.copy()
            pieces = []
            for _ in range(chance.randrange(4)):
                size = tuple(chance.randrange(n + 1) for n in SHAPE)
                start = tuple(chance.randrange(n - s + 1) for n, s in zip(SHAPE, size, strict=True))
                at = tuple(
                    chance.randrange(n - s + 1) for n, s in zip(memory.shape, size, strict=True)
                )
                pieces.append((start, at, size))
                to, of = (
                    tuple(slice(first, first + n) for first, n in zip(firsts, size, strict=True))
                    for firsts in (at, start)
                )
                expected[to] = whole[of]
            pieces_of(initializer, memory, pieces, threads=chance.choice([None, 1, 2]))
            assert equal(memory, expected)


@pytest.mark.parametrize("threads", [None, 1, 3])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shape", [(5, 300, 900), (90, 3, 5000), (3, 2, 200_000)])
def test_pieces_of_many_parts_have_the_values_of_the_whole(shape, axis, threads):
    whole = filled(NORMAL, shape)
    start, size = [0, 0, 0], list(shape)
    start[axis], size[axis] = 1, shape[axis] - 1
    memory = np.zeros([n + 2 for n in size], np.float32)
    pieces_of(NORMAL, memory, [(start, (1, 1, 1), size)], shape, threads=threads)
    part = whole[tuple(slice(first, None) for first in start)]
    assert np.array_equal(memory[1:-1, 1:-1, 1:-1], part)
    memory[1:-1, 1:-1, 1:-1] = 0
    assert not memory.any()


def test_tensors_without_axes_and_without_elements_have_pieces():
    memory = np.zeros((), np.float32)
    pieces_of(NORMAL, memory, [((), (), ())], ())
    assert equal(memory, filled(NORMAL, ()))
    for initializer in INITIALIZERS[:4]:
        pieces_of(initializer, np.empty((3, 4)), [])
        pieces_of(initializer, np.empty((0, 0)), [((9, 9), (0, 0), (0, 0))])
        pieces_of(initializer, np.empty((3, 0)), [((0, 0), (0, 0), (3, 0))], (3, 0))


@pytest.mark.parametrize("initializer", INITIALIZERS, ids=range(len(INITIALIZERS)))
def test_ranges_have_the_values_of_the_whole(initializer):
    for dtype in DTYPES:
        whole = filled(initializer, SHAPE, dtype).reshape(-1)
        for first, last in [(0, 37 * 53), (100, 1000), (1960, 1961), (5, 5), (1961, 1961)]:
            part = np.zeros(last - first, dtype)
            options = {"seed": 42, "path": "fc.weight", "shape": SHAPE, "offset": first}
            initializer._fill_range(part.ctypes.data, dtype.name, len(part), **options)
            assert equal(part, whole[first:last])


def test_batches_parts_and_axes_are_of_the_whole_tensor():
    orthogonal = seedbed.Initializer("torch.orthogonal_")
    experts = orthogonal.batched([0])
    whole = filled(experts, (6, 8, 5), np.float64)
    assert np.allclose(np.einsum("eij,eik->ejk", whole, whole), np.eye(5))
    part = filled(experts, (2, 3, 5), np.float64, shape=(6, 8, 5), start=(3, 4, 0))
    assert equal(part, whole[3:5, 4:7])
    gates = filled(orthogonal.in_parts(-2, 4), (32, 8), np.float64).reshape(4, 8, 8)
    assert np.allclose(gates @ gates.transpose(0, 2, 1), np.eye(8))

    layout = seedbed.Layout.axes(input=[2], output=[1], batch=[0])
    he = seedbed.Initializer("torch.kaiming_normal_").with_layout(layout)
    std = filled(he, (64, 100, 200), np.float64).std()
    assert abs(std / np.sqrt(2 / 200) - 1) < 5 / np.sqrt(2 * 64 * 100 * 200)
