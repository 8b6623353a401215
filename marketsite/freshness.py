"""Which version of the database and of the numbers is current, confirmed again and again.

One thread for each process, on one connection of its own. PostgreSQL tells of a change by NOTIFY,
which triggers send with the commit itself; every 250 ms it is asked in any case, as when a pooler
swallows notifications. A version is only current for a second after the question that it answered:
who could not ask for that long knows nothing, and must read the database.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import redis
from psycopg2.extensions import connection as Connection

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
LEASE_SECONDS = 1.0
REDIS_SECONDS = 0.3  # of the lease, what a silent Redis may take
REDIS_REST_SECONDS = 2.0
KEPT_CHANGES = 500
CHANNEL = "marketsite_pages"
NUMBERS = ("market_indices", "market_indices:last", "latest_market_data")  # keys in Redis
VERSIONS = "SELECT scope, sum(changes), max(id), count(*) FROM reports_pagechange GROUP BY scope"
# The sum stays what it was, and so does the highest number: no page is made anew for this.
MERGE = """
WITH newest AS (SELECT scope, max(id) AS id FROM reports_pagechange GROUP BY scope),
gone AS (
    DELETE FROM reports_pagechange USING newest
    WHERE reports_pagechange.scope = newest.scope AND reports_pagechange.id < newest.id
    RETURNING reports_pagechange.id, reports_pagechange.scope, reports_pagechange.changes
)
INSERT INTO reports_pagechange (id, scope, changes)
SELECT min(id), scope, sum(changes) FROM gone GROUP BY scope
"""

SITE, MARKET = 0, 1  # what a page reads: reports and settings alone, or the newest numbers too


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A state of what pages show; the same object for as long as it is current."""

    name: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when, on the monotonic clock, this version may be taken for the current one."""

    until: float
    version: Version


EXPIRED = Lease(float("-inf"), Version("unknown"))


@dataclass(slots=True)
class Numbers:
    """What Redis holds of the numbers, told apart by its digest."""

    url: str
    keys: Sequence[str] = NUMBERS
    _client: Any = None
    _rests_until: float = 0.0

    def digest(self) -> str | None:
        """None when Redis does not answer, and for a while after that."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    self.url,
                    socket_timeout=REDIS_SECONDS,
                    socket_connect_timeout=REDIS_SECONDS,
                    single_connection_client=True,
                    retry=None,
                )
            found = self._client.mget(self.keys)
        except redis.RedisError:
            self.close()
            self._rests_until = time.monotonic() + REDIS_REST_SECONDS
            return None
        return hashlib.sha256(repr(found).encode()).hexdigest()[:16]

    def close(self) -> None:
        if self._client is not None:
            with suppress(redis.RedisError):
                self._client.close()
            self._client = None


@dataclass(slots=True)
class Freshness:
    """`leases[SITE]` and `leases[MARKET]`, kept true by a thread from the first `start` on.

    `connect` is a new connection in autocommit mode. `changed` is called in the thread, after a
    version became another.
    """

    connect: Callable[[], Connection]
    numbers: Numbers
    changed: Callable[[], None] = lambda: None
    leases: list[Lease] = field(default_factory=lambda: [EXPIRED, EXPIRED])
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _down: bool = False

    def __post_init__(self) -> None:
        os.register_at_fork(after_in_child=self._forget)

    def start(self) -> None:
        """Begin to watch, once; a forked child begins anew."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._stop.clear()
                thread = threading.Thread(target=self._run, name="freshness", daemon=True)
                thread.start()
                self._thread = thread
                atexit.register(self.stop)

    def stop(self) -> None:
        """End the thread and its connections; nothing is current afterwards."""
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(LEASE_SECONDS)
        self.leases[:] = [EXPIRED, EXPIRED]
        atexit.unregister(self.stop)

    def _forget(self) -> None:
        """In a child the thread is gone, and its connections are the parent's."""
        self._thread = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.numbers._client = None
        self.leases[:] = [EXPIRED, EXPIRED]

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self.connect()) as connection:
                    self._watch(connection)
            except (psycopg2.Error, OSError) as error:
                if not self._down:
                    logger.warning("versions not read reason=%s", type(error).__name__)
                self._down = True
            self._stop.wait(POLL_SECONDS)
        self.numbers.close()

    def _watch(self, connection: Connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        heard = select.poll()  # select() itself fails from the 1024th open file on
        heard.register(connection, select.POLLIN)
        while not self._stop.is_set():
            self._confirm(connection)
            # a notification may have come along with the answer
            if connection.notifies or heard.poll(POLL_SECONDS * 1000):
                connection.poll()
                connection.notifies.clear()

    def _confirm(self, connection: Connection) -> None:
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(VERSIONS)
            rows = {scope: (f"{total}.{newest}", count) for scope, total, newest, count in cursor}
            if any(count > KEPT_CHANGES for _, count in rows.values()):
                cursor.execute(MERGE)
        if self._down:
            logger.info("versions are read again")
            self._down = False
        site, market = (rows.get(scope, ("0", 0))[0] for scope in ("site", "market"))
        changed = self._renew(SITE, began, f"s{site}")
        if (numbers := self.numbers.digest()) is not None:
            changed |= self._renew(MARKET, began, f"s{site}-m{market}-{numbers}")
        if changed:
            self.changed()

    def _renew(self, group: int, began: float, name: str) -> bool:
        """Prolong the lease; whether it is of another version than before."""
        version = self.leases[group].version
        same = version.name == name
        self.leases[group] = Lease(began + LEASE_SECONDS, version if same else Version(name))
        return not same
