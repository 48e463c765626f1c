"""Recipes of published models, and the list of tensors that the command reads."""

import json
import subprocess

import pytest
import seedbed
import seedbed.torch as st
import torch
from models import RULES, Affine, Mlp, gpt2
from torch import nn


def written(command, directory, headers, *arguments):
    """The tensors that the command writes for these headers."""
    load_file = pytest.importorskip("safetensors.torch").load_file
    (directory / "headers.json").write_text(json.dumps(headers))
    out = directory / "out"
    given = ["--like", directory / "headers.json", "--out", out, "--seed", "2026", *arguments]
    subprocess.run([command, "new", *given], check=True, capture_output=True)
    return load_file(out / "model.safetensors")


def llama(layers, width, **options):
    """The parameters of Llama, by the names of transformers."""

    def linear(*shape):
        return Affine(shape, **options)

    def block():
        attention = {f"{name}_proj": linear(width, width) for name in "qkvo"}
        mlp = {"gate_proj": linear(2 * width, width), "up_proj": linear(2 * width, width)}
        mlp["down_proj"] = linear(width, 2 * width)
        norms = {"input_layernorm": linear(width), "post_attention_layernorm": linear(width)}
        return nn.ModuleDict(
            {"self_attn": nn.ModuleDict(attention), "mlp": nn.ModuleDict(mlp), **norms}
        )

    inner = nn.ModuleDict({"embed_tokens": linear(99, width), "norm": linear(width)})
    inner["layers"] = nn.ModuleList(block() for _ in range(layers))
    return nn.ModuleDict({"model": inner, "lm_head": linear(99, width)})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_recipes_make_the_file_of_the_command(command, name, dtype, tmp_path):
    make = {
        "gpt2": lambda **o: gpt2(3, width=16, vocabulary=50, positions=8, **o),
        "llama": lambda **o: llama(3, 24, **o),
    }[name]
    module = make(dtype=dtype)
    headers = st.spec(make(dtype=dtype, device="meta"))
    file = written(command, tmp_path, headers, "--recipe", name)
    st.init_(module, st.recipe(name, module), seed=2026)
    parameters = dict(module.named_parameters())
    assert parameters.keys() == file.keys()
    for path, tensor in parameters.items():
        assert torch.equal(tensor, file[path]), path


def test_rules_make_the_file_of_the_command(command, tmp_path):
    rules = seedbed.Rules([*RULES[:-1], ("up.*", "keras.he_normal"), RULES[-1]], layout="torch")
    (tmp_path / "rules.json").write_text(rules.to_json())
    module = Mlp()
    file = written(command, tmp_path, st.spec(module, rules), "--rules", tmp_path / "rules.json")
    st.init_(module, rules, seed=2026)
    for path, tensor in module.named_parameters():
        assert torch.equal(tensor, file[path]), path


def test_recipes_need_layers_and_width():
    for call, message in [
        (lambda: st.recipe("gpt3"), "recipe 'gpt3' is not known: it is one of 'gpt2', 'llama'"),
        (lambda: st.recipe("gpt2"), "layers is not given"),
        (lambda: st.recipe("llama", layers=2), "width is not given"),
        (lambda: st.recipe("gpt2", nn.Linear(2, 2)), "layers is not given, and no module tells it"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    # A stage of a pipeline says what the whole model is.
    whole = gpt2(3, width=16, vocabulary=50, positions=8)
    stage = gpt2(2, width=16, vocabulary=50, positions=8)
    path = "h.1.attn.c_proj.weight"
    assert st.recipe("gpt2", stage, layers=3).get(path) == st.recipe("gpt2", whole).get(path)
    assert st.recipe("gpt2", stage).get(path) != st.recipe("gpt2", whole).get(path)


def test_recipes_have_the_rules_that_the_model_needs():
    patterns = [pattern for pattern, _ in json.loads(st.recipe("llama", llama(1, 8)).to_json())]
    assert "*embed_tokens.weight" in patterns
    assert "*tok_embeddings.weight" not in patterns
    # By the names of rules, and of the tensors that others are tied to.
    stage = nn.ModuleDict({"head": Affine((9, 8)), "0": llama(1, 8)["model"]["layers"][0]})
    ties, rename = (
        {"head.weight": "embed_tokens.weight"},
        lambda name: name.replace("0.", "layers.7.", 1),
    )
    given = {"ties": ties, "rename": rename}
    rules = st.recipe("llama", stage, layers=9, width=8, **given)
    report = st.init_(stage, rules, seed=1, **given)
    rule = {entry.path: entry.rule for entry in report.filled}
    assert rule["embed_tokens.weight"] == "*embed_tokens.weight"
    assert rule["layers.7.mlp.up_proj.weight"] == "*layers.7.mlp.up_proj.weight"
    with pytest.raises(ValueError, match="recipe 'gpt2': no parameter of the module has a name"):
        st.recipe("gpt2", stage, layers=1)


def test_a_spec_lists_what_a_checkpoint_has():
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2, dtype=torch.bfloat16))
    module.register_buffer("table", torch.ones(4), persistent=False)
    module.register_module("tied", nn.Linear(3, 2, dtype=torch.bfloat16))
    module.tied.weight = module[1].weight
    headers = st.spec(module)
    assert headers == {
        "0.weight": {"dtype": "F32", "shape": [3]},
        "0.bias": {"dtype": "F32", "shape": [3]},
        "1.weight": {"dtype": "BF16", "shape": [2, 3]},
        "1.bias": {"dtype": "BF16", "shape": [2]},
        "tied.bias": {"dtype": "BF16", "shape": [2]},
        "0.running_mean": {"dtype": "F32", "shape": [3]},
        "0.running_var": {"dtype": "F32", "shape": [3]},
        "0.num_batches_tracked": {"dtype": "I64", "shape": []},
    }
    listed = st.spec(
        module, [("*.weight", "torch.ones_"), ("*.bias", "torch.zeros_"), ("*var", "torch.ones_")]
    )
    assert set(headers) - set(listed) == {"0.running_mean", "0.num_batches_tracked"}
    with pytest.raises(
        ValueError, match="no rule matches 3 parameters:\n  0.bias\n  1.bias\n  tied.bias"
    ):
        st.spec(module, [("*.weight", "torch.ones_")])
    broken = nn.Module()
    broken.w = nn.Parameter(torch.zeros(2, dtype=torch.complex64))
    with pytest.raises(TypeError, match="tensor 'w' has dtype torch.complex64"):
        st.spec(broken)


def test_models_of_transformers_are_tied_and_listed_as_their_files():
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    sizes = {"n_layer": 2, "n_embd": 16, "n_head": 2, "n_positions": 8, "vocab_size": 50}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))
    report = st.init_(model, st.recipe("gpt2", model), seed=1)
    assert torch.equal(model.lm_head.weight, model.transformer.wte.weight)
    # Also where the two are no longer one object.
    model.lm_head.weight = nn.Parameter(torch.empty_like(model.lm_head.weight))
    st.init_(model, st.recipe("gpt2", model), seed=1)
    assert torch.equal(model.lm_head.weight, model.transformer.wte.weight)
    assert len(report.filled) == 28
    with torch.device("meta"):
        meta = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))
    assert list(st.spec(meta)) == [name for name, _ in meta.named_parameters()]


def test_fused_experts_are_listed_by_their_parts(tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    safe_open = pytest.importorskip("safetensors").safe_open
    sizes = {
        "num_hidden_layers": 1,
        "hidden_size": 8,
        "intermediate_size": 12,
        "num_local_experts": 2,
    }
    sizes |= {"num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 20}
    model = transformers.MixtralForCausalLM(transformers.MixtralConfig(**sizes))
    headers = st.spec(model)
    model.save_pretrained(tmp_path)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        saved = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    assert {name: header["shape"] for name, header in headers.items()} == saved
    assert len(saved) > len(list(model.parameters()))
