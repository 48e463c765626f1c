"""`seeded`: what init code draws, what it may not, and what is left of it afterwards."""

import functools
import math
import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import seedbed.torch as st
import torch
from torch import nn
from torch.nn import init
from torch.nn.init import kaiming_normal_ as taken_by_name

SEED = 42
FUNCTIONS = {
    "uniform_": {"a": -0.5, "b": 2.0},
    "normal_": {"mean": 1.0, "std": 0.25},
    "trunc_normal_": {"std": 0.5, "a": -1.0, "b": 0.75},
    "xavier_uniform_": {"gain": 2.0},
    "xavier_normal_": {},
    "kaiming_uniform_": {"a": 5**0.5},
    "kaiming_normal_": {"mode": "fan_out", "nonlinearity": "relu"},
    "orthogonal_": {"gain": 0.5},
    "sparse_": {"sparsity": 0.25, "std": 0.1},
}
CODES = {name: getattr(init, name).__code__ for name in FUNCTIONS}
taken_as_partial = functools.partial(init.trunc_normal_, std=0.02)


@pytest.fixture(autouse=True)
def left_as_it_was():
    """Whatever a test does, PyTorch is as it was when its contexts have ended."""
    yield
    assert {name: getattr(init, name).__code__ for name in FUNCTIONS} == CODES
    assert torch._C._len_torch_dispatch_stack() == 0


class Weight(nn.Module):
    def __init__(self, *shape, dtype=torch.float32):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape, dtype=dtype))


def drawn(module, code, seed=SEED, **options):
    """Runs init code within `seeded`, and returns the report."""
    with st.seeded(module, seed, **options) as draws:
        code()
    return draws


def filled(shape, name, path="weight", dtype=torch.float32, seed=SEED, **parameters):
    return st.fill_(torch.empty(shape, dtype=dtype), name, seed=seed, path=path, **parameters)


def same_parameters(some, others):
    for (name, left), (other, right) in zip(
        some.named_parameters(), others.named_parameters(), strict=True
    ):
        assert name == other
        assert torch.equal(left, right), name


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


UNKEYED = {
    "aten.randn": lambda module: torch.randn(3),
    "aten.rand": lambda module: module.weight.data.copy_(torch.rand(6, 8)),
    "aten.normal": lambda module: torch.normal(0.0, 1.0, (6, 8)),
    "aten.bernoulli_": lambda module: nn.functional.dropout(torch.ones(3)),
    "aten.exponential_": lambda module: module.weight.data.exponential_(),
    "aten.randperm": lambda module: torch.randperm(4),
    "trunc_normal_ of a tensor": lambda module: init.trunc_normal_(torch.empty(3)),
    "orthogonal_ of a tensor": lambda module: init.orthogonal_(torch.empty(3, 3)),
    "Python's random": lambda module: random.random(),
    "NumPy's global": lambda module: np.random.standard_normal(3),
}


@pytest.mark.parametrize("what", UNKEYED)
def test_what_has_no_path_is_refused_or_reported(what):
    module = Weight(6, 8)
    with pytest.raises(
        RuntimeError, match=rf"{what}.*test_seeded\.py:\d+, gives values that the seed"
    ):
        drawn(module, lambda: UNKEYED[what](module))
    assert not module.weight.any()
    with pytest.warns(UserWarning, match="the seed does not decide") as caught:
        draws = drawn(
            module, lambda: [UNKEYED[what](module), init.normal_(module.weight)], strict=False
        )
    (place,) = draws.unkeyed
    assert what in place
    assert "test_seeded.py:" in place
    assert len(caught) == 1
    assert place in str(caught[0].message)
    assert place in str(draws)
    assert torch.equal(module.weight, filled((6, 8), "torch.normal_"))


def test_a_part_of_a_parameter_that_is_not_contiguous_is_refused():
    module = nn.Module()
    module.weight = nn.Parameter(torch.zeros(8, 6).T)
    drawn(module, lambda: init.normal_(module.weight))
    assert torch.equal(module.weight, filled((6, 8), "torch.normal_"))
    with pytest.raises(RuntimeError, match="no part of the module"):
        drawn(module, lambda: init.normal_(module.weight[:2]))


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


def test_the_report():
    module = nn.ModuleDict(
        {"fc": nn.Linear(4, 3), "norm": nn.BatchNorm1d(3), "head": nn.Linear(3, 2)}
    )
    draws = drawn(
        module, lambda: [module["fc"].reset_parameters(), module["norm"].reset_running_stats()]
    )
    assert [entry.name for entry in draws.drawn] == ["fc.weight", "fc.bias"]
    assert draws.set == ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
    assert draws.untouched == ["norm.weight", "norm.bias", "head.weight", "head.bias"]
    text = str(draws)
    assert "2 tensors" in text
    assert "fc.weight" in text
    assert "not written: norm.weight" in text
    with pytest.warns(UserWarning, match="drawn nothing$"):
        drawn(module, lambda: None)


def test_other_memory_counts_as_written():
    module = nn.ModuleDict({"a": Weight(3), "b": Weight(3), "c": Weight(3), "d": Weight(3)})

    def code():
        module["a"].weight = nn.Parameter(torch.ones(3))
        module["b"].weight.data = torch.ones(3)
        init.uniform_(module["c"].weight)

    draws = drawn(module, code)
    assert (draws.set, draws.untouched) == (["a.weight", "b.weight"], ["d.weight"])


def test_memory_that_comes_within_the_context():
    """Parameters from the meta device, new parameters and new memory are found; freed memory is nobody's."""
    with torch.device("meta"):
        module = nn.ModuleDict({"fc": nn.Linear(8, 6), "new": Weight(2, 2)})

    def code():
        module.to_empty(device="cpu")
        init.normal_(module["fc"].weight)
        module["new"].weight = nn.Parameter(torch.zeros(4, 4))
        init.normal_(module["new"].weight[2:])
        old = module["fc"].bias.data
        module["fc"].bias.data = torch.zeros(6)
        init.normal_(module["fc"].bias.data)
        with pytest.raises(RuntimeError, match="no part of the module"):
            init.normal_(old)

    drawn(module, code)
    assert torch.equal(module["fc"].weight, filled((6, 8), "torch.normal_", "fc.weight"))
    assert torch.equal(module["fc"].bias, filled((6,), "torch.normal_", "fc.bias"))
    assert torch.equal(module["new"].weight[2:], filled((4, 4), "torch.normal_", "new.weight")[2:])


def test_errors_name_the_parameter():
    module = nn.ModuleDict({"fc": nn.Linear(4, 3, device="meta")})
    with pytest.raises(ValueError, match=r"'fc.weight': .*to_empty"):
        drawn(module, module["fc"].reset_parameters)
    module = nn.ModuleDict({"fc": nn.Linear(4, 3)})
    with pytest.raises(ValueError, match=r"'fc.bias': .*b is 0"):
        drawn(module, lambda: init.uniform_(module["fc"].bias, 1, 0))
    with pytest.raises(ValueError, match=r"'fc.bias': .*rank"):
        drawn(module, lambda: init.xavier_normal_(module["fc"].bias))
    with pytest.raises((ValueError, OverflowError), match="seed"):
        drawn(module, lambda: init.normal_(module["fc"].bias), seed=-1)


def test_tensors_without_elements_draw_nothing():
    module = Weight(0, 4)
    with pytest.warns(UserWarning, match="drawn nothing"):
        drawn(
            module,
            lambda: [
                init.normal_(module.weight),
                init.normal_(torch.empty(0)),
                torch.empty(0).normal_(),
            ],
        )


def test_names_are_those_without_wrappers_and_ties_have_one():
    plain = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    wrapped = nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)))
    for module in (plain, wrapped):
        with st.seeded(module, SEED):
            module.apply(lambda child: isinstance(child, nn.Linear) and child.reset_parameters())
    for left, right in zip(plain.parameters(), wrapped.parameters(), strict=True):
        assert torch.equal(left, right)
    ends = nn.ModuleDict({"embed": Weight(4, 3), "head": Weight(4, 3)})
    draws = drawn(
        ends,
        lambda: [init.normal_(ends["head"].weight), init.normal_(ends["embed"].weight)],
        ties={"head.weight": "embed.weight"},
        rename=lambda name: f"model.{name}",
    )
    assert {entry.path for entry in draws.drawn} == {"model.embed.weight"}
    assert torch.equal(ends["head"].weight, ends["embed"].weight)
    with pytest.raises(ValueError, match="have the same path 'x'"):
        drawn(ends, lambda: None, rename=lambda name: "x")


def test_autograd_sees_the_writes():
    module = Weight(6, 8)
    version = module.weight._version
    drawn(module, lambda: init.normal_(module.weight))
    assert module.weight._version > version
    assert module.weight.requires_grad
    assert module.weight.is_leaf


def test_an_exception_passes_and_everything_is_undone():
    module = Weight(6, 8)

    def fail():
        assert init.normal_.__code__ is not CODES["normal_"]
        raise KeyError

    with pytest.raises(KeyError):
        drawn(module, fail)
    torch.manual_seed(0)
    init.normal_(module.weight)
    torch.manual_seed(0)
    assert torch.equal(module.weight, torch.empty(6, 8).normal_())
    context = st.seeded(module, SEED)
    with context:
        init.normal_(module.weight)
    with pytest.raises(RuntimeError, match="entered before"), context:
        pass


def test_contexts_nest():
    outer = nn.ModuleDict({"a": nn.Linear(4, 3), "b": nn.Linear(4, 3)})
    with st.seeded(outer, 1) as all_draws:
        init.normal_(outer["a"].weight)
        with st.seeded(outer["a"], 2) as draws:
            outer["a"].reset_parameters()
            outer["b"].reset_parameters()
            outer["a"].weight.data.normal_()
            outer["b"].weight.data.normal_()
        init.normal_(outer["a"].bias)
    assert [(entry.path, entry.rule) for entry in draws.drawn] == [
        ("weight", "normal_"),
        ("bias", "uniform_"),
    ]
    assert torch.equal(outer["a"].weight, filled((3, 4), "torch.normal_", "weight", seed=2))
    assert torch.equal(outer["b"].weight, filled((3, 4), "torch.normal_", "b.weight", seed=1))
    assert torch.equal(outer["a"].bias, filled((3,), "torch.normal_", "a.bias", seed=1))
    assert [entry.name for entry in all_draws.drawn] == ["a.weight", "b.weight", "b.bias", "a.bias"]


def test_a_draw_is_reported_once():
    outer = nn.ModuleDict({"a": Weight(3)})
    draws = []

    def code():
        init.normal_(outer["a"].weight)
        draws.append(drawn(outer["a"], inner, strict=False))

    def inner():
        init.normal_(outer["a"].weight)
        torch.randn(3)

    with pytest.warns(UserWarning, match="the seed does not decide") as caught:
        draws.append(drawn(outer, code, strict=False))
    assert len(caught) == 1
    assert [len(one.unkeyed) for one in draws] == [1, 0]


def test_threads_have_contexts_of_their_own():
    modules = [nn.Sequential(*(nn.Linear(16, 16) for _ in range(20))) for _ in range(8)]
    together = threading.Barrier(4)

    def initialise(at):
        together.wait()
        with st.seeded(modules[at], seed=at % 2):
            for layer in modules[at] if at % 3 else reversed(modules[at]):
                layer.reset_parameters()
                layer.bias.data.normal_()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(initialise, range(8)))
    for at in range(2, 8):
        same_parameters(modules[at], modules[at % 2])
    assert not torch.equal(modules[0][0].weight, modules[1][0].weight)


def test_other_threads_draw_this_module_by_path_and_their_own_as_ever():
    module, own = nn.ModuleList(Weight(6, 8) for _ in range(8)), Weight(6, 8)

    def work(at):
        init.xavier_uniform_(module[at].weight[:3])
        init.orthogonal_(module[at].weight[3:])
        torch.randn(3)

    with st.seeded(module, SEED) as draws, ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
        state = torch.get_rng_state()
        pool.submit(init.normal_, own.weight).result()
        assert not torch.equal(torch.get_rng_state(), state)
    assert len(draws.drawn) == 16
    bound = 3**0.5 * (2 / (3 + 8)) ** 0.5
    for at in range(8):
        expected = filled((6, 8), "torch.uniform_", f"{at}.weight", a=-bound, b=bound)
        assert torch.equal(module[at].weight[:3], expected[:3])


@pytest.mark.parametrize(
    ("layout", "width"), [("fsdp", 16), ("fsdp", 18), ("hsdp", 16), ("tp", 16), ("2d", 16)]
)
def test_sharded_models(four, layout, width):
    held = four.run("seeded_cases.as_alone", layout, width)
    assert layout == "tp" or len(held) == 4


def test_a_part_of_a_sharded_parameter_is_refused(four):
    for message in four.run("seeded_cases.refused_part").values():
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


def test_the_example_runs():
    import doctest

    module = __import__("sys").modules["seedbed.torch.seeded"]
    failed, attempted = doctest.testmod(module)
    assert (failed, attempted) == (0, 4)
