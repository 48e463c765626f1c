"""`seeded`: the values that init code draws, of whole tensors and of parts, plain and sharded."""

import functools
import math
import warnings

import pytest
import seedbed.torch as st
import torch
from seeding import FUNCTIONS, SEED, Weight, drawn, filled, same_parameters
from torch import nn
from torch.nn import init
from torch.nn.init import kaiming_normal_ as taken_by_name

taken_as_partial = functools.partial(init.trunc_normal_, std=0.02)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_whole_parameter_has_the_values_of_fill(name, dtype):
    module, parameters = Weight(6, 8, dtype=dtype), FUNCTIONS[name]
    expected = filled((6, 8), f"torch.{name}", dtype=dtype, **parameters)
    function = getattr(init, name)
    for target in (
        lambda: module.weight,
        lambda: module.weight.data,
        lambda: module.weight.detach(),
    ):
        with torch.no_grad():
            module.weight.zero_()
        with st.seeded(module, SEED) as draws:
            returned = function(target(), **parameters)
        assert torch.equal(module.weight, expected)
        assert returned.data_ptr() == module.weight.data_ptr()
        (entry,) = draws.drawn
        assert (entry.name, entry.path, entry.rule, entry.span) == ("weight", "weight", name, None)


def test_the_generator_is_not_used_and_arguments_may_be_named():
    module = Weight(6, 8)
    state = torch.get_rng_state()
    drawn(module, lambda: init.normal_(tensor=module.weight, std=0.5, generator=torch.Generator()))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(module.weight, filled((6, 8), "torch.normal_", std=0.5))
    with pytest.raises(TypeError, match="bogus"):
        drawn(module, lambda: init.normal_(module.weight, bogus=1))


PARTS = {
    "rows": lambda w: [w[:2], w[2:3], w[3:]],
    "each row": lambda w: list(w),
    "columns": lambda w: [w[:, :3], w[:, 3:]],
    "every other": lambda w: [w[::2], w[1::2]],
    "flat": lambda w: [w.view(-1)],
    "other shape": lambda w: [w.view(2, 3, 8)],
    "transposed": lambda w: [w.T],
    "transposed parts": lambda w: [w.T[:5], w.T[5:]],
    "chunks": lambda w: w.data.chunk(3, dim=1),
}


@pytest.mark.parametrize("name", ["uniform_", "normal_", "trunc_normal_"])
@pytest.mark.parametrize("parts", PARTS)
def test_parts_have_the_values_of_the_whole(parts, name):
    module, parameters = Weight(6, 8), FUNCTIONS[name]
    expected = filled((6, 8), f"torch.{name}", **parameters)
    for before in (0.0, 7.0):
        nn.init.constant_(module.weight, before)

        def code():
            for part in PARTS[parts](module.weight):
                getattr(init, name)(part, **parameters)

        drawn(module, code)
        assert torch.equal(module.weight, expected)


def test_a_part_leaves_the_rest():
    module = Weight(6, 8)
    draws = drawn(module, lambda: init.normal_(module.weight[2:4, 3:]))
    expected = torch.zeros(6, 8)
    expected[2:4, 3:] = filled((6, 8), "torch.normal_")[2:4, 3:]
    assert torch.equal(module.weight, expected)
    assert draws.drawn[0].span == (19, 32)


def test_fans_are_those_of_the_part():
    module = Weight(6, 8)
    drawn(module, lambda: init.xavier_uniform_(module.weight[:3]))
    bound = 3**0.5 * (2 / (3 + 8)) ** 0.5
    assert torch.equal(module.weight[:3], filled((6, 8), "torch.uniform_", a=-bound, b=bound)[:3])
    drawn(module, lambda: init.kaiming_normal_(module.weight.T))
    assert torch.equal(module.weight, filled((6, 8), "torch.normal_", std=2**0.5 / 6**0.5))


def test_a_matrix_in_a_part_is_a_matrix_of_its_own():
    module = Weight(12, 4, dtype=torch.bfloat16)
    draws = drawn(module, lambda: [init.orthogonal_(part) for part in module.weight.split(4)])
    assert [entry.path for entry in draws.drawn] == [
        "weight[0:16]",
        "weight[16:32]",
        "weight[32:48]",
    ]
    for part, entry in zip(module.weight.split(4), draws.drawn, strict=True):
        assert torch.equal(
            part, filled((4, 4), "torch.orthogonal_", path=entry.path, dtype=torch.bfloat16)
        )
    assert not torch.equal(*module.weight.split(4)[:2])


def test_parameters_that_share_a_storage():
    """As those of cuDNN's recurrent networks do."""
    flat = torch.zeros(20)
    module = nn.Module()
    module.first, module.second = (
        nn.Parameter(flat[:8].view(2, 4)),
        nn.Parameter(flat[8:].view(3, 4)),
    )
    drawn(module, lambda: [init.normal_(module.second.data), init.normal_(module.first.data[1:])])
    assert torch.equal(module.second, filled((3, 4), "torch.normal_", path="second"))
    assert torch.equal(module.first[1:], filled((2, 4), "torch.normal_", path="first")[1:])
    assert not module.first[0].any()


def test_what_took_a_function_before_draws_by_path_too():
    module = Weight(6, 8)
    drawn(module, lambda: taken_as_partial(module.weight))
    assert torch.equal(module.weight, filled((6, 8), "torch.trunc_normal_", std=0.02))
    drawn(module, lambda: taken_by_name(module.weight))
    assert torch.equal(module.weight, filled((6, 8), "torch.kaiming_normal_"))
    with pytest.warns(FutureWarning, match="deprecated"):
        drawn(module, lambda: init.xavier_normal(module.weight))
    assert torch.equal(module.weight, filled((6, 8), "torch.xavier_normal_"))


@pytest.mark.parametrize(
    ("draw", "name", "parameters"),
    [
        (lambda w: w.normal_(), "normal_", {}),
        (lambda w: w.normal_(1.0, std=0.5), "normal_", {"mean": 1.0, "std": 0.5}),
        (lambda w: w.normal_(std=0.5, mean=2.0), "normal_", {"mean": 2.0, "std": 0.5}),
        (lambda w: w.uniform_(), "uniform_", {}),
        (lambda w: w.uniform_(-1, 1), "uniform_", {"a": -1.0, "b": 1.0}),
        (lambda w: w.uniform_(to=3.0), "uniform_", {"a": 0.0, "b": 3.0}),
    ],
)
def test_bare_draws(draw, name, parameters):
    module = Weight(6, 8)
    with torch.no_grad():
        draws = drawn(module, lambda: draw(module.weight))
    assert torch.equal(module.weight, filled((6, 8), f"torch.{name}", **parameters))
    assert draws.drawn[0].rule == name


def test_the_last_draw_counts():
    module = Weight(6, 8)
    for first in (
        lambda: None,
        lambda: init.uniform_(module.weight),
        lambda: init.normal_(module.weight[:2]),
    ):
        with st.seeded(module, SEED) as draws:
            first()
            init.normal_(module.weight, std=0.1)
        assert torch.equal(module.weight, filled((6, 8), "torch.normal_", std=0.1))
        assert [entry.rule for entry in draws.drawn] == ["normal_"]
    draws = drawn(module, lambda: [init.normal_(module.weight), init.uniform_(module.weight[:2])])
    assert [(entry.rule, entry.span) for entry in draws.drawn] == [
        ("normal_", None),
        ("uniform_", (0, 16)),
    ]
    assert torch.equal(module.weight[2:], filled((6, 8), "torch.normal_")[2:])


class Mixed(nn.Module):
    """Layers that are made, and initialised, in the order of their names or against it."""

    def __init__(self, backwards=False):
        super().__init__()
        layers = {
            "attention": lambda: nn.MultiheadAttention(8, 2),
            "conv": lambda: nn.Conv2d(3, 4, 3, groups=1),
            "embed": lambda: nn.Embedding(5, 8, padding_idx=1),
            "linear": lambda: nn.Linear(8, 4),
            "lstm": lambda: nn.LSTM(4, 3),
            "norm": lambda: nn.BatchNorm1d(4),
        }
        for name in sorted(layers, reverse=backwards):
            self.add_module(name, layers[name]())

    def reset_parameters(self):
        for child in self.modules():
            for name in ("reset_parameters", "_reset_parameters"):
                if child is not self and hasattr(child, name):
                    getattr(child, name)()


def test_the_order_of_modules_changes_nothing():
    one, other = Mixed(), Mixed(backwards=True)
    for module, numbers in ((one, 1), (other, 2)):
        torch.manual_seed(numbers)
        draws = drawn(module, module.reset_parameters)
        assert not draws.untouched
        assert not draws.unkeyed
    assert [n for n, _ in one.named_parameters()] != [n for n, _ in other.named_parameters()]
    others = dict(other.named_parameters())
    for name, parameter in one.named_parameters():
        assert torch.equal(parameter, others[name]), name
    assert not one.embed.weight[1].any()
    assert one.embed.weight[0].any()
    assert torch.equal(
        one.attention.in_proj_weight,
        filled((24, 8), "torch.xavier_uniform_", "attention.in_proj_weight"),
    )


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_a_transformer_of_pytorch():
    first, second = nn.Transformer(16, 2, 2, 2, 32), nn.Transformer(16, 2, 2, 2, 32)
    draws = drawn(first, first._reset_parameters)
    drawn(
        second,
        lambda: [
            init.xavier_uniform_(p) for p in reversed(list(second.parameters())) if p.dim() > 1
        ],
    )
    assert len(draws.drawn) == 2 * 4 + 2 * 6
    for (name, left), right in zip(first.named_parameters(), second.parameters(), strict=True):
        assert left.dim() == 1 or torch.equal(left, right), name


@pytest.mark.parametrize(
    ("layout", "width"), [("fsdp", 16), ("fsdp", 18), ("hsdp", 16), ("tp", 16), ("2d", 16)]
)
def test_sharded_models(four, layout, width):
    held = four.run("seeded_cases.as_alone", layout, width)
    assert layout == "tp" or len(held) == 4


def test_parts_of_sharded_parameters_are_refused(four):
    for messages in four.run("seeded_cases.refused_parts").values():
        assert len(messages) == 2
        for message in messages:
            assert "torch.nn.init.normal_ of a tensor that is no part of the module" in message


def published(config, kind):
    """Returns a model of transformers with its own init code drawn by path, as after a start on meta."""
    with torch.device("meta"):
        model = kind(config)
    model.to_empty(device="cpu")
    draws = drawn(model, model.init_weights)
    assert not draws.untouched
    assert not draws.unkeyed
    return model, draws


@pytest.fixture
def transformers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("transformers.modeling_utils") and __import__("transformers")


def test_gpt2_of_transformers(transformers):
    config = transformers.GPT2Config(
        n_layer=2, n_embd=16, n_head=2, vocab_size=50, n_positions=8, bos_token_id=0, eos_token_id=0
    )
    model, draws = published(config, transformers.GPT2LMHeadModel)
    # The projections are drawn twice, first as all other matrices.
    rules = [
        ("*c_proj.weight", ("torch.normal_", {"std": 0.02 / math.sqrt(2 * 2)})),
        ("*ln_*.weight", "torch.ones_"),
        ("*.bias", "torch.zeros_"),
        ("*", ("torch.normal_", {"std": 0.02})),
    ]
    other = transformers.GPT2LMHeadModel(config)
    st.init_(other, rules, seed=SEED)
    same_parameters(model, other)
    assert model.lm_head.weight is model.transformer.wte.weight
    assert len([entry for entry in draws.drawn if entry.name.endswith("c_proj.weight")]) == 4


def test_llama_of_transformers(transformers):
    sizes = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    config = transformers.LlamaConfig(vocab_size=50, **sizes)
    model, _ = published(config, transformers.LlamaForCausalLM)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            assert torch.equal(
                parameter, filled(parameter.shape, "torch.normal_", name, std=0.02)
            ), name
    again = transformers.LlamaForCausalLM(config)
    with pytest.warns(UserWarning, match="transformers has marked it as initialised"):
        drawn(again, again.init_weights)
    for child in again.modules():
        child._is_hf_initialized = False
    drawn(again, again.init_weights)
    same_parameters(model, again)


def test_orthogonal_matrices_of_transformers(transformers):
    """Which transformers makes in float32, for types that the QR decomposition does not take."""
    from transformers import initialization

    module = Weight(4, 4, dtype=torch.bfloat16)
    before = initialization.orthogonal_.__code__
    drawn(module, lambda: initialization.orthogonal_(module.weight, gain=2.0))
    assert torch.equal(
        module.weight, filled((4, 4), "torch.orthogonal_", dtype=torch.bfloat16, gain=2.0)
    )
    assert initialization.orthogonal_.__code__ is before
    module.weight._is_hf_initialized = True
    with pytest.warns(UserWarning, match="drawn nothing"):
        drawn(module, lambda: initialization.orthogonal_(module.weight))
