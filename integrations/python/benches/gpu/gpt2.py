"""The parameters of GPT-2."""

import torch


def gpt2(device):
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
