"""Measures the initialization of sharded models of PyTorch, in seconds of one thread and bytes of memory.

    python benches/sharded_init.py shards [--size 16384]
    python benches/sharded_init.py models [--layers 2]
    python benches/sharded_init.py whole [--layers 16]

`shards`: a process's part of a bfloat16 matrix, by rows, by columns and by both, against the whole. `models`:
what one of eight processes spends on Llama 3 8B with fewer layers: PyTorch's own initialization of the whole,
the whole made by every process, of which it keeps its part, a seed checkpoint, and `init_`. `whole`: `init_`
in one process, with the memory it takes beside the parameters. Each way runs in a process of its own.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import seedbed.torch as st
import torch
from torch import nn

WORLD = 8


def llama(layers, device="meta", dtype=torch.bfloat16):
    """The parameters of Llama 3 8B with so many layers, by the names of transformers."""

    class Weight(nn.Module):
        def __init__(self, *shape):
            super().__init__()
            self.weight = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))

    class Group(nn.ModuleDict):
        def forward(self):
            raise NotImplementedError

    def layer():
        attention = {"q_proj": Weight(4096, 4096), "k_proj": Weight(1024, 4096)}
        attention |= {"v_proj": Weight(1024, 4096), "o_proj": Weight(4096, 4096)}
        mlp = {"gate_proj": Weight(14336, 4096), "up_proj": Weight(14336, 4096)}
        mlp["down_proj"] = Weight(4096, 14336)
        norms = {"input_layernorm": Weight(4096), "post_attention_layernorm": Weight(4096)}
        return Group({"self_attn": Group(attention), "mlp": Group(mlp), **norms})

    inner = {"embed_tokens": Weight(128256, 4096), "norm": Weight(4096)}
    inner["layers"] = nn.ModuleList(layer() for _ in range(layers))
    return Group({"model": Group(inner), "lm_head": Weight(128256, 4096)})


def own(tensor):
    """PyTorch's own initialization of a tensor."""
    nn.init.trunc_normal_(tensor, std=0.02) if tensor.dim() > 1 else nn.init.ones_(tensor)


def sharded(layers):
    """The model as one of the processes has it, without the others."""
    from torch.distributed.fsdp import fully_shard
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch.distributed.init_process_group("fake", rank=3, world_size=WORLD, store=FakeStore())
    mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (WORLD,))
    model = llama(layers)
    for layer in model["model"]["layers"]:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model.to_empty(device="cpu")


def way(name, layers, directory):
    """Runs one way, and prints its seconds of all threads, its seconds by the clock, and its peak memory."""
    torch.set_num_threads(1)
    with torch.no_grad():
        model = llama(layers, "cpu") if name in ("own", "init_ whole") else sharded(layers)
        parameters = list(model.parameters())
        bytes_here = sum(st.pieces(p).elements * p.element_size() for p in parameters)
        spent, started = time.process_time(), time.perf_counter()
        if name == "own":
            for parameter in parameters:
                own(parameter)
        elif name == "everywhere":
            for parameter in parameters:
                whole = torch.empty(parameter.shape, dtype=parameter.dtype)
                own(whole)
                local = parameter.to_local()
                local.copy_(whole.chunk(WORLD)[3])
        elif name == "checkpoint":
            import torch.distributed.checkpoint as dcp

            state = {key: tensor.detach() for key, tensor in model.named_parameters()}
            reader = dcp.HuggingFaceStorageReader(directory)
            dcp.load(state, storage_reader=reader, no_dist=True)
        else:
            st.init_(model, st.recipe("llama", model), seed=42, threads=1)
        spent, wall = time.process_time() - spent, time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps({"way": name, "seconds": spent, "wall": wall, "here": bytes_here, "peak": peak})
    )


def models(layers, command):
    with tempfile.TemporaryDirectory() as directory:
        names = ["own", "everywhere", "init_"]
        if command:
            with open(f"{directory}/headers.json", "w") as file:
                json.dump(st.spec(llama(layers)), file)
            given = ["--like", f"{directory}/headers.json", "--recipe", "llama", "--seed", "42"]
            subprocess.run([command, "new", *given, "--out", f"{directory}/model"], check=True)
            names.append("checkpoint")
        for name in names:
            print(run(name, layers, f"{directory}/model"))


def run(name, layers, directory="-"):
    given = [sys.executable, __file__, "way", "--name", name, "--layers", str(layers)]
    output = subprocess.run([*given, "--directory", directory], check=True, stdout=subprocess.PIPE)
    found = json.loads(output.stdout.splitlines()[-1])
    sizes = f"{found['here'] / 1e9:6.2f} GB here  {found['peak'] / 1e9:6.2f} GB at most"
    return f"{name:12} {found['seconds']:7.2f} s  {found['wall']:7.2f} s by the clock  {sizes}"


def shards(size):
    """The time of parts of a matrix, each as a share of the whole's, by turns."""
    shape, origin = (size, size), (0, 0)
    parts = {
        "whole": shape,
        "rows": (size // 8, size),
        "columns": (size, size // 8),
        "both": (size // 2, size // 4),
    }
    times = {name: [] for name in parts}
    memory = {name: torch.empty(part, dtype=torch.bfloat16) for name, part in parts.items()}
    for _ in range(5):
        for name, part in parts.items():
            start = tuple(whole - size for whole, size in zip(shape, part, strict=True))
            place = st.Pieces(shape, memory[name], (st.Piece(start, origin, part),))
            spent = time.process_time()
            st.fill_(place, "torch.normal_", std=0.02, seed=1, path="w", threads=1)
            times[name].append(time.process_time() - spent)
    whole = min(times["whole"])
    for name, spent in times.items():
        share = memory[name].numel() / memory["whole"].numel()
        print(
            f"{name:8} {share:6.1%} of the elements  {min(spent) / whole:6.1%} of the time, at least "
            f"{min(spent) * 1e3:.1f} ms, median {statistics.median(spent) * 1e3:.1f} ms"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["shards", "models", "whole", "way"])
    parser.add_argument("--size", type=int, default=16384)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--command", help="the command seedbed, which writes the seed checkpoint")
    parser.add_argument("--name")
    parser.add_argument("--directory")
    given = parser.parse_args()
    if given.what == "shards":
        shards(given.size)
    elif given.what == "way":
        way(given.name, given.layers, given.directory)
    elif given.what == "models":
        models(given.layers, given.command)
    else:
        print(run("init_ whole", given.layers))


if __name__ == "__main__":
    main()
