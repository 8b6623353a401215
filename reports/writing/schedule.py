"""Which slot is due. Slots are moments; interval slots count from midnight in Vietnam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings

from market.sessions import VIETNAM
from reports.models import Report, Run, Schedule
from reports.models.schedule import parse_times

FIRST_SLOT_GRACE = timedelta(minutes=5)
EDITION_ENDS = (
    (time(11, 0), Report.Edition.MORNING),
    (time(14, 0), Report.Edition.NOON),
    (time(18, 0), Report.Edition.AFTERNOON),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The schedule in force: the admin's once saved, else the environment's."""

    enabled: bool
    interval_hours: int
    times: tuple[time, ...]

    def last_slot(self, now: datetime) -> datetime:
        """The newest scheduled moment at or before `now`, in UTC."""
        local = now.astimezone(VIETNAM)
        today = [_on(local, hour) for hour in self._day()]
        passed = [slot for slot in today if slot <= now]
        if passed:
            return passed[-1]
        return _on(local - timedelta(days=1), self._day()[-1])

    def next_slot(self, now: datetime) -> datetime:
        """The first scheduled moment after `now`, in UTC."""
        local = now.astimezone(VIETNAM)
        today = [slot for hour in self._day() if (slot := _on(local, hour)) > now]
        return today[0] if today else _on(local + timedelta(days=1), self._day()[0])

    def _day(self) -> Sequence[time]:
        return self.times or [time(hour) for hour in range(0, 24, self.interval_hours)]


def current_plan() -> Plan:
    saved = Schedule.objects.first()
    if saved:
        return Plan(saved.enabled, saved.interval_hours, tuple(parse_times(saved.times)))
    return Plan(
        settings.ENABLE_AUTO_REPORT_SCHEDULER,
        settings.AUTO_REPORT_INTERVAL_HOURS,
        tuple(settings.AUTO_REPORT_SCHEDULE_TIMES),
    )


def due_slot(now: datetime) -> datetime | None:
    """The slot that should be written now, or None.

    After an outage only the newest slot counts. A slot is due when no run stands between it and
    now; on a site without any run it is due for its first five minutes alone, so that a new site
    keeps to its schedule from the start.
    """
    plan = current_plan()
    if not plan.enabled:
        return None
    slot = plan.last_slot(now)
    runs = Run.objects.filter(slot__lte=now)  # a slot named ahead of time says nothing about now
    if not runs.exists():
        return slot if now - slot <= FIRST_SLOT_GRACE else None
    return None if runs.filter(slot__gte=slot).exists() else slot


def edition_of(slot: datetime) -> str:
    """The edition that a report of this slot is, by the time of day in Vietnam."""
    local = slot.astimezone(VIETNAM).time()
    for end, edition in EDITION_ENDS:
        if local < end:
            return str(edition)
    return str(Report.Edition.EVENING)


def _on(local: datetime, hour: time) -> datetime:
    return datetime.combine(local.date(), hour, VIETNAM).astimezone(UTC)
