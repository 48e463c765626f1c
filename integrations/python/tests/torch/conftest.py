"""The processes and the command that the tests of this folder share."""

import importlib.util
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["*.py"]


@pytest.fixture(scope="session")
def four(tmp_path_factory):
    """Four processes that talk by gloo."""
    from workers import Workers

    workers = Workers(4, tmp_path_factory.mktemp("four"))
    yield workers
    workers.close()


@pytest.fixture(scope="session")
def command():
    """The path of the command `seedbed`."""
    found = os.environ.get("SEEDBED_COMMAND") or shutil.which("seedbed")
    if found is None:
        pytest.skip("the command is not installed; SEEDBED_COMMAND says where it is")
    return found
