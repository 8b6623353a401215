"""What differs between two texts, line by line, and inside changed lines word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT = 3
MOST_WORDS = 600  # in a longer line the words are not compared
ALIKE = 0.35  # lines that share less are a removed and an added one
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Kind = Literal["same", "removed", "added", "gap"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; `changed` is what the other text does not have there."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either text, with its numbers there; a gap stands for lines that are the same."""

    kind: Kind
    old: int | None
    new: int | None
    pieces: tuple[Piece, ...] = ()


def difference(old: str, new: str) -> list[Line]:
    """The changed lines with three around them; an empty list for equal texts."""
    before, after = old.splitlines(), new.splitlines()
    found: list[Line] = []
    reached = 0
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT):
        if group[0][1] > reached:
            found.append(Line("gap", None, None))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                found += [
                    Line("same", old_from + at + 1, new_from + at + 1, (Piece(line),))
                    for at, line in enumerate(before[old_from:old_to])
                ]
            else:
                removed, added = before[old_from:old_to], after[new_from:new_to]
                found += _changed(removed, added, old_from + 1, new_from + 1)
        reached = group[-1][2]
    if found and reached < len(before):
        found.append(Line("gap", None, None))
    return found


def _changed(removed: Sequence[str], added: Sequence[str], old: int, new: int) -> Iterator[Line]:
    """Removed lines before added ones; those that stand at the same place are compared by words."""
    pairs = [_words(one, other) for one, other in zip(removed, added, strict=False)]
    for at, line in enumerate(removed):
        pieces = pairs[at][0] if at < len(pairs) else (Piece(line),)
        yield Line("removed", old + at, None, pieces)
    for at, line in enumerate(added):
        pieces = pairs[at][1] if at < len(pairs) else (Piece(line),)
        yield Line("added", None, new + at, pieces)


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if max(len(before), len(after)) > MOST_WORDS or matcher.ratio() < ALIKE:
        return (Piece(old),), (Piece(new),)
    left, right = [], []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        left.append(Piece("".join(before[old_from:old_to]), tag != "equal"))
        right.append(Piece("".join(after[new_from:new_to]), tag != "equal"))
    return _filled(left), _filled(right)


def _filled(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.text)
