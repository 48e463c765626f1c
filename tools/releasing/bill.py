"""What a package is made of: an SBOM of each, and the licences of what a binary has in it."""

import json
from pathlib import Path

from . import contents
from .common import INTEGRATIONS, ROOT

# How crates name the files that the licences ask to hand on.
NOTICES = ("LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "UNLICENSE*", "license*")


def make(release):
    """Writes a CycloneDX file of each crate and of the Python package, with the dependencies of all targets."""
    program = release.tools / "bin/cargo-cyclonedx"
    place = release.out / "sbom"
    place.mkdir(parents=True, exist_ok=True)
    name = "release-sbom"
    for workspace, features in ((ROOT, ["--all-features"]), (INTEGRATIONS, [])):
        options = ["--format", "json", "--spec-version", "1.5", "--target", "all", "--override-filename", name]
        release.run(program, "cyclonedx", "--quiet", *options, *features, cwd=workspace)
    # It writes one beside the manifest of every package.
    for made in ROOT.rglob(f"{name}.json"):
        text = made.read_text().replace(str(ROOT), "")
        made.unlink()
        package = json.loads(text)["metadata"]["component"]["name"]
        if package in contents.CRATES or package == "seedbed-python":
            (place / f"{package}-{release.version}.cdx.json").write_text(text)


def notices(release, package, workspace, target):
    """The licences of everything that a binary of `package` has in it: each text once, below those who have it."""
    options = ["--format-version", "1", "--locked", "--filter-platform", target]
    told = json.loads(release.run("cargo", "metadata", *options, cwd=workspace, say=False).stdout)
    described = {package["id"]: package for package in told["packages"]}
    nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
    waiting = [key for key, found in described.items() if found["name"] == package and found["source"] is None]
    linked = set()
    while waiting:
        key = waiting.pop()
        # A macro runs in the compiler.
        if key in linked or any("proc-macro" in part["kind"] for part in described[key]["targets"]):
            continue
        linked.add(key)
        dependencies = nodes[key]["deps"]
        waiting += [one["pkg"] for one in dependencies if any(kind["kind"] is None for kind in one["dep_kinds"])]
    owners = {}
    for other in sorted((described[key] for key in linked if described[key]["source"]), key=lambda one: one["id"]):
        for text in texts(other):
            owners.setdefault(text, []).append(f"{other['name']} {other['version']} ({other['license']})")
    line = "=" * 80
    return "\n\n".join("\n".join([line, *names, line, "", text]) for text, names in owners.items()).encode() + b"\n"


def texts(package):
    folder = Path(package["manifest_path"]).parent
    files = sorted({file for pattern in NOTICES for file in folder.glob(pattern) if file.is_file()})
    found = {file.read_text(errors="replace").strip() for file in files}
    return sorted(found) or ["(The package has no text of its licence.)"]
