"""How each cost grows with the data: at 1, 10 and 100 times of it, in one run.

    .venv/bin/python -m bench.growth                 (about five minutes, most of them seeding)
    .venv/bin/python -m bench.growth --first 100     (a tenth of the data)

Writes `bench/results/growth.json` and `growth.txt`. The first stage has 1,000 reports and 26 days
of minutes of five indices, the last 100,000 reports and ten years; each has a year of day bars, as
every report reads some. A cost is the median of wall time in one process, in milliseconds: reads go
through all of Django without the edge, a refresh asks the vendors' stand-ins, a report is written
by rules from its request to its publication. Bytes are those of the tables with their indexes. The
exit code is 1 when at 100 times the data anything costs more than three times as much.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.history import QUOTES
from bench.seeding import seed
from bench.site import RESULTS, site, upstreams

TIMES = (1, 10, 100)
REPORTS, DAYS = 1000, 26  # trading days
READS, REFRESHES, RUNS = 21, 11, 5
MOST_TIMES = 3.0
LAST_DAY = date(2026, 8, 20)
OPENING = datetime(2026, 8, 21, 2, 20, tzinfo=UTC)  # the next day, 09:20 in Vietnam
STEP = timedelta(minutes=1)
# Near what the stand-ins tell of the next day, or its numbers would be refused as implausible
NEAR = QUOTES.replace(
    "1000 + price, 1000, 1000, 1010 + price, 990",
    "close + price / 20, close, close, close + price / 20, close - 1",
).replace(
    "CROSS JOIN market_index AS i",
    """CROSS JOIN market_index AS i CROSS JOIN LATERAL (SELECT close FROM market_bar
        WHERE index_id = i.id ORDER BY day DESC LIMIT 1) AS last""",
)
SIZES = {
    "bytes per report": ("reports_report", "reports_report", "reports_reporttext"),
    "bytes per quote": ("market_quote", "market_quote"),
}


class Clock:
    """The site's clock: a file that each refresh and each report moves on by a minute."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock"
        self._now = OPENING
        self.move()

    def move(self) -> datetime:
        self._now += STEP
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"={self._now:%Y-%m-%dT%H:%M:%SZ}")
        fresh.replace(self.path)
        return self._now


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=REPORTS, help="reports of the first stage")
    first: int = parser.parse_args().first
    load = os.getloadavg()[0]
    stages: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-growth-")))
        clock = Clock(folder)
        moment = f"@{clock.path}"
        addresses = stack.enter_context(upstreams(moment))
        stack.enter_context(site(moment, _settings(addresses)))
        _prepare()
        done = (0, 0)
        for times in TIMES:
            done = _add(done, (first * times, max(DAYS * first * times // REPORTS, 1)))
            sys.stderr.write(f"{done[0]:,} reports, {done[1]:,} days of minutes\n")
            stages.append(_stage(times, done, clock))
    report = {"load": round(load, 1), "processors": os.cpu_count(), "stages": stages}
    text = _text(report)
    RESULTS.joinpath("growth.json").write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.joinpath("growth.txt").write_text(text)
    sys.stdout.write(text)
    return int(any(ratio > MOST_TIMES for ratio in ratios(stages).values()))


def ratios(stages: list[dict[str, Any]]) -> dict[str, float]:
    """What each cost is in the last stage, in units of the first."""
    first, last = stages[0]["costs"], stages[-1]["costs"]
    return {name: round(last[name] / max(first[name], 0.1), 2) for name in first}


def _settings(addresses: dict[str, str]) -> dict[str, str]:
    url = addresses["VIETCAP_BASE_URL"]
    return {
        **addresses,
        "ALLOWED_HOSTS": "testserver",
        "DATABASE_TIMEOUT_SECONDS": "3600",
        "MARKET_SNAPSHOT_SECONDS": "86400",
        "RESEARCH_FEEDS": f"{url}/feeds/market.rss,{url}/feeds/coins.atom",
        "RESEARCH_ALLOW_PRIVATE": "true",
    }


def _prepare() -> None:
    """What is the same at each stage: static files, bars, and the coins."""
    from django.core.management import call_command

    from market.overview import refresh_overview

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("backfill_bars", verbosity=0)
    refresh_overview()


def _add(done: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """More reports and days of minutes, so many in all, backwards in time from what there is."""
    from django.db import connection

    seed(done[0] + 1, wanted[0])
    with connection.cursor() as cursor:
        if wanted[1] > done[1]:
            cursor.execute(NEAR, [_trading_day(wanted[1] - 1), _trading_day(done[1])])
        cursor.execute("VACUUM ANALYZE market_quote, market_bar")
    return wanted


def _trading_day(back: int) -> date:
    """The weekday so many weekdays before the last one."""
    weeks, rest = divmod(back, 5)
    day = LAST_DAY - timedelta(weeks=weeks)
    return day - timedelta(days=rest + 2 * (day.weekday() < rest))


def _stage(times: int, done: tuple[int, int], clock: Clock) -> dict[str, Any]:
    costs = {
        "refresh": _median(REFRESHES, lambda: _refresh(clock)),
        "report by rules": _median(RUNS, lambda: _report(clock)),
        **{name: _median(READS, read) for name, read in _reads(done[0])},
    }
    return {"times": times, "reports": done[0], "days": done[1], "costs": costs | _sizes()}


def _reads(reports: int) -> Iterator[tuple[str, Callable[[], object]]]:
    from django.test import Client

    client = Client()
    api = "/api/v1/market/indices"
    addresses = {
        "home page": "/",
        "archive": "/reports/",
        "archive of a month": "/reports/2026/08/",
        "search": f"/reports/?q={quote('thị trường')}",
        "search, a rare word": f"/reports/?q={quote('lao dốc')}",
        "report page": f"/reports/report-{reports // 2}/",
        "index page": "/indices/vnindex/",
        "history, day bars": f"{api}/VNINDEX/history?from=2026-01-01",
        "history, minutes": f"{api}/VNINDEX/history?interval=1m&from=2026-08-20&to=2026-08-20",
        "snapshot API": api,
        "feed": "/feed.xml",
    }
    for name, path in addresses.items():
        if (status := client.get(path).status_code) != 200:
            raise RuntimeError(f"{status} from {path}")
        yield name, lambda path=path: client.get(path)  # type: ignore[misc]


def _median(repeats: int, call: Callable[[], object]) -> float:
    call()  # warms up
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


def _refresh(clock: Clock) -> None:
    from market.refresh import refresh_indices

    clock.move()
    refresh_indices()


def _report(clock: Clock) -> None:
    from reports.models import Run
    from reports.writing import pipeline
    from reports.writing.runs import request_run

    run, _ = request_run(clock.move(), Run.Trigger.COMMAND)
    Run.objects.filter(pk=run.pk).update(writer="analyst")
    done = pipeline.run_to_end(run.pk)
    if done.state != Run.State.DONE:
        raise RuntimeError(f"{done.state}: {done.error}")


def _sizes() -> dict[str, float]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name, (counted, *tables) in SIZES.items():
            size = " + ".join(f"pg_total_relation_size('{table}')" for table in tables)
            cursor.execute(f"SELECT ({size})::float / count(*) FROM {counted}")  # noqa: S608
            found[name] = round(cursor.fetchone()[0])
    return found


def _text(report: dict[str, Any]) -> str:
    stages = report["stages"]
    first, last = stages[0], stages[-1]
    lines = [
        f"{first['reports']:,} to {last['reports']:,} reports, {first['days']:,} to"
        f" {last['days']:,} days of minutes; median ms; load {report['load']} on"
        f" {report['processors']} processors",
        "",
        f"{'cost':<22}"
        + "".join(f"{'x ' + str(stage['times']):>10}" for stage in stages)
        + f"{'ratio':>8}",
    ]
    lines += [
        f"{name:<22}" + "".join(f"{stage['costs'][name]:>10}" for stage in stages) + f"{ratio:>8}"
        for name, ratio in ratios(stages).items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
