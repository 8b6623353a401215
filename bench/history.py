"""Reading from ten years of minutes: five indices, 2.9 million quotes.

    .venv/bin/python -m bench.history            (about two minutes)

Writes `bench/results/history.json`, and `history.txt` with the same figures and PostgreSQL's plans.
`ms` is the median of 200 calls through the ORM, rows made into objects, `worst_ms` the slowest of
them; `sql_ms` is what PostgreSQL says of one, and `unindexed_ms` what it says when it may use no
index, which is what the same history would cost in a plain table; `ratio` is the second to the
first. The exit code is 1 when a median is over 5 ms.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bench.site import RESULTS, site

BOUND_MS = 5.0
REPEATS = 200
NOW = "=2026-08-21T08:10:00Z"
YEARS = range(2016, 2027)
TODAY = date(2026, 8, 21)
EXECUTED = re.compile(r"^Execution Time: ([\d.]+) ms", re.MULTILINE)
WAYS = ("indexscan", "indexonlyscan", "bitmapscan")
Read = Callable[[], Any]

# 225 minutes a day: the continuous sessions of HoSE, times in UTC.
QUOTES = """
    INSERT INTO market_quote (index_id, as_of, price, previous_close, open, high, low, volume,
        value, advances, declines, unchanged, ceilings, floors, agreement, second_source,
        simulated, source, fetched_at)
    SELECT i.id, moment, 1000 + price, 1000, 1000, 1010 + price, 990, minute * 3000000,
        minute * 60000000000, 200, 150, 50, 5, 2, 'single', '', false, 'vietcap', moment
    FROM generate_series(%s::date, %s::date, '1 day') AS day
    CROSS JOIN generate_series(0, 224) AS minute
    CROSS JOIN market_index AS i
    CROSS JOIN LATERAL (SELECT
        day::date + time '02:15' + minute * interval '1 minute'
            + CASE WHEN minute < 135 THEN interval '0' ELSE interval '90 minutes' END,
        (minute %% 97) / 10.0) AS made (local, price)
    CROSS JOIN LATERAL (SELECT local AT TIME ZONE 'UTC') AS at (moment)
    WHERE extract(isodow FROM day) < 6
    ORDER BY moment, i.id
"""
BARS = """
    INSERT INTO market_bar (index_id, day, open, high, low, close, volume, simulated, source)
    SELECT i.id, day, 1000, 1020, 990, 1010, 700000000, false, 'vietcap'
    FROM generate_series(%s::date, %s::date, '1 day') AS day CROSS JOIN market_index AS i
    WHERE extract(isodow FROM day) < 6
"""


@dataclass(frozen=True)
class Measured:
    """One read: what it is, rows, statements, and times in milliseconds."""

    name: str
    rows: int
    statements: int
    ms: float
    worst_ms: float
    sql_ms: float
    unindexed_ms: float
    plans: list[str]


def main() -> int:
    with site(NOW, {"DATABASE_TIMEOUT_SECONDS": "300"}):
        began = time.monotonic()
        counts = _seed()
        seconds = time.monotonic() - began
        measured = [_measure(name, read) for name, read in _reads().items()]
        pruned = _prune()
    report = {"seeded": counts, "seed_seconds": round(seconds, 1), "bound_ms": BOUND_MS}
    report |= {"pruned": pruned}
    reads = [asdict(item) for item in measured]
    RESULTS.joinpath("history.json").write_text(json.dumps(report | {"reads": reads}, indent=1))
    text = _text(counts, seconds, measured, pruned)
    RESULTS.joinpath("history.txt").write_text(text)
    sys.stdout.write(text)
    return int(any(item.ms > BOUND_MS for item in measured))


def _seed() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        for year in YEARS:
            first = max(date(year, 1, 1), date(2016, 8, 22))
            last = min(date(year, 12, 31), TODAY)
            cursor.execute(QUOTES, [first, last])
            cursor.execute(BARS, [first, last])
        cursor.execute("VACUUM ANALYZE market_quote, market_bar")
        counts = {}
        for table in ("market_quote", "market_bar"):
            cursor.execute(f"SELECT count(*), pg_total_relation_size('{table}') FROM {table}")  # noqa: S608
            counts[table], counts[f"{table}_bytes"] = cursor.fetchone()
    return counts


def _reads() -> dict[str, Read]:
    """The reads of the site that must stay quick however much is stored."""
    from market import history, ranges, series
    from market.closing import bar_of_quotes
    from market.models import Index, Quote

    index = Index.objects.get(code="VNINDEX")
    new = Index.objects.create(code="VN100", key="vn100", name="VN100", exchange="HOSE")
    return {
        "a year of bars (bars_before)": lambda: history.bars_before(index, TODAY, 260, False),
        "last quotes (latest_per_index)": lambda: list(Quote.objects.real().latest_per_index()),
        "the day's quotes of an index": lambda: _day_quotes(index),
        "the day's quotes of all": lambda: _day_quotes(*Index.objects.filter(active=True)),
        "the page's day (ranges.read 1d)": lambda: (
            ranges.read(index, ranges.chosen("1d"), False).points
        ),
        "the page's year (ranges.read 1y)": lambda: (
            ranges.read(index, ranges.chosen("1y"), False).points
        ),
        "100 bars of the API, 2019": lambda: (
            series.bars_page(index, False, "2019-01-01", None, None, 100).rows
        ),
        "100 minutes of the API, 2019": lambda: (
            series.quotes_page(index, False, "2019-03-04", None, None, 100).rows
        ),
        "a new index's day (ranges.read 1d)": lambda: (
            ranges.read(new, ranges.chosen("1d"), False).points
        ),
        "a new index's minutes, 2019": lambda: (
            series.quotes_page(new, False, "2019-03-04", None, None, 100).rows
        ),
        "a bar made of quotes (closing)": lambda: [bar_of_quotes(index, TODAY)],
    }


def _day_quotes(*indices: Any) -> list[Any]:
    from market.models import Quote
    from market.ranges import day_start

    quotes = Quote.objects.real().filter(index__in=indices, as_of__gte=day_start(TODAY))
    return list(quotes.order_by("as_of").values_list("as_of", "price"))


def _measure(name: str, read: Read) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        rows = len(read())
    times = [_milliseconds(read) for _ in range(REPEATS)]
    statements = [query["sql"] for query in captured.captured_queries]
    plans = [_plan(sql) for sql in statements]
    return Measured(
        name,
        rows,
        len(plans),
        round(statistics.median(times), 2),
        round(max(times), 2),
        round(_spent(plans), 2),
        round(_spent([_plan(sql, indexed=False) for sql in statements]), 1),
        plans,
    )


def _milliseconds(read: Read) -> float:
    began = time.perf_counter()
    read()
    return (time.perf_counter() - began) * 1000


def _spent(plans: list[str]) -> float:
    """What PostgreSQL says that the statements took together, in milliseconds."""
    return sum(float(found) for plan in plans for found in EXECUTED.findall(plan))


def _plan(sql: str, indexed: bool = True) -> str:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for way in () if indexed else WAYS:
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace("%", "%%"), [])
        return "\n".join(row[0] for row in cursor.fetchall())


def _prune() -> dict[str, Any]:
    """Delete what is older than about three weeks after the first quote, batch by batch."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from market import retention

    settings.QUOTE_RETENTION_DAYS = (TODAY - date(2016, 9, 15)).days
    began = time.monotonic()
    with CaptureQueriesContext(connection) as captured:
        rows = retention.prune_quotes()
    seconds = time.monotonic() - began
    deletes = [query for query in captured.captured_queries if query["sql"].startswith("DELETE")]
    return {
        "rows": rows,
        "batches": len(deletes),
        "seconds": round(seconds, 1),
        "longest_batch_ms": round(max(float(query["time"]) for query in deletes) * 1000),
    }


def _text(
    counts: dict[str, int], seconds: float, measured: list[Measured], pruned: dict[str, Any]
) -> str:
    lines = [
        f"{counts['market_quote']:,} quotes ({counts['market_quote_bytes'] // 10**6} MB with"
        f" indexes), {counts['market_bar']:,} bars, seeded in {seconds:.0f} s; bound {BOUND_MS} ms",
        "",
        f"{'read':<36}{'rows':>6}{'statements':>12}{'ms':>8}{'worst_ms':>10}{'sql_ms':>8}"
        f"{'unindexed_ms':>14}{'ratio':>8}",
    ]
    lines += [
        f"{item.name:<36}{item.rows:>6}{item.statements:>12}{item.ms:>8}{item.worst_ms:>10}"
        f"{item.sql_ms:>8}{item.unindexed_ms:>14}{item.unindexed_ms / max(item.sql_ms, 0.01):>8.0f}"
        for item in measured
    ]
    lines += [
        "",
        f"pruned {pruned['rows']:,} quotes in {pruned['seconds']} s, {pruned['batches']} batches,"
        f" the longest {pruned['longest_batch_ms']} ms",
    ]
    for item in measured:
        lines += ["", f"## {item.name}", *item.plans]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
