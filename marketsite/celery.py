"""The Celery application: it rings, measures, and holds no state of its own."""

from __future__ import annotations

import logging.config
import os
import warnings
from typing import Any

from celery import Celery, Task
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import (
    celeryd_after_setup,
    celeryd_init,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_before_create_process,
    worker_ready,
)
from django.conf import settings

from marketsite import memory

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
# Django's checks would import every address, with the pages, the API and the admin behind it: 22 MB
# in each child. The web process and the management commands run them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
if os.environ.get("CELERY_BROKER_URL"):
    # Celery takes this variable before the setting, which is the one in Celery's own spelling.
    os.environ["CELERY_BROKER_URL"] = settings.CELERY_BROKER_URL


app = Celery("marketsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_running: dict[str, memory.Job] = {}


@celeryd_init.connect
def warn_in_one_line(**_kwargs: Any) -> None:
    """Celery warns of root in eight lines, and before it sets up logging."""
    warnings.filterwarnings("ignore", category=SecurityWarning)
    if os.geteuid() == 0:
        logger.warning("the worker runs as root: another account is safer")


@setup_logging.connect
def keep_django_logging(loglevel: int | str | None = None, **_kwargs: Any) -> None:
    """Connecting anything here stops Celery from replacing the settings' own logging.

    `--loglevel` then stands for Celery's own lines: each job already ends with ours.
    """
    logging.config.dictConfig(settings.LOGGING)
    for name in ("celery", "kombu"):
        logging.getLogger(name).setLevel(loglevel or logging.WARNING)


@celeryd_after_setup.connect
def forget_what_was_decided(**_kwargs: Any) -> None:
    """Each lost connection would ask again whether steps should be cancelled: see the settings."""
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


@worker_before_create_process.connect
def freeze(**_kwargs: Any) -> None:
    memory.freeze_before_fork()


@worker_ready.connect
def refresh_at_once(**_kwargs: Any) -> None:
    """Beat's first ring comes a whole interval after the start; readers need not wait for it."""
    logger.info("worker ready")
    app.send_task("market.tasks.refresh_indices", expires=settings.MARKET_REFRESH_SECONDS)
    app.send_task("market.tasks.refresh_overview", expires=settings.MARKET_REFRESH_SECONDS)


@task_prerun.connect
def begin(task_id: str, task: Task[Any, Any], **_kwargs: Any) -> None:
    _running[task_id] = memory.Job(task.name.rpartition(".")[2])


@task_postrun.connect
def finish(task_id: str, state: str | None, **_kwargs: Any) -> None:
    if job := _running.pop(task_id, None):
        job.finish("ok" if state == "SUCCESS" else "failed")
