"""Times of arrays of JAX, made on the GPU and on the CPU, beside those of jax.random."""

import time

import jax
import jax.numpy as jnp
from seedbed import _jax_gpu
from seedbed import jax as sj
from shared import clock


def nothing():
    """Waits for nothing: each array is waited for."""


def here(bits, least):
    _jax_gpu.LEAST = least
    shape = (1 << bits,)
    array = sj.array("jax.normal", shape, dtype=jnp.float32, seed=5, path="x")
    array.block_until_ready()


def row(bits):
    key = jax.random.key(0)
    normal = jax.jit(lambda key: jax.random.normal(key, (1 << bits,)))
    begin = time.perf_counter()
    normal(key).block_until_ready()
    first = (time.perf_counter() - begin) * 1e6
    times = [
        clock(lambda: here(bits, 0), nothing, 0.2),
        clock(lambda: here(bits, 1 << 60), nothing, 0.2),
        clock(lambda: normal(key).block_until_ready(), nothing, 0.2),
        first,
    ]
    print(f"{bits:>4} " + " ".join(f"{us:10.0f}" for us in times))


print(
    "normal in float32, us: log2 of the elements, on the GPU, on the CPU, jax.random, its first call"
)
for bits in range(12, 29, 4):
    row(bits)
