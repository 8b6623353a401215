"""How often each job ended, how, and in what time: counted in Redis by whoever does the job."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError

from marketsite import clock
from marketsite.redis import client, rests

logger = logging.getLogger(__name__)

KEY = "jobs"  # one hash: `NAME LAST`, and `NAME OUTCOME WHAT` for each end that was seen
COUNT, SECONDS, LAST = "count", "seconds", "last"


@dataclass(frozen=True, slots=True)
class Ends:
    """All ends of a job with one outcome."""

    job: str
    outcome: str
    count: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Last:
    """The last end of a job, whatever its outcome."""

    job: str
    seconds: float
    ended_at: datetime


def count(job: str, outcome: str, seconds: float) -> None:
    """Add one end; without Redis it stays uncounted."""
    if rests():
        return
    last = json.dumps({"seconds": round(seconds, 3), "at": clock.now().isoformat()})
    try:
        with client().pipeline(transaction=False) as pipe:
            pipe.hincrby(KEY, f"{job} {outcome} {COUNT}", 1)
            pipe.hincrbyfloat(KEY, f"{job} {outcome} {SECONDS}", round(seconds, 3))
            pipe.hset(KEY, f"{job} {LAST}", last)
            pipe.execute()
    except RedisError as error:
        logger.warning("job not counted job=%s reason=%s", job, type(error).__name__)


def read() -> tuple[list[Ends], list[Last]]:
    """What was counted since Redis began; raises redis.RedisError when it does not answer."""
    found = {
        key.decode(): text.decode(errors="replace") for key, text in client().hgetall(KEY).items()
    }
    words = [key.split(" ") for key in sorted(found)]
    ends = [
        Ends(
            job, outcome, _number(found, job, outcome, COUNT), _number(found, job, outcome, SECONDS)
        )
        for job, outcome, what in (item for item in words if len(item) == 3)
        if what == COUNT
    ]
    lasts = [_last(job, found[f"{job} {LAST}"]) for job in (w[0] for w in words if len(w) == 2)]
    return ends, [last for last in lasts if last]


def _number(found: Mapping[str, str], *words: str) -> float:
    try:
        return float(found[" ".join(words)])
    except (KeyError, ValueError):
        return 0.0


def _last(job: str, text: str) -> Last | None:
    try:
        told = json.loads(text)
        return Last(job, float(told["seconds"]), clock.parse(told["at"]))
    except (TypeError, KeyError, ValueError):
        return None
