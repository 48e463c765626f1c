"""Rules, initializers and layouts as objects: names, parameters, JSON, equality."""

import copy
import pickle

import numpy as np
import pytest
import seedbed
from common import NORMAL, filled
from seedbed import Initializer, Layout, Rules


def test_the_first_rule_that_matches_is_taken():
    rules = Rules(iter([("*.bias", "torch.zeros_"), ("fc.*", NORMAL)]))
    assert not filled(rules, 7, path="fc.bias").any()
    assert np.array_equal(filled(rules, (3, 4)), filled(NORMAL, (3, 4)))
    assert rules.get("fc.weight") == NORMAL != rules.get("fc.bias")
    assert rules.find("fc.bias") == ("*.bias", Initializer("torch.zeros_"))
    assert rules.find("conv.weight") is None
    with pytest.raises(ValueError, match="no rule matches the tensor `conv.weight`"):
        filled(rules, 7, path="conv.weight")


def test_rules_are_made_of_initializers_names_and_parameters():
    rules = Rules([("a", NORMAL), ("b", "torch.normal_"), ("c", ("torch.normal_", {"std": 0.5}))])
    assert rules.get("a") == rules.get("c") == NORMAL
    assert rules.get("b") == Initializer("torch.normal_")


def test_rules_tell_which_of_them_are_unused():
    rules = Rules([("c_proj.weight", "torch.zeros_"), ("*", "torch.normal_")])
    assert rules.unused(name for name in ["h.0.attn.c_proj.weight", "wte"]) == ["c_proj.weight"]
    assert rules.unused([]) == ["c_proj.weight", "*"]


def test_layouts_tell_fans():
    assert Layout("torch").fans((256, 1024)) == (1024, 256)
    assert Layout("keras").fans([256, 1024]) == Layout("jax").fans((256, 1024)) == (256, 1024)
    assert Layout("torch").transposed().fans((256, 1024)) == (256, 1024)
    assert Layout("torch").groups(4).fans((128, 16, 3, 3)) == (144, 288)
    assert Layout.axes(input=[-1], output=[-2], batch=[0]).fans((8, 300, 200)) == (200, 300)
    assert Layout.axes(input=[0], output=[1, 2]).fans((512, 8, 32)) == (512, 256)
    assert Layout("keras") != Layout("jax") == Layout("jax")


def test_an_initializer_comes_back_from_its_text():
    layout = Layout.axes(input=[2], output=[1], batch=[0])
    initializers = [
        NORMAL,
        Initializer("keras.he_normal").with_layout("torch"),
        Initializer("torch.kaiming_normal_").with_layout(layout),
        Initializer("torch.trunc_normal_", a=float("-inf")),
        Initializer("torch.orthogonal_").batched([0, -3]).in_parts(1, 3),
        Initializer("torch.sparse_", sparsity=0.1),
        Initializer("torch.dirac_"),
    ]
    for initializer in initializers:
        for same in [
            eval(repr(initializer)),
            Initializer.from_json(initializer.to_json()),
            pickle.loads(pickle.dumps(initializer)),
            copy.deepcopy(initializer),
        ]:
            assert same == initializer
            assert hash(same) == hash(initializer)
    assert len(set(initializers)) == len(initializers)
    rules = Rules([("*.a", initializers[2]), ("*", NORMAL)])
    for same in [Rules.from_json(rules.to_json()), pickle.loads(pickle.dumps(rules))]:
        assert same == rules != Rules([("*", NORMAL)])
    assert repr(rules).startswith("<Rules [[")
    assert Initializer.from_json('"torch.nn.init.eye_"') == Initializer("torch.eye_")


def test_initializers_are_scaled():
    assert Initializer("torch.normal_", std=1.0).scaled(0.5) == NORMAL
    he = Initializer("torch.kaiming_normal_")
    assert np.allclose(filled(he.scaled(0.25), (30, 40)), filled(he, (30, 40)) / 4)
    with pytest.raises(ValueError, match="factor is 0, but must be above 0"):
        he.scaled(0)


def test_parameters_may_be_any_number():
    assert Initializer("torch.normal_", std=np.float32(0.5)) == NORMAL
    assert Initializer("torch.normal_", mean=np.int64(0), std=np.float64(0.5)) == NORMAL
    half = Initializer("torch.trunc_normal_", a=float("-inf"), b=np.inf)
    assert half == Initializer("torch.trunc_normal_", a="-inf", b="inf")
    axes = Initializer("jax.he_normal", out_axis=(1, np.int32(2)))
    assert axes == Initializer("jax.he_normal", out_axis=[1, 2])
    assert "torch.kaiming_normal_" in seedbed.names()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Initializer("torch.norml_"), ValueError, "did you mean `normal_`"),
        (lambda: Initializer("torch.normal_", sd=1), ValueError, "`sd` is not known"),
        (lambda: Initializer("torch.normal_", std=-1), ValueError, "std is -1"),
        (lambda: Initializer("torch.normal_", std=float("nan")), ValueError, "std is NaN"),
        (lambda: Initializer("torch.normal_", std=1j), TypeError, "std is of type complex"),
        (lambda: Initializer("torch.normal_", std=object()), TypeError, "std is of type object"),
        (lambda: NORMAL.batched([0]), ValueError, "Normal cannot have batch axes"),
        (lambda: NORMAL.with_layout("tf"), ValueError, 'layout is "tf"'),
        (lambda: NORMAL.with_layout(3), TypeError, "layout is of type int"),
        (lambda: Layout("mlx"), ValueError, 'layout is "mlx", but must be "torch"'),
        (
            lambda: Layout.axes(input=[0], output=[1], batch=[0]),
            ValueError,
            "axis 0 is named twice",
        ),
        (lambda: Layout.axes(input=0, output=[1]), TypeError, "input is of type int"),
        (lambda: Layout("torch").groups(0), ValueError, "groups is 0"),
        (lambda: Layout("torch").fans((3,)), ValueError, r"the shape is \[3\]"),
        (lambda: Rules({"*": "torch.zeros_"}), TypeError, "rules has an item of type str"),
        (lambda: Rules([("*", 3)]), TypeError, "a rule is of type int"),
        (lambda: Rules([("*", "zeros")]), ValueError, "did you mean"),
        (lambda: Rules([], layout="tf"), ValueError, 'layout is "tf"'),
        (lambda: Rules.from_json("{}"), ValueError, "rules"),
        (lambda: Rules.from_json('[["*", {"class_name": "a"}]]'), ValueError, "`a`"),
        (lambda: Rules([("*", NORMAL)]).unused([3]), TypeError, "path is of type int"),
    ],
)
def test_what_is_wrong_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
