"""What every writer takes and gives back. Plain values, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reports.document import Document
from reports.facts import FactSheet


class WriterError(Exception):
    """A writer gave nothing usable; the message is one sentence, free of secrets."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a report is to be about: the facts, and the edition (morning, noon, …)."""

    sheet: FactSheet
    edition: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One report in both languages, with the name of the writer that made it."""

    vi: Document
    en: Document
    writer: str


class Writer(Protocol):
    """Writes from a brief; raises WriterError."""

    name: str

    def write(self, brief: Brief) -> Draft: ...
