"""What a level is called beside its name: "a round mark", "support, the 50-session average"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading import wording
from reports.writing.verification.reading.around import measure
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import LEVELS

STEP = 5  # points: no round mark lies between
AS_ONE = Decimal("0.001")  # how far, of a level, lies what is still that level
_ROUND = re.compile(
    r"(?<!\w)(?:round (?:mark|number|level|figure)|(?:mốc|ngưỡng|con số) tròn(?: điểm)?)(?!\w)"
)
_BEHIND = re.compile(r"(?:,? (?:of|at|ở|tại|là|is|gần nhất|tâm lý))*,? ?\(?")
_BEFORE = re.compile(
    r"(?: points?| điểm)?\)?(?:,| \()?(?: (?:is|are|being|which is|also|just|là|cũng là|vốn là|"
    r"một|a|the))* "
)


def rounds(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A level called a round mark: "resistance is the round mark of 1,250 points"."""
    if not holds(sentence.masked, ("round ", "tròn")):
        return
    for found in _ROUND.finditer(sentence.masked):
        figure = _beside(sentence, found)
        if figure is None or figure.fact is None or figure.key.partition(".")[2] not in LEVELS:
            continue
        if (
            figure.value % STEP and ".round_" not in figure.key
        ):  # a right one leaves the words to other finders
            fault = "is wrong: the level is no round mark"
            yield Claim(found.start(), found.end(), figure.key, fault, figures=False)


def _beside(sentence: Sentence, found: re.Match[str]) -> Figure | None:
    row = [item for item in sentence.figures if measure(item) == "points"]
    for figure in row:
        if figure.start >= found.end() and _BEHIND.fullmatch(
            sentence.masked, found.end(), figure.start
        ):
            return figure
    for figure in reversed(row):
        if figure.end <= found.start() and _BEFORE.fullmatch(
            sentence.masked, figure.end, found.start()
        ):
            return figure
    return None


_NOUN = re.compile(
    r"(?<!\w)(?:(?P<support>hỗ trợ|support)|kháng cự|resistance)(?: (?:gần nhất|trước mắt|level))?,"
    r" (?:(?:the|its|đường|mức|vốn là|chính là|tức) )*"
)
_LEVEL = re.compile(
    r"(?: points?| điểm)?\)?, (?:(?:the|its|an?|also|which is|đường|mức|một|là|cũng là|vốn là|"
    r"chính là|tức) )*"
)
# "the nearest resistance is its 20-session average"
_NEAREST = re.compile(
    r"(?<!\w)(?:(?:nearest|closest) (?:(?P<support>support)|resistance)(?: [\w-]+){0,3}? "
    r"(?:is|lies at|comes at|equals) (?:(?:the|its|at) )*|"
    r"(?:(?P<support2>hỗ trợ)|kháng cự) gần nhất(?: (?!là |ở )[\w-]+){0,3}? "
    r"(?:là|ở|nằm ở|chính là|trùng với) (?:(?:đường|mức|chính) )*)"
)
_MORE = re.compile(r" (?:mà|vừa|which|that|just|\()")
_APART = "is wrong: the two levels lie apart"


def named(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A support or resistance that is told to be an average or an edge, and lies elsewhere."""
    if not holds(sentence.masked, ("hỗ trợ", "kháng cự", "support", "resistance")):
        return
    for found in _NOUN.finditer(sentence.masked):
        key = subject(sentence, found.start(), case)
        side = f"{key}.{'support' if found['support'] else 'resistance'}"
        own = case.sheet.value(side)
        if (end := _apart(sentence, found.end(), key, own, case)) is not None:
            yield Claim(found.start(), end, side, _APART, figures=False)
    for found in _NEAREST.finditer(sentence.masked):
        key = subject(sentence, found.start(), case)
        side = f"{key}.{'support' if found['support'] or found['support2'] else 'resistance'}"
        own = case.sheet.value(side)
        if (end := _apart(sentence, found.end(), key, own, case)) is not None:
            yield Claim(found.start(), end, side, _APART, figures=False)
    for figure in sentence.figures:
        key, _, name = figure.key.partition(".")
        behind = _LEVEL.match(sentence.masked, figure.end)
        if not behind or name not in {"support", "resistance"}:
            continue
        if (end := _apart(sentence, behind.end(), key, figure.value, case)) is not None:
            yield Claim(figure.end, end, figure.key, _APART, figures=False)


def _apart(sentence: Sentence, at: int, key: str, own: Decimal | None, case: Case) -> int | None:
    """Where the words end that call a level another one, which has another value."""
    for phrase in wording.phrases(sentence.masked, sentence.language):
        names = [
            name for name in phrase.names & LEVELS if name.startswith(("sma", "high_", "low_"))
        ]
        if not 0 <= at - phrase.start <= 8 or phrase.end <= at or len(names) != 1:
            continue
        behind = sentence.masked[phrase.end : phrase.end + 1]
        other = case.sheet.value(f"{key}.{names[0]}")
        ends = behind in ",.;)" or _MORE.match(sentence.masked, phrase.end)
        if ends and own is not None and other is not None:
            return phrase.end if abs(own - other) > own * AS_ONE else None
    return None
