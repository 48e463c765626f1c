"""Checks and times fills on an NVIDIA GPU, by PyTorch, CuPy and JAX, where they are installed.

    python benches/gpu            all of it, each part in a process of its own
    python benches/gpu PART ..    parts: torch_checks, graph_checks, cupy_checks, jax_checks, torch_times, jax_times

Each check prints a line with PASS or FAIL: values are compared with the CPU's, bit for bit. Without a GPU it says
so, and fails.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys
import time

import seedbed

PARTS = {
    "torch_checks": "torch",
    "graph_checks": "torch",
    "cupy_checks": "cupy",
    "jax_checks": "jax",
    "torch_times": "torch",
    "jax_times": "jax",
}
SECONDS = 60


def main() -> int:
    refusal = seedbed._seedbed._refusal(0)
    if refusal:
        print(f"no GPU: not run ({refusal})")
        return 1
    failed = []
    # JAX takes most of the memory otherwise.
    environment = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    for part in sys.argv[1:] or PARTS:
        if importlib.util.find_spec(PARTS[part]) is None:
            print(f"NOT RUN {part}: {PARTS[part]} is not installed")
            continue
        begin = time.perf_counter()
        program = pathlib.Path(__file__).with_name(f"{part}.py")
        try:
            code = subprocess.run(
                [sys.executable, program], env=environment, timeout=SECONDS
            ).returncode
        except subprocess.TimeoutExpired:
            code = f"longer than {SECONDS} s"
        print(f"== {part}: {code}, {time.perf_counter() - begin:.1f} s", flush=True)
        if code:
            failed.append(part)
    print(f"FAILED: {', '.join(failed)}" if failed else "all that was run has passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
