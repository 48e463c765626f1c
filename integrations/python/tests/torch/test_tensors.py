"""CPU tensors of PyTorch as arrays, and the example of a module."""

import pathlib
import runpy

import numpy as np
import pytest
import torch
from common import NORMAL, filled

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "torch_module.py"
RULES = [("*.bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")]


@pytest.fixture
def init_module():
    return runpy.run_path(str(EXAMPLE))["init_module"]


def model():
    return torch.nn.Sequential(
        torch.nn.Linear(1024, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)
    )


def assert_he(weight, fan_in):
    weight = weight.detach().double()
    error = float((weight**2).mean().sqrt()) / np.sqrt(2 / fan_in) - 1
    assert abs(error) < 5 / np.sqrt(2 * weight.numel())


def test_tensors_are_filled_in_place():
    expected = torch.from_numpy(filled(NORMAL, (300, 200)))
    for dtype in [torch.float32, torch.float16, torch.bfloat16]:
        tensor = torch.zeros(310, 200, dtype=dtype)
        NORMAL.fill(tensor[10:], seed=42, path="fc.weight")
        assert torch.equal(tensor[10:], expected.to(dtype))
        assert not tensor[:10].any()
    double = torch.empty(30, 40, dtype=torch.float64)
    NORMAL.fill(double, seed=42, path="fc.weight")
    assert np.array_equal(double.numpy(), filled(NORMAL, (30, 40), np.float64))


@pytest.mark.parametrize(
    ("tensor", "error", "message"),
    [
        (torch.zeros(3, device="meta"), ValueError, "array is on the device meta, but must be on"),
        (torch.nn.Parameter(torch.zeros(3)), ValueError, "use tensor.detach()"),
        (torch.zeros(3, dtype=torch.int32), TypeError, "dtype torch.int32, but must have"),
        (torch.zeros(3, dtype=torch.float8_e4m3fn), TypeError, "dtype torch.float8_e4m3fn"),
        (torch.zeros(3, 4).T, ValueError, "not C-contiguous: its shape is"),
        (torch.zeros(3, 8)[:, ::2], ValueError, "not C-contiguous"),
        (torch.zeros(3).to_sparse(), ValueError, "does not export its memory"),
    ],
)
def test_tensors_that_cannot_be_filled_are_refused(tensor, error, message):
    with pytest.raises(error, match=message):
        NORMAL.fill(tensor, seed=42, path="fc.weight")
    assert tensor.is_meta or not tensor.to_dense().float().any()


def test_parameters_are_filled_in_place_by_name(init_module):
    module = model()
    memory = [parameter.data_ptr() for parameter in module.parameters()]
    init_module(module, RULES, seed=42)
    assert [parameter.data_ptr() for parameter in module.parameters()] == memory
    assert_he(module[0].weight, fan_in=1024)
    assert not module[0].bias.detach().any()
    module(torch.ones(3, 1024)).sum().backward()
    assert module[0].weight.grad.any()


def test_bfloat16_is_the_rounded_float32(init_module):
    single, half = model(), model().to(torch.bfloat16)
    init_module(single, RULES, seed=42)
    init_module(half, RULES, seed=42)
    for expected, parameter in zip(single.parameters(), half.parameters(), strict=True):
        assert torch.equal(parameter, expected.to(torch.bfloat16))
