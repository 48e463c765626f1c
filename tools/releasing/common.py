"""What the parts of a release share: places, running programs, and tarballs that are the same in every run."""

import dataclasses
import gzip
import io
import json
import os
import shlex
import subprocess
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INTEGRATIONS = ROOT / "integrations"

# What libraries and programs are built for. Zig links for both, whatever this machine is; binaries for macOS
# and Windows need such machines.
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
# The oldest C library that they run with, which is the oldest that Rust's standard library runs with.
GLIBC = "2.17"
MANYLINUX = "manylinux2014"


class Refused(Exception):
    """Why there is no release, in words for the maintainer."""


@dataclasses.dataclass
class Release:
    """One run of the tool."""

    version: str
    out: Path
    target: Path  # cargo's target directory
    dry: bool
    epoch: int  # the time of the commit, which is the time of everything in the release
    times: list = dataclasses.field(default_factory=list)

    @property
    def work(self):
        # Not below `out`: cargo compiles everything again when a path among its flags changes.
        return self.target / "work"

    @property
    def tools(self):
        return self.target / "releasing-tools"

    def environment(self):
        """The same bits in every run: no path of this machine, no time of day."""
        cargo = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
        # The last that fits a path is taken: the target directory may be in the repository.
        places = {ROOT: "/seedbed", cargo: "/cargo", self.target: "/target"}
        return os.environ | {
            "CARGO_INCREMENTAL": "0",
            "CARGO_PROFILE_DEV_DEBUG": "none",
            "CARGO_PROFILE_RELEASE_STRIP": "symbols",
            "CARGO_TARGET_DIR": str(self.target),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUSTFLAGS": " ".join(f"--remap-path-prefix={a}={b}" for a, b in places.items()),
            "SOURCE_DATE_EPOCH": str(self.epoch),
        }

    def run(self, *command, cwd=ROOT, say=True, check=True, **more):
        """Runs a program and returns what it printed; one that fails is shown and ends the release."""
        words = [str(word) for word in command]
        if say:
            print(f"\n== {shlex.join(words)} ==" + ("" if cwd == ROOT else f" in {cwd}"), flush=True)
        start = time.monotonic()
        environment = self.environment() | more.pop("environment", {})
        done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, **more)
        self.times.append((time.monotonic() - start, shlex.join(words)))
        if check and done.returncode != 0:
            shown = b"".join(part if isinstance(part, bytes) else part.encode() for part in (done.stdout, done.stderr))
            raise Refused(f"{shlex.join(words)} failed with {done.returncode}:\n{shown.decode(errors='replace')}")
        return done


def read(*command, cwd=ROOT):
    """What a program prints that needs nothing of a release."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"{shlex.join(command)} failed:\n{done.stderr}")
    return done.stdout.strip()


def metadata(workspace):
    """The packages of a workspace as cargo reads them."""
    told = read("cargo", "metadata", "--no-deps", "--format-version", "1", "--offline", cwd=workspace)
    return json.loads(told)["packages"]


def kib(size):
    return f"{size / 1024:,.0f} KiB"


def tarball(path, files, epoch):
    """Writes a tarball whose bytes depend on its files and the time only.

    `files` maps names to bytes, to paths, or to `("link", name)`; what is in a folder `bin` is executable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    top = path.name.removesuffix(".tar.gz")
    with (
        open(path, "wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.mtime = epoch
            if isinstance(content, tuple):
                entry.type, entry.linkname = tarfile.SYMTYPE, content[1]
                tar.addfile(entry)
                continue
            data = content if isinstance(content, bytes) else content.read_bytes()
            entry.size = len(data)
            entry.mode = 0o755 if name.startswith("bin/") else 0o644
            tar.addfile(entry, io.BytesIO(data))


def unpack(path, into):
    """Unpacks a tarball, and returns its one folder."""
    with tarfile.open(path) as tar:
        top = tar.getnames()[0].split("/")[0]
        tar.extractall(into, filter="tar")
    return into / top
