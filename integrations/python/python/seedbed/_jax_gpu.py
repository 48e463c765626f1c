"""Arrays of JAX on NVIDIA GPUs, made there by kernels that give the values of the CPU bit for bit.

JAX's arrays are immutable, so none is filled in place: `jax.experimental.buffer_callback` hands the outputs of a
compiled function to Python before they are arrays, with the stream whose order they are used in. So the memory
is of JAX's own pool, all arrays of a GPU are filled together, and nothing waits.

The other ways lose: an array of `jnp.empty` that is filled by its address costs a fill with zeros, a compilation
for each shape and two waits, and is a write that JAX does not know of; own memory that is handed over by DLPack
is outside of the pool, to which JAX gives three quarters of the GPU at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import jax
import numpy
from jax.sharding import Sharding, SingleDeviceSharding

from seedbed import Initializer, _seedbed

LEAST = 1 << 26
"""Bytes of arrays from which on they are made there. Each call compiles a function, which takes 20 to 25 ms beside
an H200, in which 16 cores make 64 MB and copy them."""


class Part(NamedTuple):
    """A rectangle of an array."""

    initializer: Initializer
    seed: int | bytes
    path: str
    shape: tuple[int, ...]
    start: tuple[int, ...]
    size: tuple[int, ...]
    dtype: numpy.dtype

    @property
    def size_in_bytes(self) -> int:
        return prod(self.size) * self.dtype.itemsize


def number(device: Any) -> int | None:
    """Returns the number of a GPU on which the kernels run."""
    if "cuda" not in device.client.platform_version:
        return None
    try:
        import jax.experimental.buffer_callback  # noqa: F401
    except ImportError:
        return None
    found: int = device.local_hardware_id
    return found if _seedbed._refusal(found) is None else None


def make(parts: Sequence[Part], place: Sharding | None, number: int) -> list[jax.Array]:
    """Returns arrays on a GPU, one for each part: on the default device, JAX may move them."""
    from jax.experimental.buffer_callback import buffer_callback

    def fill(context: Any, buffers: Sequence[Any]) -> None:
        fills = [_arguments(part, buffer) for part, buffer in zip(parts, buffers, strict=True)]
        _seedbed._fill_gpu(number, _stream(context), fills)

    outputs = [jax.ShapeDtypeStruct(part.size, part.dtype) for part in parts]
    arrays: list[jax.Array] = jax.jit(buffer_callback(fill, outputs), out_shardings=place)()
    return arrays


def _stream(context: Any) -> int:
    """Returns the handle of the stream that XLA uses the buffers on."""
    handle: int = context.stream
    return handle


def _arguments(part: Part, buffer: Any) -> tuple[Any, ...]:
    """Returns a fill as the compiled module takes it."""
    address, _ = buffer.__cuda_array_interface__["data"]
    piece = (part.start, (0,) * len(part.size), part.size)
    dtype, size = part.dtype.name, part.size
    return part.initializer, address, dtype, size, [piece], part.seed, part.path, part.shape


class Batch:
    """Arrays whose parts on each GPU are made together, when the first of the arrays is asked for."""

    def __init__(self, plans: Sequence[Any]) -> None:
        self._plans = plans
        self._arrays: dict[int, list[jax.Array]] | None = None

    def make(self, at: int) -> jax.Array | None:
        """Returns the array of a plan, or None if it is not made on GPUs."""
        if self._arrays is None:
            self._arrays = self._make()
        arrays = self._arrays.pop(at, None)
        if arrays is None:
            return None
        plan = self._plans[at]
        if plan.sharding is None:
            return arrays[0]
        return jax.make_array_from_single_device_arrays(plan.shape, plan.sharding, arrays)

    def _make(self) -> dict[int, list[jax.Array]]:
        together: dict[tuple[Any, bool], list[tuple[int, Part]]] = {}
        for at, plan in enumerate(self._plans):
            for device, part in _parts(plan):
                together.setdefault((device, plan.sharding is None), []).append((at, part))
        size = sum(part.size_in_bytes for parts in together.values() for _, part in parts)
        numbers = {device: number(device) for device, _ in together} if size >= LEAST else {}
        made: dict[int, list[jax.Array]] = {}
        for (device, by_default), parts in together.items():
            found = numbers.get(device)
            if found is None:
                # Shards of an array may be on this device and on others.
                return {}
            place = None if by_default else SingleDeviceSharding(device)
            arrays = make([part for _, part in parts], place, found)
            for (at, _), array in zip(parts, arrays, strict=True):
                made.setdefault(at, []).append(array)
        return made


def _parts(plan: Any) -> list[tuple[Any, Part]]:
    """Returns which part of an array each GPU has, or nothing if it is not made there."""
    whole = Part(
        plan.initializer,
        plan.seed,
        plan.path,
        plan.shape,
        (0,) * len(plan.shape),
        plan.shape,
        plan.dtype,
    )
    if not plan.initializer._is_independent():
        return []
    if plan.sharding is None:
        return [(_default_device(), whole)]
    if plan.sharding.memory_kind not in (None, "device"):
        return []
    size = plan.sharding.shard_shape(plan.shape)
    indices = plan.sharding.addressable_devices_indices_map(plan.shape)
    return [
        (device, whole._replace(start=tuple(one.start or 0 for one in index), size=size))
        for device, index in indices.items()
    ]


def _default_device() -> Any:
    """Returns the device of arrays that no device is given for."""
    config: Any = jax.config  # its type does not tell of its values
    device = config.jax_default_device
    if device is None:
        return jax.local_devices()[0]
    return jax.local_devices(backend=device)[0] if isinstance(device, str) else device
