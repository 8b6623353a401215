"""`python -m tests.reports.forker`: the site's code, warm, with a fresh process for each run asked.

For each line on standard input, the number of a run, a child does the run's next part; its process
id is printed, and its exit code once it has ended, however that was. A child opens connections of
its own, as any process of the site does; it is cheap because the code is loaded already.
"""

from __future__ import annotations

import logging
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
    django.setup()
    from reports.writing import pipeline  # noqa: F401 (loaded once, for all children)

    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_advance(int(line)))
        _say(child)
        _, status = os.waitpid(child, 0)
        _say(os.waitstatus_to_exitcode(status))


def _advance(run_id: int) -> int:
    from reports.writing import pipeline

    try:
        pipeline.advance(run_id)
    except Exception:
        logging.exception("part failed")
        return 1
    return 0


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
