"""A preprocessor of mdBook for links that leave the book.

The pages link to files of the repository, as a reader of the repository expects. In the book such a link
leads to the file's chapter if there is one, and is plain text otherwise.
"""

import json
import os
import re
import sys

# Images, too: the first character tells.
LINK = re.compile(r"(!?)\[([^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\(([^()\s]+)\)")


def chapters(items):
    for item in items:
        if isinstance(item, dict) and "Chapter" in item:
            chapter = item["Chapter"]
            yield chapter
            yield from chapters(chapter["sub_items"])


def rewritten(chapter, pages):
    """Returns the chapter's text. Chapters in docs/ are files of the repository's docs/, included whole."""
    here = os.path.dirname(chapter["path"])
    source = here if here == "docs" else os.path.join("guide/src", here)

    def replace(link):
        image, words, target = link.groups()
        file, mark, anchor = target.partition("#")
        if not file or ":" in file:
            return link[0]
        file = os.path.normpath(os.path.join(source, file))
        page = file.removeprefix("guide/src/")
        if page in pages:
            return f"{image}[{words}]({os.path.relpath(page, here or '.')}{mark}{anchor})"
        return link[0] if file.startswith("guide/src/") else words

    text = chapter["content"]
    # Code stays as it is: blocks, then code within a line.
    parts = re.split(r"(^```.*?^```$|``.+?``|`[^`\n]+`(?!\]))", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("`") else LINK.sub(replace, part) for part in parts)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _context, book = json.load(sys.stdin)
    everything = [c for c in chapters(book.get("items") or book["sections"]) if c["path"]]
    pages = {chapter["path"] for chapter in everything}
    for chapter in everything:
        chapter["content"] = rewritten(chapter, pages)
    json.dump(book, sys.stdout)


main()
