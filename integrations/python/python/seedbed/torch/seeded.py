"""`seeded`: a module's own init code, with values that depend on names instead of on the order of draws.

A draw over the whole of a parameter has the values of `fill_` with the same function, arguments, seed and
path. A draw over a part of it (`weight[:10]`, `weight.T`, ..) has the values that a draw of the same
distribution over the whole has there; its fans are those of the part, as in PyTorch. Orthogonal and sparse
matrices have no such parts: one that fills a part of a parameter is a matrix of its own, with the path
`name[begin:end]`, the range of its elements in the flattened parameter.

A tensor that is drawn twice has the values of its last draw, and these do not depend on how often it was
drawn: each draw has the same path. That is how GPT-2's projections, which transformers draws with one scale
and then with another, have the values of `init_` with the last scale. So init code must not use a copy of an
earlier draw as if it were independent of the later one.
"""

from __future__ import annotations

import random
import sys
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from seedbed import Initializer

from . import intercept
from .draws import Draws
from .fill import fill_
from .init import _refuse_states
from .names import Rename
from .owners import Owners, Part
from .pieces import Span, pieces
from .report import Entry

# Where the code of a library is, which is not what made a draw.
_LIBRARIES = (str(Path(torch.__file__).parent), str(Path(__file__).parent))


class seeded:
    """A context in which the init code of a module draws each tensor's values by the tensor's name.

    Within it the functions of `torch.nn.init`, `reset_parameters`, the `_init_weights` of transformers and
    bare draws such as `weight.data.normal_()` take the values of a parameter from the seed, the parameter's
    name and the index: not from PyTorch's generator, the order of modules or the mesh. Parameters may be
    anything that `fill_` takes, `DTensor` too. Generators that are passed are ignored. What is drawn twice
    has the values of the last draw.

    module: the module whose parameters and buffers are drawn. They must have memory: call `to_empty` first.
    seed: an integer from 0 to 2**64 - 1, or 32 bytes.
    ties, rename: as for `init_`.
    strict: whether a draw that has no path is an error. If not, PyTorch does it, and it is reported and
        warned of at the end.
    threads: how many threads fill; None for all cores. The values are the same.

    Entering returns a report (`Draws`), complete at the end.

    Calls of `torch.nn.init` for this module's tensors draw by path in every thread; other draws are seen only
    in the thread that entered. Contexts nest: the innermost whose module has the tensor draws it.

    Raises TypeError and ValueError as `fill_` does. If strict, raises RuntimeError for a draw of values that
    the seed does not decide: into a tensor that is not the module's, of a distribution without a counterpart
    here, or by `torch.randn` and its like. Nothing is written by such a draw. Draws of Python's `random` and
    of NumPy's global generator are noticed at the end. Warns if nothing was drawn.

    transformers marks modules that it has initialised and leaves them alone from then on. Before the
    `init_weights` of such a model do `for child in model.modules(): child._is_hf_initialized = False`.

    >>> import torch, seedbed.torch
    >>> layer = torch.nn.Linear(8, 4)
    >>> with seedbed.torch.seeded(layer, seed=42) as draws:
    ...     layer.reset_parameters()
    >>> [(entry.path, entry.rule) for entry in draws.drawn]
    [('weight', 'kaiming_uniform_'), ('bias', 'uniform_')]
    """

    def __init__(
        self,
        module: torch.nn.Module,
        seed: int | bytes,
        *,
        ties: Mapping[str, str] | None = None,
        rename: Rename | None = None,
        strict: bool = True,
        threads: int | None = None,
    ) -> None:
        self._module, self._seed, self._threads, self._strict = module, seed, threads, strict
        self._ties, self._rename = ties, rename
        self._caught: Any = None
        self.written: set[str] = set()

    def __enter__(self) -> Draws:
        if self._caught is not None:
            raise RuntimeError("the context has been entered before: make another by seeded(..)")
        _refuse_states(self._module)
        self._owners = Owners(self._module, self._ties, self._rename)
        self._before = self._owners.state()
        self._generators = _generators()
        self._lock = threading.Lock()
        self._draws = Draws()
        self._caught = intercept.caught(self)
        self._caught.__enter__()
        return self._draws

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._caught.__exit__(kind, error, trace)
        if kind is None:
            self._finish()

    def _finish(self) -> None:
        draws = self._draws
        self._owners.update()
        drawn = {entry.name for entry in draws.drawn}
        for name, now in self._owners.state().items():
            if name not in drawn:
                written = name in self.written or self._before.get(name) != now
                (draws.set if written else draws.untouched).append(name)
        for name, now in _generators().items():
            if self._generators.get(name, now) != now:
                self.refuse(f"a draw from {name} within the context")
        if draws.unkeyed:
            listed = "\n".join(f"  {draw}" for draw in draws.unkeyed)
            warnings.warn(f"values that the seed does not decide:\n{listed}", stacklevel=3)
        if not drawn:
            marked = any(
                getattr(child, "_is_hf_initialized", False) for child in self._module.modules()
            )
            hint = ": transformers has marked it as initialised, see help(seeded)" if marked else ""
            warnings.warn(f"the module's code has drawn nothing{hint}", stacklevel=3)

    def find(self, tensor: torch.Tensor, *, again: bool) -> Part | None:
        """Returns what a tensor is of the module's; `again` reads the module again if it is nothing known."""
        part = self._owners.find(tensor)
        if part is None and again:
            self._owners.update()
            part = self._owners.find(tensor)
        return part

    def draw(self, name: str, tensor: torch.Tensor, part: Part, parameters: dict[str, Any]) -> None:
        """Draws a tensor of the module, or a part of one, by a function of `torch.nn.init`."""
        owner, path, span = part.owner, part.owner.path, None
        if not part.whole:
            span = (part.begin, part.end)
            if name in intercept.MATRICES:
                path = f"{path}[{part.begin}:{part.end}]"
        try:
            initializer = Initializer(f"torch.{name}", **parameters)
            with torch.no_grad(), intercept.quiet():
                place = owner.tensor if part.whole else _place(name, tensor, part)
                fill_(place, initializer, seed=self._seed, path=path, threads=self._threads)
                if not part.whole:
                    _copy(place, tensor)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{owner.name!r}: {error}") from None
        where = pieces(owner.tensor)
        entry = Entry.of(owner.name, path, name, initializer, where)
        if span is not None:
            entry = Entry(owner.name, path, name, initializer, where.shape, (), span)
        with self._lock:
            self._draws.add(entry)

    def refuse(self, what: str) -> None:
        """Refuses a draw of values that the seed does not decide, or reports it."""
        draw = f"{what}, at {_where()}"
        if self._strict:
            raise RuntimeError(
                f"{draw}, gives values that the seed does not decide: draw into a parameter of the module, or "
                "allow it by strict=False"
            )
        with self._lock:
            self._draws.unkeyed.append(draw)


def _place(name: str, tensor: torch.Tensor, part: Part) -> Any:
    """Returns what to fill for a part of a parameter: its memory, or memory to copy from."""
    if name in intercept.MATRICES:
        return torch.empty(tensor.shape, dtype=tensor.dtype)
    shape = tuple(part.owner.tensor.shape)
    if tensor.is_contiguous():
        return Span(shape, tensor.detach().view(-1), part.begin)
    # All elements from the first to the last: the tensor has some of them.
    scratch = torch.empty(part.end - part.begin, dtype=tensor.dtype, device=tensor.device)
    return Span(shape, scratch, part.begin)


def _copy(place: Any, tensor: torch.Tensor) -> None:
    """Copies what was filled for a part into the part, if that is not where it was filled."""
    if isinstance(place, torch.Tensor):
        tensor.copy_(place)
    elif not tensor.is_contiguous():
        tensor.copy_(place.memory.as_strided(tensor.shape, tensor.stride()))


def _generators() -> dict[str, Any]:
    """Returns the states of generators whose draws are not seen."""
    states: dict[str, Any] = {"Python's random": random.getstate()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        state = numpy.random.get_state()
        states["NumPy's global generator"] = (state[1].tobytes(), *state[2:])
    return states


def _where() -> str:
    """Returns the line of the code that makes a draw."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_LIBRARIES):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
