"""`python -m marketsite.worker`: the worker as the Procfile starts it, with beat in a thread of it.

Celery's own command line does the same, and holds 9 MB of a terminal toolkit all the while, because
it can be a shell too.
"""

from __future__ import annotations

import argparse
import logging
import sys

from marketsite.celery import app


def main() -> None:
    """Work, or ring alone, until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m marketsite.worker")
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        "--without-beat",
        action="store_true",
        help="a further worker, or one beside a beat of its own",
    )
    parts.add_argument("--beat-alone", action="store_true", help="ring for workers elsewhere")
    options = parser.parse_args()
    if options.beat_alone:
        app.Beat(quiet=True, loglevel="WARNING").run()
        return
    worker = app.Worker(
        with_beat=not options.without_beat,
        quiet=True,
        loglevel=logging.WARNING,  # Celery's own lines: each job already ends with ours
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
