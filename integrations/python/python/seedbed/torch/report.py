"""What `init_` has done, for a program and for a reader."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod

from .pieces import Piece, Pieces, Span

_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter or buffer that was filled."""

    name: str
    """Its name in the module, without the words of wrappers."""
    path: str
    """The name that its values belong to: its own, or that of the tensor it is tied to."""
    rule: str
    """The pattern that matches the path."""
    initializer: object
    shape: tuple[int, ...]
    """The shape of the whole tensor."""
    pieces: tuple[Piece, ...]
    """The rectangles that this process holds."""
    span: tuple[int, int] | None = None
    """The range of the flattened tensor that this process holds instead, with ZeRO-3."""

    @property
    def elements(self) -> int:
        """How many elements this process holds."""
        if self.span is not None:
            return self.span[1] - self.span[0]
        return sum(prod(piece.size) for piece in self.pieces)

    @classmethod
    def of(
        cls, name: str, path: str, rule: str, initializer: object, place: Pieces | Span
    ) -> Entry:
        """Makes the entry of a tensor."""
        if isinstance(place, Span):
            span = (place.offset, place.offset + place.elements)
            return cls(name, path, rule, initializer, place.shape, (), span)
        return cls(name, path, rule, initializer, place.shape, place.pieces)


@dataclass(slots=True)
class Report:
    """What `init_` has done in this process. `print` shows it as a table."""

    filled: list[Entry] = field(default_factory=list)
    """The parameters that were filled, and the buffers with a rule."""
    unmatched: list[str] = field(default_factory=list)
    """Parameters without a rule, which have the values they had before."""
    unused: list[str] = field(default_factory=list)
    """Patterns that give no tensor of the module its initializer."""
    buffers: list[str] = field(default_factory=list)
    """Buffers that were not filled. After `to_empty` they hold whatever was in the memory."""

    @property
    def elements(self) -> int:
        """How many elements all filled tensors have."""
        return sum(prod(entry.shape) for entry in self.filled)

    @property
    def elements_here(self) -> int:
        """How many of the elements this process holds."""
        return sum(entry.elements for entry in self.filled)

    def __str__(self) -> str:
        head = f"{len(self.filled)} tensors, {self.elements:,} elements, {self.elements_here:,} of them here"
        lines = [head, *_table(self.filled)]
        for title, names in (
            ("kept, as no rule matches", self.unmatched),
            ("rules that match nothing", self.unused),
            ("buffers that were not filled", self.buffers),
        ):
            if names:
                lines.append(f"{title}: {', '.join(_layers(names))}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Report: {str(self).splitlines()[0]}>"


def _table(entries: list[Entry]) -> list[str]:
    """Returns the lines of a table. The same tensor of all layers is one line."""
    groups: dict[tuple[str, str, str, tuple[int, ...]], list[Entry]] = {}
    for entry in entries:
        key = (_NUMBER.sub("*", entry.name), entry.rule, repr(entry.initializer), entry.shape)
        groups.setdefault(key, []).append(entry)
    rows = [("name", "", "shape", "here", "rule", "initializer")]
    for (name, rule, initializer, shape), group in groups.items():
        one = len(group) == 1
        tied = one and group[0].path != group[0].name
        rows.append(
            (
                group[0].name if one else name,
                f"= {group[0].path}" if tied else "" if one else f"x {len(group)}",
                " x ".join(map(str, shape)) or "scalar",
                f"{sum(entry.elements for entry in group) / max(1, len(group) * prod(shape)):.0%}",
                rule,
                initializer,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _layers(names: list[str]) -> list[str]:
    """Returns the names with those of all layers as one."""
    return list(dict.fromkeys(_NUMBER.sub("*", name) for name in names))
