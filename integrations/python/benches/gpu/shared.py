"""What the checks and the times share."""

import sys
import time
import traceback

KINDS = {
    "normal": ("torch.normal_", {"std": 0.02}),
    "uniform": ("torch.uniform_", {"a": -0.5, "b": 0.5}),
    "two sigma": ("torch.trunc_normal_", {"std": 0.02, "a": -0.04, "b": 0.04}),
    "strips": ("torch.trunc_normal_", {"std": 1.0, "a": -1.0, "b": 1.5}),
    "constant": ("torch.constant_", {"val": 0.5}),
    "kaiming": ("torch.kaiming_uniform_", {}),
}
failed = []


def check(name):
    """Runs a check at once."""

    def run(function):
        begin = time.perf_counter()
        try:
            said = function() or ""
            verdict = "PASS"
        except Exception:
            said, verdict = traceback.format_exc(limit=4), "FAIL"
            failed.append(name)
        print(f"{verdict} {name} ({time.perf_counter() - begin:.2f} s) {said}", flush=True)

    return run


def refused(fill, errors, words):
    """Requires an error with these words."""
    try:
        fill()
    except errors as error:
        if words in str(error):
            return
        raise
    raise AssertionError(f"no error with {words!r}")


def finish():
    """Ends the process, with an error if a check has failed."""
    sys.exit(bool(failed))


def clock(work, sync, most=0.3):
    """Returns the least time of a call, of calls in a row, in microseconds."""
    work(), sync()
    best, until = 1e9, time.perf_counter() + most
    while time.perf_counter() < until:
        begin = time.perf_counter()
        for _ in range(5):
            work()
        sync()
        best = min(best, (time.perf_counter() - begin) / 5)
    return best * 1e6
