"""`python -m marketsite.worker`: the worker as the Procfile starts it, with beat in a thread of it.

Celery's own command line does the same, and holds 9 MB of a terminal toolkit all the while, because
it can be a shell too. Nor are libraries' optional parts loaded: what guesses the encoding of texts
(2.5 MB, for requests), and readers of messages that are not JSON.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings

from marketsite import lean

with warnings.catch_warnings(), lean.without("chardet", "charset_normalizer", "msgpack", "yaml"):
    warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
    import requests  # noqa: F401 (here, and not with the first task)

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
