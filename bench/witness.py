"""Runs a program and notes, as it ends, what it has loaded and taken.

    python -m bench.witness FILE manage.py tick
    python -m bench.witness FILE -m marketsite.worker
    python -m bench.witness FILE -c "import django"

FILE gets one line of JSON: the names of the loaded modules, the proportional set size in MB of
10^6 bytes, and the seconds of processor time since the interpreter began.
"""

from __future__ import annotations

import atexit
import json
import runpy
import sys
import time
from functools import partial
from pathlib import Path


def main() -> None:
    file, program, *arguments = sys.argv[1:]
    atexit.register(partial(_note, Path(file)))  # first, and so the last that is called
    if program == "-m":
        program, *arguments = arguments
        sys.argv = [program, *arguments]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    elif program == "-c":
        code, *arguments = arguments
        sys.argv = [program, *arguments]
        exec(code, {"__name__": "__main__"})  # noqa: S102 (ours)
    else:
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")


def _note(file: Path) -> None:
    seconds = time.process_time()
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    kilobytes = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    found = {"modules": sorted(sys.modules), "pss": kilobytes * 1024 / 1e6, "seconds": seconds}
    file.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
