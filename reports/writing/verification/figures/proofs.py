"""The direction of figures that a writer declares: computed, counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification import directions
from reports.writing.verification.claims import apart
from reports.writing.verification.directions import WAYS
from reports.writing.verification.figures import changes
from reports.writing.verification.reading.motion import FLAT, motions
from reports.writing.verification.reading.sentences import Figure, Sentence

_DIFFERENCE = re.compile(r"(?:abs)?\(?\s*(\w+)\.(\w+)\s*-\s*(\w+)\.(\w+)\s*\)?")


def derived_fault(
    sentence: Sentence, figure: Figure, value: Decimal, expression: str, sheet: FactSheet
) -> str:
    """A computed move must be told in its own direction; a distance or a ratio has none."""
    if figure.unit not in {"points", "percent", "pp"}:
        return ""
    if _other_edge(sentence, figure, expression):
        return "is not measured from what the words name"
    if _TO_GO.search(sentence.masked[: figure.start]):
        return ""  # how far it is to a level, which has no direction
    way, sign = directions.told(sentence, figure), (value > 0) - (value < 0)
    difference = _DIFFERENCE.fullmatch(expression.strip())
    if difference and difference[1] == difference[3]:
        pair = (difference[2], difference[4])
        told = apart.fault(sentence, figure, difference[1], pair, sheet)
        if told is not None:
            return told
        # a move ends at the close, in whichever order its ends are subtracted
        if "close" not in {difference[2], difference[4]}:
            return ""
        if "abs" in expression:
            return ""
        sign = sign if difference[2] == "close" else -sign
        if _FROM_CLOSE.search(sentence.masked[: figure.start]):
            sign = -sign  # of a level: "a mark 3.54 points above the close"
    elif "abs" in expression or not (changes.move_before(sentence, figure) or value < 0):
        return ""
    if way in {None, FLAT} or not sign:
        return ""
    return "" if way == sign else f"is told as {WAYS[way or 0]}, but its arithmetic is {WAYS[sign]}"


_FROM_CLOSE = re.compile(
    r"(?<!\w)(?:hơn|trên|dưới|above|below)(?: (?:giá|mức|điểm|the|its))* (?:đóng cửa|close)"
    r"[^,.;\x01]*$"
)
_TO_GO = re.compile(
    r"(?<!\w)(?:cần|còn|phải|needs?|needed|requires?)(?: (?:thêm|tăng|another|cách))* ?$"
)
_EDGES = (
    (r"(?<!\w)(?:cao nhất|đỉnh|high|peak|top)(?!\w)", r"\.high"),
    (r"(?<!\w)(?:thấp nhất|đáy|low|trough|bottom)(?!\w)", r"\.low"),
)


def _other_edge(sentence: Sentence, figure: Figure, expression: str) -> bool:
    """Whether the clause names a high where the arithmetic takes a low, or the reverse."""
    start, end = sentence.clause(figure.start)
    if re.match(r"\W*(?:from|từ)(?!\w)", sentence.masked):
        start = 0
    said = [bool(re.search(words, sentence.masked[start:end])) for words, _ in _EDGES]
    used = [bool(re.search(names, expression)) for _, names in _EDGES]
    return sum(said) == 1 and sum(used) == 1 and said != used


def counted_fault(
    sentence: Sentence, figure: Figure, names: Sequence[str], sheet: FactSheet
) -> str:
    """Named indices must all have moved the way that the sentence says of their number."""
    start, end = sentence.clause(figure.start)
    words = motions(sentence.masked[:end], sentence.language)
    near = [item for item in words if item.start >= start]
    if not near:
        return "counts indices without saying which way they moved"
    way = directions.way_of(near[0])
    for name in names:
        value = directions.rounded(sheet.value(f"{name}.change_percent"))
        if (value > 0) - (value < 0) != way:
            return f"counts {sheet.index_name(name)}, which did not move that way"
    others = [
        state.key
        for state in sheet.indices
        if state.key not in names
        and (value := directions.rounded(sheet.value(f"{state.key}.change_percent"))) is not None
        and state.known
        and (value > 0) - (value < 0) == way
    ]
    return f"leaves out {sheet.index_name(others[0])}, which moved the same way" if others else ""
