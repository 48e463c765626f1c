"""Models for the tests."""

import torch
from torch import nn


class Affine(nn.Module):
    """A module of a weight and a bias, under whatever names and shapes."""

    def __init__(self, weight, bias=None, dtype=None, device=None):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(weight, dtype=dtype, device=device))
        if bias is not None:
            self.bias = nn.Parameter(torch.empty(bias, dtype=dtype, device=device))


class Group(nn.ModuleDict):
    """Modules under names. `fully_shard` takes none without a forward method."""

    def forward(self, *_):
        raise NotImplementedError


def gpt2(layers, width=768, vocabulary=50257, positions=1024, **options):
    """Returns a module with the parameters of GPT-2 of these sizes, by their published names."""

    def affine(*shape):
        return Affine(shape, shape[-1:], **options)

    def block():
        attention = Group({"c_attn": affine(width, 3 * width), "c_proj": affine(width, width)})
        mlp = Group({"c_fc": affine(width, 4 * width), "c_proj": affine(4 * width, width)})
        norms = {"ln_1": affine(width), "ln_2": affine(width)}
        return Group({"attn": attention, "mlp": mlp, **norms})

    model = Group()
    model["wte"] = Affine((vocabulary, width), **options)
    model["wpe"] = Affine((positions, width), **options)
    model["h"] = nn.ModuleList(block() for _ in range(layers))
    model["ln_f"] = affine(width)
    return model


class Mlp(nn.Module):
    """Two matrices and a norm, to be cut by rows and by columns."""

    def __init__(self, width=16, hidden=32, dtype=None, device=None):
        super().__init__()
        options = {"dtype": dtype, "device": device}
        self.norm = nn.LayerNorm(width, **options)
        self.up = nn.Linear(width, hidden, **options)
        self.down = nn.Linear(hidden, width, **options)

    def forward(self, x):
        return x + self.down(torch.tanh(self.up(self.norm(x))))


RULES = [
    ("*norm.weight", "torch.ones_"),
    ("*.bias", ("torch.uniform_", {"a": -0.1, "b": 0.1})),
    ("*", "torch.xavier_normal_"),
]
