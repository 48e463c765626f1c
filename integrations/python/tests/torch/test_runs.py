"""The indices of an axis, against PyTorch's own cuts of numbered tensors, for meshes of any size."""

import itertools
import random

import torch
from seedbed.torch import runs
from seedbed.torch.runs import Cut
from torch.distributed.tensor.placement_types import Shard, _StridedShard


def indices(found):
    return [index for start, count in found for index in range(start, start + count)]


def by_torch(size, cuts, place):
    """The indices that PyTorch's placements give a process."""
    held = torch.arange(size)
    for (parts, factor), at in zip(cuts, place, strict=True):
        placement = Shard(0) if factor == 1 else _StridedShard(0, split_factor=factor)
        held = placement._split_tensor(held, parts, with_padding=False)[0][at]
    return held.tolist()


def places(cuts):
    return itertools.product(*(range(parts) for parts, _ in cuts))


def test_placements_are_read_as_pytorch_cuts():
    draw = random.Random(1)
    for _ in range(150):
        cuts = tuple(
            Cut(draw.randint(2, 5), draw.choice([1, 1, 2, 3, 4])) for _ in range(draw.randint(0, 3))
        )
        size = draw.choice([0, 1, 7, draw.randint(1, 130)])
        for place in places(cuts):
            assert indices(runs.by_placements(size, cuts, place)) == by_torch(size, cuts, place)


def test_processes_share_an_axis_without_gaps():
    """512 processes in three axes of a mesh, with the orders that fully_shard makes."""
    for cuts in [
        (Cut(64), Cut(8)),
        (Cut(64, 8), Cut(8)),
        (Cut(4, 8), Cut(16, 8), Cut(8)),
        (Cut(8, 64), Cut(8, 8), Cut(8)),
    ]:
        for size in [4096, 50257, 300, 5]:
            held = [
                index
                for place in places(cuts)
                for index in indices(runs.by_placements(size, cuts, place))
            ]
            assert sorted(held) == list(range(size)), (cuts, size)


def test_neighbouring_runs_are_joined():
    assert runs.by_placements(100, (Cut(4),), (1,)) == ((25, 25),)
    assert runs.by_placements(16, (Cut(2, 4),), (0,)) == ((0, 2), (4, 2), (8, 2), (12, 2))
    assert runs.by_placements(16, (Cut(2, 2), Cut(2)), (1, 0)) == ((4, 4),)
    assert runs.by_placements(3, (Cut(4),), (3,)) == ()
    # Chunks of one index each, all of which the first process gets.
    assert runs.by_placements(4, (Cut(2, 4),), (0,)) == ((0, 4),)


def fully_sharded(size, dp, tp, place):
    """The indices that fully_shard really gives a process: its part of what tensor parallelism left."""
    left = Shard(0)._split_tensor(torch.arange(size), tp, with_padding=False)[0][place[1]]
    return Shard(0)._split_tensor(left, dp, with_padding=False)[0][place[0]].tolist()


def test_the_order_of_fully_shard_is_found():
    for dp, tp in itertools.product(range(2, 9), repeat=2):
        cuts = (Cut(dp, tp), Cut(tp))
        assert runs.order(cuts) == (1, 0)
        for place in places(cuts):
            assert indices(runs.by_order(97, cuts, place, (1, 0))) == fully_sharded(
                97, dp, tp, place
            )
    assert runs.order((Cut(4), Cut(2))) == (0, 1)
    assert runs.order((Cut(2, 12), Cut(3, 4), Cut(4))) == (2, 1, 0)
    assert runs.order((Cut(2, 4), Cut(3), Cut(4))) is None


def test_the_two_orders_disagree_where_pytorch_disagrees_with_itself():
    refused = 0
    for size, dp, tp in itertools.product(range(1, 129), range(2, 9), range(2, 9)):
        cuts = (Cut(dp, tp), Cut(tp))
        equal = runs.agree(size, cuts)
        refused += not equal
        if size % (dp * tp) == 0:
            assert equal
    # As many as a separate emulation of the two orders found.
    assert refused == 740
    # GPT-2's vocabulary.
    cuts = (Cut(4, 2), Cut(2))
    assert not runs.agree(50257, cuts)
    assert any(
        by_torch(50257, cuts, place) != fully_sharded(50257, 4, 2, place) for place in places(cuts)
    )
    assert runs.agree(50304, cuts)
