"""The stretch of sessions beside a figure: "+1.2% after 5 sessions", "20-session (…)"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading.around import alike, fits, measure, right
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CHANGES, Names

_COUNT = rf"(?P<w>\d{{1,3}}|{EN_WORDS}|{VI_WORDS})"
_BEHIND = re.compile(
    r"\)?(?: points?)?(?: (?:up|down|higher|lower|above|below))?"
    r" (?:on|over|in|after|across|within|for|through|during|trong|sau|qua|tính qua|"
    r"so với|from|against|versus|compared (?:with|to)|than)"
    r"(?: (?:the|its level|that of|last|past|previous|vòng|mức|cách đây|của))*"
    rf" (?:{_COUNT}[ -](?:trading )?(?:sessions|days|phiên)|(?P<n>5|20|60|250)(?![\d.,]\d))"
    r"(?! (?:tăng|giảm|liên|of|in a|tới|sắp))"
    r"(?= ?[,.;:)(]|$| (?:ago|earlier|before|and|but|while|trước|qua|gần|vừa|và|còn|nhưng|song))"
)
_OTHER = re.compile(
    r"(?<!\w)(?:biến động|volatility|trung bình|average|nhất|\w+est|most|least|biên độ|range)(?!\w)"
)


# "Solana led the gainers (…) and Cardano the losers (…)": by how much, not how many
_LED = re.compile(
    r"(?<!\w)(?:led|leads|leading|topped|tops|headed|heads)(?!\w)[^.;]*"
    r"(?<!\w)the (?:gainers|losers|fallers|risers|decliners|advancers)(?: (?:with|at))? ?\(?$"
)


def behind(sentence: Sentence, figure: Figure) -> Names | None:
    """The stretch right behind a change: "up 1.7% over 20 sessions", "-2.9% after 60 sessions"."""
    name = figure.key.rpartition(".")[2]
    if not name.startswith("return") and name not in CHANGES:
        return None
    if name in CHANGES and _LED.search(sentence.masked[: figure.start]):
        return CHANGES
    told = _BEHIND.match(right(sentence, figure)) if measure(figure) == "percent" else None
    start, _ = sentence.clause(figure.start)
    part = sentence.masked[start : figure.start].rpartition("\x01")[2]
    if told is None or _OTHER.search(part):
        return None
    return frozenset((f"return{word_value(told['w'] or told['n'])}",))


_OFF = re.compile(
    r"\)?(?: points?)? (?:above|below|over|under|beneath) (?:the |its )?(?P<w>20|50|200)[ -]"
    r"(?:session|day)(?: (?:one|line))?(?= ?[,.;)]|$| (?:and|but)(?!\w))"
)


def off(sentence: Sentence, figure: Figure) -> Names | None:
    """The distance from one of the averages named before: "1.2% above the 20-session, …"."""
    told = _OFF.match(right(sentence, figure)) if measure(figure) == "percent" else None
    if told is None or "average" not in sentence.masked[: figure.start]:
        return None
    return frozenset((f"distance_sma{told['w']}",))


_OWN = re.compile(r"(?<![\w,.])(?P<w>\d{1,3})[ -](?:session|day|phiên)s?(?: (?:line|one))? \($")
_ROW = re.compile(
    r"\)(?:(?:,|;)?(?: (?:and|or|và|hay|the|its|moving|simple))*(?: \d{1,3}[ -](?:session|day))?"
    r"(?: \(\x01+(?: points?)?\))?)* (?:averages?|lines)(?!\w)"
)


def in_row(sentence: Sentence, figure: Figure) -> Names | None:
    """One of "its 20-session (…) and 50-session (…) averages", which are named behind the row."""
    if not holds(sentence.masked, ("average", "lines")):
        return None
    own = _OWN.search(sentence.masked[: figure.start])
    behind_it = re.sub(r"^ points?", "", right(sentence, figure))
    if own is None or not _ROW.match(behind_it):
        return None
    return fits(frozenset((f"sma{own['w']}", f"distance_sma{own['w']}")), figure) or None


_NEXT = re.compile(r"\)?(?: points?| điểm)?,?(?: (?:and|và))? \(?")


def run(sentence: Sentence, figure: Figure) -> list[Figure]:
    """The figures of one kind that stand side by side with this one: "at a, b and c"."""
    at, row = sentence.place(figure), [figure]
    for later in sentence.figures[at + 1 :]:
        if not alike(row[-1], later) or not _NEXT.fullmatch(
            sentence.masked, row[-1].end, later.start
        ):
            break
        row.append(later)
    for earlier in reversed(sentence.figures[:at]):
        if not alike(earlier, row[0]) or not _NEXT.fullmatch(
            sentence.masked, earlier.end, row[0].start
        ):
            break
        row.insert(0, earlier)
    return row


_SIDE = re.compile(
    r"(?<!\w)(?:(?P<up>above|over|on top of|trên)|below|beneath|under|dưới)(?!\w)"
    r"[^,.;:\x01]{0,40}?\d{1,3}[ -](?:session|day|phiên)s?(?: (?:line|one))? \($"
)


def sides(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """On which side of a row of averages the close stands: "above its 20-session (…) and …"."""
    row = [
        figure
        for figure in sentence.figures
        if figure.key.partition(".")[2].startswith("sma") and in_row(sentence, figure)
    ]
    side = _SIDE.search(sentence.masked[: row[0].start]) if row else None
    if side is None or sentence.is_hypothetical(side.start()):
        return
    for figure in row:
        close = case.sheet.value(f"{figure.key.partition('.')[0]}.close")
        if close is None or (close > figure.value) is not (side["up"] is not None):
            reason, evidence = "is wrong the other way round", figure.key
            yield Claim(side.start(), row[-1].end, evidence, reason, figures=False)
            return
