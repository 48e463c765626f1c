"""The names of a module's parameters and buffers as a checkpoint has them, and the paths of their values.

Wrappers put a word of their own into the names below them: torch.compile, DistributedDataParallel, activation
checkpointing and others. A model must get the same values with and without them, so they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import torch

# The child that a wrapper adds, by the name of the wrapper's class or of one of its bases.
_WRAPPERS = {
    "OptimizedModule": "_orig_mod",
    "ActivationWrapper": "_checkpoint_wrapped_module",
    "FullyShardedDataParallel": "_fsdp_wrapped_module",
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "AveragedModel": "module",
    "Float16Module": "module",
    "DeepSpeedEngine": "module",
    "PeftModel": "base_model",
    "BaseTuner": "model",
    "BaseTunerLayer": "base_layer",
}

# What a parametrization makes of `X`: one tensor, or several with numbers.
_PARAMETRIZED = re.compile(r"(^|\.)parametrizations\.([^.]+)\.original(?=\d*$)")

Rename = Callable[[str], str] | Mapping[str, str]


class Named(NamedTuple):
    """A parameter or buffer of a module."""

    name: str
    """Its name in a checkpoint, without the words of wrappers."""
    tensor: torch.Tensor
    module: torch.nn.Module
    """The module that has it."""
    key: str
    """Its attribute there."""


def parameters(module: torch.nn.Module) -> Iterator[Named]:
    """Yields all parameters, those with several names once for each name."""
    for prefix, child in modules(module):
        for key, tensor in child._parameters.items():
            if tensor is not None:
                yield Named(_name(prefix, key), tensor, child, key)


def buffers(module: torch.nn.Module) -> Iterator[Named]:
    """Yields all buffers, those with several names once for each name."""
    for prefix, child in modules(module):
        for key, tensor in child._buffers.items():
            if tensor is not None:
                yield Named(_name(prefix, key), tensor, child, key)


def modules(module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """Yields all modules with what the names of their tensors begin with, without the words of wrappers:
    with their own names and a dot, or nothing."""
    pending = [("", module)]
    while pending:
        prefix, module = pending.pop()
        yield prefix, module
        word = wrapped(module)
        children = [
            (prefix if name == word else f"{prefix}{name}.", child)
            for name, child in module._modules.items()
            if child is not None
        ]
        pending += reversed(children)


def bases(module: torch.nn.Module) -> frozenset[str]:
    """Returns the names of a module's class and its bases. No wrapper need be imported to be known."""
    kind: Any = type(module)
    return _bases(kind)[0]


def wrapped(module: torch.nn.Module) -> str | None:
    """Returns the name of the child that a module wraps, or None if it wraps none."""
    kind: Any = type(module)
    return _bases(kind)[1]


@lru_cache(maxsize=1024)
def _bases(kind: Any) -> tuple[frozenset[str], str | None]:
    found = frozenset(base.__name__ for base in kind.__mro__)
    return found, next((_WRAPPERS[base] for base in _WRAPPERS if base in found), None)


def _name(prefix: str, key: str) -> str:
    name = prefix + key
    return _PARAMETRIZED.sub(r"\1\2", name) if key.startswith("original") else name


def aliases(module: torch.nn.Module, ties: Mapping[str, str] | None) -> Mapping[str, str]:
    """Returns which names stand for which others: the user's map, or that of a model of transformers.

    Raises TypeError for ties that are no map.
    """
    if ties is None:
        ties = getattr(module, "all_tied_weights_keys", None) or {}
    if not isinstance(ties, Mapping):
        raise TypeError(
            f"ties is of type {type(ties).__name__}, but must be a map of names to the names they are tied to"
        )
    return ties


def path_of(name: str, ties: Mapping[str, str], rename: Rename | None) -> str:
    """Returns the path of a tensor's values: its name, or that of the tensor it is tied to, renamed.

    Raises ValueError for ties that lead back to the name, and for a path that is no text or empty.
    """
    path = name
    seen = {name} if name in ties else ()
    while path in ties:
        path = ties[path]
        if path in seen:
            raise ValueError(f"ties lead from {name!r} back to {path!r}")
        seen = {*seen, path}
    if rename is not None:
        path = rename(path) if callable(rename) else rename.get(path, path)
    if not isinstance(path, str) or not path:
        raise ValueError(
            f"rename gives {name!r} the path {path!r}, but a path must be a text of some length"
        )
    return path
