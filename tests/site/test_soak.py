"""The soak's own arithmetic: what it plans, what it measures, and when it calls a site unsound."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from celery import Celery

from bench.soak import beat, heap, main, probe, show
from bench.soak.heap import Heap
from bench.soak.judge import Bounds, judge, theil_sen
from bench.soak.plan import FAULTS, FULL_DAY, SLOTS, STEP, Plan
from bench.soak.samples import Sample
from market.sessions import VIETNAM
from marketsite import clock
from tests.upstreams import Upstreams

DAYS = 4
PER_DAY = 8
FLAT = probe.Process(pid=1, pss=60, kept=55, uss=50, rss=80, peak=82, descriptors=20, threads=3)


def samples(days: int = DAYS, **growth: float) -> list[Sample]:
    """Days of a web process and a worker; what is named grows by so much a day."""
    found = []
    for number in range(1, days * PER_DAY + 1):
        day = number / PER_DAY
        worker = replace(
            FLAT,
            pss=FLAT.pss + day * (growth.get("kept", 0) + growth.get("files", 0)),
            kept=FLAT.kept + day * growth.get("kept", 0),
            descriptors=FLAT.descriptors + int(day * growth.get("descriptors", 0)),
        )
        found.append(
            Sample(
                day=day,
                processes={"web": FLAT, "worker": worker},
                redis_clients=10 + int(day * growth.get("clients", 0)),
                redis_mb=2.0,
                sessions=4 + int(day * growth.get("sessions", 0)),
                servers_mb={"postgres": 30.0, "valkey": 4.0},
                heap=Heap(
                    at="",
                    allocated=int((24 + day * growth.get("heap", 0)) * probe.MEGABYTE),
                    blocks=500_000 + int(day * growth.get("blocks", 0)),
                ),
            )
        )
    return found


def broken(bounds: Bounds | None = None, **growth: float) -> list[str]:
    return judge(samples(**growth), [], DAYS, bounds or Bounds()).broken


def test_a_flat_site_breaks_no_bound() -> None:
    verdict = judge(samples(), [(True, 12.0), (False, 3.0)], DAYS, Bounds())
    assert verdict.broken == []
    assert (verdict.pss_total, verdict.worker_tree, verdict.with_servers) == (120, 60, 154)
    assert (verdict.peak_worst, verdict.peak_usual) == (12.0, 3.0)


@pytest.mark.parametrize(
    ("growth", "told"),
    [
        ({"kept": 0.8}, "worker: MB a day"),
        ({"heap": 0.3}, "worker: MB a day by its own books"),
        ({"blocks": 6000}, "worker: Python's blocks a day"),
        ({"clients": 2}, "Redis clients"),
        ({"sessions": 2}, "PostgreSQL sessions"),
        ({"descriptors": 3}, "worker: descriptors"),
    ],
)
def test_what_grows_is_named(growth: dict[str, float], told: str) -> None:
    assert [line for line in broken(**growth) if line.startswith(told)]
    assert not [line for line in broken(**growth) if line.startswith("web")]


def test_pages_of_files_are_no_growth() -> None:
    assert broken(files=1) == []


def test_free_pages_that_a_process_keeps_for_a_while_are_no_growth() -> None:
    """Two in three samples are up to 4 MB above what is held, the last ones most of all."""
    found = samples()
    for number, sample in enumerate(found):
        worker = sample.processes["worker"]
        above = 4 * (number % 3) / 2 * number / len(found)
        sample.processes["worker"] = replace(worker, kept=worker.kept + above)
    assert judge(found, [], DAYS, Bounds()).broken == []


def test_the_longer_a_soak_the_less_it_lets_pass() -> None:
    slopes = [round(Bounds().after(days).slope_per_day, 1) for days in (1, 2, 6, 30)]
    assert slopes == [3.7, 1.3, 0.2, 0.2]


def risen(days: int, megabytes: float) -> list[Sample]:
    """Days of which the last is so much above the others in the worker."""
    found = samples(days)
    for sample in found[-PER_DAY:]:
        worker = sample.processes["worker"]
        sample.processes["worker"] = replace(worker, kept=worker.kept + megabytes)
    return found


def test_the_last_day_may_be_2_mb_above_the_second_and_no_more() -> None:
    assert judge(risen(7, 1.9), [], 7, Bounds()).broken == []
    verdict = judge(risen(7, 2.1), [], 7, Bounds())
    assert verdict.broken == ["worker: MB since day 2: 2.10, bound 2"]
    assert json.loads(show.one_line(verdict, Plan(7)))["last_minus_day2_mb"] == 2.1
    assert " 55.0     57.1 " in show.table(verdict)


@pytest.mark.parametrize("days", [3, 4, 6, 30])
def test_that_bound_is_the_same_however_long_the_soak(days: int) -> None:
    broken = judge(risen(days, 2.1), [], days, Bounds()).broken
    assert "worker: MB since day 2: 2.10, bound 2" in broken
    assert judge(risen(days, 1.9), [], days, Bounds(slope_per_day=9)).broken == []


@pytest.mark.parametrize("days", [1, 2])
def test_without_a_second_day_after_the_warm_up_no_two_are_compared(days: int) -> None:
    found = samples(days)
    for sample in found[-PER_DAY // 2 :]:
        worker = sample.processes["worker"]
        sample.processes["worker"] = replace(worker, kept=worker.kept + 2.1)
    verdict = judge(found, [], days, Bounds(slope_per_day=9))
    assert verdict.broken == []
    assert json.loads(show.one_line(verdict, Plan(days)))["last_minus_day2_mb"] is None
    told = json.loads(show.document(found, verdict, Plan(days)))["verdict"]["trends"]
    assert [trend["last"] for trend in told] == [None, None]
    assert show.table(verdict).count("  –  ") == 2


def test_an_hours_watch_compares_no_days_however_many_looks_it_takes() -> None:
    found = [replace(sample, day=sample.day / 100) for sample in risen(4, 2.1)]
    (_web, worker) = judge(found, [], 1, Bounds()).trends
    assert (worker.first, worker.last) == (55, None)


def test_a_sound_site_that_is_too_large_is_refused() -> None:
    assert [line.partition(":")[0] for line in broken(Bounds(pss_total=100, worker_tree=50))] == [
        "the site's PSS in MB",
        "the worker tree's PSS in MB",
    ]
    tall = judge(samples(), [(True, 61.0), (False, 31.0)], DAYS, Bounds()).broken
    assert [line.startswith("a report's peak") for line in tall] == [True, True]


def test_the_slope_is_the_median_of_all_pairs() -> None:
    line = [(float(x), 3.0 + 0.5 * x) for x in range(10)]
    assert theil_sen(line) == 0.5
    assert theil_sen([*line, (4.5, 900.0)]) == pytest.approx(0.5)
    assert theil_sen([(1.0, 2.0)]) == 0.0


def test_a_plan_refreshes_480_times_on_trading_days_alone() -> None:
    plan = Plan(days=7)
    for day in range(plan.days):
        moments = list(plan.moments(day))
        assert len(moments) == FULL_DAY
        gaps = {after - before for before, after in pairwise(moments)}
        assert gaps == {STEP}
        assert {moment.astimezone(VIETNAM).weekday() for moment in moments[:-1]} <= set(range(5))
    assert plan.slots() == SLOTS
    assert all(int(slot[3:]) % 3 == 0 for slot in SLOTS)  # a refresh stands at each
    assert (Plan(days=5).reports, Plan(days=7).reports) == (40, 57)  # Sunday's last is still due
    short = Plan(days=2, refreshes=64)
    last = list(short.moments(0))[-1].astimezone(VIETNAM)
    assert short.slots() == tuple(slot for slot in SLOTS if slot <= f"{last:%H:%M}")


def test_about_one_refresh_in_a_hundred_finds_something_broken_and_always_the_same() -> None:
    plan = Plan(days=50)
    faults = [plan.faults(day) for day in range(plan.days)]
    assert faults == [plan.faults(day) for day in range(plan.days)]
    assert 0.008 < sum(map(len, faults)) / (plan.days * FULL_DAY) < 0.012
    assert {name for day in faults for name, _ in day.values()} == set(FAULTS)


def test_the_upstream_server_can_be_told_of_each_fault(upstreams: Upstreams) -> None:
    address = upstreams.environment["VIETCAP_BASE_URL"]
    for name, replies in FAULTS.items():
        for reply in replies:
            order = {"name": name, "replies": [reply]}
            assert requests.post(f"{address}/_script", json=order, timeout=10).ok, (name, [*reply])


GROWS = """
print(flush=True); input(); kept = b"x" * 30_000_000; print(flush=True); input(); print(len(kept))
"""


def test_a_process_is_measured_as_the_system_tells() -> None:
    # One of its own: this one may have room left over from an earlier test.
    with subprocess.Popen(
        [sys.executable, "-c", GROWS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin
        assert child.stdout
        child.stdout.readline()
        before = probe.measure(child.pid)
        print(file=child.stdin, flush=True)
        child.stdout.readline()
        after = probe.measure(child.pid)
        assert probe.tree(os.getpid())[0] == os.getpid()
        assert child.pid in probe.tree(os.getpid())
        print(file=child.stdin, flush=True)
        assert child.stdout.readline().strip() == "30000000"
    assert before
    assert after
    assert 28 < after.rss - before.rss < 40
    assert after.uss <= after.pss <= after.rss <= after.peak
    assert after.threads == 1
    assert after.descriptors > 2
    assert 28 < after.kept - before.kept < 40
    assert after.kept < after.pss
    assert probe.measure(2**22 + 1) is None


def test_the_result_is_told_to_eyes_and_to_programs() -> None:
    found = samples(kept=0.3)
    verdict = judge(found, [], DAYS, Bounds())
    line = json.loads(show.one_line(verdict, Plan(DAYS)))
    assert set(line) == {
        "pss_total_mb",
        "slope_mb_per_day",
        "last_minus_day2_mb",
        "redis_clients_min",
        "redis_clients_max",
        "peak_mb",
        "days",
    }
    assert line["slope_mb_per_day"] == pytest.approx(0.3)
    assert "+0.300" in show.table(verdict)
    assert "worker" in show.plot(found)
    assert show.grown_objects(found) == ""
    for sample, count in zip(found, range(100, 200), strict=False):
        sample.heap.objects.update({"builtins.dict": count, "builtins.list": 7})
    told = show.grown_objects(found)
    assert told == "objects since half-way\n      +15  builtins.dict\n"
    chart = ElementTree.fromstring(show.chart(found))  # noqa: S314 (our own)
    names = [item.text for item in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert {"web", "worker", "simulated days"} <= set(names)
    assert json.loads(show.document(found, verdict, Plan(DAYS)))["samples"]


def test_a_process_tells_by_its_own_books_what_it_has_allocated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_file = tmp_path / "clock"
    monkeypatch.setenv(clock.VARIABLE, f"@{clock_file}")
    told, kept = [], []
    for size in (0, 50_000, 3_000_000):  # malloc's own heap, and pages of its own
        kept.append(b"x" * size)
        gc.collect()
        heap.tell(datetime(2026, 8, 3, tzinfo=UTC))
        told.append(heap.read(clock_file))
    monkeypatch.setenv(heap.COUNT_OBJECTS, "1")
    objects = [{"holds": kept} for _ in range(1001)]  # what an earlier test froze is not counted
    heap.tell(datetime(2026, 8, 3, tzinfo=UTC))
    counted = heap.read(clock_file)
    assert counted
    assert counted.objects["builtins.dict"] >= len(objects)
    books = [found.allocated for found in told if found]
    assert [round(after - before, -4) for before, after in pairwise(books)] == [50_000, 3_000_000]


def test_beat_rings_for_one_moment_until_all_is_rung(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that leaps between two bells must not cost the second one's moment."""
    monkeypatch.setattr(beat, "_seen", [])
    clock_file = tmp_path / "clock"
    monkeypatch.setenv(clock.VARIABLE, f"@{clock_file}")
    moments = [f"2026-08-03T02:{minute:02}:00Z" for minute in (0, 3, 6, 9)]
    clock_file.write_text(f"={moments[0]}")
    app = Celery(set_as_current=False)
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": STEP} for name in ("first", "second")
    }
    scheduler = beat.Scheduler(app=app)
    rung: list[tuple[str, str]] = []

    def ring(entry: beat.Entry, producer: object = None) -> None:
        rung.append((entry.task, f"{beat.local_now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"))
        if entry.task == "first":
            clock_file.write_text(f"={moments[min(len(moments) - 1, len(rung) + 1)]}")

    monkeypatch.setattr(scheduler, "apply_entry", ring)
    monkeypatch.setattr(beat.Scheduler, "producer", None)
    for moment in moments[:2]:
        clock_file.write_text(f"={moment}")
        while scheduler.tick() == 0:
            pass
    assert sorted(rung) == [("first", moments[1]), ("second", moments[1])]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--days", "1"],
        ["--days", "two"],
        ["--refreshes", "30"],
        ["--worst", "-1"],
        ["--set", "NAME"],
        ["--weeks", "2"],
        ["--quick", "--days", "3"],
        ["--attach", "--minutes", "-1"],
        ["--attach", "--minutes", "0.1"],
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(arguments)
    assert stopped.value.code == 2
    assert "usage: soak" in capsys.readouterr().err


def test_a_step_is_a_refreshs_interval() -> None:
    assert timedelta(seconds=180) == STEP
