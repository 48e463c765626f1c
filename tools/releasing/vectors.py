"""Compares what was made for a release with test_vectors.json: fills whose values every other test knows."""

import hashlib
import json
import platform
import shutil
from pathlib import Path

from .common import ROOT, Refused

TYPES = {"f32": (0, 4), "f64": (1, 8), "bf16": (2, 2), "f16": (3, 2)}  # the number in C, and bytes


def emulator(target):
    """How a program for `target` is started: `[]` on such a machine, None if it cannot be."""
    processor = target.split("-")[0]
    system = Path(f"/usr/{processor}-linux-gnu")
    if processor == platform.machine():
        return []
    qemu = shutil.which(f"qemu-{processor}")
    return [qemu, "-L", str(system)] if qemu and system.exists() else None


def fills():
    """The vectors that a call of the C interface asks for by numbers."""
    found = json.loads((ROOT / "test_vectors.json").read_text())["fills"]
    return [vector for vector in found if vector["distribution"]["name"] != "constant"]


def is_whole_f32(vector):
    """Whether a vector is a tensor from its first element on, of a distribution with plain numbers."""
    plain = vector["distribution"]["name"] in ("uniform", "normal")
    return plain and vector["type"] == "f32" and vector["offset"] == "0"


def line(vector):
    """What tests/capi/vectors_test.c reads."""
    distribution = vector["distribution"]
    numbers = [distribution[key] for key in ("mean", "std", "low", "high") if key in distribution]
    number = TYPES[vector["type"]][0]
    words = [vector["seed"], vector["path"][0], number, vector["offset"], vector["length"], distribution["name"]]
    return " ".join(str(word) for word in [*words, *numbers])


def compare_c(release, program, environment):
    asked = fills()
    text = "\n".join(line(vector) for vector in asked)
    made = release.run(*program, input=text.encode(), environment=environment).stdout
    for vector in asked:
        size = vector["length"] * TYPES[vector["type"]][1]
        equal(vector, made[:size], program[-1])
        made = made[size:]
    print(f"{len(asked)} fills have the values of test_vectors.json")


def equal(vector, data, what):
    if hashlib.sha256(data).hexdigest() != vector["sha256"]:
        raise Refused(f"{what} has other values than test_vectors.json for {vector}")
