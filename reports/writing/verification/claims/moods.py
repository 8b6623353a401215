"""The words of the fear and greed index against its value: fear, greed, neutral, extremes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Sentence

KEY = "crypto.fear_greed"
# Bounds of Alternative.me, which publishes the index; about the middle others count a point wider.
EXTREME_FEAR, FEAR, GREED, EXTREME_GREED = 25, 46, 55, 76
MIDDLE = Decimal(50)
NEAR = 6  # points from a zone that a text may call near
_HINTS = ("sợ hãi", "tham lam", "trung tính", "fear", "greed", "neutral")
_NAME = re.compile(
    r"(?<!\w)(?:sợ hãi (?:và|-|–|&) tham lam|tham lam (?:và|-|–|&) sợ hãi|"
    r"fear[ -](?:and|&|to)[ -]greed|greed[ -](?:and|&)[ -]fear|fear/greed)(?!\w)"
)
_MOOD = {
    "vi": re.compile(
        r"(?<!\w)(?P<most>(?:cực kỳ|rất|quá|cực) )?(?:(?P<greed>tham lam)|(?P<fear>sợ hãi)|"
        r"(?P<neutral>trung tính))(?P<very> (?:tột độ|cực độ|cực điểm|tột cùng))?(?!\w)"
    ),
    "en": re.compile(
        r"\b(?P<most>extreme(?:ly)? )?(?:(?P<greed>greed(?:y)?)|(?P<fear>fear(?:ful)?)|"
        r"(?P<neutral>neutral))(?P<very>)\b(?! of| that)"
    ),
}
_NOT = re.compile(
    r"(?<!\w)(?:chưa|không|rời|thoát|ngoài|cách|not|no longer|short of|below|out of|left|never|"
    r"far from|neither|nor)"
    r"(?: (?:còn|phải|là|tới|đến|vào|rơi|ở|khỏi|xa|vùng|ngưỡng|mức|trạng thái|tâm lý|yet|quite|in|"
    r"into|at|a|the|zone|of|territory|reaching))* $"
)
_NEAR = re.compile(
    r"(?<!\w)(?:gần|sát|tiệm cận|ngay dưới|ngay trên|near|close to|just (?:below|above|short of)|"
    r"approaching|bordering on|on the (?:edge|verge) of)"
    r"(?: (?:với|vùng|ngưỡng|mức|the|zone|of))* $"
)
_LEANS = re.compile(
    r"(?<!\w)(?:nghiêng|thiên|lệch)(?: (?:nhẹ|hẳn))? (?:về|sang)(?: (?:phía|vùng|bên))? $|"
    r"\b(?:lean(?:s|ing|ed)?|tilt(?:s|ing|ed)?)(?: slightly)? (?:towards?|to)(?: the)? $"
)


def moods(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The index stands at 48, in neutral territory": judged where the sentence tells of it."""
    if not holds(sentence.masked, _HINTS):
        return
    names = [match.span() for match in _NAME.finditer(sentence.masked)]
    if not names and not any(figure.key == KEY for figure in sentence.figures):
        return
    value = case.sheet.value(KEY)
    for match in _MOOD[sentence.language].finditer(sentence.masked):
        if any(start <= match.start() < end for start, end in names):
            continue
        if sentence.is_hypothetical(match.start()) or _is_of_another(sentence, match):
            continue
        reason = "names a mood that no fact gives"
        if value is not None:
            fits = _fits(sentence.masked[: match.start()], match, value)
            reason = "" if fits else f"is wrong: the index is {value:.0f}"
        yield Claim(match.start(), match.end(), KEY, reason, figures=False)


def _is_of_another(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether "neutral" is said of an RSI in the same clause."""
    start, end = sentence.clause(match.start())
    return match["neutral"] is not None and "rsi" in sentence.masked[start:end]


def _fits(before: str, match: re.Match[str], value: Decimal) -> bool:
    extreme = bool(match["most"] or match["very"])
    if match["neutral"]:
        inside, bound = FEAR - 1 <= value <= GREED, None
    elif match["greed"]:
        bound = EXTREME_GREED if extreme else GREED
        inside = value >= bound
    else:
        bound = EXTREME_FEAR if extreme else FEAR
        inside = value <= bound
    if bound is not None and not extreme and _LEANS.search(before):
        return value > MIDDLE if match["greed"] else value < MIDDLE
    if bound is not None and _NEAR.search(before):
        return abs(value - bound) <= NEAR
    return inside is not bool(_NOT.search(before))
