"""Full-text search in what is public: with and without marks, the newest matches by their rank.

The words are looked up as `reports.folding` writes them. The matches of a common word are as many
as there are reports, so the search reads backwards through time, period by period, and stops when
it has enough: one statement, of which PostgreSQL begins a part when the one before did not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value

from market.sessions import VIETNAM
from marketsite import clock
from reports.folding import LONGEST_WORD, composed, fold, pattern
from reports.listing import Cursor, Filters
from reports.models import ReportText

MOST_MATCHES = 300
LONGEST_QUERY = 200  # characters
MOST_WORDS = 12
SHORTEST_PREFIX = 3  # what begins with fewer letters is nearly everything

_UNIT = re.compile(r'(?<!\S)(-?)(?:"([^"]*)"?|(\S+))')
_QUOTES = str.maketrans("“”„«»", '"""""')
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that stand one after the other; `excluded` when they must not."""

    words: tuple[str, ...]
    excluded: bool = False
    prefix: bool = False

    def tsquery(self) -> str:
        """A phrase is looked up by its pairs of words, which the index has: nothing is read."""
        joined = [" ".join(pair) for pair in pairwise(self.words)] or list(self.words)
        lexemes = [f"'{lexeme}'" for lexeme in joined]
        if self.prefix:
            lexemes[-1] += ":*"
        together = " & ".join(lexemes)
        return f"!({together})" if self.excluded else f"({together})"


class Lexemes(SearchQuery):
    """A query whose words are lexemes already, pairs among them: nothing parses it once more."""

    def as_sql(self, compiler: Any, connection: Any, *_given: Any, **_more: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s::tsquery")


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for; nothing when no word was left of it."""

    text: str = ""  # as typed, within bounds
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def expression(self) -> Lexemes:
        return Lexemes(" & ".join(term.tsquery() for term in self.terms))

    @property
    def words(self) -> Lexemes:
        """The words alone, by which a title is ranked."""
        told = [word for term in self.terms if not term.excluded for word in term.words]
        return Lexemes(" & ".join(f"'{word}'" for word in told))

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
    report_id: int
    public_at: datetime

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
    found = Found(query)
    for asked in (query, query.by_prefix() if query else query):
        if asked and not found.matches:
            rows = _rows(asked, language, filters, limit + 1, before)
            matches = sorted(rows, key=lambda row: row.age, reverse=True)
            found = Found(asked, matches[:limit], len(matches) > limit)
    return found


def ranked(query: Query, language: str, filters: Filters) -> Found:
    """The newest matches, those first whose title or summary says it."""
    found = newest(query, language, filters)
    rank = SearchRank(F("head"), found.query.words) if found.matches else Value(0)
    texts = ReportText.objects.filter(
        language=language, report__in=[match.report_id for match in found.matches]
    )
    ranks = dict(texts.values_list("report_id").annotate(rank=rank))
    return Found(
        found.query,
        sorted(
            found.matches,
            key=lambda match: (round(ranks.get(match.report_id, 0), 1), match.age),
            reverse=True,
        ),
        found.more,
    )


def _rows(
    query: Query, language: str, filters: Filters, limit: int, before: Cursor | None
) -> list[Match]:
    arms = [arm[:limit] for arm in statements(query, language, filters, before)]
    rows = arms[0].union(*arms[1:], all=True)[:limit] if len(arms) > 1 else arms[0]
    with transaction.atomic():
        _through_the_index()
        return [Match(*row) for row in rows]


def _through_the_index() -> None:
    """Until the end of the transaction. In a small table the planner would rather read all rows:
    it does not count what it takes to unpack a vector.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def statements(
    query: Query, language: str, filters: Filters, before: Cursor | None = None
) -> list[QuerySet[ReportText, Any]]:
    """The search of each period, the newest first."""
    texts = ReportText.objects.filter(
        vector=query.expression,
        public_at__isnull=False,
        tags__contains=[filters.tag(language), *filters.other_tags()],
    )
    if before is not None:
        texts = texts.filter(before.older("public_at", "report_id"))
    rows = texts.order_by("-public_at", "-report_id").values_list("report_id", "public_at")
    periods = [Q()] if filters.year else _periods(language)
    return [rows.filter(period) for period in periods]


def _periods(language: str) -> Iterator[Q]:
    """This month and the two before it, the rest of two years, of ten, and all before those.

    How they are cut changes nothing but how much is read: together they are all of time.
    """
    now = clock.now().astimezone(VIETNAM)
    months = [divmod(now.year * 12 + now.month - 1 + shift, 12) for shift in (1, 0, -1, -2)]
    yield Q(tags__overlap=[f"{language}:{year}-{month + 1:02}" for year, month in months])
    year, month = months[-1]
    recent = datetime(year, month + 1, 1, tzinfo=VIETNAM)
    years = [f"{language}:{now.year - back}" for back in range(-1, 10)]
    yield Q(tags__overlap=years[:3], public_at__lt=recent)
    yield Q(tags__overlap=years[3:])
    yield Q(public_at__lt=datetime(now.year - 9, 1, 1, tzinfo=VIETNAM))
