"""One of several processes does a job: the one that claims its moment first.

Each beat rings by its own clock, and each bell is heard by some worker. For a run its slot decides,
in the database; a refresh has no row to be unique, so its moment stands in Redis.
"""

from __future__ import annotations

import logging

from redis.exceptions import RedisError

from marketsite import clock
from marketsite.redis import client

logger = logging.getLogger(__name__)

REMEMBERED_SECONDS = 24 * 3600
# The difference counts in both directions: the clocks of two machines differ by some milliseconds,
# and a clock that was set back must not stop the job until it has caught up.
CLAIM = """
local last, now = tonumber(redis.call('GET', KEYS[1])), tonumber(ARGV[1])
if last and math.abs(now - last) < tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1
"""


def claimed(job: str, seconds: float) -> bool:
    """Whether the job is ours to do now: nobody has claimed it within `seconds` of this moment.

    Without Redis it is everybody's: rather twice than never.
    """
    moment = clock.now().timestamp()
    try:
        taken = client().eval(CLAIM, 1, _key(job), f"{moment:.3f}", seconds, REMEMBERED_SECONDS)
    except RedisError as error:
        logger.warning("claim not made job=%s reason=%s", job, type(error).__name__)
        return True
    if not taken:
        logger.info("left to another job=%s", job)
    return bool(taken)


def _key(job: str) -> str:
    return f"claim:{job}"
