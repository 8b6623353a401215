"""Levels above and below, figure against figure: what the order of two values must be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.facts import FactSheet
from reports.writing.verification import roles
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim
from reports.writing.verification.sentences import Figure, Sentence

_BELOW = re.compile(
    r"(?<!\w)(?:phía dưới|bên dưới|hỗ trợ|chỗ dựa|bệ đỡ|điểm tựa|giữ được|để mất|downside|support|beneath|"
    r"underneath|footing|holds|loss|below)(?!\w)"
)
_ABOVE = re.compile(
    r"(?<!\w)(?:phía trên|bên trên|phía trước|kháng cự|thử thách|rào cản|upside|overhead|resistance|"
    r"ahead|hurdle|barrier|nearest test|is passed|nếu vượt|above)(?!\w)"
)
_PLAIN_LEVELS = roles.GENERIC | {"sma20", "sma50", "sma200", "high_20", "low_20", "high_52w", "low_52w"}


def side_fault(sentence: Sentence, figure: Figure, sheet: FactSheet) -> str:
    """Why a level does not lie on the side of the close where the text puts it."""
    fact = figure.fact
    if fact is None or fact.key.partition(".")[2] not in _PLAIN_LEVELS:
        return ""
    close = sheet.value(f"{fact.key.partition('.')[0]}.close")
    side = _side(sentence, figure)
    if close is None or not side or close == fact.value:
        return ""
    if (fact.value > close) is (side > 0):
        return ""
    return f"lies {'below' if side > 0 else 'above'} the close, not {'above' if side > 0 else 'below'}"


def _side(sentence: Sentence, figure: Figure) -> int:
    """1 above, -1 below, 0 when the words nearest to the figure do not tell."""
    text = sentence.masked
    behind = re.split(r"[,;.\x01]", re.sub(r"^[^,;.\x01(]{0,8}\([^)]*\)", "", text[figure.end :]))[0]
    before = roles.left(sentence, figure)
    before = before[before.rfind("\x01") + 1 :]
    before = re.split(r"[;.]", before)[-1]
    if _RELATED.search(before):
        return 0
    found = []
    for side, pattern in ((1, _ABOVE), (-1, _BELOW)):
        found += [(len(before) - match.end(), side) for match in pattern.finditer(before)]
        found += [(match.start() + 4, side) for match in pattern.finditer(behind)]
    return min(found)[1] if found else 0


# "đóng cửa trên 1.250": the close stands above it, which is checked as a relation
_RELATED = re.compile(
    r"(?<!\w)(?:đóng cửa|close[sd]?|stands?|đứng|nằm|giữ|nếu|if|vượt|thủng)[^,;.]*(?:trên|dưới|above|below)[^,;.]*$"
)
_BETWEEN = {
    "vi": re.compile(
        r"^(?: phiên| điểm| mã)?[^.;]{0,30}?(?<!\w)(?:(?P<more>cao hơn|vượt|lớn hơn|nhiều hơn|trên)|"
        r"(?P<less>thấp hơn|dưới|nhỏ hơn|ít hơn|kém))(?: (?:mức|con số|của))* ?$"
    ),
    "en": re.compile(
        r"^[^.;]{0,30}?\b(?:(?P<more>above|higher than|exceeds?|exceeded|more than|over)|"
        r"(?P<less>below|lower than|less than|under|fewer than))(?: (?:the|that of))* ?$"
    ),
}
_COMPARABLE = {"volatility20", "volatility60", "advances", "declines", "volume", "volume_avg20", "rsi14"}


def pairs(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """One figure called more or less than the next: volatilities, counts, volumes; "from A to B"."""
    for first, second in zip(sentence.figures, sentence.figures[1:], strict=False):
        if sentence.is_hypothetical(first.start) or first.problem or second.problem:
            continue
        between = sentence.masked[first.end : second.start]
        match = _BETWEEN[sentence.language].match(between)
        if match and _comparable(first, second):
            right = (first.value > second.value) is (match["more"] is not None)
            reason = "" if right else "is wrong the other way round"
            start = first.end + (match.start("more") if match["more"] else match.start("less"))
            yield Claim(start, second.start, f"{first.key}, {second.key}", reason, figures=False)
        elif (reason := _from_to(sentence, first, second, between)) is not None:
            yield Claim(second.start - 1, second.start, "", reason, figures=False)


def _comparable(first: Figure, second: Figure) -> bool:
    names = {item.key.partition(".")[2] for item in (first, second)}
    if "" in names:
        return False
    return names <= _COMPARABLE and roles.measure(first) == roles.measure(second)


_FROM = re.compile(r"(?<!\w)(?:từ|from)(?: mức| vùng)? ?$", re.IGNORECASE)
_TO = re.compile(r"(?P<way>xuống|lên|down to|up to|fell[^,.;]* to|rose[^,.;]* to|dropped[^,.;]* to|climbed[^,.;]* to)(?: mức)? ?$")


def _from_to(sentence: Sentence, first: Figure, second: Figure, between: str) -> str | None:
    """Why "from A down to B" is not so; None where nothing of the kind is said."""
    if not _FROM.search(sentence.masked[: first.start]):
        return None
    way = _TO.search(between)
    if way is None or first.unit not in {"points", "usd", ""} or second.unit not in {"points", "usd", ""}:
        return None
    down = way["way"].startswith(("xuống", "down", "fell", "dropped"))
    if first.value == second.value or (first.value > second.value) is down:
        return ""
    return "is wrong: the two values lie the other way round"


