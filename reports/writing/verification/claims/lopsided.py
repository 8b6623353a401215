"""One exchange's breadth against another's: more lopsided, more even, falls that dominate more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Sentence

_HINTS = {
    "vi": (" hơn",),
    "en": (" than ", "more than on"),
}
_SKEW_EN = r"(?:lopsided|one-sided|uneven|skewed|unbalanced|imbalanced|tilted|extreme)"
_EVEN_EN = r"(?:even|balanced|mixed|evenly (?:split|spread|matched))"
_OF_BREADTH = re.compile(
    r"(?<!\w)(?:breadth|split|balance|stocks|shares|advanc\w+|declin\w+|gainers|losers|độ rộng|mã|"
    r"cổ phiếu|sắc (?:đỏ|xanh)|bên (?:mua|bán)|phe (?:mua|bán)|buyers|sellers)(?!\w)"
)
_AGAINST = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<skew>(?:lệch|chênh(?: lệch)?|nghiêng|mất cân (?:đối|bằng)|một chiều|"
        r"phân hóa)(?: (?!về)\w+)?(?: về(?: phía| bên)? (?:bán|mua|giảm|tăng))?)|"
        r"(?P<even>cân bằng|đồng đều|cân đối)|(?P<lead>áp đảo|lấn át|chiếm ưu thế|"
        r"tiêu cực|tích cực))(?: (?:mạnh|rõ|nhiều))* "
        r"(?P<more>(?:ít )?hơn)(?: (?:hẳn|nhiều|rõ rệt|đáng kể|so với|trên|ở|tại|bên|của|sàn|"
        r"tại))* "
        r"(?P<rival>\x03)"
    ),
    "en": re.compile(
        rf"\b(?:(?P<less>less|not as) (?:(?P<skew>{_SKEW_EN})|(?P<even>{_EVEN_EN}))|"
        rf"(?:more |far more )?(?:(?P<skew2>{_SKEW_EN})|(?P<even2>{_EVEN_EN})))"
        r"(?: [a-z]+)?(?: (?:on|in|for)(?: the)? (?P<own>\x03+))? (?:than|as) (?:it was |"
        r"they were |that )?(?:on|in|for|of)?(?: the)? ?"
        r"(?P<rival>\x03)"
    ),
}


def against(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "A far less lopsided split than on HNX": by the stocks that rose and fell on each."""
    if not holds(sentence.masked, _HINTS[sentence.language]):
        return
    if not _OF_BREADTH.search(sentence.masked):
        return
    text = marked(sentence)
    for match in _AGAINST[sentence.language].finditer(text):
        rival = next((i.key for i in sentence.names if i.start == match.start("rival")), "")
        until = match.start("rival") - 1
        earlier = [i.key for i in sentence.names if i.end <= until]
        if sentence.is_hypothetical(match.start()):
            continue
        if not earlier and "so với" not in match[0] and " than" not in match[0]:
            own, rival = rival, case.subject  # "more so on HNX", than where it was told before
        else:
            own = earlier[-1] if earlier else case.subject
        evidence = ", ".join(f"{key}.{name}" for key in (own, rival) for name in _SIDES)
        reason = _fault(text, match, own, rival, case)
        yield Claim(match.start(), match.start("rival"), evidence, reason, figures=False)


# "compared with A, breadth on B was more lopsided"
_FRAME = re.compile(
    r"\W*(?:so với|compared (?:with|to))(?: (?:trên|sàn|that on|on|the))* (?P<rival>\x03+),"
)
_TOLD = {
    language: re.compile(pattern.pattern.partition("(?P<more>")[0] + r"(?P<more>(?:ít )?hơn)")
    if language == "vi"
    else re.compile(
        rf"\b(?:(?P<less>less)|(?P<more>more)) (?:(?P<skew>{_SKEW_EN})|(?P<even>{_EVEN_EN}))"
    )
    for language, pattern in _AGAINST.items()
}


def framed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The same with the yardstick first: "compared with A, breadth on B was more lopsided"."""
    text = marked(sentence)
    frame = _FRAME.match(text)
    if frame is None or not _OF_BREADTH.search(sentence.masked):
        return
    rival = next(i.key for i in sentence.names if i.start == frame.start("rival"))
    for match in _TOLD[sentence.language].finditer(text, frame.end()):
        earlier = [i.key for i in sentence.names if frame.end() <= i.start < match.start()]
        if not earlier or sentence.is_hypothetical(match.start()):
            continue
        evidence = ", ".join(f"{key}.{name}" for key in (earlier[-1], rival) for name in _SIDES)
        reason = _fault(text, match, earlier[-1], rival, case)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_SIDES = ("advances", "declines")


def _fault(text: str, match: re.Match[str], own: str, rival: str, case: Case) -> str:
    parts = match.groupdict()
    more = not parts.get("less") and not (parts.get("more") or "").startswith("ít")
    if parts.get("even") or parts.get("even2"):
        more = not more
    falls = None
    if parts.get("lead"):
        falls = _falls(text[: match.end()])
        if falls is None:
            return "compares what no facts prove"
    one, other = (_weight(key, falls, case) for key in (own, rival))
    if one is None or other is None or own == rival:
        return "compares what no facts prove"
    return "" if one != other and (one > other) is more else "is wrong the other way round"


def _falls(text: str) -> bool | None:
    """Whether falls are what is told to have the upper hand, as the last such word says."""
    words = re.findall(r"giảm|bán|đỏ|tiêu cực|tăng|mua|xanh|tích cực", text)
    return words[-1] in {"giảm", "bán", "đỏ", "tiêu cực"} if words else None


def _weight(key: str, falls: bool | None, case: Case) -> Decimal | None:
    """The share of the larger side, or of the one that is told of, among those that moved."""
    ups, downs = (case.sheet.value(f"{key}.{name}") for name in _SIDES)
    if ups is None or downs is None or not ups + downs:
        return None
    side = max(ups, downs) if falls is None else downs if falls else ups
    return side / (ups + downs)
