"""Which slot is due. Slots are moments; interval slots count from midnight in Vietnam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db.models import Q

from market.sessions import VIETNAM
from reports.models import Report, Run, Schedule
from reports.models.schedule import parse_times

FIRST_SLOT_GRACE = timedelta(minutes=5)
FAILURES_TO_SLOW = 3
EDITION_ENDS = (
    (time(11, 0), Report.Edition.MORNING),
    (time(14, 0), Report.Edition.NOON),
    (time(18, 0), Report.Edition.AFTERNOON),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The schedule in force: the admin's once saved, else the environment's.

    `failed_slot` is the last one that failed where so many failed in a row that every second slot
    is left out, which doubles the interval.
    """

    enabled: bool
    interval_hours: int
    times: tuple[time, ...]
    failed_slot: datetime | None = None

    @property
    def slowed(self) -> bool:
        return self.failed_slot is not None

    @property
    def hours_in_force(self) -> int:
        return self.interval_hours * (2 if self.slowed else 1)

    def leaves_out(self, slot: datetime) -> bool:
        """Whether the slot is passed over: no other lies between it and the one that failed."""
        if self.failed_slot is None:
            return False
        return self.last_slot(slot - timedelta.resolution) <= self.failed_slot

    def coming(self, now: datetime, count: int) -> list[datetime]:
        """The next slots that will be written, should those before them fail as well."""
        plan, slots = self, list[datetime]()
        while len(slots) < count:
            now = plan.next_slot(now)
            slots.append(now)
            if plan.slowed:
                plan = replace(plan, failed_slot=now)
        return slots

    def last_slot(self, now: datetime) -> datetime:
        """The newest scheduled moment at or before `now`, in UTC."""
        local = now.astimezone(VIETNAM)
        today = [_on(local, hour) for hour in self._day()]
        passed = [slot for slot in today if slot <= now]
        if passed:
            return passed[-1]
        return _on(local - timedelta(days=1), self._day()[-1])

    def next_slot(self, now: datetime) -> datetime:
        """The first slot after `now` that is not left out, in UTC."""
        slot = self._next(now)
        return self._next(slot) if self.leaves_out(slot) else slot

    def _next(self, now: datetime) -> datetime:
        """The first scheduled moment after `now`."""
        local = now.astimezone(VIETNAM)
        today = [slot for hour in self._day() if (slot := _on(local, hour)) > now]
        return today[0] if today else _on(local + timedelta(days=1), self._day()[0])

    def _day(self) -> Sequence[time]:
        return self.times or [time(hour) for hour in range(0, 24, self.interval_hours)]


def current_plan() -> Plan:
    saved = Schedule.objects.first()
    failed_slot = slowed_since(_last_outcomes())
    if saved:
        times = tuple(parse_times(saved.times))
        return Plan(saved.enabled, saved.interval_hours, times, failed_slot)
    return Plan(
        settings.ENABLE_AUTO_REPORT_SCHEDULER,
        settings.AUTO_REPORT_INTERVAL_HOURS,
        tuple(settings.AUTO_REPORT_SCHEDULE_TIMES),
        failed_slot,
    )


def slowed_since(outcomes: Sequence[tuple[datetime, bool]]) -> datetime | None:
    """The newest failed slot when the last three all failed, else None.

    `outcomes` are slots, newest first, each with whether it ended with a report.
    """
    last = outcomes[:FAILURES_TO_SLOW]
    if len(last) < FAILURES_TO_SLOW or any(done for _, done in last):
        return None
    return last[0][0]


def _last_outcomes() -> list[tuple[datetime, bool]]:
    """Scheduled slots that failed, and runs of any kind that succeeded: one of those is enough."""
    failed = Q(state=Run.State.FAILED, trigger=Run.Trigger.SCHEDULE, report=None)
    rows = Run.objects.filter(failed | Q(state=Run.State.DONE)).order_by("-slot")
    found = rows.values_list("slot", "state")[:FAILURES_TO_SLOW]
    return [(slot, state == Run.State.DONE) for slot, state in found]


def due_slot(now: datetime) -> datetime | None:
    """The slot that should be written now, or None.

    After an outage only the newest slot counts; after three failures every second one. A slot is
    due when no run stands between it and now, drafts that people asked for left out; on a site
    without any run it is due for its first five minutes alone, so that a new site keeps to its
    schedule from the start.
    """
    plan = current_plan()
    if not plan.enabled:
        return None
    slot = plan.last_slot(now)
    if plan.leaves_out(slot):
        return None
    asked = Q(draft=True, trigger__in=[Run.Trigger.EDITOR, Run.Trigger.API])
    # a slot named ahead of time says nothing about now
    runs = Run.objects.filter(slot__lte=now).exclude(asked)
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
