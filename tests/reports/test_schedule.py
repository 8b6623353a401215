"""Which slot is due: moments of Vietnam's day, each filled once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_django import Settings

from market.sessions import VIETNAM
from reports.models import Report, Run, Schedule
from reports.writing.runs import request_run
from reports.writing.schedule import Plan, current_plan, due_slot, edition_of, slowed_since
from tests.html import Page
from tests.people import superuser
from tests.reports.admin import signed_in, url

pytestmark = pytest.mark.django_db


def vietnam(hour: int, minute: int = 0, day: int = 21) -> datetime:
    """A moment of August 2026 by Vietnam's clock."""
    return datetime(2026, 8, day, hour, minute, tzinfo=VIETNAM)


def filled(slot: datetime, state: Run.State = Run.State.DONE) -> None:
    run, created = request_run(slot, Run.Trigger.SCHEDULE)
    assert created
    Run.objects.filter(pk=run.pk).update(state=state)


@pytest.fixture
def old_run() -> None:
    """The site is not new: it wrote a report the day before."""
    filled(vietnam(9, day=20))


@pytest.fixture
def every(settings: Settings) -> Callable[[int], None]:
    def set_hours(hours: int) -> None:
        settings.AUTO_REPORT_INTERVAL_HOURS = hours

    return set_hours


# The plan


@pytest.mark.parametrize(
    ("hours", "now", "last", "following"),
    [
        (3, vietnam(15, 10), vietnam(15), vietnam(18)),
        (3, vietnam(15), vietnam(15), vietnam(18)),
        (6, vietnam(5, 59), vietnam(0), vietnam(6)),
        (5, vietnam(23, 59), vietnam(20), vietnam(0, day=22)),  # 0, 5, 10, 15, 20, and again 0
        (24, vietnam(0), vietnam(0), vietnam(0, day=22)),
        (7, vietnam(0, 30), vietnam(0), vietnam(7)),
    ],
)
def test_interval_slots_are_counted_from_midnight_in_vietnam(
    hours: int, now: datetime, last: datetime, following: datetime
) -> None:
    plan = Plan(True, hours, ())
    assert plan.last_slot(now) == last
    assert plan.next_slot(now) == following
    assert plan.last_slot(now).tzinfo is UTC


def test_before_the_first_time_of_the_day_the_last_slot_is_yesterdays() -> None:
    plan = Plan(True, 3, (time(8, 30), time(15, 10)))
    assert plan.last_slot(vietnam(8, 29)) == vietnam(15, 10, day=20)
    assert plan.next_slot(vietnam(15, 10)) == vietnam(8, 30, day=22)


def test_fixed_times_win_over_the_interval(settings: Settings, old_run: None) -> None:
    settings.AUTO_REPORT_INTERVAL_HOURS = 3
    settings.AUTO_REPORT_SCHEDULE_TIMES = [time(8, 30), time(15, 10)]
    assert due_slot(vietnam(15, 9)) == vietnam(8, 30)
    assert due_slot(vietnam(15, 10)) == vietnam(15, 10)


def test_the_admins_schedule_wins_over_the_environment(settings: Settings) -> None:
    settings.AUTO_REPORT_INTERVAL_HOURS = 3
    settings.AUTO_REPORT_SCHEDULE_TIMES = [time(8, 30)]
    assert current_plan() == Plan(True, 3, (time(8, 30),))
    saved = Schedule.objects.create(interval_hours=6, times="")
    assert current_plan() == Plan(True, 6, ())
    saved.times, saved.enabled = "15:10, 9:05", False
    saved.save()
    assert current_plan() == Plan(False, 6, (time(9, 5), time(15, 10)))


def test_the_admins_schedule_wins_over_a_disabled_environment(
    settings: Settings, old_run: None
) -> None:
    settings.ENABLE_AUTO_REPORT_SCHEDULER = False
    assert due_slot(vietnam(15)) is None
    Schedule.objects.create(enabled=True, interval_hours=3)
    assert due_slot(vietnam(15)) == vietnam(15)


# What is due


def test_a_slot_is_due_until_it_has_a_run(old_run: None, every: Callable[[int], None]) -> None:
    every(3)
    assert due_slot(vietnam(15)) == vietnam(15)
    assert due_slot(vietnam(17, 59)) == vietnam(15)
    filled(vietnam(15))
    assert due_slot(vietnam(15)) is None
    assert due_slot(vietnam(17, 59)) is None
    assert due_slot(vietnam(18)) == vietnam(18)


@pytest.mark.parametrize("state", Run.State)
def test_a_run_takes_its_slot_whatever_becomes_of_it(
    old_run: None, every: Callable[[int], None], state: Run.State
) -> None:
    every(3)
    filled(vietnam(15), state)
    assert due_slot(vietnam(15, 1)) is None


def test_after_an_outage_only_the_newest_slot_is_due(
    old_run: None, every: Callable[[int], None]
) -> None:
    every(3)
    now = vietnam(16, 30, day=23)
    slot = due_slot(now)
    assert slot == vietnam(15, day=23)
    filled(slot)
    assert due_slot(now) is None


def test_a_report_asked_for_after_the_slot_stands_in_for_it(
    old_run: None, every: Callable[[int], None]
) -> None:
    every(3)
    filled(vietnam(15, 20))
    assert due_slot(vietnam(15, 30)) is None


def test_a_run_for_a_moment_to_come_holds_up_no_slot(
    old_run: None, every: Callable[[int], None]
) -> None:
    every(3)
    filled(vietnam(15, day=31))
    assert due_slot(vietnam(15)) == vietnam(15)


def test_a_new_site_keeps_to_its_schedule_from_the_start(every: Callable[[int], None]) -> None:
    every(3)
    assert due_slot(vietnam(15, 5)) == vietnam(15)
    assert due_slot(vietnam(15, 6)) is None
    assert due_slot(vietnam(18)) == vietnam(18)


def test_a_disabled_schedule_has_nothing_due(settings: Settings, old_run: None) -> None:
    settings.ENABLE_AUTO_REPORT_SCHEDULER = False
    assert due_slot(vietnam(15)) is None


# After failures


def failing(*slots: datetime, trigger: Run.Trigger = Run.Trigger.SCHEDULE) -> None:
    for slot in slots:
        filled(slot, Run.State.FAILED)
        Run.objects.filter(slot=slot).update(trigger=trigger)


@pytest.mark.parametrize(
    ("outcomes", "slowed"),
    [("", False), ("x", False), ("xx", False), ("xxx", True), ("xxxx", True), ("xxo", False),
     ("oxxx", False), ("xoxx", False), ("xxxo", True)],
)  # fmt: skip
def test_three_failures_in_a_row_slow_the_schedule(outcomes: str, slowed: bool) -> None:
    """Newest first."""
    slots = [vietnam(21 - 3 * number) for number in range(len(outcomes))]
    found = slowed_since([(slot, it == "o") for slot, it in zip(slots, outcomes, strict=True)])
    assert found == (slots[0] if slowed else None)


def test_a_slowed_schedule_leaves_out_every_second_slot_until_a_report_succeeds(
    old_run: None, every: Callable[[int], None]
) -> None:
    every(3)
    failing(vietnam(3), vietnam(6))
    assert due_slot(vietnam(9)) == vietnam(9)
    failing(vietnam(9))
    plan = current_plan()
    assert (plan.slowed, plan.hours_in_force) == (True, 6)
    assert plan.next_slot(vietnam(9)) == vietnam(15)
    assert plan.coming(vietnam(9), 3) == [vietnam(15), vietnam(21), vietnam(3, day=22)]
    assert due_slot(vietnam(12)) is due_slot(vietnam(14, 59)) is None
    assert due_slot(vietnam(15)) == vietnam(15)
    failing(vietnam(15))
    assert due_slot(vietnam(18)) is None
    filled(vietnam(21))
    assert not current_plan().slowed
    assert due_slot(vietnam(0, day=22)) == vietnam(0, day=22)


def test_fixed_times_are_slowed_alike(settings: Settings, old_run: None) -> None:
    settings.AUTO_REPORT_SCHEDULE_TIMES = [time(8, 30)]
    failing(*(vietnam(8, 30, day=day) for day in (21, 22, 23)))
    assert due_slot(vietnam(9, day=24)) is None
    assert due_slot(vietnam(9, day=25)) == vietnam(8, 30, day=25)


def test_what_somebody_asked_for_slows_nothing_and_its_success_ends_it(
    old_run: None, every: Callable[[int], None]
) -> None:
    every(3)
    failing(vietnam(3), vietnam(6))
    failing(vietnam(6, 10), vietnam(6, 20), trigger=Run.Trigger.EDITOR)
    assert not current_plan().slowed
    failing(vietnam(9))
    assert current_plan().slowed
    filled(vietnam(9, 10), Run.State.CANCELLED)
    assert current_plan().slowed
    filled(vietnam(9, 20))
    assert due_slot(vietnam(12)) == vietnam(12)


def test_the_admin_says_that_the_schedule_is_slowed(
    old_run: None, every: Callable[[int], None], at: Callable[[str], None]
) -> None:
    every(3)
    at("2026-08-21T02:10:00Z")  # 9:10 in Vietnam
    client, told = signed_in(superuser()), "cách một lượt"
    pages = [url("reports_schedule_add"), url("reports_run_changelist")]
    assert [told in client.get(page).content.decode() for page in pages] == [False, False]
    failing(vietnam(3), vietnam(6), vietnam(9))
    assert [told in client.get(page).content.decode() for page in pages] == [True, True]
    slots = [item.text for item in Page(client.get(pages[0]).content).all("time")]
    assert [slot[:5] for slot in slots] == ["15:00", "21:00", "03:00"]


@pytest.mark.parametrize(
    ("hour", "minute", "edition"),
    [
        (0, 0, Report.Edition.MORNING),
        (10, 59, Report.Edition.MORNING),
        (11, 0, Report.Edition.NOON),
        (13, 59, Report.Edition.NOON),
        (14, 0, Report.Edition.AFTERNOON),
        (17, 59, Report.Edition.AFTERNOON),
        (18, 0, Report.Edition.EVENING),
        (23, 59, Report.Edition.EVENING),
    ],
)
def test_the_edition_is_the_time_of_day_in_vietnam(hour: int, minute: int, edition: str) -> None:
    slot = vietnam(hour, minute).astimezone(UTC)
    assert edition_of(slot) == edition
    assert edition_of(slot - timedelta(days=1)) == edition
