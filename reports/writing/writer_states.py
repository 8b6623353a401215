"""The model writers in use: how each is reached, whether it may be asked, and how it does.

A writer's breaker stands in Redis beside the sources', for all processes. A refused key or request
opens it for an hour, a used-up balance too; a day's quota until the vendor's next day begins
(midnight in California for Gemini, UTC for others); three failures in a row as a source's do. A new
key, model or address starts with a closed one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from market import breaker
from market.breaker import Breaker, State, rest_after
from market.snapshot import iso
from reports.writing.writers import WRITERS
from reports.writing.writers.base import (
    BadAnswer,
    Options,
    WriterError,
    WriterExhausted,
    WriterRefused,
    WriterResting,
)

PREFIX = "report_writer"
SHORTEST_REST = timedelta(minutes=1)
REFUSAL_REST = timedelta(hours=1)
STILL_WELL = timedelta(minutes=1)  # a success so soon after another is no news


@dataclass(frozen=True, slots=True)
class WriterState:
    """A configured model with its breaker as of now: its health in a line."""

    name: str
    model: str
    breaker: Breaker
    state: State

    @property
    def is_known(self) -> bool:
        """Whether it has ever been asked, as far as Redis remembers."""
        return bool(self.breaker.succeeded_at or self.breaker.failed_at)


def options(name: str) -> Options:
    """How the settings say to reach a model."""
    own = name.upper()
    return Options(
        api_key=getattr(settings, f"{own}_API_KEY"),
        model=getattr(settings, f"{own}_MODEL"),
        base_url=getattr(settings, f"{own}_BASE_URL"),
        thinking=getattr(settings, f"{own}_THINKING", "auto"),
        search=getattr(settings, f"{own}_SEARCH_GROUNDING", False),
    )


def is_configured(name: str) -> bool:
    """Whether a writer can be asked at all.

    A model needs its key; one that may stand on a server of one's own does without, given another
    address and another model than the usual ones.
    """
    entry = WRITERS[name]
    if not entry.is_model:
        return True
    reached = options(name)
    is_own = reached.base_url != entry.base_url and reached.model != entry.model
    return bool(reached.api_key) or (entry.keyless and is_own)


def writer_states(now: datetime) -> list[WriterState]:
    """The configured models of `REPORT_WRITERS`; without Redis every breaker counts as closed."""
    names = [name for name in settings.REPORT_WRITERS if WRITERS[name].is_model]
    places = {name: _place(name) for name in names if is_configured(name)}
    known = breaker.read(places.values(), PREFIX)
    return [
        WriterState(name, options(name).model, known[place], known[place].state(now))
        for name, place in places.items()
    ]


def refuse_resting(name: str, now: datetime) -> Breaker:
    """The writer's breaker; raises WriterResting while it rests."""
    known = _read(name)
    if not breaker.may_ask(known, now, PREFIX):
        until = iso(known.until) if known.until else "its probe is back"
        raise WriterResting(f"rests until {until} ({known.reason})")
    return known


def record_success(name: str, now: datetime, known: Breaker | None = None) -> None:
    """Close the writer's breaker; `known` is what it was when nothing has failed since."""
    before = known or _read(name)
    after = before.after_success(now)
    last = before.succeeded_at
    if last and last <= now < last + STILL_WELL and replace(after, succeeded_at=last) == before:
        return
    breaker.write(after, PREFIX)


def record_failure(name: str, error: WriterError, now: datetime) -> bool:
    """Remember a failure; whether the writer rests from now on.

    A bad answer shows that the writer is there: it is told, and the breaker is closed.
    """
    known = _read(name)
    if isinstance(error, BadAnswer):
        after = replace(known, failures=0, until=None, reason=str(error), failed_at=now)
    else:
        after = known.failed(str(error), _rest(name, known.failures + 1, error, now), now)
    breaker.write(after, PREFIX)
    return after.state(now) == State.OPEN


def end_rest(name: str) -> None:
    """Let the next call ask the writer; raises redis.RedisError when the server does not answer."""
    breaker.end_rest(_place(name), PREFIX)


def _rest(name: str, failures: int, error: WriterError, now: datetime) -> timedelta | None:
    if isinstance(error, WriterExhausted) and error.is_daily:
        return _next_day(now, ZoneInfo(WRITERS[name].day_zone)) - now
    if isinstance(error, WriterExhausted | WriterRefused):
        return REFUSAL_REST
    asked = getattr(error, "retry_after", None)
    if asked:
        return min(max(timedelta(seconds=asked), SHORTEST_REST), REFUSAL_REST)
    return rest_after(failures)


def _next_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The next midnight of a time zone; days of 23 and 25 hours among them."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone)


def _read(name: str) -> Breaker:
    place = _place(name)
    return breaker.read([place], PREFIX)[place]


def _place(name: str) -> str:
    """The writer's name with a digest of how it is reached."""
    reached = options(name)
    text = "\n".join((reached.base_url, reached.model, reached.api_key))
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()[:8]}"
