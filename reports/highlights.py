"""What a search shows of its matches: the words that were found, marked where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape  # Django's own takes longer to ask whether a text is lazy
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe

from reports.folding import Span, composed, cut, fold, occurrences
from reports.models import Report, ReportText
from reports.search import Match, Query

EXCERPT = 260  # characters


@dataclass(frozen=True, slots=True)
class Hit:
    """A match as it is listed; `language` is that of the excerpt, if it is not the page's."""

    report: Report
    title: SafeString
    excerpt: SafeString
    language: str


class Words(NamedTuple):
    """What the search has of a report's article; see `ReportText`."""

    written_in: str
    body: str
    folded: str


def hits(query: Query, matches: Sequence[Match], language: str) -> list[Hit]:
    """The matches with their words marked, in the same order; two statements for all of them."""
    keys = [match.report_id for match in matches]
    reports = Report.objects.published().listed().in_bulk(keys)
    rows = ReportText.objects.filter(report__in=keys, language=language)
    columns = rows.values_list("report_id", "written_in", "body", "folded")
    texts = {key: Words(*words) for key, *words in columns}
    wanted = query.patterns
    return [
        _hit(reports[key], texts[key], wanted, language)
        for key in keys
        if key in reports and key in texts  # withdrawn since the search
    ]


def _hit(report: Report, text: Words, wanted: list[str], language: str) -> Hit:
    title, summary = composed(report.headline), composed(report.standfirst)
    summary_spans = occurrences(fold(summary), wanted)
    body_spans = [] if summary_spans else occurrences(text.folded, wanted)
    written_in = "en" if language == "en" and report.summary_en else "vi"
    excerpt = marked(summary, summary_spans)
    if body_spans:
        start, end = cut(text.body, body_spans, EXCERPT)
        inside = [(first - start, last - start) for first, last in body_spans if last <= end]
        excerpt = marked(text.body[start:end], [span for span in inside if span[0] >= 0])
        before, after = "… " if start else "", " …" if end < len(text.body) else ""
        excerpt = mark_safe(f"{before}{excerpt}{after}")  # noqa: S308 (escaped by marked)
        written_in = text.written_in
    return Hit(
        report,
        marked(title, occurrences(fold(title), wanted)),
        excerpt,
        written_in if written_in != language else "",
    )


def marked(text: str, spans: Sequence[Span]) -> SafeString:
    """Escaped text with these parts of it marked; lines become spaces."""
    parts, end = [], 0
    for start, stop in spans:
        parts += [escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>"]
        end = stop
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts).replace("\n", " · "))  # noqa: S308 (each part is escaped)
