"""`init_`: all parameters of a module, wherever their parts are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch

from seedbed import Initializer, Rules

from . import gpu, names
from .fill import Fill, check, elements
from .names import Named, Rename
from .pieces import Pieces, Span, pieces
from .report import Entry, Report

Pairs = Iterable[tuple[str, str | Initializer | tuple[str, dict[str, Any]]]]


def init_(
    module: torch.nn.Module,
    rules: Rules | Pairs,
    *,
    seed: int | bytes,
    ties: Mapping[str, str] | None = None,
    rename: Rename | None = None,
    buffers: str | Rules | Pairs = "keep",
    strict: bool = True,
    threads: int | None = None,
) -> Report:
    """Fills what this process holds of the parameters of a module, and returns a report, which prints well.

    The values depend on the seed, the names, the shapes and the rules: not on the mesh, the number of
    processes, the pipeline's stages or the order of modules. Nothing is sent between processes, so a process
    may call it alone, for any part of the model, and again.

    module: any module on the CPU or CUDA: plain, `fully_shard`, tensor parallel, with CPU offload, ZeRO-3, ..
        After a start on the meta device, call `module.to_empty(device=..)` first.
    rules: Rules, or pairs of a pattern and an initializer; in pairs, matrices are (out, in), as in PyTorch.
        The first pattern that matches a parameter's name decides.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    ties: the names of parameters that have the values of others, {"lm_head.weight": "model.embed.weight"}:
        needed where the two are not the same object, as in pipeline stages and after `to_empty`. None takes
        the ties of a model of transformers.
    rename: a map or a function from the names in the module to the names of rules and values, such as from a
        pipeline stage's numbers of layers to the model's.
    buffers: "keep", or rules by which buffers are filled. Buffers that no rule matches are kept and reported:
        after `to_empty` they hold whatever was in the memory.
    strict: whether a parameter without a rule is an error.
    threads: how many threads fill; None for all cores. The values are the same.

    Raises ValueError for parameters without a rule, with all their names; for parameters on the meta device;
    for shapes that an initializer does not accept, and for a mesh that this process is not in. Raises
    TypeError for element types, placements and classes of tensors that cannot be filled. Nothing is written
    then. Warns of rules that match nothing.

    >>> import torch, seedbed.torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Linear(16, 2))
    >>> rules = [("*.bias", "torch.zeros_"), ("*", ("torch.normal_", {"std": 0.02}))]
    >>> report = seedbed.torch.init_(model, rules, seed=42)
    >>> [entry.name for entry in report.filled if entry.rule == "*.bias"]
    ['0.bias', '1.bias']
    """
    _refuse_states(module)
    plan = Plan(seed, names.aliases(module, ties), rename)
    report = plan.report
    parameters = _rules(rules)
    report.unmatched = plan.add(_once(names.parameters(module)), parameters, "parameter")
    if strict and report.unmatched:
        listed = "\n".join(f"  {name}" for name in report.unmatched)
        raise ValueError(f"no rule matches {len(report.unmatched)} parameters:\n{listed}")
    all_buffers = list(_once(names.buffers(module)))
    if isinstance(buffers, str):
        if buffers != "keep":
            raise ValueError(f'buffers is {buffers!r}, but must be "keep" or rules')
        report.buffers = [buffer.name for buffer in all_buffers]
    else:
        report.buffers = plan.add(all_buffers, _rules(buffers), "buffer")
    plan.write(threads)
    if report.unused:
        warnings.warn(f"rules that match nothing: {', '.join(report.unused)}", stacklevel=2)
    return report


class Plan:
    """Fills that have been checked, none of them done."""

    def __init__(self, seed: int | bytes, ties: Mapping[str, str], rename: Rename | None) -> None:
        self.report = Report()
        self._seed, self._ties, self._rename = seed, ties, rename
        self._fills: list[Fill] = []
        self._checked: set[tuple[str, str, torch.dtype, tuple[int, ...]]] = set()
        self._paths: dict[str, tuple[str, tuple[int, ...]]] = {}

    def add(self, tensors: Iterable[Named], rules: Rules, kind: str) -> list[str]:
        """Adds the tensors that a rule matches, and returns the names of the others."""
        unmatched, paths = [], []
        for name, tensor, *_ in tensors:
            path = names.path_of(name, self._ties, self._rename)
            paths.append(path)
            found = rules.find(path)
            if found is None:
                unmatched.append(name)
                continue
            pattern, initializer = found
            place, memory = _place(tensor, kind, name)
            self._refuse_same(name, path, place.shape)
            # The same tensors of many layers need one check.
            checked = (kind, pattern, memory.dtype, place.shape)
            if checked not in self._checked:
                check(initializer, memory.dtype, place.shape, seed=self._seed, path=path)
                self._checked.add(checked)
            self._fills.append(Fill(tensor, place, memory, initializer, self._seed, path))
            self.report.filled.append(Entry.of(name, path, pattern, initializer, place))
        self.report.unused += rules.unused(paths)
        return unmatched

    def write(self, threads: int | None) -> None:
        """Does all fills."""
        launches = gpu.Launches()
        for fill in self._fills:
            fill.write(threads, launches)
        launches.launch()

    def _refuse_same(self, name: str, path: str, shape: tuple[int, ...]) -> None:
        """Refuses two tensors of one path, unless they are tied, and tied tensors of two shapes."""
        other, known = self._paths.setdefault(path, (name, shape))
        if other == name:
            return
        if name not in self._ties and other not in self._ties:
            raise ValueError(
                f"{other!r} and {name!r} have the same path {path!r}; say so by ties, or rename one"
            )
        if known != shape:
            raise ValueError(f"{name!r} of shape {shape} is tied to {other!r} of shape {known}")


def _place(tensor: Any, kind: str, name: str) -> tuple[Pieces | Span, torch.Tensor]:
    """Returns where a tensor's memory is, and the memory."""
    try:
        place = pieces(tensor)
        return place, elements(place.memory)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{kind} {name!r}: {error}") from None


def _rules(rules: Rules | Pairs) -> Rules:
    if isinstance(rules, Rules):
        return rules
    if isinstance(rules, str):
        raise TypeError(
            f"rules is the text {rules!r}, but must be Rules or pairs; seedbed.torch.recipe({rules!r}, module) "
            "makes the rules of a published model"
        )
    return Rules(rules, layout="torch")


def _once(tensors: Iterator[Named]) -> Iterator[Named]:
    """Yields each tensor by the first of its names."""
    seen: set[int] = set()
    for named in tensors:
        if id(named.tensor) not in seen:
            seen.add(id(named.tensor))
            yield named


def _refuse_states(module: torch.nn.Module) -> None:
    """Refuses modules whose parameters are copies for the moment, or are flattened together."""
    for name, child in names.modules(module):
        kinds = names.bases(child) & {"FullyShardedDataParallel", "FSDPModule"}
        if not kinds:
            continue
        where = f"module {name.rstrip('.')!r}" if name else "the module"
        if "FullyShardedDataParallel" in kinds and _flat(child):
            raise TypeError(
                f"{where} is a FullyShardedDataParallel, which flattens parameters together: use "
                "fully_shard, or initialise before it is wrapped"
            )
        if "FSDPModule" in kinds and _unsharded(child):
            raise ValueError(
                f"{where} is unsharded, and its parameters are copies: call reshard() first"
            )


def _flat(module: Any) -> bool:
    handle = getattr(module, "_handle", None)
    return handle is not None and getattr(handle, "uses_sharded_strategy", True)


def _unsharded(module: Any) -> bool:
    state: Callable[[], Any] = module._get_fsdp_state
    groups = getattr(state(), "_fsdp_param_groups", None)
    if groups is None:
        groups = [group for group in [state()._fsdp_param_group] if group is not None]
    return any(group.is_unsharded for group in groups)
