"""Tensors on NVIDIA GPUs, by a driver library that runs the kernels on the CPU: to PyTorch they are on the CPU."""

import ctypes
import types

import pytest
import seedbed.torch as st
import torch
from fake_cuda import driver
from seedbed.torch import gpu, staging

__all__ = ["driver"]

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
RULES = [("*.bias", "torch.zeros_"), ("*", ("torch.normal_", {"std": 0.02}))]


@pytest.fixture
def on_gpu(driver, monkeypatch):
    """Makes tensors whose memory is the library's."""
    made = set()

    def tensor(*shape, dtype=torch.float32):
        empty = torch.empty(shape, dtype=dtype, device="meta")
        address = driver.allocate(max(1, empty.nbytes))
        made.add(address)
        buffer = (ctypes.c_char * max(1, empty.nbytes)).from_address(address)
        return torch.frombuffer(buffer, dtype=dtype, count=empty.numel()).view(shape).fill_(7)

    hosts = []

    def write(memory, pieces, make, *, on_host):
        hosts.append(on_host)
        real(memory, pieces, make, on_host=on_host)

    class Plain(staging.Plain):
        """A buffer of the host, or one on the device."""

        def __init__(self, memory, elements, device):
            super().__init__(memory, elements, device)
            if not hosts[-1]:
                self._buffer = tensor(elements, dtype=memory.dtype)

    real = staging.write
    monkeypatch.setattr(staging, "write", write)
    monkeypatch.setattr(staging, "Plain", Plain)
    monkeypatch.setattr(
        gpu, "device", lambda memory: 0 if memory.untyped_storage().data_ptr() in made else None
    )
    monkeypatch.setattr(gpu, "stream", lambda number: 1234)
    tensor.is_library = lambda memory: memory.untyped_storage().data_ptr() in made
    return tensor


def test_a_module_takes_a_launch_for_each_kind(driver, on_gpu):
    layers = [torch.nn.Linear(40 + n, 30) for n in range(6)]
    module, other = torch.nn.Sequential(*layers), torch.nn.Sequential()
    for layer in layers:
        other.append(torch.nn.Linear(layer.in_features, 30))
        for name, parameter in list(layer.named_parameters()):
            setattr(layer, name, torch.nn.Parameter(on_gpu(*parameter.shape)))
    before, versions = driver.set(), [parameter._version for parameter in module.parameters()]
    st.init_(module, RULES, seed=42)
    assert driver.set() - before == 2
    assert driver.stream() == 1234
    st.init_(other, RULES, seed=42)
    for found, expected, version in zip(
        module.parameters(), other.parameters(), versions, strict=True
    ):
        assert on_gpu.is_library(found)
        assert torch.equal(found, expected)
        assert found._version == version + 1


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensors_of_any_strides_have_the_values_of_the_cpu(driver, on_gpu, dtype):
    views = {
        "all": lambda x: x,
        "rows": lambda x: x[3:7],
        "columns": lambda x: x[:, 5:17],
        "column": lambda x: x[:, 5],
        "transposed": lambda x: x.t(),
        "every other": lambda x: x[::2],
    }
    for name, view in views.items():
        whole, expected = on_gpu(30, 40, dtype=dtype), torch.full((30, 40), 7, dtype=dtype)
        before = driver.set()
        st.fill_(view(whole), "torch.normal_", seed=42, path="w")
        assert driver.set() - before == 1, name
        made = torch.empty(view(expected).shape, dtype=dtype)
        st.fill_(made, "torch.normal_", seed=42, path="w")
        view(expected).copy_(made)
        assert torch.equal(whole, expected), name


def test_pieces_are_filled_where_they_are(driver, on_gpu, monkeypatch):
    piece = st.Piece
    cases = [
        ((67, 27), [piece((3, 10), (0, 0), (67, 27))], 1),
        ((70, 30), [piece((3, 10), (1, 2), (67, 27))], 1),
        ((1, 30), [piece((3, 10), (0, 2), (1, 27))], 1),
        ((40, 100), [piece((3, 0), (0, 0), (20, 100)), piece((60, 0), (20, 0), (20, 100))], 1),
        ((40, 100), [piece((3, 0), (0, 0), (20, 99)), piece((60, 0), (20, 0), (20, 100))], 2),
    ]
    for shape, pieces, launches in cases:
        found, expected = on_gpu(*shape), torch.full(shape, 7.0)
        before = driver.set()
        for memory in (found, expected):
            place = st.Pieces((90, 100), memory, tuple(pieces))
            st.fill_(place, "torch.xavier_normal_", seed=42, path="w")
        assert driver.set() - before == launches
        assert torch.equal(found, expected)
    # Slab by slab.
    monkeypatch.setattr(staging, "SLAB", 1000)
    found, expected = on_gpu(70, 30), torch.full((70, 30), 7.0)
    for memory in (found, expected):
        st.fill_(st.Pieces((90, 100), memory, (cases[1][1])), "torch.normal_", seed=42, path="w")
    assert torch.equal(found, expected)
    found, expected = on_gpu(1000), torch.empty(1000)
    for memory in (found, expected):
        st.fill_(st.Span((90, 100), memory, 777), "torch.normal_", seed=42, path="w")
    assert torch.equal(found, expected)


def test_dependent_elements_are_made_on_the_cpu(driver, on_gpu):
    for name, options in (("orthogonal_", {}), ("sparse_", {"sparsity": 0.5}), ("eye_", {})):
        found, expected = on_gpu(30, 20), torch.empty(30, 20)
        before = driver.set()
        for memory in (found, expected):
            st.fill_(memory, f"torch.{name}", seed=42, path="w", **options)
        assert driver.set() == before
        assert torch.equal(found, expected)


class Memory:
    """A tensor of which a test asks for no more than its device."""

    def __init__(self, device):
        self.device = torch.device(device)


def test_kernels_run_where_the_driver_and_the_gpu_can(driver, monkeypatch):
    capturing = []
    monkeypatch.setattr(gpu, "_usable", {})
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: bool(capturing))
    assert gpu.device(Memory("cpu")) is None
    assert gpu.device(Memory("meta")) is None
    assert gpu.device(Memory("cuda:1")) == 1
    assert gpu.device(Memory("cuda:7")) is None
    capturing.append(True)
    assert gpu.device(Memory("cuda:1")) == 1
    with pytest.raises(RuntimeError, match="first fill on cuda:0 loads the kernels.*before"):
        gpu.device(Memory("cuda:0"))
    capturing.clear()
    driver.set(version=11_040)
    gpu._usable.clear()
    # Such a tensor is filled through buffers of the host.
    assert gpu.device(Memory("cuda:3")) is None
    driver.set()
    monkeypatch.setattr(torch, "version", types.SimpleNamespace(hip="6.4"))
    assert gpu.device(Memory("cuda:0")) is None
