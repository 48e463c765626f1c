"""Arrays on NVIDIA GPUs: the way through JAX, with the CPU's devices in their place."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seedbed
import seedbed.jax as sj
from jax.sharding import NamedSharding, PartitionSpec
from seedbed import _jax_gpu

RULES = [("*.bias", "jax.zeros"), ("*.kernel", "jax.lecun_normal")]


@pytest.fixture
def fills(monkeypatch):
    """Fills the buffers of CPU devices as if they were GPUs, and keeps how many each call fills."""
    made = []

    class Module:
        def _fill_gpu(number, stream, fills):
            made.append((number, len(fills)))
            for one, address, dtype, memory_shape, pieces, seed, path, shape in fills:
                one._fill_pieces(
                    address, dtype, memory_shape, pieces, seed=seed, path=path, shape=shape
                )

    def arguments(part, buffer):
        array = np.asarray(buffer)
        interface = {"data": (array.ctypes.data, False)}
        return real(part, type("Buffer", (), {"__cuda_array_interface__": interface}))

    real = _jax_gpu._arguments
    monkeypatch.setattr(_jax_gpu, "_seedbed", Module)
    monkeypatch.setattr(_jax_gpu, "_arguments", arguments)
    monkeypatch.setattr(_jax_gpu, "_stream", lambda context: 0)
    monkeypatch.setattr(_jax_gpu, "number", lambda device: device.id)
    monkeypatch.setattr(_jax_gpu, "LEAST", 0)
    return made


def values(name, shape, dtype, path):
    out = np.empty(shape, dtype)
    seedbed.Initializer(name).fill(out, seed=42, path=path)
    return out


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float16, jnp.bfloat16], ids=str)
def test_an_array_is_made_on_its_device(fills, dtype):
    found = sj.array("jax.lecun_normal", (40, 30), dtype=dtype, seed=42, path="w")
    assert fills == [(jax.local_devices()[0].id, 1)]
    assert np.asarray(found).tobytes() == values("jax.lecun_normal", (40, 30), dtype, "w").tobytes()
    # JAX may use it where its other arguments are.
    other = jax.device_put(jnp.ones((40, 30), dtype), jax.local_devices()[-1])
    assert (found + other).devices() == {jax.local_devices()[-1]}
    with jax.default_device(jax.local_devices()[-1]):
        found = sj.array("jax.lecun_normal", (40, 30), dtype=dtype, seed=42, path="w")
    assert fills[1:] == [(jax.local_devices()[-1].id, 1)]
    assert found.devices() == {jax.local_devices()[-1]}


def test_the_arrays_of_a_model_are_made_together_on_each_device(fills):
    devices = jax.local_devices()
    mesh = jax.make_mesh((len(devices),), ("x",))
    places = {
        "kernel": NamedSharding(mesh, PartitionSpec(None, "x")),
        "bias": NamedSharding(mesh, PartitionSpec()),
    }
    shapes = {
        f"{n}": {
            "kernel": jax.ShapeDtypeStruct((20, 16 + 8 * n), jnp.bfloat16),
            "bias": jax.ShapeDtypeStruct((16 + 8 * n,), jnp.float32),
        }
        for n in range(5)
    }
    tree = sj.init(shapes, dict.fromkeys(shapes, places), RULES, seed=42)
    assert sorted(fills) == sorted((device.id, 10) for device in devices)
    for name, layer in tree.items():
        for leaf, place in places.items():
            assert layer[leaf].sharding == place
            shape, dtype = shapes[name][leaf].shape, shapes[name][leaf].dtype
            initializer = "jax.zeros" if leaf == "bias" else "jax.lecun_normal"
            expected = values(initializer, shape, dtype, f"{name}.{leaf}")
            assert np.asarray(layer[leaf]).tobytes() == expected.tobytes()


def test_what_the_kernels_do_not_make_is_made_on_the_cpu(fills):
    found = sj.array("jax.orthogonal", (20, 16), seed=42, path="w")
    assert (
        np.asarray(found).tobytes() == values("jax.orthogonal", (20, 16), np.float32, "w").tobytes()
    )
    kinds = {kind.kind for kind in jax.local_devices()[0].addressable_memories()}
    for kind in kinds - {"device"}:
        place = jax.sharding.SingleDeviceSharding(jax.local_devices()[0], memory_kind=kind)
        sj.array("jax.lecun_normal", (20, 16), place, seed=42, path="w")
    assert fills == []
    shape = jax.eval_shape(lambda: sj.array("jax.lecun_normal", (20, 16), seed=42, path="w"))
    assert shape.shape == (20, 16)
    assert fills == []


def test_small_arrays_and_other_devices_are_made_on_the_cpu(fills, monkeypatch):
    monkeypatch.setattr(_jax_gpu, "LEAST", 20 * 16 * 4)
    sj.array("jax.lecun_normal", (20, 15), seed=42, path="w")
    assert fills == []
    sj.array("jax.lecun_normal", (20, 16), seed=42, path="w")
    assert len(fills) == 1
    monkeypatch.undo()
    monkeypatch.setattr(_jax_gpu._seedbed, "_refusal", lambda number: None)
    assert _jax_gpu.number(jax.local_devices()[0]) is None
