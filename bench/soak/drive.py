"""Moves the site's clock through the plan, refresh by refresh, and sees each thing happen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.soak import probe, show
from bench.soak.ends import Ends
from bench.soak.plan import (
    BLOCKS,
    FULL_DAY,
    ODD_PATHS,
    PATHS,
    USUAL_CHARACTERS,
    WORST_ANSWERS,
    WORST_CHARACTERS,
    Plan,
)
from bench.soak.samples import Sampler
from bench.soak.stack import Site
from market.sessions import VIETNAM

ODD_EVERY = 37
CROWD = 4  # readers at once: as many as the site has threads (WEB_THREADS)
REFRESH_SECONDS = 20.0  # for what normally takes a tenth of a second
REPORT_SECONDS = 120.0
MODEL = "gemini.generate"
CARDS = "draw_cards"
# What beat rings for whenever the clock moves on, and nobody else does
RUNG = ("refresh_indices", "refresh_overview", "start_due_run", "sweep", "publish_due")


@dataclass(slots=True)
class Drive:
    """One soak under way; `tell` hears how far it is."""

    site: Site
    plan: Plan
    sampler: Sampler
    ends: Ends
    tell: Callable[[str], None]
    peaks: list[tuple[bool, float]] = field(default_factory=list)
    refreshed: int = 0
    asked: int = 0  # of the first source, by its own count
    rung: Counter[str] = field(default_factory=Counter)  # jobs that ended, by Redis's count
    reports: int = 0
    missed: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    _reader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _asked_page: Future[int] | None = None
    _idle: dict[str, float] = field(default_factory=dict)
    _before: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        self.site.tell_upstreams(
            "/_script", {"name": MODEL, "replies": [{"pad": USUAL_CHARACTERS}], "always": True}
        )
        with self._reader:
            for day in range(self.plan.days):
                self._day(day)
            self._note_read()

    def _day(self, day: int) -> None:
        faults = self.plan.faults(day)
        due = [_minutes(slot) for slot in self.plan.slots()]
        worst = set(due[: self.plan.worst_reports])
        for number, moment in enumerate(self.plan.moments(day)):
            local = moment.astimezone(VIETNAM)
            if fault := faults.get(number):
                name, reply = fault
                self.site.tell_upstreams("/_script", {"name": name, "replies": [reply]})
            passed = [slot for slot in due if slot <= local.hour * 60 + local.minute]
            due = due[len(passed) :]
            if passed:
                self._before_report(passed[-1] in worst)
            self._read(number)
            self._refresh(moment)
            if passed:
                self._report(moment, passed[-1] in worst)
            if (number + 1) % self.plan.block == 0:
                if not day and number + 1 == self.plan.block and self.plan.refreshes == FULL_DAY:
                    self._crowd()
                self._sample(day, (number + 1) / self.plan.refreshes)

    def _refresh(self, moment: datetime) -> None:
        """Move the clock, and wait until all that beat rang for then is done.

        Two moments are never under way at once: a refresh goes by the clock that it finds.
        """
        self._before = self.ends.counts()
        self.site.set_clock(moment)
        over = self.ends.until(lambda: self._have_ended(*RUNG, CARDS), REFRESH_SECONDS)
        if over and self._generated_at() >= f"{moment:%Y-%m-%dT%H:%M:%S}":
            self.refreshed += 1
        else:
            self.missed.append(f"no refresh at {moment:%Y-%m-%d %H:%M} UTC")

    def _have_ended(self, *jobs: str, times: int = 1) -> bool:
        """Whether these jobs have ended since the clock moved, so often at least."""
        now = self.ends.counts()
        return all(now[job] >= self._before[job] + times for job in jobs)

    def _generated_at(self) -> str:
        text: Any = self.site.redis.get("market_indices")
        return str(json.loads(text)["generated_at"]) if text else ""

    def _read(self, number: int) -> None:
        """A reader's page or call, now and then a stranger's wrong one, while the site works."""
        self._note_read()
        paths = ODD_PATHS if number % ODD_EVERY == 0 else PATHS
        self._asked_page = self._reader.submit(self.site.get, paths[number % len(paths)])

    def _crowd(self) -> None:
        """Readers at once, of what no memory of pages has. The site's threads and their connections
        begin when they are first needed, at 1.4 MB each: that belongs to the warm-up. What the
        front holds open after it, it closes within a minute, in a full day the same one.
        """
        self._note_read()
        paths = [f"{ODD_PATHS[0]}?reader={number}" for number in range(3 * CROWD)]
        with ThreadPoolExecutor(CROWD) as crowd:
            self.statuses.update(crowd.map(self.site.get, paths))
        self.site.asked.close()

    def _note_read(self) -> None:
        if self._asked_page:
            self.statuses[self._asked_page.result()] += 1
            self._asked_page = None

    def _before_report(self, worst: bool) -> None:
        if worst:
            replies = [{"pad": WORST_CHARACTERS}] * WORST_ANSWERS
            self.site.tell_upstreams("/_script", {"name": MODEL, "replies": replies})
        self.sampler.forget_peaks()
        self._idle = {role: process.rss for role, process in self._workers()}

    def _report(self, moment: datetime, worst: bool) -> None:
        """Wait until the slot's run is over and its cards are drawn; note how high memory rose."""
        done = self.ends.until(
            lambda: self._have_ended(CARDS, times=2) and self._finished(moment), REPORT_SECONDS
        )
        if not done:
            self.missed.append(f"no report at {moment:%Y-%m-%d %H:%M} UTC")
            return
        self.reports += 1
        rises = [
            process.peak - self._idle[role]
            for role, process in self._workers()
            if role in self._idle
        ]
        self.peaks.append((worst, max(rises, default=0.0)))

    def _workers(self) -> Iterator[tuple[str, probe.Process]]:
        for role, pid in self.sampler.roles().items():
            if role.startswith("worker") and (process := probe.measure(pid)):
                yield role, process

    def _finished(self, moment: datetime) -> bool:
        since = datetime.combine(moment.astimezone(VIETNAM).date(), datetime.min.time(), VIETNAM)
        statement = """select count(*) from reports_run where slot >= %s and state = 'done'"""
        done = int(self.site.row(statement, since.astimezone(UTC))[0])
        local = moment.astimezone(VIETNAM)
        passed = [s for s in self.plan.slots() if _minutes(s) <= local.hour * 60 + local.minute]
        return done >= len(passed)

    def _sample(self, day: int, part: float) -> None:
        self._note_read()
        sample = self.sampler.take(day + part)
        done = (day + part) / self.plan.days
        self.tell(f"day {day + part:5.2f} {done:4.0%}  {show.now(sample)}, reports {self.reports}")
        if round(part * BLOCKS) == BLOCKS:
            self._forget_calls()

    def _forget_calls(self) -> None:
        """The upstream server remembers each call with its body; nobody reads them here."""
        self.site.tell_upstreams("/_reset", {})
        self.site.tell_upstreams(
            "/_script", {"name": MODEL, "replies": [{"pad": USUAL_CHARACTERS}], "always": True}
        )


def _minutes(slot: str) -> int:
    hours, minutes = slot.split(":")
    return int(hours) * 60 + int(minutes)
