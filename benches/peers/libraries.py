"""The libraries that are compared. Each has `contenders(work, out, threads)`: its ways to do a work
into an array, each a function of the number of repetitions."""

import ctypes
import glob
import importlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import numpy as np

FLOATS = ("f32", "f64")
PARAMETERS = {
    "uniform": (0.0, 1.0, 0.0, 0.0),
    "normal": (0.0, 1.0, 0.0, 0.0),
    "truncated_normal": (0.0, 1.0, -2.0, 2.0),
}
JSON = {
    "sparse": {"class_name": "torch.sparse_", "config": {"sparsity": 0.1}},
    "orthogonal": {"class_name": "torch.orthogonal_", "config": {}},
}
size_t, pointer = ctypes.c_size_t, ctypes.c_void_p


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


class Helper:
    """rand_distr and, on one thread, `fill(0.0)`, in machine code."""

    def __init__(self, directory):
        found = glob.glob(os.path.join(directory, "peers/release/*peers.*"))
        self.shared = ctypes.CDLL([f for f in found if f.endswith((".so", ".dylib"))][0])

    def contenders(self, work, out, threads):
        if work not in PARAMETERS:
            return []

        def peer(function):
            function = getattr(self.shared, f"{function}_{name_of(out)}")
            return on_threads(
                threads,
                out,
                lambda part, _: lambda reps: function(size_t(reps), data(part), size_t(part.size)),
            )

        scalar = Contender("rand_distr", "SmallRng", peer(f"scalar_{work}"))
        return [scalar, Contender("fill", "0.0", peer("zero"))] if threads == 1 else [scalar]


class Seedbed:
    """This crate. On two threads it is one call, of the process's rayon pool."""

    def __init__(self, directory, helper):
        found = glob.glob(os.path.join(directory, "release/*seedbed.*"))
        self.shared = ctypes.CDLL([f for f in found if f.endswith((".so", ".dylib"))][0])
        self.shared.seedbed_level.restype = ctypes.c_char_p
        self.level = self.shared.seedbed_level().decode()
        self.helper = helper.shared

    def check(self, code):
        if code:
            message = ctypes.create_string_buffer(1000)
            self.shared.seedbed_last_error(message, size_t(1000))
            raise RuntimeError(message.value.decode())

    def run(self, work, out, threads):
        threads = size_t(0 if threads > 1 else 1)
        if work in JSON:
            return self.initializer(JSON[work], out, threads)
        fill = address(getattr(self.shared, f"seedbed_fill_{work}"))
        loop = self.helper.repeat_four if work == "truncated_normal" else self.helper.repeat_two
        parameters, dtype = (ctypes.c_double * 4)(*PARAMETERS[work]), dtype_code(out)
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

    def __init__(self, helper):
        places = [os.path.join(path, "../..") for path in sys.path if path.endswith("-packages")]
        found = [f for place in places for f in glob.glob(os.path.join(place, "libmkl_rt.so*"))]
        self.shared = ctypes.CDLL(found[0] if found else "libmkl_rt.so")
        self.helper = helper.shared
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
        if work not in PARAMETERS or dtype not in FLOATS:
            return []
        make = self.truncated if work == "truncated_normal" else self.plain
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

    def truncated(self, _work, out, threads, name, _method):
        dtype = name_of(out)
        kind = "s" if dtype == "f32" else "d"
        uniform = address(getattr(self.shared, f"v{kind}RngUniform"))
        inverse = address(getattr(self.shared, f"v{kind}CdfNormInv"))
        loop = getattr(self.helper, f"repeat_mkl_truncated_{dtype}")

        def job(part, number):
            rest = (data(part), size_t(part.size), self.streams[number][name])
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
            "truncated_normal": lambda: init.trunc_normal_(tensor, 0.0, 1.0, -2.0, 2.0),
            "sparse": lambda: init.sparse_(matrix, 0.1),
            "orthogonal": lambda: init.orthogonal_(matrix),
        }[work]
        return [Contender("torch", f"{work}_", loop(call))]


class Jax:
    """Makes arrays of its own, as it cannot do otherwise. Only on one thread, which is set before
    it starts."""

    def __init__(self):
        self.jax = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)

    def contenders(self, work, out, threads):
        if work not in PARAMETERS or threads > 1:
            return []
        random, shape = self.jax.random, out.shape
        dtype = {"f32": "float32", "f64": "float64", "bf16": "bfloat16"}[name_of(out)]
        sample = {
            "uniform": lambda key: random.uniform(key, shape, dtype),
            "normal": lambda key: random.normal(key, shape, dtype),
            "truncated_normal": lambda key: random.truncated_normal(key, -2.0, 2.0, shape, dtype),
        }[work]
        compiled, key = self.jax.jit(sample), random.key(42)
        return [Contender("jax", "jit", loop(lambda: compiled(key).block_until_ready()))]


def load(directory):
    """This crate, its peers, and why each of the others is missing."""
    helper = Helper(directory)
    peers, missing = {"helper": helper}, []
    makers = {"mkl": lambda: Mkl(helper), "numpy": NumPy, "torch": Torch, "jax": Jax}
    for name, make in makers.items():
        try:
            peers[name] = make()
        except (ImportError, OSError, AttributeError) as error:
            missing.append(f"{name}: {error}")
    return Seedbed(directory, helper), peers, missing
