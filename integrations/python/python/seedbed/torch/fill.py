"""Fills of one tensor: what is checked, and how the values get into its memory.

All checks come before any write. The compiled module takes an address, so this file makes sure that the
address is that of the tensor's own elements.
"""

from __future__ import annotations

from typing import Any

import torch

from seedbed import Initializer

from . import gpu, staging
from .pieces import Piece, Pieces, Span, pieces

DTYPES = {
    torch.float32: "float32",
    torch.float64: "float64",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
}
"""The element types that can be filled, by their names in the compiled module."""


def fill_(
    tensor: Any,
    initializer: str | Initializer,
    *,
    seed: int | bytes,
    path: str,
    threads: int | None = None,
    **parameters: Any,
) -> Any:
    """Fills what this process holds of a tensor, and returns the tensor.

    The values are those that any other process, or the whole tensor in one process, has at the same indices.
    Nothing is sent between processes.

    tensor: what `pieces` takes: a tensor, a parameter, a `DTensor`, ..; float32, float64, float16 or bfloat16.
    initializer: an Initializer, or one of `seedbed.names()` with its parameters.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    path: the tensor's name. Tensors of different names have independent values.
    threads: how many threads fill; None for all cores. The values are the same.

    Raises TypeError for a tensor of another element type, of a quantised class or with an unknown placement.
    Raises ValueError for a tensor without memory here, and for a shape that the initializer does not accept.
    Nothing is written then.

    >>> import torch, seedbed.torch as st
    >>> whole, lower = torch.empty(6, 4), torch.empty(3, 4)
    >>> _ = st.fill_(whole, "torch.xavier_normal_", seed=1, path="w")
    >>> part = st.Pieces((6, 4), lower, (st.Piece(start=(3, 0), at=(0, 0), size=(3, 4)),))
    >>> _ = st.fill_(part, "torch.xavier_normal_", seed=1, path="w")
    >>> torch.equal(whole[3:], lower)
    True
    """
    if isinstance(initializer, str):
        initializer = Initializer(initializer, **parameters)
    elif not isinstance(initializer, Initializer):
        raise TypeError(
            f"initializer is of type {type(initializer).__name__}, but must be an Initializer or a name"
        )
    elif parameters:
        raise TypeError(
            f"{', '.join(parameters)}: an Initializer has its parameters, only a name takes some"
        )
    place = pieces(tensor)
    memory = elements(place.memory)
    check(initializer, memory.dtype, place.shape, seed=seed, path=path)
    launches = gpu.Launches()
    Fill(tensor, place, memory, initializer, seed, path).write(threads, launches)
    launches.launch()
    return tensor


def check(
    initializer: Initializer,
    dtype: torch.dtype,
    shape: tuple[int, ...],
    *,
    seed: int | bytes,
    path: str,
) -> None:
    """Checks everything that a fill needs besides memory, and writes nothing.

    Raises TypeError for a seed or a path of another type, and ValueError for a seed out of range, an empty
    path, and a shape that the initializer does not accept.
    """
    initializer._fill_range(0, DTYPES[dtype], 0, seed=seed, path=path, shape=shape, offset=0)


class Fill:
    """A fill of which `pieces`, `elements` and `check` have accepted all: `write` does not refuse."""

    __slots__ = (
        "_at_once",
        "_gpu",
        "_initializer",
        "_memory",
        "_path",
        "_place",
        "_seed",
        "_tensor",
    )

    def __init__(
        self,
        tensor: Any,
        place: Pieces | Span,
        memory: torch.Tensor,
        initializer: Initializer,
        seed: int | bytes,
        path: str,
    ) -> None:
        self._tensor, self._place, self._memory = tensor, place, memory
        self._initializer, self._seed, self._path = initializer, seed, path
        # Each part of a matrix with dependent elements costs as much as the matrix, which the CPU makes.
        self._at_once = not initializer._is_independent()
        self._gpu = None if self._at_once or not memory.numel() else gpu.device(memory)

    def write(self, threads: int | None, launches: gpu.Launches) -> None:
        """Writes the values. Those on a GPU may be written when `launches` is launched."""
        place, memory = self._place, self._memory
        if memory.numel() == 0:
            return
        if memory.is_contiguous() and (
            memory.device.type == "cpu" if self._gpu is None else _are_runs(place)
        ):
            self._make(place, memory, threads, launches)
        else:
            # A parameter is no part of a graph here.
            with torch.no_grad():
                self._stage(memory, threads)
        # The writes are behind the back of autograd, which must see that saved tensors have changed.
        torch.autograd.graph.increment_version(memory)
        if self._tensor is not memory and isinstance(self._tensor, torch.Tensor):
            # A `DTensor` or another wrapper is saved itself.
            torch.autograd.graph.increment_version(self._tensor)

    def _make(
        self,
        place: Pieces | Span,
        memory: torch.Tensor,
        threads: int | None,
        launches: gpu.Launches,
    ) -> None:
        """Makes the values in contiguous memory: here, or by `launches` on the GPU."""
        address, dtype, shape = memory.data_ptr(), DTYPES[memory.dtype], place.shape
        seed, path = self._seed, self._path
        part = place.offset if isinstance(place, Span) else place.pieces
        if self._gpu is not None:
            fill = (self._initializer, address, dtype, memory.shape, part, seed, path, shape)
            launches.add(self._gpu, fill)
        elif isinstance(place, Span):
            self._initializer._fill_range(
                address,
                dtype,
                memory.numel(),
                seed=seed,
                path=path,
                shape=shape,
                offset=place.offset,
                threads=threads,
            )
        else:
            self._initializer._fill_pieces(
                address,
                dtype,
                memory.shape,
                place.pieces,
                seed=seed,
                path=path,
                shape=shape,
                threads=threads,
            )

    def _stage(self, memory: torch.Tensor, threads: int | None) -> None:
        place, launches = self._place, gpu.Launches()
        if self._at_once:
            host = torch.empty(memory.shape, dtype=memory.dtype)
            self._make(place, host, threads, launches)
        rectangles = (
            (Piece((place.offset,), (0,), (place.elements,)),)
            if isinstance(place, Span)
            else place.pieces
        )

        def make(slab: Piece, out: torch.Tensor) -> None:
            if self._at_once:
                out.copy_(host[slab.slices])
            elif isinstance(place, Span):
                self._make(Span(place.shape, out, *slab.start), out, threads, launches)
            else:
                alone = Piece(slab.start, (0,) * len(slab.size), slab.size)
                self._make(Pieces(place.shape, out, (alone,)), out, threads, launches)
            launches.launch()

        staging.write(memory, rectangles, make, on_host=self._gpu is None)


def _are_runs(place: Pieces | Span) -> bool:
    """Whether the elements of each piece are neighbours in contiguous memory."""

    def is_run(size: tuple[int, ...]) -> bool:
        after = next((axis for axis, count in enumerate(size, 1) if count != 1), len(size))
        return size[after:] == shape[after:]

    shape = tuple(place.memory.shape)
    return isinstance(place, Span) or all(is_run(piece.size) for piece in place.pieces)


def elements(tensor: torch.Tensor) -> torch.Tensor:
    """Returns the plain tensor with the elements of a tensor, which may be a wrapper around it.

    Raises TypeError for an element type or a class that cannot be filled, and ValueError for a tensor
    without memory.
    """
    tensor = _unwrapped(tensor)
    if tensor.is_meta:
        raise ValueError(
            "the tensor is on the meta device, without memory: call module.to_empty(device=..) first"
        )
    if tensor.dtype not in DTYPES or tensor.layout != torch.strided:
        raise TypeError(
            f"the tensor has dtype {tensor.dtype} and layout {tensor.layout}, but must be dense and have "
            "float32, float64, float16 or bfloat16"
        )
    if tensor.is_neg():
        raise ValueError("the tensor has a negative bit set: its memory holds the negated values")
    if not tensor.numel():
        return tensor
    axes = list(zip(tensor.shape, tensor.stride(), strict=True))
    if any(stride == 0 and size > 1 for size, stride in axes):
        raise ValueError(
            f"the tensor has strides {tensor.stride()}: several of its elements are the same memory"
        )
    end = tensor.storage_offset() + 1 + sum((size - 1) * stride for size, stride in axes)
    if tensor.untyped_storage().nbytes() < end * tensor.element_size():
        raise ValueError(
            "the tensor's memory is freed, as that of a sharded module's whole parameters is"
        )
    return tensor


def _unwrapped(tensor: torch.Tensor) -> torch.Tensor:
    """Returns the only tensor of the same shape within a wrapper, such as that of a float8 all-gather.

    A class that only adds attributes to a tensor is no wrapper. A quantised class has integers or several
    tensors inside and is refused, as its elements are not its values.
    """
    while type(tensor).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__:
        kind = f"{type(tensor).__module__}.{type(tensor).__qualname__}"
        names = tensor.__tensor_flatten__()[0] if hasattr(tensor, "__tensor_flatten__") else ()
        inner = [getattr(tensor, name) for name in names]
        values = [one for one in inner if one.is_floating_point() and one.shape == tensor.shape]
        if len(values) != 1 or not all(one.is_floating_point() for one in inner):
            raise TypeError(
                f"the tensor is of the class {kind}, whose elements are not its values: initialise the module "
                "before it is quantised or wrapped"
            )
        tensor = values[0]
    return tensor
