"""`init_` on modules of one process: rules, ties, buffers, reports and refusals."""

import warnings

import pytest
import seedbed
import seedbed.torch as st
import torch
from models import RULES, Mlp
from torch import nn


def init(module, rules=RULES, **given):
    return st.init_(module, rules, **({"seed": 42} | given))


def values(module):
    return {
        name: tensor.detach().clone()
        for name, tensor in module.named_parameters(remove_duplicate=False)
    }


def test_parameters_have_their_own_values_in_any_order():
    module = Mlp()
    report = init(module)
    for entry in report.filled:
        alone = st.fill_(torch.empty(entry.shape), entry.initializer, seed=42, path=entry.path)
        assert torch.equal(module.get_parameter(entry.name), alone)
    # Part of a model by itself.
    part = Mlp()
    init(part.up, [("up.bias", RULES[1][1]), ("*", RULES[2][1])], rename="up.{}".format)
    assert torch.equal(part.up.weight, module.up.weight)
    assert torch.equal(part.up.bias, module.up.bias)


def test_pairs_follow_the_layout_of_pytorch():
    module = nn.Linear(1000, 10, bias=False)
    init(module, [("*", "keras.lecun_normal")])
    # By the fan-in of (out, in).
    assert abs(float(module.weight.detach().std()) * 1000**0.5 - 1) < 0.05
    # Rules keep the layouts they were made with.
    init(module, seedbed.Rules([("*", "keras.lecun_normal")]))
    assert abs(float(module.weight.detach().std()) * 10**0.5 - 1) < 0.05


def test_wrapped_modules_have_the_same_values():
    plain, wrapped = Mlp(), Mlp()
    init(plain)
    report = init(torch.compile(wrapped))
    assert [entry.name for entry in report.filled] == [name for name, _ in plain.named_parameters()]
    for left, right in zip(plain.parameters(), wrapped.parameters(), strict=True):
        assert torch.equal(left, right)


class Tied(nn.Module):
    def __init__(self, same=False):
        super().__init__()
        self.embed = nn.Embedding(12, 8)
        self.head = nn.Linear(8, 12, bias=False)
        if same:
            self.head.weight = self.embed.weight


TIES = {"head.weight": "embed.weight"}
NORMAL = [("*", "torch.normal_")]


def test_tied_tensors_have_equal_values_wherever_they_are():
    alone = init_of(Tied(same=True))["embed.weight"]
    apart = Tied()
    report = init(apart, NORMAL, ties=TIES)
    assert torch.equal(apart.head.weight, alone)
    assert torch.equal(apart.embed.weight, alone)
    assert [entry.path for entry in report.filled] == ["embed.weight"] * 2
    # The last stage of a pipeline has only the head.
    stage = Tied()
    del stage.embed
    init(stage, NORMAL, ties=TIES)
    assert torch.equal(stage.head.weight, alone)
    # Without ties they are two tensors.
    assert not torch.equal(init_of(Tied())["head.weight"], alone)


def init_of(module, **given):
    init(module, NORMAL, **given)
    return values(module)


def test_tied_tensors_of_two_shapes_are_refused():
    module = Tied()
    module.head = nn.Linear(8, 13, bias=False)
    before = values(module)
    with pytest.raises(
        ValueError, match=r"'head.weight' of shape \(13, 8\) is tied to 'embed.weight' of shape"
    ):
        init(module, NORMAL, ties=TIES)
    assert all(torch.equal(before[name], after) for name, after in values(module).items())


def test_two_tensors_of_one_path_are_refused():
    with pytest.raises(ValueError, match="'embed.weight' and 'head.weight' have the same path 'w'"):
        init(Tied(), NORMAL, rename=lambda _: "w")


def test_parameters_without_a_rule_are_all_listed():
    module = Mlp()
    before = values(module)
    with pytest.raises(ValueError, match="no rule matches 4 parameters") as error:
        init(
            module,
            [
                *[("*.weight", "torch.ones_"), ("norm.weight", "torch.ones_")][1:],
                ("up.weight", "torch.ones_"),
            ],
        )
    assert str(error.value).splitlines()[1:] == [
        "  norm.bias",
        "  up.bias",
        "  down.weight",
        "  down.bias",
    ]
    assert all(torch.equal(before[name], after) for name, after in values(module).items())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = init(module, [("*.bias", "torch.zeros_")], strict=False)
    assert report.unmatched == ["norm.weight", "up.weight", "down.weight"]
    assert torch.equal(module.up.weight, before["up.weight"])
    assert not module.up.bias.detach().any()


def test_rules_that_match_nothing_are_named():
    rules = [("c_proj.weight", "torch.ones_"), *RULES, ("*.late", "torch.ones_")]
    with pytest.warns(UserWarning, match=r"rules that match nothing: c_proj.weight, \*.late"):
        report = init(Mlp(), rules)
    assert report.unused == ["c_proj.weight", "*.late"]


def test_nothing_is_written_before_everything_is_checked():
    module = nn.Sequential(
        nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False), nn.Conv1d(2, 2, 2, bias=False)
    )
    before = values(module)
    for rules, given, message in [
        # The last parameter is not of rank 2.
        ([("*", "torch.eye_")], {}, "2.weight"),
        (NORMAL, {"seed": -1}, "seed is -1"),
        (NORMAL, {"buffers": "fill"}, "buffers is 'fill', but must be \"keep\" or rules"),
        (NORMAL, {"threads": 0}, "threads is 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            init(module, rules, **given)
    module.append(nn.Linear(3, 3, device="meta", bias=False))
    with pytest.raises(
        ValueError, match=r"parameter '3.weight': .* call module.to_empty\(device=..\) first"
    ):
        init(module, NORMAL)
    module[3] = nn.Linear(3, 3, bias=False)
    module[3].weight = nn.Parameter(torch.zeros(3, 3, dtype=torch.int8), requires_grad=False)
    with pytest.raises(TypeError, match="parameter '3.weight': the tensor has dtype torch.int8"):
        init(module, NORMAL)
    for name, tensor in before.items():
        assert torch.equal(module.get_parameter(name), tensor)


def test_rules_of_a_wrong_kind_are_refused():
    with pytest.raises(TypeError, match=r"rules is the text 'gpt2'.*recipe\('gpt2', module\)"):
        init(Mlp(), "gpt2")
    with pytest.raises(TypeError):
        init(Mlp(), 3)


def test_buffers_are_kept_or_filled_by_rules_of_their_own():
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3))
    module.to_empty(device="cpu")
    module[0].running_var.fill_(5)
    report = init(module, [("*", "torch.zeros_")])
    assert report.buffers == ["0.running_mean", "0.running_var", "0.num_batches_tracked"]
    assert (module[0].running_var == 5).all()
    report = init(module, [("*", "torch.zeros_")], buffers=[("*running_var", "torch.ones_")])
    assert report.buffers == ["0.running_mean", "0.num_batches_tracked"]
    assert (module[0].running_var == 1).all()
    # Of the same pattern, type and shape as a parameter.
    module[0].weight.detach().fill_(5)
    with pytest.raises(ValueError, match="0.running_mean"):
        init(module, [("*", "torch.zeros_")], buffers=[("*", "torch.eye_")])
    assert (module[0].weight == 5).all()
    with pytest.raises(
        TypeError, match="buffer '0.num_batches_tracked': the tensor has dtype torch.int64"
    ):
        init(module, [("*", "torch.zeros_")], buffers=[("*", "torch.ones_")])


def test_the_report_prints_a_table():
    module = nn.Module()
    module.layers = nn.ModuleList(Mlp() for _ in range(3))
    module.register_buffer("inv_freq", torch.ones(4))
    with pytest.warns(UserWarning, match="never"):
        report = init(module, [*RULES, ("never", "torch.ones_")])
    text = str(report)
    count = sum(p.numel() for p in module.parameters())
    assert text.splitlines()[0] == f"18 tensors, {count:,} elements, {count:,} of them here"
    (line,) = (line for line in text.splitlines() if line.startswith("layers.*.up.weight"))
    assert line.split()[:7] == ["layers.*.up.weight", "x", "3", "32", "x", "16", "100%"]
    assert "rules that match nothing: never" in text
    assert "buffers that were not filled: inv_freq" in text
    assert repr(report) == f"<Report: {text.splitlines()[0]}>"


def test_lazy_parameters_are_refused_by_name():
    with pytest.raises(ValueError, match="parameter '0.weight': the tensor has no shape yet"):
        init(nn.Sequential(nn.LazyLinear(3)), NORMAL)


def test_flattened_parameters_are_refused(monkeypatch):
    class FullyShardedDataParallel(nn.Module):
        def __init__(self, module):
            super().__init__()
            self._fsdp_wrapped_module = module
            self._handle = type("Handle", (), {"uses_sharded_strategy": True})()

    module = nn.ModuleDict({"a": FullyShardedDataParallel(nn.Linear(2, 2))})
    with pytest.raises(TypeError, match="module 'a' is a FullyShardedDataParallel, which flattens"):
        init(module, NORMAL)
    module["a"]._handle.uses_sharded_strategy = False
    assert [entry.name for entry in init(module, NORMAL).filled] == ["a.weight", "a.bias"]
