"""The processes that the tests of this folder share."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(scope="session")
def four(tmp_path_factory):
    """Four processes that talk by gloo."""
    from workers import Workers

    workers = Workers(4, tmp_path_factory.mktemp("four"))
    yield workers
    workers.close()
