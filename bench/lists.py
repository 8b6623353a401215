"""The public lists, the search and a report's page, among 1,000, 10,000 and 100,000 reports.

    .venv/bin/python -m bench.lists              (some minutes, nearly all of them seeding)
    .venv/bin/python -m bench.lists 1000 10000   (other sizes, each at least the one before)

Writes `bench/results/lists.json`, and `lists.txt` with the same figures and PostgreSQL's plans at
the last size. `ms` is the median of 20 requests through all of Django in one process, rendering
included; `cpu_ms` what of it this process computed; `sql_ms` the sum of what PostgreSQL says of the
statements of one request; `ratio` is `ms` to that of the first size. A request is made without the
edge, which would answer most of these from memory; the strip of indices in each page is that of a
market with all its numbers. `icontains` is the comparison at the last size: the statement alone
that finds the newest twenty reports with these words as Django does without an index of words. The
exit code is 1 when a median is over 20 ms.
"""

from __future__ import annotations

import io
import json
import os
import re
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

from bench.seeding import BROAD, NEWEST, ONCE, RARE, USUAL, seed
from bench.site import RESULTS, site, upstreams

BOUND_MS = 20.0
REPEATS = 20
NOW = "=2026-08-21T08:10:00Z"
SIZES = (1000, 10_000, 100_000)
# Also looked for as Django does without an index of words
PLAIN = {"in 30 %": BROAD, "in 3 %": USUAL, "in 0.05 %": RARE, "in one": ONCE}
EXECUTED = re.compile(r"^Execution Time: ([\d.]+) ms", re.MULTILINE)


@dataclass(frozen=True)
class Measured:
    """One address: bytes of the answer, statements, and times in milliseconds."""

    name: str
    size: int
    statements: int
    ms: float
    worst_ms: float
    cpu_ms: float
    sql_ms: float
    plans: list[str] = field(default_factory=list)


def main() -> int:
    sizes = tuple(int(text) for text in sys.argv[1:]) or SIZES
    settings = {
        "DATABASE_TIMEOUT_SECONDS": "3600",
        "MARKET_SNAPSHOT_SECONDS": "86400",
        "ALLOWED_HOSTS": "testserver",
    }
    stages: list[dict[str, Any]] = []
    with upstreams(NOW) as addresses, site(NOW, settings | addresses):
        _prepare()
        for first, last in zip((1, *(size + 1 for size in sizes)), sizes, strict=False):
            began = time.monotonic()
            seed(first, last)
            stages.append({"reports": last, "seed_seconds": round(time.monotonic() - began)})
            stages[-1] |= _bytes() | {"load": round(os.getloadavg()[0], 1)}
            stages[-1]["reads"] = [
                _measure(name, path, last == sizes[-1]) for name, path in _addresses(last).items()
            ]
        stages[-1]["icontains_ms"] = {name: _icontains(text) for name, text in PLAIN.items()}
    plain = [
        stage | {"reads": [asdict(item) | {"plans": None} for item in stage["reads"]]}
        for stage in stages
    ]
    RESULTS.joinpath("lists.json").write_text(json.dumps(plain, indent=1, ensure_ascii=False))
    text = _text(stages)
    RESULTS.joinpath("lists.txt").write_text(text)
    sys.stdout.write(text.partition("\n## ")[0])
    return int(any(item.ms > BOUND_MS for stage in stages for item in stage["reads"]))


def _prepare() -> None:
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("backfill_bars", verbosity=0)
    call_command("refresh_indices", stdout=io.StringIO())


def _addresses(reports: int) -> dict[str, str]:
    """What readers and programs ask for; every search in the language of its words."""
    middle = f"{(NEWEST.replace(year=NEWEST.year - reports // 5840)):%Y%m%dT%H%M%S%f}-1"
    api = "/api/v1"
    found = {
        "home": "/",
        "archive": "/reports/",
        "archive, English": "/en/reports/",
        "archive, in the middle": f"/reports/?before={middle}",
        "a year": "/reports/2026/",
        "a month": "/reports/2026/07/",
        "a symbol": "/reports/?symbol=S03",
        "a symbol and a type": "/reports/?symbol=S03&type=weekly",
        "a symbol without reports": "/reports/?symbol=NONE",
        "a report": f"/reports/report-{reports // 2}/",
        "API: reports": f"{api}/reports",
        "API: reports, in the middle": f"{api}/reports?before={middle}&limit=100",
        "API: reports of a month": f"{api}/reports?year=2026&month=7",
        "API: latest": f"{api}/reports/latest",
        "API: one report": f"{api}/reports/report-{reports // 2}",
        "API: articles": f"{api}/articles/",
        "API: search": f"{api}/reports?q={quote('thị trường')}",
        "API: search, in the middle": f"{api}/reports?q={quote('thị trường')}&before={middle}",
        "atom feed": "/feed.xml",
        "sitemap": "/sitemap.xml",
        "sitemap, a part": "/sitemap-reports-2026-1.xml",
    }
    searches = {
        "in every report": "thị trường",
        "without marks": "thi truong",
        "ten words in every report": "thi truong chung khoan vn index phien diem tang giam",
        "in 30 %": BROAD,
        "in 3 %": USUAL,
        "in 0.05 %": RARE,
        "in one": ONCE,
        "phrase in every report": '"thị trường chứng khoán"',
        "phrase in 30 %": f'"{BROAD}"',
        "phrase of common words, in none": '"truong thi"',
        "common words, one excluded": "thị trường -khoán",
        "a figure": "1.007,07",
        "a beginning": "truo",
        "a beginning beside rare words": f"{RARE} truo",
        "in none": "khongcotu",
    }
    found |= {f"search: {name}": f"/reports/?q={quote(text)}" for name, text in searches.items()}
    return found | {
        "search: in every report, page 15": f"/reports/?q={quote('thị trường')}&page=15",
        "search: in every report, a year": f"/reports/2025/?q={quote('thị trường')}",
        "search: in every report, a symbol": f"/reports/?q={quote('thị trường')}&symbol=S03",
    }


def _measure(name: str, path: str, with_plans: bool) -> Measured:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    statements = [query["sql"] for query in captured.captured_queries]
    if response.status_code != 200:
        raise RuntimeError(f"{response.status_code} from {path}")
    wall, cpu = [], []
    for _ in range(REPEATS):
        began, computed = time.perf_counter(), time.process_time()
        client.get(path)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - computed) * 1000)
    plans = [_plan(sql) for sql in statements if "SELECT" in sql.partition("FROM")[0]]
    spent = sum(float(found) for plan in plans for found in EXECUTED.findall(plan))
    return Measured(
        name,
        len(response.content),
        len(statements),
        round(statistics.median(wall), 1),
        round(max(wall), 1),
        round(statistics.median(cpu), 1),
        round(spent, 1),
        plans if with_plans else [],
    )


def _icontains(text: str) -> float:
    """Milliseconds until `icontains` has found the newest twenty, the median of three times."""
    from reports.models import ReportText

    pages = ReportText.objects.filter(language="vi", public_at__isnull=False)
    found = pages.filter(body__icontains=text).order_by("-public_at").values_list("report_id")
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        list(found[:20])
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


def _plan(sql: str) -> str:
    """Under the same settings as the site's own statement."""
    from django.db import connection

    from reports.search import INDEX_ALONE

    setting = INDEX_ALONE if sql.startswith(INDEX_ALONE) else ""
    statement = sql.removeprefix(setting).replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute(f"{setting}EXPLAIN (ANALYZE, BUFFERS) {statement}", [])
        return "\n".join(row[0] for row in cursor.fetchall())


def _bytes() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('reports_report'),"
            " pg_total_relation_size('reports_reporttext'),"
            " pg_relation_size('report_words_vi') + pg_relation_size('report_words_en')"
        )
        return dict(
            zip(("reports_bytes", "texts_bytes", "index_bytes"), cursor.fetchone(), strict=True)
        )


def _text(stages: list[dict[str, Any]]) -> str:
    lines = []
    first = {item.name: item.ms for item in stages[0]["reads"]}
    for stage in stages:
        size = {name: stage[f"{name}_bytes"] // 10**6 for name in ("reports", "texts", "index")}
        lines += [
            f"{stage['reports']:,} reports ({size['reports']} MB), their words in two languages"
            f" ({size['texts']} MB, of which the indexes {size['index']} MB), seeded in"
            f" {stage['seed_seconds']} s; load of the machine {stage['load']}; bound {BOUND_MS} ms",
            "",
            f"{'request':<42}{'bytes':>9}{'statements':>12}{'ms':>8}{'worst_ms':>10}{'cpu_ms':>8}"
            f"{'sql_ms':>8}{'ratio':>7}",
        ]
        lines += [
            f"{item.name:<42}{item.size:>9}{item.statements:>12}{item.ms:>8}{item.worst_ms:>10}"
            f"{item.cpu_ms:>8}{item.sql_ms:>8}{item.ms / first[item.name]:>7.2f}"
            for item in stage["reads"]
        ]
        lines.append("")
    ours = {item.name: item.ms for item in stages[-1]["reads"]}
    for name, plain in stages[-1]["icontains_ms"].items():
        ratio = plain / ours[f"search: {name}"]
        lines.append(f"icontains: {name:<31}{plain:>29,.1f} ms, {ratio:,.1f} times ours")
    for item in stages[-1]["reads"]:
        lines += ["", f"## {item.name}", *item.plans]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
