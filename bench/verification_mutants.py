"""One-change mutants of a report's texts: what a careless or a lying writer might have written.

Each changes one thing that a reader would take for true: a figure, its digits' order, its sign, its
unit, a date, an index, a direction, two roles, a claim in words, a reference.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bench.verification_reports import Report
from reports.document import REFERENCE
from reports.facts import FactSheet
from reports.publishing import labels

FIGURE = re.compile(r"(?<![\w.,/-])([+-]?)(\d+(?:[.,]\d+)*)(%?)(?![\w/])")
DATE = re.compile(
    r"\b(\d{1,2})(/\d{1,2}| (?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December))\b"
)
NAMES = ("VN-Index", "VN30", "HNX-Index", "HNX30", "UPCoM-Index")
WINDOW = re.compile(r"\s?-?(?:phiên|tuần|ngày|session|week|day|giờ|hour)")

SWAPS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "direction": {
        "vi": (
            ("tăng vọt", "lao dốc"), ("tăng mạnh", "giảm mạnh"), ("tăng nhẹ", "giảm nhẹ"),
            ("tăng", "giảm"), ("cao hơn", "thấp hơn"), ("đứng trên", "đứng dưới"),
            ("nhích", "lùi"), ("bứt phá", "lao dốc"), ("đi ngang", "tăng mạnh"),
        ),
        "en": (
            ("surged", "plunged"), ("climbed", "dropped"), ("edged up", "edged down"),
            ("rose", "fell"), ("above", "below"), ("gained", "lost"), (" up ", " down "),
            ("higher", "lower"), ("was flat", "climbed"),
        ),
    },
    "unit": {
        "vi": (
            ("điểm", "%"), ("triệu cổ phiếu", "tỷ đồng"), ("tỷ đồng", "triệu cổ phiếu"),
            ("mã tăng", "điểm tăng"), ("mã giảm", "điểm giảm"),
        ),
        "en": (
            ("points", "%"), ("million shares", "billion shares"), ("trillion", "billion"),
            ("stocks", "points"),
        ),
    },
    "claim in words": {
        "vi": (
            ("mạnh nhất", "yếu nhất"), ("nhiều nhất", "ít nhất"), ("quá mua", "quá bán"),
            ("trung tính", "quá mua"), ("bên mua", "bên bán"), ("hỗ trợ", "kháng cự"),
            ("Cả năm", "Bốn trong năm"), ("Bốn", "Ba"), ("Ba", "Bốn"), ("cao nhất", "thấp nhất"),
            ("đỉnh", "đáy"), ("liên tiếp", "thứ chín liên tiếp"),
        ),
        "en": (
            ("strongest", "weakest"), ("the most", "the least"), ("overbought", "oversold"),
            ("neutral", "overbought"), ("buyers", "sellers"), ("support", "resistance"),
            ("All five", "Four of five"), ("Four", "Three"), ("Three", "Four"),
            ("highest", "lowest"), ("high", "low"),
        ),
    },
}  # fmt: skip
# A claim in words put behind a true sentence; each is false of every report here.
ADDED = {
    "vi": (
        "VN-Index đóng cửa ở mức cao nhất và thấp nhất ba tuần.",
        "Khối lượng gấp gần chín lần trung bình 20 phiên.",
        "Đây là phiên tăng thứ mười chín liên tiếp của VN-Index.",
        "VN-Index lập kỷ lục mọi thời đại.",
        "VN-Index giảm mười tám phiên liên tiếp.",
        "Số mã tăng gấp chín mươi chín lần số mã giảm.",
    ),
    "en": (
        "VN-Index closed at its highest in a hundred years.",
        "Volume was nearly nine times its 20-session average.",
        "It was the nineteenth straight gain for VN-Index.",
        "VN-Index set an all-time high.",
        "VN-Index fell for an eighteenth day in a row.",
        "Advances outnumbered declines ninety-nine times over.",
    ),
}


@dataclass(frozen=True)
class Mutant:
    kind: str
    language: str
    section: str
    text: str
    original: str
    editor: bool
    sheet: FactSheet


Change = Callable[[str, FactSheet, str, random.Random], Iterator[tuple[str, str]]]


def mutants(report: Report, language: str, chance: random.Random) -> Iterator[Mutant]:
    """Mutants of the texts with references, and of the same texts written out, as editors write."""
    for section, text in report.prose(language):
        for kind, changed in _of_references(text, report.sheet, language, chance):
            yield Mutant(kind, language, section, changed, text, False, report.sheet)
        for kind, changed in _of_words(text, report.sheet, language, chance):
            yield Mutant(kind, language, section, changed, text, False, report.sheet)
        said = written(text, report.sheet, language)
        for change in (_digits, _order, _sign, _roles, _of_words):
            for kind, changed in change(said, report.sheet, language, chance):
                yield Mutant(kind, language, section, changed, said, True, report.sheet)


def written(text: str, sheet: FactSheet, language: str) -> str:
    return REFERENCE.sub(
        lambda match: labels.written(sheet.facts[match[1]], language, match[2] or ""), text
    )


def _of_references(
    text: str, sheet: FactSheet, language: str, chance: random.Random
) -> Iterator[tuple[str, str]]:
    for match in REFERENCE.finditer(text):
        fact, style = sheet.facts[match[1]], match[2] or ""
        said = labels.written(fact, language, style)
        subject, _, name = match[1].partition(".")
        same_unit = [
            other.key
            for other in sheet.facts.values()
            if other.unit == fact.unit
            and other.key != fact.key
            and other.key.startswith(f"{subject}.")
        ]
        elsewhere = [
            key
            for key in (f"{state.key}.{name}" for state in sheet.indices)
            if key in sheet.facts and key != fact.key
        ]
        for kind, keys in (("other fact", same_unit), ("index", elsewhere)):
            if _suppose(text, language):
                keys = [key for key in keys if not _same_side(key, match[1], sheet)]
            keys = [
                key for key in keys if labels.written(sheet.facts[key], language, style) != said
            ]
            if keys:
                key = chance.choice(keys)
                yield (
                    kind,
                    text[: match.start()] + match[0].replace(match[1], key) + text[match.end() :],
                )
        if not name.startswith(
            ("sessions_", "streak_", "broken_")
        ):  # "261 phiên" is a window, and true
            yield "figure as bare text", text[: match.start()] + said + text[match.end() :]
        if "." in match[1]:
            broken = match[0].replace(match[1], f"{match[1]}x")
            yield "unknown fact", text[: match.start()] + broken + text[match.end() :]


def _digits(
    text: str, sheet: FactSheet, language: str, chance: random.Random
) -> Iterator[tuple[str, str]]:
    """One digit changed."""
    for match in FIGURE.finditer(text):
        if WINDOW.match(text[match.end() :]):
            continue
        places = [at for at in range(match.start(2), match.end(2)) if text[at].isdigit()]
        at = chance.choice(places)
        digit = chance.choice([d for d in "123456789" if d != text[at]])
        yield "figure", text[:at] + digit + text[at + 1 :]


def _order(
    text: str, sheet: FactSheet, language: str, chance: random.Random
) -> Iterator[tuple[str, str]]:
    """Two neighbouring digits exchanged."""
    for match in FIGURE.finditer(text):
        if WINDOW.match(text[match.end() :]):
            continue
        digits = [at for at in range(match.start(2), match.end(2)) if text[at].isdigit()]
        pairs = [(a, b) for a, b in pairwise(digits) if text[a] != text[b]]
        if pairs:
            a, b = chance.choice(pairs)
            yield "digit order", text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]


def _sign(
    text: str, sheet: FactSheet, language: str, chance: random.Random
) -> Iterator[tuple[str, str]]:
    for match in FIGURE.finditer(text):
        if match[1] and match[2].strip("0.,"):
            other = "-" if match[1] == "+" else "+"
            yield "sign", text[: match.start(1)] + other + text[match.end(1) :]


def _roles(
    text: str, sheet: FactSheet, language: str, chance: random.Random
) -> Iterator[tuple[str, str]]:
    """Two figures of a text exchanged."""
    found = [m for m in FIGURE.finditer(text) if not WINDOW.match(text[m.end() :])]
    for a, b in pairwise(found):
        between = text[a.end() : b.start()]
        if re.fullmatch(r"\s(?:and|và)\s", between) and re.search(
            r"(?:between|giữa)\s$", text[: a.start()]
        ):
            continue  # between two values, in whichever order
        if a[0] != b[0] and (a[3] == b[3]):
            yield (
                "roles exchanged",
                text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :],
            )


def _of_words(
    text: str, sheet: FactSheet, language: str, chance: random.Random
) -> Iterator[tuple[str, str]]:
    plain = text.replace("\u00a0", " ")
    for kind, words in SWAPS.items():
        for one, other in words[language]:
            for a, b in ((one, other), (other, one)):
                found = list(re.finditer(rf"(?<!\w){re.escape(a)}(?!\w)", plain))
                if found and not _suppose(plain, language):
                    match = chance.choice(found)
                    if re.search(r"(?:chưa|not yet|chưa vào vùng) $", plain[: match.start()]):
                        continue  # not yet overbought is as true as not yet oversold
                    if kind == "unit" and not re.search(r"[\d}] ?$|\bsố $", plain[: match.start()]):
                        continue
                    yield kind, plain[: match.start()] + b + plain[match.end() :]
    for name in NAMES:
        for match in list(re.finditer(rf"{re.escape(name)}(?![\w-])", plain))[:1]:
            if _suppose(plain, language):
                continue
            other = chance.choice([item for item in NAMES if item != name])
            if _alike(name, other, sheet):
                continue  # what is said without a figure may be true of both
            yield "index", plain[: match.start()] + other + plain[match.end() :]
    for match in DATE.finditer(plain):
        day = int(match[1]) % 28 + 1
        yield "date", plain[: match.start(1)] + str(day) + plain[match.end(1) :]
    if chance.random() < 0.34 and plain.endswith((".", "?")):
        yield "claim in words", f"{plain} {chance.choice(ADDED[language])}"


def _same_side(one: str, other: str, sheet: FactSheet) -> bool:
    """Whether both lie on one side of the close, where a supposition holds of either."""
    close = sheet.value(f"{other.partition('.')[0]}.close") or 0
    values = [sheet.value(key) or 0 for key in (one, other)]
    return (values[0] > close) is (values[1] > close)


def _alike(one: str, other: str, sheet: FactSheet) -> bool:
    """Whether both indices moved the same way or by the same."""
    moves = [
        sheet.value(f"{name.replace('-', '').lower()}.change_percent") or 0 for name in (one, other)
    ]
    return (moves[0] > 0) is (moves[1] > 0)


def _suppose(text: str, language: str) -> bool:
    """Whether the text tells what may be, where another word is not false."""
    words = r"\b(?:Nếu|có thể)\b" if language == "vi" else r"\b(?:would|could|if|may)\b"
    return bool(re.search(words, text, re.IGNORECASE))
