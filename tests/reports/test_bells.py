"""When a part of a run is done the next one is rung for, and can be taken at once."""

from __future__ import annotations

import os
import socket

import pytest

from marketsite import celery
from marketsite.celery import app
from marketsite.locks import held
from reports import doorbell, tasks, tick
from reports.models import Run
from reports.writing.runs import request_run
from tests.reports.model_runs import SLOT
from tests.upstreams import Upstreams


@pytest.mark.django_db
def test_the_place_for_parts_is_free_before_the_bell_is_heard(
    numbers: Upstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's other thread is quick: it found it taken, and the run stood still."""
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE)
    found: list[tuple[int, bool]] = []

    def ring(run_id: int) -> bool:
        place = f"parts {socket.gethostname()}:{os.getpid()}"
        with held(place, places=tasks.THREADS_FOR_PARTS) as free:
            found.append((run_id, free))
        return True

    monkeypatch.setattr(tasks, "ring", ring)
    tasks.advance_run(run.pk)
    assert found == [(run.pk, True)]


def test_what_is_rung_for_by_its_name_is_a_task_of_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, *_call, **_options: rung.append(name))
    doorbell.ring(1)
    doorbell.ring_for_cards()
    celery.refresh_at_once()
    rung += [job.task for jobs in tick.GROUPS.values() for job in jobs]
    app.loader.import_default_modules()
    assert set(rung) <= set(app.tasks)
    assert len(set(rung)) == 9
