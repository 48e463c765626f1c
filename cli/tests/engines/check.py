"""Loads quantised checkpoints that `seedbed new --like` writes, with the engines that users have.

Each layout's list is that of a small model of transformers whose linear layers are replaced by the tensors of
the layout, as the published lists in `tests/data/checkpoints` have them. The directory must load without a
warning or a tensor that is missing, unexpected or of another shape; the logits must be finite, and the weights
that come out must have the standard deviation of the configuration.

    python -m venv engines && engines/bin/pip install -r cli/tests/engines/requirements.txt
    cargo build --release -p seedbed-cli
    engines/bin/python cli/tests/engines/check.py target/release/seedbed

A layout whose library is not installed is named and left out; `--all` makes that an error.
"""

import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors import safe_open

STD = 0.02
WIDTH, INNER, LAYERS, GROUP, BLOCK = 256, 512, 2, 64, 128
SIZES = {
    "vocab_size": 384,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": STD,
    "tie_word_embeddings": False,
}


def headers(model, directory):
    """Returns the tensors of the files that transformers writes: its names in memory may be others."""
    model.save_pretrained(directory)
    names = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}
    with safe_open(directory / "model.safetensors", "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    return {
        name: {"dtype": names[tensor.dtype], "shape": list(tensor.shape)}
        for name, tensor in tensors.items()
    }


def tensor(dtype, *shape):
    return {"dtype": dtype, "shape": list(shape)}


def gptq(outputs, inputs, bits=4, group=GROUP):
    groups = inputs // group if group > 0 else 1
    return {
        "qweight": tensor("I32", inputs * bits // 32, outputs),
        "qzeros": tensor("I32", groups, outputs * bits // 32),
        "scales": tensor("F16", groups, outputs),
        "g_idx": tensor("I32", inputs),
    }


def awq(outputs, inputs):
    return {
        "qweight": tensor("I32", inputs, outputs // 8),
        "qzeros": tensor("I32", inputs // GROUP, outputs // 8),
        "scales": tensor("F16", inputs // GROUP, outputs),
    }


def packed(outputs, inputs, bits=4):
    return {
        "weight_packed": tensor("I32", outputs, inputs * bits // 32),
        "weight_scale": tensor("BF16", outputs, inputs // GROUP),
        "weight_shape": tensor("I64", 2),
    }


def int8(outputs, inputs):
    return {"weight": tensor("I8", outputs, inputs), "weight_scale": tensor("BF16", outputs, 1)}


def fp8_channels(outputs, inputs):
    return {"weight": tensor("F8_E4M3", outputs, inputs), "weight_scale": tensor("BF16", outputs, 1)}


def fp8_blocks(outputs, inputs):
    scales = [-(-n // BLOCK) for n in (outputs, inputs)]
    return {
        "weight": tensor("F8_E4M3", outputs, inputs),
        "weight_scale_inv": tensor("F32", *scales),
    }


def compressed(form, weights, activations=None):
    """Returns the configuration of compressed-tensors."""
    weights = {"symmetric": True, **weights}
    group = {"targets": ["Linear"], "weights": weights, "input_activations": activations}
    return {
        "quant_method": "compressed-tensors",
        "format": form,
        "quantization_status": "compressed",
        "ignore": ["lm_head"],
        "config_groups": {"group_0": group},
    }


def grouped(bits):
    return {"num_bits": bits, "type": "int", "strategy": "group", "group_size": GROUP}


def tokens(kind):
    return {"num_bits": 8, "type": kind, "symmetric": True, "strategy": "token", "dynamic": True}


def gptq_config(**changed):
    return {
        "quant_method": "gptq", "bits": 4, "group_size": GROUP, "desc_act": True, "sym": True,
        "act_group_aware": False, "checkpoint_format": "gptq", **changed,
    }


LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **SIZES}
AWQ = {"quant_method": "awq", "bits": 4, "group_size": GROUP, "zero_point": True, "version": "gemm"}
FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [BLOCK, BLOCK]}
CHANNELS = {"num_bits": 8, "strategy": "channel"}

# The layout, the libraries that it needs, its tensors and its configuration. Without a GPU, transformers
# computes with the weights that FP8 and MXFP4 stand for.
LINEAR = {
    "gptq": (["gptqmodel", "optimum"], gptq, gptq_config()),
    "gptq, 8 bits in one group": (
        ["gptqmodel", "optimum"], lambda o, i: gptq(o, i, bits=8, group=-1),
        gptq_config(bits=8, group_size=-1),
    ),
    "awq": (["gptqmodel", "accelerate"], awq, AWQ),
    "compressed-tensors, packed 4 bits": (
        ["compressed_tensors"], packed, compressed("pack-quantized", grouped(4)),
    ),
    "compressed-tensors, packed 8 bits": (
        ["compressed_tensors"], lambda o, i: packed(o, i, bits=8),
        compressed("pack-quantized", grouped(8)),
    ),
    "compressed-tensors, int8": (
        ["compressed_tensors"], int8,
        compressed("int-quantized", {**CHANNELS, "type": "int"}, tokens("int")),
    ),
    "compressed-tensors, fp8": (
        ["compressed_tensors"], fp8_channels,
        compressed("float-quantized", {**CHANNELS, "type": "float"}, tokens("float")),
    ),
    "fp8 in blocks": (["accelerate"], fp8_blocks, {**FP8, "dequantize": True}),
}


def linear_list(directory, layout):
    """Returns the list of a small Llama whose linear layers have another layout."""
    model = transformers.AutoModelForCausalLM.from_config(
        transformers.AutoConfig.for_model(**LLAMA), dtype=torch.bfloat16
    )
    listed = {}
    for name, known in headers(model, directory).items():
        if "_proj." in name:
            module = name.removesuffix("weight")
            listed.update({module + part: t for part, t in layout(*known["shape"]).items()})
        else:
            listed[name] = known
    return listed


def mxfp4_list(directory):
    """Returns the list of a small gpt-oss whose experts are MXFP4."""
    sizes = {**SIZES, "intermediate_size": WIDTH, "num_local_experts": 4, "head_dim": 64}
    config = transformers.GptOssConfig(**sizes)
    listed = {}
    for name, known in headers(
        transformers.GptOssForCausalLM(config).to(torch.bfloat16), directory
    ).items():
        if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            experts, inputs, outputs = known["shape"]
            listed[name + "_blocks"] = tensor("U8", experts, outputs, inputs // 32, 16)
            listed[name + "_scales"] = tensor("U8", experts, outputs, inputs // 32)
        else:
            listed[name] = known
    skipped = ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]
    quantization = {"quant_method": "mxfp4", "modules_to_not_convert": skipped, "dequantize": True}
    return listed, {**config.to_dict(), "dtype": "bfloat16", "quantization_config": quantization}


# Warnings whatever the files: of a configuration that another library makes, and of what an earlier run left
# in the cache of GPTQModel.
NOT_OF_FILES = ["`loss_type=None`", "removing stale torch JIT build lock"]


class Heard(logging.Handler):
    """The warnings of libraries."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        text = record.getMessage()
        if not any(part in text for part in NOT_OF_FILES):
            self.texts.append(text)


def measure_layers(model):
    """Returns a list that is filled with the deviations of the weights that linear layers compute with.

    The estimate is rough: integers of -8 to 7 have a mean, which inputs that are alike add up.
    """
    stds = []

    def hear(name, module, inputs, output):
        rms = inputs[0].double().square().mean().sqrt().item()
        std = output.double().std().item() / (rms * inputs[0].shape[-1] ** 0.5)
        stds.append((name, std))

    for name, module in model.named_modules():
        if name.endswith("_proj"):
            module.register_forward_hook(lambda *args, name=name: hear(name, *args))
    return stds


def check(program, listed, config):
    """Writes a checkpoint, loads it, and returns what is wrong."""
    with tempfile.TemporaryDirectory() as place:
        source, out = Path(place, "source"), Path(place, "out")
        source.mkdir()
        (source / "headers.json").write_text(json.dumps(listed))
        (source / "config.json").write_text(json.dumps(config))
        like = [program, "new", "--like", source / "headers.json", "--out", out, "--seed", "1"]
        subprocess.run(like, check=True, capture_output=True)
        heard = Heard()
        logging.getLogger().addHandler(heard)
        transformers.logging.add_handler(heard)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model, info = transformers.AutoModelForCausalLM.from_pretrained(
                    out, output_loading_info=True
                )
                stds = measure_layers(model)
                with torch.no_grad():
                    logits = model(torch.arange(32).reshape(2, 16)).logits
        finally:
            transformers.logging.remove_handler(heard)
            logging.getLogger().removeHandler(heard)
    wrong = [f"{kind}: {names}" for kind, names in info.items() if names]
    wrong += [f"warning: {text}" for text in heard.texts]
    wrong += [f"warning: {w.message}" for w in caught if issubclass(w.category, UserWarning)]
    if not logits.isfinite().all():
        wrong.append("the logits are not finite")
    wrong += [f"{name} has weights of std {std:.4f}" for name, std in stds if not 0.5 < std / STD < 2]
    if not stds:
        wrong.append("no linear layer was used")
    return wrong


def main(program, *options):
    failed = False
    layouts = dict(LINEAR)
    layouts["mxfp4"] = (["accelerate"], None, None)
    for name, (libraries, layout, quantization) in layouts.items():
        absent = [library for library in libraries if importlib.util.find_spec(library) is None]
        if absent:
            print(f"{name}: left out, for want of {', '.join(absent)}")
            failed |= "--all" in options
            continue
        with tempfile.TemporaryDirectory() as place:
            if layout is None:
                listed, config = mxfp4_list(Path(place))
            else:
                listed = linear_list(Path(place), layout)
                dtype = "float16" if "qweight" in layout(WIDTH, WIDTH) else "bfloat16"
                config = {**LLAMA, "dtype": dtype, "quantization_config": quantization}
        try:
            wrong = check(program, listed, config)
        except Exception as error:  # noqa: BLE001: an engine may fail in any way
            wrong = [f"{type(error).__name__}: {error}"]
        print(f"{name}: {'; '.join(wrong) or 'loads, and its logits are finite'}", flush=True)
        failed |= bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
