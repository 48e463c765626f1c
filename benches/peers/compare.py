"""Runs measure.py in a process for each library and level, for a limited time each. Prints and writes every
row as it is made, and all of them as one table at the end."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LEVELS = ("portable", "neon", "avx2", "avx512")

# The seconds of each library, with its start: at the machine's best level, at AVX2 where that is not the
# best, at the portable level. The sum is below five minutes.
BEST = {"rand_distr": 45, "mkl": 45, "numpy": 20, "scipy": 10, "torch": 45, "jax": 45}
AVX2 = {"rand_distr": 20, "mkl": 25}
PORTABLE = {"rand_distr": 15}
GRACE = 2  # Seconds until a library that does not come back is killed.

# What is fixed before a process starts: threads of the pools, and none inside MKL's generators.
THREADS = {
    "RAYON_NUM_THREADS": "2",
    "MKL_THREADING_LAYER": "SEQUENTIAL",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def cpu():
    """The processor's name."""
    try:
        with open("/proc/cpuinfo") as file:
            lines = [line.split(":") for line in file if ":" in line]
        values = {key.strip(): value.strip() for key, value in lines}
        kind = f"{values['model name']}, family {values['cpu family']}, model {values['model']}"
        return f"{kind}, {os.cpu_count()} CPUs"
    except (OSError, KeyError, ValueError):
        return f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs"


def measure(directory, peer, level, seconds):
    """The rows of measure.py for a library at a level, as they are made."""
    environment = {**os.environ, **THREADS, "SEEDBED_MAX_LEVEL": level}
    if level == "avx2":
        environment["MKL_ENABLE_INSTRUCTIONS"] = "AVX2"
    command = [sys.executable, os.path.join(HERE, "measure.py"), directory, peer, str(seconds)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    killer = threading.Timer(seconds + GRACE, process.kill)
    killer.start()
    for line in process.stdout:
        yield json.loads(line)
    killer.cancel()
    if process.wait():
        why = "time was up" if process.returncode < 0 else "failed, see above"
        yield {"peer": peer, "level": level, "note": why}


def available(directory):
    """The levels that this machine has, by the name that the crate gives for each."""
    command = [sys.executable, os.path.join(HERE, "measure.py"), directory, "level", "0"]
    for level in LEVELS:
        environment = {**os.environ, "SEEDBED_MAX_LEVEL": level}
        found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        if found.stdout.strip() == level:
            yield level


def size(elements):
    return f"{elements >> 20} Mi" if elements >= 1 << 20 else f"{elements >> 10} Ki"


def describe(row):
    """A row as a line of text."""
    if "note" in row:
        return f"{row['peer']} at {row['level']}: {row['note']}"
    what = f"{row['work']} {row['dtype']}, {size(row['elements'])}, {row['threads']} thread(s)"
    peer = f"{row['peer']} ({row['variant']}) {row['peer_ns']:.3f} ns"
    return f"{row['level']}, {what}: {row['ours_ns']:.3f} ns, {peer}, ratio {row['ratio']:.2f}"


def table(rows):
    """A line for each work, type, level, size and number of threads; a column for each peer."""
    notes, rows = [row for row in rows if "note" in row], [row for row in rows if "ratio" in row]
    peers = list(dict.fromkeys(row["peer"] for row in rows))
    lines = {}
    for row in rows:
        key = (row["level"], row["work"], row["dtype"], size(row["elements"]), str(row["threads"]))
        line = lines.setdefault(key, {"ours": []})
        line["ours"].append(row["ours_ns"])
        cell = f"{row['ratio']:.2f} ({row['peer_ns']:.3f} {row['variant']})"
        line[row["peer"]] = ", ".join(filter(None, [line.get(row["peer"]), cell]))
    cells = [["level", "work", "type", "elements", "threads", "ours", *peers]]
    for key, line in lines.items():
        ours = f"{statistics.median(line['ours']):.3f}"
        cells.append([*key, ours, *(line.get(peer, "") for peer in peers)])
    widths = [max(map(len, column)) for column in zip(*cells)]
    cells.insert(1, ["-" * width for width in widths])
    print("\nns per element; for each peer: ours / peer (its time)\n")
    for line in cells:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")
    for note in notes:
        print(f"| {describe(note)} |")


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run.sh", description=__doc__)
    parser.add_argument("--rows", metavar="FILE", help="write the rows, a JSON object a line, here")
    parser.add_argument("--table", metavar="FILE", help="print the table of such a file and stop")
    parser.add_argument("--with", metavar="NAMES", help="install these too: torch,jax")
    parser.add_argument("--libraries", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.table:
        with open(arguments.table) as file:
            return table([json.loads(line) for line in file])

    started, path = time.time(), arguments.rows or os.path.join(arguments.libraries, "peers.jsonl")
    levels = list(available(arguments.libraries))
    lacking = ", ".join(level for level in LEVELS if level not in levels)
    print(f"== {cpu()}; load {os.getloadavg()[0]:.1f}; {time.strftime('%Y-%m-%d')}")
    print(f"== levels: {', '.join(levels)}; this machine lacks: {lacking}\n== rows go to {path}")
    plan = [(levels[-1], *library) for library in BEST.items()]
    plan += [("avx2", *library) for library in AVX2.items() if "avx2" in levels[:-1]]
    plan += [("portable", *library) for library in PORTABLE.items() if len(levels) > 1]
    rows = []
    with open(path, "w") as file:
        for level, peer, seconds in plan:
            print(f"== {time.time() - started:3.0f} s: {peer} at {level}, for {seconds} s at most")
            for row in measure(arguments.libraries, peer, level, seconds):
                rows.append(row)
                print(json.dumps(row), file=file, flush=True)
                print("  ", describe(row), flush=True)
    print(f"== {time.time() - started:3.0f} s: done")
    table(rows)


main()
