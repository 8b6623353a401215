"""A circuit breaker for each upstream, its state in Redis so that all processes share it.

Three failures in a row, or one refusal, open it: the source is not asked while it rests. After the
rest one process may probe (half-open); a success closes the breaker, a failure doubles the rest.
Without Redis every source may be asked. Who is no source keeps its breaker under another `prefix`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from redis.exceptions import RedisError

from market.snapshot import iso
from market.sources.base import SourceError, SourceRefused, SourceUnavailable
from marketsite import clock
from marketsite.redis import client, read_json, write_json

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

FAILURES_TO_OPEN = 3
SHORTEST_REST = timedelta(minutes=1)
REFUSAL_REST = timedelta(minutes=15)
LONGEST_REST = timedelta(hours=1)
PROBE_SECONDS = 60
REMEMBERED_SECONDS = 7 * 24 * 3600
SOURCES = "market_source"


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """One source: failures in a row, the end of its rest, its last failure and last success."""

    source: str
    failures: int = 0
    until: datetime | None = None
    reason: str = ""
    failed_at: datetime | None = None
    succeeded_at: datetime | None = None

    def state(self, now: datetime) -> State:
        if self.until is None:
            return State.CLOSED
        return State.OPEN if now < self.until else State.HALF_OPEN

    def after_success(self, now: datetime) -> Breaker:
        return replace(self, failures=0, until=None, succeeded_at=now)

    def after_failure(self, error: SourceError, now: datetime) -> Breaker:
        return self.failed(error.reason, _rest(self.failures + 1, error), now)

    def failed(self, reason: str, rest: timedelta | None, now: datetime) -> Breaker:
        """One failure more; it opens for `rest`."""
        return replace(
            self,
            failures=self.failures + 1,
            until=now + rest if rest else None,
            reason=reason,
            failed_at=now,
        )


class Breakers:
    """The breakers of some sources for one job: read once, written once.

    Calls of different sources may run side by side; `admit`, which asks Redis, and what writes are
    for the job's own thread.

    A job that reads more in the same round trip gives what it read as `known`, and writes
    `changes` with the rest of what it writes; for others `save` does that.
    """

    def __init__(
        self, sources: Iterable[str], now: datetime, known: Mapping[str, Breaker] | None = None
    ) -> None:
        self._now = now
        self._known = read(sources) if known is None else dict(known)
        self._changed: set[str] = set()

    def call(self, source: str, ask: Callable[[], Result]) -> Result:
        """What `ask` returns. Raises SourceError: its own, or that the source rests."""
        self.admit(source)
        return self.settle(source, ask)

    def rests(self, source: str) -> bool:
        return self._known[source].state(self._now) == State.OPEN

    def admit(self, source: str) -> None:
        """Let one call through, which `settle` then makes; raises SourceUnavailable in a rest."""
        known = self._known[source]
        if not may_ask(known, self._now):
            until = iso(known.until) if known.until else "its probe is back"
            raise SourceUnavailable(source, f"rests until {until} ({known.reason})")

    def settle(self, source: str, ask: Callable[[], Result]) -> Result:
        """What `ask` returns or raises, remembered as the source's success or failure.

        A reply that tells what `stopped` it midway is returned, and counts as that failure.
        """
        known = self._known[source]
        self._changed.add(source)
        try:
            result = ask()
        except SourceError as error:
            self._fail(known, error)
            raise
        stopped: SourceError | None = getattr(result, "stopped", None)
        if stopped:
            self._fail(known, stopped)
            return result
        self._known[source] = known.after_success(self._now)
        if known.failures:
            logger.info("source is back source=%s", source)
        return result

    def changes(self) -> dict[str, tuple[Any, int]]:
        """What changed, as `write_json` takes it."""
        return _stored(self._known[name] for name in sorted(self._changed))

    def save(self) -> None:
        """Write what changed in one round trip; without Redis nothing is remembered."""
        _write(self.changes())

    def _fail(self, known: Breaker, error: SourceError) -> None:
        self._known[known.source] = after = known.after_failure(error, self._now)
        if after.until:
            logger.warning("source rests source=%s until=%s", known.source, iso(after.until))


def may_ask(known: Breaker, now: datetime, prefix: str = SOURCES) -> bool:
    """Whether this process may ask now: the breaker is closed, or this is the one probe."""
    state = known.state(now)
    return state == State.CLOSED or (state == State.HALF_OPEN and _take_probe(known, prefix))


def write(known: Breaker, prefix: str) -> None:
    """Remember a breaker; without Redis nothing is remembered."""
    _write(_stored([known], prefix))


def read(sources: Iterable[str], prefix: str = SOURCES) -> dict[str, Breaker]:
    """The breakers by source, in one round trip; closed ones when Redis does not answer."""
    names = list(sources)
    if not names:
        return {}
    try:
        found = read_json(*keys(names, prefix))
    except RedisError as error:
        logger.warning("breakers not read reason=%s", type(error).__name__)
        found = [None] * len(names)
    return parse(names, found)


def keys(sources: Sequence[str], prefix: str = SOURCES) -> list[str]:
    """Where the breakers stand in Redis."""
    return [_key(name, prefix) for name in sources]


def parse(sources: Sequence[str], found: Sequence[Any]) -> dict[str, Breaker]:
    """The breakers by source from what stands under `keys`; closed ones for what is absent."""
    return {name: _from_json(name, data) for name, data in zip(sources, found, strict=True)}


def end_rest(source: str, prefix: str = SOURCES) -> None:
    """Let the next call ask the source, whatever it did; its failures stay counted.

    Raises redis.RedisError when the server does not answer.
    """
    (data,) = read_json(_key(source, prefix))
    write_json(_stored([replace(_from_json(source, data), until=None)], prefix))


def rest_after(failures: int) -> timedelta | None:
    """How long to leave alone what failed so often in a row; None while that is few times."""
    if failures < FAILURES_TO_OPEN:
        return None
    doublings = min(failures - FAILURES_TO_OPEN, 10)
    return min(SHORTEST_REST * (1 << doublings), LONGEST_REST)


def _rest(failures: int, error: SourceError) -> timedelta | None:
    """How long the source is left alone; None while its failures are few."""
    if isinstance(error, SourceRefused):
        wanted = timedelta(seconds=error.retry_after) if error.retry_after else REFUSAL_REST
        return min(max(wanted, SHORTEST_REST), LONGEST_REST * 24)
    return rest_after(failures)


def _take_probe(known: Breaker, prefix: str) -> bool:
    """Whether this process is the one that probes after this rest."""
    try:
        return bool(client().set(_probe_key(known, prefix), "1", nx=True, ex=PROBE_SECONDS))
    except RedisError:
        return True


def _stored(breakers: Iterable[Breaker], prefix: str = SOURCES) -> dict[str, tuple[Any, int]]:
    return {_key(known.source, prefix): (_to_json(known), REMEMBERED_SECONDS) for known in breakers}


def _write(values: Mapping[str, tuple[Any, int]]) -> None:
    try:
        write_json(values)
    except RedisError as error:
        logger.warning("breakers not written reason=%s", type(error).__name__)


def _to_json(known: Breaker) -> dict[str, Any]:
    return {
        "failures": known.failures,
        "until": _text(known.until),
        "reason": known.reason,
        "failed_at": _text(known.failed_at),
        "succeeded_at": _text(known.succeeded_at),
    }


def _from_json(source: str, data: Any) -> Breaker:
    """The stored breaker; a closed one for what is not ours."""
    try:
        return Breaker(
            source,
            int(data["failures"]),
            _moment(data["until"]),
            str(data["reason"]),
            _moment(data["failed_at"]),
            _moment(data["succeeded_at"]),
        )
    except (TypeError, KeyError, ValueError):
        return Breaker(source)


def _text(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None


def _key(source: str, prefix: str) -> str:
    return f"{prefix}:{source}"


def _probe_key(known: Breaker, prefix: str) -> str:
    return f"{_key(known.source, prefix)}:probe:{_text(known.until)}"
