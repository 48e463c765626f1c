"""Checks that the documentation of the crate shows every public item in an example; CONTRIBUTING.md has the rule.

    cargo doc --no-deps --all-features
    python3 guide/check_examples.py target/doc/seedbed
"""

import html
import re
import sys
from pathlib import Path

EXAMPLE = re.compile(r'<pre class="rust rust-example-rendered">(.*?)</pre>', re.DOTALL)
# Those of the type and of the trait themselves; others are `trait-impl`.
METHOD = re.compile(r'<section id="(?:ty)?method\.(\w+)" class="method">')
ITEM = re.compile(r'<a href="((?:\w+/)*(?:struct|enum|trait|fn)\.(\w+)\.html)">')

# C programs call one, and the crates in this repository the other: their tests show them.
ELSEWHERE = ("capi", "device")


def examples(page):
    """Returns the code of all examples of a page."""
    return "\n".join(html.unescape(re.sub(r"<[^>]*>", "", code)) for code in EXAMPLE.findall(page))


def main():
    top = Path(sys.argv[1])
    items = [(top / page, name) for page, name in ITEM.findall((top / "all.html").read_text())]
    items = [(page, name) for page, name in items if page.parent.name not in ELSEWHERE]
    texts = {page: page.read_text() for page, _ in items}
    texts |= {page.parent / "index.html": (page.parent / "index.html").read_text() for page in texts}
    shown = {page: examples(text) for page, text in texts.items()}
    # The methods that every preset has are shown by the trait.
    common = set(METHOD.findall(texts[top / "trait.Preset.html"]))
    missing = []
    for page, name in items:
        module = page.parent
        near = shown[module / "index.html"] + shown[page]
        # Systems have initializers of one name, which other modules' examples tell apart by the system.
        elsewhere = name if module in (top, top / "init") else f"{module.name}::{name}"
        examples_of = [(code, name if other.parent == module else elsewhere) for other, code in shown.items()]
        item = "::".join([*module.relative_to(top).parts, name])
        if not shown[page] and not any(re.search(rf"\b{word}\b", code) for code, word in examples_of):
            missing.append(item)
        for method in METHOD.findall(texts[page]):
            if not re.search(rf"[.:]{method}\b", near) and (method not in common or name == "Preset"):
                missing.append(f"{item}::{method}")
    if missing:
        sys.exit("no example shows\n" + "\n".join(missing))
    print(f"examples show all of {len(items)} items")


main()
