"""Beat on the site's clock: a day of its schedule takes as long as the clock's file says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery.beat import ScheduleEntry
from celery.beat import Scheduler as RealScheduler
from celery.schedules import BaseSchedule, maybe_schedule

from bench.soak import heap
from market.sessions import VIETNAM
from marketsite import clock

LOOP_SECONDS = 0.003

_seen: list[datetime] = []  # the moment that beat rings for now


def local_now() -> datetime:
    """The moment of this round: a clock that leaps while beat rings would cost it a bell."""
    return (_seen[0] if _seen else clock.now()).astimezone(VIETNAM)


class Entry(ScheduleEntry):
    """An entry whose schedule asks the site's clock, from its first moment on."""

    def __init__(self, *args: Any, schedule: Any = None, **kwargs: Any) -> None:
        followed = maybe_schedule(schedule, kwargs.get("relative", False), app=kwargs.get("app"))
        if isinstance(followed, BaseSchedule):
            followed.nowfun = local_now
        super().__init__(*args, schedule=followed, **kwargs)


class Scheduler(RealScheduler):
    """Celery's own scheduler; it looks again at once, since the clock moves in leaps.

    While the clock stands still nothing becomes due, and it does no more than look at the clock.
    """

    Entry = Entry

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_interval = LOOP_SECONDS
        self._rung = True

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Ring for what is due, one bell a call; how long to wait before the next."""
        if self._rung:
            moment = clock.now()
            if [moment] == _seen:
                return LOOP_SECONDS
            _seen[:] = [moment]
            heap.tell(moment)  # between two rounds nothing is under way
        pause: float = super().tick(*args, **kwargs)
        self._rung = pause > 0
        return min(max(pause, 0), LOOP_SECONDS)
