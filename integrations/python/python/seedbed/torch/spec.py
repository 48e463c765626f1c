"""`spec`: the list of a module's tensors that the command `seedbed new --like` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from seedbed import Rules

from . import names
from .init import Pairs, _rules
from .names import Rename
from .pieces import pieces

# The names of element types in safetensors.
_DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def spec(
    module: torch.nn.Module,
    rules: Rules | Pairs | None = None,
    *,
    ties: Mapping[str, str] | None = None,
    rename: Rename | None = None,
) -> dict[str, dict[str, Any]]:
    """Returns the headers of a checkpoint of a module, {"fc.weight": {"dtype": "BF16", "shape": [784, 128]}}.

    As JSON it is what `seedbed new --like headers.json --rules rules.json --out DIR` reads, with
    `rules.to_json()`. The directory has, under the same names, the values that `init_` gives the module with
    the same seed and rules, on any mesh. The module may be on the meta device.

    The tensors are those of the checkpoint: parameters, and buffers that a state dict has; of tied tensors one.
    A model of transformers gets the names of its published checkpoints: where transformers joins tensors when
    it loads them, as it does with the experts of some models, the names are those of the parts, whose values
    `init_` does not make.

    rules: if given, buffers without a rule are left out, as the command takes only tensors with one.
    ties, rename: as for `init_`.

    Raises ValueError for parameters that no rule matches, with all their names, and TypeError for an element
    type that files do not have.

    >>> import torch, seedbed.torch
    >>> seedbed.torch.spec(torch.nn.Linear(3, 2, device="meta", dtype=torch.bfloat16))
    {'weight': {'dtype': 'BF16', 'shape': [2, 3]}, 'bias': {'dtype': 'BF16', 'shape': [2]}}
    """
    known = names.aliases(module, ties)
    parameters = _tensors(names.parameters(module), known, rename)
    buffers = _tensors(filter(_persistent, names.buffers(module)), known, rename)
    if rules is not None:
        found = _rules(rules)
        missing = [name for name in parameters if found.find(name) is None]
        if missing:
            listed = "\n".join(f"  {name}" for name in missing)
            raise ValueError(f"no rule matches {len(missing)} parameters:\n{listed}")
        buffers = {name: tensor for name, tensor in buffers.items() if found.find(name)}
    return {
        name: _header(name, tensor)
        for name, tensor in _published(module, parameters | buffers).items()
    }


def _tensors(
    found: Iterable[names.Named], ties: Mapping[str, str], rename: Rename | None
) -> dict[str, torch.Tensor]:
    """Returns each tensor once, by the path of its values."""
    tensors: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor, *_ in found:
        if id(tensor) not in seen:
            seen.add(id(tensor))
            tensors.setdefault(names.path_of(name, ties, rename), tensor)
    return tensors


def _persistent(buffer: names.Named) -> bool:
    return buffer.key not in buffer.module._non_persistent_buffers_set


def _published(module: Any, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Returns the tensors as transformers saves them, if it is a model of transformers."""
    if not any(base.__module__ == "transformers.modeling_utils" for base in type(module).__mro__):
        return tensors
    try:
        from transformers.core_model_loading import revert_weight_conversion
    except ImportError:
        # Before version 5 names in memory were those of files.
        return tensors
    # Only shapes are wanted, and the operations must not touch memory.
    shapes = {
        name: torch.empty(pieces(tensor).shape, dtype=tensor.dtype, device="meta")
        for name, tensor in tensors.items()
    }
    return dict(revert_weight_conversion(module, shapes))


def _header(name: str, tensor: torch.Tensor) -> dict[str, Any]:
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        raise TypeError(
            f"tensor {name!r} has dtype {tensor.dtype}, which safetensors does not have"
        )
    return {"dtype": dtype, "shape": list(pieces(tensor).shape)}
