"""All benches one after another, and `docs/performance.md` written anew from their results.

    make bench                                        (about 35 minutes; nginx, wrk and Chromium)
    make bench ARGS="--only lists,history"
    .venv/bin/python -m bench --write                 (the document alone, from what is there)

The exit code is 1 when a bench missed a bound or could not be run; the others ran nevertheless. The
machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench import document, suite


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", metavar="NAMES", help=f"of {', '.join(suite.BENCHES)}")
    parser.add_argument("--write", action="store_true", help="run nothing, write the document")
    options = parser.parse_args(arguments)
    names = options.only.split(",") if options.only else list(suite.BENCHES)
    if unknown := [name for name in names if name not in suite.BENCHES]:
        parser.error(f"no such bench: {', '.join(unknown)}")
    failed = 0 if options.write else suite.run(names)
    document.write()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
