"""Checks the lists of what holds what: docs/claims.md for the README, docs/testing.md for the promises.

    python3 guide/check_claims.py

docs/claims.md quotes the README whole and in its order, so that a sentence that is changed or new has a row to be
written. What both lists name must exist: tests in their files, commands, files.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Where the tests of a program are.
PROGRAMS = {
    "values": "tests/values",
    "initializers": "tests/initializers",
    "statistics": "tests/statistics",
    "process": "tests/process",
    "capi": "tests/capi",
    "layers": "tests/layers.rs",
    "lib": "src",
    "reference": "reference",
    "cli": "cli",
    "python": "integrations/python/tests",
    "processes": "tools/processes",
    "shard_plan": "tools/shard_plan",
}
# A row of a table of two columns.
ROW = re.compile(r"^\| (.+) \| (.+?) \|$", re.MULTILINE)
GAP = " [..] "


def sources(place):
    """Returns the source files of a file or a folder."""
    place = ROOT / place
    files = [place] if place.is_file() else place.rglob("*")
    return [file for file in files if file.suffix in (".rs", ".py") and "target" not in file.parts]


def has_test(place, name):
    """Returns whether a file of the test's modules has a word of its name, or is the module that is named."""
    *modules, last = name.split("::")
    for file in sources(place):
        text = file.read_text()
        within = [*file.relative_to(ROOT).with_suffix("").parts, *re.findall(r"\bmod (\w+)", text)]
        if not all(part in within for module in modules for part in module.split("/")):
            continue
        if file.stem == last or file.parent.name == last or re.search(rf"\b{last}\b", text):
            return True
    return False


def exists(name):
    """Returns whether a test, a command or a file is there."""
    program, colon, test = name.partition(": ")
    if colon:
        return program in PROGRAMS and has_test(PROGRAMS[program], test)
    if name.startswith("cargo "):
        return any(name in script.read_text() for script in (ROOT / ".ci").iterdir() if script.is_file())
    if (ROOT / name.split()[0]).exists():
        return True
    is_test = re.fullmatch(r"\w+(::\w+)*", name)
    return bool(is_test) and any(has_test(place, name) for place in PROGRAMS.values())


def plain(text):
    """Returns the words of Markdown, without code blocks, comments, headings and markup."""
    text = re.sub(r"^```.*?^```$|<!--.*?-->", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^#+ .*$|^\|[-|]+\|$", "", text, flags=re.MULTILINE)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^- |`|\*\*", "", text.replace("|", " "), flags=re.MULTILINE)
    return " ".join(text.split())


def quotes(rows):
    """Checks that the quotes are the README, one after the other."""
    readme, place = plain((ROOT / "README.md").read_text()), 0
    for quote, _ in rows:
        words = plain(quote.replace(GAP, "\0")).split("\0")
        found = re.compile(".*?".join(map(re.escape, words))).match(readme, place)
        if not found:
            return [f"the README goes on with {readme[place:place + 70]!r}, docs/claims.md with {quote[:70]!r}"]
        place = found.end() + 1
    return [f"docs/claims.md has nothing of {readme[place:place + 70]!r}"] if readme[place:] else []


def names(document, rows):
    """Checks that what the last column names exists."""
    errors = []
    for _, held in rows:
        if not re.search(r"`|\]\(", held):
            errors.append(f"{document}: {held!r} names nothing")
        missing = [name for name in re.findall("`([^`]+)`", held) if not exists(name)]
        errors += [f"{document}: {name!r} is not there" for name in missing]
    return errors


def features():
    """Checks that the README has the features of the crate and their defaults."""
    declared = tomllib.loads((ROOT / "Cargo.toml").read_text())["features"]
    default = set(declared.pop("default"))
    told = re.findall(r"^\| `(\w+)` \| (yes|no) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    differ = {(name, "yes" if name in default else "no") for name in declared} ^ set(told)
    return [f"README.md and Cargo.toml differ in features: {sorted(differ)}"] if differ else []


def rows(document, start, end=None):
    text = (ROOT / document).read_text().split(start, 1)[1]
    return [row for row in ROW.findall(text.split(end, 1)[0] if end else text) if set(row[1]) != {"-"}][1:]


def main():
    claims = rows("docs/claims.md", "# ", "## ")
    promises = rows("docs/testing.md", "## Promises", "## Faults")
    faults = rows("docs/testing.md", "## Faults", "## Negative controls")
    errors = quotes(claims) + names("docs/claims.md", claims)
    errors += names("docs/testing.md", promises + faults) + features()
    if errors:
        sys.exit("\n".join(errors))
    print(f"{len(claims)} claims, {len(promises)} promises and {len(faults)} faults: what holds them is there")


main()
