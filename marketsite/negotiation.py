"""Which encoding a reader likes best, and whether he has the page already."""

from __future__ import annotations

import re
from functools import lru_cache

IDENTITY = "identity"
BY_SIZE = ("br", "zstd", "gzip", IDENTITY)  # which one to send of those that are liked as much
LONGEST_HEADER = 512


def encoding_for(accepted: str) -> str:
    """`preferred`, for a header of any length."""
    return preferred(accepted if len(accepted) < LONGEST_HEADER else "")


@lru_cache(maxsize=256)
def preferred(accepted: str) -> str:
    """Which of our encodings an Accept-Encoding header likes best; the smaller one among equals.

    `identity` when it likes none, also where it refuses that: a readable page beats a 406.
    """
    wishes = _wishes(accepted)
    other = wishes.pop("*", 0.0)
    if accepted and "identity" not in wishes and other == 0.0:
        wishes["identity"] = 0.0001  # taken when nothing else is
    scores = {name: wishes.get(name, other) for name in BY_SIZE}
    best = max(BY_SIZE, key=lambda name: scores[name])  # the first of equals
    return best if scores[best] > 0 else IDENTITY


def _wishes(accepted: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", rest)
        quality = 1.0 if not rest.strip() else float(match[1]) if match else 0.0
        if name.strip():
            found[{"x-gzip": "gzip"}.get(name.strip(), name.strip())] = quality
    return found


def is_known(etag: str, given: str) -> bool:
    """Whether an If-None-Match header names this entity tag, by weak comparison."""
    if given == etag:
        return True
    if len(given) > LONGEST_HEADER * 4:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return etag in tags or given.strip() == "*"
