"""Distances from an average or an edge that the words named before: "… and is now 4% below"."""

from __future__ import annotations

import re

from reports.writing.verification.figures.changes import then_and_now
from reports.writing.verification.reading import moments, wording
from reports.writing.verification.reading.around import fits, measure, right
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CHANGES, Names

_OF_BEFORE = re.compile(
    r"\)?(?: (?:ở|của|vào|in|at|on|of))*(?: (?:một )?phiên (?:liền )?trước| hôm (?:qua|trước)|"
    r" trước đó (?:một|1) phiên| (?:một|1) phiên trước đó|"
    r" (?:the |a |one )?(?:session|day) (?:before|earlier|ago)| the previous (?:session|day|close)|"
    r" yesterday)(?!\w)"
)
_THEN = re.compile(
    r"(?<!\w)(?:phiên (?:liền )?trước|hôm qua|trước đó|(?:session|day) (?:before|earlier|ago)|"
    r"(?:previous|prior) (?:session|day)|yesterday)(?!\w)"
)


def dated(names: Names, sentence: Sentence, figure: Figure) -> Names:
    """A distance told of the session before is another fact: "from 1.17% the session before"."""
    own = figure.key.partition(".")[2]
    if own.startswith("before_sma") and names <= CHANGES | {"open_gap"}:
        # "narrower than the session before (4.3% and 8.7%)": named by what is held against it
        return names | {own} if _THEN.search(sentence.masked, 0, figure.start) else names
    if not any(name.startswith("distance_sma") for name in names):
        return names
    if pair := then_and_now(sentence, figure):
        if pair[1].start == figure.start:
            return names
        return frozenset(name.replace("distance_sma", "before_sma") for name in names)
    told = _OF_BEFORE.match(sentence.masked, figure.end)
    if not told and moments.of(sentence, figure.start) != moments.BEFORE:
        return names
    return frozenset(name.replace("distance_sma", "before_sma") for name in names)


_IT = (
    r"(?: (?:it|that|this|them|these|those|the same|nó|chúng|đường|mức|mốc|vùng|average|line|level|"
    r"one|high|low|mark|này|đó|ấy|kia|đỉnh|đáy))*"
)
_BEHIND = re.compile(
    rf"(?:\)|%)* (?:above|below|higher|lower|over|under|trên|dưới|cao hơn|thấp hơn){_IT}"
    r"(?= ?[,.;:)]|$| (?:in|at|on|and|và|vào|ở|now|nay|a session|the (?:session|day)|yesterday))"
)
_BEFORE = re.compile(
    rf"(?<!\w)(?:cao hơn|thấp hơn|trên|dưới|higher|lower|above|below|khoảng cách (?:tới|đến|với)|"
    rf"distance (?:to|from)){_IT}"
    r"(?: (?:by|only|just|a|mere|still|so|far|is|was|là|chỉ|còn|mới|tới|có|khoảng|vỏn vẹn|đến))*"
    r" ?\(?$"
)
# A session that ended so much higher or lower tells of its own move.
_MOVED = re.compile(
    r"(?<!\w)(?:clos(?:e|ed|es|ing)|end(?:ed|s|ing)?|finish\w*|settl\w*|open(?:ed|s|ing)?|"
    r"đóng cửa|chốt|kết phiên|khép|mở cửa)(?!\w)"
)
_THAN = re.compile(r"(?<!\w)(?:so với|hơn|than|against|versus|từ|from|of|của)(?: (?:the|mức))* $")


def carried(sentence: Sentence, figure: Figure) -> Names | None:
    """The distance from what was named last, where a side alone is told, or "below that line"."""
    if measure(figure) != "percent":
        return None
    start, _ = sentence.clause(figure.start)
    traded = LIQUIDITY.search(sentence.masked, 0, figure.start)
    if traded or _MOVED.search(sentence.masked, start, figure.start):
        return None
    if not (
        _BEHIND.match(right(sentence, figure)) or _BEFORE.search(sentence.masked, 0, figure.start)
    ):
        return None
    before = wording.phrases(sentence.masked[: figure.start], sentence.language)
    for phrase in reversed(before):
        if phrase.is_weak or _is_moment(sentence, phrase):
            continue
        if not phrase.names & wording.MOVES:
            continue
        names = frozenset(name for name in phrase.names if name.startswith("distance_"))
        return fits(names, figure) or None
    return _unnamed(sentence, figure)


_AVERAGE = re.compile(r"(?:before|distance)_(sma\d+)")
_PRONOUN = re.compile(
    r"(?<!\w)(?:(?:that|this|the same) (?:average|line)|đường(?: trung bình)? (?:này|đó|ấy))(?!\w)"
)


def _unnamed(sentence: Sentence, figure: Figure) -> Names | None:
    """The average that the figure before is of, or one that the sentence before has named."""
    at = sentence.place(figure)
    last = _AVERAGE.search(sentence.figures[at - 1].key) if at else None
    if last:
        return frozenset((f"distance_{last[1]}",))
    if _PRONOUN.search(sentence.masked):
        return frozenset(("distance_sma20", "distance_sma50", "distance_sma200"))
    return None


def _is_moment(sentence: Sentence, phrase: wording.Phrase) -> bool:
    """Whether "the previous session" says when, and not against what."""
    is_before = phrase.names == {"previous_close"}
    return is_before and not _THAN.search(sentence.masked[: phrase.start])
