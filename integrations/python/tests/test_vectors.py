"""The values of test_vectors.json, as far as arrays have them: whole tensors of a name."""

import hashlib
import json
import pathlib

import numpy as np
import seedbed

FILE = pathlib.Path(__file__).parents[3] / "test_vectors.json"
DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": np.uint16}


def initializer(vector):
    if "distribution" not in vector:
        axis = vector["lines"].removesuffix("s")
        nonzeros = {"exactly": vector["count"]}
        return seedbed.Initializer("seedbed.Sparse", axis=axis, nonzeros=nonzeros, std=vector["std"])
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
        if vector.get("offset", "0") != "0":
            continue
        array = np.empty(vector.get("shape", vector["length"]), DTYPES[vector["type"]])
        (name,) = vector["path"]
        bfloat16 = vector["type"] == "bf16"
        initializer(vector).fill(array, seed=int(vector["seed"]), path=name, bfloat16=bfloat16)
        bits = array.reshape(-1)[: len(vector["first"])].view(f"u{array.itemsize}")
        assert [f"{value:0{2 * array.itemsize}x}" for value in bits] == vector["first"], vector
        little = array.astype(array.dtype.newbyteorder("<")).tobytes()
        assert hashlib.sha256(little).hexdigest() == vector["sha256"], vector
        checked += 1
    assert checked == 204
