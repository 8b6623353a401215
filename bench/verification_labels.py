"""The labelled sentences: what each says of one of two real sessions, and whether that is true.

A third of them, told by a hash of the text, is held out: it is counted, never read while tuning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from bench.verification_reports import sheet_of
from reports.facts import FactSheet
from reports.writing.research import Item
from reports.writing.verification import Checked, Declared, verify_text

FOLDER = Path(__file__).parent / "verification"
SHEETS = {"up": (date(2021, 3, 1), 7), "down": (date(2021, 1, 28), 3)}


@dataclass(frozen=True)
class Labelled:
    """One sentence; `true` when everything that it says is so and is accounted for."""

    sheet: str
    language: str
    true: bool
    kind: str
    text: str
    declared: tuple[Declared, ...]
    seen: bool = False

    @property
    def held_out(self) -> bool:
        if self.seen:
            return False
        return hashlib.sha256(f"{self.sheet} {self.text}".encode()).digest()[0] % 3 == 0

    def facts(self) -> FactSheet:
        return sheet_of(*SHEETS[self.sheet])

    def check(self) -> list[Checked]:
        section = "crypto" if self.kind == "crypto" else ""
        editor = self.kind == "editor"
        return verify_text(
            self.text, self.facts(), self.declared, items(), self.language, section, editor
        )

    def is_right(self) -> bool:
        """Whether the verifier's verdict is the label's."""
        return all(item.passed for item in self.check()) is self.true


def labelled() -> Iterator[Labelled]:
    """The set, and what was added while tuning."""
    for name in ("sentences.txt", "prose.txt", "tuned.txt"):
        for line in (FOLDER / name).read_text().splitlines():
            if line and not line.startswith("#"):
                yield _read(line, seen=name == "tuned.txt")


def _read(line: str, seen: bool) -> Labelled:
    styled = line.replace("|abs", "¦abs").replace("|signed", "¦signed")
    head, text, *rest = (part.strip() for part in styled.split("|"))
    sheet, language, verdict, kind = head.split(" ", 3)
    if verdict not in {"true", "false"}:
        raise ValueError(line)
    declared = tuple(_declared(part) for part in rest[0].split(";")) if rest else ()
    said = text.replace("¦", "|")
    return Labelled(sheet, language, verdict == "true", kind, said, declared, seen)


def _declared(part: str) -> Declared:
    figure, _, proof = part.partition(" = ")
    kind, _, evidence = proof.partition(": ")
    return Declared(figure.strip(), kind, evidence.strip())


@cache
def items() -> tuple[Item, ...]:
    found = json.loads((FOLDER / "items.json").read_text())
    moment = datetime.fromisoformat("2021-03-01T02:00:00+00:00")
    return tuple(
        Item(row["id"], row["title"], row["summary"], "https://example.org/", "example", moment)
        for row in found
    )
