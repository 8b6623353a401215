"""Sentences of the phrase books, filled with references and words.

A phrase names a fact as `{close}`, `{change:abs}` or `{change_percent:signed}` (of the lead index),
`{best.change_percent:signed}` (of another subject; `{best}` alone is its name), and words that the
code chose, such as `{verb}` or `{day}`. `~` is a no-break space. Both languages stand together, so
that they say the same with the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from market import formats
from reports.facts import CRYPTO_SUBJECTS
from reports.writing.writers.reading import Move, Reading

FOLDER = Path(__file__).parent / "phrases"
N = formats.NBSP


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say a thing, in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class FactName:
    """A fact as a phrase names it; a format such as `abs` or `signed` is its style."""

    key: str

    def __format__(self, style: str) -> str:
        return f"{{{{{self.key}|{style}}}}}" if style else f"{{{{{self.key}}}}}"


class Subject:
    """An index or a coin in a phrase: its name, and its facts as attributes."""

    def __init__(self, key: str, name: str) -> None:
        self._key = key
        self._name = name

    def __getattr__(self, fact: str) -> FactName:
        return FactName(f"{self._key}.{fact}")

    def __str__(self) -> str:
        return self._name

    def __format__(self, style: str) -> str:
        return self._name


class _Words(dict[str, Any]):
    """The words of a phrase; what is none of them is a fact of the lead index."""

    def __init__(self, lead: str, words: Mapping[str, Any]) -> None:
        super().__init__(words)
        self._lead = lead

    def __missing__(self, name: str) -> FactName:
        return FactName(f"{self._lead}.{name}")


class Speech:
    """One language's sentences about one reading."""

    def __init__(self, language: str, r: Reading) -> None:
        self.language = language
        self.r = r
        crypto = {key: Subject(key, name) for key, name in CRYPTO_SUBJECTS.items()}
        self._words = {**crypto, **self._usual_words()}

    def say(self, group: str, slot: str = "", **words: Any) -> str:
        """The phrase of `group` whose turn it is; `slot` when one report uses a group twice.

        Raises KeyError for a group that no book has.
        """
        phrase = self.r.pick(slot or group, book()[group])
        text = phrase.vi if self.language == "vi" else phrase.en
        filled = text.format_map(_Words(self.r.lead.key, self._words | words)).replace("~", N)
        return filled[:1].upper() + filled[1:]

    def word(self, group: str) -> str:
        """The fixed word of a group that has one phrase."""
        (phrase,) = book()[group]
        return (phrase.vi if self.language == "vi" else phrase.en).replace("~", N)

    def verb(self, move: Move) -> str:
        """`tăng mạnh`, `edged up`: how an index moved, by direction and size."""
        return self.word(f"verb.{move.direction}.{move.size}")

    def join(self, parts: list[str]) -> str:
        """`a`, `a và b`, `a, b và c`."""
        last = " và " if self.language == "vi" else " and "
        return last.join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]

    def subject(self, key: str) -> Subject:
        return Subject(key, self.r.sheet.index_name(key))

    @property
    def time(self) -> str:
        """`11h30`: the time that the report speaks of, that of figures which ended early."""
        fact = self.r.fact("close")
        moment = fact.as_of if fact and self.r.is_stopped else self.r.sheet.now
        return formats.clock_time(moment, self.language)

    def _usual_words(self) -> dict[str, Any]:
        r, language = self.r, self.language
        day = formats.short_day(r.day, language)
        return {
            "name": r.lead.display_name,
            "it": self._it(),
            "verb": self.verb(r.move()),
            "Verb": self.verb(r.move()).capitalize(),
            "day": day,
            "weekday": formats.weekday(r.day, language),
            "when": self._when(day),
            "time": self.time,
            "ends": self.r.pick("ends", self._endings()),
        }

    def _it(self) -> str:
        """How a later sentence calls the lead: by its name when it is not the market's first."""
        if self.r.sheet.indices[0].key != self.r.lead.key:
            return self.r.lead.display_name
        return "chỉ số" if self.language == "vi" else "the index"

    def _endings(self) -> list[str]:
        phrases = book()[f"ends.{self.r.phase}"]
        return [(item.vi if self.language == "vi" else item.en).replace("~", N) for item in phrases]

    def _when(self, day: str) -> str:
        r, language = self.r, self.language
        words = {"weekday": formats.weekday(r.day, language), "day": day, "time": self.time}
        return self.word(f"when.{r.phase}").format_map(words)


@lru_cache(maxsize=1)
def book() -> dict[str, tuple[Phrase, ...]]:
    """All phrase books by group. A file is groups `[name]` of pairs `vi: …`, `en: …`."""
    groups: dict[str, list[Phrase]] = {}
    for path in sorted(FOLDER.glob("*.txt")):
        name, vietnamese = "", ""
        for line in path.read_text("utf-8").splitlines():
            kind, _, text = line.partition(": ")
            if line.startswith("["):
                name = line.strip("[]")
            elif kind == "vi":
                vietnamese = text
            elif kind == "en":
                groups.setdefault(name, []).append(Phrase(vietnamese, text))
    return {name: tuple(phrases) for name, phrases in groups.items()}
