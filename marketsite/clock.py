"""The one `now()`: aware, UTC, and movable from outside the process.

`MARKETSITE_CLOCK` moves it in every process that inherits the variable, as a test or a soak needs:
`2026-08-21T08:05:00Z` starts there and runs on; `=2026-08-21T08:05:00Z` stands still there;
`@/path/file` reads either form from a file on each call, so that running processes follow.
Heartbeats and time-outs measure real elapsed time and do not use this clock.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache

VARIABLE = "MARKETSITE_CLOCK"

_last_read: dict[str, str] = {}


def now() -> datetime:
    """The current moment, aware and in UTC, at the shifted clock when one is set."""
    text = os.environ.get(VARIABLE, "").strip()
    if text.startswith("@"):
        return _followed(text[1:])
    return shifted(text) if text else datetime.now(UTC)


def shifted(text: str) -> datetime:
    """The shifted moment that `text` stands for; raises ValueError when it is no moment."""
    if text.startswith("="):
        return parse(text[1:])
    start, began = _origin(text)
    return start + (datetime.now(UTC) - began)


def parse(text: str) -> datetime:
    """An aware UTC moment from ISO 8601; text without an offset is refused."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset, as in 2026-08-21T08:00:00Z")
    return moment.astimezone(UTC)


@lru_cache(maxsize=4)
def _origin(text: str) -> tuple[datetime, datetime]:
    return parse(text), datetime.now(UTC)


def _followed(name: str) -> datetime:
    """The moment in the file `name`.

    Whoever writes the file may be half-way through it, or away for a moment: the last moment that
    could be read holds until then. A file that never held one raises ValueError.
    """
    try:
        with open(name, encoding="ascii") as file:  # noqa: PTH123 (no Path: see memory.py)
            text = file.read().strip()
        moment = shifted(text)
    except (OSError, ValueError):
        if name not in _last_read:
            raise ValueError("the clock's file holds no moment") from None
        return shifted(_last_read[name])
    _last_read[name] = text
    return moment
