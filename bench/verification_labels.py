"""The labelled sentences: what each says of a real session, and whether that is true.

All of `TUNED_ON` was read while the rules were made, so their rates flatter; of `heldout.txt`
nothing was read. Any other set is measured with `python -m bench.verification_labels PATH`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

from bench.verification_reports import market, rows, sheet_of
from reports.analysis import build_facts
from reports.facts import FactSheet
from reports.inputs import IndexInput
from reports.writing.research import Item
from reports.writing.verification import Checked, Declared, verify_text
from reports.writing.verification.reading.sentences import split

SECTIONS = {"crypto", "news", "scenarios"}  # kinds that are a section of their own to the check
FOLDER = Path(__file__).parent / "verification"
SHEETS = {
    "up": (date(2021, 3, 1), 7),
    "down": (date(2021, 1, 28), 3),
    "gain": (date(2022, 11, 25), 5),
    "loss": (date(2022, 7, 6), 3),
    "split": (date(2020, 10, 20), 9),
    "rally": (date(2023, 5, 29), 4),
    "slide": (date(2023, 7, 6), 11),
    "quiet": (date(2023, 1, 12), 18),
}
# What the rules were tuned on, and by whom it was written: `sentences.txt` and `prose.txt` with
# what tuning added in `tuned.txt` (a third of the first two was held out until November 2026),
# `second.txt` and `third.txt` by another hand, `prompted.txt` by one that knew the prompts alone,
# `variants.txt` and `doubted.txt` by who tuned.
TUNED_ON = (
    "sentences.txt",
    "prose.txt",
    "tuned.txt",
    "second.txt",
    "third.txt",
    "prompted.txt",
    "drafts_1.txt",
    "drafts_2.txt",
    "drafts_3.txt",
    "drafts_4.txt",
    "drafts_5.txt",
    "drafts_6.txt",
    "variants.txt",
    "doubted.txt",
)
ITEMS = (
    "items.json",
    "items_more.json",
    "items_drafts.json",
    "items_drafts_2.json",
    "items_drafts_3.json",
    "items_heldout.json",
    "items_news.json",
)
DOUBTED = "doubted.txt"  # true sentences that are refused still
HELD_OUT = FOLDER / "heldout.txt"
_MEASURED = re.compile(r"^# measured (?P<day>\d{4}-\d\d-\d\d)", re.MULTILINE)
# A file may name days of its own, and an index of which nothing is known then, nor of crypto.
_SHEET = re.compile(
    r"^# sheet (?P<name>\w+) (?P<day>\d{4}-\d\d-\d\d) (?P<number>\d+)(?: without (?P<code>\w+))?$",
    re.MULTILINE,
)
SPARSE = {"split": "HNX30"}


@dataclass(frozen=True)
class Day:
    """A real session, the seed of what goes beside it, and the index that is missing."""

    name: str
    day: date
    number: int
    missing: str = ""

    def facts(self) -> FactSheet:
        if self.missing:
            return sparse(self.day, self.number, self.missing)
        return sheet_of(self.day, self.number)


@dataclass(frozen=True)
class Labelled:
    """A sentence, or a text of several; `true` when all that it says is so and accounted for."""

    sheet: Day
    language: str
    true: bool
    kind: str
    text: str
    declared: tuple[Declared, ...]
    source: str = ""

    @property
    def known_doubt(self) -> bool:
        """Whether it is refused still, and counted so."""
        return self.source == DOUBTED

    def check(self) -> list[Checked]:
        section = self.kind if self.kind in SECTIONS else ""
        editor = self.kind == "editor"
        return verify_text(
            self.text, self.sheet.facts(), self.declared, items(), self.language, section, editor
        )

    def is_right(self) -> bool:
        """Whether the verifier's verdict is the label's."""
        return all(item.passed for item in self.check()) is self.true

    def verdicts(self) -> list[tuple[str, bool]]:
        """Each sentence of a true text, and whether it passes; a false text with its verdict."""
        if not self.true:
            return [(self.text, self.is_right())]
        doubted = {item.sentence for item in self.check() if not item.passed}
        return [(sentence, sentence not in doubted) for sentence in split(self.text)]


def labelled() -> Iterator[Labelled]:
    """The sentences that the rules were tuned on."""
    for name in TUNED_ON:
        yield from read(FOLDER / name)


def held_out(path: Path = HELD_OUT) -> tuple[str, list[Labelled]]:
    """The day on which the held-out set was measured, and its sentences; nothing without a file."""
    if not path.exists():
        return "", []
    measured = _MEASURED.search(path.read_text())
    if measured is None:
        raise ValueError(f"{path.name} does not say when it was measured")
    return measured["day"], list(read(path))


def read(path: Path) -> Iterator[Labelled]:
    """The sentences of one file."""
    text = path.read_text()
    days = {name: Day(name, *when, SPARSE.get(name, "")) for name, when in SHEETS.items()}
    for found in _SHEET.finditer(text):
        when = date.fromisoformat(found["day"])
        days[found["name"]] = Day(found["name"], when, int(found["number"]), found["code"] or "")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield _read(line, path.name, days)


@cache
def sparse(day: date, number: int, code: str) -> FactSheet:
    """The sheet of a day on which one index and the crypto overview are missing."""
    end = next(at for at, row in enumerate(rows()) if row.day == day)
    data = market(end, number)
    indices = [
        IndexInput(item.code, item.key, item.exchange, error="timeout")
        if item.code == code
        else item
        for item in data.indices
    ]
    return build_facts(replace(data, indices=tuple(indices), crypto=None))


def _read(line: str, source: str, days: Mapping[str, Day]) -> Labelled:
    styled = line.replace("|abs", "¦abs").replace("|signed", "¦signed")
    head, text, *rest = (part.strip() for part in styled.split("|"))
    sheet, language, verdict, kind = head.split(" ", 3)
    if verdict not in {"true", "false"}:
        raise ValueError(line)
    declared = tuple(_declared(part) for part in rest[0].split(";")) if rest else ()
    said = text.replace("¦", "|")
    return Labelled(days[sheet], language, verdict == "true", kind, said, declared, source)


def _declared(part: str) -> Declared:
    figure, _, proof = part.partition(" = ")
    kind, _, evidence = proof.partition(": ")
    return Declared(figure.strip(), kind, evidence.strip())


@cache
def items() -> tuple[Item, ...]:
    found = [row for name in ITEMS for row in json.loads((FOLDER / name).read_text())]
    moment = datetime.fromisoformat("2021-03-01T02:00:00+00:00")
    return tuple(_item(row, moment) for row in found)


def _item(row: dict[str, str], moment: datetime) -> Item:
    source = row.get("source", "")  # of some it is not known
    return Item(row["id"], row["title"], row["summary"], "https://example.org/", source, moment)


def main(path: Path) -> int:
    """Measure one file, kind by kind, and show what was judged wrongly."""
    wrong = 0
    kinds: dict[tuple[bool, str], list[bool]] = {}
    for item in read(path):
        for text, right in item.verdicts():
            wrong += not right
            kinds.setdefault((item.true, item.kind), []).append(right)
            if not right:
                verdict = "Doubted" if item.true else "Missed"
                sys.stdout.write(f"{verdict}: {item.sheet.name} {item.kind}: {text}\n")
    for true, name in ((False, "misses"), (True, "false alarms")):
        parts = {kind: found for (label, kind), found in sorted(kinds.items()) if label is true}
        for kind, found in parts.items():
            sys.stdout.write(f"{name}, {kind}: {found.count(False)} of {len(found)}\n")
        every = [right for found in parts.values() for right in found]
        sys.stdout.write(f"{name}: {every.count(False)} of {len(every)}\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
