"""`docs/performance.md` from `bench/results`: tables, plots, and what they were measured on.

Nothing is measured here. A bench without results has no section; the plots lie beside the results.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench import limits, suite
from bench.drawing import Bar, bars
from bench.site import RESULTS, ROOT
from bench.soak import document as soak_document

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
OLD_PROCESS_MB = 223  # one idle process of the old system, measured on its own code
KINDS = ("gzip", "identity", "304")
SERVERS = ("nginx", "nginx, 1 worker", "edge", "cache framework", "django")

Results = Any  # a bench's JSON
Section = tuple[str, str, Callable[[Results], Iterable[str]]]


def write() -> None:
    """Write the document's measured part and the plots anew, and the figures in other documents."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text()}\n{END}{after}", encoding="utf-8")
    for name, svg in plots().items():
        (RESULTS / name).write_text(svg, encoding="utf-8")
    soak_document.main()
    limits.write()


def text(results: Path = RESULTS) -> str:
    """What stands between the markers."""
    runs = suite.recorded(results)
    parts = []
    for name, title, lines in SECTIONS:
        found = _results(results, name)
        if found is not None:
            source = _prose(_source(name, runs.get(name), results))
            parts.append("\n".join([f"## {title}", "", *lines(found), "", *source]))
    return "\n\n".join(parts) + "\n"


def plots(results: Path = RESULTS) -> dict[str, str]:
    """The plots by the names of their files."""
    drawn = {}
    for name, draw in PLOTS.items():
        found = _results(results, name)
        if found is not None:
            drawn[f"{name}.svg"] = draw(found)
    return drawn


def _results(results: Path, name: str) -> Results | None:
    path = results / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _source(name: str, run: dict[str, Any] | None, results: Path) -> str:
    """Where the figures come from: command, machine, and files."""
    files = [f"{name}.json", *([f"{name}.txt"] if (results / f"{name}.txt").exists() else [])]
    raw = "Raw output: " + ", ".join(f"[{file}](../bench/results/{file})" for file in files) + "."
    if run is None:
        return f"`python -m bench.{name}`. {raw}"
    machine = run["machine"]
    ended = f"; it ended with exit code {run['code']}" if run["code"] else ""
    return (
        f"`{run['command']}`, {run['at']}, {run['seconds']} s, load {run['load']} before it, on"
        f" {machine['processors']} × {machine['processor']}, {machine['memory']},"
        f" {machine['kernel']}, Python {machine['python']}{ended}. {raw}"
    )


def _prose(text: str) -> list[str]:
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The first column in words, the others figures."""
    for row in (head, ["---", *["--:"] * (len(head) - 1)], *rows):
        yield f"| {' | '.join(map(str, row))} |"


def _plot(name: str, about: str) -> list[str]:
    return ["", f"![{about}](../bench/results/{name}.svg)"]


# Pages


def _rates(found: Results, value: str = "rate", threads: int = 1) -> dict[tuple[str, str], float]:
    """The median of the rounds by server and kind, with so many threads of wrk."""
    keys = dict.fromkeys(
        (item["server"], item["kind"]) for item in found if item["threads"] == threads
    )
    return {key: median(_of(found, *key, value, threads)) for key in keys}


def _of(found: Results, server: str, kind: str, value: str, threads: int = 1) -> list[float]:
    """That value in each round."""
    wanted = (server, kind, threads)
    return [
        item[value] for item in found if (item["server"], item["kind"], item["threads"]) == wanted
    ]


def _pages(found: Results) -> Iterator[str]:
    rates = _rates(found)
    yield from _prose(
        "One published report: requests a second, and the slowest in a hundred in ms. nginx sends "
        "the same bytes as ready files; the last two are the same site without its edge. One "
        "thread asks, which leaves a core to who answers. Two threads on two cores also wait for "
        "each other, up to a tick of the system's at a time (4 ms here), which is in their p99."
    )
    yield ""
    head = ["server", *(f"{kind}, 1/s" for kind in KINDS), *(f"{kind}, p99" for kind in KINDS)]
    rows = [_page_row(found, server, 1) for server in SERVERS]
    rows += [_page_row(found, server, 2) for server in ("nginx", "edge")]
    yield from _table(head, rows)
    ratios = ", ".join(
        f"{_paired(found, kind):.2f} × nginx ({kind})"
        for kind in KINDS
        if ("edge", kind) in rates and ("nginx", kind) in rates
    )
    yield ""
    ours, kind = rates["edge", "gzip"], "gzip"
    slower = (f"{ours / max(rates[name, kind], 0.1):,.0f} times" for name in SERVERS[-2:])
    yield from _prose(
        f"The edge answers {ratios}, round by round. With gzip that is {next(slower)} what "
        f"Django's cache framework answers, and {next(slower)} plain Django."
    )
    yield from _plot("pages", "Requests a second by server")


def _page_row(found: Results, server: str, threads: int) -> list[str]:
    rates, slow = (_rates(found, value, threads) for value in ("rate", "p99"))
    return [
        f"{server}, asked by two" if threads > 1 else server,
        *(f"{rates[server, kind]:,.0f}" if (server, kind) in rates else "–" for kind in KINDS),
        *(f"{slow[server, kind]:,.1f}" if (server, kind) in slow else "–" for kind in KINDS),
    ]


def _paired(found: Results, kind: str) -> float:
    ours, theirs = (_of(found, server, kind, "rate") for server in ("edge", "nginx"))
    return median(one / other for one, other in zip(ours, theirs, strict=False))


def _draw_pages(found: Results) -> str:
    rates = _rates(found)
    rows: list[Bar] = [
        (f"{server}, {kind}", rates[server, kind], server == "edge")
        for kind in KINDS
        for server in SERVERS
        if (server, kind) in rates
    ]
    return bars("Requests a second", "/s", rows)


# The live strip


def _live_strip(found: Results) -> Iterator[str]:
    yield from _prose(
        f"{found['readers']:,} open pages ask for each new snapshot, one to six seconds after it "
        f"is due; {found['refreshes']} refreshes, one every {found['every_seconds']} s, load "
        f"{found['load']}. `late` is from the moment a page wants to ask to its answer, `delay` "
        "from the commit of the numbers to the page; the comparison is the same site without "
        "its edge."
    )
    yield ""
    head = [
        "",
        "requests",
        "most in 1 s",
        "late, ms",
        "p99",
        "delay, s",
        "p99",
        "CPU, s",
        "ms each",
    ]
    yield from _table(
        head,
        (
            [
                row["server"],
                f"{row['requests']:,}",
                f"{row['most_in_a_second']:,}",
                row["late_ms"]["median"],
                row["late_ms"]["p99"],
                row["delay_s"]["median"],
                row["delay_s"]["p99"],
                row["cpu_seconds"],
                row["cpu_ms_per_request"],
            ]
            for row in found["servers"]
        ),
    )
    edge, plain = found["servers"][0], found["servers"][-1]
    yield ""
    yield from _prose(
        "Without the edge a question costs "
        f"{plain['cpu_ms_per_request'] / edge['cpu_ms_per_request']:.1f} times the processor time, "
        "and the slowest in a hundred waits "
        f"{plain['late_ms']['p99'] / edge['late_ms']['p99']:.1f} times as long."
    )
    yield from _plot("live_strip", "Processor time of a question, with and without the edge")


def _draw_live_strip(found: Results) -> str:
    rows: list[Bar] = [
        (row["server"], row["cpu_ms_per_request"], number == 0)
        for number, row in enumerate(found["servers"])
    ]
    return bars("Processor time of one question of an open page", "ms", rows)


# Work


def _refresh(found: Results) -> Iterator[str]:
    yield from _prose(
        "Five indices, in a warm process: milliseconds of a bare request to the upstream, of the "
        f"refresh, and of its own processor time; load {found['load']}."
    )
    yield ""
    old = found["old_system"]
    yield from _table(
        ["refresh", "latency", "refresh", "ratio", "bound", "CPU", "requests", "SQL"],
        [
            *(
                [
                    f"{row['kind']}, {row['delay_ms']} ms upstream",
                    *(row[name] for name in ("latency_ms", "wall_ms", "ratio", "bound_ms")),
                    *(row[name] for name in ("cpu_ms", "requests", "statements")),
                ]
                for row in found["costs"]
            ),
            ["old system", old["latency_ms"], old["wall_ms"], old["ratio"], "", "", "", ""],
        ],
    )


def _pipeline(found: Results) -> Iterator[str]:
    yield from _prose(
        "Processor time of a whole report apart from its models' own, and what stays of it in the "
        f"process; medians of {found['repeats']} runs, load {found['load']}."
    )
    yield ""
    bounds, old = found["bounds"], found["old_system"]
    yield from _table(
        ["writer", "CPU, ms", "parts", "model calls", "statements", "left, bytes", "peak, MB"],
        [
            *(
                [
                    row[name]
                    for name in (
                        "writer", "cpu_ms", "parts", "calls", "statements", "left_bytes", "peak_mb",
                    )
                ]
                for row in found["costs"]
            ),
            ["bound", bounds["cpu_ms"], "", "", "", bounds["left_bytes"], bounds["peak_mb"]],
            ["old system", old["cpu_ms"], "", "", "", old["left_bytes"], ""],
        ],
    )  # fmt: skip
    model = found["costs"][0]
    yield ""
    yield from _prose(
        f"A report by a model takes {model['cpu_ms'] / old['cpu_ms']:.2f} times what the old "
        "system took, which asked its model once and proved nothing; what it leaves in the process "
        f"is {model['left_bytes'] / old['left_bytes']:.2%}."
    )


# Data


def _lists(found: Results) -> Iterator[str]:
    first, last = found[0], found[-1]
    small = {row["name"]: row for row in first["reads"]}
    yield from _prose(
        f"Milliseconds of a request among {last['reports']:,} reports, through all of Django and "
        "without the edge: wall time, this process's own, and PostgreSQL's; beside it wall time "
        f"among {first['reports']:,}, and the ratio of the two. Bound: 20 ms; load {last['load']}."
    )
    yield ""
    yield from _table(
        ["request", "ms", "CPU", "SQL", "statements", f"ms of {first['reports']:,}", "ratio"],
        (
            [
                row["name"],
                *(row[name] for name in ("ms", "cpu_ms", "sql_ms", "statements")),
                small[row["name"]]["ms"],
                f"{row['ms'] / small[row['name']]['ms']:.2f}",
            ]
            for row in last["reads"]
        ),
    )
    yield from _icontains(last)
    yield from _plot("lists", "Milliseconds of each list and search")


def _icontains(stage: Results) -> Iterator[str]:
    """Searches as Django does them without an index of words, where the bench has measured it."""
    ours = {row["name"]: row["ms"] for row in stage["reads"]}
    plain: dict[str, float] = stage.get("icontains_ms", {})
    told = ", ".join(
        f"{ms:,.0f} ms for words {name} ({ms / ours[f'search: {name}']:,.1f} times our whole page)"
        for name, ms in plain.items()
    )
    if told:
        yield ""
        yield from _prose(f"The statement alone with Django's `icontains`, no index: {told}.")


def _draw_lists(found: Results) -> str:
    last = found[-1]
    rows: list[Bar] = [(row["name"], row["ms"], True) for row in last["reads"]]
    return bars(f"Milliseconds among {last['reports']:,} reports", "ms", rows, 20.0)


def _history(found: Results) -> Iterator[str]:
    seeded = found["seeded"]
    yield from _prose(
        f"{seeded['market_quote']:,} quotes and {seeded['market_bar']:,} day bars: milliseconds "
        f"through the ORM and of PostgreSQL alone. Bound: {found['bound_ms']} ms."
    )
    yield ""
    yield from _table(
        ["read", "rows", "statements", "ms", "slowest", "SQL", "without an index", "ratio"],
        (
            [
                *(row[name] for name in ("name", "rows", "statements", "ms", "worst_ms", "sql_ms")),
                *(_unindexed(row) if "unindexed_ms" in row else ("", "")),
            ]
            for row in found["reads"]
        ),
    )


def _unindexed(row: dict[str, Any]) -> tuple[str, str]:
    """PostgreSQL's time without any index, and how often its time with them that is."""
    plain: float = row["unindexed_ms"]
    return f"{plain:,}", f"{plain / max(row['sql_ms'], 0.01):,.0f}"


def _growth(found: Results) -> Iterator[str]:
    stages = found["stages"]
    told = " → ".join(f"{stage['reports']:,}" for stage in stages)
    days = " → ".join(f"{stage['days']:,}" for stage in stages)
    yield from _prose(
        f"{told} reports and {days} days of minutes of five indices: milliseconds, and how often "
        f"the first stage's cost the last one is; load {found['load']}."
    )
    yield ""
    yield from _table(
        ["cost", *(f"× {stage['times']}" for stage in stages), "ratio"],
        (
            [name, *(f"{stage['costs'][name]:,}" for stage in stages), f"{ratio:.2f}"]
            for name, ratio in _ratios(stages).items()
        ),
    )
    yield from _plot("growth", "Costs at a hundred times the data, by those at the first size")


def _ratios(stages: Sequence[dict[str, Any]]) -> dict[str, float]:
    first, last = stages[0]["costs"], stages[-1]["costs"]
    return {name: last[name] / max(first[name], 0.1) for name in first}


def _draw_growth(found: Results) -> str:
    rows: list[Bar] = [(name, ratio, True) for name, ratio in _ratios(found["stages"]).items()]
    times = found["stages"][-1]["times"]
    return bars(f"Costs at {times} times the data, by those at the first size", "×", rows, 1.0)


# Processes


def _startup(found: Results) -> Iterator[str]:
    bare = next(row for row in found["starts"] if row["name"] == "bare")
    yield from _prose(
        "Processor time and memory from cold, beside `bare`: `django.setup()` with our settings "
        f"and one query. Medians of {found['repeats']}, load {found['load']}."
    )
    yield ""
    yield from _table(
        ["process", "CPU, s", "of bare", "PSS, MB", "of bare"],
        (
            [
                f"`{row['name']}`",
                row["seconds"],
                f"{row['seconds'] / bare['seconds']:.2f}",
                row["pss_mb"],
                f"{row['pss_mb'] / bare['pss_mb']:.2f}",
            ]
            for row in found["starts"]
        ),
    )


def _soak(found: Results) -> Iterator[str]:
    verdict, plan = found["verdict"], found["plan"]
    total = verdict["pss_total"]
    yield from _prose(
        f"{plan['days']} simulated days of {plan['refreshes']} refreshes through the Procfile's "
        f"own processes. One idle process of the old system took {OLD_PROCESS_MB} MB; the whole "
        f"site takes {total:.0f} MB of PSS, {total / OLD_PROCESS_MB:.2f} times that. The table has "
        "what each process keeps, without pages of files, whose shares move with every other "
        "process; its peak is RSS. `web` is the front, `web 1` the site behind it."
    )
    yield ""
    yield from _table(
        ["process", "MB on day 2", "last", "MB a day", "peak"],
        (
            [
                trend["role"],
                f"{trend['first']:.1f}",
                "–" if trend["last"] is None else f"{trend['last']:.1f}",
                f"{trend['slope']:+.2f}",
                f"{trend['peak']:.1f}",
            ]
            for trend in verdict["trends"]
        ),
    )
    if verdict["broken"]:
        yield ""
        yield f"Bounds that it broke: {'; '.join(verdict['broken'])}."
    yield from _plot("soak", "Memory of each process over the simulated days")


def _first_view(found: Results) -> Iterator[str]:
    yield from _prose(
        "In Chromium with an empty cache, at 1.6 Mbit/s with 150 ms of delay and a processor "
        f"slowed four times; medians of {found['runs']}, load {found['load']}. Bounds: 200 kB and "
        "2,500 ms."
    )
    yield ""
    yield from _table(
        ["page", "kB", "requests", "largest paint, ms", "moved"],
        (
            [
                f"{row['page']}, {row['screen']}",
                *(row[key] for key in ("kilobytes", "requests", "largest_paint_ms", "moved")),
            ]
            for row in found["views"]
        ),
    )


SECTIONS: tuple[Section, ...] = (
    ("pages", "A page, beside nginx and Django", _pages),
    ("live_strip", "The strip on open pages", _live_strip),
    ("first_view", "What a reader waits for", _first_view),
    ("refresh", "A refresh, beside its upstream", _refresh),
    ("pipeline", "A report, beside the old system", _pipeline),
    ("lists", "Lists and search", _lists),
    ("history", "Ten years of minutes", _history),
    ("growth", "A hundred times the data", _growth),
    ("startup", "From cold", _startup),
    ("soak", "Memory", _soak),
)
PLOTS: dict[str, Callable[[Results], str]] = {
    "pages": _draw_pages,
    "live_strip": _draw_live_strip,
    "lists": _draw_lists,
    "growth": _draw_growth,
}
