"""`python -m bench.soak.document`: write what the last soak measured into the documents."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from bench.soak.plan import FULL_DAY, Plan
from marketsite.environment import BASE_DIR

RESULT = BASE_DIR / "bench/results/soak.json"
DOCUMENTS = ("docs/operations.md", "docs/MEMORY_OPTIMIZATION.md", "README.vi.md")
PIPELINE = BASE_DIR / "bench/results/pipeline.json"
BLOCK = re.compile(r"<!-- soak: (\w+) -->\n.*?<!-- soak -->", re.DOTALL)
FIGURE = re.compile(r"<!-- figure: (\w+) -->.*?<!-- -->")
OLD_IDLE_MB = 223  # one process of the replaced system, measured idle


def main() -> int:
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    for name in DOCUMENTS:
        file = BASE_DIR / name
        file.write_text(written(file.read_text(encoding="utf-8"), result), encoding="utf-8")
        sys.stdout.write(f"{name}\n")
    return 0


def written(text: str, result: Mapping[str, Any]) -> str:
    """The document with each of its blocks and single figures as this result gives it."""
    single = _figures(result) if FIGURE.search(text) else {}

    def block(found: re.Match[str]) -> str:
        return f"<!-- soak: {found[1]} -->\n{BLOCKS[found[1]](result)}\n<!-- soak -->"

    def figure(found: re.Match[str]) -> str:
        return f"<!-- figure: {found[1]} -->{single[found[1]]}<!-- -->"

    return FIGURE.sub(figure, BLOCK.sub(block, text))


def memory(result: Mapping[str, Any]) -> str:
    """What processes take, for whoever plans a machine."""
    verdict = result["verdict"]
    worker = verdict["worker_tree"]
    told = (
        f"What the processes took in a soak of {_size(result)}. In MB, shared pages counted once "
        "([raw output](../bench/results/soak.json), [chart](../bench/results/soak.svg)):"
    )
    return f"""{_filled(told)}

| | memory |
|---|--:|
| web | {verdict["pss_total"] - worker:.0f} |
| worker | {worker:.0f} |
| with PostgreSQL and Valkey | {verdict["with_servers"]:.0f} |"""


def figures(result: Mapping[str, Any]) -> str:
    """All that the soak judges, with its verdict."""
    verdict = result["verdict"]
    rows = [
        ("the site's own processes (web, worker, beat)", f"{verdict['pss_total']:.0f} MB PSS"),
        ("with PostgreSQL and Valkey", f"{verdict['with_servers']:.0f} MB"),
        ("a report's peak above idle, usual answers", f"{verdict['peak_usual']:.1f} MB"),
        ("a report's peak above idle, answers of 4 MB", f"{verdict['peak_worst']:.1f} MB"),
        ("connections to Redis", _span(verdict["redis_clients"])),
        ("connections to PostgreSQL", _span(verdict["sessions"])),
        *_slopes(result),
        ("bounds that it broke", "; ".join(verdict["broken"]) or "none"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    told = f"Measured in a soak of {_size(result)}."
    if result["plan"]["days"] == 1:
        told += " A first day is all warm-up: what it says of growth is no trend yet."
    return f"{_filled(told)}\n\n| | |\n|---|--:|\n{table}"


def vietnamese(result: Mapping[str, Any]) -> str:
    verdict = result["verdict"]
    return _filled(
        f"Cả trang (web, worker, beat) dùng {verdict['pss_total']:.0f} MB, cùng PostgreSQL và "
        f"Valkey là {verdict['with_servers']:.0f} MB; riêng một tiến trình của hệ thống cũ khi "
        f"không làm gì đã dùng {OLD_IDLE_MB} MB."
    )


def _figures(result: Mapping[str, Any]) -> dict[str, str]:
    """Single figures within a text: the soak's, and what the pipeline's bench says of a report."""
    verdict = result["verdict"]
    report = json.loads(PIPELINE.read_text(encoding="utf-8"))["costs"][0]
    return {
        "site": f"{verdict['pss_total']:.0f}",
        "servers": f"{verdict['with_servers']:.0f}",
        "growth": f"{max(trend['slope'] for trend in verdict['trends']):+.2f}",
        "clients": _span(verdict["redis_clients"]),
        "sessions": _span(verdict["sessions"]),
        "peak_usual": f"{verdict['peak_usual']:.1f}",
        "peak_worst": f"{verdict['peak_worst']:.1f}",
        "left": f"{report['left_bytes']:,}",
        "cleanup": f"{report['cleanup_ms']:.1f}",
        "parts": str(report["parts"]),
    }


def _slopes(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A day is all warm-up: only more of them show what grows, and two have no other last one."""
    if result["plan"]["days"] == 1:
        return []
    trends = result["verdict"]["trends"]
    compared = [t["last"] - t["first"] for t in trends if t["last"] is not None]
    told = f"{max(compared):+.1f} MB" if compared else "not compared: the second is the last"
    return [
        ("growth, the process that grows most", f"{max(t['slope'] for t in trends):+.2f} MB a day"),
        ("last day less the second, the same", told),
    ]


def _size(result: Mapping[str, Any]) -> str:
    plan = Plan(**result["plan"])
    slots, days = len(plan.slots()), "day" if plan.days == 1 else "days"
    command = f"python -m bench.soak --days {plan.days}"
    if plan.refreshes != FULL_DAY:
        command += f" --refreshes {plan.refreshes}"
    return (
        f"{plan.days} {days} of {plan.refreshes} refreshes and {slots} reports, pages and API "
        f"calls between them; `{command}`, {result['processors']} processors, "
        f"{result['seconds']} seconds"
    )


def _filled(text: str) -> str:
    """Lines of at most 100 characters; a command stays in one piece."""
    whole = re.sub("`[^`]+`", lambda code: code[0].replace(" ", "\0"), text)
    lines = textwrap.fill(whole, 100, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")


def _span(numbers: list[int]) -> str:
    low, high = numbers
    return f"{low}" if low == high else f"{low} to {high}"


BLOCKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "memory": memory,
    "figures": figures,
    "vietnamese": vietnamese,
}

if __name__ == "__main__":
    sys.exit(main())
