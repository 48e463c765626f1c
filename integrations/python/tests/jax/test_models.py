"""`seedbed.jax.init`: the arrays of models of flax and equinox."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seedbed
import seedbed.jax
from arrays import mesh, same, whole
from jax.sharding import NamedSharding, PartitionSpec

P = PartitionSpec
RULES = [("*bias", "jax.zeros"), ("*", "jax.lecun_normal")]


def expected(path, name, shape, dtype=np.float32):
    return whole(name, shape, dtype, seed=7, path=path)


def struct(*shape, dtype=jnp.float32, **options):
    return jax.ShapeDtypeStruct(shape, dtype, **options)


def test_shardings_of_the_same_structure_and_of_a_part():
    grid = mesh(2, 4)
    shapes = {
        "a": {"kernel": struct(8, 16), "bias": struct(16)},
        "b": [struct(4, 4, dtype=jnp.bfloat16)],
    }
    rows, every = NamedSharding(grid, P("x")), NamedSharding(grid, P())
    for shardings, kernel in [
        ({"a": {"kernel": rows, "bias": every}, "b": [rows]}, rows),
        ({"a": rows, "b": [every]}, rows),
        (every, every),
        ({"a": {"kernel": rows, "bias": None}, "b": None}, rows),
    ]:
        made = seedbed.jax.init(shapes, shardings, RULES, seed=7)
        assert made["a"]["kernel"].sharding == kernel
        same(made["a"]["kernel"], expected("a.kernel", "jax.lecun_normal", (8, 16)))
        same(made["b"][0], expected("b.0", "jax.lecun_normal", (4, 4), jnp.bfloat16))
        assert not np.asarray(made["a"]["bias"]).any()


def test_the_sharding_of_a_shape():
    rows = NamedSharding(mesh(8), P("x"))
    made = seedbed.jax.init(
        {"w": struct(8, 2, sharding=rows), "v": struct(8, 2)}, None, RULES[1:], seed=7
    )
    assert made["w"].sharding == rows
    assert len(made["v"].sharding.device_set) == 1


def test_leaves_that_are_no_shapes_are_kept():
    count, function = jnp.arange(3), jnp.tanh
    made = seedbed.jax.init(
        {"w": jnp.ones((2, 2)), "n": count, "f": function}, None, RULES[1:], seed=7
    )
    same(made["w"], expected("w", "jax.lecun_normal", (2, 2)))
    assert made["n"] is count
    assert made["f"] is function


def test_all_that_has_no_rule_is_listed():
    shapes = {"a": struct(2, 2), "b": {"c": struct(2), "d": struct(3)}}
    with pytest.raises(ValueError, match=r"no rule matches 2 arrays:\n  b.c\n  b.d$"):
        seedbed.jax.init(shapes, None, [("a", "jax.normal")], seed=7)


def test_other_types_are_listed():
    shapes = {
        "w": struct(2, 2),
        "n": struct(2, dtype=jnp.int32),
        "k": jax.eval_shape(lambda: jax.random.key(0)),
    }
    with pytest.raises(TypeError, match=r"(?s)  k has dtype key<fry>.*  n has dtype int32"):
        seedbed.jax.init(shapes, None, RULES[1:], seed=7)


def test_errors_name_the_array():
    with pytest.raises(ValueError, match="`a.bias`: a fan"):
        seedbed.jax.init({"a": {"bias": struct(2)}}, None, [("*", "jax.lecun_normal")], seed=7)
    rows = NamedSharding(mesh(8), P("x"))
    with pytest.raises(ValueError, match="the array 'w': .*divide"):
        seedbed.jax.init({"w": struct(9, 2)}, rows, RULES[1:], seed=7)
    with pytest.raises(ValueError, match="shardings does not have the structure of shapes"):
        seedbed.jax.init({"w": struct(8, 2)}, {"v": rows}, RULES, seed=7)


def test_two_arrays_of_one_path_are_refused():
    with pytest.raises(ValueError, match=r"same path, and would get equal values: a\.b"):
        seedbed.jax.init({"a": {"b": struct(2, 2)}, "a.b": struct(2, 2)}, None, RULES[1:], seed=7)


def test_unused_rules_are_warned_of():
    with pytest.warns(UserWarning, match=r"match nothing: \*\.bias$"):
        seedbed.jax.init(
            {"w": struct(2, 2)}, None, [("*.bias", "jax.zeros"), ("*", "jax.normal")], seed=7
        )


def test_a_module_of_linen():
    nn = pytest.importorskip("flax.linen")

    class Model(nn.Module):
        boxed: bool = False

        @nn.compact
        def __call__(self, x):
            kernel = nn.initializers.lecun_normal()
            kernel = nn.with_partitioning(kernel, (None, "x")) if self.boxed else kernel
            x = nn.Dense(16, kernel_init=kernel)(x)
            return nn.Dense(
                8, kernel_init=seedbed.jax.initializer("jax.he_normal", seed=7, path="head")
            )(x)

    key, x = jax.random.key(0), jnp.ones((2, 4))
    boxed = Model(boxed=True)
    shapes = jax.eval_shape(boxed.init, key, x)
    grid = mesh(8)
    shardings = nn.get_sharding(shapes, grid)
    shards = seedbed.jax.init(shapes, shardings, RULES, seed=7)
    plain = seedbed.jax.init(jax.eval_shape(Model().init, key, x), None, RULES, seed=7)
    kernel = expected("params.Dense_0.kernel", "jax.lecun_normal", (4, 16))
    same(plain["params"]["Dense_0"]["kernel"], kernel)
    same(shards["params"]["Dense_0"]["kernel"].value, kernel)
    assert shards["params"]["Dense_0"]["kernel"].value.sharding.spec == P(None, "x")
    assert jnp.allclose(boxed.apply(nn.unbox(shards), x), Model().apply(plain, x), atol=1e-5)
    # As the module's own initializer, where `init` is not compiled.
    own = Model().init(key, x)
    same(own["params"]["Dense_1"]["kernel"], expected("head", "jax.he_normal", (16, 8)))
    Model().apply(own, x)
    with pytest.raises(ValueError, match="a compiled function"):
        jax.jit(Model().init)(key, x)


def test_a_module_of_nnx():
    nnx = pytest.importorskip("flax.nnx")

    def model(rngs):
        return nnx.Sequential(
            nnx.Linear(4, 16, rngs=rngs), nnx.BatchNorm(16, rngs=rngs), nnx.Dropout(0.1, rngs=rngs)
        )

    shapes = nnx.eval_shape(lambda: model(nnx.Rngs(0)))
    with pytest.raises(TypeError, match="layers.2.rngs"):
        seedbed.jax.init(nnx.split(shapes)[1], None, RULES, seed=7)
    _, parameters, _ = nnx.split(shapes, nnx.Param, ...)
    rules = [("*.bias", "jax.zeros"), ("*.scale", "jax.ones"), ("*", "jax.lecun_normal")]
    rows = NamedSharding(mesh(4), P())
    made = seedbed.jax.init(parameters, rows, rules, seed=7)
    whole = model(nnx.Rngs(0))
    nnx.update(whole, made)
    kernel = whole.layers[0].kernel[...]
    assert kernel.sharding == rows
    same(kernel, expected("layers.0.kernel", "jax.lecun_normal", (4, 16)))
    own = nnx.Linear(
        4,
        16,
        kernel_init=seedbed.jax.initializer("jax.he_normal", seed=7, path="own"),
        rngs=nnx.Rngs(0),
    )
    same(own.kernel[...], expected("own", "jax.he_normal", (4, 16)))


def test_a_module_of_equinox():
    eqx = pytest.importorskip("equinox")
    shapes = eqx.filter_eval_shape(eqx.nn.MLP, 4, 8, 16, 2, key=jax.random.key(0))
    rules = seedbed.Rules([("*.bias", "torch.zeros_"), ("*", "torch.kaiming_uniform_")])
    grid = mesh(2, 4)
    shardings = NamedSharding(grid, P("y"))
    alone = seedbed.jax.init(shapes, None, rules, seed=7)
    sharded = seedbed.jax.init(shapes, shardings, rules, seed=7)
    for at, shape in enumerate([(16, 4), (16, 16), (8, 16)]):
        same(
            sharded.layers[at].weight,
            expected(f"layers.{at}.weight", "torch.kaiming_uniform_", shape),
        )
        same(alone.layers[at].weight, np.asarray(sharded.layers[at].weight))
    assert alone(jnp.ones(4)).shape == (8,)


def test_a_tree_of_shapes_within_eval_shape():
    shapes = {"w": struct(2, 2)}
    asked = jax.eval_shape(lambda: seedbed.jax.init(shapes, None, RULES[1:], seed=7))
    assert asked["w"].shape == (2, 2)
