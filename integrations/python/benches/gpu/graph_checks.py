"""Checks of CUDA graphs of PyTorch, in a process in which nothing was filled before."""

import seedbed.torch as st
import torch
from shared import KINDS, check, finish, refused


@check(
    "torch graphs: the first fill of all is refused, and other kinds than the first are captured"
)
def _():
    x = torch.zeros(5000, device="cuda")

    def capture():
        with torch.cuda.graph(torch.cuda.CUDAGraph()):
            st.fill_(x, "torch.normal_", seed=5, path="x")

    refused(capture, RuntimeError, "before the capture")
    torch.cuda.synchronize()
    st.fill_(x, "torch.normal_", seed=5, path="x")
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        for name, (initializer, options) in KINDS.items():
            y, expected = (torch.zeros(50, 100, dtype=dtype, device=d) for d in ("cuda", "cpu"))
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                st.fill_(y, initializer, seed=5, path=name, **options)
            graph.replay()
            st.fill_(expected, initializer, seed=5, path=name, **options)
            assert torch.equal(y.cpu(), expected), (dtype, name)


finish()
