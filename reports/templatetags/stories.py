"""Reports as lists show them: what a row says, worked out once and in one language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from market import formats
from market.sessions import VIETNAM
from market.templatetags.figures import unbroken
from marketsite.language import page_language
from reports.highlights import Hit
from reports.models import Report

register = template.Library()

SLUG = "0-slug-0"  # stands for any report's in an address


@dataclass(frozen=True, slots=True)
class Story:
    """A row; `title_lang` and `summary_lang` are set where those are not in the page's language."""

    url: str
    moment: str  # ISO 8601
    day: str
    time: str
    edition: str
    title: SafeString
    title_lang: str
    summary: str
    summary_lang: str
    is_note: bool
    simulated: bool


@register.filter
def stories(reports: Iterable[Report]) -> Iterator[Story]:
    """Rows of a list: with the summary, and names that do not part at a line's end."""
    write = _Writer()
    for report in reports:
        english = write.language == "en"
        title = report.title_en if english and report.title_en else report.title
        summary = report.summary_en if english and report.summary_en else report.summary
        lang = "vi" if english and not report.summary_en else ""
        yield write.story(report, unbroken(title), summary, lang)


@register.filter
def found_stories(hits: Iterable[Hit]) -> Iterator[Story]:
    """Rows of a search: with the words that were found."""
    write = _Writer()
    for hit in hits:
        yield write.story(hit.report, hit.title, hit.excerpt, hit.language)


class _Writer:
    """What all rows share: a list of twenty asks once for the language, and for addresses."""

    def __init__(self) -> None:
        self.language = page_language()
        self._address = reverse("report-detail", args=[SLUG])
        self._editions = {value: str(label) for value, label in Report.Edition.choices}

    def story(self, report: Report, title: SafeString, summary: str, summary_lang: str) -> Story:
        moment = cast(datetime, report.published_at)
        local = moment.astimezone(VIETNAM)
        weekday = formats.weekday(local.date(), self.language)
        return Story(
            url=self._address.replace(SLUG, report.slug),
            moment=moment.isoformat(),
            day=f"{weekday[:1].upper()}{weekday[1:]}, {formats.day(local.date(), self.language)}",
            time=f"{local:%H:%M}",
            edition=self._editions.get(report.edition, report.edition),
            title=title,
            title_lang="vi" if self.language == "en" and not report.title_en else "",
            summary=summary,
            summary_lang=summary_lang,
            is_note=report.is_note,
            simulated=report.simulated,
        )
