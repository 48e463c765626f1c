"""Checks of tensors of PyTorch."""

import threading

import seedbed
import seedbed.torch as st
import torch
from gpt2 import RULES, gpt2
from shared import KINDS, check, finish, refused

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
                    lambda device, shape=shape: torch.full(shape, 7.0, device=device, dtype=dtype),
                    lambda x, i=initializer, o=options, n=name: st.fill_(x, i, seed=5, path=n, **o),
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
    model, other = gpt2(gpu), gpt2("cpu")
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
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
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
        model, other = gpt2(None), gpt2("cpu")
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
    for array, words in (
        (torch.empty(9, 9, device=gpu)[:, 1:], "contiguous"),
        (torch.empty(9, device=gpu, dtype=torch.int32), "int32"),
        (torch.empty(9, device=gpu, requires_grad=True), "detach"),
    ):
        refused(
            lambda array=array: seedbed.Normal().fill(array, seed=1, path="x"),
            (TypeError, ValueError),
            words,
        )


finish()
