"""Eight processes that read reports through the edge until their standard input ends.

    python -m tests.reports.staleness_readers FOLDER SLUG…

Each writes what it read into FOLDER: when the read began, on the monotonic clock that all processes
share, which report, and the number in its title, or null when there was none. Every second process
hears no notification, as behind a pooler, and only asks.
"""

from __future__ import annotations

import json
import os
import random
import re
import select
import sys
import time
from pathlib import Path

import django

PROCESSES = 8
LAST_TRIES = 100_000
PAUSE = 0.02  # of a reader, so that eight leave the publisher a share of two cores


def main(folder: Path, slugs: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
    django.setup()
    import marketsite.urls  # noqa: F401 - once, before the children part
    from marketsite.wsgi import application

    children = []
    for number in range(PROCESSES):
        if not (child := os.fork()):
            _read(application, folder / f"{number}.json", slugs, deaf=number % 2 == 1)
            os._exit(0)
        children.append(child)
    codes = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(any(codes))


def _read(application: object, file: Path, slugs: list[str], *, deaf: bool) -> None:
    from marketsite import freshness
    from marketsite.edge import Edge
    from tests.site.edge import call

    if deaf:
        freshness.CHANNEL = "nothing_is_sent_here"
    assert isinstance(application, Edge)
    rendered = _count_django(application)
    choice, reads = random.Random(file.name), []  # noqa: S311
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        slug = choice.choice(slugs)
        began = time.monotonic()
        answer = call(application, f"/reports/{slug}/")
        found = re.search(r"<h1[^>]*>\D*(\d+)", answer.text) if answer.status == 200 else None
        reads.append((began, slug, int(found[1]) if found else None, answer.status))
        if len(reads) == 1:
            file.with_suffix(".ready").touch()
    while (before := rendered[0]) < LAST_TRIES:  # at rest: until memory has answered
        call(application, f"/reports/{slugs[0]}/")
        if rendered[0] == before:
            break
    else:
        sys.exit("memory never answered")
    file.write_text(json.dumps(reads), encoding="ascii")


def _count_django(edge: object) -> list[int]:
    count, django_application = [0], edge._django  # type: ignore[attr-defined]

    def counted(environ: object, start_response: object) -> object:
        count[0] += 1
        return django_application(environ, start_response)

    edge._django = counted  # type: ignore[attr-defined]
    return count


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
