"""`seeded`: what init code may not draw, what is reported, and what is left of the context afterwards."""

import doctest
import importlib
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import seedbed.torch as st
import torch
from seeding import FUNCTIONS, SEED, Weight, drawn, filled, same_parameters
from torch import nn
from torch.nn import init

CODES = {name: getattr(init, name).__code__ for name in FUNCTIONS}


@pytest.fixture(autouse=True)
def left_as_it_was():
    """Whatever a test does, PyTorch is as it was when its contexts have ended."""
    yield
    assert {name: getattr(init, name).__code__ for name in FUNCTIONS} == CODES
    assert torch._C._len_torch_dispatch_stack() == 0


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
    with pytest.raises(RuntimeError, match=rf"{what}.*, at .*\.py:\d+, gives values that the seed"):
        drawn(module, lambda: UNKEYED[what](module))
    assert not module.weight.any()
    with pytest.warns(UserWarning, match="the seed does not decide") as caught:
        draws = drawn(
            module, lambda: [UNKEYED[what](module), init.normal_(module.weight)], strict=False
        )
    (place,) = draws.unkeyed
    assert what in place
    assert re.search(r"(test_seeded_context|seeding)\.py:\d+$", place)
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
        with pytest.raises(RuntimeError, match="no part of the module"):
            init.normal_(old)
        init.normal_(module["fc"].bias.data)

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


def test_the_example_runs():
    # The package has the class under the name of the module.
    module = importlib.import_module("seedbed.torch.seeded")
    failed, attempted = doctest.testmod(module)
    assert (failed, attempted) == (0, 4)
