"""Compiles seedbed.cu to seedbed.ptx by NVRTC, or with --check compares them. Needs neither a GPU nor CUDA.

    python kernels/ptx.py [--check]

with `nvidia-cuda-nvrtc-cu11==11.7.99` from PyPI: the oldest release that compiles it, so that drivers from
515 on load what it makes. Other releases make other instructions, which have the same values.
"""
import ctypes
import pathlib
import re
import site
import sys

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = ["-arch=compute_75", "--fmad=false", "--std=c++17", f"-I{HERE}"]


def compiled():
    """Returns the PTX of the source."""
    folder = pathlib.Path(site.getsitepackages()[0], "nvidia/cuda_nvrtc/lib")
    nvrtc = ctypes.CDLL(str(next(folder.glob("libnvrtc.so.*"))))

    def text(kind):
        size = ctypes.c_size_t()
        assert getattr(nvrtc, f"nvrtcGet{kind}Size")(program, ctypes.byref(size)) == 0
        buffer = ctypes.create_string_buffer(size.value)
        assert getattr(nvrtc, f"nvrtcGet{kind}")(program, buffer) == 0
        return buffer.value.decode()

    program, source = ctypes.c_void_p(), (HERE / "seedbed.cu").read_bytes()
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"seedbed.cu", 0, None, None) == 0
    options = (ctypes.c_char_p * len(OPTIONS))(*(option.encode() for option in OPTIONS))
    code = nvrtc.nvrtcCompileProgram(program, len(OPTIONS), options)
    if log := text("ProgramLog").strip():
        sys.exit(f"NVRTC says:\n{log}")
    assert code == 0, code
    return text("PTX")


def refuse_other_roundings(ptx):
    """Stops at an instruction whose result is not one of IEEE 754, rounded once."""
    operations = set(re.findall(r"^\s+(?:@!?%\w+ )?([a-z]\S*\.(?:bf16|f16|f16x2|f32|f64))\b", ptx, re.M))
    exact = re.compile(r"(mov|ld|st|selp|setp|neg|abs|min|max)\.|cvt\.(f64\.f32|f32\.f16)$|(add|sub|mul|div|cvt)\.rn\.")
    other = [op for op in operations if not exact.match(op) or re.search(r"\.(ftz|approx|sat|full|NaN)\b", op)]
    if other or re.search(r"\b(fma|mad\.rn|mad\.f32)\b", ptx):
        sys.exit(f"instructions with other roundings: {other}")


def main():
    ptx, path = compiled(), HERE / "seedbed.ptx"
    refuse_other_roundings(ptx)
    if "--check" not in sys.argv:
        path.write_text(ptx)
    elif path.read_text() != ptx:
        sys.exit(f"{path} is not what NVRTC makes of the source: run this without --check")


main()
