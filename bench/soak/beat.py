"""Beat on the site's clock: a day of its schedule takes as long as the clock's file says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery.beat import ScheduleEntry
from celery.beat import Scheduler as RealScheduler
from celery.schedules import BaseSchedule, maybe_schedule

from market.sessions import VIETNAM
from marketsite import clock

LOOP_SECONDS = 0.01


def local_now() -> datetime:
    return clock.now().astimezone(VIETNAM)


class Entry(ScheduleEntry):
    """An entry whose schedule asks the site's clock, from its first moment on."""

    def __init__(self, *args: Any, schedule: Any = None, **kwargs: Any) -> None:
        followed = maybe_schedule(schedule, kwargs.get("relative", False), app=kwargs.get("app"))
        if isinstance(followed, BaseSchedule):
            followed.nowfun = local_now
        super().__init__(*args, schedule=followed, **kwargs)


class Scheduler(RealScheduler):
    """Celery's own scheduler; it looks again at once, since the clock moves in leaps."""

    Entry = Entry

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_interval = LOOP_SECONDS
