"""Times of fills beside those of torch.nn.init.

A call's time is that of one of five calls in a row, with what Python does. The GPU's time is between two events,
behind work that lasts until all is launched.
"""

import seedbed
import seedbed.torch as st
import torch
from gpt2 import RULES, gpt2
from seedbed.torch import gpu
from shared import clock

init = torch.nn.init
NORMAL = seedbed.Initializer("torch.normal_", std=0.02)
UNIFORM = seedbed.Initializer("torch.uniform_", a=-0.5, b=0.5)


def on_gpu(work):
    """Returns the least time of the GPU's, in microseconds."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    times = []
    for _ in range(8):
        torch.cuda._sleep(20_000_000)
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end) * 1e3)
    return min(times)


def sizes():
    print("us a call, us on the GPU, GB/s there; torch | seedbed")
    for name, ours, theirs in (
        ("normal", NORMAL, lambda x: init.normal_(x, 0.0, 0.02)),
        ("uniform", UNIFORM, lambda x: init.uniform_(x, -0.5, 0.5)),
    ):
        for dtype in (torch.float32, torch.bfloat16):
            for bits in range(12, 29, 4):
                x = torch.empty(1 << bits, device="cuda", dtype=dtype)
                row(f"{name} {str(dtype)[6:]} 2^{bits}", x, ours, theirs)


def row(name, x, ours, theirs):
    cells = []
    for work in (lambda: theirs(x), lambda: st.fill_(x, ours, seed=5, path="x")):
        call, alone = clock(work, torch.cuda.synchronize, 0.1), on_gpu(work)
        cells.append(f"{call:8.1f} {alone:8.1f} {x.nbytes / alone / 1e3:6.0f}")
    print(f"{name:>22}: {' | '.join(cells)}")


def model():
    module, rules = gpt2("cuda"), seedbed.Rules(RULES)

    def by_torch():
        for name, parameter in module.named_parameters():
            if name.endswith("bias"):
                init.zeros_(parameter)
            elif "ln_" in name:
                init.ones_(parameter)
            else:
                init.normal_(parameter, 0.0, 0.02)

    kept, launch = [], gpu.Launches.launch

    def keep(launches):
        kept.extend(launches._fills[0])
        launch(launches)

    gpu.Launches.launch = keep
    st.init_(module, rules, seed=42)
    gpu.Launches.launch = launch
    for name, work in (
        ("torch.nn.init", by_torch),
        ("init_", lambda: st.init_(module, rules, seed=42)),
        ("its launches", lambda: seedbed._seedbed._fill_gpu(0, gpu.stream(0), kept)),
    ):
        call = clock(work, torch.cuda.synchronize)
        print(
            f"GPT-2, 148 tensors in float32, {name}: {call:.0f} us, on the GPU {on_gpu(work):.0f}"
        )


def columns():
    x = torch.empty(4096, 5000, device="cuda")
    for name, view in (("4096 by 5000", x), ("4096 columns of it", x[:, :4096])):
        us = on_gpu(lambda view=view: st.fill_(view, NORMAL, seed=5, path="x"))
        print(f"{name}: {us:.0f} us on the GPU, {view.numel() * 4 / us / 1e3:.0f} GB/s")


print(torch.cuda.get_device_name(), torch.__version__)
sizes()
model()
columns()
