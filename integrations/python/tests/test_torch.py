"""CPU tensors of PyTorch, through NumPy. Skipped where PyTorch is not installed."""

import pathlib
import runpy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

EXAMPLE = pathlib.Path(__file__).parents[1] / "examples" / "torch_module.py"


@pytest.fixture
def init_module():
    return runpy.run_path(str(EXAMPLE))["init_module"]


def model():
    return torch.nn.Sequential(torch.nn.Linear(1024, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))


def assert_he(weight, fan_in):
    weight = weight.detach().double()
    error = float((weight**2).mean().sqrt()) / np.sqrt(2 / fan_in) - 1
    assert abs(error) < 5 / np.sqrt(2 * weight.numel())


RULES = [("*.bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")]


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


def test_the_example_of_the_guide_runs():
    guide = pathlib.Path(__file__).parents[2] / "README.md"
    example = guide.read_text().split("```python\n")[2].split("```")[0]
    module = model()
    exec("import seedbed\n" + example, {"module": module})
    # The fan-in of (out, in), though the initializer is Keras'.
    assert_he(module[0].weight, fan_in=1024)
