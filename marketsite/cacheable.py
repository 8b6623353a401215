"""Which addresses the edge may answer from memory: the one list, by the names in `urls.py`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_from_path, override

from marketsite.freshness import MARKET, SITE

LONGEST_PATH = 250
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a page may be kept at most, of whose versions it is one, and what of the query its
    view reads (None: all of it). Anything else in a query changes nothing, so that it gets the same
    bytes.
    """

    group: int
    parameters: frozenset[str] | None = frozenset()
    seconds: float = HOUR  # for what the clock changes: ages, and which slot is the next one


NUMBERS = Rule(MARKET, seconds=30)
SNAPSHOT = Rule(MARKET, seconds=1)  # its `max-age` counts down to the next refresh
TEXT = Rule(SITE)
ARCHIVE = Rule(SITE, parameters=None)

RULES = {
    "home": NUMBERS,
    "indices": NUMBERS,
    "index-detail": Rule(MARKET, frozenset({"range"}), seconds=30),
    "report-list": ARCHIVE,
    "report-year": ARCHIVE,
    "report-month": ARCHIVE,
    "report-detail": TEXT,
    "report-export": TEXT,
    "report-card": TEXT,
    "track-record": NUMBERS,
    "api-1:indices": SNAPSHOT,
    "about": TEXT,
    "method": TEXT,
    "contact": TEXT,
    "feed-atom": TEXT,
    "feed-rss": TEXT,
    "feed-json": TEXT,
    "sitemap": TEXT,
    "sitemap-part": TEXT,
    "robots": TEXT,
}


def rule_of(path: str, query: str) -> Rule | None:
    """The rule for a decoded path with this query; None for what only Django may answer."""
    if len(path) > LONGEST_PATH or not path.isascii():
        return None
    language = get_language_from_path(path) or settings.LANGUAGE_CODE
    try:
        with override(language):
            name = resolve(path).view_name
    except Resolver404:
        return None
    rule = RULES.get(name)
    return None if rule is None or _asks(query, rule.parameters) else rule


def _asks(query: str, parameters: frozenset[str] | None) -> bool:
    """Whether the query has one of these parameters, in whatever spelling."""
    if not query or parameters is None:
        return bool(query)
    if not parameters:
        return False
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return True
    return any(name in parameters for name, _ in pairs)
