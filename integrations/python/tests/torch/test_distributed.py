"""Several processes of `torch.distributed`, by gloo on the CPU: what they hold together is what one holds."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest
import seedbed.torch as st
import torch
from workers import Workers

PACKAGE = pathlib.Path(__file__).parents[2]


def test_pieces_of_distributed_tensors(four):
    four.run("distributed_tensors")


@pytest.mark.parametrize("rows", [8, 5, 3, 1])
def test_pieces_of_fully_sharded_rows(four, rows):
    held = four.run("numbered_fsdp", rows)
    assert sum(held.values()) == 3 * rows


@pytest.mark.parametrize("layout", ["fsdp", "hsdp", "tp", "fsdp and tp"])
def test_layouts_have_the_values_of_one_process(four, layout):
    four.run("same_as_alone", layout)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_element_types_in_shards(four, dtype):
    four.run("same_as_alone", "fsdp and tp", dtype)


def test_uneven_and_empty_shards(four):
    held = four.run("same_as_alone", "fsdp", "float32", 3, 7)
    assert len(set(held.values())) > 1
    four.run("same_as_alone", "hsdp", "float32", 5, 9)


def test_padding_is_not_written(four):
    assert list(four.run("padding_stays").values()) == [6, 6, 3, 0]


def test_cpu_offload(four):
    four.run("offloaded")


def test_real_shapes_of_gpt2(four):
    four.run("gpt2_as_alone", 1)


def test_replicas_hold_the_same(four):
    held = four.run("gpt2_digest", 1, [2, 2])
    assert held[0] == held[2] != held[1] == held[3]


def test_a_rank_by_itself_in_any_order(four):
    four.run("partial_module")


def test_unsharded_modules_are_refused(four):
    for kind, message in four.run("unsharded").values():
        assert kind == "ValueError"
        assert "module 'up' is unsharded" in message
        assert "call reshard() first" in message


def test_replicas_are_filled_and_flattened_parameters_refused(four):
    for kind, message in four.run("older_wrappers").values():
        assert kind == "TypeError"
        assert message.startswith("the module is a FullyShardedDataParallel, which flattens")


def test_autograd_sees_writes_of_shards(four):
    for message in four.run("autograd_sees_the_write").values():
        assert "modified by an inplace operation" in message


def test_holders_that_are_refused_are_named(four):
    for rank, messages in four.run("refused_holders").items():
        for name, kind, text in [
            ("partial", "TypeError", "the placement Partial(sum) is not supported"),
            (
                "size",
                "ValueError",
                "the local memory has shape (2, 4), but by the placements (Shard(dim=0),) on the mesh (4,)",
            ),
            ("order", "TypeError", "is cut in the order (1, 0) of its mesh's axes"),
            ("meta", "ValueError", "call module.to_empty(device=..) first"),
        ]:
            found_kind, found = messages[name]
            assert found_kind == kind
            assert text in found
        assert ("outside" in messages) == (rank > 1)
        if rank > 1:
            assert "this process is not in the mesh" in messages["outside"][1]


def test_a_checkpoint_of_the_command_has_the_same_values(four, command, tmp_path):
    """Written by the command, read by PyTorch's own reader into a sharded model."""
    from models import gpt2

    headers = tmp_path / "headers.json"
    headers.write_text(json.dumps(st.spec(gpt2(1, device="meta"))))
    given = ["--like", headers, "--recipe", "gpt2", "--seed", "2026", "--max-shard-size", "100MB"]
    subprocess.run(
        [command, "new", *given, "--out", tmp_path / "model"], check=True, capture_output=True
    )
    assert len(list((tmp_path / "model").glob("*.safetensors"))) > 1
    four.run("checkpoint", str(tmp_path / "model"), 1)


def test_a_rank_that_is_killed_comes_back_alone(tmp_path):
    """The new process talks to nobody, and holds what the old one held."""
    workers = Workers(2, tmp_path)
    try:
        before = workers.run("gpt2_digest", 1, [2])
        killed = workers.processes[1]
        killed.kill()
        killed.wait()
        alone = Workers(2, tmp_path, ranks=[1], backend="fake")
        try:
            assert alone.run("gpt2_digest", 1, [2])[1] == before[1] != before[0]
        finally:
            alone.close()
    finally:
        workers.close()


def test_a_rank_of_hundreds(tmp_path):
    """One process plays a rank of a mesh of 512: replicas, fully_shard over 16 and tensor parallel over 8."""
    workers = Workers(512, tmp_path, ranks=[347], backend="fake")
    try:
        assert workers.run("faked", [4, 16, 8], 1024, 48) == {347: 347}
        ((kind, message),) = workers.run("disagreeing", 50257).values()
        assert kind == "ValueError"
        assert "axis 0 of shape (50257, 4), 50257 long, is cut into 4 and 2 parts" in message
        assert "pad the axis to a multiple of 8" in message
    finally:
        workers.close()


def test_the_example_has_the_same_weights_on_any_number_of_processes(tmp_path):
    """A model from the meta device, sharded and trained: equal weights, and losses as the arithmetic allows."""
    outputs = {count: example(count) for count in [1, 2, 4]}
    assert len(outputs[1]) == 21
    assert outputs[1][0].startswith("weights ")
    assert float(outputs[1][-1].split()[-1]) < float(outputs[1][1].split()[-1])
    # All processes have the same batch, and the mean of two or four equal gradients is exact.
    assert outputs[2] == outputs[1]
    assert outputs[4] == outputs[1]


def small_programs():
    """The programs of the page, with a smaller model."""
    text = (PACKAGE / "docs" / "pytorch.md").read_text()
    small = text.replace(
        "GPT2Config()", "GPT2Config(n_layer=2, n_embd=32, n_head=2, vocab_size=99)"
    )
    assert small != text
    return [block.split("```")[0] for block in small.split("```python\n")[1:]]


def test_the_program_of_the_page_runs(tmp_path):
    pytest.importorskip("transformers", reason="transformers is not installed")
    (tmp_path / "gpt2.py").write_text(small_programs()[0])
    lines = example(2, tmp_path / "gpt2.py")
    assert lines[0].startswith("28 tensors, ")
    (line,) = (line for line in lines if line.startswith("transformer.h.*.mlp.c_proj.weight"))
    assert line.split()[1:6] == ["x", "2", "128", "x", "32"]


def test_the_checkpoint_of_the_page_is_the_model(command, tmp_path, monkeypatch):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    load_file = pytest.importorskip("safetensors.torch").load_file
    monkeypatch.chdir(tmp_path)
    exec(small_programs()[1], {})
    text = (PACKAGE / "docs" / "pytorch.md").read_text()
    (line,) = text.split("```console\n$ seedbed ")[1].split("```")[0].splitlines()
    subprocess.run([command, *line.split()], check=True, capture_output=True)
    sizes = {"n_layer": 2, "n_embd": 32, "n_head": 2, "vocab_size": 99}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))
    st.init_(model, st.recipe("gpt2", model), seed=42)
    file = load_file("gpt2/model.safetensors")
    assert file.keys() == dict(model.named_parameters()).keys()
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, file[name]), name


def example(count, path=PACKAGE / "examples" / "sharded_gpt2.py"):
    """The lines that a program prints on so many processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    running = []
    for rank in range(count):
        world = {
            "RANK": str(rank),
            "WORLD_SIZE": str(count),
            "OMP_NUM_THREADS": "1",
            "RAYON_NUM_THREADS": "1",
        }
        environment = os.environ | address | world
        running.append(
            subprocess.Popen(
                [sys.executable, str(path)], env=environment, stdout=subprocess.PIPE, text=True
            )
        )
    outputs = [process.communicate()[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    return outputs[0].splitlines()
