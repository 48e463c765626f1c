"""What the tests of `seeded` share."""

import seedbed.torch as st
import torch
from torch import nn

SEED = 42
FUNCTIONS = {
    "uniform_": {"a": -0.5, "b": 2.0},
    "normal_": {"mean": 1.0, "std": 0.25},
    "trunc_normal_": {"std": 0.5, "a": -1.0, "b": 0.75},
    "xavier_uniform_": {"gain": 2.0},
    "xavier_normal_": {},
    "kaiming_uniform_": {"a": 5**0.5},
    "kaiming_normal_": {"mode": "fan_out", "nonlinearity": "relu"},
    "orthogonal_": {"gain": 0.5},
    "sparse_": {"sparsity": 0.25, "std": 0.1},
}


class Weight(nn.Module):
    def __init__(self, *shape, dtype=torch.float32):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape, dtype=dtype))


def drawn(module, code, seed=SEED, **options):
    """Runs init code within `seeded`, and returns the report."""
    with st.seeded(module, seed, **options) as draws:
        code()
    return draws


def filled(shape, name, path="weight", dtype=torch.float32, seed=SEED, **parameters):
    return st.fill_(torch.empty(shape, dtype=dtype), name, seed=seed, path=path, **parameters)


def same_parameters(some, others):
    for (name, left), (other, right) in zip(
        some.named_parameters(), others.named_parameters(), strict=True
    ):
        assert name == other
        assert torch.equal(left, right), name
