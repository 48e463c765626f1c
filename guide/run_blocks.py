"""Runs the blocks of the guide's pages that are not Rust, which `cargo test` runs.

    python3 guide/run_blocks.py --bin DIR --library DIR [--python PROGRAM] PAGE ..

Each page has an empty directory, in which its blocks run from the first to the last. A comment before a block
says what else to do with it: `<!-- file: NAME -->` writes it to a file, `<!-- not run: REASON -->` passes over
it, and `<!-- before: CODE -->` runs lines of Python before it that are of no interest to readers. A page with `<!-- needs: MODULE -->` is passed over where Python lacks the module.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

GUIDE = Path(__file__).resolve().parent
BLOCK = re.compile(r"(?:<!-- ([^>]*?) ?-->\n)?^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEEDS = re.compile(r"^<!-- needs: (\w+) -->$", re.MULTILINE)


class Page:
    """A page whose blocks are run."""

    def __init__(self, path, options, place):
        self.path, self.options, self.place = path, options, Path(place)
        self.text = path.read_text()
        self.python = ""  # all blocks so far, as one program
        self.done = ""

    def run(self):
        count = 0
        for block in BLOCK.finditer(self.text):
            comment, language, code = block.groups()
            line = self.text.count("\n", 0, block.start(3))
            try:
                count += self.block(comment or "", language, code, line)
            except (subprocess.CalledProcessError, ValueError) as error:
                sys.exit(f"{self.path}:{line}: the block fails: {error}")
        self.run_python()
        return count

    def run_python(self):
        """Runs the blocks of Python so far, if any is new."""
        if self.python != self.done:
            (self.place / "page.py").write_text(self.python)
            self.command([self.options.python, "page.py"])
            self.done = self.python

    def block(self, comment, language, code, line):
        """Runs a block, and returns whether it did."""
        if comment.startswith("not run: "):
            return False
        if comment.startswith("file: "):
            (self.place / comment.removeprefix("file: ")).write_text(code)
        if language == "sh":
            self.run_python()  # which may have written files
            self.command(["bash", "-euo", "pipefail", "-c", code])
        elif language == "python":
            # All of a page is one program, with the lines of the page, so that errors name them.
            if comment.startswith("before: "):
                self.python += comment.removeprefix("before: ") + "\n"
            self.python += "\n" * (line - self.python.count("\n")) + code
        elif language == "c":
            self.c_program(code)
        elif language == "json":
            json.loads(code)
        elif language == "toml":
            tomllib.loads(code)
        elif language == "rust":
            self.check_rust()
            return False
        elif language != "text":
            raise ValueError(f"nobody knows how to run {language!r}")
        return True

    def c_program(self, code):
        (self.place / "page.c").write_text(code)
        library = self.options.library
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{GUIDE.parent / 'include'}"]
        link = [f"-L{library}", f"-Wl,-rpath,{library}", "-lseedbed"]
        self.command([os.environ.get("CC", "cc"), *flags, "page.c", "-o", "page", *link])
        self.command(["./page"])

    def check_rust(self):
        """Checks that the page is among those whose blocks of Rust are tests."""
        lists = [GUIDE / "pages.rs", GUIDE.parent / "integrations/guide/src/lib.rs", GUIDE.parent / "src/lib.rs"]
        if not any(self.path.name in text.read_text() for text in lists):
            raise ValueError(f"no test has the blocks of {self.path.name}")

    def command(self, command):
        path = f"{self.options.bin}:{os.environ['PATH']}"
        output = subprocess.run(
            command, cwd=self.place, env=os.environ | {"PATH": path}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if output.returncode:
            print(output.stdout)
            output.check_returncode()


def missing(text, python):
    """Returns the modules that a page needs and Python lacks."""
    modules = NEEDS.findall(text)
    if re.search("^```python", text, re.MULTILINE):
        modules.append("seedbed")
    return [m for m in modules if subprocess.run([python, "-c", f"import {m}"], capture_output=True).returncode]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=Path, required=True, help="the directory of the command")
    parser.add_argument("--library", type=Path, required=True, help="the directory of the C library")
    parser.add_argument("--python", default=sys.executable, help="a Python with the package")
    parser.add_argument("pages", type=Path, nargs="+")
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    for path in options.pages:
        lacking = missing(path.read_text(), options.python)
        if lacking:
            print(f"SKIPPED: {path}: {options.python} has no module {' and '.join(lacking)}")
            continue
        with tempfile.TemporaryDirectory() as place:
            count = Page(path, options, place).run()
        if count:
            print(f"{path}: {count} blocks")


main()
