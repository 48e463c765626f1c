"""All parts of a release, in their order, and the account of them."""

import hashlib
import os
import shutil
import time
from pathlib import Path

from . import bill, c_library, command, contents, crates, python, toolbox, versions
from .common import ROOT, TARGETS, Refused, Release, kib, read


def make(out, dry):
    version = versions.check()
    if not dry:
        ready(version)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    out = (out or target / f"release-{version}").resolve()
    if out.exists():
        if not (out / "SHA256SUMS").exists():
            raise Refused(f"--out {out}: is there, and no release")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / "SHA256SUMS").touch()
    release = Release(version, out, target / "releasing", dry, int(read("git", "log", "-1", "--format=%ct")))
    shutil.rmtree(release.work, ignore_errors=True)
    release.work.mkdir(parents=True)
    toolbox.install(release)
    for part in (bill, python, c_library, command, crates):
        part.make(release)
    shutil.rmtree(release.work)
    checksums(out)
    account(release)


def ready(version):
    """What a dry run does not ask for."""
    if read("git", "status", "--porcelain"):
        raise Refused("the tree has changes that are not committed; --dry-run does not mind")
    tags = read("git", "tag", "--points-at", "HEAD").split()
    if f"v{version}" not in tags:
        raise Refused(f"the commit has the tags {tags}, not v{version}: `git tag v{version}`; --dry-run does not mind")
    versions.check_changelog(version, dry=False)
    if missing := crates.without_repository():
        raise Refused(f"no `repository` in {', '.join(missing)}: links of the READMEs would lead nowhere")
    former = read("git", "tag", "--list", "v*", "--no-contains", "HEAD", "--sort=-version:refname").split()
    if former:
        print(read(".ci/supply", former[0]))


def made(out):
    return sorted(file for file in out.rglob("*") if file.is_file() and file.name != "SHA256SUMS")


def checksums(out):
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(out)}\n" for file in made(out)]
    (out / "SHA256SUMS").write_text("".join(lines))


def account(release):
    print("\nTook:")
    for seconds, words in release.times:
        if seconds >= 5:
            print(f"{seconds:6.0f} s  {words[:100]}")
    print(f"\n{release.out} has:")
    for file in made(release.out):
        inside = "" if file.suffix == ".json" else f"{len(contents.packed(file)):5} files"
        print(f"{kib(file.stat().st_size):>12} {inside:11}  {file.relative_to(release.out)}")
    print(f"{hashlib.sha256((release.out / 'SHA256SUMS').read_bytes()).hexdigest()}  SHA256SUMS")
    print("\nNot for crates.io:")
    for name, why in contents.NOT_PUBLISHED.items():
        print(f"  {name}: {why}")
    print(f"\nBinaries are those of {' and '.join(TARGETS)}. On a machine with macOS or Windows,")
    print("`maturin build --release` in the unpacked source distribution makes its wheel.")
    if missing := crates.without_repository():
        print("\nThe maintainer must fill in, before anything is uploaded:")
        for manifest in missing:
            print(f"  repository = \"https://..\" in {Path(manifest).relative_to(ROOT)}")
        print("  [project.urls] in integrations/python/pyproject.toml, repository-code in CITATION.cff")
        print("  Without them the links of READMEs to files of the repository lead nowhere on crates.io.")
    print("\nNothing was uploaded. To upload, at the tag and in this order:")
    for name, (directory, *_) in contents.CRATES.items():
        print(f"  cargo publish --locked -p {name}  # in {directory.relative_to(ROOT)}")
    print(f"  twine upload {release.out}/python/*")
    print(f"  {release.out}/{{c,command,sbom}}/* and SHA256SUMS, beside the tag")
