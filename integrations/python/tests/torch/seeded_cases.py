"""What the processes of `workers` draw within `seeded`."""

import seedbed.torch as st
import torch
from cases import SEED, local, sharded
from models import Mlp
from torch import nn
from torch.distributed.tensor import DTensor


class Own(Mlp):
    """A model with init code of its own."""

    def reset_parameters(self):
        for module in (self.norm, self.up, self.down):
            module.reset_parameters()
        nn.init.trunc_normal_(self.up.weight, std=0.02)
        nn.init.orthogonal_(self.down.weight)
        self.down.bias.data.normal_(0.0, 0.3)


def as_alone(layout, width):
    """Init code that runs on a sharded model gives each rank its part of what it gives one process."""
    alone, model = Own(width), Own(width, device="meta")
    sharded(layout, model)
    model.to_empty(device="cpu")
    for one in (alone, model):
        state = torch.get_rng_state()
        with st.seeded(one, SEED) as draws:
            one.reset_parameters()
        assert torch.equal(torch.get_rng_state(), state)
        assert [entry.rule for entry in draws.drawn] == [
            "trunc_normal_", "uniform_", "orthogonal_", "normal_"
        ]  # fmt: skip
        assert not draws.untouched
    for (name, expected), made in zip(alone.named_parameters(), model.parameters(), strict=True):
        whole = made.full_tensor() if isinstance(made, DTensor) else made
        assert torch.equal(whole, expected), name
    return sum(local(parameter).numel() for parameter in model.parameters())


def refused_parts():
    """A slice of a distributed tensor is a copy, and its local memory a part that only the placements tell: draws
    of both are refused on every rank."""
    model = sharded("fsdp", Own(device="meta"))
    model.to_empty(device="cpu")
    messages = []
    for part in (lambda: model.up.weight[:3], lambda: model.up.weight.to_local()):
        try:
            with st.seeded(model, SEED):
                nn.init.normal_(part())
        except RuntimeError as error:
            messages.append(str(error))
    return messages
