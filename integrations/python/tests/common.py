"""What the tests share."""

import ml_dtypes
import numpy as np
import seedbed

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
DTYPES = [np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16), BFLOAT16]
NORMAL = seedbed.Initializer("torch.normal_", std=0.5)


def filled(initializer, size, dtype=np.float32, /, **options):
    """Returns a new array of this size that the initializer has filled."""
    array = np.empty(size, dtype)
    initializer.fill(array, **{"seed": 42, "path": "fc.weight", **options})
    return array


def equal(some, others):
    """Whether two arrays have the same type, shape and bits."""
    return (
        some.dtype == others.dtype
        and some.shape == others.shape
        and some.tobytes() == others.tobytes()
    )


class Exporter:
    """An array with nothing but DLPack, of version 1 or from before it."""

    def __init__(self, array, *, versioned=True, device=(1, 0), dtype=None):
        self.array, self.versioned, self.device = array, versioned, device
        self.dtype = dtype or array.dtype

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **options):
        if options and not self.versioned:
            raise TypeError("__dlpack__() got an unexpected keyword argument 'max_version'")
        return self.array.__dlpack__(**options)
