"""The Python package: a source distribution, and the wheels that are made from it alone."""

import shutil
import sys

from . import bill, contents, toolbox
from .common import INTEGRATIONS, MANYLINUX, ROOT, TARGETS, unpack

PACKAGE = INTEGRATIONS / "python"


def make(release):
    maturin, place = toolbox.program(release, "maturin"), release.out / "python"
    release.run(maturin, "sdist", "--manifest-path", PACKAGE / "Cargo.toml", "--out", place)
    (sdist,) = place.glob("*.tar.gz")
    contents.sdist(sdist)

    # Whatever the source distribution lacks is missing here. What a binary has of others, it has the licences of.
    source = unpack(sdist, release.work / "sdist")
    for target in TARGETS:
        notices = bill.notices(release, "seedbed-python", INTEGRATIONS, target)
        (source / "LICENSE-THIRD-PARTY").write_bytes(notices)
        options = ["--release", "--zig", "--target", target, "--compatibility", MANYLINUX, "--out", place]
        options += ["--sbom-include", release.out / "sbom" / f"seedbed-python-{release.version}.cdx.json"]
        release.run(maturin, "build", *options, cwd=source, environment=toolbox.on_path(release))
    wheels = sorted(place.glob("*.whl"))
    for wheel in wheels:
        contents.wheel(wheel)
    release.run(toolbox.program(release, "twine"), "check", "--strict", sdist, *wheels)
    release.run(toolbox.program(release, "check-wheel-contents"), *wheels)
    test(release, place)


def test(release, place):
    """Installs the wheel of this machine into an environment that has nothing else, and compares its values."""
    venv = release.work / "venv"
    release.run(sys.executable, "-m", "venv", venv)
    python = venv / "bin/python"
    install = [python, "-m", "pip", "install", "--quiet"]
    release.run(*install, "--no-index", "--find-links", place, f"seedbed=={release.version}")
    # It works without NumPy, as far as it returns no array.
    release.run(python, "-c", "import seedbed; assert seedbed.names()", cwd=release.work)
    release.run(*install, "--find-links", place, f"seedbed[numpy]=={release.version}", "pytest>=9,<10")
    first = "import seedbed; print('first value:', seedbed.Normal().sample(1, seed=42, path='fc.weight')[0])"
    print(release.run(python, "-c", first, cwd=release.work).stdout.decode().strip())
    # From a copy, beside which there are no sources that could be imported instead.
    tests = release.work / "checkout/integrations/python/tests"
    tests.mkdir(parents=True)
    shutil.copyfile(ROOT / "test_vectors.json", release.work / "checkout/test_vectors.json")
    for file in ("common.py", "test_vectors.py"):
        shutil.copyfile(PACKAGE / "tests" / file, tests / file)
    told = release.run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_vectors.py", cwd=tests)
    print(told.stdout.decode().strip())
