"""The prompts' texts: the files of this folder, their placeholders, and how these are filled.

Plain values, no Django. A placeholder is `$facts` or `${facts}`; a dollar sign is written `$$`.
What is filled in is never read for placeholders again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent
LONGEST_PROMPT = 20_000
NOTHING = "(không có)"  # stands where a run has nothing to fill in
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Places:
    """The placeholders that a prompt must and may hold."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return self.required | self.optional


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text: `kind` is empty, long, missing, unknown, stray or unseen.

    `detail` names the placeholders, or the lines.
    """

    kind: str
    detail: str = ""


def _places(required: str, optional: str = "") -> Places:
    return Places(frozenset(required.split()), frozenset(optional.split()))


_SECTION = _places("facts", "research previous edition written headings proven")
PLACEHOLDERS: dict[str, Places] = {
    "system": Places(),
    "headline": _places("facts written", "research previous edition headings proven"),
    "what-happened": _SECTION,
    "indices": _SECTION,
    "trend": _SECTION,
    "crypto": _SECTION,
    "news": _places("facts research", "previous edition written headings"),
    "scenarios": _SECTION,
    "correct": _places("facts problem answer", "research previous edition proven"),
    "translate": _places("texts"),
    "search": _places("facts", "edition previous"),
}
NAMES = tuple(PLACEHOLDERS)


@cache
def file_text(name: str) -> str:
    """The text that a prompt has until somebody edits it; KeyError for an unknown name."""
    if name not in PLACEHOLDERS:
        raise KeyError(name)
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


@cache
def file_version(name: str) -> str:
    """`file:1a2b3c4d`: names the file's content, which an upgrade may change."""
    return f"file:{hashlib.sha256(file_text(name).encode()).hexdigest()[:8]}"


def fill(name: str, text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; KeyError when a required value is not given.

    An optional value that is missing or empty becomes `NOTHING`. A placeholder that this release
    does not know, in a text that an older one let pass, stays as it is.
    """
    places = PLACEHOLDERS[name]
    if absent := places.required - values.keys():
        raise KeyError(f"{name}: {', '.join(sorted(absent))}")
    given = {place: values.get(place) or NOTHING for place in places.known}
    return Template(text).safe_substitute(given)


def fault_list(name: str, text: str) -> list[Fault]:
    """Everything that keeps a text from being the prompt `name`."""
    if not text.strip():
        return [Fault("empty")]
    places = PLACEHOLDERS[name]
    used = {found for found, _ in _found(text) if found}
    stray = sorted({line for found, line in _found(text) if not found})
    unseen = [number for number, line in enumerate(text.split("\n"), 1) if _UNSEEN.search(line)]
    found = [
        Fault("missing", _listed(places.required - used)),
        Fault("unknown", _listed(used - places.known)),
        Fault("stray", ", ".join(map(str, stray))),
        Fault("unseen", ", ".join(map(str, unseen))),
    ]
    long = [Fault("long")] if len(text) > LONGEST_PROMPT else []
    return long + [fault for fault in found if fault.detail]


def _found(text: str) -> Iterator[tuple[str, int]]:
    """Each placeholder's name with its line; "" for a dollar sign that begins none."""
    for match in Template.pattern.finditer(text):
        if match["escaped"] is None:
            name = match["named"] or match["braced"] or ""
            yield name, text.count("\n", 0, match.start()) + 1


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))
