"""Which reports need a picture, and the rows that hold them. Drawn by jobs, never on request."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext, override

from market import formats
from reports import facts
from reports.models import Report, ReportCard
from reports.publishing.card_drawing import Artist, Content, Number

logger = logging.getLogger(__name__)

DESIGN = 1  # one more when cards shall look different: all are drawn anew then
NEWEST = 200  # how many reports a sweep looks at; the command looks at all
BATCH = 500
FIGURES = 3  # as many as the card has room for
FONTS = Path(settings.BASE_DIR) / "static/vendor/fonts"
DEFAULT = Path(settings.BASE_DIR) / "static/img/card.png"
DRAWN_FROM = (
    "is_note",
    "title",
    "title_en",
    "edition",
    "simulated",
    "published_at",
    "data_as_of",
    "facts",
)

Row = tuple[int, str, str]
Titles = QuerySet[Report, Row]


def draw_missing(newest: int | None = NEWEST) -> int:
    """Draw what the newest public reports lack, or all with None; how many cards were drawn.

    A card is missing too when the title or the design has changed since.
    """
    drawn = 0
    artist = Artist(FONTS)
    for batch in _batches(_titles(), newest):
        for report_id, languages in _missing(batch).items():
            report = Report.objects.only(*DRAWN_FROM).filter(pk=report_id).first()
            if report is not None:
                for language in languages:
                    _draw(report, language, artist)
                    drawn += 1
    if drawn:
        logger.info("drew cards count=%d", drawn)
    return drawn


def are_missing() -> bool:
    """Whether a sweep of the newest reports would draw anything."""
    return any(_missing(batch) for batch in _batches(_titles(), NEWEST))


def draw(report_id: int) -> None:
    """Draw the cards of one public report, in each language that it has, whatever its age."""
    report = Report.objects.published().only(*DRAWN_FROM).filter(pk=report_id).first()
    if report is not None and not report.is_note:
        artist = Artist(FONTS)
        for language in wanted(report.title, report.title_en):
            _draw(report, language, artist)


def wanted(title: str, title_en: str) -> dict[str, str]:
    """The titles of a report's cards by their languages."""
    return {"vi": title, "en": title_en} if title_en else {"vi": title}


def content(report: Report, language: str) -> Content:
    """What the card of a report shows in a language."""
    with override(language):
        numbers, line, line_name = _figures(report, language)
        when = report.data_as_of or report.published_at
        return Content(
            kicker=str(report.get_edition_display()),
            title=wanted(report.title, report.title_en)[language],
            foot=formats.moment(when, language) if when else "",
            numbers=numbers,
            line=line,
            line_name=line_name,
            mark=gettext("simulated data") if report.simulated else "",
        )


def default_content() -> Content:
    """What stands in for a card that is not drawn: `draw_cards --site` makes the file."""
    return Content(
        kicker="Vietnamese market reports",
        title="Báo cáo thị\u00a0trường Việt\u00a0Nam",
        foot="Mỗi con số truy được về nguồn · Every figure traced to its source",
    )


def _draw(report: Report, language: str, artist: Artist) -> None:
    made = content(report, language)
    png = artist.card(made)
    ReportCard.objects.update_or_create(
        report=report,
        language=language,
        defaults={
            "title": made.title,
            "design": DESIGN,
            "etag": hashlib.sha256(png).hexdigest(),
            "png": png,
        },
    )


def _titles() -> Titles:
    rows = Report.objects.published().filter(is_note=False)
    return rows.values_list("pk", "title", "title_en")


def _batches(titles: Titles, newest: int | None) -> Iterator[list[Row]]:
    """Rows by the batch, without holding 100,000 of them."""
    if newest is not None:
        yield list(titles[:newest])
        return
    rows = titles.iterator(chunk_size=BATCH)
    while batch := [row for _, row in zip(range(BATCH), rows, strict=False)]:
        yield batch


def _missing(batch: Sequence[Row]) -> dict[int, list[str]]:
    """The languages of the cards to draw, by report."""
    keys = [row[0] for row in batch]
    cards = ReportCard.objects.filter(report__in=keys, design=DESIGN)
    known = {
        (report_id, language): title
        for report_id, language, title in cards.values_list("report_id", "language", "title")
    }
    found: dict[int, list[str]] = {}
    for report_id, title, title_en in batch:
        for language, text in wanted(title, title_en).items():
            if known.get((report_id, language)) != text:
                found.setdefault(report_id, []).append(language)
    return found


def _figures(report: Report, language: str) -> tuple[list[Number], list[float], str]:
    """The first indices with their moves, and the course of the first; nothing without facts."""
    try:
        sheet = facts.from_json(report.facts or {})
    except (KeyError, ValueError, TypeError):  # an import's facts, or none
        return [], [], ""
    states = [state for state in sheet.indices if f"{state.key}.change_percent" in sheet.facts]
    numbers = [_number(sheet, state.key, state.display_name, language) for state in states]
    for state in states:
        if series := sheet.series.get(state.key):
            count = len(series.closes)
            name = gettext("%(name)s, %(count)d sessions") % {
                "name": state.display_name,
                "count": count,
            }
            return numbers[:FIGURES], [float(close) for close in series.closes], name
    return numbers[:FIGURES], [], ""


def _number(sheet: facts.FactSheet, key: str, name: str, language: str) -> Number:
    close, change = sheet.value(f"{key}.close"), sheet.value(f"{key}.change")
    percent = sheet.facts[f"{key}.change_percent"].value
    moved = formats.percent(percent, language, "always")
    if change is not None:
        moved = f"{formats.number(change, 2, language, 'always')} ({moved})"
    return Number(
        name=name,
        level=formats.number(close, 2, language) if close is not None else "–",
        change=moved,
        direction="flat" if not round(percent, 2) else "up" if percent > 0 else "down",
    )
