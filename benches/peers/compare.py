"""Runs measure.py in one process for each level and prints all of it as one table."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KI, MI = 1 << 10, 1 << 20
ALL = [16 * KI, MI, 64 * MI]

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
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        return f"{names[0]}, {len(names)} CPUs"
    except (OSError, IndexError):
        return f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs"


def measure(libraries, level, peers="all", elements=ALL, **more):
    """The result of measure.py at a level; None where the machine lacks it."""
    environment = {**os.environ, **THREADS}
    if level:
        environment["SEEDBED_MAX_LEVEL"] = level
    if level == "avx2":
        environment["MKL_ENABLE_INSTRUCTIONS"] = "AVX2"
    options = {"libraries": [libraries], "peers": [peers], "elements": elements, **more}
    command = [sys.executable, os.path.join(HERE, "measure.py")]
    for option, values in options.items():
        command += [f"--{option}", *map(str, values)]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    result = json.loads(output)
    return result if level in (None, result["level"]) else None


def size(elements):
    return f"{elements // MI} Mi" if elements >= MI else f"{elements // KI} Ki"


def table(rows):
    """A line for each work, type, level, size and number of threads; a column for each peer."""
    peers = list(dict.fromkeys(row["peer"] for row in rows))
    lines = {}
    for row in rows:
        key = (row["work"], row["dtype"], row["level"], size(row["elements"]), str(row["threads"]))
        line = lines.setdefault(key, {"ours": []})
        line["ours"].append(row["ours_ns"])
        cell = f"{row['ratio']:.2f} ({row['peer_ns']:.3f} {row['peer_variant']})"
        line[row["peer"]] = ", ".join(filter(None, [line.get(row["peer"]), cell]))
    cells = [["work", "type", "level", "elements", "threads", "ours", *peers]]
    for key, line in lines.items():
        ours = f"{statistics.median(line['ours']):.3f}"
        cells.append([*key, ours, *(line.get(peer, "") for peer in peers)])
    widths = [max(map(len, column)) for column in zip(*cells)]
    cells.insert(1, ["-" * width for width in widths])
    for line in cells:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run.sh", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="also write the rows to this file")
    parser.add_argument("--with", metavar="NAMES", help="install these too: torch,jax")
    parser.add_argument("--libraries", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    started, load = time.time(), os.getloadavg()[0]
    results = [measure(arguments.libraries, None)]
    if results[0]["level"] != "avx2":
        results.append(measure(arguments.libraries, "avx2", "mkl,helper", dtypes=["f32", "f64"]))
    if results[0]["level"] != "portable":
        some = {"elements": [16 * KI, MI], "dtypes": ["f32", "f64"], "threads": [1]}
        results.append(measure(arguments.libraries, "portable", "helper", **some))
    rows = [row for result in results if result for row in result["rows"]]
    print(f"CPU: {cpu()}; load at the start {load:.1f}; {time.strftime('%Y-%m-%d')}")
    print(f"{time.time() - started:.0f} s; ns per element; for each peer: ours / peer (its time)")
    for missing in results[0]["missing"]:
        print(f"could not load {missing}")
    print()
    table(rows)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file, indent=1)


main()
