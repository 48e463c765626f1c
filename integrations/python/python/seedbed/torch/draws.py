"""What a module's own init code has done within `seeded`, for a program and for a reader."""

from __future__ import annotations

from dataclasses import dataclass, field

from .report import Entry, _layers, _table


@dataclass(slots=True)
class Draws:
    """What was drawn within `seeded`, complete when the context ends. `print` shows it as a table."""

    set: list[str] = field(default_factory=list)
    """Parameters and buffers that were only written in other ways, such as with a constant."""
    untouched: list[str] = field(default_factory=list)
    """Parameters and buffers that nothing has written."""
    unkeyed: list[str] = field(default_factory=list)
    """Draws from other generators, whose values the seed does not decide, and where they were made."""
    _entries: dict[str, dict[tuple[int, int] | None, Entry]] = field(default_factory=dict)

    @property
    def drawn(self) -> list[Entry]:
        """The tensors whose values are drawn by their paths, each by its last draw. A part of a tensor is an
        entry of its own, with the range of its elements as `span`."""
        return [entry for parts in self._entries.values() for entry in parts.values()]

    def add(self, entry: Entry) -> None:
        """Adds a draw, in place of the draws that it has written over."""
        parts = self._entries.setdefault(entry.name, {})
        if entry.span is None:
            parts.clear()
        parts[entry.span] = entry

    def __str__(self) -> str:
        drawn = self.drawn
        lines = [f"{len(drawn)} tensors or parts drawn by path", *(_table(drawn) if drawn else ())]
        for title, listed in (
            ("set without a draw", _layers(self.set)),
            ("not written", _layers(self.untouched)),
            ("drawn from other generators", self.unkeyed),
        ):
            if listed:
                lines.append(f"{title}: {', '.join(listed)}")
        return "\n".join(lines)
