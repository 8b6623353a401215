"""As much of Prometheus's query language as our dashboard and alerts use, read word by word.

https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?(?:e\d+)?)(?![\w.])
    |(?P<matchers>\{[^}]*\})
    |(?P<range>\[\d+[smhdw](?::\d+[smhdw])?\])
    |(?P<name>[a-z_]\w*)
    |(?P<operator>==|!=|>=|<=|[-+*/><])
    |(?P<open>\()|(?P<close>\))|(?P<comma>,)""",
    re.VERBOSE,
)
MATCHER = re.compile(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"')
FUNCTIONS = {"absent", "count", "deriv", "increase", "max", "min", "min_over_time", "rate", "sum"}
FUNCTIONS |= {"topk"}
OF_A_RANGE = {"deriv", "increase", "min_over_time", "rate"}


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric with the labels that the query asks of it, each with its value."""

    metric: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Query:
    selectors: tuple[Selector, ...]
    grouped_by: frozenset[str]


def read(text: str) -> Query:
    """The query's parts; raises ValueError for what cannot be one."""
    tokens = list(_tokens(text))
    selectors, grouped = [], set[str]()
    depth = place = 0
    while place < len(tokens):
        kind, word = tokens[place]
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth < 0:
            raise ValueError(f"closes what was not opened: {text}")
        if kind == "name" and word == "by":
            end = tokens.index(("close", ")"), place)
            grouped |= {name for kind, name in tokens[place + 1 : end] if kind == "name"}
            place = end
        elif kind == "name" and word in FUNCTIONS:
            _must_open(tokens, place, text)
        elif kind == "name":
            matchers = tokens[place + 1][1] if _kind(tokens, place + 1) == "matchers" else ""
            selectors.append(Selector(word, tuple(MATCHER.findall(matchers))))
        place += 1
    if depth or not selectors:
        raise ValueError(f"is unfinished: {text}")
    _ranges_fit(tokens, text)
    return Query(tuple(selectors), frozenset(grouped))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            raise ValueError(f"cannot be read from {text[place:]!r} on")
        kind = str(found.lastgroup)
        if kind == "matchers" and MATCHER.sub("", found[0]).strip("{}, "):
            raise ValueError(f"has matchers that are none: {found[0]}")
        if kind != "space":
            yield kind, found[0]
        place = found.end()


def _kind(tokens: list[tuple[str, str]], place: int) -> str:
    return tokens[place][0] if place < len(tokens) else ""


def _must_open(tokens: list[tuple[str, str]], place: int, text: str) -> None:
    after = tokens[place + 1] if place + 1 < len(tokens) else ("", "")
    if after[0] != "open" and after != ("name", "by"):
        raise ValueError(f"{tokens[place][1]} is given nothing: {text}")


def _ranges_fit(tokens: list[tuple[str, str]], text: str) -> None:
    """A function of a range gets one, and nothing else does."""
    ranges = sum(kind == "range" for kind, _ in tokens)
    wanted = sum(word in OF_A_RANGE for _, word in tokens)
    if ranges != wanted:
        raise ValueError(f"has {ranges} ranges for {wanted} functions: {text}")
