"""The documentation: every example runs."""

import doctest
import inspect
import pathlib

import numpy as np
import pytest
import seedbed

ROOT = pathlib.Path(__file__).parents[2]
CLASSES = [
    seedbed.Initializer,
    seedbed.Layout,
    seedbed.Normal,
    seedbed.Rules,
    seedbed.TruncatedNormal,
    seedbed.Uniform,
]


def documented():
    """Yields all that is public, with its name."""
    yield "seedbed", seedbed
    for name in set(seedbed.__all__) - {"__version__"}:
        item = getattr(seedbed, name)
        yield name, item
        if item in CLASSES:
            methods = (method for method in vars(item) if not method.startswith("_"))
            yield from ((f"{name}.{method}", getattr(item, method)) for method in methods)


@pytest.mark.parametrize("name", sorted(dict(documented())))
def test_what_is_public_has_an_example_that_runs(name):
    text = inspect.getdoc(dict(documented())[name])
    test = doctest.DocTestParser().get_doctest(text, dict(vars(seedbed)), name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_signatures_are_those_of_the_calls():
    signature = inspect.signature(seedbed.Initializer.fill)
    assert list(signature.parameters)[1:] == ["array", "seed", "path", "shape", "start", "threads"]


def test_the_example_of_the_guide_runs():
    example = (ROOT / "README.md").read_text().split("```python\n")[1].split("```")[0]
    names = {}
    exec(example, names)
    assert np.count_nonzero(names["weight"]) == 256 * 784


def test_the_examples_of_the_package_page_run():
    page = ROOT / "python" / "README.md"
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0
    assert attempted >= 8
