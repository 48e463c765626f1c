"""Processes that run cases together: a pool of ranks of `torch.distributed`, kept for the whole test run.

Run as a program, this file is one of them: it reads the names of cases, a line each, and answers each with a
line of JSON.
"""

import importlib
import json
import os
import pathlib
import subprocess
import sys
import traceback


class Workers:
    """Processes of one world. `backend` "gloo" lets them talk; "fake" is for a process that plays alone."""

    def __init__(self, world, directory, *, ranks=None, backend="gloo"):
        store = pathlib.Path(directory) / f"store-{backend}-{world}"
        # Many ranks share few cores.
        environment = os.environ | {"OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
        self.processes = {
            rank: subprocess.Popen(
                [sys.executable, __file__, str(rank), str(world), str(store), backend],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
            )
            for rank in (range(world) if ranks is None else ranks)
        }  # fmt: skip

    def run(self, case, *arguments):
        """Runs a function of `cases`, or "module.function" of another module, in all processes, and returns what
        each returns. Raises its error."""
        for process in self.processes.values():
            print(json.dumps([case, arguments]), file=process.stdin, flush=True)
        answers = {rank: process.stdout.readline() for rank, process in self.processes.items()}
        for rank, answer in answers.items():
            assert answer, f"rank {rank} has ended in {case}"
            error = json.loads(answer).get("error")
            assert error is None, f"rank {rank} in {case}:\n{error}"
        return {rank: json.loads(answer)["value"] for rank, answer in answers.items()}

    def close(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


def serve(rank, world, store, backend):
    import torch

    # Only answers belong on the standard output.
    answers, sys.stdout = sys.stdout, sys.stderr
    if backend == "fake":
        from torch.testing._internal.distributed.fake_pg import FakeStore

        kept = FakeStore()
    else:
        kept = torch.distributed.FileStore(store, world)
    torch.distributed.init_process_group(backend, rank=rank, world_size=world, store=kept)
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            module, _, function = name.rpartition(".")
            cases = importlib.import_module(module or "cases")
            answer = {"value": getattr(cases, function)(*arguments)}
        except BaseException:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
