"""A preprocessor of mdBook for links that leave the book.

The pages link to files of the repository, as a reader of the repository expects. In the book such a link
leads to the file's chapter if there is one, and is plain text otherwise.
"""

import json
import os
import re
import sys

SOURCES = "guide/src"

# Images, too: the first character tells.
LINK = re.compile(r"(!?)\[([^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\(([^()\s]+)\)")


def chapters(items):
    for item in items:
        if isinstance(item, dict) and "Chapter" in item:
            chapter = item["Chapter"]
            yield chapter
            yield from chapters(chapter["sub_items"])


def source(page):
    """Returns the file that a page's text is from: its own, or the file that it includes and has no more than."""
    file = os.path.join(SOURCES, page)
    with open(file) as text:
        include = re.fullmatch(r"\{\{#include (\S+)\}\}\n", text.read())
    return os.path.normpath(os.path.join(os.path.dirname(file), include[1])) if include else file


def rewritten(chapter, pages):
    """Returns the chapter's text. `pages` has the page of each file."""
    here = os.path.dirname(chapter["path"])
    directory = os.path.dirname(source(chapter["path"]))

    def replace(link):
        image, words, target = link.groups()
        file, mark, anchor = target.partition("#")
        if not file or ":" in file:
            return link[0]
        file = os.path.normpath(os.path.join(directory, file))
        if file in pages:
            return f"{image}[{words}]({os.path.relpath(pages[file], here or '.')}{mark}{anchor})"
        return link[0] if file.startswith(SOURCES) else words

    text = chapter["content"]
    # Code stays as it is: blocks, then code within a line.
    parts = re.split(r"(^```.*?^```$|``.+?``|`[^`\n]+`(?!\]))", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("`") else LINK.sub(replace, part) for part in parts)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    context, book = json.load(sys.stdin)
    os.chdir(os.path.join(context["root"], ".."))
    everything = [c for c in chapters(book.get("items") or book["sections"]) if c["path"]]
    pages = {source(chapter["path"]): chapter["path"] for chapter in everything}
    for chapter in everything:
        chapter["content"] = rewritten(chapter, pages)
    json.dump(book, sys.stdout)


main()
