"""Checks that links lead somewhere: to a file, a page, a figure or a heading; those into the web are only well formed.

    python3 guide/check_links.py             all Markdown of the repository
    python3 guide/check_links.py guide/book  the pages of the built book
"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

CODE = re.compile(r"^(```+).*?^\1$|(`+)[^`].*?\2|<!--.*?-->", re.DOTALL | re.MULTILINE)
# [words](target), [words]: target, <target>
LINK = re.compile(r"\]\(<?([^()\s>]+)>?\)|^\[[^\]]+\]:\s+(\S+)|<(https?:[^>]*)>", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)


class Html(HTMLParser):
    """The targets of a page, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, _tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        self.targets += [attributes[key] for key in ("href", "src") if attributes.get(key)]


class Markdown:
    """The same of a file of Markdown, with headings as GitHub names them."""

    def __init__(self, text):
        blocks = re.sub(r"^(```+).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
        self.targets = ["".join(found) for found in LINK.findall(CODE.sub("", text))]
        self.anchors = set()
        for heading in HEADING.findall(blocks):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
            name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            count = 0
            while name + f"-{count}" * (count > 0) in self.anchors:
                count += 1
            self.anchors.add(name + f"-{count}" * (count > 0))
        html = Html(CODE.sub("", text))
        self.targets += html.targets
        self.anchors |= html.anchors


def well_formed(target):
    """Returns whether a link into the web could be one."""
    if target.startswith("mailto:"):
        return "@" in target
    url = urlsplit(target)
    return url.scheme == "https" and "." in (url.hostname or "")


def broken(path, page, pages):
    """Returns what is wrong with the links of a page."""
    for target in page.targets:
        file, _, anchor = unquote(target).partition("#")
        if ":" in file or file.startswith("//"):
            if isinstance(page, Markdown) and not well_formed(target):
                yield f"{target} is not a link of https"
            continue
        other = (path.parent / file).resolve() if file else path
        if not other.exists():
            yield f"{target} does not exist"
        elif anchor and other in pages and anchor not in pages[other].anchors:
            yield f"{target} has no such heading"


def main():
    if sys.argv[1:]:
        top = Path(sys.argv[1]).resolve()
        # The links of these are from the root.
        files = [file for file in top.rglob("*.html") if file.name not in ("404.html", "toc.html")]
        pages = {path: Html(path.read_text()) for path in files}
    else:
        top = Path(__file__).resolve().parent.parent
        listed = subprocess.run(["git", "ls-files", "*.md"], cwd=top, check=True, capture_output=True, text=True)
        pages = {top / name: Markdown((top / name).read_text()) for name in listed.stdout.split()}
    found = [(path, error) for path, page in pages.items() for error in broken(path, page, pages)]
    errors = [f"{path.relative_to(top)}: {error}" for path, error in found]
    if errors:
        sys.exit("\n".join(errors))
    count = sum(len(page.targets) for page in pages.values())
    print(f"{len(pages)} pages, {count} links, none broken")


main()
