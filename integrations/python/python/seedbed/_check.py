"""Checks of arrays that are to be made, before any is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from seedbed import Initializer


def check(
    initializer: Initializer, shape: Sequence[int], dtype: Any, *, seed: int | bytes, path: str
) -> None:
    """Raises what a fill of an array would raise. The error names the array."""
    origin = (0,) * len(shape)
    # A part of the array with no element, or one.
    part = numpy.empty(origin, dtype)
    try:
        initializer.fill(part, seed=seed, path=path, shape=shape, start=origin)
    except (TypeError, ValueError) as error:
        raise named(error, path) from None


def named(error: Exception, path: str) -> Exception:
    """Returns an error whose message has the path of the array."""
    if f"`{path}`" in str(error):
        return error
    return type(error)(f"the array {path!r}: {error}")
