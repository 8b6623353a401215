"""One outcome of a scenario held against another: "the odds favour a close above resistance"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.figures.ranges import CHANCES
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence

_SPOKEN = re.compile(
    r"xác suất|tần suất|kịch bản|khả năng|xảy ra|"
    r"probab|chance|odds|likel|frequen|scenario"
)
_MORE_EN = r"more (?:likely|probable|frequent|common)|likelier"
_LESS_EN = r"less (?:likely|probable|frequent|common)"
_ODDS_EN = r"(?:odds|chances?|probability|likelihood|frequency)"
# "exceeds" and the like are as often said of a level: here another outcome must follow
_RIVAL_EN = (
    rf"(?= (?:\(?\x01|(?:that|those) (?:of|for)|the (?:{_ODDS_EN}|case|other)|"
    r"one (?:above|below|between|of|in)|an? (?:close|finish|move|case)))"
)
_RIVAL_VI = (
    r"(?= \(?\x01| (?:hai |cả hai )?(?:kịch bản|xác suất|tần suất|khả năng)|"
    r" (?:đóng cửa|kết phiên|đi ngang|ở|nằm|trên|dưới)(?!\w))"
)
_LIKELIER = {
    "vi": re.compile(
        r"(?<!\w)(?:(?:(?P<more>(?:cao|lớn|nhỉnh|nhiều) hơn)|(?P<less>(?:thấp|nhỏ|ít) hơn))"
        rf"(?: (?:hẳn|rõ rệt|một chút|đôi chút|so với|mức|của|cho|là))*{_RIVAL_VI}|"
        r"(?:(?P<more2>(?:dễ xảy ra|khả dĩ|(?:có )?(?:nhiều )?khả năng xảy ra) hơn|"
        r"(?:chiếm |có )?ưu thế (?:hơn|so với|trước)|được ưu tiên hơn)|"
        r"(?P<less2>(?:khó xảy ra|ít khả năng(?: xảy ra)?) hơn))(?= )|"
        r"(?:(?P<more3>vượt)|(?P<less3>kém))(?: (?:hẳn|so với|mức|của|cho|là))*"
        r"(?= \(?\x01| (?:hai |cả hai )?(?:kịch bản|xác suất|tần suất|khả năng)))"
    ),
    "en": re.compile(
        rf"\b(?:(?:(?P<more>higher|greater|larger|{_MORE_EN}|"
        rf"(?:better|higher|greater|larger) {_ODDS_EN})|"
        rf"(?P<less>lower|smaller|{_LESS_EN}|(?:worse|poorer|lower|smaller) {_ODDS_EN})) than|"
        r"(?:(?P<more2>(?:exceed|outweigh|outstrip|top)(?:s|ed|ped)?|"
        rf"(?:favou?red|preferred) (?:over|to)))(?: clearly| easily| far)?{_RIVAL_EN})"
        r"(?: (?:the|that|those|of|for|its|in|a|an|at))*"
    ),
}
_FRAMED = (
    re.compile(
        r"(?<!\w)(?:so với|compared (?:with|to)|relative to) (?P<rival>[^,.;]+), (?P<own>[^,.;]+?) "
        r"(?:(?:cao|lớn|nhiều|dễ xảy ra) hơn|higher|likelier|more (?:likely|probable)|"
        r"(?P<less>(?:thấp|nhỏ|ít|khó xảy ra) hơn|lower|less (?:likely|probable)))"
        r"(?= ?(?:[,.;]|$))"
    ),
    re.compile(r"(?<!\w)nhiều khả năng (?P<own>[^,.;]+?) hơn là (?P<rival>[^,.;]+)"),
)
_THAN_NOT = re.compile(r" not(?!\w)")
_REST = re.compile(r"(?<!\w)(?:còn lại|kia|the other|the others|either)(?!\w)")
_SIDES = ("p_above", "p_between", "p_below")
_REVERSED, _TOO_MUCH = "is wrong the other way round", "claims more than the facts prove"


def likelier(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which of two outcomes is called the likelier: by their chances, whatever may come."""
    if not _SPOKEN.search(sentence.masked):
        return
    for match in _LIKELIER[sentence.language].finditer(sentence.masked):
        beside = next((f for f in sentence.figures if 0 <= f.start - match.end() <= 2), None)
        if beside is not None and beside.unit != "chance":
            continue  # "the chance of a close higher than 1,080 points"
        own = _before(sentence, match.start(), case)
        if own is None:
            continue
        key, value = own
        rivals = _behind(sentence, match.end(), key, case)
        if _THAN_NOT.match(sentence.masked, match.end()):
            rivals = {key: 100 - value}  # "more likely than not"
        if not rivals:
            continue
        more = any(match.groupdict().get(name) for name in ("more", "more2", "more3"))
        fits = all(value > rival if more else value < rival for rival in rivals.values())
        evidence = ", ".join(dict.fromkeys((key, *rivals)))
        yield Claim(match.start(), match.end(), evidence, "" if fits else _REVERSED, figures=False)


def framed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The same in other orders: "compared with a close below support, one above is likelier"."""
    if not _SPOKEN.search(sentence.masked):
        return
    for match in chain.from_iterable(form.finditer(sentence.masked) for form in _FRAMED):
        own, rival = (_told(sentence, *match.span(name)) for name in ("own", "rival"))
        owner = subject(sentence, match.start("own"), case)
        found = _values(owner, [own, rival], case) if own and rival and own != rival else {}
        if len(found) != 2:
            continue
        first, second = found.values()
        fits = first < second if match.groupdict().get("less") else first > second
        reason = "" if fits else _REVERSED
        yield Claim(match.start(), match.end(), ", ".join(found), reason, figures=False)


# Whose leaning it is, with what may stand between: "the observed odds do not favour …".
_WITHIN = r"(?P<within>(?:\x01++|[^,;.:\x01]|(?<=\x01),){0,60}?)"
_FAVOURS = {
    "vi": re.compile(
        r"(?<!\w)(?:xác suất|tần suất|(?:các|ba|hai) kịch bản|thống kê|lịch sử|cơ hội)(?!\w)"
        rf"{_WITHIN} (?:(?:nghiêng|thiên|ngả)(?: (?:hẳn|nhiều|nhẹ|rõ|hơn|mạnh))* (?:về|sang)|"
        r"ủng hộ)(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:odds|chances|probabilit(?:y|ies)|frequenc(?:y|ies)|likelihood|statistics|scenarios|"
        rf"history)\b{_WITHIN} (?:favou?r(?:s|ed|ing)?(?! by| over)|"
        r"(?:lean|tilt|point|skew|weight)(?:s|ed|ing)?(?: \w+ly)? (?:to|towards?|in favou?r of))\b"
    ),
}
_ABOUT = (
    "odds", "chance", "frequenc", "probabilit", "scenario", "likelihood", "statistics", "history",
    "xác suất", "tần suất", "kịch bản", "thống kê", "lịch sử", "cơ hội",
)  # fmt: skip
# "the odds of a close above … have risen since the previous session"
_SINCE = re.compile(
    r"(?<!\w)(?:odds|chances?|probability|frequency|xác suất|tần suất)(?!\w)[^.;]{0,60} (?:risen|"
    r"rose|"
    r"increased|grown|fallen|fell|declined|higher|lower|tăng|giảm|cao hơn|thấp hơn)(?: (?:since|"
    r"than|"
    r"from|so với|in))* (?:the )?(?:(?:previous|prior|last) (?:session|day)|yesterday|"
    r"phiên (?:liền )?"
    r"trước|hôm qua)(?!\w)"
)
# "the odds tilt upwards": no outcome is named but its side
_LEANING = re.compile(
    r"(?<!\w)(?:odds|chances|frequencies|probabilities|scenarios|xác suất|tần suất|kịch bản)(?!\w)"
    r"[^.;:,\x01]{0,24} (?:tilt|lean|skew|slant|nghiêng|thiên|lệch)(?:s|ed|ing)?(?: \w+ly)?"
    r"(?: to(?:wards?)?| the| nhẹ| hẳn| về| sang| phía| chiều| bên)* "
    r"(?:(?P<up>up(?:wards?|side)?|higher|trên|tăng|lên)|(?P<down>down(?:wards?|side)?|lower|"
    r"dưới|giảm|xuống))(?!\w)"
)
_AGAINST = re.compile(r"\b(?:odds|chances) (?:are|were|remain|stand|look)(?: \w+ly)? against\b")
_NOT = re.compile(r"(?<!\w)(?:not|never|hardly|không|chưa|chẳng)(?!\w)|n['’]t\b")
_OTHERS_LEAN = re.compile(r"breadth|sentiment|momentum|flows|độ rộng|tâm lý|dòng tiền|thị trường")
_CONDITION = re.compile(
    r"(?<!\w)(?:if|unless|once|provided|should|would|could|might|may|"
    r"nếu|trừ khi|một khi|chỉ khi|giả sử|có thể|sẽ)(?!\w)"
)
_OVER = {
    "vi": re.compile(r",? (?:hơn(?: là| so với)?|thay vì|chứ không(?: phải)?|so với) "),
    "en": re.compile(
        r",? (?:rather than|instead of|ahead of|(?:more )?than|against|versus|(?:and )?not|"
        r"over(?! (?:the )?(?:\x01|resistance)))\b"
    ),
}
_LEVEL = re.compile(
    r"\x01|(?<!\w)(?:above|below|between|resistance|support|trên|dưới|giữa|kháng cự|hỗ trợ)(?!\w)"
)


def favoured(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The outcome that the odds favour: over the one it is held against, or over the others."""
    if not holds(sentence.masked, _ABOUT):
        return
    for match in _FAVOURS[sentence.language].finditer(sentence.masked):
        within = match["within"]
        if _OTHERS_LEAN.search(within) or _CONDITION.search(sentence.masked[: match.end()]):
            continue
        end = _end(sentence, match.end(), "[;.:]")
        over = _OVER[sentence.language].search(sentence.masked, match.end(), end)
        until = min(_end(sentence, match.end(), "[,;.:]"), over.start() if over else end)
        name = _told(sentence, match.end(), until)
        if not name:
            continue
        key = f"{subject(sentence, match.start(), case)}.{name}"
        rivals = _behind(sentence, over.end(), key, case, ":") if over else {}
        if over and not rivals:
            continue
        rivals = rivals or _rest(key, sentence.masked[match.end() : until], case)
        value, fault = case.sheet.value(key), _REVERSED if over else _TOO_MUCH
        evidence = ", ".join((key, *rivals))
        if value is None or not rivals:
            evidence, fault, fits = "", "compares what no facts prove", False
        else:
            first = all(value > rival if over else value >= rival for rival in rivals.values())
            fits = first is not bool(_NOT.search(within))
        yield Claim(match.start(), until, evidence, "" if fits else fault, figures=False)
    yield from _leaning(sentence, case)
    for match in _SINCE.finditer(sentence.masked):
        reason = "compares chances with those of another session, of which no fact tells"
        yield Claim(match.start(), match.end(), "", reason, figures=False)
    for match in _AGAINST.finditer(sentence.masked):
        until = _end(sentence, match.end(), "[,;.:]")
        name = _told(sentence, match.end(), until)
        key = f"{subject(sentence, match.start(), case)}.{name}"
        value = case.sheet.value(key) if name else None
        if value is None or _CONDITION.search(sentence.masked[: match.end()]):
            continue
        yield Claim(match.start(), until, key, "" if value < 50 else _REVERSED, figures=False)


def _leaning(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which side the odds lean to, told without an outcome."""
    for match in _LEANING.finditer(sentence.masked):
        key = subject(sentence, match.start(), case)
        above, below = (case.sheet.value(f"{key}.{name}") for name in ("p_above", "p_below"))
        if above is None or below is None or _CONDITION.search(sentence.masked[: match.end()]):
            continue
        fits = above > below if match["up"] else below > above
        evidence = f"{key}.p_above, {key}.p_below"
        yield Claim(match.start(), match.end(), evidence, "" if fits else _REVERSED, figures=False)


def _rest(key: str, words: str, case: Case) -> dict[str, Decimal]:
    """The chances that an outcome alone must beat: the other side's, or where a level is named
    ("a close above 1,200") those of both other outcomes.
    """
    owner, _, own = key.partition(".")
    sided = own != "p_between" and not _LEVEL.search(words)
    names = [name for name in _SIDES if name != own and not (sided and name == "p_between")]
    return _values(owner, names, case)


def _before(sentence: Sentence, position: int, case: Case) -> tuple[str, Decimal] | None:
    """The chance that is compared: the nearest one written or told in words."""
    end = position
    while end > 0:
        start = max(sentence.masked.rfind(mark, 0, end) for mark in ",;.") + 1
        written = [f for f in _written(sentence) if start <= f.start < end]
        if written:
            return written[-1].key, written[-1].value
        if name := _told(sentence, start, end):
            key = f"{subject(sentence, position, case)}.{name}"
            value = case.sheet.value(key)
            return None if value is None else (key, value)
        end = start - 1
    return None


def _behind(
    sentence: Sentence, position: int, key: str, case: Case, stops: str = ""
) -> dict[str, Decimal]:
    """The chances that it is held against: one written, one told in words, or both others."""
    end = _end(sentence, position, f"[.;{stops}]")
    owner, _, own = key.partition(".")
    if _REST.search(sentence.masked, position, end):
        names = [name for name in _SIDES if name != own]
    else:
        written = [f for f in _written(sentence) if position <= f.start < end]
        until = written[0].start if written else end
        if written and "," not in sentence.masked[position:until]:
            return {written[0].key: written[0].value}
        name = _first_told(sentence, position, until)
        named = [item.key for item in sentence.names if position <= item.start < end]
        owner = named[0] if named else owner
        names = [name] if name else []
    found = _values(owner, names, case)
    return {name: value for name, value in found.items() if name != key}


def _values(owner: str, names: list[str], case: Case) -> dict[str, Decimal]:
    found: Mapping[str, Decimal | None] = {
        f"{owner}.{name}": case.sheet.value(f"{owner}.{name}") for name in names
    }
    return {key: value for key, value in found.items() if value is not None}


def _written(sentence: Sentence) -> list[Figure]:
    return [figure for figure in sentence.figures if figure.unit == "chance"]


def _end(sentence: Sentence, position: int, stops: str) -> int:
    found = re.compile(stops).search(sentence.masked, position)
    return found.start() if found else len(sentence.masked)


def _first_told(sentence: Sentence, start: int, end: int) -> str:
    """The outcome of the first part, between commas, that tells one."""
    while start < end:
        until = min(_end(sentence, start, ","), end)
        if name := _told(sentence, start, until):
            return name
        start = until + 1
    return ""


# "a close below resistance" is two of the outcomes together
_TWO_AT_ONCE = re.compile(
    r"(?:below|under|dưới) (?:the |its )?(?:resistance|kháng cự)|"
    r"(?:above|over|trên) (?:the |its )?(?:support|hỗ trợ)"
)


def _told(sentence: Sentence, start: int, end: int) -> str:
    """The outcome that a stretch of text tells; "" for none, or for two of them at once."""
    text = sentence.masked[start:end]
    levels = {f.key.partition(".")[2] for f in sentence.figures if start <= f.start < end}
    name = next((name for name, words in CHANCES if words.search(text)), "")
    crossed = {"p_above": {"support"}, "p_below": {"resistance"}}.get(name) == levels
    return "" if crossed or _TWO_AT_ONCE.search(text) else name
