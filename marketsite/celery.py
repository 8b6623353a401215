"""The Celery application: it rings, measures, and holds no state of its own.

The worker is one process (`marketsite.worker`): tasks run in threads of it, and so does beat.
Celery's usual children and its embedded beat take more than twice the memory for the same work:
each child makes its own copy of every page that it as much as counts a reference in.
"""

from __future__ import annotations

import atexit
import logging.config
import os
import signal
import sys
import threading
import warnings
from typing import Any

from celery import Celery, Task, bootsteps
from celery.beat import EmbeddedService
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.schedules import crontab
from celery.signals import (
    beat_init,
    celeryd_after_setup,
    celeryd_init,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings

from marketsite import job_counts, memory, vitals
from marketsite.daily import Daily

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
# Django's checks would import every address, with the pages, the API and the admin behind it, which
# is 22 MB: `manage.py check` is for them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
if os.environ.get("CELERY_BROKER_URL"):
    # Celery takes this variable before the setting, which is the one in Celery's own spelling.
    os.environ["CELERY_BROKER_URL"] = settings.CELERY_BROKER_URL


def _schedule(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the settings' schedule as Celery reads it."""
    daily = entry["schedule"]
    if not isinstance(daily, Daily):
        return entry
    hours = ",".join(map(str, daily.hours))
    return entry | {"schedule": crontab(hour=hours, minute=str(daily.minute))}


app = Celery("marketsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    name: _schedule(entry) for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
}
app.autodiscover_tasks()

memory.tell_ends_to(job_counts.count)

_running: dict[str, memory.Job] = {}
_ending = threading.Event()
_stops: list[str] = []  # the signals to end that came so far, our own among them


class Beat(bootsteps.StartStopStep):
    """Beat in a thread of the worker. A second one does no harm: slots are unique."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, with_beat: bool = False, **options: Any) -> None:
        super().__init__(parent, **options)
        self.enabled = with_beat

    def create(self, parent: Any) -> Any:
        scheduler = parent.app.conf.beat_scheduler
        return EmbeddedService(parent.app, thread=True, scheduler_cls=scheduler)


app.steps["worker"].add(Beat)


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
def report_worker(**_kwargs: Any) -> None:
    vitals.report("worker", settings.REDIS_URL)


@celeryd_after_setup.connect
def silence_on_lost_connections(**_kwargs: Any) -> None:
    """Each lost connection would ask again whether steps should be cancelled: see the settings."""
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


@worker_ready.connect
def refresh_at_once(**_kwargs: Any) -> None:
    """Beat's first ring comes a whole interval after the start; readers need not wait for it."""
    logger.info("worker ready")
    memory.freeze()
    app.send_task("market.tasks.refresh_indices", expires=settings.MARKET_REFRESH_SECONDS)
    app.send_task("market.tasks.refresh_overview", expires=settings.MARKET_REFRESH_SECONDS)


@beat_init.connect
def report_beat(**_kwargs: Any) -> None:
    if threading.current_thread() is threading.main_thread():  # else the worker has told already
        vitals.report("beat", settings.REDIS_URL)


@task_prerun.connect
def begin(task_id: str, task: Task[Any, Any], **_kwargs: Any) -> None:
    _running[task_id] = memory.Job(task.name.rpartition(".")[2])


@task_postrun.connect
def finish(task_id: str, state: str | None, **_kwargs: Any) -> None:
    if job := _running.pop(task_id, None):
        job.finish("ok" if state == "SUCCESS" else "failed")
        _start_anew_when_large()


@worker_shutting_down.connect
def note_stop(sig: str, **_kwargs: Any) -> None:
    _stops.append(sig)


def _start_anew_when_large() -> None:
    """The safety net: a worker above its bound ends its tasks, exits, and becomes a new one.

    Celery has the like on SIGHUP, which does not work for a `python -m`.
    """
    bound = settings.WORKER_MAX_MEMORY_KB * 1024
    if bound and memory.resident_bytes() > bound and not _stops and not _ending.is_set():
        _ending.set()
        logger.warning("the worker holds more than WORKER_MAX_MEMORY_KB and starts anew")
        atexit.register(_start_anew)
        os.kill(os.getpid(), signal.SIGTERM)


def _start_anew() -> None:
    """Unless somebody else wants it to end as well."""
    if len(_stops) == 1:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 (our own)
