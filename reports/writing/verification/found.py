"""What the finders of claims hand over, and what they share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification import subjects
from reports.writing.verification.case import Case
from reports.writing.verification.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch of a sentence that says something provable; proven when `reason` is empty.

    `figures` when the digits inside are part of it and need no proof of their own.
    """

    start: int
    end: int
    evidence: str
    reason: str
    figures: bool = True


def subject(sentence: Sentence, position: int, case: Case) -> str:
    return subjects.speaker(sentence, position, case.subject)


def change(sheet: FactSheet, key: str) -> Decimal | None:
    """A day's change in percent as it reads, with two decimals."""
    value = sheet.value(f"{key}.change_percent")
    return None if value is None else value.quantize(Decimal("0.01"))


def changes(sheet: FactSheet) -> dict[str, Decimal]:
    """The day's change of each known index."""
    found = {state.key: change(sheet, state.key) for state in sheet.indices if state.known}
    return {key: value for key, value in found.items() if value is not None}


def between(text: str, start: int, end: int) -> str:
    return re.sub(r"\s+", " ", text[start:end])
