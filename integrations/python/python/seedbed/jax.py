"""Makes arrays of JAX: the same values on one device and on any mesh, each device's shard made by itself.

`init` makes all arrays of a model from their shapes, by rules over their paths, without compiling the model's
own initialisation and without an array that is whole anywhere:

    shapes = jax.eval_shape(model.init, key, x)         # flax; nnx.eval_shape, equinox.filter_eval_shape
    variables = seedbed.jax.init(shapes, shardings, rules, seed=42)

`array` makes one array, and `initializer` is one with the signature of `jax.nn.initializers`.

All of them run on the host, where the compiled kernels are. Within `jax.eval_shape` they give shapes. A
function that is compiled, or mapped over keys, cannot call them, and says so: XLA would keep the values as
constants of the program, and layers stacked by `scan` or `vmap` would share one path and have equal weights.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec, Sharding

from seedbed import Initializer, Rules, _jax_gpu
from seedbed._check import check, named

__all__ = ["PathInitializer", "array", "init", "initializer"]

Pairs = Iterable[tuple[str, "Initializer | str | tuple[str, dict[str, Any]]"]]


def array(
    initializer: str | Initializer,
    shape: Sequence[int],
    sharding: Sharding | None = None,
    dtype: Any = None,
    *,
    seed: int | bytes,
    path: str,
    threads: int | None = None,
) -> jax.Array:
    """Returns an array with the values of a path, each device's shard made by itself.

    Only the shards of this process are made, and shards that several devices share once. The values are
    those of the whole array, whatever the sharding: those of NumPy's array of the same shape and type.

    initializer: an Initializer, or one of `seedbed.names()`.
    shape: the shape of the whole array. Fans are those of this shape. Its axes are cut evenly: JAX has no
        uneven shards.
    sharding: where the shards are. None makes an array on the default device, which JAX may move.
    dtype: float32, float64, float16 or bfloat16; None for JAX's default.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    path: the array's name. Arrays of different names have independent values.
    threads: how many threads fill; None for all cores. The values are the same.

    Raises TypeError for an element type that is not supported, and ValueError for float64 while
    `jax_enable_x64` is off, for a shape that the initializer does not accept or the sharding does not divide,
    and within a function that is compiled.

    >>> import jax, numpy, seedbed, seedbed.jax
    >>> weight = seedbed.jax.array("jax.he_normal", (784, 256), seed=42, path="fc.kernel")
    >>> whole = numpy.empty((784, 256), numpy.float32)
    >>> seedbed.Initializer("jax.he_normal").fill(whole, seed=42, path="fc.kernel")
    >>> bool((weight == whole).all())
    True
    """
    plan = _Plan(initializer, shape, sharding, dtype, seed=seed, path=path)
    return _bind([plan], threads)[0]


def init(
    shapes: Any,
    shardings: Any,
    rules: Rules | Pairs,
    *,
    seed: int | bytes,
    threads: int | None = None,
) -> Any:
    """Returns a tree of arrays for a tree of shapes, by rules over the paths of its leaves.

    shapes: a tree whose leaves have a shape and a type: `jax.ShapeDtypeStruct` as `jax.eval_shape(model.init,
        ..)`, `nnx.eval_shape` and `equinox.filter_eval_shape` give them, or arrays, which are made anew.
        Other leaves, such as functions, and arrays of integers are kept.
    shardings: a tree of the same structure, or of its upper part, such as one sharding for all. None takes
        the sharding of each `jax.ShapeDtypeStruct`, or the default device where it has none.
    rules: Rules, or pairs of a pattern and an initializer. The first pattern that matches a leaf's path
        decides. The path is the leaf's keys joined by dots, `params.Dense_0.kernel` or `layers.0.weight`,
        without the `value` of flax's boxes and variables.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    threads: how many threads fill; None for all cores. The values are the same.

    Raises ValueError for leaves without a rule, with all their paths; for two leaves of one path; and for what
    `array` refuses. Raises TypeError for shapes of integers or random keys, which no rule can fill: leave them
    out, as `nnx.split(model, nnx.Param, ..)` does. Warns of rules that match nothing. No array is made then.

    >>> import jax, jax.numpy as jnp, seedbed.jax
    >>> shapes = {"dense": {"kernel": jax.ShapeDtypeStruct((8, 4), jnp.bfloat16),
    ...                     "bias": jax.ShapeDtypeStruct((4,), jnp.bfloat16)}}
    >>> rules = [("*.bias", "jax.zeros"), ("*.kernel", "jax.lecun_normal")]
    >>> tree = seedbed.jax.init(shapes, None, rules, seed=42)
    >>> tree["dense"]["kernel"].dtype, float(tree["dense"]["bias"].sum())
    (dtype(bfloat16), 0.0)
    """
    rules = rules if isinstance(rules, Rules) else Rules(rules)
    leaves, structure = jax.tree_util.tree_flatten(shapes)
    paths, places = _paths(shapes), _places(shardings, shapes)
    floating = [at for at, leaf in enumerate(leaves) if _is_floating(leaf)]
    found = {at: rule for at in floating if (rule := rules.find(paths[at])) is not None}
    missing = [f"  {paths[at]}" for at in floating if at not in found]
    if missing:
        raise ValueError(f"no rule matches {len(missing)} arrays:\n" + "\n".join(missing))
    others = [
        f"  {paths[at]} has dtype {leaf.dtype}"
        for at, leaf in enumerate(leaves)
        if at not in found and isinstance(leaf, jax.ShapeDtypeStruct)
    ]
    if others:
        raise TypeError(
            "shapes has leaves that are not floating-point numbers:\n" + "\n".join(others)
        )
    plans: dict[int, _Plan] = {}
    for at, (_, initializer) in found.items():
        leaf, path = leaves[at], paths[at]
        sharding = places[at] if places[at] is not None else getattr(leaf, "sharding", None)
        try:
            plans[at] = _Plan(initializer, leaf.shape, sharding, leaf.dtype, seed=seed, path=path)
        except (TypeError, ValueError) as error:
            raise named(error, path) from None
    filled = [paths[at] for at in plans]
    _refuse_same(filled)
    unused = rules.unused(filled)
    if unused:
        warnings.warn(f"rules that match nothing: {', '.join(unused)}", stacklevel=2)
    for at, array in zip(plans, _bind(list(plans.values()), threads), strict=True):
        leaves[at] = array
    return jax.tree_util.tree_unflatten(structure, leaves)


def initializer(
    initializer: str | Initializer, *, seed: int | bytes, path: str, **parameters: Any
) -> PathInitializer:
    """Returns an initializer with the signature of `jax.nn.initializers`, `(key, shape, dtype)`, for one array.

    JAX tells an initializer no path, so it is given here, and so is the seed, because the key is not used:
    called twice, the initializer gives the same values twice. Give each array its own. `init` has no such
    limits and is the way to fill a model.

    initializer: an Initializer, or one of `seedbed.names()` with its parameters.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    path: the array's name.

    >>> import jax.numpy as jnp, seedbed.jax
    >>> kernel = seedbed.jax.initializer("jax.normal", stddev=0.02, seed=42, path="embed.kernel")
    >>> kernel(None, (1000, 16), jnp.float32).shape
    (1000, 16)
    """
    if isinstance(initializer, str):
        initializer = Initializer(initializer, **parameters)
    elif parameters:
        raise TypeError(
            f"{', '.join(parameters)}: an Initializer has its parameters, only a name takes some"
        )
    return PathInitializer(initializer, seed, path)


@dataclass(frozen=True)
class PathInitializer:
    """What `initializer` returns: `(key, shape, dtype, out_sharding)` to an array."""

    initializer: Initializer
    seed: int | bytes
    path: str

    def __call__(
        self,
        key: Any,
        shape: Sequence[int],
        dtype: Any = None,
        out_sharding: Sharding | PartitionSpec | None = None,
    ) -> jax.Array:
        """Returns the array. The key has no part in its values."""
        plan = _Plan(self.initializer, shape, out_sharding, dtype, seed=self.seed, path=self.path)
        # JAX must see the key, or it could not tell that an initializer is mapped over several.
        keys = [key] if isinstance(key, jax.Array) else []
        return _bind([plan], None, *keys)[0]

    def __hash__(self) -> int:
        return hash((repr(self.initializer), self.seed, self.path))


class _Plan:
    """An array that has been checked but not made."""

    def __init__(
        self,
        initializer: str | Initializer,
        shape: Sequence[int],
        sharding: Sharding | PartitionSpec | None,
        dtype: Any,
        *,
        seed: int | bytes,
        path: str,
    ) -> None:
        self.initializer = (
            initializer if isinstance(initializer, Initializer) else Initializer(initializer)
        )
        self.shape = tuple(int(size) for size in shape)
        self.sharding = _concrete(sharding)
        self.dtype = _dtype(dtype)
        self.seed, self.path = seed, path
        if self.sharding is not None:
            self.sharding.shard_shape(self.shape)
        check(self.initializer, self.shape, self.dtype, seed=seed, path=path)

    def make(self, threads: int | None) -> jax.Array:
        """Makes the shards of this process, all at once: a matrix with dependent elements costs as much for one
        shard as for all."""
        if self.sharding is None or not self.shape:
            values = numpy.empty(self.shape, self.dtype)
            self.initializer.fill(values, seed=self.seed, path=self.path, threads=threads)
            if self.sharding is None:
                return jnp.asarray(values)
            return jax.make_array_from_callback((), self.sharding, lambda _: values, self.dtype)
        # The shards have equal shapes, and lie one after the other along the first axis.
        rows, *rest = size = self.sharding.shard_shape(self.shape)
        firsts = {start: at * rows for at, start in enumerate(_starts(self.sharding, self.shape))}
        values = numpy.empty((len(firsts) * rows, *rest), self.dtype)
        self.initializer._fill_pieces(
            values.ctypes.data,
            self.dtype.name,
            values.shape,
            [(start, (first, *(0 for _ in rest)), size) for start, first in firsts.items()],
            seed=self.seed,
            path=self.path,
            shape=self.shape,
            threads=threads,
        )

        def shard(index: Any) -> numpy.ndarray:
            first = firsts[_start(index, self.shape)]
            return values[first : first + rows]

        return jax.make_array_from_callback(self.shape, self.sharding, shard, self.dtype)


def _starts(sharding: Sharding, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Returns where the shards of this process begin, each once: several devices may have the same."""
    indices = sharding.addressable_devices_indices_map(shape).values()
    return list(dict.fromkeys(_start(index, shape) for index in indices))


def _start(index: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns where a shard begins, by the slices that JAX has for it."""
    ranges = [one.indices(size) for one, size in zip(index, shape, strict=True)]
    if any(step != 1 for _, _, step in ranges):
        raise ValueError(f"the sharding asks for {index}, but shards must be ranges of step 1")
    return tuple(start for start, _, _ in ranges)


def _bind(plans: list[_Plan], threads: int | None, *keys: jax.Array) -> list[jax.Array]:
    """Returns the arrays of plans, or what stands for them within a function that JAX traces."""
    batch = _jax_gpu.Batch(plans)

    def make(at: int) -> jax.Array:
        array = batch.make(at)
        return plans[at].make(threads) if array is None else array

    return [
        _fill.bind(*keys, make=partial(make, at), shape=plan.shape, dtype=plan.dtype)
        for at, plan in enumerate(plans)
    ]


# One operation that JAX knows: at once it makes the array, within `eval_shape` it is a shape, and where a
# function is compiled or mapped over keys, one of the rules below is called.
_fill = Primitive("seedbed")


@_fill.def_impl
def _make(*_key: Any, make: Callable[[], jax.Array], **_: Any) -> jax.Array:
    return make()


@_fill.def_abstract_eval
def _abstract(*_key: Any, shape: tuple[int, ...], dtype: numpy.dtype, **_: Any) -> Any:
    return jax.core.ShapedArray(shape, dtype)


def _refuse_compilation(*_: Any, **__: Any) -> Any:
    raise ValueError(
        "seedbed.jax makes arrays on the host, which a compiled function (jit, scan, ..) cannot do: make them "
        "outside and pass them in, as seedbed.jax.init(jax.eval_shape(..), ..) does for a model"
    )


def _refuse_mapping(*_: Any, **__: Any) -> Any:
    raise ValueError(
        "an initializer of seedbed.jax is mapped over several keys, but it has one path, and all would get equal "
        "values: make the stacked array as one, or give each its own path"
    )


mlir.register_lowering(_fill, _refuse_compilation)
batching.primitive_batchers[_fill] = _refuse_mapping


def _dtype(dtype: Any) -> numpy.dtype:
    """Returns the element type, refusing what JAX would silently make smaller."""
    found = numpy.dtype(jnp.result_type(float) if dtype is None else dtype)
    if found == numpy.float64 != jax.dtypes.canonicalize_dtype(found):
        raise ValueError(
            "dtype is float64, but jax_enable_x64 is off and JAX would make it float32: ask for float32, or call "
            'jax.config.update("jax_enable_x64", True)'
        )
    return found


def _concrete(sharding: Sharding | PartitionSpec | None) -> Sharding | None:
    """Returns a sharding of devices: what has none, as a specification, gets those of `jax.set_mesh`."""
    if isinstance(sharding, PartitionSpec):
        spec = sharding
    elif isinstance(sharding, NamedSharding) and isinstance(sharding.mesh, AbstractMesh):
        spec = sharding.spec
    elif sharding is None or isinstance(sharding, Sharding):
        return sharding
    else:
        kind = type(sharding).__name__
        raise TypeError(f"sharding is of type {kind}, but must be a jax.sharding.Sharding or None")
    # Older versions of JAX do not tell which mesh is set.
    get_mesh = getattr(jax.sharding, "get_mesh", None)
    if get_mesh is None or get_mesh().empty:
        raise ValueError(
            f"sharding is {sharding}, without devices: give a NamedSharding, or call jax.set_mesh"
        )
    return NamedSharding(get_mesh(), spec)


def _is_floating(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and hasattr(leaf, "shape") and jnp.issubdtype(dtype, jnp.floating)


def _paths(tree: Any) -> list[str]:
    """Returns the paths of all leaves."""
    boxes = {
        keys
        for keys, node in jax.tree_util.tree_flatten_with_path(tree, is_leaf=_is_box)[0]
        if _is_box(node)
    }
    paths = []
    for keys, _ in jax.tree_util.tree_flatten_with_path(tree)[0]:
        while keys[:-1] in boxes:
            keys = keys[:-1]
        paths.append(jax.tree_util.keystr(keys, simple=True, separator="."))
    return paths


def _is_box(node: Any) -> bool:
    """Tells whether a node only holds one array: flax's boxes of `with_partitioning`, and variables of nnx."""
    meta, nnx = sys.modules.get("flax.core.meta"), sys.modules.get("flax.nnx")
    return bool(
        (meta and isinstance(node, meta.AxisMetadata)) or (nnx and isinstance(node, nnx.Variable))
    )


def _places(shardings: Any, shapes: Any) -> list[Any]:
    """Returns the sharding of each leaf of a tree, from a tree of shardings or the upper part of one."""

    def leaf(node: Any) -> bool:
        return node is None or isinstance(node, (Sharding, PartitionSpec))

    try:
        tree = jax.tree.broadcast(shardings, shapes, is_leaf=leaf)
    except ValueError as error:
        raise ValueError(f"shardings does not have the structure of shapes: {error}") from None
    return jax.tree.leaves(tree, is_leaf=leaf)


def _refuse_same(paths: list[str]) -> None:
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise ValueError(
            f"several arrays have the same path, and would get equal values: {', '.join(twice)}"
        )
