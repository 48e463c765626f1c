"""Checks of arrays of JAX."""

import jax
import jax.numpy as jnp
import numpy
import seedbed
from seedbed import _jax_gpu
from seedbed import jax as sj
from shared import KINDS, check, finish, refused

jax.config.update("jax_enable_x64", True)
_jax_gpu.LEAST = 0
device = jax.local_devices()[0]
print(
    f"NOTE jax {jax.__version__}, {device.platform}, {device.client.platform_version!r}, "
    f"number {_jax_gpu.number(device)}"
)


def expected(initializer, shape, dtype, path):
    out = numpy.empty(shape, dtype)
    initializer.fill(out, seed=5, path=path)
    return out


calls = []
real = _jax_gpu.make
_jax_gpu.make = lambda *a: (calls.append(len(a[0])), real(*a))[1]

for dtype in (jnp.float32, jnp.float64, jnp.float16, jnp.bfloat16):

    @check(f"jax {jnp.dtype(dtype)}")
    def _(dtype=dtype):
        for name, (initializer, options) in KINDS.items():
            one = seedbed.Initializer(initializer, **options)
            for shape in [(3, 1), (1000, 1003)]:
                calls.clear()
                x = sj.array(one, shape, dtype=dtype, seed=5, path=name)
                assert calls == [1], "made on the CPU"
                assert (x + 0).devices() == {device}
                assert numpy.asarray(x).tobytes() == expected(one, shape, dtype, name).tobytes()


@check("jax tree, sharding, later use")
def _():
    mesh = jax.make_mesh((1,), ("x",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
    shapes = {
        f"layer_{n}": {
            "kernel": jax.ShapeDtypeStruct((64, 128), jnp.bfloat16),
            "bias": jax.ShapeDtypeStruct((128,), jnp.float32),
        }
        for n in range(40)
    }
    for place in (None, sharding):
        calls.clear()
        tree = sj.init(shapes, place, [("*.bias", "jax.zeros"), ("*", "jax.lecun_normal")], seed=5)
        assert calls == [80], calls
        one = seedbed.Initializer("jax.lecun_normal")
        for n in range(40):
            found = tree[f"layer_{n}"]["kernel"]
            assert (
                numpy.asarray(found).tobytes()
                == expected(one, (64, 128), jnp.bfloat16, f"layer_{n}.kernel").tobytes()
            )
        total = jax.jit(
            lambda t: sum(jnp.sum(leaf.astype(jnp.float32)) for leaf in jax.tree.leaves(t)),
            donate_argnums=0,
        )(tree)
        assert numpy.isfinite(float(total))
    ortho = sj.array("jax.orthogonal", (64, 32), seed=5, path="o")
    assert (
        numpy.asarray(ortho).tobytes()
        == expected(seedbed.Initializer("jax.orthogonal"), (64, 32), jnp.float64, "o").tobytes()
    )


@check("jax errors: an array is not filled in place")
def _():
    zeros = jnp.zeros(9)
    refused(lambda: seedbed.Normal().fill(zeros, seed=1, path="x"), ValueError, "read-only")


finish()
