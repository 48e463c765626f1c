"""Which parameter or buffer of a module a tensor is, or is a part of.

Init code does not always hand on the parameter itself: `weight.data`, `weight[:10]`, `weight.T` and
`weight.view(-1)` are other tensors over the same memory. Memory alone decides, so nothing is guessed: a tensor
belongs to a parameter if all its elements are elements of the parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

import torch

from . import names
from .names import Rename
from .pieces import is_distributed


class Owner(NamedTuple):
    """A parameter or buffer of a module."""

    name: str
    path: str
    tensor: Any


class Part(NamedTuple):
    """A tensor, as the whole of a parameter or a part of it."""

    owner: Owner
    begin: int
    """The first of its elements in the flattened parameter."""
    end: int
    """One after the last of them. A part of a row, or every other row, does not have all in between."""
    whole: bool
    """Whether it has the shape of the parameter and all its elements, in their order."""


class Owners:
    """The parameters and buffers of a module, by their memory."""

    def __init__(
        self, module: torch.nn.Module, ties: Mapping[str, str] | None, rename: Rename | None
    ) -> None:
        self._module, self._rename = module, rename
        self._ties = names.aliases(module, ties)
        self.update()

    def update(self) -> None:
        """Reads the module again, which may have new tensors, or the old ones with new memory."""
        by_id: dict[int, Owner] = {}
        by_memory: dict[int, list[Owner]] = {}
        paths: dict[str, str] = {}
        for name, tensor, *_ in chain(names.parameters(self._module), names.buffers(self._module)):
            if id(tensor) in by_id:
                continue
            path = names.path_of(name, self._ties, self._rename)
            other = paths.setdefault(path, name)
            if other != name and not {name, other} & self._ties.keys():
                raise ValueError(
                    f"{other!r} and {name!r} have the same path {path!r}; say so by ties, or rename one"
                )
            owner = by_id[id(tensor)] = Owner(name, path, tensor)
            by_memory.setdefault(_memory(tensor), []).append(owner)
        by_memory.pop(0, None)
        # Other threads may be reading: each of the two is replaced as a whole.
        self._by_id, self._by_memory = by_id, by_memory

    def state(self) -> dict[str, tuple[int, int]]:
        """Returns what tells a tensor from one that has taken its name or got other memory."""
        return {
            owner.name: (id(owner.tensor), _memory(owner.tensor)) for owner in self._by_id.values()
        }

    def find(self, tensor: torch.Tensor) -> Part | None:
        """Returns the parameter that a tensor is or is a part of, or None if it is of none."""
        owner = self._by_id.get(id(tensor))
        if owner is not None:
            return Part(owner, 0, tensor.numel(), True)
        memory = _memory(tensor)
        for owner in self._by_memory.get(memory, ()):
            # The memory may have been freed since, and be another tensor's now.
            if _memory(owner.tensor) == memory:
                part = _part(owner, tensor)
                if part is not None:
                    return part
        return None


def is_empty(tensor: Any) -> bool:
    """Tells whether this process holds no element of a tensor."""
    return (tensor._local_tensor if is_distributed(tensor) else tensor).numel() == 0


def _memory(tensor: Any) -> int:
    """Returns the address of a tensor's storage, or 0 if it has none here."""
    try:
        local = tensor._local_tensor if is_distributed(tensor) else tensor
        return local.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        # Tensors around other tensors have no storage of their own; they are known by their identity.
        return 0


def _part(owner: Owner, tensor: Any) -> Part | None:
    known = owner.tensor
    if is_distributed(known) or is_distributed(tensor):
        # `weight.data` has the same placements. A slice of a sharded tensor is a copy, or memory that some
        # processes hold only a part of: which part, the slice does not say.
        same = (
            is_distributed(known)
            and is_distributed(tensor)
            and (
                known.shape == tensor.shape
                and known.placements == tensor.placements
                and known._local_tensor.storage_offset() == tensor._local_tensor.storage_offset()
            )
        )
        return Part(owner, 0, tensor.numel(), True) if same else None
    if known.dtype != tensor.dtype or known.device != tensor.device:
        return None
    begin = tensor.storage_offset() - known.storage_offset()
    if begin == 0 and known.shape == tensor.shape and known.stride() == tensor.stride():
        return Part(owner, 0, tensor.numel(), True)
    if not known.is_contiguous():
        return None
    end = (
        begin
        + 1
        + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    )
    return Part(owner, begin, end, False) if begin >= 0 and end <= known.numel() else None
