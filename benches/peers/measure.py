"""Times this crate against one library: `measure.py DIRECTORY LIBRARY SECONDS` prints a JSON object for each
row as it is made, the small and important ones first, until the time is up.

Every figure is a median over many short pairs, ours then theirs, on the same memory: what slows the
machine down for a while slows both. Work on one thread is measured in the process's CPU time, which
leaves out the time that others have the CPU; work on two in the time that passes.
"""

import json
import sys
from statistics import median
from time import perf_counter_ns, process_time_ns

import numpy as np

from libraries import JSON, MAIN, WORKS, Contender, Missing, Seedbed, load

STARTED = perf_counter_ns()
SHORT = 6e5  # Nanoseconds that a timing takes at least.
BUDGET = 0.15e9  # Nanoseconds for all pairs with a peer.
PAIRS = 101
FEWEST = 3
DTYPES = {"f32": np.float32, "f64": np.float64, "bf16": np.uint16}
SIZES = (1 << 14, 1 << 20, 1 << 26)


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
    def __init__(self, ours, name, peer, seconds):
        self.ours, self.name, self.peer = ours, name, peer
        self.end = STARTED + seconds * 1e9
        self.memory = np.ones(16 << 20, np.uint8)  # Mapped, so that no figure has page faults.
        self.mkl = {}

    def out(self, dtype, elements):
        needed = elements * np.dtype(DTYPES[dtype]).itemsize
        if self.memory.size < needed:
            self.memory = np.ones(needed, np.uint8)
        return self.memory[:needed].view(DTYPES[dtype])

    def say(self, **row):
        print(json.dumps({"level": self.ours.level, **row}), flush=True)

    def cells(self):
        """What is measured, in this order."""
        for elements in SIZES:
            for threads in (1, 2):
                for work in WORKS if (elements, threads) == (SIZES[0], 1) else MAIN:
                    for dtype in DTYPES if work in MAIN else ("f32", "f64"):
                        yield work, dtype, elements, threads
            if elements == SIZES[0]:
                for work, side in zip(JSON, (2048, 1024)):
                    yield work, "f32", side * side, 1

    def all(self):
        for cell in self.cells():
            if perf_counter_ns() > self.end:
                work, dtype, elements, threads = cell
                note = f"time was up before {work} {dtype}, {elements} elements, {threads} thread(s)"
                return self.say(peer=self.name, note=note)
            try:
                rows = self.cell(*cell)
            except Exception as error:  # Of the library: it is a row, and the next cell follows.
                rows = [{"peer": self.name, "note": f"{' '.join(map(str, cell))}: {error}"}]
            for row in rows:
                self.say(**row)

    def cell(self, work, dtype, elements, threads):
        out = self.out(dtype, elements)
        contenders = self.peer.contenders(work, out, threads)
        if self.name == "mkl":
            contenders = self.choice(contenders, work, dtype, elements)
        if self.name == "rand_distr":
            contenders += self.own(work, dtype, elements, threads)
        if not contenders:
            return []
        ours = self.ours.run(work, out, threads)
        rows, our_reps = {}, repetitions(ours)
        clock = perf_counter_ns if threads > 1 else process_time_ns
        for contender in contenders:
            our, their, ratio = pairs(ours, our_reps, contender.run, clock)
            row = {
                "work": work, "dtype": dtype, "elements": elements, "threads": threads,
                "peer": contender.peer, "variant": contender.variant,
                "ours_ns": round(our / elements, 5), "peer_ns": round(their / elements, 5),
                "ratio": round(ratio, 4),
            }
            # A row for each peer, of its fastest variant; for our own, of every variant.
            key = contender.variant if contender.peer == "seedbed" else contender.peer
            if key not in rows or rows[key]["peer_ns"] > row["peer_ns"]:
                rows[key] = row
        return rows.values()

    def choice(self, contenders, work, dtype, elements):
        """The fastest of MKL's ways, looked for once for each size up to 1 Mi."""
        key = (work, dtype, min(elements, 1 << 20))
        if key not in self.mkl:
            quick = self.peer.contenders(work, self.out(dtype, key[2]), 1)
            self.mkl[key] = {c.variant for c in fastest(quick, max(1, (1 << 18) // key[2]))}
        return [contender for contender in contenders if contender.variant in self.mkl[key]]

    def own(self, work, dtype, elements, threads):
        """What our own times are compared with."""
        if work not in WORKS:
            return []
        own = []
        if work.startswith("truncated"):
            own.append(("normal", self.ours.run("normal", self.out(dtype, elements), threads)))
        if dtype == "bf16":
            own.append(("f32", self.ours.run(work, self.out("f32", elements), threads)))
        if threads > 1:
            own.append(("one thread", self.ours.run(work, self.out(dtype, elements), 1)))
        return [Contender("seedbed", variant, run) for variant, run in own]


def main():
    directory, name, seconds = sys.argv[1:]
    ours = Seedbed(directory)
    if name == "level":
        return print(ours.level)
    try:
        peer = load(name, directory)
    except Missing as error:
        row = {"level": ours.level, "peer": name, "note": f"not here: {error}"}
        return print(json.dumps(row), flush=True)
    Run(ours, name, peer, float(seconds)).all()


main()
