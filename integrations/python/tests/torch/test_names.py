"""Names without the words of wrappers, ties and renamed paths."""

import pytest
import torch
from models import Mlp
from seedbed.torch import names
from torch import nn


def of(module):
    return [named.name for named in names.parameters(module)]


PLAIN = of(Mlp())


class PeftModel(nn.Module):
    def __init__(self, tuner):
        super().__init__()
        self.base_model = tuner


class BaseTuner(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model


class LoraLayer(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.base_layer = layer
        self.lora_A = nn.Linear(2, 2, bias=False)


class BaseTunerLayer(LoraLayer):
    pass


def test_a_plain_module_has_its_own_names():
    assert of(Mlp()) == [name for name, _ in Mlp().named_parameters()]


def test_wrappers_leave_no_word():
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
    from torch.optim.swa_utils import AveragedModel

    inner = Mlp()
    inner.up = checkpoint_wrapper(inner.up)
    inner.down = torch.compile(inner.down)
    assert any("_checkpoint_wrapped_module." in name for name, _ in inner.named_parameters())
    assert any("_orig_mod." in name for name, _ in inner.named_parameters())
    for wrapped in [
        inner,
        torch.compile(inner),
        nn.DataParallel(inner),
        AveragedModel(torch.compile(Mlp())),
        PeftModel(BaseTuner(Mlp())),
    ]:
        assert of(wrapped) == PLAIN, type(wrapped)


def test_only_wrappers_lose_a_word():
    """A child that is called as a wrapper's, or a child of the same name further below, stays."""
    module = nn.Module()
    module.module = nn.Module()
    module.module.module = nn.Linear(2, 2, bias=False)
    assert of(module) == ["module.module.weight"]
    assert of(nn.DataParallel(module)) == ["module.module.weight"]


def test_adapters_keep_their_names_and_give_the_layer_its_own():
    module = nn.ModuleDict({"q_proj": BaseTunerLayer(nn.Linear(2, 2, bias=False))})
    assert of(module) == ["q_proj.weight", "q_proj.lora_A.weight"]


def test_parametrizations_are_the_tensor_that_they_make():
    module = nn.ModuleDict({"a": nn.Linear(4, 4), "b": nn.Linear(4, 4)})
    nn.utils.parametrizations.orthogonal(module["a"])
    nn.utils.parametrizations.weight_norm(module["b"])
    assert sorted(of(module)) == ["a.bias", "a.weight", "b.bias", "b.weight0", "b.weight1"]


def test_all_names_of_a_shared_tensor_are_given():
    module = nn.ModuleDict({"a": nn.Linear(2, 2, bias=False), "b": nn.Linear(2, 2, bias=False)})
    module["b"].weight = module["a"].weight
    assert of(module) == ["a.weight", "b.weight"]


def test_buffers_are_named_alike():
    module = torch.compile(nn.Sequential(nn.BatchNorm1d(3)))
    assert [named.name for named in names.buffers(module)] == [
        "0.running_mean", "0.running_var", "0.num_batches_tracked",
    ]  # fmt: skip


def test_paths_follow_ties_and_are_renamed():
    ties = {"head": "embed", "embed": "wte"}
    assert names.path_of("head", ties, None) == "wte"
    assert names.path_of("head", ties, {"wte": "tok"}) == "tok"
    assert names.path_of("other", ties, str.upper) == "OTHER"
    with pytest.raises(ValueError, match="ties lead from 'a' back to 'a'"):
        names.path_of("a", {"a": "b", "b": "a"}, None)
    with pytest.raises(ValueError, match="rename gives 'a' the path ''"):
        names.path_of("a", {}, {"a": ""})
    with pytest.raises(ValueError, match="rename gives 'a' the path None"):
        names.path_of("a", {}, lambda _: None)


def test_ties_are_those_of_the_model():
    module = nn.Linear(2, 2)
    assert names.aliases(module, None) == {}
    module.all_tied_weights_keys = {"head": "embed"}
    assert names.aliases(module, None) == {"head": "embed"}
    assert names.aliases(module, {}) == {}
    with pytest.raises(TypeError, match="ties is of type list, but must be a map"):
        names.aliases(module, ["head"])
