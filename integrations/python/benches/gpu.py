"""Checks and times fills on an NVIDIA GPU, by PyTorch, CuPy and JAX, where they are installed.

    python gpu.py                 all of it, each part in a process of its own
    python gpu.py PART            torch, capture, cupy, jax, times or jax_times

Each check prints a line with PASS or FAIL: values are compared with the CPU's, bit for bit. Without a GPU it says
so, and fails.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import time
import traceback

import seedbed

KINDS = {
    "normal": ("torch.normal_", {"std": 0.02}),
    "uniform": ("torch.uniform_", {"a": -0.5, "b": 0.5}),
    "two sigma": ("torch.trunc_normal_", {"std": 0.02, "a": -0.04, "b": 0.04}),
    "strips": ("torch.trunc_normal_", {"std": 1.0, "a": -1.0, "b": 1.5}),
    "constant": ("torch.constant_", {"val": 0.5}),
    "kaiming": ("torch.kaiming_uniform_", {}),
}
failed = []


def check(name):
    """Runs a check at once."""

    def run(function):
        begin = time.perf_counter()
        try:
            said = function() or ""
            verdict = "PASS"
        except Exception:
            said, verdict = traceback.format_exc(limit=4), "FAIL"
            failed.append(name)
        print(f"{verdict} {name} ({time.perf_counter() - begin:.2f} s) {said}", flush=True)

    return run


def gpt2(torch, device):
    """Returns a module with the 148 parameters of GPT-2."""
    nn = torch.nn

    class Container(nn.Module):
        def __init__(self, **modules):
            super().__init__()
            for name, module in modules.items():
                setattr(self, name, module)

    def block():
        return Container(
            ln_1=nn.LayerNorm(768),
            attn=Container(c_attn=nn.Linear(768, 2304), c_proj=nn.Linear(768, 768)),
            ln_2=nn.LayerNorm(768),
            mlp=Container(c_fc=nn.Linear(768, 3072), c_proj=nn.Linear(3072, 768)),
        )

    with torch.device("meta"):
        model = Container(
            wte=nn.Embedding(50257, 768),
            wpe=nn.Embedding(1024, 768),
            h=nn.ModuleList(block() for _ in range(12)),
            ln_f=nn.LayerNorm(768),
        )
    return model.to_empty(device=device) if device else model


RULES = [
    ("*.bias", "torch.zeros_"),
    ("*ln_*.weight", "torch.ones_"),
    ("*c_proj.weight", ("torch.normal_", {"std": 0.02 / 24**0.5})),
    ("*", ("torch.normal_", {"std": 0.02})),
]


def torch_part():
    import seedbed.torch as st
    import torch

    dtypes = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
    gpu = torch.device("cuda", 0)

    def same(found, expected):
        assert found.device.type == "cuda"
        expected = expected.to(gpu)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        integer = {2: torch.int16, 4: torch.int32, 8: torch.int64}[found.element_size()]
        differ = (
            (found.detach().contiguous().view(integer) != expected.contiguous().view(integer))
            .sum()
            .item()
        )
        assert differ == 0, f"{differ} of {found.numel()} differ"

    def both(make, fill):
        """Fills what `make` returns on the GPU and on the CPU."""
        found, expected = make(gpu), make("cpu")
        fill(found), fill(expected)
        same(found, expected)

    for dtype in dtypes:

        @check(f"torch {dtype}")
        def _(dtype=dtype):
            for name, (initializer, options) in KINDS.items():
                for shape in [(3, 1), (4096, 1), (17, 241), (1000, 1003)]:
                    both(
                        lambda device, shape=shape: torch.full(
                            shape, 7.0, device=device, dtype=dtype
                        ),
                        lambda x, i=initializer, o=options, n=name: st.fill_(
                            x, i, seed=5, path=n, **o
                        ),
                    )

    @check("torch views: rows, columns, transposed, every other")
    def _():
        for view in (
            lambda x: x[100:200],
            lambda x: x[:, 10:37],
            lambda x: x.t(),
            lambda x: x[::2],
            lambda x: x.narrow(1, 500, 1),
            lambda x: x[7],
        ):

            def make(device, view=view):
                make.all.append(torch.full((300, 700), 7.0, device=device, dtype=torch.bfloat16))
                return view(make.all[-1])

            make.all = []
            both(make, lambda x: st.fill_(x, "torch.normal_", seed=5, path="v"))
            same(*make.all)

    @check("torch pieces: blocks, padding, several, spans")
    def _():
        piece = st.Piece
        cases = [
            ((90, 1000), (67, 270), [piece((3, 100), (0, 0), (67, 270))]),
            ((90, 1000), (70, 300), [piece((3, 100), (1, 2), (67, 270))]),
            (
                (90, 1000),
                (40, 1000),
                [piece((3, 0), (0, 0), (20, 1000)), piece((60, 0), (20, 0), (20, 1000))],
            ),
            ((7, 8, 9, 1000), (3, 7, 9, 900), [piece((2, 1, 0, 50), (0, 0, 0, 0), (3, 7, 9, 900))]),
        ]
        for dtype in dtypes:
            for shape, local, pieces in cases:
                both(
                    lambda device, local=local, dtype=dtype: torch.full(
                        local, 7.0, device=device, dtype=dtype
                    ),
                    lambda x, s=shape, p=pieces: st.fill_(
                        st.Pieces(s, x, tuple(p)), "torch.xavier_normal_", seed=5, path="p"
                    ),
                )
            both(
                lambda device, dtype=dtype: torch.full((12345,), 7.0, device=device, dtype=dtype),
                lambda x: st.fill_(st.Span((90, 1000), x, 777), "torch.normal_", seed=5, path="s"),
            )

    @check("torch matrices that the CPU makes: orthogonal, sparse, eye, dirac")
    def _():
        for name, options in (("orthogonal_", {}), ("sparse_", {"sparsity": 0.3}), ("eye_", {})):
            both(
                lambda device: torch.full((300, 200), 7.0, device=device),
                lambda x, n=name, o=options: st.fill_(x, f"torch.{n}", seed=5, path="m", **o),
            )
        both(
            lambda device: torch.full((16, 8, 3, 3), 7.0, device=device),
            lambda x: st.fill_(x, "torch.dirac_", seed=5, path="m"),
        )

    @check("torch streams: in the order of the current one")
    def _():
        for stream in (
            torch.cuda.default_stream(),
            torch.cuda.Stream(),
            torch.cuda.Stream(priority=-1),
        ):
            with torch.cuda.stream(stream):
                x = torch.empty(1 << 20, device=gpu)
                torch.cuda._sleep(100_000_000)
                x.fill_(7)
                st.fill_(x, "torch.normal_", seed=5, path="x")
                y = x * 1
                x.fill_(7)
            stream.synchronize()
            expected = torch.empty(1 << 20)
            st.fill_(expected, "torch.normal_", seed=5, path="x")
            same(y, expected)

    @check("torch threads, and the current device")
    def _():
        made = []

        def work(number):
            with torch.cuda.stream(torch.cuda.Stream()):
                x = torch.empty(100_000 + number, device=gpu)
                st.fill_(x, "torch.normal_", seed=number, path="x")
                torch.cuda.current_stream().synchronize()
                made.append((number, x))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 8
        for number, x in made:
            expected = torch.empty(100_000 + number)
            st.fill_(expected, "torch.normal_", seed=number, path="x")
            same(x, expected)
        assert torch.cuda.current_device() == 0

    @check("torch Initializer.fill and Normal.fill of a tensor")
    def _():
        for dtype in dtypes:
            both(
                lambda device, dtype=dtype: torch.empty(90, 70, device=device, dtype=dtype),
                lambda x: seedbed.Initializer("torch.xavier_normal_").fill(
                    x, seed=5, path="i", shape=(100, 100), start=(3, 4)
                ),
            )
        both(
            lambda device: torch.empty(9000, device=device),
            lambda x: seedbed.Normal().fill(x, seed=5, path="i"),
        )

    @check("torch graphs: captured, replayed twice")
    def _():
        x = torch.zeros(300, 400, device=gpu, dtype=torch.bfloat16)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            st.fill_(x, "torch.uniform_", seed=5, path="g")
        expected = torch.empty(300, 400, dtype=torch.bfloat16)
        st.fill_(expected, "torch.uniform_", seed=5, path="g")
        torch.cuda.synchronize()
        assert not x.any(), "a capture runs nothing"
        for _ in range(2):
            x.zero_()
            graph.replay()
            torch.cuda.synchronize()
            same(x, expected)

    @check("torch graphs: a module")
    def _():
        model = torch.nn.Sequential(*(torch.nn.Linear(64, 64, device=gpu) for _ in range(8)))
        rules = [("*.bias", "torch.uniform_"), ("*", "torch.kaiming_normal_")]
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            st.init_(model, rules, seed=9)
        other = torch.nn.Sequential(*(torch.nn.Linear(64, 64) for _ in range(8)))
        st.init_(other, rules, seed=9)
        junk = [torch.full((1 << 16,), 3.0, device=gpu) for _ in range(50)]
        del junk
        for _ in range(2):
            for parameter in model.parameters():
                parameter.data.zero_()
            graph.replay()
            torch.cuda.synchronize()
            for found, expected in zip(model.parameters(), other.parameters(), strict=True):
                same(found, expected)

    @check("torch GPT-2 by init_")
    def _():
        model, other = gpt2(torch, gpu), gpt2(torch, "cpu")
        versions = [parameter._version for parameter in model.parameters()]
        report = st.init_(model, RULES, seed=42)
        st.init_(other, RULES, seed=42)
        assert len(report.filled) == 148
        for found, expected, version in zip(
            model.parameters(), other.parameters(), versions, strict=True
        ):
            same(found, expected)
            assert found._version > version
        try:
            with torch.profiler.profile(
                activities=[torch.profiler.ProfilerActivity.CUDA]
            ) as profile:
                st.init_(model, RULES, seed=42)
                torch.cuda.synchronize()
            kernels = {e.key: e.count for e in profile.key_averages() if "seedbed" in e.key}
            return f"kernels {kernels}"
        except Exception as error:
            return f"no profile: {error}"

    @check("torch seeded: reset_parameters on the GPU")
    def _():
        model, other = torch.nn.Linear(300, 200, device=gpu), torch.nn.Linear(300, 200)
        for one in (model, other):
            with st.seeded(one, seed=42):
                one.reset_parameters()
                one.weight.data[:, 5:77].normal_()
                one.weight.data[7:9].uniform_()
        for found, expected in zip(model.parameters(), other.parameters(), strict=True):
            same(found, expected)

    @check("torch DTensor and fully_shard, one process")
    def _():
        import torch.distributed as dist
        from torch.distributed.fsdp import fully_shard

        dist.init_process_group("nccl", store=dist.HashStore(), rank=0, world_size=1, device_id=gpu)
        try:
            model, other = gpt2(torch, None), gpt2(torch, "cpu")
            for block in model.h:
                fully_shard(block, mesh=dist.init_device_mesh("cuda", (1,)))
            fully_shard(model, mesh=dist.init_device_mesh("cuda", (1,)))
            model.to_empty(device=gpu)
            st.init_(model, RULES, seed=42)
            st.init_(other, RULES, seed=42)
            for found, expected in zip(model.parameters(), other.parameters(), strict=True):
                assert hasattr(found, "placements")
                same(found.full_tensor(), expected)
        finally:
            dist.destroy_process_group()

    @check("torch more than 2^32 bytes and 2^32 elements")
    def _():
        x = torch.empty((1 << 32) + 5000, device=gpu, dtype=torch.bfloat16)
        st.fill_(x, "torch.normal_", seed=5, path="large")
        for start in (0, (1 << 31) - 1000, (1 << 32) - 1000, (1 << 32)):
            part = torch.empty(5000, dtype=torch.bfloat16)
            st.fill_(st.Span(tuple(x.shape), part, start), "torch.normal_", seed=5, path="large")
            same(x[start : start + 5000], part)

    @check("torch errors")
    def _():
        for fill, words in (
            (
                lambda: seedbed.Normal().fill(
                    torch.empty(9, 9, device=gpu).t()[1:, 1:], seed=1, path="x"
                ),
                "contiguous",
            ),
            (
                lambda: seedbed.Normal().fill(
                    torch.empty(9, device=gpu, dtype=torch.int32), seed=1, path="x"
                ),
                "int32",
            ),
        ):
            try:
                fill()
            except (ValueError, TypeError) as error:
                assert words in str(error), error
            else:
                raise AssertionError(words)


def capture_part():
    import seedbed.torch as st
    import torch

    @check(
        "torch graphs: the first fill of all is refused, and other kinds than the first are captured"
    )
    def _():
        x = torch.zeros(5000, device="cuda")
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                st.fill_(x, "torch.normal_", seed=5, path="x")
        except RuntimeError as error:
            assert "before the capture" in str(error), error
        else:
            raise AssertionError("captured")
        torch.cuda.synchronize()
        st.fill_(x, "torch.normal_", seed=5, path="x")
        for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
            for name, (initializer, options) in KINDS.items():
                y, expected = (torch.zeros(50, 100, dtype=dtype, device=d) for d in ("cuda", "cpu"))
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    st.fill_(y, initializer, seed=5, path=name, **options)
                graph.replay()
                st.fill_(expected, initializer, seed=5, path=name, **options)
                assert torch.equal(y.cpu(), expected), (dtype, name)


def cupy_part():
    import cupy
    import numpy

    dtypes = ["float32", "float64", "float16"]
    try:
        import ml_dtypes

        cupy.empty(3, ml_dtypes.bfloat16)
        dtypes.append(ml_dtypes.bfloat16)
    except Exception as error:
        print(f"NOTE cupy has no bfloat16: {error!r:.200}")

    def both(shape, dtype, fill):
        found, expected = cupy.full(shape, 7, dtype), numpy.full(shape, 7, dtype)
        fill(found), fill(expected)
        assert found.get().tobytes() == expected.tobytes()

    for dtype in dtypes:

        @check(f"cupy {dtype}")
        def _(dtype=dtype):
            for name, (initializer, options) in KINDS.items():
                one = seedbed.Initializer(initializer, **options)
                for shape in [(3, 1), (17, 241), (1000, 1003)]:
                    both(shape, dtype, lambda x, one=one, n=name: one.fill(x, seed=5, path=n))
            one = seedbed.Initializer("torch.xavier_normal_")
            both(
                (90, 70),
                dtype,
                lambda x: one.fill(x, seed=5, path="i", shape=(100, 100), start=(3, 4)),
            )
            both(
                (200, 100),
                dtype,
                lambda x: seedbed.Initializer("torch.orthogonal_").fill(x, seed=5, path="o"),
            )
            both((9000,), dtype, lambda x: seedbed.Normal().fill(x, seed=5, path="i", offset=77))

    @check("cupy streams")
    def _():
        expected = numpy.empty(1 << 20, "float32")
        seedbed.Normal().fill(expected, seed=5, path="x")
        for stream in (
            cupy.cuda.Stream.null,
            cupy.cuda.Stream(),
            cupy.cuda.Stream(non_blocking=True),
        ):
            with stream:
                x = cupy.empty(1 << 20, "float32")
                for _ in range(200):
                    x.fill(7)
                seedbed.Normal().fill(x, seed=5, path="x")
                y = x * 1
                x.fill(7)
                assert y.get().tobytes() == expected.tobytes()

    @check("cupy errors")
    def _():
        for array, words in (
            (cupy.empty((9, 9))[:, 1:], "contiguous"),
            (cupy.empty(9, "int32"), "int32"),
        ):
            try:
                seedbed.Normal().fill(array, seed=1, path="x")
            except (TypeError, ValueError) as error:
                assert words in str(error), error
            else:
                raise AssertionError(words)

    if importlib.util.find_spec("numba_cuda") or importlib.util.find_spec("numba"):

        @check("numba")
        def _():
            from numba import cuda

            found, expected = (
                cuda.device_array((300, 400), "float32"),
                numpy.empty((300, 400), "float32"),
            )
            for array in (found, expected):
                seedbed.Normal().fill(array, seed=5, path="x")
            assert found.copy_to_host().tobytes() == expected.tobytes()

    else:
        print("NOTE numba is not installed")


def jax_part():
    import jax
    import jax.numpy as jnp
    import numpy
    from seedbed import _jax_gpu
    from seedbed import jax as sj

    jax.config.update("jax_enable_x64", True)
    _jax_gpu.LEAST = 0
    device = jax.local_devices()[0]
    print(
        f"NOTE jax {jax.__version__}, {device.platform}, {device.client.platform_version!r}, "
        f"number {_jax_gpu.number(device)}"
    )

    def expected(initializer, shape, dtype, path):
        out = numpy.empty(shape, dtype)
        initializer.fill(out, seed=5, path=path)
        return out

    calls = []
    real = _jax_gpu.make
    _jax_gpu.make = lambda *a: (calls.append(len(a[0])), real(*a))[1]

    for dtype in (jnp.float32, jnp.float64, jnp.float16, jnp.bfloat16):

        @check(f"jax {jnp.dtype(dtype)}")
        def _(dtype=dtype):
            for name, (initializer, options) in KINDS.items():
                one = seedbed.Initializer(initializer, **options)
                for shape in [(3, 1), (1000, 1003)]:
                    calls.clear()
                    x = sj.array(one, shape, dtype=dtype, seed=5, path=name)
                    assert calls == [1], "made on the CPU"
                    assert (x + 0).devices() == {device}
                    assert numpy.asarray(x).tobytes() == expected(one, shape, dtype, name).tobytes()

    @check("jax tree, sharding, later use")
    def _():
        mesh = jax.make_mesh((1,), ("x",))
        sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
        shapes = {
            f"layer_{n}": {
                "kernel": jax.ShapeDtypeStruct((64, 128), jnp.bfloat16),
                "bias": jax.ShapeDtypeStruct((128,), jnp.float32),
            }
            for n in range(40)
        }
        for place in (None, sharding):
            calls.clear()
            tree = sj.init(
                shapes, place, [("*.bias", "jax.zeros"), ("*", "jax.lecun_normal")], seed=5
            )
            assert calls == [80], calls
            one = seedbed.Initializer("jax.lecun_normal")
            for n in range(40):
                found = tree[f"layer_{n}"]["kernel"]
                assert (
                    numpy.asarray(found).tobytes()
                    == expected(one, (64, 128), jnp.bfloat16, f"layer_{n}.kernel").tobytes()
                )
            total = jax.jit(
                lambda t: sum(jnp.sum(leaf.astype(jnp.float32)) for leaf in jax.tree.leaves(t)),
                donate_argnums=0,
            )(tree)
            assert numpy.isfinite(float(total))
        ortho = sj.array("jax.orthogonal", (64, 32), seed=5, path="o")
        assert (
            numpy.asarray(ortho).tobytes()
            == expected(seedbed.Initializer("jax.orthogonal"), (64, 32), jnp.float64, "o").tobytes()
        )

    @check("jax errors: an array is not filled in place")
    def _():
        try:
            seedbed.Normal().fill(jnp.zeros(9), seed=1, path="x")
        except ValueError as error:
            assert "read-only" in str(error), error
        else:
            raise AssertionError


def clock(work, sync, most=0.3):
    """Returns the least time of a call, of calls in a row, in microseconds."""
    work(), sync()
    best, until = 1e9, time.perf_counter() + most
    while time.perf_counter() < until:
        begin = time.perf_counter()
        for _ in range(5):
            work()
        sync()
        best = min(best, (time.perf_counter() - begin) / 5)
    return best * 1e6


def times_part():
    import seedbed.torch as st
    import torch

    init = torch.nn.init
    print(torch.cuda.get_device_name(), torch.__version__)
    print("us a call (5 in a row), GB/s:   normal: torch, seedbed | uniform: torch, seedbed")
    for dtype in (torch.float32, torch.bfloat16):
        for bits in range(12, 29, 4):
            x = torch.empty(1 << bits, device="cuda", dtype=dtype)
            normal = seedbed.Initializer("torch.normal_", std=0.02)
            uniform = seedbed.Initializer("torch.uniform_", a=-0.5, b=0.5)
            row = [
                clock(work, torch.cuda.synchronize, 0.15)
                for work in (
                    lambda x=x: init.normal_(x, 0.0, 0.02),
                    lambda x=x: st.fill_(x, normal, seed=5, path="x"),
                    lambda x=x: init.uniform_(x, -0.5, 0.5),
                    lambda x=x: st.fill_(x, uniform, seed=5, path="x"),
                )
            ]
            cells = " ".join(f"{us:9.1f} us {x.nbytes / us / 1e3:7.1f} GB/s" for us in row)
            print(f"{str(dtype)[6:]:>9} 2^{bits}: {cells}")
    model = gpt2(torch, "cuda")
    rules = seedbed.Rules(RULES)

    def by_torch():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                init.zeros_(parameter)
            elif "ln_" in name:
                init.ones_(parameter)
            else:
                init.normal_(parameter, 0.0, 0.02)

    from seedbed.torch import gpu

    def launched(fills):
        gpu._seedbed = seedbed._seedbed
        seedbed._seedbed._fill_gpu(0, torch.cuda.current_stream().cuda_stream, fills)

    kept = []

    class Keep:
        _fill_gpu = staticmethod(lambda number, stream, fills: kept.append(list(fills)))

    gpu._seedbed, real = Keep, gpu._seedbed
    st.init_(model, rules, seed=42)
    gpu._seedbed = real
    print(
        f"GPT-2, 148 tensors, 124 million elements in float32, us: torch.nn.init {clock(by_torch, torch.cuda.synchronize):.0f}, "
        f"init_ {clock(lambda: st.init_(model, rules, seed=42), torch.cuda.synchronize):.0f}, "
        f"of which the launches {clock(lambda: launched(kept[0]), torch.cuda.synchronize):.0f}"
    )
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    spans = []
    for _ in range(20):
        begin.record(), launched(kept[0]), end.record(), torch.cuda.synchronize()
        spans.append(begin.elapsed_time(end) * 1e3)
    print(f"GPT-2 by events, us: least {min(spans):.0f}, median {sorted(spans)[10]:.0f}")
    x = torch.empty(4096, 5000, device="cuda")
    for name, view in (("all", x), ("columns", x[:, :4096])):
        us = clock(
            lambda view=view: st.fill_(view, "torch.normal_", seed=5, path="x"),
            torch.cuda.synchronize,
        )
        print(f"4096 rows, {name}: {us:.0f} us, {view.numel() * 4 / us / 1e3:.0f} GB/s")


def jax_times_part():
    import jax
    import jax.numpy as jnp
    from seedbed import _jax_gpu
    from seedbed import jax as sj

    key = jax.random.key(0)
    for bits in range(12, 29, 4):
        row = []
        for least in (0, 1 << 60):
            _jax_gpu.LEAST = least
            row.append(
                clock(
                    lambda bits=bits: sj.array(
                        "jax.normal", (1 << bits,), dtype=jnp.float32, seed=5, path="x"
                    ).block_until_ready(),
                    lambda: None,
                    0.2,
                )
            )
        normal = jax.jit(lambda key, bits=bits: jax.random.normal(key, (1 << bits,)))
        row.append(clock(lambda: normal(key).block_until_ready(), lambda: None, 0.2))
        begin = time.perf_counter()
        jax.jit(lambda key, bits=bits: 1.5 * jax.random.normal(key, (1 << bits,)))(
            key
        ).block_until_ready()
        row.append((time.perf_counter() - begin) * 1e6)
        print(
            f"jax normal f32 2^{bits}, us: here {row[0]:.0f}, by the CPU {row[1]:.0f}, "
            f"jax.random compiled {row[2]:.0f}, with compilation {row[3]:.0f}"
        )


PARTS = {
    "torch": torch_part,
    "capture": capture_part,
    "cupy": cupy_part,
    "jax": jax_part,
    "times": times_part,
    "jax_times": jax_times_part,
}


def main() -> int:
    if len(sys.argv) == 2 and sys.argv[1] in PARTS:
        PARTS[sys.argv[1]]()
        return bool(failed)
    refusal = seedbed._seedbed._refusal(0)
    if refusal:
        print(f"no GPU: not run ({refusal})")
        return 1
    code = 0
    for part in PARTS:
        needs = {"capture": "torch", "times": "torch", "jax_times": "jax"}.get(part, part)
        if importlib.util.find_spec(needs) is None:
            print(f"NOT RUN {part}: {needs} is not installed")
            continue
        begin = time.perf_counter()
        environment = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        try:
            done = subprocess.run(
                [sys.executable, __file__, part], env=environment, timeout=60
            ).returncode
        except subprocess.TimeoutExpired:
            done = "too long"
        code |= done != 0
        print(f"== {part}: {done}, {time.perf_counter() - begin:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
