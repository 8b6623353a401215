"""How the averages lie to one another, and which way the short or the longer term leans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, changes, subject
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Sentence

SIZES = ("20", "50", "200")
_AVERAGES = ("average", " line", "trung bình", "đường ")
_RANK = re.compile(
    r"(?<!\w)(?:(?P<size>20|50|200)[ -](?:session|day|phiên|ngày)(?: (?:moving )?(?:average|"
    r"line|one))?"
    r"(?: \(\x01+(?: points| điểm)?\))?(?: (?:is|lies|stands|sits|runs|là|ở|nằm|đứng|đang))*"
    r" (?:(?:the )?(?:(?P<top>highest|cao nhất)|(?P<low>lowest|thấp nhất))))(?! (?:in|trong \d))"
)
_ROW = re.compile(
    r"(?<!\w)(?P<a>20|50|200)(?:[ -]?(?:session|phiên)s?)?-?(?:,| và| and|, and| rồi| then|"
    r", rồi|\W+đến)+"
    r"(?: (?:đến|tới|đường|the|trung bình))* (?P<b>20|50|200)(?:[ -]?(?:session|phiên)s?)?-?"
    r"(?:,| và| and|, and| rồi| then|, rồi)+(?: (?:đến|tới|đường|the|trung bình))* (?P<c>20|50|"
    r"200)(?!\d)"
)
_ORDER = re.compile(
    r"(?<!\w)(?:(?P<up>(?:from )?low(?:est)? to high(?:est)?|(?:rising|ascending) order|"
    r"(?:từ )?thấp (?:lên|đến|tới) cao|tăng dần)|"
    r"(?P<down>(?:from )?high(?:est)? to low(?:est)?|(?:falling|descending) order|"
    r"(?:từ )?cao (?:xuống|đến|tới) thấp|giảm dần))(?!\w)"
)


def ranked(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The 20-session average is the lowest", "from low to high: 20, 50 and 200 sessions"."""
    if not holds(sentence.masked, _AVERAGES) or LIQUIDITY.search(sentence.masked):
        return
    for found in _RANK.finditer(sentence.masked):
        values = _averages(sentence, found.start(), case)
        most = max if found["top"] else min
        fits = len(values) == len(SIZES) and values[found["size"]] == most(values.values())
        yield _claim(found, values, fits)
    yield from _picked(sentence, case)
    order, row = _ORDER.search(sentence.masked), _ROW.search(sentence.masked)
    if order and row:
        values = _averages(sentence, order.start(), case)
        steps = pairwise(values.get(row[name], Decimal(0)) for name in "abc")
        fits = len(values) == len(SIZES) and all((a < b) is bool(order["up"]) for a, b in steps)
        yield _claim(order, values, fits)


PICKED = re.compile(
    r"(?<!\w)(?:(?:the )?(?P<near>nearest|closest|(?:smallest|narrowest) (?:gap|distance))|"
    r"(?:the )?"
    r"(?P<far>farthest|furthest|(?:largest|widest|biggest) (?:gap|distance))|"
    r"(?P<near2>gần nhất|khoảng cách (?:nhỏ|hẹp|ngắn) nhất)|"
    r"(?P<far2>xa nhất|khoảng cách (?:lớn|rộng) nhất))[^,.;:\x01]{0,40}(?:at|ở|tại|is|là|,|\() ?$"
)


def _picked(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "All averages are overhead, the nearest at 1,195": by how far each lies from the close."""
    for figure in sentence.figures:
        key, _, name = figure.key.partition(".")
        found = PICKED.search(sentence.masked[: figure.start]) if name.startswith("sma") else None
        close = case.sheet.value(f"{key}.close")
        if found is None or close is None:
            continue
        values = {f"sma{size}": case.sheet.value(f"{key}.sma{size}") for size in SIZES}
        gaps = {item: abs(value - close) for item, value in values.items() if value is not None}
        best = (min if found["near"] or found["near2"] else max)(gaps, key=lambda item: gaps[item])
        reason = "" if best == name else "is wrong: another average is it"
        yield Claim(found.start(), figure.start, figure.key, reason, figures=False)


def _claim(found: re.Match[str], values: dict[str, Decimal], fits: bool) -> Claim:
    evidence = ", ".join(f"sma{size}" for size in values)
    reason = "" if fits else "is wrong: the averages lie in another order"
    return Claim(found.start(), found.end(), evidence, reason, figures=False)


def _averages(sentence: Sentence, position: int, case: Case) -> dict[str, Decimal]:
    key = subject(sentence, position, case)
    found = {size: case.sheet.value(f"{key}.sma{size}") for size in SIZES}
    return {size: value for size, value in found.items() if value is not None}


# Which averages tell of a term.
_TERMS = {"short": ("20",), "ngắn": ("20",), "long": ("200",), "dài": ("200",)}
_MEDIUM = ("50", "200")
_LEANS = re.compile(
    r"(?<!\w)(?:(?P<term>short|medium|intermediate|"
    r"long(?:er)?)[ -]?(?:and (?:the )?(?P<too>medium|long)"
    r"[ -]?)?term|(?P<han>ngắn|trung|dài) hạn)(?!\w)[^,.;:\x01]{0,28}?(?<!\w)"
    r"(?:(?:lean|point|slope|tilt|head|trend|look|turn)(?:s|ed|ing)? |(?:hướng|nghiêng|dốc|ngả|"
    r"đi|chúi|"
    r"quay) )(?:(?P<up>up(?:wards?)?|higher|lên)|(?P<down>down(?:wards?)?|lower|xuống))(?!\w)"
)
_TREND = re.compile(
    r"(?<!\w)(?:(?P<term>short|medium|long)(?:er)?[ -]?term (?:(?P<up>up-?trend|upward trend)|"
    r"down-?trend|downward trend)|xu hướng (?:(?P<up2>tăng|đi lên)|giảm|đi xuống) (?P<han>ngắn|"
    r"trung|dài) hạn)(?!\w)"
)


def leanings(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The medium term leans down": the close lies below an average of that length."""
    if not holds(sentence.masked, ("term", " hạn")):
        return
    for found in (*_LEANS.finditer(sentence.masked), *_TREND.finditer(sentence.masked)):
        if sentence.is_hypothetical(found.start()):
            continue
        key = subject(sentence, found.start(), case)
        sizes = _TERMS.get(found["term"] or found["han"], _MEDIUM)
        names = [f"{key}.distance_sma{size}" for size in sizes]
        values = [case.sheet.value(name) for name in names]
        way = 1 if found["up"] or found.groupdict().get("up2") else -1
        fits = any(value is not None and value * way > 0 for value in values)
        reason = "" if fits else "is wrong: the close lies on the other side of the average"
        yield Claim(found.start(), found.end(), ", ".join(names), reason, figures=False)


# "all closed below their 20-session average, with A nearest to it"
_FURTHEST = re.compile(
    r"[^.;:\x03\x01]{0,14},? (?:with|and|trong đó|và|"
    r"còn) (?:the )?(?P<name>\x03+)(?: [^,.;\x03]{0,12}?)?"
    r" (?:(?P<near>nearest|closest|gần(?: nó| hơn cả)? nhất|sát nhất)|farthest|furthest|"
    r"(?:cách )?xa nhất)"
)


def furthest(sentence: Sentence, position: int, size: str, case: Case) -> Iterator[Claim]:
    """Whether one is the nearest of all to its average, or the furthest from it."""
    placed = _FURTHEST.match(marked(sentence), position)
    if placed is None:
        return
    key = next(item.key for item in sentence.names if item.start == placed.start("name"))
    values = {name: case.sheet.value(f"{name}.distance_sma{size}") for name in changes(case.sheet)}
    gaps = {name: abs(value) for name, value in values.items() if value is not None}
    best = (min if placed["near"] else max)(gaps, key=lambda name: gaps[name])
    reason = "" if key == best else "is wrong: another index is it"
    yield Claim(placed.start("name"), placed.end(), f"distance_sma{size}", reason, figures=False)
