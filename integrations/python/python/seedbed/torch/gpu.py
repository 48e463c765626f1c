"""Fills of tensors on NVIDIA GPUs, in place, by kernels that give the values of the CPU bit for bit.

All tensors of a GPU that are filled together take as few launches as there are kinds of distributions and
element types. They are in the order of PyTorch's current stream, as PyTorch's own work is; nothing waits for
them here.
"""

from __future__ import annotations

from typing import Any

import torch

from seedbed import _seedbed

_usable: dict[int, bool] = {}


def device(memory: torch.Tensor) -> int | None:
    """Returns the number of the GPU that has a tensor, if the kernels run there.

    They run on GPUs of NVIDIA from Turing on, with a driver from version 515 on. The first question loads them.
    """
    if memory.device.type != "cuda" or torch.version.hip is not None:
        return None
    number = memory.device.index
    if number not in _usable:
        if torch.cuda.is_current_stream_capturing():
            raise RuntimeError(
                f"a CUDA graph is being captured, and the first fill on {memory.device} loads the kernels, which "
                "cannot be part of it: fill any tensor there before the capture"
            )
        _usable[number] = _seedbed._refusal(number) is None
    return number if _usable[number] else None


def stream(number: int) -> int:
    """Returns the handle of the current stream."""
    handle: int = torch.cuda.current_stream(number).cuda_stream
    return handle


class Launches:
    """Fills that are launched together."""

    def __init__(self) -> None:
        self._fills: dict[int, list[tuple[Any, ...]]] = {}

    def add(self, number: int, fill: tuple[Any, ...]) -> None:
        """Adds a fill, as the compiled module takes it, of memory that stays until the launch."""
        self._fills.setdefault(number, []).append(fill)

    def launch(self) -> None:
        """Launches the fills of each GPU on its current stream."""
        for number, fills in self._fills.items():
            _seedbed._fill_gpu(number, stream(number), fills)
        self._fills.clear()
