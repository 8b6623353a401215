"""How often somebody may do something: counted in Redis, by the minute of the clock on the wall."""

from __future__ import annotations

import math
import time

from marketsite.redis import client

WINDOW_SECONDS = 60


def seconds_to_wait(who: str, limit: int) -> int:
    """Count one call of `who`; 0 when it may be made, else the seconds until the next window.

    Raises redis.RedisError when the count is not known: the caller decides what that means.
    """
    window, into = divmod(time.time(), WINDOW_SECONDS)
    key = f"rate:{who}:{int(window)}"
    with client().pipeline() as pipe:
        pipe.incr(key)
        pipe.expire(key, 2 * WINDOW_SECONDS)
        made, _ = pipe.execute()
    return 0 if made <= limit else math.ceil(WINDOW_SECONDS - into)
