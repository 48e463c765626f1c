"""The values of test_vectors.json, as far as arrays have them: tensors of a name."""

import hashlib
import json
import pathlib

import numpy as np
import seedbed
from common import BFLOAT16

FILE = pathlib.Path(__file__).parents[3] / "test_vectors.json"
DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": BFLOAT16}


def initializer(vector):
    if "distribution" not in vector:
        axis = vector["lines"].removesuffix("s")
        nonzeros = {"exactly": vector["count"]}
        return seedbed.Initializer(
            "seedbed.Sparse", axis=axis, nonzeros=nonzeros, std=vector["std"]
        )
    parameters = dict(vector["distribution"])
    name = parameters.pop("name")
    if name.startswith("truncated_normal"):
        unit = "absolute" if name.endswith("_absolute") else "sigmas"
        parameters["bounds"] = {unit: [parameters.pop("low"), parameters.pop("high")]}
        name = "truncated_normal"
    return seedbed.Initializer("seedbed." + name.title().replace("_", ""), **parameters)


def test_arrays_have_the_values_of_the_vectors():
    vectors = json.loads(FILE.read_text())
    assert vectors["algorithm"] == "V1"
    checked = 0
    for vector in vectors["fills"] + vectors["sparse"]:
        length = vector["length"]
        array = np.empty(vector.get("shape", length), DTYPES[vector["type"]])
        part = {}
        if offset := int(vector.get("offset", "0")):
            part = {"shape": (offset + length,), "start": (offset,)}
        (name,) = vector["path"]
        initializer(vector).fill(array, seed=int(vector["seed"]), path=name, **part)
        bits = array.reshape(-1)[: len(vector["first"])].view(f"u{array.itemsize}")
        assert [f"{value:0{2 * array.itemsize}x}" for value in bits] == vector["first"], vector
        little = array.astype(array.dtype.newbyteorder("<")).tobytes()
        assert hashlib.sha256(little).hexdigest() == vector["sha256"], vector
        checked += 1
    assert checked == 324


def test_words_are_those_of_the_vectors():
    vectors = json.loads(FILE.read_text())
    checked = 0
    for vector in vectors["words"]:
        # Integers, children and the empty name are no paths here.
        name, *children = vector["path"]
        if children or name == "" or isinstance(name, int):
            continue
        seed = vector["seed"]
        seed = int(seed) if len(seed) < 64 else bytes.fromhex(seed)
        first = vector["first"]
        made = seedbed.words(len(first), seed=seed, path=name, offset=int(vector["offset"]))
        assert [f"{word:016x}" for word in made] == first
        checked += 1
    assert checked == 12
