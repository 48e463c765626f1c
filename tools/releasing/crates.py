"""The crates, as `cargo publish` would upload them."""

import json
import shutil

from . import contents
from .common import INTEGRATIONS, ROOT, metadata, unpack


def make(release):
    """Packs and compiles each crate alone, and checks what was packed."""
    dirty = ["--allow-dirty"] if release.dry else []
    root = [name for name, rule in contents.CRATES.items() if not rule[0].is_relative_to(INTEGRATIONS)]
    chosen = [word for name in root for word in ("-p", name)]
    release.run("cargo", "package", "--locked", *dirty, *chosen)
    release.run("cargo", "publish", "--dry-run", "--no-verify", "--locked", *dirty, *chosen)
    place = release.out / "crates"
    place.mkdir(parents=True)
    for name in contents.CRATES:
        if name not in root:
            # These wait for seedbed on crates.io, without which there is no lock file either.
            options = ["--no-verify", "--exclude-lockfile", *dirty, "-p", name]
            release.run("cargo", "package", *options, cwd=INTEGRATIONS)
        file = f"{name}-{release.version}.crate"
        shutil.copyfile(release.target / "package" / file, place / file)
        contents.crate(name, contents.packed(place / file))
    # So they are compiled with the crate that was just packed.
    seedbed = unpack(place / f"seedbed-{release.version}.crate", release.work)
    patch = ["--config", f"patch.crates-io.seedbed.path={json.dumps(str(seedbed))}"]
    for name in contents.CRATES:
        if name not in root:
            crate = unpack(place / f"{name}-{release.version}.crate", release.work)
            shutil.copyfile(INTEGRATIONS / "Cargo.lock", crate / "Cargo.lock")
            release.run("cargo", "check", "--quiet", *patch, cwd=crate)


def without_repository():
    """The manifests whose pages on crates.io would have no address, so that the links of their READMEs break."""
    found = metadata(ROOT) + metadata(INTEGRATIONS)
    return [package["manifest_path"] for package in found if package["publish"] is None and not package["repository"]]
