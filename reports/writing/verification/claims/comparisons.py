"""Twice as much, the strongest, more than VN30: one thing held against others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change, subject
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Figure, Sentence

# What each of the next patterns holds: they are tried at every word of a sentence.
_MULTIPLIED = {
    "vi": re.compile("gấp|bằng |lần|nửa|phần (?:ba|tư)"),
    "en": re.compile(
        "doubl|tripl|quadrupl|halv|twice|thrice|times|fold|as many|as much|half|third|quarter"
    ),
}
_MULTIPLE = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?:(?P<hedge4>gần|hơn|khoảng|xấp xỉ|chưa (?:đến|tới)) )?"
        rf"(?:gấp|bằng|cao gấp|lớn gấp|nhiều gấp) (?P<hedge>gần|hơn|khoảng|"
        rf"xấp xỉ)?(?:tới |đến )? ?"
        rf"(?P<n>đôi|rưỡi|\x01+|{VI_WORDS})(?: (?:lần|rưỡi))?|"
        rf"(?P<hedge2>gần|hơn|khoảng|xấp xỉ)? ?(?P<n2>\x01+|{VI_WORDS}) lần (?=so với|trung bình|"
        rf"mức|số)|"
        rf"(?:(?:bằng|chỉ bằng|còn|chưa (?:bằng|đến|tới)) )?(?P<hedge3>gần|hơn|khoảng|chưa đến|"
        rf"chưa tới|xấp xỉ)? ?"
        rf"(?P<part>(?:một|phân|già) nửa|một phần (?:ba|tư)|hai phần ba))(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:(?P<hedge>nearly|almost|more than|over|about|roughly|around|close to|less than)? ?"
        rf"(?:(?P<verb>doubl|tripl|quadrupl|halv)(?:ed|ing|e|es)(?! as)|(?P<n2>twice|double|triple|"
        rf"thrice)|"
        rf"(?P<n>\x01+|{EN_WORDS})(?: times|-?fold)|(?P<n3>\x01+) (?=as many|as much)|"
        rf"(?P<part>half|one[- ]third|a third|two[- ]thirds|a quarter|"
        rf"one[- ]quarter)))\b(?! (?:hour|an hour|session|day|straight|consecutive|gain|loss|"
        rf"scenario|time|week|month|quarter|year|successive)\b)"
    ),
}
_NUMBERS = {
    "đôi": 2, "twice": 2, "double": 2, "doubl": 2, "tripl": 3, "triple": 3, "thrice": 3,
    "quadrupl": 4, "rưỡi": 1.5,
}  # fmt: skip
_PARTS = {
    "nửa": "0.5", "half": "0.5", "halv": "0.5", "third": "0.3333", "một phần ba": "0.3333",
    "một phần tư": "0.25", "quarter": "0.25", "two": "0.6667", "hai phần ba": "0.6667",
}  # fmt: skip
SLACK = Decimal("0.05")  # of an unhedged "twice"
NEARLY = Decimal("0.12")  # what "nearly" may lack
MORE = Decimal("0.34")  # what "more than" may leave unsaid
LESS_OF_PART = Decimal("0.45")  # what "less than half" may
ABOUT = Decimal("0.12")


_HALF_OF = re.compile(r"(?<!\w)(?:upper|lower|top|bottom|first|second|other|last|middle) ?$")
_MERE = re.compile(rf"bằng {VI_WORDS}")  # "by one session", no multiple


def multiples(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Ratios in words: of volume and its average, of advances and declines, of two figures."""
    if not _MULTIPLIED[sentence.language].search(sentence.masked):
        return
    for match in _MULTIPLE[sentence.language].finditer(sentence.masked):
        if _MERE.fullmatch(match[0]) or (
            sentence.is_hypothetical(match.start()) and not _of_chances(sentence, match)
        ):
            continue
        if match["part"] and _HALF_OF.search(sentence.masked[: match.start()]):
            continue  # "in the upper half of its range"
        size = _size(sentence, match)
        if size is None:
            continue
        pair = _pair(sentence, match, case)
        if pair is None:
            yield Claim(match.start(), match.end(), "", "compares what no facts prove")
            continue
        evidence, ratio = pair
        hedge = next((v for k, v in match.groupdict().items() if k.startswith("hedge") and v), "")
        hedge = "less than" if match[0].startswith("chưa") else hedge
        reason = _ratio_fault(ratio, *size, hedge)
        yield Claim(match.start(), match.end(), evidence, reason, figures=case.editor)


def _size(sentence: Sentence, match: re.Match[str]) -> tuple[Decimal, Decimal] | None:
    """The multiple and how far around it a plain statement reaches."""
    parts = match.groupdict()
    if part := parts.get("part") or (parts.get("verb") == "halv" and "halv"):
        value = next(Decimal(v) for k, v in reversed(_PARTS.items()) if k in str(part))
        return value, value * SLACK * 2
    words = parts.get("n") or parts.get("n2") or parts.get("n3") or parts.get("verb") or ""
    if "\x01" in words:
        for figure in sentence.figures:
            if match.start() <= figure.start < match.end() and not figure.problem:
                return figure.value, max(figure.step / 2, Decimal("0.05"))
        return None
    number = _NUMBERS.get(words, word_value(words))
    if not number or number < 1:
        return None
    value = Decimal(str(number))
    if match[0].endswith("rưỡi") and words != "rưỡi":
        value += Decimal("0.5")
    return value, value * SLACK


def _ratio_fault(ratio: Decimal, size: Decimal, slack: Decimal, hedge: str) -> str:
    if hedge in {"gần", "nearly", "almost", "close to"}:
        fits = size * (1 - NEARLY) <= ratio < size
    elif hedge in {"chưa đến", "chưa tới", "less than"}:
        fits = size * (1 - (MORE if size >= 1 else LESS_OF_PART)) <= ratio < size
    elif hedge in {"hơn", "more than", "over"}:  # three times and more, short of four
        above = size + 1 if size >= 2 and size == int(size) else size * (1 + MORE)
        fits = size < ratio < max(above, size * (1 + MORE))
    elif hedge:
        fits = abs(ratio - size) <= size * ABOUT
    else:
        fits = abs(ratio - size) <= slack
    return "" if fits else f"is wrong: the ratio is {ratio.quantize(Decimal('0.01'))}"


def _pair(sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, Decimal] | None:
    """What is compared with what, as the words on both sides call it."""
    sheet, masked = case.sheet, sentence.masked
    before, behind = masked[: match.start()], masked[match.end() :]
    key = subject(sentence, match.start(), case)
    if rival := _RIVAL.match(marked(sentence), match.end()):
        return _moves_ratio(sentence, match, rival.end() - 1, case)
    if limits := _limits_ratio(sentence, match, case):
        return limits
    side = r"(?:mã|cổ phiếu|bên|phía|số)"
    rise = rf"{side} (?:tăng|mua|xanh|đi lên)|advanc|gainers|rose|rising|buyers"
    fall = rf"{side} (?:giảm|bán|đỏ|đi xuống)|declin|losers|fell|falling|sellers"
    for first, second, a, b in (
        ("advances", "declines", rise, fall),
        ("declines", "advances", fall, rise),
    ):
        if re.search(a, before) and re.search(b, behind):
            return _ratio(sheet, f"{key}.{first}", f"{key}.{second}")
    order = re.search(rf"(?:(?P<up>{rise})|(?P<down>{fall}))[^,.;]*$", before)
    if order and re.search(fall if order["up"] else rise, before[order.start() :]):
        names = ("advances", "declines") if order["up"] else ("declines", "advances")
        return _ratio(sheet, f"{key}.{names[0]}", f"{key}.{names[1]}")
    if first_side := re.search(rf"(?P<a>{rise})|(?P<b>{fall})", behind):
        swapped = re.search(rf"{fall if first_side['a'] else rise}", behind[first_side.end() :])
        if swapped and sentence.language == "en":
            names = ("advances", "declines") if first_side["a"] else ("declines", "advances")
            return _ratio(sheet, f"{key}.{names[0]}", f"{key}.{names[1]}")
    if LIQUIDITY.search(before) and re.search(r"trung bình|bình quân|average", behind):
        if re.search(r"giá trị|value|turnover", before) and not re.search(
            "khối lượng|volume", before
        ):
            return None
        return _volume_ratio(sheet, key)
    ratio = next((f for f in sentence.figures if match.start() <= f.start < match.end()), None)
    if ratio and ratio.key.endswith(".breadth_ratio"):
        # "advances outnumbered declines by 89 stocks, or 1.9 times"
        told = [m.lastgroup for m in _SORTS.finditer(sentence.masked, 0, match.start())][-2:]
        if set(told) == {"advances", "declines"}:
            return _ratio(sheet, f"{key}.{told[0]}", f"{key}.{told[1]}")
    return _figures_ratio(sentence, match)


_CEILINGS = r"trần|ceilings?|limit[- ]ups?"
_SORTS = re.compile(
    rf"(?<!\w)(?:(?P<ceilings>(?:tăng |chạm |kịch )?{_CEILINGS})|"
    r"(?P<floors>(?:giảm |chạm |nằm |kịch )?sàn(?! (?:hose|hnx|upcom))|floors?|limit[- ]downs?)|"
    r"(?P<advances>(?:mã|cổ phiếu|bên|phía|số) (?:tăng(?! trần)|mua|xanh|đi lên)|advanc\w+|"
    r"gainers|rose|rising|"
    r"buyers)|(?P<declines>(?:mã|cổ phiếu|bên|phía|số) (?:giảm(?! sàn)|bán|đỏ|đi xuống)|declin\w+|"
    r"losers|"
    r"fell|falling|sellers))(?!\w)"
)
_AT_LIMITS = re.compile(rf"(?<!\w)(?:{_CEILINGS})(?!\w)")


def _limits_ratio(
    sentence: Sentence, match: re.Match[str], case: Case
) -> tuple[str, Decimal] | None:
    """Stocks at their floor against those at their ceiling, in the order that they are named."""
    if not _AT_LIMITS.search(sentence.masked):
        return None
    sorts = list(_SORTS.finditer(sentence.masked))
    before = [item.lastgroup for item in sorts if item.end() <= match.start()]
    behind = [item.lastgroup for item in sorts if item.start() >= match.end()]
    pairs = [before[-1:] + behind[:1], behind[:2], before[-2:]]
    pair = next((two for two in pairs if set(two) == {"ceilings", "floors"}), None)
    if pair is None:
        return None
    key = exchange(sentence, match, case)
    found = _ratio(case.sheet, f"{key}.{pair[0]}", f"{key}.{pair[1]}")
    if pair == before[-2:] and not behind and found and found[1] < 1 and match["part"] is None:
        return _ratio(case.sheet, f"{key}.{pair[1]}", f"{key}.{pair[0]}")
    return found


def exchange(sentence: Sentence, match: re.Match[str], case: Case) -> str:
    """Whose stocks they are: named right behind ("than rose on HoSE"), or spoken of."""
    _, end = sentence.clause(match.end())
    for later in sentence.names:
        if match.end() <= later.start < end and _ON.search(sentence.masked[: later.start]):
            return later.key
    return subject(sentence, match.start(), case)


_ON = re.compile(r"(?:\b(?:on|in)|(?<!\w)(?:trên|ở|tại)|\x04+)(?: the| sàn)? $")
# "twice as much as VN30", "một nửa mức tăng của VN30"
_RIVAL = re.compile(
    r"(?: (?:as much as|as far as|as large as|that of|the|mức|đà|tăng|giảm|của|so với|gain|rise|"
    r"loss|"
    r"fall|drop|decline|of|in|chỉ số|tỷ trọng|thị phần|phần|share|dominance))* ?\x03"
)
_SHARES = re.compile(
    r"(?<!\w)(?:chiếm|tỷ trọng|thị phần|share|dominance|thống trị|accounts for)(?!\w)"
)


def _moves_ratio(
    sentence: Sentence, match: re.Match[str], at: int, case: Case
) -> tuple[str, Decimal] | None:
    """The day's change of the one named before against that of the one behind, both one way."""
    rival = next((item.key for item in sentence.names if item.start == at), "")
    earlier = [item for item in sentence.names if item.end <= match.start() and not item.compared]
    key = earlier[-1].key if earlier else case.subject
    if {key, rival} == {"btc", "eth"} and _SHARES.search(sentence.masked):
        return _ratio(case.sheet, f"crypto.dominance_{key}", f"crypto.dominance_{rival}")
    own, other = change(case.sheet, key), change(case.sheet, rival)
    if own is None or not other or key == rival or own * other <= 0:
        return None
    return f"{key}.change_percent / {rival}.change_percent", abs(own / other)


def _volume_ratio(sheet: FactSheet, key: str) -> tuple[str, Decimal] | None:
    value = sheet.value(f"{key}.volume_vs_avg20")
    if value is None:
        return None
    return f"1 + {key}.volume_vs_avg20 / 100", 1 + value / 100


def _ratio(sheet: FactSheet, first: str, second: str) -> tuple[str, Decimal] | None:
    a, b = sheet.value(first), sheet.value(second)
    return (f"{first} / {second}", a / b) if a is not None and b else None


def _of_chances(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether it holds one chance against another, which are facts, whatever may come."""
    row = [item for item in sentence.figures if item.unit == "chance"]
    if len(row) != 2 or match.end() > row[1].start:
        return False
    return row[0].end <= match.start() or _is_pair(sentence, match, row)


def _is_pair(sentence: Sentence, match: re.Match[str], row: list[Figure]) -> bool:
    """Whether both stand behind, one held against the other: "twice as often (59% to 29%)"."""
    between = sentence.masked[row[0].end : row[1].start]
    against = re.fullmatch(r" (?:so với|against|versus|vs\.?|to|and|và) ", between)
    return bool(against and match.end() <= row[0].start)


def _figures_ratio(sentence: Sentence, match: re.Match[str]) -> tuple[str, Decimal] | None:
    """Two references of one unit on both sides: "{{a}}, twice the {{b}}"."""
    facts = [item for item in sentence.figures if item.fact]
    if _of_chances(sentence, match):
        facts = [item for item in facts if item.unit == "chance"]
        if _is_pair(sentence, match, facts):
            return f"{facts[0].key} / {facts[1].key}", abs(facts[0].value / facts[1].value)
    before = [item for item in facts if item.end <= match.start()]
    behind = [item for item in facts if item.start >= match.end()]
    if not before or not behind or before[-1].unit != behind[0].unit or not behind[0].value:
        return None
    return f"{before[-1].key} / {behind[0].key}", abs(before[-1].value / behind[0].value)


_TO_ONE = {
    "en": re.compile(
        rf"(?<!\w)(?P<hedge>more than|nearly|almost|about|roughly|over|close to|less than)? ?"
        rf"(?P<n>{EN_WORDS}|\x01+)[ -]to[ -](?:one\b|\x01(?!\x01))"
    ),
    "vi": re.compile(
        rf"(?<!\w)(?P<hedge>gần|hơn|khoảng|chưa đến|xấp xỉ)? ?(?P<n>{VI_WORDS}|\x01+) "
        r"(?:trên|chọi|ăn|\x04+) một(?!\w)"
    ),
}


def to_one(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Declines outnumbered advances by more than five to one"."""
    if not holds(sentence.masked, (" to ", "-to-", " một")) or not _SORTS.search(sentence.masked):
        return
    for match in _TO_ONE[sentence.language].finditer(sentence.masked):
        count = word_value(match["n"])
        one = next((f for f in sentence.figures if f.end == match.end()), None)
        if one and one.value != 1:
            continue  # the counts themselves: "394 to 5"
        if "\x01" in match["n"]:
            inside = [f for f in sentence.figures if f.start == match.start("n")]
            count = int(inside[0].value) if inside else None
        if not count or sentence.is_hypothetical(match.start()):
            continue
        pair = _sorts_ratio(sentence, match, case)
        if pair is None:
            yield Claim(match.start(), match.end(), "", "compares what no facts prove")
            continue
        size = Decimal(count)
        reason = _ratio_fault(pair[1], size, size * SLACK, match["hedge"] or "")
        yield Claim(match.start(), match.end(), pair[0], reason)


_OTHER = {
    "advances": "declines",
    "declines": "advances",
    "floors": "ceilings",
    "ceilings": "floors",
}


def _sorts_ratio(
    sentence: Sentence, match: re.Match[str], case: Case
) -> tuple[str, Decimal] | None:
    """The two sorts of stocks that "three to one" holds together, in the order of the words."""
    sorts = list(_SORTS.finditer(sentence.masked))
    before = [item.lastgroup or "" for item in sorts if item.end() <= match.start()]
    behind = [item.lastgroup or "" for item in sorts if item.start() >= match.end()]
    told = before[-2:] or behind[:2]
    if not told:
        return None
    first = told[0]
    if len(told) > 1 and told[1] != _OTHER[first]:
        first = told[1]
    key = exchange(sentence, match, case)
    return _ratio(case.sheet, f"{key}.{first}", f"{key}.{_OTHER[first]}")
