"""Full-text search in what is public: with and without marks, the newest matches by their rank.

The words are looked up as `reports.folding` writes them. The matches of a common word are as many
as there are reports, so the search reads backwards through time, period by period, and stops when
it has enough: one statement, of which PostgreSQL begins a part when the one before did not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from django.db import connection

from market.sessions import VIETNAM
from marketsite import clock
from reports.folding import LONGEST_WORD, composed, fold, pattern
from reports.listing import Cursor, Filters
from reports.models import Word

MOST_MATCHES = 300
LONGEST_QUERY = 200  # characters
MOST_WORDS = 12
MOST_COMPLETED = 100  # words
SHORTEST_PREFIX = 3  # what begins with fewer letters is nearly everything

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # that a place in time is looked for

# For the statement it is sent with, as the two are one transaction; within another, until its end.
# In a small table the planner would rather read all rows: it does not count what it takes to unpack
# a vector.
INDEX_ALONE = "SET LOCAL enable_seqscan = off; "
ARM = """
    SELECT "report_id", "public_at", "head" FROM "reports_reporttext"
    WHERE "vector" @@ %s::tsquery AND "public_at" IS NOT NULL AND "tags" @> %s::text[]"""
TAGGED = ' AND "tags" @> %s::text[]'
WITHIN = ' AND "tags" && %s::text[]'
BEFORE = ' AND "public_at" < %s'
OLDER = ' AND "public_at" <= %s AND NOT ("public_at" = %s AND "report_id" >= %s)'
NEWEST_FIRST = ' ORDER BY "public_at" DESC, "report_id" DESC LIMIT %s'

_UNIT = re.compile(r'(?<!\S)(-?)(?:"([^"]*)"?|(\S+))')
_QUOTES = str.maketrans("“”„«»", '"""""')
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that stand one after the other; `excluded` when they must not."""

    words: tuple[str, ...]
    excluded: bool = False
    prefix: bool = False
    completed: tuple[str, ...] = ()  # what begins like the last word, where that is few words

    def tsquery(self) -> str:
        """A phrase is looked up by its pairs of words, which the index has: nothing is read."""
        joined = [" ".join(pair) for pair in pairwise(self.words)] or list(self.words)
        lexemes = [f"'{lexeme}'" for lexeme in joined]
        if self.completed:
            before = joined[-1].removesuffix(self.words[-1])
            lexemes[-1] = "(" + " | ".join(f"'{before}{word}'" for word in self.completed) + ")"
        elif self.prefix:
            lexemes[-1] += ":*"
        together = " & ".join(lexemes)
        return f"!({together})" if self.excluded else f"({together})"


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for; nothing when no word was left of it."""

    text: str = ""  # as typed, within bounds
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def expression(self) -> str:
        """For PostgreSQL: of lexemes as they are stored, which nothing has to parse once more."""
        return " & ".join(term.tsquery() for term in self.terms)

    @property
    def words(self) -> str:
        """The words alone, by which a title is ranked."""
        told = [word for term in self.terms if not term.excluded for word in term.words]
        return " & ".join(f"'{word}'" for word in told)

    @property
    def patterns(self) -> list[str]:
        """What to mark in a folded text."""
        return [pattern(term.words, term.prefix) for term in self.terms if not term.excluded]

    def by_prefix(self) -> Query:
        """The same with the last word as the beginning of one; nothing when it must stand whole."""
        *terms, last = self.terms
        if last.excluded or len(last.words[-1]) < SHORTEST_PREFIX or self.text.endswith('"'):
            return Query(self.text)
        return Query(self.text, (*terms, Term(last.words, prefix=True)))


@dataclass(frozen=True, slots=True)
class Match:
    """`rank` is how much of the words the title and the summary say."""

    report_id: int
    public_at: datetime
    rank: float

    @property
    def age(self) -> tuple[datetime, int]:
        return self.public_at, self.report_id


@dataclass(frozen=True, slots=True)
class Found:
    """The newest matches; `more` when there are others, older than these."""

    query: Query  # the one that found them
    matches: list[Match] = field(default_factory=list)
    more: bool = False


def parse(text: str) -> Query:
    """Words, "phrases" and -exclusions, whatever else is typed; never an error."""
    text = " ".join(composed(text[: 4 * LONGEST_QUERY]).split())[:LONGEST_QUERY]
    terms: list[Term] = []
    for minus, phrase, unit in _UNIT.findall(text.translate(_QUOTES)):
        words = tuple(word[:LONGEST_WORD] for word in fold(phrase or unit).split())
        # a figure is one thing, however it is punctuated; VN-Index is simply two words
        together = phrase or _FIGURE.search(unit)
        for part in [words] if together else [(word,) for word in words]:
            terms.append(Term(part, bool(minus)))
    return Query(text, _bounded(terms))


def _bounded(terms: list[Term]) -> tuple[Term, ...]:
    """Each term once and few of them; exclusions alone exclude nothing."""
    kept: list[Term] = []
    words = 0
    for term in dict.fromkeys(terms):
        words += len(term.words)
        if term.words and words <= MOST_WORDS:
            kept.append(term)
    return tuple(kept) if any(not term.excluded for term in kept) else ()


def newest(
    query: Query,
    language: str,
    filters: Filters,
    limit: int = MOST_MATCHES,
    before: Cursor | None = None,
) -> Found:
    """The newest matches, in that order; the words whole, or else the last one as a beginning."""
    found = _newest(query, language, filters, limit, before) if query else Found(query)
    if found.matches or not query:
        return found
    longer = _completed(query.by_prefix())
    return _newest(longer, language, filters, limit, before) if longer else found


def _newest(
    query: Query, language: str, filters: Filters, limit: int, before: Cursor | None
) -> Found:
    rows = _rows(query, language, filters, limit + 1, before)
    matches = sorted(rows, key=lambda row: row.age, reverse=True)
    return Found(query, matches[:limit], len(matches) > limit)


def _completed(query: Query) -> Query:
    """With the words that begin like the last one; as it is when those are many, nothing if none.

    PostgreSQL collects all reports of whatever begins so, for each period anew. Words in place of
    their beginning it looks up as any others.
    """
    if not query:
        return query
    *terms, last = query.terms
    words = Word.objects.filter(text__startswith=last.words[-1]).values_list("text", flat=True)
    found = tuple(words.order_by("text").distinct()[: MOST_COMPLETED + 1])
    if not found:
        return Query(query.text)
    if len(found) > MOST_COMPLETED:
        return query
    return Query(query.text, (*terms, replace(last, completed=found)))


def ranked(query: Query, language: str, filters: Filters) -> Found:
    """The newest matches, those first whose title or summary says it."""
    found = newest(query, language, filters)
    best = sorted(found.matches, key=lambda match: (round(match.rank, 1), match.age), reverse=True)
    return replace(found, matches=best)


def _rows(
    query: Query, language: str, filters: Filters, limit: int, before: Cursor | None
) -> list[Match]:
    statement, values = _statement(query, language, filters, limit, before)
    with connection.cursor() as cursor:
        cursor.execute(INDEX_ALONE + statement, values)
        return [Match(*row) for row in cursor.fetchall()]


def _statement(
    query: Query, language: str, filters: Filters, limit: int, before: Cursor | None
) -> tuple[str, list[Any]]:
    """The search of each period, the newest first, as one statement and its values.

    In SQL, as what Django makes of it takes longer than PostgreSQL's answer to it.
    """
    where, given = ARM, list[Any]([query.expression, [language]])
    if tags := filters.tags(language):
        where, given = where + TAGGED, [*given, tags]
    if before:
        where, given = where + OLDER, [*given, before.at, before.at, before.pk]
    years = 5 if any(term.excluded for term in query.terms) else 10
    periods = [("", [])] if filters.year else _periods(language, before, years)
    arms, values = [], list[Any]([query.words])
    for within, bounds in periods:
        arms.append(f"({where}{within}{NEWEST_FIRST})")
        values += [*given, *bounds, limit]
    columns = '"report_id", "public_at", ts_rank("head", %s::tsquery)'
    statement = f"SELECT {columns} FROM ({' UNION ALL '.join(arms)}) AS found LIMIT %s"  # noqa: S608
    return statement, [*values, limit]


def _periods(language: str, before: Cursor | None, years: int) -> Iterator[tuple[str, list[Any]]]:
    """A month and the two before it, the rest of two years, of so many, and all before those.

    How they are cut changes nothing but how much is read: together they are all of time. For the
    last one the index is gone through whole, so that where words are excluded, of which much may be
    gone through for nothing, less comes before it. What goes on from a place in the past begins
    there, rather than to read all that is newer.
    """
    now = clock.now()
    newest = (min(max(before.at, EARLIEST), now) if before else now).astimezone(VIETNAM)
    months = [divmod(newest.year * 12 + newest.month - 1 + shift, 12) for shift in (1, 0, -1, -2)]
    yield WITHIN, [[f"{language}:{year}-{month + 1:02}" for year, month in months]]
    year, month = months[-1]
    tags = [f"{language}:{newest.year - back}" for back in range(-1, years)]
    yield WITHIN + BEFORE, [tags[:3], datetime(year, month + 1, 1, tzinfo=VIETNAM)]
    yield WITHIN, [tags[3:]]
    yield BEFORE, [datetime(newest.year - years + 1, 1, 1, tzinfo=VIETNAM)]
