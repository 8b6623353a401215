"""Twice as much, the strongest, more than VN30: one thing held against others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, change, changes, subject
from reports.writing.verification.hints import holds
from reports.writing.verification.motion import motions
from reports.writing.verification.names import FOREIGN, LIQUIDITY
from reports.writing.verification.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.rivals import marked
from reports.writing.verification.sentences import Sentence
from reports.writing.verification.subjects import COLLECTIVE

# What each of the next patterns holds: they are tried at every word of a sentence.
_MULTIPLIED = {
    "vi": re.compile("gấp|bằng |lần|nửa|phần (?:ba|tư)"),
    "en": re.compile(
        "doubl|tripl|quadrupl|halv|twice|thrice|times|fold|as many|as much|half|third|quarter"
    ),
}
_MULTIPLE = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?:gấp|bằng|cao gấp|lớn gấp|nhiều gấp) (?P<hedge>gần|hơn|khoảng|"
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
        rf"(?:(?P<verb>doubl|tripl|quadrupl|halv)(?:ed|ing|e|es)|(?P<n2>twice|double|triple|"
        rf"thrice)|"
        rf"(?P<n>\x01+|{EN_WORDS})(?: times|-?fold)|(?P<n3>\x01+) (?=as many|as much)|"
        rf"(?P<part>half|one[- ]third|a third|two[- ]thirds|a quarter|"
        rf"one[- ]quarter)))\b(?! (?:hour|an hour|session|day|straight|consecutive|gain|loss|"
        rf"scenario|time|week)\b)"
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
ABOUT = Decimal("0.12")


_MERE = re.compile(rf"bằng {VI_WORDS}")  # "by one session", no multiple


def multiples(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Ratios in words: of volume and its average, of advances and declines, of two figures."""
    if not _MULTIPLIED[sentence.language].search(sentence.masked):
        return
    for match in _MULTIPLE[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or _MERE.fullmatch(match[0]):
            continue
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
        fits = size * (1 - MORE) <= ratio < size
    elif hedge in {"hơn", "more than", "over"}:
        fits = size < ratio <= size * (1 + MORE)
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
    return _figures_ratio(sentence, match)


# "twice as much as VN30", "một nửa mức tăng của VN30"
_RIVAL = re.compile(
    r"(?: (?:as much as|as far as|that of|the|mức|đà|tăng|giảm|của|so với|gain|rise|loss|fall|drop|"
    r"decline|of|in|chỉ số))* ?\x03"
)


def _moves_ratio(
    sentence: Sentence, match: re.Match[str], at: int, case: Case
) -> tuple[str, Decimal] | None:
    """The day's change of the one named before against that of the one behind, both one way."""
    rival = next((item.key for item in sentence.names if item.start == at), "")
    earlier = [item for item in sentence.names if item.end <= match.start() and not item.compared]
    key = earlier[-1].key if earlier else case.subject
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


def _figures_ratio(sentence: Sentence, match: re.Match[str]) -> tuple[str, Decimal] | None:
    """Two references of one unit on both sides: "{{a}}, twice the {{b}}"."""
    facts = [item for item in sentence.figures if item.fact]
    before = [item for item in facts if item.end <= match.start()]
    behind = [item for item in facts if item.start >= match.end()]
    if not before or not behind or before[-1].unit != behind[0].unit or not behind[0].value:
        return None
    return f"{before[-1].key} / {behind[0].key}", abs(before[-1].value / behind[0].value)


_SIDES = ("advanc", "gainers", "declin", "losers", "mã ", "cổ phiếu ")
_TO_ONE = {
    "en": re.compile(
        r"\b(?P<a>advanc\w+|gainers|declin\w+|losers)\b[^.;,]{0,40}?(?: by)? (?P<hedge>more than|"
        r"nearly|"
        r"almost|about|roughly|over|close to|less than)? ?(?P<n>[a-z]+|\x01+) to (?:one\b|"
        r"\x01(?!\x01))"
    ),
    "vi": re.compile(
        r"(?<!\w)(?:mã|cổ phiếu) (?P<a>tăng|giảm)[^.;,]{0,40}? (?P<hedge>gần|hơn|khoảng|chưa đến|"
        r"xấp xỉ)? ?(?P<n>\w+|\x01+) (?:trên|chọi|ăn) một(?!\w)"
    ),
}


def to_one(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Declines outnumbered advances by more than five to one"."""
    if not holds(sentence.masked, (" to ", " một")) or not holds(sentence.masked, _SIDES):
        return
    for match in _TO_ONE[sentence.language].finditer(sentence.masked):
        count = word_value(match["n"])
        if "\x01" in match["n"]:
            inside = [f for f in sentence.figures if f.start == match.start("n")]
            count = int(inside[0].value) if inside else None
        if not count or sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start("n"), case)
        names = ["advances", "declines"]
        if re.match("declin|losers|giảm", match["a"]):
            names.reverse()
        pair = _ratio(case.sheet, f"{key}.{names[0]}", f"{key}.{names[1]}")
        if pair is None:
            yield Claim(match.start(), match.end(), "", "compares what no facts prove")
            continue
        size = Decimal(count)
        reason = _ratio_fault(pair[1], size, size * SLACK, match["hedge"] or "")
        yield Claim(match.start(), match.end(), pair[0], reason)


_LEAD = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<best>dẫn đầu(?: đà tăng| mức tăng| thị trường)?|(?:tăng |"
        r"diễn biến )?mạnh nhất|"
        r"tăng (?:điểm )?(?:nhiều|tốt|cao|khỏe) nhất|tích cực nhất|tốt nhất|(?:giảm|"
        r"mất) (?:điểm )?(?:ít|nhẹ|yếu) nhất|trụ vững (?:hơn cả|nhất)|"
        r"khỏe nhất|nổi bật nhất)|"
        r"(?P<worst>yếu nhất|chịu áp lực (?:bán )?(?:lớn|mạnh) nhất|(?<!tăng )(?:mạnh|nhiều|"
        r"sâu) nhất(?= (?:là|"
        r"thuộc))(?<!tăng mạnh nhất)(?<!tăng nhiều nhất)|kém nhất|tệ nhất|kém tích cực nhất|"
        r"(?:giảm|mất) (?:điểm )?(?:nhiều|mạnh|sâu) nhất|"
        r"dẫn đầu đà giảm|tăng (?:điểm )?(?:ít|nhẹ|yếu) nhất|bét bảng|tụt lại(?: phía sau)?|"
        r"đội sổ|(?:đứng|xếp)(?: ở vị trí)? (?:cuối|chót)|tiêu cực nhất)|"
        r"(?P<scale>lớn nhất|cao nhất|nhỏ nhất|thấp nhất)(?= (?:trong|giữa)(?: số)?(?: cả)? "
        r"(?:năm|5|các) chỉ số))"
        r"(?! (?:trong |của |kể từ |từ )?(?:vòng |hơn |gần )?(?:(?:\d+|\x01+|một|hai|ba|bốn|năm|"
        r"sáu|nhiều) )?(?:phiên|tuần|tháng|năm(?! chỉ)|quý|đầu|ngày))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<worst>largest (?:loss|fall|drop) was in|led (?:the )?(?:losses|declines|"
        r"decliners|losers|way down|fall|retreat)|weakest|worst(?! (?:day|session) in \x01)|"
        r"lagged|lagging|laggard|brought up the rear|(?:fell|lost|dropped|"
        r"declined) (?:the )?(?:most|furthest|hardest)|"
        r"hit (?:the )?hardest|bore the brunt|suffered (?:the )?most|"
        r"rose (?:the )?least|gained (?:the )?least|biggest (?:loser|faller|decliner)|"
        r"came (?:in )?last|finished last|ranked last|trailed(?! (?:vn|hnx|upcom)))|"
        r"(?P<best>came (?:in )?first|came out on top|ranked first|largest (?:gain|"
        r"rise) was in|most resilient|best of a (?:weak|bad|poor) (?:bunch|lot|group|field)|"
        r"topped (?:the )?(?:five|four|list|table|ranking|rankings|field|other indices)|"
        r"held up (?:the )?best|led(?! by)(?: the (?:way|gains|gainers|"
        r"advance|market|pack))?|leads|leading|leader|strongest|"
        r"best(?: performer)?(?! (?:gain|level|of|day|close|case|rise))|(?:rose|gained|climbed|"
        r"advanced) (?:the )?(?:most|furthest)|"
        r"fell (?:the )?least|lost (?:the )?least|biggest (?:gainer|winner)|outpaced the rest|"
        r"top performer)|"
        r"(?P<degree>the most|the least)(?= ?(?:\(|,|\.|$))|"
        r"the (?P<scale>largest|biggest|steepest|sharpest|smallest|mildest)(?= (?:among|of) "
        r"(?:the|all)\b[^,.;]{0,16}(?:indices|indexes|pack|group)))"
        r"(?! (?:in|of|since|for|by) (?:the )?(?:last|past|week|month|year|quarter|session|"
        r"a (?!row)|"
        rf"(?:\x01+|{EN_WORDS})[ -](?:trading |straight )?(?:session|day|week|month|quarter|year)))"
        r"\b"
    ),
}


_STOCKS = re.compile(r"\b(?:gainers|advancers|advances|losers|decliners|declines) $")


def leaders(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which index was first and which last by the day's change."""
    for match in _LEAD[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or _is_gap(sentence, match):
            continue
        if match[0].startswith("led") and _STOCKS.search(sentence.masked[: match.start()]):
            continue  # counts of stocks, not indices
        start, _ = sentence.clause(match.start())
        if foreign := FOREIGN.search(sentence.masked, start, match.start()):
            said = [name for name in sentence.cited if name in case.items]
            reason = "" if said else f"ranks {foreign[0]}, which no fact or cited item does"
            yield Claim(match.start(), match.end(), ", ".join(said), reason)
            continue
        key = _who(sentence, match, case)
        if key is None:
            continue
        yield Claim(match.start(), match.end(), *_lead(sentence, match, key, case))


def _is_gap(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether the word only introduces one index against another: "VN30 lagged: it trailed …"."""
    rivals = re.search(r"lag|tụt|led|dẫn|trail", match[0])
    return bool(rivals) and any(
        figure.key.endswith(".vs_lead") or figure.unit == "pp" for figure in sentence.figures
    )


def _is_best(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether the first is meant; "the least" is the last among gains, the first among losses."""
    if match[0] == "mạnh nhất" and _FELL_MOST.search(sentence.masked[: match.start()]):
        return False
    degree = match.groupdict().get("degree") or match["scale"]
    if not degree:
        return match["best"] is not None
    before = [m for m in motions(sentence.masked[: match.start()], sentence.language) if m.way]
    rising = not before or before[-1].way > 0
    return rising is (degree not in _LEAST)


# "giảm 4,90% trong 24 giờ, mạnh nhất trong …": the fall was the sharpest
_FELL_MOST = re.compile(r"(?<!\w)giảm(?: điểm)? \x01+(?: điểm)?(?: trong 24 giờ)?, (?:mức )?$")
_LEAST = {"the least", "smallest", "mildest", "nhỏ nhất", "thấp nhất"}


def _who(sentence: Sentence, match: re.Match[str], case: Case) -> str | None:
    """The index that the superlative is said of: named before it, or behind "là"."""
    text = marked(sentence)
    earlier = [item for item in sentence.names if item.end <= match.start() and not item.compared]
    link = "" if earlier else "?"
    behind = re.match(
        rf"[^,.;]{{0,14}}?(?:là|thuộc về|was|were|is|:|in|that of){link} ?(?:in |that of )?"
        r"(?:chỉ số |the )?(?=\x03)",
        text[match.end() :],
    )
    if behind:
        at = match.end() + behind.end()
        named = [item for item in sentence.names if item.start == at]
        if named:
            return named[0].key
    if not earlier and (spoken := COLLECTIVE.search(sentence.masked, 0, match.start())):
        return "vn30" if spoken["large"] else case.lead
    apposed = re.match(r",? (?:with|as) (?:the )?(?=\x03)", text[match.end() :])
    if apposed and not earlier:
        at = match.end() + apposed.end()
        return next((item.key for item in sentence.names if item.start == at), None)
    return earlier[-1].key if earlier else (case.subject or None)


def _lead(sentence: Sentence, match: re.Match[str], key: str, case: Case) -> tuple[str, str]:
    moves = _field(key, case)
    if key not in moves or len(moves) < 2:
        return "", "ranks what the sheet cannot rank"
    own = moves[key]
    best = _is_best(sentence, match)
    extreme = max(moves.values()) if best else min(moves.values())
    evidence = ", ".join(f"{name}.change_percent" for name in moves)
    lead = moves.get(case.lead)
    if not best and re.match("lag|tụt", match[0]) and lead is not None and own < lead:
        return evidence, ""  # to lag is to be behind the first index, last or not
    if own != extreme:
        return (
            evidence,
            f"is wrong: {case.sheet.index_name(key)} was not {'first' if best else 'last'}",
        )
    if re.search(r"^tăng|^rose|^gained|^climbed|^advanced|đà tăng|gains", match[0]) and own <= 0:
        return evidence, "tells a rise, but there was none"
    if re.search(r"^giảm|^fell|^lost|^dropped|^declined|đà giảm|losses", match[0]) and own >= 0:
        return evidence, "tells a fall, but there was none"
    return evidence, ""


def _field(key: str, case: Case) -> dict[str, Decimal]:
    """All that the one is ranked among: the known indices, or the coins."""
    moves = changes(case.sheet)
    if key in moves:
        return moves
    coins = {name: change(case.sheet, name) for name in CRYPTO_SUBJECTS if name != "crypto"}
    return {name: value for name, value in coins.items() if value is not None}
