"""Figures in running text: digits by the language's rules, scale words, units, number words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

NUMERAL = re.compile(r"(?<![\d.,])(?P<sign>[+\-\u2212\u2013]?)(?P<digits>\d+(?:[.,]\d+)*)")
_FORMS = {
    "vi": re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?"),
    "en": re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"),
}
LONGEST = 24  # digits; nothing in a market report is longer

SCALES = {
    "trăm": 100, "nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9,
    "hundred": 100, "thousand": 10**3, "million": 10**6, "mn": 10**6, "billion": 10**9,
    "bn": 10**9, "trillion": 10**12, "tn": 10**12, "k": 10**3, "m": 10**6,
}  # fmt: skip
_SCALE = re.compile(
    r"\s?(" + "|".join(sorted(SCALES, key=len, reverse=True)) + r")(?![\w])", re.IGNORECASE
)
_UNITS = (
    ("pp", r"điểm phần trăm|điểm %|percentage[ -]points?"),
    ("bp", r"điểm cơ bản|basis points?|bps?"),
    ("percent", r"%|phần trăm|per ?cent"),
    ("points", r"điểm|points?|pts?"),
    ("stocks", r"mã(?: cổ phiếu)?|stocks|issues|names|cổ phiếu|shares"),
    ("vnd", r"đồng(?! (?:tiền|tăng|giảm|coin|nào|này|đi|thuận|pha))|vnd|vnđ|dong|đ"),
    ("usd", r"usd|đô la(?: mỹ)?|đô|(?:us )?dollars?|us\$|\$"),
    ("times", r"lần|times|x|-?fold"),
)
_UNIT = re.compile(
    r"[\s-]?(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _UNITS) + r")(?!\w)",
    re.IGNORECASE,
)
_ENDS_WITH_CURRENCY = re.compile(r"(us\$|\$|(?<!\w)usd|(?<!\w)vnd|₫)\s?[+\-\u2212]?$", re.I)


class Number(NamedTuple):
    """A figure in text: `value` carries scale and sign; `step` is one unit of its last digit.

    `unit` is points, percent, pp, bp, shares, stocks, vnd, usd, times or ""; `problem` tells why
    the digits could not be read.
    """

    start: int
    end: int
    value: Decimal
    step: Decimal
    unit: str
    signed: bool
    problem: str = ""


def normal(text: str) -> str:
    """The text with one way of writing each character, without invisible ones."""
    folded = unicodedata.normalize("NFKC", text)
    if folded.isprintable():  # no invisible ones, and no space but the usual one
        return folded
    kept = (
        " " if char.isspace() else char for char in folded if unicodedata.category(char) != "Cf"
    )
    return "".join(kept)


def lower(text: str) -> str:
    """In lower case and of the same length, so that positions hold."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def numbers(text: str, language: str) -> Iterator[Number]:
    """The digits of normalised text, in order; dates and names are the caller's to leave out."""
    for match in NUMERAL.finditer(text):
        yield read(text, match, language)


def read(text: str, match: re.Match[str], language: str) -> Number:
    """The number at a match of NUMERAL, with the scale and unit that follow or precede it."""
    digits = match["digits"]
    start = match.start("digits")
    signed = bool(match["sign"]) and not _joins(text, match)
    if signed:
        start = match.start()
    value, places, problem = _value(digits, language)
    scale, end = _scaled(text, match.end())
    unit, end = _unit(text, end, scale)
    if not unit and (currency := _ENDS_WITH_CURRENCY.search(text[: match.start("digits")])):
        unit = "vnd" if currency[1].lower() in {"vnd", "₫"} else "usd"
    if signed and match["sign"] != "+":
        value = -value
    step = Decimal(1).scaleb(-places) * scale
    return Number(start, end, value * scale, step, unit, signed, problem)


def _joins(text: str, match: re.Match[str]) -> bool:
    """Whether the sign is a dash of a range or a compound rather than a sign."""
    before = text[: match.start()]
    if match["sign"] == "\u2013":
        return bool(re.search(r"[\w%}]\s?$", before))
    return bool(re.search(r"[\w%}]$", before))


def _value(digits: str, language: str) -> tuple[Decimal, int, str]:
    """Value, decimal places, and why it is no number of this language."""
    if len(digits) > LONGEST:
        return Decimal(0), 0, "has too many digits"
    other = "en" if language == "vi" else "vi"
    problem = ""
    form = language
    if not _FORMS[language].fullmatch(digits):
        form = other
        names = {"vi": "Vietnamese", "en": "English"}
        problem = f"is not written as {names[language]} writes numbers"
        if not _FORMS[other].fullmatch(digits):
            return Decimal(0), 0, problem
        problem += f" but as {names[other]} does"
    thousands, point = (".", ",") if form == "vi" else (",", ".")
    plain = digits.replace(thousands, "").replace(point, ".")
    return Decimal(plain), len(plain.partition(".")[2]), problem


def _scaled(text: str, end: int) -> tuple[Decimal, int]:
    scale = Decimal(1)
    for _ in range(2):  # nghìn tỷ, triệu tỷ
        found = _SCALE.match(text, end)
        if not found:
            break
        scale *= SCALES[found[1].lower()]
        end = found.end()
    return scale, end


def _unit(text: str, end: int, scale: Decimal) -> tuple[str, int]:
    found = _UNIT.match(text, end)
    if not found or found.lastgroup is None:
        return "", end
    unit = found.lastgroup
    if unit == "stocks" and not found[0].strip(" -").lower().startswith(("mã", "stocks", "issues")):
        # "cổ phiếu" and "shares" are volumes with a scale word, stocks without
        unit = "shares" if scale >= 1000 else "stocks"
    if unit == "stocks" and scale >= 1000:
        unit = "shares"
    return unit, found.end()


_VIETNAMESE = re.compile("[ăâđêôơưạ-ỹ]")  # letters that English has not
_OFTEN = 25  # characters of text in which Vietnamese has one of them


def language_of(low: str) -> str:
    """The language of a text in lower case, by its letters."""
    return "vi" if len(_VIETNAMESE.findall(low)) * _OFTEN > len(low) else "en"


def is_foreign(number: Number, text: str, language: str) -> bool:
    """Whether digits that both languages can read are another's: "67.434 tỷ" read as English."""
    digits = NUMERAL.search(text, number.start, number.end)
    if digits is None or digits["digits"].isdigit():
        return False
    readable = all(form.fullmatch(digits["digits"]) for form in _FORMS.values())
    return readable and language_of(text) != language


def unit_after(text: str, end: int) -> tuple[str, str]:
    """The unit or scale word that follows a position: its kind (scale among them) and its text."""
    scale = _SCALE.match(text, end)
    if scale:
        return "scale", scale[0].strip()
    found = _UNIT.match(text, end)
    if not found or found.lastgroup is None:
        return "", ""
    return found.lastgroup, found[0].strip(" -")


_VI_ONES = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5,
    "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "mười": 10,
}  # fmt: skip
_EN_ONES = {
    word: value
    for value, word in enumerate(
        (
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
            "eighteen", "nineteen",
        )
    )
}  # fmt: skip
_EN_TENS = {
    word: value * 10
    for value, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2
    )
}
_EN_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_VI = "|".join(sorted(_VI_ONES, key=len, reverse=True))
VI_WORDS = (
    rf"(?:(?:{_VI}) mươi(?: (?:{_VI}))?|mười (?:một|hai|ba|bốn|lăm|sáu|bảy|tám|chín)|(?:{_VI}))"
)
EN_WORDS = (
    r"(?:(?:" + "|".join(_EN_TENS) + r")(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|"
    + "|".join(sorted((*_EN_ONES, *_EN_ORDINALS), key=len, reverse=True))
    + ")"
)  # fmt: skip


def word_value(words: str) -> int | None:
    """The value of a number in words or digits below a hundred, of either language."""
    text = words.strip().lower()
    if text.isdigit() and text.isascii() and len(text) < 6:
        return int(text)
    if text in _VI_ONES:
        return _VI_ONES[text]
    if text in _EN_ONES or text in _EN_ORDINALS:
        return _EN_ONES.get(text, _EN_ORDINALS.get(text))
    parts = re.split(r"[- ]", text)
    if parts[0] in _EN_TENS:
        return _EN_TENS[parts[0]] + (_EN_ONES.get(parts[1], 0) if len(parts) > 1 else 0)
    if parts[0] == "mười" and len(parts) == 2:
        return 10 + _VI_ONES.get(parts[1], 0)
    if len(parts) > 1 and parts[1] == "mươi" and parts[0] in _VI_ONES:
        return _VI_ONES[parts[0]] * 10 + (_VI_ONES.get(parts[2], 0) if len(parts) > 2 else 0)
    return None
