"""`seedbed.jax.array` and `initializer`: values on any sharding, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seedbed
import seedbed.jax
from arrays import mesh, same, whole
from jax.sharding import NamedSharding, PartitionSpec, SingleDeviceSharding

P = PartitionSpec
SHAPE = (16, 24)


def test_there_are_eight_devices():
    assert len(jax.devices()) == 8


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    ("sizes", "spec"),
    [
        ((8,), P("x")),
        ((8,), P(None, "x")),
        ((8,), P()),
        ((2, 4), P("x", "y")),
        ((4, 2), P("y", "x")),
        ((2, 4), P("x")),
        ((2, 4), P(None, "y")),
        ((2, 4), P(("x", "y"))),
        ((2, 2, 2), P("z", ("y", "x"))),
    ],
)
def test_shards_have_the_values_of_the_whole(sizes, spec, dtype):
    sharding = NamedSharding(mesh(*sizes), spec)
    for name in ["jax.normal", "jax.glorot_uniform", "jax.orthogonal", "torch.sparse_"]:
        parameters = {"sparsity": 0.5} if name == "torch.sparse_" else {}
        initializer = seedbed.Initializer(name, **parameters)
        made = seedbed.jax.array(initializer, SHAPE, sharding, dtype, seed=42, path="w")
        assert made.sharding == sharding
        same(made, whole(name, SHAPE, dtype=jnp.dtype(dtype), **parameters))


@pytest.mark.parametrize("shape", [(), (5,), (0, 3), (3, 4, 5, 2)])
def test_shapes(shape):
    everywhere = NamedSharding(mesh(8), P())
    same(
        seedbed.jax.array("jax.normal", shape, everywhere, seed=42, path="w"),
        whole("jax.normal", shape),
    )
    same(seedbed.jax.array("jax.normal", shape, seed=42, path="w"), whole("jax.normal", shape))


def test_replicas_are_made_once():
    """Two columns of shards on eight devices: each is made once, and shared by four."""
    sharding = NamedSharding(mesh(2, 4), P(None, "x"))
    assert sorted(seedbed.jax._starts(sharding, SHAPE)) == [(0, 0), (0, 12)]


def test_an_array_without_sharding_may_move():
    made = seedbed.jax.array("jax.normal", SHAPE, seed=42, path="w")
    assert not made.committed
    there = SingleDeviceSharding(jax.devices()[3])
    placed = seedbed.jax.array("jax.normal", SHAPE, there, seed=42, path="w")
    assert placed.committed
    same(placed, np.asarray(made))


def test_donated_replicas_do_not_share_memory():
    array = seedbed.jax.array(
        "jax.normal", (1024, 1024), NamedSharding(mesh(8), P()), seed=42, path="w"
    )
    expected = np.asarray(array) + np.float32(1)
    made = jax.jit(lambda array: array + 1, donate_argnums=0)(array)
    same(made, expected)


@pytest.mark.skipif(not hasattr(jax.sharding, "get_mesh"), reason="an older version of JAX")
def test_a_specification_takes_the_mesh_that_is_set():
    with jax.set_mesh(mesh(2, 4)):
        made = seedbed.jax.initializer("jax.normal", seed=42, path="w")(
            None, SHAPE, out_sharding=P("x", "y")
        )
    assert made.sharding.spec == P("x", "y")
    same(made, whole("jax.normal", SHAPE))
    with pytest.raises(ValueError, match="without devices"):
        seedbed.jax.array("jax.normal", SHAPE, P("x"), seed=42, path="w")


def test_float64_needs_x64():
    with pytest.raises(ValueError, match="dtype is float64, but jax_enable_x64 is off"):
        seedbed.jax.array("jax.normal", SHAPE, dtype=np.float64, seed=42, path="w")
    # Of an older version of JAX.
    there = jax if hasattr(jax, "enable_x64") else jax.experimental
    with there.enable_x64(True):
        made = seedbed.jax.array(
            "jax.normal", SHAPE, NamedSharding(mesh(8), P("x")), seed=42, path="w"
        )
        same(made, whole("jax.normal", SHAPE, dtype=np.float64))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"shape": (9, 24), "sharding": "rows"}, ValueError, "divide"),
        ({"shape": (16, -1)}, ValueError, "shape"),
        ({"dtype": "int32"}, TypeError, "int32"),
        ({"path": ""}, ValueError, "path is empty"),
        ({"path": 3}, TypeError, "path"),
        ({"seed": -1}, (ValueError, OverflowError), "seed"),
        ({"initializer": "jax.norm"}, ValueError, "did you mean `normal`"),
        ({"initializer": "jax.he_normal", "shape": (3,)}, ValueError, "rank|shape"),
        ({"sharding": 8}, TypeError, "sharding is of type int"),
    ],
)
def test_refused(options, error, message):
    given = {"initializer": "jax.normal", "shape": SHAPE, "seed": 42, "path": "w", **options}
    if given.get("sharding") == "rows":
        given["sharding"] = NamedSharding(mesh(8), P("x"))
    with pytest.raises(error, match=message):
        seedbed.jax.array(**given)


class Stepped(SingleDeviceSharding):
    """A sharding of every other row, which JAX's own classes do not have."""

    is_fully_replicated = False

    def addressable_devices_indices_map(self, shape):
        return {device: (slice(0, shape[0], 2), slice(None)) for device in self.device_set}

    def shard_shape(self, shape):
        return (shape[0] // 2, shape[1])


def test_steps_are_refused():
    with pytest.raises(ValueError, match="ranges of step 1"):
        seedbed.jax.array("jax.normal", SHAPE, Stepped(jax.devices()[0]), seed=42, path="w")


kernel = seedbed.jax.initializer("jax.normal", stddev=0.5, seed=42, path="w")


def test_the_key_has_no_part():
    for key in [None, jax.random.key(0), jax.random.key(1), jax.random.PRNGKey(2)]:
        same(
            kernel(key, SHAPE, jnp.bfloat16),
            whole("jax.normal", SHAPE, dtype=jnp.bfloat16, stddev=0.5),
        )
    assert kernel(None, SHAPE).dtype == jnp.float32
    equal = seedbed.jax.initializer(
        seedbed.Initializer("jax.normal", stddev=0.5), seed=42, path="w"
    )
    assert equal == kernel
    assert hash(equal) == hash(kernel)
    with pytest.raises(TypeError, match="stddev"):
        seedbed.jax.initializer(seedbed.Initializer("jax.normal"), stddev=1.0, seed=42, path="w")


def test_shapes_can_be_asked_for():
    for asked in [
        jax.eval_shape(lambda key: kernel(key, SHAPE, jnp.bfloat16), jax.random.key(0)),
        jax.eval_shape(
            lambda: seedbed.jax.array("jax.normal", SHAPE, dtype="bfloat16", seed=42, path="w")
        ),
    ]:
        assert (asked.shape, asked.dtype) == (SHAPE, jnp.bfloat16)


def test_compiled_functions_are_refused():
    """Each would make equal values for every step, or put them into the program."""
    key, keys = jax.random.key(0), jax.random.split(jax.random.key(0), 3)
    with pytest.raises(ValueError, match="a compiled function"):
        jax.jit(lambda key: kernel(key, SHAPE))(key)
    with pytest.raises(ValueError, match="a compiled function"):
        jax.jit(lambda: seedbed.jax.array("jax.normal", SHAPE, seed=42, path="w"))()
    with pytest.raises(ValueError, match="a compiled function"):
        jax.lax.scan(lambda carry, key: (carry, kernel(key, SHAPE)), 0, keys)
    with pytest.raises(ValueError, match="mapped over several keys"):
        jax.vmap(lambda key: kernel(key, SHAPE))(keys)
