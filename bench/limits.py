"""The table of limits in `docs/scaling.md`, with the figures that the benches measured.

Written by `python -m bench --write`, and so by `make bench`; nothing is measured here.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from bench.site import RESULTS, ROOT
from marketsite.front import MOST_CONNECTIONS

PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- bench: limits -->", "<!-- bench: end -->"


def write() -> None:
    """Write the table anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text()}\n{END}{after}", encoding="utf-8")


def text(results: Path = RESULTS) -> str:
    """What stands between the markers."""

    def found(name: str) -> Any:
        return json.loads((results / f"{name}.json").read_text(encoding="utf-8"))

    memory = found("soak")["verdict"]
    worker = memory["worker_tree"]
    strip = found("live_strip")
    lists, history = found("lists")[-1], found("history")
    pages = found("pages")
    rows = [
        ("memory of a web process", f"{memory['pss_total'] - worker:.0f} MB", _from("soak")),
        ("memory of a worker", f"{worker:.0f} MB", _from("soak")),
        ("requests a second for a public page", _rate(pages, "edge"), _from("pages")),
        ("the same where Django makes each page anew", _rate(pages, "django"), _from("pages")),
        (
            "open pages that one web process keeps current",
            f"{strip['readers']:,}, at {strip['servers'][0]['cpu_ms_per_request']} ms of processor "
            "time a question",
            _from("live_strip"),
        ),
        ("readers' connections of a web process", f"{MOST_CONNECTIONS:,}", "`marketsite/front.py`"),
        (
            f"lists and search with {lists['reports']:,} reports",
            f"{_slowest(lists['reads'])} ms, the slowest of {len(lists['reads'])}",
            _from("lists"),
        ),
        (
            "queries with ten years of minutes",
            f"{_slowest(history['reads'])} ms, the slowest of {len(history['reads'])}",
            _from("history"),
        ),
    ]
    head = "| limit | how much | where it comes from |\n|---|---|---|\n"
    return head + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _from(bench: str) -> str:
    return f"`bench.{bench}` ([raw output](../bench/results/{bench}.json))"


def _rate(pages: list[dict[str, Any]], server: str) -> str:
    wanted = (server, "gzip", 1)
    rates = [
        item["rate"] for item in pages if (item["server"], item["kind"], item["threads"]) == wanted
    ]
    return f"{median(rates):,.0f}, with gzip"


def _slowest(reads: list[dict[str, Any]]) -> float:
    return max(float(read["ms"]) for read in reads)
