#!/usr/bin/env python3
"""Spoils copies of the repository, each in one way, and requires `tools/release --check` to refuse them."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def exchange(file, old, new):
    """An edit that a maintainer could make."""

    def edit(copy):
        text = (copy / file).read_text()
        assert old in text, f"{file} has no {old!r}: renew this control"
        (copy / file).write_text(text.replace(old, new, 1))

    return edit


def corpus(copy):
    (copy / "tests/corpus").mkdir()
    (copy / "tests/corpus/0123abcd").write_bytes(b"input")


def large(copy):
    (copy / "src/large.rs").write_text("// \n" * 500_000)


def without_licence(copy):
    (copy / "cli/LICENSE-MIT").unlink()


INCLUDE = 'include = ["/src"'
CONTROLS = {
    "a corpus is in a crate": (corpus, "does not allow: ['tests/corpus/0123abcd']"),
    "scripts of the gate are": (exchange("Cargo.toml", INCLUDE, f'{INCLUDE}, "/.ci"'), "does not allow: ['.ci/"),
    "patches are": (exchange("integrations/cuda/Cargo.toml", INCLUDE, f'{INCLUDE}, "/faults"'), "always-vectors.patch"),
    "checkpoints are": (exchange("cli/Cargo.toml", INCLUDE, f'{INCLUDE}, "/tests"'), "deepseek-awq.json"),
    "a crate is too large": (large, "its rule allows"),
    "a crate has no licence": (without_licence, "lacks ['LICENSE-MIT']"),
    "hosts have another version": (
        exchange("integrations/Cargo.toml", '\nversion = "0', '\nversion = "9'),
        "integrations/Cargo.toml has version 9",
    ),
    "a citation has": (exchange("CITATION.cff", "\nversion: 0", "\nversion: 9"), "CITATION.cff has version 9"),
    "a document has": (exchange("README.md", '\nseedbed = "0', '\nseedbed = "9'), "README.md has version 9"),
    "a lock file has": (
        exchange("Cargo.lock", 'name = "seedbed"\nversion = "0', 'name = "seedbed"\nversion = "9'),
        "Cargo.lock has version 9",
    ),
    "a dependency has no version": (
        exchange("integrations/Cargo.toml", 'path = "..", version = ', 'path = "..", package = '),
        "integrations/Cargo.toml has no version where",
    ),
    "a tool would be published": (
        exchange("guide/figures/Cargo.toml", "publish = false\n", ""),
        "figures is published",
    ),
    "a page has no keywords": (exchange("cli/Cargo.toml", "keywords", "#"), "seedbed-cli has no keywords"),
    "nothing is in the changelog": (exchange("CHANGELOG.md", "## Unreleased", "## Later"), "begins with `## Later`"),
}


def release(copy, *arguments):
    done = subprocess.run([sys.executable, copy / "tools/release", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def git(copy, *arguments):
    return subprocess.run(["git", "-C", copy, *arguments], check=True, capture_output=True, text=True).stdout


def main():
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for file in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").split("\n"):
            if (ROOT / file).is_file():
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, copy / file, follow_symlinks=False)
        git(copy, "init", "--quiet")
        commit(copy)
        clean(copy)
        for name, (spoil, message) in CONTROLS.items():
            spoil(copy)
            refused(copy, message, name, "--check")
            git(copy, "checkout", "--quiet", ".")
            git(copy, "clean", "--quiet", "--force", "-d")
        unready(copy)


def commit(copy):
    git(copy, "add", "--all")
    git(copy, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--message=copy")


def clean(copy):
    """What is not spoilt is no error, and another version is written everywhere or nowhere."""
    for arguments, changes in ((["--check"], False), (["--version", "9.8.7", "--dry-run"], False)):
        code, told = release(copy, *arguments)
        if code != 0 or bool(git(copy, "status", "--porcelain")) != changes:
            sys.exit(f"{arguments} of the copy: {told}")
    release(copy, "--version", "9.8.7")
    code, told = release(copy, "--check")
    if code != 0 or "version 9.8.7, changelog '9.8.7 - " not in told:
        sys.exit(f"--check after --version 9.8.7: {told}")
    git(copy, "checkout", "--quiet", ".")


def unready(copy):
    """A release, other than a dry run, is of a tagged commit without changes, and of packages with an address."""
    refused(copy, "not v", "there is no tag")
    release(copy, "--version", "9.8.7")
    refused(copy, "changes that are not committed", "there are changes")
    for manifest in copy.rglob("Cargo.toml"):
        lines = manifest.read_text().splitlines(True)
        manifest.write_text("".join(line for line in lines if not line.startswith("repository")))
    commit(copy)
    git(copy, "tag", "v9.8.7")
    refused(copy, "no `repository` in", "there is no address")


def refused(copy, message, name, *arguments):
    code, told = release(copy, *arguments)
    if code == 0 or message not in told:
        sys.exit(f"not refused with {message!r}: {name}\n{told}")
    print(f"refused: {name}")


if __name__ == "__main__":
    main()
