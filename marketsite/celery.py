"""The Celery application: it rings, measures, and holds no state of its own."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery, Task
from celery.signals import (
    setup_logging,
    task_postrun,
    task_prerun,
    worker_before_create_process,
    worker_ready,
)
from django.conf import settings

from marketsite import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")

app = Celery("marketsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_running: dict[str, memory.Job] = {}


@setup_logging.connect
def keep_django_logging(**_kwargs: Any) -> None:
    """Connecting anything here stops Celery from replacing the settings' own logging."""
    logging.config.dictConfig(settings.LOGGING)


@worker_before_create_process.connect
def freeze(**_kwargs: Any) -> None:
    memory.freeze_before_fork()


@worker_ready.connect
def refresh_at_once(**_kwargs: Any) -> None:
    """Beat's first ring comes a whole interval after the start; readers need not wait for it."""
    app.send_task("market.tasks.refresh_indices", expires=settings.MARKET_REFRESH_SECONDS)


@task_prerun.connect
def begin(task_id: str, task: Task[Any, Any], **_kwargs: Any) -> None:
    _running[task_id] = memory.Job(task.name.rpartition(".")[2])


@task_postrun.connect
def finish(task_id: str, state: str | None, **_kwargs: Any) -> None:
    if job := _running.pop(task_id, None):
        job.finish("ok" if state == "SUCCESS" else "failed")
