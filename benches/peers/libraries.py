"""The libraries that are compared. Each has `contenders(work, out, threads)`: its ways to do a work
into an array, each a function of the number of repetitions. It may raise an error that says why it cannot."""

import ctypes
import glob
import importlib
import json
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import numpy as np

FLOATS = ("f32", "f64")
INF = math.inf
# In standard deviations from the mean.
BOUNDS = [
    (-2.0, 2.0), (-3.0, 3.0), (0.0, INF), (-1.0, 1.0), (0.5, 3.0), (-INF, -0.3), (1.0, INF), (3.0, INF),
    (10.0, 11.0), (100.0, 101.0), (-0.1, 0.1), (-0.7, 2.2),
]
TRUNCATED = {f"truncated {low:g} .. {high:g}": (low, high) for low, high in BOUNDS}
WORKS = ("uniform", "normal", *TRUNCATED)
MAIN = WORKS[:3]  # At every size and type.
JSON = {
    "sparse": {"class_name": "torch.sparse_", "config": {"sparsity": 0.1}},
    "orthogonal": {"class_name": "torch.orthogonal_", "config": {}},
}
size_t, pointer = ctypes.c_size_t, ctypes.c_void_p


class Missing(Exception):
    """A library that cannot be loaded."""


@dataclass
class Contender:
    peer: str
    variant: str
    run: Callable[[int], None]


def name_of(out):
    """The element type; numpy has no bf16."""
    return {"float32": "f32", "float64": "f64", "uint16": "bf16"}[out.dtype.name]


def dtype_code(out):
    """The element type as in seedbed.h."""
    return {"f32": 0, "f64": 1, "bf16": 2}[name_of(out)]


def address(value):
    return ctypes.cast(value, pointer)


def data(out):
    return pointer(out.ctypes.data)


_second = ThreadPoolExecutor(1)


def on_threads(threads, out, job):
    """`job(part of out, number)` for the whole, or for a half each on two threads."""
    if threads == 1:
        return job(out, 0)
    half = out.size // 2
    jobs = [job(out[:half], 0), job(out[half:], 1)]

    def run(reps):
        other = _second.submit(jobs[1], reps)
        jobs[0](reps)
        other.result()

    return run


def shared(pattern):
    found = [f for f in glob.glob(pattern) if f.endswith((".so", ".dylib"))]
    return ctypes.CDLL(found[0])


class RandDistr:
    """rand_distr and, on one thread, `fill(0.0)`, in machine code."""

    def __init__(self, directory):
        self.shared = shared(os.path.join(directory, "peers/release/*peers.*"))

    def contenders(self, work, out, threads):
        if work not in WORKS:
            return []

        def peer(function, *parameters):
            function = getattr(self.shared, f"{function}_{name_of(out)}")
            rest = [ctypes.c_double(parameter) for parameter in parameters]

            def job(part, _):
                return lambda reps: function(size_t(reps), data(part), size_t(part.size), *rest)

            return on_threads(threads, out, job)

        if work in TRUNCATED:
            low, high = TRUNCATED[work]
            below, above = probabilities(low, high)
            if above - below < 0.05:
                raise ValueError(f"rejection would accept {above - below:.1g} of the normals")
            found = [Contender("rand_distr", "rejection", peer("scalar_truncated_normal", low, high))]
        else:
            found = [Contender("rand_distr", "SmallRng", peer(f"scalar_{work}"))]
        if work in MAIN and threads == 1:
            found.append(Contender("fill", "0.0", peer("zero")))
        return found


def probabilities(low, high):
    """Those of a normal number below the bounds; of the mirrored ones in the upper tail, as small
    probabilities have all their digits."""
    low, high = (-high, -low) if low > 0 else (low, high)
    return [math.erfc(-x / math.sqrt(2)) / 2 for x in (low, high)]


class Seedbed:
    """This crate. On two threads it is one call, of the process's rayon pool."""

    def __init__(self, directory):
        self.shared = shared(os.path.join(directory, "release/*seedbed.*"))
        self.shared.seedbed_level.restype = ctypes.c_char_p
        self.level = self.shared.seedbed_level().decode()
        self.helper = RandDistr(directory).shared

    def check(self, code):
        if code:
            message = ctypes.create_string_buffer(1000)
            self.shared.seedbed_last_error(message, size_t(1000))
            raise RuntimeError(message.value.decode())

    def run(self, work, out, threads):
        threads = size_t(0 if threads > 1 else 1)
        if work in JSON:
            return self.initializer(JSON[work], out, threads)
        truncated = work in TRUNCATED
        fill = "truncated_normal" if truncated else work
        fill = address(getattr(self.shared, f"seedbed_fill_{fill}"))
        loop = self.helper.repeat_four if truncated else self.helper.repeat_two
        parameters = (0.0, 1.0, *TRUNCATED.get(work, (0.0, 0.0)))
        parameters, dtype = (ctypes.c_double * 4)(*parameters), dtype_code(out)
        return lambda reps: self.check(
            loop(size_t(reps), fill, data(out), size_t(out.size), dtype, threads, parameters)
        )

    def initializer(self, config, out, threads):
        side = round(out.size**0.5)
        config, dims = json.dumps(config).encode(), (size_t * 2)(side, side)
        seed, dtype = ctypes.c_uint64(42), dtype_code(out)
        call = self.shared.seedbed_initialize

        def run(reps):
            for _ in range(reps):
                self.check(
                    call(
                        data(out), size_t(out.size), dtype, config, dims, size_t(2), seed, b"peers",
                        threads,
                    )
                )

        return run


class Mkl:
    GENERATORS = dict(
        MCG31=1, R250=2, MRG32K3A=3, MCG59=4, WH=5, MT19937=8, MT2203=9, SFMT=13, ARS5=15, PHILOX=16
    )
    METHODS = {"normal": {"Box-Muller": 0, "Box-Muller2": 1, "ICDF": 2}, "uniform": {"standard": 0}}

    def __init__(self, directory):
        places = [os.path.join(path, "../..") for path in sys.path if path.endswith("-packages")]
        found = [f for place in places for f in glob.glob(os.path.join(place, "libmkl_rt.so*"))]
        self.shared = ctypes.CDLL(found[0] if found else "libmkl_rt.so")
        self.helper = RandDistr(directory).shared
        # Low accuracy of the vector functions: the fastest that is still right to 4 ulp.
        self.shared.vmlSetMode(ctypes.c_uint(1))
        self.streams = [self.open_streams(number) for number in (0, 1)]

    def open_streams(self, number):
        streams = {}
        for name, brng in self.GENERATORS.items():
            stream, member = pointer(), number if name == "MT2203" else 0
            brng, seed = ctypes.c_int((brng << 20) + member), ctypes.c_uint(777 + number)
            if self.shared.vslNewStream(ctypes.byref(stream), brng, seed) == 0:
                streams[name] = stream
        return streams

    def contenders(self, work, out, threads):
        dtype = name_of(out)
        if work not in WORKS or dtype not in FLOATS:
            return []
        make = self.truncated if work in TRUNCATED else self.plain
        methods = self.METHODS.get(work, {"uniform + CdfNormInv": 0})
        return [
            Contender("mkl", f"{name} {method}", make(work, out, threads, name, code))
            for name in self.streams[0]
            for method, code in methods.items()
        ]

    def plain(self, work, out, threads, name, method):
        dtype = name_of(out)
        distribution = {"normal": "Gaussian", "uniform": "Uniform"}[work]
        kind = "s" if dtype == "f32" else "d"
        generate = address(getattr(self.shared, f"v{kind}Rng{distribution}"))
        loop = getattr(self.helper, f"repeat_mkl_{dtype}")

        def job(part, number):
            rest = (data(part), size_t(part.size), self.streams[number][name], method)
            return lambda reps: loop(size_t(reps), generate, *rest)

        return on_threads(threads, out, job)

    def truncated(self, work, out, threads, name, _method):
        """A uniform number between the probabilities of the bounds, inverted."""
        dtype, between = name_of(out), probabilities(*TRUNCATED[work])
        if between[1] < np.finfo(out.dtype).tiny:
            raise ValueError("no probability of the type is that small")
        between = [ctypes.c_double(probability) for probability in between]
        kind = "s" if dtype == "f32" else "d"
        uniform = address(getattr(self.shared, f"v{kind}RngUniform"))
        inverse = address(getattr(self.shared, f"v{kind}CdfNormInv"))
        loop = getattr(self.helper, f"repeat_mkl_truncated_{dtype}")

        def job(part, number):
            rest = (data(part), size_t(part.size), self.streams[number][name], *between)
            return lambda reps: loop(size_t(reps), uniform, inverse, *rest)

        return on_threads(threads, out, job)


def loop(call):
    def run(reps):
        for _ in range(reps):
            call()

    return run


class NumPy:
    """Two threads are two generators, which release the interpreter's lock."""

    def contenders(self, work, out, threads):
        method = {"uniform": "random", "normal": "standard_normal"}.get(work)
        if method is None or name_of(out) not in FLOATS:
            return []

        def job(part, number):
            fill = getattr(np.random.Generator(np.random.SFC64(number)), method)
            return loop(lambda: fill(out=part, dtype=part.dtype))

        return [Contender("numpy", "SFC64", on_threads(threads, out, job))]


class SciPy:
    """Makes arrays of its own, of f64, and takes so long that few elements are enough."""

    def __init__(self):
        self.truncnorm = importlib.import_module("scipy.stats").truncnorm

    def contenders(self, work, out, threads):
        if work not in TRUNCATED or name_of(out) != "f64" or threads > 1 or out.size > 1 << 14:
            return []
        low, high = TRUNCATED[work]
        rng = np.random.Generator(np.random.SFC64(1))
        call = loop(lambda: self.truncnorm.rvs(low, high, size=out.size, random_state=rng))
        return [Contender("scipy", "truncnorm.rvs", call)]


class Torch:
    def __init__(self):
        self.torch = importlib.import_module("torch")

    def contenders(self, work, out, threads):
        torch = self.torch
        torch.set_num_threads(threads)
        tensor = torch.from_numpy(out.view("int16") if name_of(out) == "bf16" else out)
        if name_of(out) == "bf16":
            tensor = tensor.view(torch.bfloat16)
        side, init = round(out.size**0.5), torch.nn.init
        matrix = tensor.view(-1, side) if work in JSON else None
        call = {
            "uniform": lambda: tensor.uniform_(),
            "normal": lambda: tensor.normal_(),
            "truncated": lambda: init.trunc_normal_(tensor, 0.0, 1.0, *TRUNCATED[work]),
            "sparse": lambda: init.sparse_(matrix, 0.1),
            "orthogonal": lambda: init.orthogonal_(matrix),
        }[work.split()[0]]
        return [Contender("torch", "init", loop(call))]


class Jax:
    """Makes arrays of its own, as it cannot do otherwise. Only on one thread, which is set before
    it starts."""

    def __init__(self):
        self.jax = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)

    def contenders(self, work, out, threads):
        if work not in WORKS or threads > 1:
            return []
        random, shape = self.jax.random, out.shape
        dtype = {"f32": "float32", "f64": "float64", "bf16": "bfloat16"}[name_of(out)]
        sample = {
            "uniform": lambda key: random.uniform(key, shape, dtype),
            "normal": lambda key: random.normal(key, shape, dtype),
            "truncated": lambda key: random.truncated_normal(key, *TRUNCATED[work], shape, dtype),
        }[work.split()[0]]
        compiled, key = self.jax.jit(sample), random.key(42)
        return [Contender("jax", "jit", loop(lambda: compiled(key).block_until_ready()))]


def load(name, directory):
    """A library by the name that compare.py gives it."""
    makers = {
        "rand_distr": lambda: RandDistr(directory), "mkl": lambda: Mkl(directory),
        "numpy": NumPy, "scipy": SciPy, "torch": Torch, "jax": Jax,
    }
    try:
        return makers[name]()
    except (ImportError, OSError, AttributeError) as error:
        raise Missing(error) from error
