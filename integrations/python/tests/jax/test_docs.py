"""The documentation of `seedbed.jax`: every example runs."""

import doctest
import inspect

import seedbed.jax as documented


def test_examples_run():
    failed, attempted = doctest.testmod(documented)
    assert failed == 0
    assert attempted >= 6


def test_all_that_is_public_is_documented():
    for name in documented.__all__:
        assert inspect.getdoc(getattr(documented, name)), name
