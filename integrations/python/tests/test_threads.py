"""Many threads of Python, and child processes."""

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import seedbed
from common import NORMAL, equal, filled

SHAPE = (1024, 1536)


def test_threads_fill_disjoint_parts_of_an_array():
    whole = filled(NORMAL, SHAPE)
    for threads in [1, 2, None]:
        array = np.zeros(SHAPE, np.float32)
        start = threading.Barrier(8)

        def fill(part, array=array, start=start, threads=threads):
            start.wait()
            for row in range(part, SHAPE[0], 64):
                rows = array[row : row + 8]
                options = {"shape": SHAPE, "start": (row, 0), "threads": threads}
                NORMAL.fill(rows, seed=42, path="fc.weight", **options)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fill, range(0, 64, 8)))
        assert equal(array, whole)


def test_threads_share_initializers_and_rules():
    rules = seedbed.Rules([("*.bias", "torch.zeros_"), ("*", NORMAL)])
    expected = filled(NORMAL, (20, 30))

    def work(_):
        same = seedbed.Initializer.from_json(rules.get("fc.weight").to_json())
        assert hash(same) == hash(NORMAL)
        assert rules.unused(["fc.weight"]) == ["*.bias"]
        return filled(rules, (20, 30))

    with ThreadPoolExecutor(8) as pool:
        assert all(equal(array, expected) for array in pool.map(work, range(400)))


def test_other_threads_run_during_a_fill():
    array, go, steps = np.empty(1 << 24, np.float32), threading.Event(), []

    def count():
        go.wait()
        steps.extend(range(1000))

    counter = threading.Thread(target=count)
    counter.start()
    interval = sys.getswitchinterval()
    # Python itself interrupts no thread meanwhile.
    sys.setswitchinterval(1000)
    try:
        go.set()
        NORMAL.fill(array, seed=1, path="w", threads=1)
        assert steps
    finally:
        sys.setswitchinterval(interval)
        counter.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("threads", [None, 2])
def test_a_child_process_fills_in_parallel_after_its_parent(threads):
    expected = filled(NORMAL, SHAPE, threads=threads)
    context = multiprocessing.get_context("fork")
    parent, child = context.Pipe()

    def work():
        child.send(equal(filled(NORMAL, SHAPE, threads=threads), expected))

    process = context.Process(target=work)
    process.start()
    answered = parent.poll(60)
    process.kill() if not answered else process.join()
    assert answered
    assert parent.recv()
