from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol, SupportsFloat, SupportsIndex, TypeAlias, final

from numpy.typing import NDArray

__all__ = [
    "Initializer",
    "Layout",
    "Normal",
    "Rules",
    "TruncatedNormal",
    "Uniform",
    "__version__",
    "_fill_gpu",
    "_refusal",
    "names",
    "words",
]

# An array of NumPy, PyTorch or any other library.
class _DLPack(Protocol):
    def __dlpack__(self) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, Any]: ...

# An array in the memory of a GPU.
class _Cuda(Protocol):
    @property
    def __cuda_array_interface__(self) -> dict[str, Any]: ...

_Array: TypeAlias = _DLPack | _Cuda

_Seed: TypeAlias = SupportsIndex | bytes
_Layout: TypeAlias = Layout | Literal["torch", "keras", "jax"]
_Shape: TypeAlias = Sequence[SupportsIndex]
_Piece: TypeAlias = tuple[_Shape, _Shape, _Shape]

__version__: str

def _refusal(device: SupportsIndex) -> str | None: ...
def _fill_gpu(
    device: SupportsIndex, stream: SupportsIndex, fills: Sequence[tuple[Any, ...]]
) -> None: ...
def names() -> list[str]: ...
def words(
    shape: SupportsIndex | _Shape,
    *,
    seed: _Seed,
    path: str,
    offset: SupportsIndex = 0,
    threads: SupportsIndex | None = None,
) -> NDArray[Any]: ...

@final
class Layout:
    def __new__(cls, name: Literal["torch", "keras", "jax"], /) -> Layout: ...
    @staticmethod
    def axes(
        *,
        input: Sequence[SupportsIndex],
        output: Sequence[SupportsIndex],
        batch: Sequence[SupportsIndex] | None = None,
    ) -> Layout: ...
    def groups(self, count: SupportsIndex) -> Layout: ...
    def transposed(self) -> Layout: ...
    def fans(self, shape: _Shape) -> tuple[float, float]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Initializer:
    def __new__(cls, name: str, /, **parameters: Any) -> Initializer: ...
    def fill(
        self,
        array: _Array,
        *,
        seed: _Seed,
        path: str,
        shape: _Shape | None = None,
        start: _Shape | None = None,
        threads: SupportsIndex | None = None,
    ) -> None: ...
    def _fill_pieces(
        self,
        address: SupportsIndex,
        dtype: str,
        memory_shape: _Shape,
        pieces: Iterable[_Piece],
        *,
        seed: _Seed,
        path: str,
        shape: _Shape,
        threads: SupportsIndex | None = None,
    ) -> None: ...
    def _fill_range(
        self,
        address: SupportsIndex,
        dtype: str,
        length: SupportsIndex,
        *,
        seed: _Seed,
        path: str,
        shape: _Shape,
        offset: SupportsIndex,
        threads: SupportsIndex | None = None,
    ) -> None: ...
    def _is_independent(self) -> bool: ...
    def with_layout(self, layout: _Layout) -> Initializer: ...
    def transposed(self) -> Initializer: ...
    def batched(self, axes: Sequence[SupportsIndex]) -> Initializer: ...
    def in_parts(self, axis: SupportsIndex, count: SupportsIndex) -> Initializer: ...
    def scaled(self, factor: SupportsFloat) -> Initializer: ...
    def to_json(self) -> str: ...
    @staticmethod
    def from_json(text: str) -> Initializer: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self) -> tuple[Any, tuple[str]]: ...

@final
class Rules:
    def __new__(
        cls,
        rules: Iterable[tuple[str, Initializer | str | tuple[str, dict[str, Any]]]],
        *,
        layout: _Layout | None = None,
    ) -> Rules: ...
    def get(self, path: str) -> Initializer: ...
    def find(self, path: str) -> tuple[str, Initializer] | None: ...
    def unused(self, paths: Iterable[str]) -> list[str]: ...
    def fill(
        self,
        array: _Array,
        *,
        seed: _Seed,
        path: str,
        shape: _Shape | None = None,
        start: _Shape | None = None,
        threads: SupportsIndex | None = None,
    ) -> None: ...
    def to_json(self) -> str: ...
    @staticmethod
    def from_json(text: str) -> Rules: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, tuple[str]]: ...

class _Distribution:
    def sample(
        self,
        shape: SupportsIndex | _Shape,
        *,
        seed: _Seed,
        path: str,
        offset: SupportsIndex = 0,
        dtype: Any = "float32",
        threads: SupportsIndex | None = None,
    ) -> NDArray[Any]: ...
    def fill(
        self,
        out: _Array,
        *,
        seed: _Seed,
        path: str,
        offset: SupportsIndex = 0,
        threads: SupportsIndex | None = None,
    ) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Normal(_Distribution):
    def __new__(cls, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0) -> Normal: ...

@final
class Uniform(_Distribution):
    def __new__(cls, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0) -> Uniform: ...

@final
class TruncatedNormal(_Distribution):
    def __new__(
        cls,
        mean: SupportsFloat = 0.0,
        std: SupportsFloat = 1.0,
        low: SupportsFloat = -2.0,
        high: SupportsFloat = 2.0,
    ) -> TruncatedNormal: ...
    @staticmethod
    def absolute(
        mean: SupportsFloat, std: SupportsFloat, low: SupportsFloat, high: SupportsFloat
    ) -> TruncatedNormal: ...
