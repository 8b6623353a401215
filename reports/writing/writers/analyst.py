"""The offline analyst: a complete bilingual report from the numbers alone, without a model.

What matters is decided once for both languages (`reading.py`, `angles.py`), the sections say it in
the words of the phrase books (`phrases/`), each of which stands there in both languages. Both
documents thus have the same sections, blocks and facts.
"""

from __future__ import annotations

from reports.document import Document
from reports.writing.writers.angles import angles
from reports.writing.writers.base import Brief, Draft
from reports.writing.writers.headline import standfirst, title
from reports.writing.writers.market_sections import indices, what_happened
from reports.writing.writers.notes import note_document
from reports.writing.writers.other_sections import (
    calendar,
    crypto,
    has_crypto,
    has_scenarios,
    numbers,
    scenarios,
)
from reports.writing.writers.reading import Reading, read
from reports.writing.writers.speech import Speech
from reports.writing.writers.trend_section import trend


class Analyst:
    """The last writer in every list: it needs no network, no key, and never fails on its own."""

    name = "analyst"

    def write(self, brief: Brief) -> Draft:
        """The report in both languages; raises WriterError when no index is known."""
        reading = read(brief.sheet, brief.edition)
        return Draft(_document("vi", reading), _document("en", reading), self.name)

    def note(self, brief: Brief, reason: str, detail: str = "") -> Draft:
        """A short note instead of a report: `reason` is unchanged, disputed or unverified.

        `detail` names the open point in words that need no translation, such as index names; one
        with figures is left out. Raises WriterError when no index is known, KeyError for another
        reason.
        """
        reading = read(brief.sheet, brief.edition)
        vi, en = (
            note_document(Speech(language, reading), reason, detail) for language in ("vi", "en")
        )
        return Draft(vi, en, self.name)


def skeleton(brief: Brief) -> Draft:
    """The report whose tables, charts, scenarios and evidence other writers' reports use, too.

    The blocks of code in each section are Table, Figure, Scenarios and Evidence; the rest is prose.
    """
    return Analyst().write(brief)


def _document(language: str, r: Reading) -> Document:
    s, day = Speech(language, r), angles(r)
    sections = [
        what_happened(s, day),
        indices(s, day),
        *([trend(s, day)] if r.has_trend else []),
        *([crypto(s)] if has_crypto(r) else []),
        *([scenarios(s)] if has_scenarios(r) else []),
        calendar(s),
        numbers(s),
    ]
    return Document(title(s, day[0]), standfirst(s), tuple(sections))
