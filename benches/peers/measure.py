"""Times this crate against its peers at one level; prints JSON for compare.py.

Every figure is a median over many short pairs, ours then theirs, on the same memory: what slows the
machine down for a while slows both. Work on one thread is measured in the process's CPU time, which
leaves out the time that others have the CPU; work on two in the time that passes.
"""

import argparse
import json
import sys
from statistics import median
from time import perf_counter_ns, process_time_ns

import numpy as np

from libraries import JSON, PARAMETERS, Contender, load

SHORT = 6e5  # Nanoseconds that a timing takes at least.
BUDGET = 0.2e9  # Nanoseconds for all pairs with a peer.
PAIRS = 101
FEWEST = 3
DTYPES = {"f32": np.float32, "f64": np.float64, "bf16": np.uint16}


def timed(run, reps, clock=process_time_ns):
    start = clock()
    run(reps)
    return clock() - start


def repetitions(run):
    """How many calls take long enough to time; warms up, too."""
    once = timed(run, 1, perf_counter_ns)
    if once < SHORT:
        once = min(timed(run, 1, perf_counter_ns) for _ in range(5))
    return max(1, int(SHORT / once))


def pairs(ours, our_reps, theirs, clock):
    """Medians of our time, of theirs and of their ratio, for one call."""
    their_reps = repetitions(theirs)
    times, start = [], perf_counter_ns()
    while len(times) < PAIRS:
        our, their = timed(ours, our_reps, clock), timed(theirs, their_reps, clock)
        times.append((our / our_reps, their / their_reps))
        spent = perf_counter_ns() - start
        if spent > BUDGET and (len(times) >= FEWEST or spent > 5 * BUDGET):
            break
    return [median(x) for x in (*zip(*times), [our / their for our, their in times])]


def fastest(contenders, reps, count=3):
    """The fastest by a quick look, in turns."""
    best = [1e18] * len(contenders)
    for _ in range(5):
        for i, contender in enumerate(contenders):
            best[i] = min(best[i], timed(contender.run, reps))
    order = sorted(range(len(contenders)), key=best.__getitem__)
    return [contenders[i] for i in order[:count]]


class Run:
    def __init__(self, arguments):
        self.ours, self.peers, self.missing = load(arguments.libraries)
        self.wanted = arguments.peers.split(",")
        self.memory = np.zeros(max(arguments.elements) * 8, np.uint8)
        self.memory.fill(1)  # Mapped, so that no figure has page faults.
        self.mkl = {}
        self.rows = []

    def out(self, dtype, elements):
        return self.memory.view(DTYPES[dtype])[:elements]

    def cell(self, work, dtype, elements, threads):
        out = self.out(dtype, elements)
        ours = self.ours.run(work, out, threads)
        contenders = [] if self.wanted != ["all"] else self.own(work, dtype, elements, threads)
        for name, peer in self.peers.items():
            if {name, "all"} & set(self.wanted):
                found = peer.contenders(work, out, threads)
                contenders += self.choice(found, work, dtype, elements) if name == "mkl" else found
        rows, our_reps = {}, repetitions(ours)
        clock = perf_counter_ns if threads > 1 else process_time_ns
        for contender in contenders:
            our, their, ratio = pairs(ours, our_reps, contender.run, clock)
            row = {
                "work": work, "dtype": dtype, "level": self.ours.level, "elements": elements,
                "threads": threads, "peer": contender.peer, "peer_variant": contender.variant,
                "ours_ns": round(our / elements, 5), "peer_ns": round(their / elements, 5),
                "ratio": round(ratio, 4),
            }
            # A row for each peer, of its fastest variant; for our own, of every variant.
            key = contender.variant if contender.peer == "seedbed" else contender.peer
            if key not in rows or rows[key]["peer_ns"] > row["peer_ns"]:
                rows[key] = row
        self.rows += rows.values()

    def choice(self, contenders, work, dtype, elements):
        """The fastest of MKL's ways, looked for once for each size up to 1 Mi."""
        key = (work, dtype, min(elements, 1 << 20))
        if key not in self.mkl:
            quick = self.peers["mkl"].contenders(work, self.out(dtype, key[2]), 1)
            self.mkl[key] = {c.variant for c in fastest(quick, max(1, (1 << 18) // key[2]))}
        return [contender for contender in contenders if contender.variant in self.mkl[key]]

    def own(self, work, dtype, elements, threads):
        """What our own times are compared with."""
        if work not in PARAMETERS:
            return []
        own = []
        if work == "truncated_normal":
            own.append(("normal", self.ours.run("normal", self.out(dtype, elements), threads)))
        if dtype == "bf16":
            own.append(("f32", self.ours.run(work, self.out("f32", elements), threads)))
        if threads > 1:
            own.append(("one thread", self.ours.run(work, self.out(dtype, elements), 1)))
        return [Contender("seedbed", variant, run) for variant, run in own]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--libraries", required=True)
    parser.add_argument("--peers", default="all")
    parser.add_argument("--elements", type=int, nargs="+", required=True)
    parser.add_argument("--dtypes", nargs="+", default=list(DTYPES))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    run = Run(arguments)
    for work in PARAMETERS:
        for dtype in arguments.dtypes:
            for elements in arguments.elements:
                for threads in arguments.threads:
                    run.cell(work, dtype, elements, threads)
    if arguments.peers == "all" and "torch" in run.peers:
        for work, side in zip(JSON, (2048, 1024)):
            run.cell(work, "f32", side * side, 1)
    json.dump({"level": run.ours.level, "missing": run.missing, "rows": run.rows}, sys.stdout)


main()
