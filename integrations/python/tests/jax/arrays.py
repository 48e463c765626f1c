"""Arrays and meshes for the tests of this folder."""

import jax
import numpy as np
import seedbed
from jax.sharding import Mesh


def whole(name, shape, dtype=np.float32, *, seed=42, path="w", **parameters):
    """The values in one array of NumPy."""
    values = np.empty(shape, dtype)
    seedbed.Initializer(name, **parameters).fill(values, seed=seed, path=path)
    return values


def same(array, values):
    """An array has these bits, and each of its shards the bits of its index."""
    assert array.shape == values.shape
    assert array.dtype == values.dtype
    assert np.asarray(array).tobytes() == values.tobytes()
    for shard in array.addressable_shards:
        assert np.asarray(shard.data).tobytes() == values[shard.index].tobytes()


def mesh(*shape):
    """A mesh of the first devices, with the axes x, y and z."""
    devices = np.array(jax.devices()[: np.prod(shape)]).reshape(shape)
    return Mesh(devices, ("x", "y", "z")[: len(shape)])
