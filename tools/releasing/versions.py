"""One version for all packages, from the root's manifest, and the changelog's section for it."""

import datetime
import difflib
import re
import tomllib

from . import contents
from .common import INTEGRATIONS, ROOT, Refused, metadata, read

MANIFEST = ROOT / "Cargo.toml"
CHANGELOG = ROOT / "CHANGELOG.md"

NUMBER = r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?"
# Where the version stands, besides the lock files, the changelog and the documents: the version of a workspace's
# packages and of its dependencies on them, and that of a citation.
PLACES = {
    MANIFEST: [rf'(?m)^(version = ")({NUMBER})(")', rf'(?m)^(seedbed = .*version = ")({NUMBER})(")'],
    INTEGRATIONS / "Cargo.toml": [
        rf'(?m)^(version = ")({NUMBER})(")',
        rf'(?m)^(seedbed = .*version = ")({NUMBER})(")',
        rf'(?m)^(seedbed-cuda = .*version = ")({NUMBER})(")',
    ],
    ROOT / "CITATION.cff": [rf"(?m)^(version: )({NUMBER})()$"],
}
LOCKS = [ROOT / "Cargo.lock", INTEGRATIONS / "Cargo.lock"]
# `seedbed = "0.1"` in a document: what a user of this version writes.
IN_DOCUMENT = r'(?m)^(seedbed(?:-\w+)? = (?:\{ version = )?")([\d.]+)(")'


def current():
    return tomllib.loads(MANIFEST.read_text())["workspace"]["package"]["version"]


def documents():
    return [ROOT / name for name in read("git", "ls-files", "*.md").split("\n")]


def places():
    """Every place of the version: the file, the pattern, and whether it has the whole version."""
    for file, patterns in PLACES.items():
        yield from ((file, pattern, True) for pattern in patterns)
    names = "|".join([*contents.CRATES, "seedbed-python"])
    for lock in LOCKS:
        yield lock, rf'(?m)^(name = "(?:{names})"\nversion = ")({NUMBER})(")', True
    for document in documents():
        yield document, IN_DOCUMENT, False


def short(version):
    """What a dependency on this version says: what is compatible is the first number that is not 0."""
    major, minor, _ = version.split("-")[0].split(".")
    return f"{major}.{minor}" if major == "0" else major


def check():
    """Every place has the version of the root's manifest, and every package that is released is its own."""
    version = current()
    for file, pattern, whole in places():
        found = [match[2] for match in re.finditer(pattern, file.read_text())]
        if whole and not found:
            raise Refused(f"{file.relative_to(ROOT)} has no version where tools/releasing/versions.py expects one")
        for number in found:
            if number != (version if whole else short(version)):
                raise Refused(f"{file.relative_to(ROOT)} has version {number}, and Cargo.toml {version}")
    for package in metadata(ROOT) + metadata(INTEGRATIONS):
        check_package(package, version)
    project = tomllib.loads((INTEGRATIONS / "python/pyproject.toml").read_text())["project"]
    if project.get("version", version) != version or ("version" not in project and "version" not in project["dynamic"]):
        raise Refused("integrations/python/pyproject.toml must take its version from Cargo.toml")
    return version


def check_package(package, version):
    name, published = package["name"], package["publish"] is None
    if published != (name in contents.CRATES):
        where = "tools/releasing/contents.py" if published else f"{package['manifest_path']}, as publish"
        raise Refused(f"{name} is published in one place and not in another: see {where}")
    if (published or name == "seedbed-python") and package["version"] != version:
        raise Refused(f"{name} has version {package['version']}, and Cargo.toml {version}")
    if not published:
        return
    for field in ("description", "license", "documentation", "readme", "keywords", "categories"):
        if not package[field]:
            raise Refused(f"{name} has no {field}, which its page on crates.io shows")
    for dependency in package["dependencies"]:
        # A path without a version is left out of what is published, if tests alone use it.
        if "path" in dependency and dependency["req"] != f"^{version}" and dependency["kind"] != "dev":
            raise Refused(f"{name} depends on {dependency['name']} {dependency['req']}, and not on {version}")


def check_changelog(version, dry):
    """Returns the title of the newest section, which a release must have for its version."""
    title = re.search(r"(?m)^## (.*)$", CHANGELOG.read_text())
    if title and re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", title[1]):
        return title[1]
    if title and title[1] == "Unreleased" and dry:
        return title[1]
    raise Refused(
        f"CHANGELOG.md begins with `## {title and title[1]}`, not with `## {version} - YYYY-MM-DD`: "
        f"`tools/release --version {version}` writes that"
    )


def set_version(version, dry):
    """Writes the version into every place, and the changelog's section; shows what it writes."""
    if not re.fullmatch(NUMBER, version):
        raise Refused(f"--version {version}: a version is three numbers, like 0.2.0, and perhaps -rc.1")
    texts = {}
    for file, pattern, whole in places():
        number = version if whole else short(version)
        text = texts.get(file) or file.read_text()
        texts[file] = re.sub(pattern, lambda match: match[1] + number + match[3], text)
    changelog = CHANGELOG.read_text()
    if f"\n## {version} " not in changelog:
        if "\n## Unreleased\n" not in changelog:
            raise Refused(f"CHANGELOG.md has neither `## Unreleased` nor `## {version}`: nothing to release")
        today = datetime.date.today().isoformat()
        texts[CHANGELOG] = changelog.replace("\n## Unreleased\n", f"\n## {version} - {today}\n", 1)
    for file, text in texts.items():
        old, name = file.read_text(), str(file.relative_to(ROOT))
        if old != text:
            print("".join(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, name, n=0)), end="")
            if not dry:
                file.write_text(text)
