"""Where the memory that a process holds of a tensor lies in the whole tensor.

Every holder of a part of a tensor comes down to `Pieces`: the shape of the whole tensor, the memory here, and
rectangles of the tensor with their places in the memory. What is no rectangle, a range of the flattened
tensor, is a `Span`. Each function here reads one kind of holder; `pieces` picks the function.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import torch

from . import runs
from .runs import Cut

# Classes of tensors that are all memory, unless they carry attributes.
_PLAIN = frozenset({torch.Tensor, torch.nn.Parameter})


class Piece(NamedTuple):
    """A rectangle of a tensor, and its place in the memory of this process."""

    start: tuple[int, ...]
    """Where it begins in the whole tensor."""
    at: tuple[int, ...]
    """Where it begins in the memory."""
    size: tuple[int, ...]
    """How many indices it has on each axis."""

    @property
    def slices(self) -> tuple[slice, ...]:
        """Its place in the memory as an index."""
        return tuple(slice(at, at + size) for at, size in zip(self.at, self.size, strict=True))


@dataclass(frozen=True, slots=True)
class Pieces:
    """The parts of a tensor that this process holds."""

    shape: tuple[int, ...]
    """The shape of the whole tensor."""
    memory: torch.Tensor
    """The tensor with the memory of this process."""
    pieces: tuple[Piece, ...]
    """The rectangles. Nothing else of the memory, such as padding, belongs to the tensor."""

    @property
    def elements(self) -> int:
        """How many elements of the tensor are here."""
        return sum(prod(piece.size) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a tensor's elements, in the order of the flattened tensor, that this process holds."""

    shape: tuple[int, ...]
    """The shape of the whole tensor."""
    memory: torch.Tensor
    """A tensor of one axis with the elements of the range."""
    offset: int
    """Where the range begins."""

    @property
    def elements(self) -> int:
        """How many elements of the tensor are here."""
        return self.memory.numel()


def pieces(tensor: Any) -> Pieces | Span:
    """Returns where the memory of this process lies in the whole tensor.

    tensor: a plain tensor or parameter, which is whole; a `DTensor` of any mesh, as `fully_shard` and tensor
    parallelism make them; a tensor with the attributes of
    `torch.distributed.checkpoint.CheckpointableTensor`; a parameter that DeepSpeed's ZeRO-3 has partitioned;
    a `ShardedTensor` of Megatron's `sharded_state_dict()`; or `Pieces` and `Span`, which come back unchanged.

    Raises TypeError for a placement or a class of tensor whose memory is not known, and ValueError for a mesh
    that the process is not in and for a tensor whose placements and memory contradict each other.

    >>> import torch, seedbed.torch
    >>> seedbed.torch.pieces(torch.empty(4, 3)).pieces
    (Piece(start=(0, 0), at=(0, 0), size=(4, 3)),)
    """
    if type(tensor) in _PLAIN:
        return _attributes(tensor) if tensor.__dict__ else whole(tensor)
    if isinstance(tensor, (Pieces, Span)):
        return tensor
    if is_distributed(tensor):
        return distributed(tensor)
    if isinstance(tensor, torch.Tensor):
        if torch.nn.parameter.is_lazy(tensor):
            raise ValueError("the tensor has no shape yet: run the module once, or state its sizes")
        return _attributes(tensor)
    if hasattr(tensor, "global_offset"):
        return megatron(tensor)
    raise TypeError(f"tensor is of type {type(tensor).__name__}, but must be a torch.Tensor")


def _attributes(tensor: torch.Tensor) -> Pieces | Span:
    """Reads a tensor by the attributes that a trainer may have given it."""
    if getattr(tensor, "global_offsets", None) is not None:
        return checkpointable(tensor)
    if getattr(tensor, "ds_tensor", None) is not None:
        return zero3(tensor)
    return whole(tensor)


def whole(tensor: torch.Tensor) -> Pieces:
    """Returns the only piece of a tensor that one process holds."""
    shape = tuple(tensor.shape)
    origin = (0,) * len(shape)
    return Pieces(shape, tensor, (Piece(origin, origin, shape),))


def is_distributed(tensor: Any) -> bool:
    """Tells whether a tensor is a `DTensor`, without an import of `torch.distributed` where nobody did it."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def distributed(tensor: Any) -> Pieces:
    """Returns the pieces of a `DTensor`."""
    mesh, placements = tensor.device_mesh, tensor.placements
    place = mesh.get_coordinate()
    if place is None:
        raise ValueError(f"this process is not in the mesh of the tensor, {mesh}")
    # `to_local` gives the same tensor, but makes a view of it for autograd, which takes longer than all else.
    memory = tensor._local_tensor
    shape, mesh_shape = tuple(tensor.shape), tuple(mesh.shape)
    # An order of cuts that the placements do not show, which PyTorch keeps beside them.
    order = getattr(tensor._spec, "shard_order", None)
    size, found = _held(shape, mesh_shape, tuple(place), placements, order)
    if size != tuple(memory.shape) and (0 not in size or memory.numel()):
        raise ValueError(
            f"the local memory has shape {tuple(memory.shape)}, but by the placements {placements} "
            f"on the mesh {mesh_shape} this process holds {size} of {shape}"
        )
    return Pieces(shape, memory, found)


@lru_cache(maxsize=4096)
def _held(
    shape: tuple[int, ...],
    mesh_shape: tuple[int, ...],
    place: tuple[int, ...],
    placements: tuple[Any, ...],
    order: Any,
) -> tuple[tuple[int, ...], tuple[Piece, ...]]:
    """Returns the size of a process's memory, and its pieces."""
    for entry in order or ():
        if list(entry.mesh_dims) != sorted(entry.mesh_dims):
            raise TypeError(
                f"the tensor is cut in the order {entry.mesh_dims} of its mesh's axes, which is not "
                "supported: redistribute it to the default order"
            )
    cuts = _cuts(len(shape), mesh_shape, place, placements)
    axes = tuple(_axis(shape, axis, tuple(found)) for axis, found in enumerate(cuts))
    return tuple(map(runs.length, axes)), _rectangles(axes)


def _cuts(
    axes: int, mesh_shape: tuple[int, ...], place: tuple[int, ...], placements: tuple[Any, ...]
) -> list[list[tuple[Cut, int]]]:
    """Returns the cuts of each axis with the coordinates of this process, in their order."""
    from torch.distributed.tensor import Replicate, Shard

    cuts: list[list[tuple[Cut, int]]] = [[] for _ in range(axes)]
    for parts, at, placement in zip(mesh_shape, place, placements, strict=True):
        # An axis of one process cuts nothing, whatever its placement is called.
        if parts == 1 or type(placement) is Replicate:
            continue
        factor = getattr(placement, "split_factor", None)
        if type(placement) is not Shard and factor is None:
            raise TypeError(
                f"the placement {placement!r} is not supported: it must be Shard, Replicate or _StridedShard"
                + (", as a partial sum has no values of its own" if placement.is_partial() else "")
            )
        cuts[placement.dim].append((Cut(parts, int(factor or 1)), at))
    return cuts


def _axis(shape: tuple[int, ...], axis: int, cuts: tuple[tuple[Cut, int], ...]) -> runs.Runs:
    """Returns the runs that this process holds of an axis."""
    size = shape[axis]
    if not cuts:
        return ((0, size),)
    made, place = zip(*cuts, strict=True)
    if not runs.agree(size, made):
        parts = " and ".join(str(cut.parts) for cut in made)
        raise ValueError(
            f"axis {axis} of shape {shape}, {size} long, is cut into {parts} parts, first by the right one, "
            "and PyTorch's placements and fully_shard disagree about who holds which indices; pad the axis "
            f"to a multiple of {prod(cut.parts for cut in made)}, or cut another axis"
        )
    return runs.by_placements(size, made, place)


def _rectangles(axes: tuple[runs.Runs, ...]) -> tuple[Piece, ...]:
    """Returns the rectangles of all combinations of the axes' runs."""
    if all(len(axis) == 1 for axis in axes):
        start = tuple(axis[0][0] for axis in axes)
        return (Piece(start, (0,) * len(axes), tuple(axis[0][1] for axis in axes)),)
    placed = []
    for axis in axes:
        place, places = 0, []
        for begin, count in axis:
            places.append((begin, place, count))
            place += count
        placed.append(places)
    return tuple(Piece(*map(tuple, zip(*corner, strict=True))) for corner in product(*placed))


def checkpointable(tensor: Any) -> Pieces:
    """Returns the pieces of a tensor with the attributes of `CheckpointableTensor`, which are checked."""
    shape, local = tuple(tensor.global_shape), tuple(tensor.shape)
    found = tuple(
        Piece(tuple(start), tuple(at), tuple(size))
        for start, at, size in zip(
            tensor.global_offsets, tensor.local_offsets, tensor.local_sizes, strict=True
        )
    )
    for piece in found:
        for name, begin, limits in (("global", piece.start, shape), ("local", piece.at, local)):
            inside = len(begin) == len(limits) == len(piece.size) and all(
                first >= 0 and size >= 0 and first + size <= limit
                for first, size, limit in zip(begin, piece.size, limits, strict=True)
            )
            if not inside:
                raise ValueError(
                    f"{name}_offsets has {begin} with local_sizes {piece.size}, outside of {limits}"
                )
    return Pieces(shape, tensor, found)


def zero3(parameter: Any) -> Span:
    """Returns the part of a parameter that DeepSpeed's ZeRO-3 left to this process.

    Its processes hold ranges of equal length of the flattened parameter, of which the last is padded.
    """
    if parameter.ds_status.name != "NOT_AVAILABLE":
        raise ValueError("the parameter is gathered: leave GatheredParameters first")
    if getattr(parameter, "ds_secondary_tensor", None) is not None:
        raise TypeError(
            "the parameter has a secondary partition (zero_hpz_partition_size), not supported"
        )
    group = getattr(parameter, "ds_process_group", None)
    part, size = parameter.ds_tensor, parameter.ds_tensor.ds_numel
    offset = min(size * torch.distributed.get_rank(group), parameter.ds_numel)
    here = min(size, parameter.ds_numel - offset)
    return Span(tuple(parameter.ds_shape), part.detach()[:here], offset)


def megatron(sharded: Any) -> Pieces:
    """Returns the piece of a `ShardedTensor` of Megatron's `sharded_state_dict()`.

    Axes that it prepends, such as one of layers or experts, are axes of the whole tensor.
    """
    if getattr(sharded, "flattened_range", None) is not None:
        raise TypeError(
            f"{sharded.key!r} is a range of a flat buffer of an optimizer, not supported"
        )
    prepended = sharded.prepend_axis_num
    memory = sharded.data[(None,) * prepended] if prepended else sharded.data
    size, shape = tuple(memory.shape), tuple(sharded.global_shape)
    return Pieces(shape, memory, (Piece(tuple(sharded.global_offset), (0,) * len(size), size),))
