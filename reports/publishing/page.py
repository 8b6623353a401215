"""A report as its page shows it, in the language of the request."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cached_property

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from reports import document, facts
from reports.models import Report
from reports.publishing.render import lead_chart

WORDS_PER_MINUTE = 220


class ReportPage:
    """What templates read of one report beside its own fields."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._language = "en" if (get_language() or "vi").startswith("en") else "vi"

    @property
    def body(self) -> SafeString:
        """The article that our renderer made when the report was written."""
        return mark_safe(self.report.localised_html())  # noqa: S308

    @property
    def contents(self) -> Sequence[dict[str, str]]:
        return document.contents(self.report.localised_document() or {})

    @cached_property
    def lead_chart(self) -> SafeString:
        """The first chart, drawn anew for the home page; "" when there is none."""
        text, sheet = self.report.localised_document(), self.report.facts
        if text is None or not isinstance(sheet, dict):
            return SafeString("")
        return lead_chart(document.from_json(text), facts.from_json(sheet), self._language)

    @cached_property
    def reading_minutes(self) -> int:
        prose = re.sub(r"<(svg|details)\b.*?</\1>", " ", self.report.localised_html(), flags=re.S)
        return max(1, math.ceil(len(strip_tags(prose).split()) / WORDS_PER_MINUTE))

    @property
    def figures(self) -> int:
        return int(self.report.verification.get("figures", 0))

    @property
    def matched(self) -> int:
        return int(self.report.verification.get("matched", 0))

    @property
    def all_matched(self) -> bool:
        return self.figures > 0 and self.matched == self.figures

    @property
    def reviewer(self) -> str:
        user = self.report.reviewed_by
        return (user.get_full_name() or user.get_username()) if user else ""

    @property
    def by_rules(self) -> bool:
        return self.report.writer == "analyst"
