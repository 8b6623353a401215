"""Hears each job of the site end, from Redis: nothing is polled while the site works."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import redis

from marketsite import job_counts

PATIENCE_SECONDS = 0.5  # then the condition is looked at again, whatever was heard
LAST_WRITTEN = b"hset"  # of the three fields that an end changes


class Ends:
    """How often each job has ended, by Redis's own count, and the wait for more."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        client.config_set("notify-keyspace-events", "Kh")
        database = client.connection_pool.connection_kwargs.get("db", 0)
        self._heard = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._heard.subscribe(f"__keyspace@{database}__:{job_counts.KEY}")

    def close(self) -> None:
        self._heard.close()

    def counts(self) -> Counter[str]:
        """Ends by job, whatever their outcome."""
        found: Counter[str] = Counter()
        told: dict[bytes, bytes] = self._client.hgetall(job_counts.KEY)  # type: ignore[assignment]
        for key, number in told.items():
            job, _, what = key.decode().partition(" ")
            if what.endswith(job_counts.COUNT):
                found[job] += int(number)
        return found

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether the condition came true in time; it is looked at whenever a job has ended."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._wait()
        return True

    def _wait(self) -> None:
        patience = time.monotonic() + PATIENCE_SECONDS
        while (left := patience - time.monotonic()) > 0:
            message = self._heard.get_message(timeout=left)
            if message and message["data"] == LAST_WRITTEN:
                return
