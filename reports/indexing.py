"""Keeps the words that the search looks up: written whenever a report's own words are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import transaction
from django.db.models import Func, Value

from reports.folding import composed, fold, lexemes, plain_text
from reports.models import Report, ReportText

BATCH = 100
FIELDS = ("title", "title_en", "summary", "summary_en", "html_content", "html_content_en")
LANGUAGES = {"vi": "", "en": "_en"}


def index(report_id: int) -> None:
    """Store the words of a report as they stand in the database.

    Who changes texts by `update()` or `bulk_create()`, which send no signal, calls this.
    """
    with transaction.atomic():
        report = (
            Report.objects.select_for_update(of=("self",))
            .only(*FIELDS)
            .filter(pk=report_id)
            .first()
        )
        if report is not None:
            _store([report])


def index_all(missing_only: bool = False) -> Iterator[int]:
    """Index every report, or those that never were, newest first; yields how many, by batches."""
    last: int | None = None
    while True:
        rows = Report.objects.order_by("-pk").only(*FIELDS)
        if missing_only:
            rows = rows.filter(texts=None)
        if last is not None:
            rows = rows.filter(pk__lt=last)
        with transaction.atomic():
            reports = list(rows.select_for_update(of=("self",))[:BATCH])
            _store(reports)
        if not reports:
            return
        last = reports[-1].pk
        yield len(reports)


def follow(
    sender: Any,
    instance: Report,
    created: bool = False,
    update_fields: Collection[str] | None = None,
    **_signal: Any,
) -> None:
    """A saved report is searched by what it says now.

    A new one that is not committed yet, nobody else can have changed.
    """
    if created and transaction.get_connection().in_atomic_block:
        _store([instance])
    elif update_fields is None or not set(FIELDS).isdisjoint(update_fields):
        index(instance.pk)


def _store(reports: list[Report]) -> None:
    ReportText.objects.bulk_create(
        [_text(report, language) for report in reports for language in LANGUAGES],
        update_conflicts=True,
        unique_fields=["report", "language"],
        update_fields=["written_in", "body", "folded", "head", "vector"],
    )


def _text(report: Report, language: str) -> ReportText:
    title, summary, body = words_of(report, language)
    folded = fold(body)
    return ReportText(
        report_id=report.pk,
        language=language,
        written_in="en" if language == "en" and report.html_content_en else "vi",
        body=body,
        folded=folded,
        **vectors(fold(title), fold(summary), folded),
    )


def vectors(title: str, summary: str, body: str) -> dict[str, Any]:
    """What folded texts are found and ranked by, as expressions for the columns.

    A word is found as it was folded: PostgreSQL's parser, to which `0e0d` is two, has no say in it.
    """
    return {
        "head": _weighted(title, "A") + _weighted(summary, "B"),
        "vector": _Vector(Value(lexemes(title, summary, body))),
    }


class _Vector(Func):
    """Lexemes as a vector."""

    template = "array_to_tsvector(%(expressions)s::text[])"
    output_field = SearchVectorField()


def words_of(report: Report, language: str) -> tuple[str, str, str]:
    """Title, summary and article as the page in that language shows them."""

    def told(name: str) -> str:
        own: str = getattr(report, name + LANGUAGES[language])
        return own or getattr(report, name)

    return composed(told("title")), composed(told("summary")), plain_text(told("html_content"))


def _weighted(text: str, weight: str) -> SearchVector:
    return SearchVector(Value(text), weight=weight, config="simple")
