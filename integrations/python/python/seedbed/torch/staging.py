"""Fills of memory that the compiled module cannot write itself: on other devices, or not contiguous.

The values are made in a buffer, a slab of at most `SLAB` bytes after the other, and copied. Where kernels fill
the device, the buffer is there, and its copies are in the order of the stream. For other GPUs, and for matrices
that the CPU makes, there are two pinned buffers of the host, so that a slab is made while the slab before it is
on its way. Everything else takes one buffer of the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import torch

from .pieces import Piece

SLAB = 64 << 20
"""The most bytes of a slab."""

Make = Callable[[Piece, torch.Tensor], None]
"""Fills a contiguous buffer with a slab."""


def write(memory: torch.Tensor, pieces: tuple[Piece, ...], make: Make, *, on_host: bool) -> None:
    """Writes the pieces of a tensor into its memory, slab by slab, which are made on the host or on its device."""
    limit = max(1, SLAB // memory.element_size())
    slabs = [slab for piece in pieces if prod(piece.size) for slab in cut(piece, limit)]
    if not slabs:
        return
    most = max(prod(slab.size) for slab in slabs)
    device = torch.device("cpu") if on_host else memory.device
    pinned = on_host and memory.device.type == "cuda"
    buffers = Pinned(memory, most) if pinned else Plain(memory, most, device)
    for turn, slab in enumerate(slabs):
        buffer = buffers.buffer(turn)[: prod(slab.size)].view(slab.size)
        make(slab, buffer)
        buffers.send(turn, buffer, memory[slab.slices])
    buffers.wait()


def cut(piece: Piece, limit: int) -> Iterator[Piece]:
    """Yields the parts of a piece, of at most so many elements, in the order of its elements."""
    if prod(piece.size) <= limit:
        yield piece
        return
    # The first axis whose slices are small enough is cut, and those before it into single indices.
    axis = next(at for at in range(len(piece.size)) if prod(piece.size[at + 1 :]) <= limit)
    step = max(1, limit // prod(piece.size[axis + 1 :]))
    outer = [range(size) for size in piece.size[:axis]]
    for corner in product(*outer):
        for first in range(0, piece.size[axis], step):
            count = min(step, piece.size[axis] - first)
            offset = (*corner, first, *(0 for _ in piece.size[axis + 1 :]))
            size = (*(1 for _ in corner), count, *piece.size[axis + 1 :])
            yield Piece(_sum(piece.start, offset), _sum(piece.at, offset), size)


class Plain:
    """A buffer, copied before it is used again."""

    def __init__(self, memory: torch.Tensor, elements: int, device: torch.device) -> None:
        self._buffer = torch.empty(elements, dtype=memory.dtype, device=device)

    def buffer(self, _turn: int) -> torch.Tensor:
        return self._buffer

    def send(self, _turn: int, buffer: torch.Tensor, target: torch.Tensor) -> None:
        target.copy_(buffer)

    def wait(self) -> None:
        pass


class Pinned:
    """Two pinned buffers of the host, each free again when its copy to the GPU has ended."""

    def __init__(self, memory: torch.Tensor, elements: int) -> None:
        cuda: Any = torch.cuda
        self._cuda, self._stream = cuda, cuda.current_stream(memory.device)
        self._events = (cuda.Event(), cuda.Event())
        self._buffers: list[torch.Tensor] = []
        self._elements, self._dtype = elements, memory.dtype

    def buffer(self, turn: int) -> torch.Tensor:
        if turn < 2:
            buffer = torch.empty(self._elements, dtype=self._dtype, pin_memory=True)
            self._buffers.append(buffer)
        else:
            self._events[turn % 2].synchronize()
        return self._buffers[turn % 2]

    def send(self, turn: int, buffer: torch.Tensor, target: torch.Tensor) -> None:
        with self._cuda.stream(self._stream):
            target.copy_(buffer, non_blocking=True)
            self._events[turn % 2].record(self._stream)

    def wait(self) -> None:
        self._stream.synchronize()


def _sum(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))
