"""Everything that beat and worker do, by one command that cron calls each minute.

Beat's schedule is followed for what it names by interval or time of day; what waits in the
database is looked for each minute, and costs no job when there is nothing. The jobs stand in
groups with a lock each, because a report may take minutes, in which numbers are refreshed by the
ticks that follow. A worker beside it does no harm, nor does a second tick: slots are unique, runs
are claimed, and a snapshot that is young is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import connection
from redis.exceptions import RedisError

from market.overview import KEY as OVERVIEW_KEY
from market.sessions import VIETNAM
from market.snapshot import CURRENT_KEY
from marketsite import clock, job_counts, memory
from marketsite.daily import Daily
from marketsite.locks import held
from marketsite.redis import read_json
from reports.models import JobMark, Run
from reports.publishing import cards, publish
from reports.writing import sweeping
from reports.writing.runs import request_run
from reports.writing.schedule import due_slot

logger = logging.getLogger(__name__)

memory.tell_ends_to(job_counts.count)

# Cron is punctual to some seconds: an interval that has almost passed has passed.
EARLY = timedelta(seconds=30)


class JobFailed(Exception):
    """The job ran and did not do what it is for; its own lines in the log say why."""


@dataclass(frozen=True, slots=True)
class Job:
    """One of beat's tasks, and whether there is anything to do for it now."""

    task: str
    is_due: Callable[[], bool]
    work: Callable[[], None]

    @property
    def name(self) -> str:
        return self.task.rpartition(".")[2]


def tick() -> list[str]:
    """Do what is due; the names of the jobs that failed. One that fails stops no other.

    Raises only for a database that does not answer.
    """
    failed: list[str] = []
    for group, jobs in GROUPS.items():
        with held(f"tick {group}") as ours:
            if not ours:
                logger.info("another tick is at it group=%s", group)
                continue
            failed += [job.name for job in jobs if job.is_due() and not _do(job)]
    return failed


def _do(job: Job) -> bool:
    """Whether the job did well; it ends with its memory line as a task does."""
    JobMark.objects.update_or_create(name=job.task, defaults={"began_at": clock.now()})
    try:
        with memory.job(job.name):
            job.work()
    except JobFailed as error:
        logger.warning("job failed job=%s reason=%s", job.name, error)
        return False
    except Exception:
        logger.exception("job failed job=%s", job.name)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return False
    return True


def by_schedule(
    task: str, done_at: Callable[[], datetime | None] | None = None
) -> Callable[[], bool]:
    """Whether beat would ring for the task by now.

    `done_at` tells when anybody did it last, where that can be known: with a worker beside it
    nothing is done twice. Else, and without Redis, a tick goes by what ticks did.
    """

    def due() -> bool:
        try:
            last = done_at() if done_at else _mark(task)
        except RedisError:
            last = _mark(task)
        return is_due(_schedule(task), last, clock.now())

    return due


def is_due(schedule: timedelta | Daily, last: datetime | None, now: datetime) -> bool:
    """Whether a job that was last done at `last` is due; one that was done in the future is."""
    if last is None or last > now:
        return True
    if isinstance(schedule, timedelta):
        return now - last >= schedule - EARLY
    return last < schedule.newest(now.astimezone(VIETNAM))


def _schedule(task: str) -> timedelta | Daily:
    entries = settings.CELERY_BEAT_SCHEDULE.values()
    (found,) = [entry["schedule"] for entry in entries if entry["task"] == task]
    return cast("timedelta | Daily", found)


def _mark(task: str) -> datetime | None:
    """When a tick last began the task."""
    return JobMark.objects.filter(name=task).values_list("began_at", flat=True).first()


def _moment_in(key: str, field: str) -> datetime | None:
    """The time that a document in Redis tells of its making; raises redis.RedisError."""
    (found,) = read_json(key)
    try:
        return clock.parse(found[field])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


# Each job loads what it works with when it is due: most ticks have nothing to do.


def _refresh_indices() -> None:
    from market.refresh import refresh_indices

    if not refresh_indices().success:
        raise JobFailed("no index was fetched, or Redis did not take the snapshot")


def _refresh_overview() -> None:
    from market.overview import refresh_overview

    if not refresh_overview().success:
        raise JobFailed("no price was fetched, or Redis did not take the overview")


def _close_day() -> None:
    from market.closing import close_day

    if still_open := close_day().open:
        raise JobFailed(f"no bar of {', '.join(still_open)} yet")


def _prune() -> None:
    from reports.retention import prune

    prune()


def _draw_cards() -> None:
    cards.draw_missing()


def _publish_due() -> None:
    publish.publish_due()


def _is_unfinished() -> bool:
    """Whether any run is; the sweeper knows which of them nobody works on."""
    unfinished = Run.objects.filter(state__in=[Run.State.WAITING, Run.State.RUNNING])
    return unfinished.exists() or sweeping.untranslated().exists()


def _sweep() -> None:
    """Finish the runs that somebody asked for, or that a killed process left."""
    _finish(sweeping.sweep())


def _start_due_run() -> None:
    if slot := due_slot(clock.now()):
        run, created = request_run(slot, Run.Trigger.SCHEDULE)
        if created:
            _finish([run.pk])


def _finish(run_ids: list[int]) -> None:
    from reports.writing import pipeline

    runs = [pipeline.run_to_end(run_id) for run_id in run_ids]
    if failed := [str(run) for run in runs if run.state == Run.State.FAILED]:
        raise JobFailed(f"no report of {', '.join(failed)}: the runs say why")


INDICES, OVERVIEW = "market.tasks.refresh_indices", "market.tasks.refresh_overview"
CLOSE_DAY, PRUNE = "market.tasks.close_day", "reports.tasks.prune"
GROUPS: dict[str, tuple[Job, ...]] = {
    "numbers": (
        Job(
            INDICES,
            by_schedule(INDICES, lambda: _moment_in(CURRENT_KEY, "generated_at")),
            _refresh_indices,
        ),
        Job(
            OVERVIEW,
            by_schedule(OVERVIEW, lambda: _moment_in(OVERVIEW_KEY, "timestamp")),
            _refresh_overview,
        ),
    ),
    "upkeep": (
        Job("reports.tasks.publish_due", lambda: publish.due().exists(), _publish_due),
        Job(CLOSE_DAY, by_schedule(CLOSE_DAY), _close_day),
        Job(PRUNE, by_schedule(PRUNE), _prune),
    ),
    "reports": (
        Job("reports.tasks.sweep", _is_unfinished, _sweep),
        Job("reports.tasks.start_due_run", lambda: bool(due_slot(clock.now())), _start_due_run),
        Job("reports.tasks.draw_cards", cards.are_missing, _draw_cards),  # those of this tick too
    ),
}
