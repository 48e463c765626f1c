"""The programs that make a release, each at a fixed version, in a place of their own below the target directory."""

import os
import sys

# zig links against an old C library, and for another processor.
PYTHON = ["maturin==1.16.0", "ziglang==0.17.1", "cargo-zigbuild==0.24.1", "twine==7.0.0", "check-wheel-contents==0.6.3"]
CYCLONEDX = "0.5.9"


def install(release):
    venv = release.tools / "venv"
    if not (venv / "bin/python").exists():
        release.run(sys.executable, "-m", "venv", venv)
    release.run(venv / "bin/python", "-m", "pip", "install", "--quiet", *PYTHON)
    cyclonedx = release.tools / "bin/cargo-cyclonedx"
    told = release.run(cyclonedx, "cyclonedx", "--version", check=False).stdout if cyclonedx.exists() else b""
    if CYCLONEDX.encode() not in told:
        # Unoptimised, it compiles in half of the time.
        place = ["--target-dir", release.tools / "target", "--root", release.tools]
        release.run("cargo", "install", "--locked", "--quiet", "--debug", *place, f"cargo-cyclonedx@{CYCLONEDX}")


def program(release, name):
    return release.tools / "venv/bin" / name


def on_path(release):
    """The environment in which zig and its wrappers are found."""
    return {"PATH": f"{release.tools}/venv/bin:{os.environ['PATH']}"}
