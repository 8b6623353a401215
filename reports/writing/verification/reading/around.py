"""The text around a figure, and what kind of quantity it is."""

from __future__ import annotations

import re

from reports.writing.verification.reading import wording
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import Names

_MEASURED = {
    "points": "points", "percent": "percent", "proportion": "percent", "chance": "percent",
    "percentage_points": "pp", "shares": "shares", "vnd": "vnd", "usd": "usd", "count": "count",
    "ratio": "plain", "coefficient": "plain", "index": "plain",
}  # fmt: skip


def left(sentence: Sentence, figure: Figure) -> str:
    """The text before a figure, without finished parentheses."""
    text = sentence.masked[: figure.start]
    while "(" in text:
        shorter = re.sub(r"\([^()]*\) ?", lambda match: " " * len(match[0]), text)
        if shorter == text:
            break
        text = shorter
    return text


# "32.65%, or nearly a third, below its high": what is said of a figure in between
INSERTED = (
    r"(?:, (?:or|tức(?: là)?|hay|nearly|almost|about|roughly|more than|less than|over|"
    r"a (?:third|quarter|half|fifth)|half|gần|hơn|khoảng)(?!\w)[^,.;\x01]{2,24},)"
)
_INSERTED = re.compile(INSERTED)
_NEXT = re.compile(r"\)?(?:,? (?:and|và)|,) \(?")


def behind_row(sentence: Sentence, figure: Figure) -> int:
    """Where goes on what is said of a figure: behind its row, and what is put in between."""
    end = figure.end
    for later in sentence.figures:
        if later.start > end:
            if not alike(figure, later) or not _NEXT.fullmatch(sentence.masked, end, later.start):
                break
            end = later.end
    inserted = _INSERTED.match(sentence.masked, end)
    return inserted.end() if inserted else end


def right(sentence: Sentence, figure: Figure) -> str:
    return sentence.masked[figure.end :]


def measure(figure: Figure) -> str:
    """points, percent, shares, …: what kind of quantity a figure is, "" when nothing says so."""
    if figure.fact:
        return _MEASURED.get(figure.fact.unit, "")
    return {"stocks": "count"}.get(figure.unit, figure.unit)


def alike(first: Figure, second: Figure) -> bool:
    """Whether two figures are of one kind, as far as their units tell."""
    kinds = {measure(first), measure(second)}
    if len(kinds) == 1:
        return True
    return "" in kinds and bool(kinds & {"points", "usd", "count", "plain"})


def fits(names: Names, figure: Figure) -> Names:
    """The names that a figure of this measure can have."""
    kind = measure(figure)
    if not kind:
        return names
    return frozenset(name for name in names if name in wording.BY_MEASURE.get(kind, names))
