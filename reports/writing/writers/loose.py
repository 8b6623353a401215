"""Read JSON whose shape nobody promised: what is not as expected counts as absent."""

from __future__ import annotations

from typing import Any

MOST = 10**8  # of whatever is counted here: tokens of one call, in the main


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def first(value: Any) -> dict[str, Any]:
    """The first object of a list, an empty one when there is none."""
    return fields(next(iter(items(value)), None))


def count(value: Any, *names: str) -> int:
    """The count under these names, one inside the other; 0 for one that is absent or odd."""
    for name in names:
        value = fields(value).get(name)
    counts = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST
    return value if counts else 0
