"""What a package may contain. A file that its rule does not allow ends the release: a corpus, a patch, a script
of the gate and a checkpoint in a package are seen here, not by those who download it."""

import fnmatch
import tarfile
import zipfile

from .common import INTEGRATIONS, ROOT, Refused, kib, read

# What cargo adds by itself, and what every package must have.
MADE = {".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"}
NEEDED = {"Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"}

# For each crate its directory, the patterns of its other files (`*` crosses folders), and the most that its
# files may be together, in KiB. The crates are in the order in which they are published.
CRATES = {
    "seedbed": (
        ROOT,
        ["CHANGELOG.md", "examples/*.rs", "examples/README.md", "include/seedbed.h", "src/*.rs"]
        + ["test_vectors.json", "tests/*.c", "tests/*.rs", "tests/initializers/data/system_cases.json"],
        1536,
    ),
    "seedbed-cli": (ROOT / "cli", ["src/*.rs", "src/inspect/page/*"], 512),
    "seedbed-arrays": (INTEGRATIONS / "arrays", ["examples/*.rs", "src/*.rs"], 256),
    "seedbed-burn": (INTEGRATIONS / "burn", ["examples/*.rs", "src/*.rs"], 256),
    "seedbed-cuda": (
        INTEGRATIONS / "cuda",
        ["examples/*.rs", "kernels/*.h", "kernels/seedbed.cu", "kernels/seedbed.ptx", "src/*.rs"],
        1536,
    ),
    "seedbed-candle": (INTEGRATIONS / "candle", ["examples/*.rs", "src/*.rs"], 256),
}

# The packages that are not published, and why.
NOT_PUBLISHED = {
    "seedbed-python": "it goes to PyPI, as wheels and a source distribution",
    "seedbed-fake-cuda": "a driver for the tests of seedbed-cuda",
    "seedbed-guide": "the code blocks of a page",
    "seedbed-times": "benches",
}

# The source distribution of Python has the crate, the crate for GPUs, the package beside them, and what builds them;
# a wheel has the modules and their licences.
SDIST = [
    *CRATES["seedbed"][1],
    *("Cargo.lock", "Cargo.toml", "LICENSE-*", "PKG-INFO", "README.md", "pyproject.toml"),
    *("integrations/Cargo.lock", "integrations/Cargo.toml", "integrations/python/Cargo.toml"),
    *("integrations/python/LICENSE-*", "integrations/python/README.md", "integrations/python/requirements.txt"),
    *(f"integrations/cuda/{name}" for name in [*CRATES["seedbed-cuda"][1], *NEEDED, "fake/*"]),
    *("integrations/python/docs/*.md", "integrations/python/examples/*.py", "integrations/python/src/*.rs"),
    *("python/seedbed/*.py", "python/seedbed/*.pyi", "python/seedbed/py.typed"),
]
WHEEL = ["seedbed/*.py", "seedbed/*.pyi", "seedbed/py.typed", "seedbed/_seedbed.abi3.so", "seedbed-*.dist-info/*"]


def check(name, sizes, allowed, needed, most):
    """Compares files with a rule; returns how many they are and their bytes."""
    wrong = [file for file in sizes if not any(fnmatch.fnmatchcase(file, pattern) for pattern in allowed)]
    if wrong:
        raise Refused(f"{name} has files that its rule in tools/releasing/contents.py does not allow: {sorted(wrong)}")
    missing = needed - set(sizes)
    if missing:
        raise Refused(f"{name} lacks {sorted(missing)}")
    total = sum(sizes.values())
    if total > most * 1024:
        raise Refused(f"{name} has {kib(total)}; its rule allows {most} KiB")
    return len(sizes), total


def crate(name, sizes):
    directory, patterns, most = CRATES[name]
    return check(name, sizes, [*patterns, *MADE, *NEEDED], NEEDED, most)


def listed(name):
    """Checks the files that cargo would pack, without packing them."""
    directory = CRATES[name][0]
    # Without the lock file, cargo needs no network.
    options = ["--list", "--exclude-lockfile", "--allow-dirty", "--offline"]
    names = read("cargo", "package", *options, "-p", name, cwd=directory).split("\n")
    sizes = {file: (directory / file).stat().st_size if file not in MADE else 0 for file in names}
    return crate(name, sizes)


def sdist(path):
    """The source distribution: the crate, the package and what builds them."""
    return check(path.name, packed(path), SDIST, {"PKG-INFO", "pyproject.toml"}, 4096)


def wheel(path):
    """A wheel, whose compiled module is nearly all of it."""
    sizes = packed(path)
    licences = {f"{folder}/LICENSE-{name}" for folder in folders(sizes) for name in ("APACHE", "MIT", "THIRD-PARTY")}
    return check(path.name, sizes, WHEEL, licences | {"seedbed/_seedbed.abi3.so", "seedbed/py.typed"}, 16384)


def folders(sizes):
    return {name.rsplit("/", 1)[0] for name in sizes if "/licenses/" in name}


def packed(path):
    """The files of a tarball or wheel with their sizes, without the folder that tarballs have at the top."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {entry.filename: entry.file_size for entry in wheel.infolist() if not entry.is_dir()}
    with tarfile.open(path) as tar:
        return {entry.name.split("/", 1)[1]: entry.size for entry in tar if not entry.isdir()}
