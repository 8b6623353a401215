"""What a soak does: how many days, refreshes and reports, and the simulated moments of each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from market.sessions import VIETNAM

STEP = timedelta(seconds=180)
FIRST_DAY = datetime(2026, 8, 3, tzinfo=VIETNAM)  # a Monday
SATURDAY = 5
SLOTS = ("09:30", "10:12", "10:54", "11:24", "13:12", "13:54", "14:36", "15:12")
FULL_DAY = 480
BLOCKS = 8  # samples in a day

WORST_CHARACTERS = 4_000_000
WORST_ANSWERS = 6
USUAL_CHARACTERS = 100_000
FAILING = 0.01

# What goes wrong, by the endpoint it happens to: a reply of the local upstream server
FAULTS: dict[str, tuple[dict[str, Any], ...]] = {
    "vietcap.quotes": (
        {"status": 503, "body": "unavailable"},
        {"status": 403, "body": "<html>blocked</html>"},
        {"status": 200, "body": "<html>not what you asked for</html>"},
        {"cut": True},
        {"status": 429, "headers": {"Retry-After": "1"}, "body": "slow down"},
        {"status": 200, "body": {"data": "x" * 2_500_000}},
    ),
    "gemini.generate": (
        {"status": 503, "body": {"error": {"code": 503, "status": "UNAVAILABLE"}}},
        {"status": 200, "body": "{"},
        {"status": 200, "body": {"candidates": []}},
        {"cut": True},
    ),
}
PATHS = ("/", "/en/", "/indices/", "/reports/", "/en/indices/vnindex/", "/api/v1/market/indices")
ODD_PATHS = ("/reports/no-such-report/", "/api/v1/market/indices/none/history", "/nowhere/?q=%00")


@dataclass(frozen=True, slots=True)
class Plan:
    """A soak's size. `refreshes` is for a day, a multiple of `BLOCKS`; a full one has 480."""

    days: int
    refreshes: int = FULL_DAY
    worst_reports: int = 1  # of a day's reports, those with six answers of 4 MB each
    seed: int = 20260803

    @property
    def size(self) -> tuple[int, int, int]:
        """What a command says of it."""
        return self.days, self.refreshes, self.worst_reports

    @property
    def block(self) -> int:
        """Refreshes between two samples."""
        return self.refreshes // BLOCKS

    @property
    def opening(self) -> time:
        """When a day begins: a short one begins with the session."""
        return time(0) if self.refreshes == FULL_DAY else time(9)

    def moments(self, day: int) -> Iterator[datetime]:
        """The refreshes of a day, counted from 0; Saturdays and Sundays are left out."""
        midnight = _trading_day(day)
        first = datetime.combine(midnight.date(), self.opening, VIETNAM)
        for number in range(1, self.refreshes + 1):
            yield (first + number * STEP).astimezone(UTC)

    def slots(self) -> tuple[str, ...]:
        """The times of day at which a report is due."""
        last = datetime.combine(FIRST_DAY.date(), self.opening) + self.refreshes * STEP
        if last.date() > FIRST_DAY.date():
            return SLOTS
        return tuple(slot for slot in SLOTS if slot <= f"{last:%H:%M}")

    @property
    def reports(self) -> int:
        """How many are written: one for each slot that is reached, and one for the last of each
        weekend that is left out, which is still due on the Monday.
        """
        return self.days * len(self.slots()) + (self.days - 1) // SATURDAY

    def faults(self, day: int) -> dict[int, tuple[str, dict[str, Any]]]:
        """Which refreshes of a day find something broken, and what: the same in each soak."""
        chance = random.Random(self.seed + day)  # noqa: S311 (to be repeated, not secret)
        found = {}
        for number in range(self.refreshes):
            if chance.random() < FAILING:
                endpoint = chance.choice(sorted(FAULTS))
                found[number] = (endpoint, chance.choice(FAULTS[endpoint]))
        return found


def _trading_day(number: int) -> datetime:
    weeks, weekday = divmod(number, SATURDAY)
    return FIRST_DAY + timedelta(weeks=weeks, days=weekday)
