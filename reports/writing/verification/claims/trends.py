"""A trend that is called unchanged: no day's move, but the sides of the averages."""

from __future__ import annotations

import re

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import subject
from reports.writing.verification.reading.motion import Motion
from reports.writing.verification.reading.sentences import Sentence

_TREND = re.compile(
    r"(?<!\w)(?:xu hướng|bức tranh|cục diện|thế trận|góc nhìn|trend|picture|outlook|view|bias|"
    r"structure|backdrop|story|set-?up|position)(?!\w)[^,.;:]{0,32}$"
)
_WINDOW = re.compile(r"(?<!\d)(?:20|50|200)(?!\d)")


def is_trend(before: str) -> bool:
    """Whether the word behind this text is said of a trend or of the whole picture."""
    return bool(_TREND.search(before))


_OVER = (
    (re.compile(r"tháng|month"), "return20"), (re.compile(r"tuần|week"), "return5"),
    (re.compile(r"quý|quarter"), "return60"),
    (re.compile(r"(?:một |cả )?năm(?! chỉ)|year"), "return250"),
)  # fmt: skip


def leans(sentence: Sentence, motion: Motion, case: Case) -> tuple[str, str] | None:
    """ "The one-month picture leans upward": by the moves that are shown, or over that time."""
    start, end = sentence.clause(motion.start)
    key = subject(sentence, motion.start, case)
    shown = [
        figure
        for figure in sentence.figures
        if re.search(r"\.(?:return\d+|distance_sma\d+)$", figure.key)
    ]
    over = next((n for words, n in _OVER if words.search(sentence.masked, start, end)), "")
    told = case.sheet.value(f"{key}.{over}") if over else None
    values = [told] if told is not None else [figure.value for figure in shown]
    if not values:
        return None
    way = -motion.way if motion.negated else motion.way
    evidence = f"{key}.{over}" if told is not None else ", ".join(f.key for f in shown)
    fits = all(value is not None and value * way > 0 for value in values)
    return evidence, "" if fits else "tells a trend that the moves do not show"


def unchanged(sentence: Sentence, position: int, case: Case) -> tuple[str, str]:
    """Evidence and reason: the index stays on the side of each average that the text names."""
    key = subject(sentence, position, case)
    windows = _WINDOW.findall(sentence.masked) or ["20", "50", "200"]
    names = [f"{key}.distance_sma{size}" for size in windows]
    pairs = [
        (case.sheet.value(name), case.sheet.value(name.replace(".distance_", ".before_")))
        for name in names
    ]
    known = [(now, before) for now, before in pairs if now is not None and before is not None]
    if not known:
        return "", "calls a trend unchanged, of which no fact tells"
    crossed = any(now * before < 0 for now, before in known)
    return ", ".join(names), "calls unchanged what crossed an average" if crossed else ""
