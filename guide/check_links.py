"""Checks that every link of the built book to a page, a figure or a heading of its own leads somewhere.

    python3 guide/check_links.py guide/book
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote


class Page(HTMLParser):
    """The targets of a page, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, _tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        self.targets += [attributes[key] for key in ("href", "src") if attributes.get(key)]


def main():
    book = Path(sys.argv[1]).resolve()
    pages = {path: Page(path.read_text()) for path in book.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        if path.name in ("404.html", "toc.html"):
            continue  # their links are from the root
        for target in page.targets:
            file, _, anchor = unquote(target).partition("#")
            if ":" in file or file.startswith("//"):
                continue
            other = (path.parent / file).resolve() if file else path
            if not other.exists():
                broken.append(f"{path.relative_to(book)}: {target} does not exist")
            elif anchor and other in pages and anchor not in pages[other].anchors:
                broken.append(f"{path.relative_to(book)}: {target} has no such heading")
    if broken:
        sys.exit("\n".join(broken))
    print(f"{len(pages)} pages, no broken link")


main()
