"""The documentation of `seedbed.torch`: every example runs."""

import doctest
import inspect

import pytest
import seedbed.torch

FUNCTIONS = [name for name in seedbed.torch.__all__ if name.islower()]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_an_example_that_runs(name):
    text = inspect.getdoc(getattr(seedbed.torch, name))
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
