"""Initialises models of PyTorch: the same values in one process and in the shards of any mesh.

`init_` fills what a process holds of a module's parameters, by rules:

    import seedbed.torch as st
    rules = [("*.bias", "torch.zeros_"), ("*norm*", "torch.ones_"), ("*", "torch.kaiming_normal_")]
    print(st.init_(model, rules, seed=42))

The model may be plain, sharded by `fully_shard`, tensor parallel or both, on the CPU, offloaded or on CUDA. No
process talks to another, and none makes more than it holds. `fill_` fills one tensor, `pieces` says which part
of a tensor a process holds, `recipe` returns the rules of published models, and `spec` lists a model's
tensors for the command `seedbed new`, which writes the same values to a checkpoint.
"""

from .fill import fill_
from .init import init_
from .pieces import Piece, Pieces, Span, pieces
from .recipes import recipe
from .report import Entry, Report
from .seeded import seeded
from .spec import spec

__all__ = [
    "Entry", "Piece", "Pieces", "Report", "Span", "fill_", "init_", "pieces", "recipe", "seeded",
    "spec",
]  # fmt: skip
