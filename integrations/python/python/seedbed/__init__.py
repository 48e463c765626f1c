"""Fills arrays in place with the weights of neural networks, or with any part of them, in parallel.

A value depends only on the seed, the path, the shape, the initializer and its position: not on the number
of threads, the machine, which part of the tensor is filled, or what was filled before.

>>> import numpy, seedbed
>>> weight = numpy.empty((256, 784), dtype=numpy.float32)
>>> seedbed.Initializer("torch.kaiming_normal_").fill(weight, seed=42, path="fc.weight")
"""

from seedbed._seedbed import (
    Initializer,
    Layout,
    Normal,
    Rules,
    TruncatedNormal,
    Uniform,
    __version__,
    names,
    words,
)

__all__ = [
    "Initializer",
    "Layout",
    "Normal",
    "Rules",
    "TruncatedNormal",
    "Uniform",
    "__version__",
    "names",
    "words",
]
