"""The command: the program with man pages and the completions of shells, in one tarball for each target."""

import json

from . import bill, toolbox, vectors
from .common import GLIBC, ROOT, TARGETS, tarball, unpack

# Where packagers have what `seedbed generate` writes.
COMPLETIONS = {
    "seedbed.bash": "share/bash-completion/completions/seedbed",
    "_seedbed": "share/zsh/site-functions/_seedbed",
    "seedbed.fish": "share/fish/vendor_completions.d/seedbed.fish",
    "seedbed.elv": "share/elvish/lib/seedbed.elv",
    "_seedbed.ps1": "share/powershell/_seedbed.ps1",
}


def make(release):
    zigbuild = [toolbox.program(release, "cargo-zigbuild"), "zigbuild", "--release", "--locked", "-p", "seedbed-cli"]
    for target in TARGETS:
        release.run(*zigbuild, "--target", f"{target}.{GLIBC}", environment=toolbox.on_path(release))
    pages = generated(release)
    for target in TARGETS:
        path = release.out / "command" / f"seedbed-{release.version}-{target}.tar.gz"
        documents = "share/doc/seedbed-cli"
        files = pages | {
            "bin/seedbed": release.target / target / "release/seedbed",
            f"{documents}/README.md": ROOT / "cli/README.md",
            f"{documents}/LICENSE-APACHE": ROOT / "LICENSE-APACHE",
            f"{documents}/LICENSE-MIT": ROOT / "LICENSE-MIT",
            f"{documents}/LICENSE-THIRD-PARTY": bill.notices(release, "seedbed-cli", ROOT, target),
        }
        tarball(path, files, release.epoch)
        test(release, path, target)


def generated(release):
    """Man pages and completions, by the first program that this machine can start."""
    target = next(target for target in TARGETS if vectors.emulator(target) is not None)
    place = release.work / "generated"
    release.run(*vectors.emulator(target), release.target / target / "release/seedbed", "generate", place)
    files = {}
    for file in place.iterdir():
        name = f"share/man/man1/{file.name}" if file.suffix == ".1" else COMPLETIONS[file.name]
        files[name] = file.read_bytes()
    return files


def test(release, path, target):
    """Writes a checkpoint with the program of the tarball, verifies it, and compares its values."""
    emulator = vectors.emulator(target)
    if emulator is None:
        print(f"NOT TESTED: {path.name}: no emulator for {target}")
        return
    place = unpack(path, release.work / "command")
    vector = next(vector for vector in vectors.fills() if vectors.is_whole_f32(vector))
    config = {key: value for key, value in vector["distribution"].items() if key != "name"}
    init = {"class_name": f"seedbed.{vector['distribution']['name'].title()}", "config": config}
    entry = {"name": vector["path"][0], "shape": [vector["length"]], "init": init}
    (place / "spec.json").write_text(json.dumps([entry]))
    command, made = [*emulator, place / "bin/seedbed"], place / "made.safetensors"
    release.run(*command, "new", "--spec", place / "spec.json", "--seed", vector["seed"], "--out", made)
    release.run(*command, "verify", made)
    vectors.equal(vector, made.read_bytes()[-4 * vector["length"] :], path.name)
    print(f"{path.name} writes the values of test_vectors.json")
