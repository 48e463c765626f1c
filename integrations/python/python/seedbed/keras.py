"""Initializers for Keras 3 whose values depend on a path, on any backend and any distribution of devices.

`Initializer` is one variable's initializer, `init_` fills all weights of a built model by the paths that Keras
gives them. With the backend of JAX each device makes its own shard.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import keras  # type: ignore[import-untyped]
import numpy

import seedbed
from seedbed import Rules
from seedbed._check import check

__all__ = ["Initializer", "init_"]

Pairs = Iterable[tuple[str, "seedbed.Initializer | str | tuple[str, dict[str, Any]]"]]


@keras.saving.register_keras_serializable(package="seedbed")
class Initializer(keras.initializers.Initializer):
    """The initializer of one variable, for the argument `kernel_initializer` and its like.

    Keras does not tell an initializer the variable's path, so it is given. An initializer that is given to
    several variables gives them all equal values, and some layers pass theirs on to several, as
    `MultiHeadAttention` does: for them, and for whole models, use `init_`.

    name: one of `seedbed.names()`.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes, also as 64 hexadecimal digits.
    path: the variable's name. Variables of different names have independent values.
    parameters: the parameters of that initializer.

    Raises ValueError for an unknown name or parameter and for an empty path, TypeError for a path that is no
    text.

    >>> import keras, seedbed.keras
    >>> he = seedbed.keras.Initializer("keras.he_normal", seed=42, path="fc/kernel")
    >>> layer = keras.layers.Dense(10, kernel_initializer=he)
    >>> layer.build((None, 784))
    >>> he.get_config()
    {'name': 'keras.he_normal', 'seed': 42, 'path': 'fc/kernel'}
    """

    def __init__(self, name: str, *, seed: int | bytes | str, path: str, **parameters: Any) -> None:
        if not isinstance(path, str):
            raise TypeError(f"path is of type {type(path).__name__}, but must be a str")
        if not path:
            raise ValueError("path is empty, but must name the variable")
        self.name, self.path, self.parameters = name, path, parameters
        self.seed = bytes.fromhex(seed) if isinstance(seed, str) else seed
        self._initializer = seedbed.Initializer(name, **parameters)

    def __call__(self, shape: Sequence[int], dtype: Any = None, layout: Any = None) -> Any:
        """Returns a tensor of the backend.

        shape: the shape of the whole tensor.
        dtype: float32, float64, float16 or bfloat16; None for `keras.config.floatx()`.
        layout: a `keras.distribution.TensorLayout`, or a sharding of JAX. Each device makes its own part.

        Raises TypeError for another element type, and ValueError for a layout with another backend than JAX.
        """
        return _tensor(self._initializer, shape, dtype, layout, self.seed, self.path)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes an equal initializer, as `Initializer.from_config(config)` does."""
        seed = self.seed.hex() if isinstance(self.seed, bytes) else int(self.seed)
        return {"name": self.name, "seed": seed, "path": self.path, **self.parameters}


def init_(model: Any, rules: Rules | Pairs, *, seed: int | bytes) -> None:
    """Fills all weights of a built model or layer, by rules over their paths in Keras.

    A path is `variable.path`, such as `sequential/dense/kernel`. Keras numbers layers without a name in the
    order of their creation in the process: name the layers that are to have the same values elsewhere.

    model: a model or layer that is built. Weights of integers are kept.
    rules: Rules, or pairs of a pattern and an initializer. The first pattern that matches a path decides.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.

    Raises ValueError for a model that is not built, for weights without a rule, with all their paths, and for
    two weights of one path. Nothing is written then. Warns of rules that match nothing.

    >>> import keras, seedbed.keras
    >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="fc")], name="net")
    >>> seedbed.keras.init_(model, [("*/bias", "keras.Zeros"), ("*", "keras.he_normal")], seed=42)
    >>> float(keras.ops.sum(model.layers[0].bias))
    0.0
    """
    if not model.built:
        raise ValueError(f"model {model.name!r} is not built: call build, or give it an input")
    rules = rules if isinstance(rules, Rules) else Rules(rules)
    weights = [weight for weight in model.weights if keras.backend.is_float_dtype(weight.dtype)]
    paths = [weight.path for weight in weights]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise ValueError(
            f"several weights have the same path: name the layers of {', '.join(twice)}"
        )
    found = {path: rule for path in paths if (rule := rules.find(path)) is not None}
    missing = [f"  {path}" for path in paths if path not in found]
    if missing:
        raise ValueError(f"no rule matches {len(missing)} weights:\n" + "\n".join(missing))
    unused = rules.unused(paths)
    if unused:
        warnings.warn(f"rules that match nothing: {', '.join(unused)}", stacklevel=2)
    for weight in weights:
        check(found[weight.path][1], weight.shape, weight.dtype, seed=seed, path=weight.path)
    for weight in weights:
        layout = weight.value.sharding if keras.config.backend() == "jax" else None
        initializer, path = found[weight.path][1], weight.path
        weight.assign(_tensor(initializer, weight.shape, weight.dtype, layout, seed, path))


def _tensor(
    initializer: seedbed.Initializer,
    shape: Sequence[int],
    dtype: Any,
    layout: Any,
    seed: int | bytes,
    path: str,
) -> Any:
    """Returns a tensor of the backend."""
    dtype = keras.backend.standardize_dtype(dtype)
    if keras.config.backend() == "jax":
        from seedbed import jax

        if isinstance(layout, keras.distribution.TensorLayout):
            layout = layout.backend_layout
        return jax.array(initializer, shape, layout, dtype, seed=seed, path=path)
    if layout is not None:
        raise ValueError(f"layout is {layout}, but the backend {keras.config.backend()} has none")
    values = numpy.empty(tuple(shape), dtype)
    initializer.fill(values, seed=seed, path=path)
    return keras.ops.convert_to_tensor(values, dtype=dtype)
