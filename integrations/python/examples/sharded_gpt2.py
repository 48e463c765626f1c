"""Trains a small GPT-2 from the meta device on any number of processes: torchrun --nproc-per-node=4 .."""

import hashlib

import seedbed.torch as st
import torch
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.functional import cross_entropy, gelu, scaled_dot_product_attention


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.ModuleDict(
            {"c_attn": nn.Linear(width, 3 * width), "c_proj": nn.Linear(width, width)}
        )
        self.mlp = nn.ModuleDict(
            {"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)}
        )

    def forward(self, x):
        q, k, v = self.attn.c_attn(self.ln_1(x)).unflatten(-1, (3, 4, -1)).transpose(1, 3).unbind(2)
        x = x + self.attn.c_proj(
            scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        )
        return x + self.mlp.c_proj(gelu(self.mlp.c_fc(self.ln_2(x))))


class Gpt2(nn.Module):
    def __init__(self, layers=2, width=64, vocabulary=97, positions=32):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.h, self.ln_f = nn.ModuleList(Block(width) for _ in range(layers)), nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe.weight[: tokens.shape[1]]
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.t()


torch.distributed.init_process_group("gloo")
with torch.device("meta"):
    model = Gpt2()
for block in model.h:
    fully_shard(block)
fully_shard(model)
model.to_empty(device="cpu")
report = st.init_(model, st.recipe("gpt2", model), seed=42)

whole = hashlib.sha256(
    b"".join(p.full_tensor().detach().numpy().tobytes() for p in model.parameters())
)
first = torch.distributed.get_rank() == 0
print(f"weights {whole.hexdigest()}\n" if first else "", end="")
tokens = torch.arange(8 * 32).view(8, 32) ** 2 % 97  # the same on every process
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(20):
    loss = cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    print(f"step {step}: loss {loss.item():.9f}\n" if first else "", end="")
torch.distributed.destroy_process_group()
