"""What staff and monitoring want to know of each source: how it does, and what it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from market import breaker
from market.breaker import Breaker, State
from market.sources import SOURCES, Kind


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source in use with its breaker as of now."""

    name: str
    breaker: Breaker
    state: State
    gives: frozenset[Kind[Any]]

    @property
    def is_known(self) -> bool:
        """Whether it has ever been asked, as far as Redis remembers."""
        return bool(self.breaker.succeeded_at or self.breaker.failed_at)


def configured() -> tuple[str, ...]:
    """The sources that the settings name, each once, in the order in which they are asked."""
    lists: Iterable[Iterable[str]] = (
        settings.MARKET_SOURCES,
        settings.MARKET_CONFIRM_SOURCES,
        settings.MARKET_BAR_SOURCES,
        settings.CRYPTO_SOURCES,
    )
    named = dict.fromkeys(name for names in lists for name in names)
    return tuple(name for name in named if name in SOURCES)


def source_states(now: datetime) -> list[SourceState]:
    """All configured sources; without Redis every breaker counts as closed."""
    names = configured()
    known = breaker.read(names)
    return [
        SourceState(name, known[name], known[name].state(now), SOURCES[name].gives)
        for name in names
    ]
