"""The indices of one axis of a tensor that a process of a mesh holds, as runs of consecutive indices.

A mesh cuts an axis by one placement after the other. `Shard` cuts as `torch.chunk` does: all parts have
`ceil(size / parts)` indices, except the last ones, which are shorter or empty. `_StridedShard(f)` cuts into f
chunks, each of these into the parts, and gives a process its part of each chunk. It stands for cuts in another
order: `fully_shard` cuts what tensor parallelism has left of an axis, but its mesh axis comes first.

The two readings of `_StridedShard`, by PyTorch's placements from left to right and by the order in which the
axis was really cut, give the same indices if the axis is divisible by the parts, and often others if not.
Nothing about such a tensor says which of the two its memory holds, so `agree` tells whether they are the same.

No function here knows of tensors or processes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import NamedTuple


class Cut(NamedTuple):
    """What one axis of a mesh does to an axis of a tensor."""

    parts: int
    """How many processes share the axis."""
    factor: int = 1
    """The split factor of `_StridedShard`; 1 for `Shard`."""


Runs = tuple[tuple[int, int], ...]
"""Runs of indices, each as its first index and its length, in the order of the memory."""


def length(runs: Runs) -> int:
    """Returns how many indices there are."""
    return sum(size for _, size in runs)


@lru_cache(maxsize=65536)
def by_placements(size: int, cuts: tuple[Cut, ...], place: tuple[int, ...]) -> Runs:
    """Returns the runs of a process, by the cuts from left to right.

    size: the length of the axis.
    cuts: the axes of the mesh that cut it, from left to right.
    place: the coordinates of the process on these axes.
    """
    runs: Runs = ((0, size),)
    for (parts, factor), at in zip(cuts, place, strict=True):
        chunks = (_chunk(runs, factor, chunk) for chunk in range(factor))
        runs = _joined(run for chunk in chunks for run in _chunk(chunk, parts, at))
    return runs


def by_order(
    size: int, cuts: tuple[Cut, ...], place: tuple[int, ...], order: tuple[int, ...]
) -> Runs:
    """Returns the runs of a process whose axis was cut by these cuts in this order, each as `Shard` does."""
    runs: Runs = ((0, size),)
    for at in order:
        runs = _joined(_chunk(runs, cuts[at].parts, place[at]))
    return runs


def order(cuts: tuple[Cut, ...]) -> tuple[int, ...] | None:
    """Returns the order of cuts that the split factors stand for, or None if they stand for no order.

    A cut comes after those to its right that cut into as many parts, together, as its factor says.
    """
    found: list[int] = []
    for at in reversed(range(len(cuts))):
        before, parts = 0, 1
        while parts < cuts[at].factor and before < len(found):
            parts *= cuts[found[before]].parts
            before += 1
        if parts != cuts[at].factor:
            return None
        found.insert(before, at)
    return tuple(found)


@lru_cache(maxsize=4096)
def agree(size: int, cuts: tuple[Cut, ...]) -> bool:
    """Tells whether both readings of the cuts give every process of the mesh the same indices.

    All processes are compared, so that all refuse a tensor if one of them has to.
    """
    if all(cut.factor == 1 for cut in cuts):
        return True
    cut_in = order(cuts)
    if cut_in is None:
        return True
    return all(
        by_placements(size, cuts, place) == by_order(size, cuts, place, cut_in)
        for place in product(*(range(cut.parts) for cut in cuts))
    )


def _chunk(runs: Runs, parts: int, at: int) -> Runs:
    """Returns the part that `torch.chunk` has at a place, of indices given by runs."""
    size = length(runs)
    most = -(-size // parts)
    begin, end = min(at * most, size), min((at + 1) * most, size)
    part = []
    for start, count in runs:
        first, last = max(begin, 0), min(end, count)
        if first < last:
            part.append((start + first, last - first))
        begin, end = begin - count, end - count
    return tuple(part)


def _joined(runs: Iterable[tuple[int, int]]) -> Runs:
    """Returns the runs with those joined that follow each other without a gap."""
    joined: list[tuple[int, int]] = []
    for start, count in runs:
        if joined and sum(joined[-1]) == start:
            start, count = joined[-1][0], joined.pop()[1] + count
        joined.append((start, count))
    return tuple(joined)
