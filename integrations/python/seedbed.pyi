"""Fills NumPy arrays in place with the weights of neural networks, in parallel."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, SupportsIndex, final

from numpy import float16, float32, float64, int16, uint16
from numpy.typing import NDArray

__all__ = ["Initializer", "Rules", "__version__", "names"]

__version__: str

_Array = NDArray[float16] | NDArray[float32] | NDArray[float64] | NDArray[int16] | NDArray[uint16]

def names() -> list[str]: ...
@final
class Initializer:
    def __new__(cls, name: str, /, **parameters: Any) -> Initializer: ...
    def fill(
        self,
        array: _Array,
        *,
        seed: SupportsIndex | bytes,
        path: str,
        bfloat16: bool = False,
        parallel: bool = True,
    ) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Rules:
    def __new__(
        cls,
        rules: Iterable[tuple[str, str | Initializer]],
        *,
        layout: Literal["torch", "keras"] | None = None,
    ) -> Rules: ...
    def get(self, path: str) -> Initializer: ...
    def unused(self, paths: Sequence[str]) -> list[str]: ...
    def fill(
        self,
        array: _Array,
        *,
        seed: SupportsIndex | bytes,
        path: str,
        bfloat16: bool = False,
        parallel: bool = True,
    ) -> None: ...
