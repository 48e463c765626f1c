"""The same normal matrices from NumPy, PyTorch where it is installed, and seedbed."""

import os
import time

import numpy as np
import seedbed

WIDTH = 768
LAYERS = [(2304, 768), (768, 768), (3072, 768), (768, 3072)]
SHAPES = [(50257, WIDTH), (1024, WIDTH), *LAYERS * 12]  # GPT-2 small
NORMAL = seedbed.Initializer("torch.normal_", std=0.02)


def numpy_own():
    generator = np.random.default_rng(42)
    for shape in SHAPES:
        generator.standard_normal(out=np.empty(shape, np.float32), dtype=np.float32)


def ours(threads):
    for i, shape in enumerate(SHAPES):
        NORMAL.fill(np.empty(shape, np.float32), seed=42, path=str(i), threads=threads)


def torch_own(dtype):
    for shape in SHAPES:
        torch.nn.init.normal_(torch.empty(shape, dtype=dtype), std=0.02)


def torch_ours(dtype, threads):
    for i, shape in enumerate(SHAPES):
        NORMAL.fill(torch.empty(shape, dtype=dtype), seed=42, path=str(i), threads=threads)


def best(work, *arguments):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


def compare(name, own, one, every):
    print(
        f"{name:24} own {own:6.3f} s | seedbed, 1 thread {one:6.3f} s ({own / one:4.1f}x) | "
        f"{os.cpu_count()} threads {every:6.3f} s ({own / every:4.1f}x)"
    )


compare("numpy F32", best(numpy_own), best(ours, 1), best(ours, None))
try:
    import torch
except ModuleNotFoundError:
    print("torch: not installed")
else:
    for dtype in [torch.float32, torch.bfloat16]:
        times = [best(torch_own, dtype), *(best(torch_ours, dtype, n) for n in [1, None])]
        compare(str(dtype), *times)
