"""How draws of PyTorch are caught for the contexts of `seeded`, and PyTorch is left as it was.

The functions of `torch.nn.init` are known to init code in many ways: by their module, by
`from torch.nn.init import xavier_uniform_` in modules of PyTorch and of users, in a `functools.partial` made
long before, in the table of originals that transformers keeps. Replacing names would miss some of them, so the
function objects themselves get other code while a context is open (`function.__code__`, which Python documents
as writable), and get their own back when the last one ends. A draw that is no call of these, such as a bare
`tensor.normal_()`, is seen by a `TorchDispatchMode`, through which all operations of its thread go; PyTorch
marks those that draw with the tag `nondeterministic_seeded`. What neither can give a path is refused.

A context here is an object with `find(tensor, again=)`, `draw(name, tensor, part, parameters)`,
`refuse(what)` and `written`, a set of names.
"""

from __future__ import annotations

import inspect
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .owners import Part, is_empty

FANS = ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")
"""Functions that scale a normal or uniform distribution by the shape of their argument."""
MATRICES = ("orthogonal_", "sparse_")
"""Functions whose values depend on each other."""
_FUNCTIONS = ("uniform_", "normal_", "trunc_normal_", *FANS, *MATRICES)

# Bare draws of single operations, with the names and defaults of their arguments, which PyTorch passes by place.
_BARE = {
    torch.ops.aten.normal_: ("normal_", {"mean": 0.0, "std": 1.0}),
    torch.ops.aten.uniform_: ("uniform_", {"from": 0.0, "to": 1.0}),
}


class _Local(threading.local):
    """What each thread has: the contexts that it has entered, and whether draws are PyTorch's own for now."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.quiet = False


_local = _Local()
_lock = threading.Lock()
# The contexts of all threads.
_active: tuple[Any, ...] = ()


@contextmanager
def caught(context: Any) -> Iterator[None]:
    """Gives the draws of this thread, and the calls of `torch.nn.init` of all threads, to a context."""
    global _active
    with _lock:
        if not _active:
            _redirect()
        _active = (*_active, context)
    try:
        with _own(context):
            yield
    finally:
        with _lock:
            _active = tuple(other for other in _active if other is not context)
            if not _active:
                _restore()


@contextmanager
def _own(context: Any) -> Iterator[None]:
    _local.stack.append(context)
    try:
        with _Mode(context):
            yield
    finally:
        _local.stack.remove(context)


@contextmanager
def quiet() -> Iterator[None]:
    """Lets this thread draw as PyTorch does."""
    before, _local.quiet = _local.quiet, True
    try:
        yield
    finally:
        _local.quiet = before


class _Mode(TorchDispatchMode):
    """Sees all operations of the thread that entered a context."""

    def __init__(self, context: Any) -> None:
        super().__init__()
        self._context = context

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        draws, writes = _kind(function)
        # A draw is the innermost context's, which may give it to another; the modes of the others let it pass.
        draws = draws and not _local.quiet and _local.stack[-1] is self._context
        if draws and _draw_bare(function, args):
            return args[0]
        for at, key in writes:
            value = args[at] if at < len(args) else kwargs.get(key)
            for tensor in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(tensor, torch.Tensor):
                    part = self._context.find(tensor, again=False)
                    if part is not None:
                        self._context.written.add(part.owner.name)
        return function(*args, **kwargs)


@lru_cache(maxsize=4096)
def _kind(function: Any) -> tuple[bool, tuple[tuple[int, str], ...]]:
    """Returns whether an operation draws, and which of its arguments it writes."""
    if not isinstance(function, torch._ops.OpOverload):
        return False, ()
    writes = tuple(
        (at, argument.name)
        for at, argument in enumerate(function._schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )
    return torch.Tag.nondeterministic_seeded in function.tags, writes


def _draw_bare(function: Any, args: Any) -> bool:
    """Draws by an operation of PyTorch, and tells whether that is done; if not, PyTorch has to do it."""
    tensor = args[0] if args and isinstance(args[0], torch.Tensor) else None
    name, values = _BARE.get(function.overloadpacket, (None, {}))
    if name is not None and tensor is not None and tensor.numel():
        owner = _owner(tensor)
        if owner is not None:
            context, part = owner
            values = values | dict(zip(values, args[1:], strict=False))
            if name == "uniform_":
                values = {"a": values["from"], "b": values["to"]}
            context.draw(name, tensor, part, values)
            return True
    if tensor is None or not is_empty(tensor):
        _local.stack[-1].refuse(f"the operation {function}")
    return False


def _owner(tensor: torch.Tensor) -> tuple[Any, Part] | None:
    """Returns the context whose module has a tensor, and where the tensor is in it."""
    own = _local.stack
    for context in reversed(own):
        part = context.find(tensor, again=True)
        if part is not None:
            return context, part
    for context in _active:
        # Its module may be changing in its own thread, so it is not read again.
        part = None if context in own else context.find(tensor, again=False)
        if part is not None:
            return context, part
    return None


class _Function(NamedTuple):
    """A function of `torch.nn.init`, and what is needed while its code is another."""

    function: Any
    name: str
    code: types.CodeType
    original: types.FunctionType
    """A function with the original code."""
    signature: inspect.Signature


# The functions whose code is replaced, by the text that their code passes to `call`.
_functions: dict[str, _Function] = {}


def call(key: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Stands for a function of `torch.nn.init` while a context is open, in all threads."""
    _, name, _, original, signature = _functions[key]
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    parameters = dict(bound.arguments)
    tensor = parameters.pop("tensor")
    parameters.pop("generator", None)
    if key != name and getattr(tensor, "_is_hf_initialized", False):
        return tensor
    if not isinstance(tensor, torch.Tensor) or tensor.numel() == 0:
        return original(*args, **kwargs)
    owner = _owner(tensor)
    if owner is None:
        if is_empty(tensor):
            return tensor
        if _local.stack and not _local.quiet:
            _local.stack[-1].refuse(
                f"torch.nn.init.{name} of a tensor that is no part of the module"
            )
        with quiet():
            return original(*args, **kwargs)
    context, part = owner
    if part.whole or name not in FANS:
        context.draw(name, tensor, part, parameters)
        return tensor
    # PyTorch takes the fans of the part, and then makes a bare draw.
    if context in _local.stack:
        return original(*args, **kwargs)
    with _own(context):
        return original(*args, **kwargs)


def _stand_in(*args: Any, **kwargs: Any) -> Any:
    from seedbed.torch.intercept import call

    return call("KEY", args, kwargs)


def _redirect() -> None:
    """Gives the functions of `torch.nn.init` code that leads to `call`."""
    found = {name: (name, getattr(torch.nn.init, name)) for name in _FUNCTIONS}
    # For small types transformers draws into a matrix of float32, which is no parameter.
    other = sys.modules.get("transformers.initialization")
    if other is not None:
        found["transformers.orthogonal_"] = ("orthogonal_", other.orthogonal_)
    for key, (name, function) in found.items():
        code = function.__code__
        copy = types.FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__
        )
        _functions[key] = _Function(function, name, code, copy, inspect.signature(function))
    stand_in = _stand_in.__code__
    for key, entry in _functions.items():
        constants = (key if constant == "KEY" else constant for constant in stand_in.co_consts)
        entry.function.__code__ = stand_in.replace(co_consts=tuple(constants))


def _restore() -> None:
    for entry in _functions.values():
        entry.function.__code__ = entry.code
