"""The soak as a command: days of schedule through the real processes, and the verdict on them.

    make soak                         seven days, some eight minutes
    make soak ARGS="--days 2"         its short form
    make memory-test                  under a minute
    manage.py soak --attach           an hour's watch on the site that runs here

Starts PostgreSQL, Valkey, the upstream server and the Procfile's own commands, all of them thrown
away afterwards, and moves the site's clock from refresh to refresh. Writes
`bench/results/soak.json` and `soak.svg`, a shorter one `short-soak.*`; the exit code is 1 when a
bound is broken, 2 when the soak could not be done.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.soak import asked, heap, show
from bench.soak.attach import running_site
from bench.soak.drive import RUNG, Drive
from bench.soak.ends import Ends
from bench.soak.judge import Bounds, Verdict, judge
from bench.soak.plan import BLOCKS, Plan
from bench.soak.samples import Sampler
from bench.soak.stack import Site, SoakError, keep_logs, whole_site
from marketsite import processes
from marketsite.stack import StackError

RESULTS = Path(__file__).resolve().parent.parent / "results"
DAY_SECONDS = 86_400
# Without the notes that stand in for a report while it waits for its review.
REPORTS = """
    select count(*) from reports_report as report
    where not exists (select from reports_report where supersedes_id = report.id)
"""
FULL = Plan(days=7)
QUICK = Plan(days=2, refreshes=64, worst_reports=5)


def main(arguments: Sequence[str]) -> int:
    """Run a soak; 0 when every bound holds."""
    options = _options(arguments)
    if not Path("/proc/self/smaps_rollup").exists():
        sys.stderr.write("soak: this system does not tell what a process holds (no smaps_rollup)\n")
        return 2
    plan = QUICK if options.quick else Plan(options.days, options.refreshes, options.worst)
    processes.stop_on_signals()
    try:
        options.out.mkdir(parents=True, exist_ok=True)  # rather found out now than in eight minutes
        if options.attach:
            return _watch(options)
        return _soak(plan, options)
    except (SoakError, StackError, OSError) as error:
        sys.stderr.write(f"soak: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _soak(plan: Plan, options: argparse.Namespace) -> int:
    began = time.monotonic()
    extra = dict(options.set) | ({heap.COUNT_OBJECTS: "1"} if options.objects else {})
    with whole_site(plan, extra) as site:
        try:
            drive = _driven(site, plan, quiet=options.json)
        finally:
            if options.logs:
                keep_logs(site, options.logs)
        return _finish(drive, options, time.monotonic() - began)


def _watch(options: argparse.Namespace) -> int:
    """Sample the site that runs on this machine, without any load of ours."""
    with running_site() as site:
        sampler = Sampler(site)
        for number in range(int(options.minutes * 60 / options.every) + 1):
            if number:
                time.sleep(options.every)
            sample = sampler.take((number + 1) * options.every / DAY_SECONDS)
            stream = sys.stderr if options.json else sys.stdout
            stream.write(f"{number * options.every / 60:6.1f} min  {show.now(sample)}\n")
            stream.flush()
    return _tell(sampler, judge(sampler.samples, [], 1, Bounds()), Plan(1), options.json)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--days", type=_days, default=FULL.days, help="simulated days, the first to warm up (7)"
    )
    parser.add_argument("--quick", action="store_true", help="two short days, under a minute")
    parser.add_argument(
        "--refreshes", type=_refreshes, default=FULL.refreshes, help="a day's (480)"
    )
    parser.add_argument(
        "--worst",
        type=_count,
        default=FULL.worst_reports,
        help="reports a day whose model answers with 4 MB (1)",
    )
    parser.add_argument(
        "--attach", action="store_true", help="watch the site that runs here, without load"
    )
    parser.add_argument("--minutes", type=_minutes, default=60, help="how long to watch it (60)")
    parser.add_argument("--every", type=_positive, default=30, help="seconds between looks (30)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON alone")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where JSON and chart go")
    parser.add_argument(
        "--objects", action="store_true", help="count the worker's objects by type; slow"
    )
    parser.add_argument("--logs", type=Path, help="keep the processes' logs in this folder")
    parser.add_argument(
        "--set", type=_pair, action="append", default=[], metavar="NAME=VALUE", help="a setting"
    )
    options = parser.parse_args(arguments)
    if options.quick and (options.days, options.refreshes, options.worst) != FULL.size:
        parser.error("--quick has days, refreshes and reports of its own")
    if options.attach and options.minutes * 60 < options.every:
        parser.error("--minutes must leave time for a second look (--every)")
    return options


def _count(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}")
    return int(text)


def _positive(text: str) -> int:
    return _count(text, least=1)


def _days(text: str) -> int:
    return _count(text, least=2)


def _minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("must be a number above 0")
    return number


def _refreshes(text: str) -> int:
    number = _positive(text)
    if number % BLOCKS:
        raise argparse.ArgumentTypeError(f"must be a multiple of {BLOCKS}")
    return number


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("must be NAME=VALUE")
    return name, value


def _driven(site: Site, plan: Plan, *, quiet: bool) -> Drive:
    began = time.monotonic()
    before = site.upstream_counts().get(asked.ENDPOINT, 0)

    def tell(line: str) -> None:
        stream = sys.stderr if quiet else sys.stdout
        done = _part(line)
        passed = time.monotonic() - began
        left = passed / done - passed if done else 0.0
        stream.write(f"{line}  {passed:4.0f} s, {left:.0f} left\n")
        stream.flush()

    with closing(Ends(site.redis)) as ends:
        rung = ends.counts()
        drive = Drive(site, plan, Sampler(site), ends, tell)
        drive.run()
        drive.rung = ends.counts() - rung
    drive.asked = site.upstream_counts().get(asked.ENDPOINT, 0) - before
    return drive


def _part(line: str) -> float:
    """The share that a progress line says is done."""
    return float(line.partition("%")[0].split()[-1]) / 100


def _finish(drive: Drive, options: argparse.Namespace, seconds: float) -> int:
    plan, samples = drive.plan, drive.sampler.samples
    verdict = judge(samples, drive.peaks, plan.days, Bounds())
    verdict.broken += _uncounted(drive)
    more = {"seconds": round(seconds), "processors": os.cpu_count(), "statuses": drive.statuses}
    name = "memory-test" if options.quick else "soak" if plan == FULL else "short-soak"
    text = show.document(samples, verdict, plan, **more)
    (options.out / f"{name}.json").write_text(text, encoding="utf-8")
    (options.out / f"{name}.svg").write_text(show.chart(samples), encoding="utf-8")
    done = f"{drive.refreshed} refreshes, {drive.reports} reports, in {seconds:.0f} s\n"
    return _tell(drive.sampler, verdict, plan, options.json, done)


def _uncounted(drive: Drive) -> list[str]:
    """Where what happened differs from the schedule."""
    plan = drive.plan
    found = list(drive.missed[:5])
    published = int(drive.site.row(REPORTS)[0])
    if published != plan.reports:
        found.append(f"{published} reports, not {plan.reports}")
    wanted = plan.days * plan.refreshes
    if drive.asked != (calls := asked.expected(plan)):
        found.append(f"the source was asked {drive.asked} times, not {calls}")
    found += [
        f"{job} ended {drive.rung[job]} times, not {wanted}"
        for job in RUNG
        if drive.rung[job] != wanted
    ]
    if failed := drive.statuses.get(0, 0) + drive.statuses.get(500, 0):
        found.append(f"{failed} reads failed")
    return found


def _tell(sampler: Sampler, verdict: Verdict, plan: Plan, as_json: bool, done: str = "") -> int:
    """Everything on standard output, or one line there and the rest beside it; the exit code."""
    beside = sys.stderr if as_json else sys.stdout
    done += show.grown_objects(sampler.samples)
    shown = (show.table(verdict), show.plot(sampler.samples), show.summary(verdict) + f"\n{done}")
    end = "".join(f"  {line}\n" for line in verdict.broken)
    beside.write("\n" + "\n\n".join(shown) + "\n")
    beside.write(f"Broken:\n{end}" if end else "All bounds hold.\n")
    if as_json:
        sys.stdout.write(show.one_line(verdict, plan) + "\n")
    return int(bool(end))
