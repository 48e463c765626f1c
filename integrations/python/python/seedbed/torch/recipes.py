"""Rules of published models, by name: those of the command's `seedbed new --like .. --recipe`.

Patterns fit the names of the original code and those of transformers. The values are equal to those of a file
that the command writes with the same seed and names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from math import sqrt

import torch

from seedbed import Initializer, Rules

from . import names
from .names import Rename
from .pieces import pieces

Pairs = list[tuple[str, Initializer]]

# The words that hold the layers of a model.
_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks|block|resblocks)\.(\d+)(?=\.|$)")


def recipe(
    name: str,
    module: torch.nn.Module | None = None,
    *,
    layers: int | None = None,
    width: int | None = None,
    ties: Mapping[str, str] | None = None,
    rename: Rename | None = None,
) -> Rules:
    """Returns the rules of a published model.

    name: "gpt2", by Radford et al., 2019, "Language Models are Unsupervised Multitask Learners", and its code:
        normal 0.02, positions 0.01, projections into the residual stream divided by the root of how many
        there are. "llama", as torchtitan trains Llama 3: truncated normal 0.02; o_proj, up_proj and down_proj
        of layer i divided by sqrt(2 (i + 1)); embeddings normal 1; the output truncated normal by its width.
    module: the model, which tells layers and width. The rules are those that its parameters need, as there
        are patterns for more than one code of a model.
    layers: how many layers the whole model has, of which a pipeline stage has only some.
    width: how wide its hidden states are.
    ties, rename: as for `init_`.

    Raises ValueError for an unknown name, where layers or width are neither given nor found, and for a module
    without any parameter of the model's names.

    >>> import seedbed.torch
    >>> seedbed.torch.recipe("gpt2", layers=12).find("h.3.ln_1.bias")[0]
    '*.ln_1.bias'
    """
    make = _RECIPES.get(name)
    if make is None:
        raise ValueError(
            f"recipe {name!r} is not known: it is one of {', '.join(map(repr, _RECIPES))}"
        )
    if module is None:
        return Rules(make(_known(name, "layers", layers), width))
    shapes = {named.name: pieces(named.tensor).shape for named in names.parameters(module)}
    found = {match[1] for match in map(_LAYER.search, shapes) if match}
    layers = len(found) or None if layers is None else layers
    width = _width(module, shapes) if width is None else width
    pairs = make(_known(name, "layers", layers), width)
    known = names.aliases(module, ties)
    unused = set(Rules(pairs).unused([names.path_of(path, known, rename) for path in shapes]))
    if len(unused) == len(pairs):
        raise ValueError(f"recipe {name!r}: no parameter of the module has a name of this model")
    return Rules([pair for pair in pairs if pair[0] not in unused])


def _known(name: str, what: str, number: int | None) -> int:
    if number is None:
        raise ValueError(f"recipe {name!r}: {what} is not given, and no module tells it")
    return number


def _width(module: torch.nn.Module, shapes: dict[str, tuple[int, ...]]) -> int | None:
    config = getattr(module, "config", None)
    for key in ("hidden_size", "n_embd", "dim"):
        found = getattr(config, key, None)
        if isinstance(found, int):
            return found
    norms = (
        shape[0]
        for name, shape in shapes.items()
        if name.endswith("norm.weight") and len(shape) == 1
    )
    return next(norms, None)


def _gpt2(layers: int, _width: int | None) -> Pairs:
    residual = _normal(0.02 / sqrt(2.0 * layers))
    return [
        *_all(["*.ln_1.weight", "*.ln_2.weight", "*ln_f.weight"], Initializer("torch.ones_")),
        *_all(["*.ln_1.bias", "*.ln_2.bias", "*ln_f.bias"], Initializer("torch.zeros_")),
        *_all(["*.c_attn.bias", "*.c_proj.bias", "*.c_fc.bias"], Initializer("torch.zeros_")),
        ("*wpe.weight", _normal(0.01)),
        ("*.c_proj.weight", residual),
        *_all(["*wte.weight", "*.c_attn.weight", "*.c_fc.weight"], _normal(0.02)),
    ]


def _llama(layers: int, width: int | None) -> Pairs:
    output = float(max(_known("llama", "width", width), 1)) ** -0.5
    # PyTorch's bounds of -2 and 2, which are 100 deviations away.
    inputs = _truncated(0.02, 2.0)
    rules = [
        ("*norm.weight", Initializer("torch.ones_")),
        *_all(["*tok_embeddings.weight", "*embed_tokens.weight"], _normal(1.0)),
        *_all(["output.weight", "*lm_head.weight"], _truncated(output, 3.0 * output)),
    ]
    projections = ["self_attn.o_proj", "mlp.up_proj", "mlp.down_proj"]
    projections += ["attention.wo", "feed_forward.w3", "feed_forward.w2"]
    for layer in range(layers):
        scaled = _truncated(0.02 / sqrt(2.0 * (layer + 1)), 2.0)
        rules += _all([f"*layers.{layer}.{name}.weight" for name in projections], scaled)
    rules += _all([f"*.{name}_proj.weight" for name in ("q", "k", "v", "gate")], inputs)
    rules += _all([f"*.{name}.weight" for name in ("wq", "wk", "wv", "w1")], inputs)
    return rules


def _all(patterns: Iterable[str], initializer: Initializer) -> Pairs:
    return [(pattern, initializer) for pattern in patterns]


def _normal(std: float) -> Initializer:
    return Initializer("torch.normal_", std=std)


def _truncated(std: float, bound: float) -> Initializer:
    return Initializer("torch.trunc_normal_", std=std, a=-bound, b=bound)


_RECIPES: dict[str, Callable[[int, int | None], Pairs]] = {"gpt2": _gpt2, "llama": _llama}
