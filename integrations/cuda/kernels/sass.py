"""Compiles seedbed.ptx for each architecture, and reads the machine code: python kernels/sass.py

with `nvidia-cuda-nvcc` and `nvidia-cuda-nvdisasm` from PyPI (13.x for sm_120). Requires that no thread spills
a register, and that no operation is fused but those of which a division consists: there is none
when each division is replaced by a product.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ARCHITECTURES = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"]


def program(name):
    return str(next(pathlib.Path(sys.prefix).glob(f"lib/python*/site-packages/nvidia/*/bin/{name}")))


def assembled(folder, ptx, architecture):
    """Returns what ptxas says, and the machine code."""
    source, cubin = folder / "kernels.ptx", folder / "kernels.cubin"
    source.write_text(ptx)
    said = subprocess.run([program("ptxas"), "-v", f"-arch={architecture}", "-o", cubin, source],
                          check=True, capture_output=True, text=True).stderr
    code = subprocess.run([program("nvdisasm"), "-c", cubin], check=True, capture_output=True, text=True).stdout
    return said, code


def main():
    ptx = (HERE / "seedbed.ptx").read_text()
    without_division = ptx.replace("div.rn.f64", "mul.rn.f64")
    with tempfile.TemporaryDirectory() as folder:
        for architecture in ARCHITECTURES:
            said, _ = assembled(pathlib.Path(folder), ptx, architecture)
            spilled = max(map(int, re.findall(r"(\d+) bytes spill stores", said)))
            registers = max(map(int, re.findall(r"Used (\d+) registers", said)))
            _, code = assembled(pathlib.Path(folder), without_division, architecture)
            # HFMA2 of newer processors moves constants: no kernel computes in f16.
            fused = set(re.findall(r"\b[FD]FMA2?\b.*", code))
            print(f"{architecture}: up to {registers} registers, {spilled} bytes spilled, {len(fused)} fused")
            if spilled or fused:
                sys.exit(f"registers are spilled, or operations are fused: {list(fused)[:5]}")


main()
