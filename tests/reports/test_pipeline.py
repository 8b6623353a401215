"""Runs: claimed once, fenced, resumed where they stopped, and ended with a reason."""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market.history import backfill
from market.refresh import refresh_indices
from reports.document import Document
from reports.facts import FactSheet
from reports.models import Report, Run, Step
from reports.writing import pipeline, sweeping
from reports.writing.order import INPUTS, ORDER
from reports.writing.runs import ClaimLost, request_run
from reports.writing.steps import STEPS
from reports.writing.steps.job import Job, Part
from reports.writing.steps.prepare_data import NoNumbers
from reports.writing.writers.base import WriterError
from tests.processes import locked, until
from tests.upstreams import Upstreams

T = TypeVar("T")
Before = Callable[[str, Callable[[], None]], None]

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def numbers(db: None, upstreams: Upstreams) -> None:
    """What a report is made from, in the database and the snapshot."""
    refresh_indices()
    backfill()


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Before:
    """Let something happen in a step before it does its work: `before("write", action)`."""

    def add(name: str, action: Callable[[], None]) -> None:
        step = STEPS[name]

        def instead(job: Job) -> Part:
            action()
            return step(job)

        monkeypatch.setitem(STEPS, name, instead)

    return add


def waiting_run(slot: datetime = SLOT) -> Run:
    run, created = request_run(slot, Run.Trigger.COMMAND)
    assert created
    return run


def claimed(run: Run) -> pipeline.Claim:
    held = pipeline.claim(run.pk)
    assert held is not None
    return held


def dies(run: Run) -> None:
    """Its process gave its last sign of life an hour ago."""
    Run.objects.filter(pk=run.pk).update(heartbeat=datetime.now(UTC) - timedelta(hours=1))


def finished_steps(run: Run) -> list[str]:
    return list(Step.objects.filter(run=run).values_list("name", flat=True))


def at_once(count: int, job: Callable[[], T]) -> list[T]:
    """The results of so many threads, each with a connection of its own."""

    def alone() -> T:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [task.result() for task in [pool.submit(alone) for _ in range(count)]]


def together(count: int, job: Callable[[], T]) -> list[T]:
    """As `at_once`, all let go at the same instant: each waits first for the table of runs."""
    with locked("reports_run", "EXCLUSIVE") as lock:
        release = threading.Thread(target=lambda: (lock.waiting(count), lock.release()))
        release.start()
        results = at_once(count, job)
        release.join()
    return results


# Slots and claims


@pytest.mark.django_db
def test_a_slot_is_a_minute_and_is_filled_once(at: Callable[[str], None]) -> None:
    at("2026-08-21T08:10:00Z")
    run = waiting_run(SLOT + timedelta(seconds=41, milliseconds=7))
    assert run.slot == SLOT
    again, created = request_run(SLOT, Run.Trigger.SCHEDULE, draft=True)
    assert (again, created) == (run, False)
    assert Run.objects.get() == again
    assert not again.draft


def test_requests_at_the_same_instant_make_one_run(committed: None) -> None:
    results = together(3, lambda: request_run(SLOT, Run.Trigger.SCHEDULE))
    assert sorted(created for _, created in results) == [False, False, True]
    assert len({run.pk for run, _ in results}) == 1


def test_claims_at_the_same_instant_give_the_run_to_one(committed: None) -> None:
    run = waiting_run()
    results = together(3, lambda: pipeline.claim(run.pk))
    (held,) = [held for held in results if held]
    run.refresh_from_db()
    assert (run.state, run.owner, run.attempt) == (Run.State.RUNNING, held.owner, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [Run.State.RUNNING, Run.State.DONE, Run.State.FAILED])
def test_only_a_waiting_run_can_be_claimed(state: Run.State) -> None:
    run = waiting_run()
    Run.objects.filter(pk=run.pk).update(state=state)
    assert pipeline.claim(run.pk) is None
    assert not pipeline.advance(run.pk)


@pytest.mark.django_db
def test_a_run_started_when_it_was_first_claimed(at: Callable[[str], None]) -> None:
    at("2026-08-21T08:10:00Z")
    run = waiting_run()
    claimed(run)
    Run.objects.filter(pk=run.pk).update(state=Run.State.WAITING)
    at("2026-08-21T08:11:00Z")
    claimed(run)
    run.refresh_from_db()
    assert run.started_at == datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


# Steps


@pytest.mark.django_db
def test_each_claim_does_one_step_and_the_last_publishes(numbers: None) -> None:
    run = waiting_run()
    for done in range(1, len(ORDER)):
        assert pipeline.advance(run.pk)
        assert finished_steps(run) == list(ORDER[:done])
        run.refresh_from_db()
        assert (run.state, run.owner, run.report) == (Run.State.WAITING, "", None)
        assert not Report.objects.exists()
    assert not pipeline.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.owner, run.attempt) == (Run.State.DONE, "", 1)
    report = Report.objects.get()
    assert (run.report, report.status) == (report, Report.Status.PUBLISHED)
    assert run.finished_at is not None
    assert finished_steps(run) == list(ORDER)


def held() -> dict[int, object]:
    """What the process holds of the kinds that can be large, by identity."""
    gc.collect()
    kinds = (Document, FactSheet, Report, Step)
    return {id(item): item for item in gc.get_objects() if isinstance(item, kinds)}


@pytest.mark.django_db
def test_nothing_that_a_step_read_or_wrote_stays_in_the_process(numbers: None) -> None:
    run = waiting_run()
    before = held()  # other test modules keep documents of their own
    for _ in ORDER:
        pipeline.advance(run.pk)
        assert [type(item) for key, item in held().items() if key not in before] == []


@pytest.mark.django_db
def test_a_step_loads_the_outputs_that_it_takes_and_no_others(numbers: None) -> None:
    run = waiting_run()
    for name in ORDER:
        with CaptureQueriesContext(connection) as queries:
            pipeline.advance(run.pk)
        loads = [query["sql"] for query in queries if loads_output(query["sql"])]
        loaded = {step for sql in loads for step in ORDER if f"'{step}'" in sql}
        assert loaded <= {*INPUTS[name], name}
        assert all('"name" = \'' in sql for sql in loads)  # never those of all steps at once


def loads_output(sql: str) -> bool:
    return '"output"' in sql and not re.search("^INSERT|sha256|FOR UPDATE", sql)


@pytest.mark.django_db
def test_a_step_whose_inputs_changed_is_done_again(numbers: None) -> None:
    run = waiting_run()
    for _ in ORDER[:-1]:
        pipeline.advance(run.pk)
    first = Step.objects.get(run=run, name="prepare_data")
    first.output["now"] = "2026-08-21T09:30:00Z"
    first.save()
    written = Step.objects.get(run=run, name="write")
    while pipeline.advance(run.pk):
        pass
    again = Step.objects.get(run=run, name="write")
    assert again.input_hash != written.input_hash
    assert again.finished_at >= written.finished_at
    assert Report.objects.get().facts["now"] == "2026-08-21T09:30:00Z"
    assert sorted(finished_steps(run)) == sorted(ORDER)


# Failure


@pytest.mark.django_db
def test_attempts_end_in_failed_with_the_reason_and_the_slot_stays_taken(
    numbers: None, before: Before
) -> None:
    def fail() -> None:
        raise WriterError("the model answered with an empty\0 page")

    before("write", fail)
    run = waiting_run()
    pipeline.advance(run.pk)
    pipeline.advance(run.pk)
    reason = "WriterError: the model answered with an empty page"
    for attempt in (2, 3):
        with pytest.raises(WriterError):
            pipeline.advance(run.pk)
        run.refresh_from_db()
        assert (run.state, run.attempt, run.error) == (Run.State.WAITING, attempt, reason)
        assert (run.owner, run.finished_at) == ("", None)
    with pytest.raises(WriterError):
        pipeline.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.error) == (Run.State.FAILED, 3, reason)
    assert run.finished_at is not None
    assert finished_steps(run) == ["prepare_data", "research"]
    assert not Report.objects.exists()
    assert request_run(SLOT, Run.Trigger.SCHEDULE) == (run, False)
    assert sweeping.sweep() == []


@pytest.mark.django_db
def test_a_step_that_failed_once_goes_on_and_leaves_no_reason(
    numbers: None, before: Before, settings: Settings
) -> None:
    settings.RUN_RETRY_SECONDS = 0
    failures = iter([OSError("disk full")])

    def fail_once() -> None:
        for error in failures:
            raise error

    before("render", fail_once)
    done = pipeline.run_to_end(waiting_run().pk)
    assert (done.state, done.attempt, done.error) == (Run.State.DONE, 2, "")
    attempts = dict(Step.objects.values_list("name", "attempt"))
    late = {"render", "save"}
    assert attempts == {name: 2 if name in late else 1 for name in ORDER}


@pytest.mark.django_db
def test_without_any_numbers_nothing_is_frozen_and_a_later_attempt_succeeds(
    upstreams: Upstreams,
) -> None:
    run = waiting_run()
    with pytest.raises(NoNumbers):
        pipeline.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt, finished_steps(run)) == (Run.State.WAITING, 2, [])
    assert run.error.startswith("NoNumbers: no index has a known price")
    refresh_indices()
    while pipeline.advance(run.pk):
        pass
    assert Report.objects.published().exists()


@pytest.mark.django_db
def test_a_report_that_cannot_be_saved_whole_is_not_saved(
    numbers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting_run()
    for _ in ORDER[:-1]:
        pipeline.advance(run.pk)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_checkpoint", _too_late)
        with pytest.raises(ValueError, match="too late"):
            pipeline.advance(run.pk)
    run.refresh_from_db()
    assert not Report.objects.exists()
    assert (run.state, run.report) == (Run.State.WAITING, None)
    assert finished_steps(run) == list(ORDER[:-1])
    pipeline.advance(run.pk)
    assert Report.objects.published().exists()


def _too_late(*_values: Any) -> None:
    assert Report.objects.exists()  # written, but not committed
    raise ValueError("too late")


# Fences: what a process can do after its claim was lost


def lose(run: Run) -> None:
    """The run's process is taken for dead, and another one takes the run."""
    dies(run)
    assert sweeping.sweep() == [run.pk]
    claimed(run)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ORDER)
def test_a_zombie_writes_no_step_and_no_report(numbers: None, name: str) -> None:
    run = waiting_run()
    done = list(ORDER[: ORDER.index(name)])
    for _ in done:
        pipeline.advance(run.pk)
    zombie = claimed(run)
    lose(run)
    with pytest.raises(ClaimLost):
        pipeline.work(zombie)
    owner = run.owner
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Run.State.RUNNING, 2)
    assert run.owner not in (zombie.owner, owner)
    assert finished_steps(run) == done
    assert not Report.objects.exists()


@pytest.mark.django_db
def test_a_zombie_fails_without_a_trace(numbers: None, before: Before) -> None:
    run = waiting_run()

    def lose_and_fail() -> None:
        lose(run)
        raise OSError("disk full")

    before("prepare_data", lose_and_fail)
    with pytest.raises(OSError, match="disk full"):
        pipeline.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.error) == (Run.State.RUNNING, 2, "")


@pytest.mark.django_db
def test_a_zombie_of_a_failed_run_cannot_wake_it(
    numbers: None, before: Before, settings: Settings
) -> None:
    settings.MAX_REPORT_ATTEMPTS = 1
    run = waiting_run()

    def end_and_fail() -> None:
        dies(run)
        assert sweeping.sweep() == []
        settings.MAX_REPORT_ATTEMPTS = 3
        raise OSError("disk full")

    before("prepare_data", end_and_fail)
    with pytest.raises(OSError, match="disk full"):
        pipeline.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.owner, run.error) == (Run.State.FAILED, "", sweeping.STOPPED)


@pytest.mark.django_db
def test_losing_a_claim_is_no_failure_of_the_job(numbers: None, before: Before) -> None:
    run = waiting_run()
    before("prepare_data", lambda: lose(run))
    assert pipeline.advance(run.pk) is False
    assert finished_steps(run) == []


def test_a_zombie_stops_beating_and_leaves_the_heartbeat_alone(
    committed: None, settings: Settings
) -> None:
    settings.RUN_HEARTBEAT_SECONDS = 0.01
    run = waiting_run()
    zombie = claimed(run)
    lose(run)
    run.refresh_from_db()
    with pipeline.Heartbeat(zombie) as heart:
        until(lambda: not heart.beats)
    assert Run.objects.get(pk=run.pk).heartbeat == run.heartbeat


# Heartbeats and the sweeper


def beat_again(run: Run) -> bool:
    """Whether somebody renewed the sign of life that `dies` took away."""
    (heartbeat,) = Run.objects.filter(pk=run.pk).values_list("heartbeat", flat=True)
    return datetime.now(UTC) - heartbeat < timedelta(minutes=30)


def test_a_heartbeat_keeps_a_slow_step_alive(
    committed: None, upstreams: Upstreams, before: Before, settings: Settings
) -> None:
    settings.RUN_HEARTBEAT_SECONDS = 0.01
    refresh_indices()
    run = waiting_run()

    def take_an_hour() -> None:
        dies(run)
        until(lambda: beat_again(run))
        assert sweeping.sweep() == []

    before("write", take_an_hour)
    done = pipeline.run_to_end(run.pk)
    assert (done.state, done.attempt) == (Run.State.DONE, 1)


def test_a_heart_beats_on_after_its_connection_broke(
    committed: None, upstreams: Upstreams, before: Before, settings: Settings
) -> None:
    settings.RUN_HEARTBEAT_SECONDS = 0.01
    refresh_indices()
    run = waiting_run()

    def lose_the_other_connection() -> None:
        with locked("reports_run", "EXCLUSIVE") as lock:
            lock.cut()  # only the heart waits for the table
        dies(run)
        until(lambda: beat_again(run))

    before("prepare_data", lose_the_other_connection)
    assert pipeline.advance(run.pk)


@pytest.mark.django_db
def test_the_sweeper_frees_the_dead_alone(settings: Settings) -> None:
    dead, alive = waiting_run(), waiting_run(SLOT + timedelta(hours=3))
    claimed(dead)
    claimed(alive)
    dies(dead)
    assert sweeping.sweep() == [dead.pk]
    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.state, dead.attempt, dead.owner) == (Run.State.WAITING, 2, "")
    assert (alive.state, alive.attempt) == (Run.State.RUNNING, 1)


@pytest.mark.django_db
def test_a_run_whose_process_always_dies_has_failed_in_the_end() -> None:
    run = waiting_run()
    for rung in ([run.pk], [run.pk], []):
        claimed(run)
        dies(run)
        assert sweeping.sweep() == rung
    run.refresh_from_db()
    assert (run.state, run.attempt, run.error) == (Run.State.FAILED, 3, sweeping.STOPPED)
    assert run.finished_at is not None


def test_sweepers_at_the_same_instant_count_one_attempt_and_ring_once(committed: None) -> None:
    run = waiting_run()
    claimed(run)
    dies(run)
    results = together(3, sweeping.sweep)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Run.State.WAITING, 2)
    assert sorted(results) == [[], [], [run.pk]]


def test_a_sweeper_does_not_wait_for_a_row_in_use(committed: None) -> None:
    run = waiting_run()
    claimed(run)
    dies(run)
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=run.pk)  # as while its report is saved
        assert at_once(1, sweeping.sweep) == [[]]
    assert sweeping.sweep() == [run.pk]


@pytest.mark.django_db
def test_a_waiting_run_whose_bell_was_lost_is_rung_again() -> None:
    run = waiting_run()
    assert sweeping.sweep() == []  # it may be on its way
    dies(run)
    assert sweeping.sweep() == [run.pk]
    assert sweeping.sweep() == []  # just rung
    dies(run)
    assert sweeping.sweep() == [run.pk]
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Run.State.WAITING, 1)
