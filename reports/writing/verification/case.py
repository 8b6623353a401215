"""What a text is checked against, and the shape of an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.facts import FactSheet
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.results import Checked, Declared, Source


@dataclass(frozen=True, slots=True)
class Case:
    """What one text is checked against; `subject` is what a sentence without a name is about."""

    sheet: FactSheet
    declared: Sequence[Declared]
    items: dict[str, Source]
    language: str
    section: str
    editor: bool
    subject: str
    supposed: bool = False  # the text tells what may be

    @property
    def lead(self) -> str:
        """The first index that the sheet knows, outside the crypto section."""
        if self.section == "crypto":
            return "crypto"
        return next((state.key for state in self.sheet.indices if state.known), "")

    def about(self, subject: str) -> Case:
        return self if subject == self.subject else replace(self, subject=subject)


def result(
    sentence: Sentence, case: Case, figure: str, kind: str, evidence: str, reason: str
) -> Checked:
    """The outcome for one figure or claim: passed when there is no reason against it."""
    text = f"“{figure.strip()}” {reason}." if reason else ""
    return Checked(case.section, sentence.raw, figure.strip(), kind, evidence, not reason, text)
