"""The crates, as `cargo publish` would upload them."""

import shutil

from . import contents
from .common import INTEGRATIONS, ROOT, metadata, unpack


def make(release):
    """Packs and compiles each crate, and checks what was packed."""
    dirty = ["--allow-dirty"] if release.dry else []
    chosen = [word for name in contents.CRATES if not is_host(name) for word in ("-p", name)]
    release.run("cargo", "package", "--locked", *dirty, *chosen)
    release.run("cargo", "publish", "--dry-run", "--no-verify", "--locked", *dirty, *chosen)
    place = release.out / "crates"
    place.mkdir(parents=True)
    for name in contents.CRATES:
        if is_host(name):
            # These wait for seedbed on crates.io, without which there is no lock file either.
            options = ["--no-verify", "--exclude-lockfile", *dirty, "-p", name]
            release.run("cargo", "package", *options, cwd=INTEGRATIONS)
        file = f"{name}-{release.version}.crate"
        shutil.copyfile(release.target / "package" / file, place / file)
        contents.crate(name, contents.packed(place / file))
    together(release, place)


def together(release, place):
    """Compiles the crates of the hosts, as they were packed, with those that were packed just before."""
    work = release.work / "crates"
    folders = [unpack(crate, work).name for crate in sorted(place.glob("*.crate"))]
    seedbed = f"seedbed-{release.version}"
    members = [folder for folder in folders if folder != seedbed]
    workspace = f'[workspace]\nresolver = "3"\nmembers = {members}\nexclude = ["{seedbed}"]\n'
    patched = [f'{name}.path = "{name}-{release.version}"' for name in ("seedbed", "seedbed-cuda")]
    (work / "Cargo.toml").write_text("\n".join([workspace + "[patch.crates-io]", *patched, ""]))
    shutil.copyfile(INTEGRATIONS / "Cargo.lock", work / "Cargo.lock")
    hosts = [word for name in contents.CRATES if is_host(name) for word in ("-p", name)]
    release.run("cargo", "check", "--quiet", *hosts, cwd=work)


def is_host(name):
    return contents.CRATES[name][0].is_relative_to(INTEGRATIONS)


def without_repository():
    """The manifests whose pages on crates.io would have no address, so that the links of their READMEs break."""
    found = metadata(ROOT) + metadata(INTEGRATIONS)
    return [package["manifest_path"] for package in found if package["publish"] is None and not package["repository"]]
