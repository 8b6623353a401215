"""How a session went beside where it ended: gains pared, zones of the RSI, moving together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification import numbers, rivals
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, change, subject
from reports.writing.verification.records import APART
from reports.writing.verification.results import Source
from reports.writing.verification.sentences import Figure, Sentence

_SHAPE = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<pared>thu hẹp|co hẹp|hãm|kìm|đánh mất một phần|"
        r"trả lại (?:một phần|phần lớn|gần hết|hết))(?: bớt)?(?: \w+)? (?:đà|mức) (?P<w1>tăng|"
        r"giảm)(?: điểm)?|"
        r"đà (?P<w3>tăng|giảm)(?: điểm)?(?: \w+)? (?:thu hẹp|co lại|chậm lại|hẹp lại|chững lại)|"
        r"(?P<more>nới rộng|mở rộng|nối dài|kéo dài|gia tăng|duy trì)(?: \w+)? (?:đà|"
        r"mức) (?P<w2>tăng|giảm)(?: điểm)?|"
        r"(?P<turn>(?:xóa|gỡ)(?: hết| sạch| bỏ| lại| toàn bộ)*(?: mức| đà| nhịp| phần)* "
        r"(?P<w5>tăng|giảm)(?: điểm)?(?: đầu phiên| buổi sáng)?|đảo chiều|quay đầu|lội ngược dòng|"
        r"ngược dòng)(?: (?P<w4>tăng|"
        r"giảm)(?: điểm)?)?)(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<pared>pared?|paring|trimmed|trimming|narrowed|narrowing|g(?:ave|"
        r"iving) back(?: (?:some|most|much|part|all))?(?: of)?|"
        r"cut)(?: (?:its|some of its|the|earlier|some))* "
        r"(?P<w1>gains?|losses|loss|advance|decline|rise|fall)|"
        r"(?P<more>extended|extending|widened|widening|deepened|stretched)(?: (?:its|the|"
        r"their))* (?P<w2>gains?|losses|loss|advance|decline|rally|slide|rise|fall)|"
        r"(?P<turn>(?:erased|erasing|recouped|recouping|wiped out|made up|clawed back)(?: (?:all|"
        r"of|"
        r"its|the|their|early|earlier|morning|opening))* (?P<w5>losses|loss|gains?|declines?|fall|"
        r"drop)|"
        r"reversed(?: (?:course|direction|its losses|its gains|earlier losses|"
        r"earlier gains))?|turned (?:higher|lower|around)|u-turn))\b"
    ),
}
_FALLING = re.compile(r"giảm|loss|decline|slide|fall|lower|its gains|earlier gains")
_RISING = re.compile(r"tăng|gain|advance|rally|rise|higher|ngược dòng|its losses|earlier losses")


def second_derivatives(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Gains pared or extended, courses reversed: by open, high, low and the session before."""
    for match in _SHAPE[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start(), case)
        yield Claim(match.start(), match.end(), *_shape(match, key, case.sheet))


def _shape(match: re.Match[str], key: str, sheet: FactSheet) -> tuple[str, str]:
    parts = {name: value for name, value in match.groupdict().items() if value}
    move = change(sheet, key)
    if move is None:
        return "", "tells the course of a session that no fact gives"
    if "turn" in parts and "ngược dòng" in match[0] and key in CRYPTO_SUBJECTS:
        market = change(sheet, "crypto")
        against = market is not None and move * market < 0
        return "crypto.change_percent", "" if against else "is wrong: it moved with its market"
    if "turn" in parts:
        words = match[0]
        way = 1 if re.search(r"tăng|higher|losses|ngược dòng", words) else 0
        way = -1 if re.search(r"giảm|lower|gains", words) else way
        if undone := parts.get("w5"):
            way = 1 if _FALLING.search(undone) or "drop" in undone else -1
        return _turned(key, move, way, sheet)
    word = parts.get("w1") or parts.get("w2") or parts.get("w3") or ""
    way = -1 if _FALLING.search(word) else 1
    if move * way <= 0:
        return (
            f"{key}.change_percent",
            f"is wrong: the session {'rose' if move > 0 else 'fell' if move else 'was flat'}",
        )
    if "more" in parts:
        return _extended(key, way, sheet)
    return _pared(key, way, sheet, bool(re.search(r"most|much|phần lớn|gần hết", match[0])))


def _pared(key: str, way: int, sheet: FactSheet, mostly: bool) -> tuple[str, str]:
    """Gains were pared when the close lies clear of the high, losses when clear of the low."""
    name = f"{key}.{'high' if way > 0 else 'low'}"
    edge, close = sheet.value(name), sheet.value(f"{key}.close")
    before = sheet.value(f"{key}.previous_close")
    if edge is None or close is None or before is None:
        return "", "tells the course of a session that no fact gives"
    full, left = abs(edge - before), abs(close - before)
    fits = full > 0 and left <= full * Decimal("0.5" if mostly else "0.9")
    return (
        f"{name}, {key}.close",
        "" if fits else f"is wrong: it closed at or near its {'high' if way > 0 else 'low'}",
    )


def _extended(key: str, way: int, sheet: FactSheet) -> tuple[str, str]:
    """Extended from the open, or from the session before when that moved the same way."""
    opened, close = sheet.value(f"{key}.open"), sheet.value(f"{key}.close")
    before = sheet.value(f"{key}.previous_close")
    if None not in (opened, close, before):
        gap, rest = (opened or 0) - (before or 0), (close or 0) - (opened or 0)
        if gap * way > 0 and rest * way > 0:
            return f"{key}.open, {key}.close", ""
    earlier = _move_before(key, sheet)
    if earlier is None:
        return "", "tells an extension that no fact proves"
    fits = earlier * way > 0
    return f"{key} closes", "" if fits else "is wrong: the session before went the other way"


def _move_before(key: str, sheet: FactSheet) -> Decimal | None:
    series = sheet.series.get(key)
    if series is None or len(series.closes) < 3:
        return None
    return series.closes[-2] - series.closes[-3]


def _turned(key: str, move: Decimal, way: int, sheet: FactSheet) -> tuple[str, str]:
    if way and move * way <= 0:
        return f"{key}.change_percent", f"is wrong: the session {'rose' if move > 0 else 'fell'}"
    sign = 1 if move > 0 else -1
    opened, before = sheet.value(f"{key}.open"), sheet.value(f"{key}.previous_close")
    if opened is not None and before is not None and (opened - before) * sign < 0:
        return f"{key}.open, {key}.close", ""
    edge = sheet.value(f"{key}.{'low' if sign > 0 else 'high'}")
    if edge is not None and before is not None and (edge - before) * sign < 0:
        return f"{key}.{'low' if sign > 0 else 'high'}, {key}.close", ""
    earlier = _move_before(key, sheet)
    if earlier is not None and earlier * sign < 0:
        return f"{key} closes", ""
    known = opened is not None or edge is not None or earlier is not None
    return (
        "",
        "is wrong: nothing went the other way before"
        if known
        else "tells a reversal that no fact proves",
    )


_EDGED = re.compile("nhất|đỉnh|đáy|high|low|peak|top|bottom|best|worst")
_EDGE = {
    "vi": re.compile(
        r"(?<!\w)(?P<near>gần|sát|quanh|ngay dưới|ngay trên|không (?:rời |cách )?xa|cách không xa|"
        r"(?:ở |tại |quanh )?vùng)?"
        r"(?: ?(?:ở|tại|mức|vùng))* ?"
        r"(?:(?P<high>cao nhất|đỉnh)|(?P<low>thấp nhất|đáy))(?: của| trong)?(?: cả)? (?:phiên|"
        r"ngày)(?! \d)(?!\w)"
        r"|(?<!\w)(?P<near9>gần|sát)(?: ?(?:ở|tại|mức|vùng))* ?"
        r"(?:(?P<high9>cao nhất|đỉnh)|(?P<low9>thấp nhất|đáy))(?= ?(?:[.,;]|$))"
        r"|(?<=đóng cửa ở )(?:mức |vùng )?(?:(?P<high3>cao nhất)|(?P<low3>thấp nhất))"
        r"(?= ?(?:[.,;]|$))"
    ),
    "en": re.compile(
        r"\b(?:(?P<near>near|close to|just below|just above|not far from)|at|on) (?:its |the |"
        r"their )?"
        r"(?:session|day(?:'s|’s)?|intraday|daily) (?:(?P<high>high|peak)|(?P<low>low))s?\b"
        r"|\b(?:(?P<near2>near|close to)|at|on) (?:its |the )?(?:(?P<high2>high|top|peak)|"
        r"(?P<low2>low|bottom)) of the (?:day|session)\b"
        r"|\b(?:its |the )(?:(?P<high3>best|highest)|(?P<low3>worst|lowest)) (?:level|point|mark) "
        r"of the (?:day|session)\b"
        r"|\b(?P<near9>near|close to|not far from) (?:its |the )(?:(?P<high9>high|top|peak)|"
        r"(?P<low9>low|bottom))s?(?= ?(?:[.,;]|$))"
    ),
}
_OF_SESSION = re.compile(
    r"(?<!\w)(?:phiên|ngày|dao động|biến động|biên độ|range|session|day|swung|moved)(?!\w)"
)
# "closed near the day's high of 1,186": the figure says which high, not that it was near
_ENDS = re.compile(
    r"(?<!\w)(?:đóng cửa|kết phiên|chốt phiên|khép phiên|dừng|closed|ended|finished|settled)"
    r"[^,.;\x01]{0,10}$"
)
# "below the day's high" says only that the close is not there.
_OFF_EDGE = re.compile(
    r"(?<!\w)(?:thấp hơn|cao hơn|hơn|dưới|trên|rời|so với|từ|khỏi|cách|from|off|below|above|than)"
    r"(?: (?:mức|vùng|its|the))* ?$"
)
NEAR_EDGE, AT_EDGE = 25, 1  # percent of the session's range


_PLACED = re.compile(
    r"(?: của \x03+)?(?: (?:cũng|vẫn|còn|đã|chỉ))* (?:(?:nằm|đứng|ở) )?"
    r"(?:dưới|trên|cao hơn|thấp hơn)(?= (?:đường|mức|mốc|trung bình|tham chiếu|hỗ trợ|kháng cự))"
)
_CLOSED = re.compile(r"(?<!\w)(?:đóng cửa|kết phiên|chốt|khép|dừng|ở|tại|gần|sát)(?!\w)[^,.;]*$")


def edges(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A close at or near the session's high or low, where no figure says which that was."""
    if not _EDGED.search(sentence.masked):
        return
    for match in _EDGE[sentence.language].finditer(sentence.masked):
        beside = sentence.masked[match.end() : match.end() + 14]
        if APART.search(sentence.masked[: match.start()]):
            continue
        placed = not match["near"] and _PLACED.match(rivals.marked(sentence), match.end())
        if placed and not _CLOSED.search(sentence.masked[: match.end()]):
            continue  # what is said of the edge, which is no claim of the close
        if named := _is_named(sentence, match):
            yield Claim(match.start(), match.end(), named, "", figures=False)
            continue
        closes = _ENDS.search(sentence.masked[: match.start()])
        if sentence.is_hypothetical(match.start()) or ("\x01" in beside and not closes):
            continue
        if match["near9"] and not _OF_SESSION.search(sentence.masked):
            continue  # a high of some other time
        key = subject(sentence, match.start(), case)
        values = [case.sheet.value(f"{key}.{name}") for name in ("close", "high", "low")]
        close, high, low = (value or Decimal(0) for value in values)
        if None in values or high <= low:
            yield Claim(match.start(), match.end(), "", "names a session's edge that no fact gives")
            continue
        said = {name.rstrip("239") for name, value in match.groupdict().items() if value}
        top = "high" in said
        away = (high - close if top else close - low) / (high - low) * 100
        fits = away <= (NEAR_EDGE if "near" in said else AT_EDGE)
        if _OFF_EDGE.search(sentence.masked[: match.start()]):
            fits = away > 0
        evidence = f"{key}.{'high' if top else 'low'}, {key}.close"
        yield Claim(
            match.start(),
            match.end(),
            evidence,
            "" if fits else "is wrong: the close lies elsewhere in the session's range",
        )


_MIDDLE = re.compile(
    r"(?<!\w)(?:(?P<side>above|over|in the upper|below|under|in the lower|near|around|close to|at|"
    r"in|"
    r"trên|dưới|gần|quanh|ở|nửa trên|nửa dưới|phần trên|phần dưới)(?: (?:the|its|của))* ?"
    r"(?:middle|mid-?point|half|third|điểm giữa|giữa)?(?: of)?(?: (?:the|its|của|trong))*"
    r" ?(?:(?:day|session)(?:'s|’s)? |phiên )?(?:range|biên độ)(?: phiên| trong phiên|"
    r" ngày)?)(?!\w)"
)


def middles(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Where in the session's range the close lies: "above the middle of its range"."""
    for match in _MIDDLE.finditer(sentence.masked):
        words = match[0]
        if not re.search(r"middle|mid|half|third|giữa|nửa|phần", words):
            continue
        if sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start(), case)
        place = case.sheet.value(f"{key}.range_position")
        if place is None:
            reason = "names a session's edge that no fact gives"
        elif re.search(r"above|over|upper|trên", words):
            reason = (
                "" if place > 50 else "is wrong: the close lies elsewhere in the session's range"
            )
        elif re.search(r"below|under|lower|dưới", words):
            reason = (
                "" if place < 50 else "is wrong: the close lies elsewhere in the session's range"
            )
        else:
            reason = (
                ""
                if 35 <= place <= 65
                else "is wrong: the close lies elsewhere in the session's range"
            )
        yield Claim(match.start(), match.end(), f"{key}.range_position", reason, figures=False)


def _is_named(sentence: Sentence, match: re.Match[str]) -> str:
    """The level right before, when the phrase only says which it is: "1,022.77, the day's low"."""
    side = "high" if re.search(r"cao|đỉnh|high|peak|top", match[0]) else "low"
    ahead = next((f for f in sentence.figures if f.start >= match.end()), None)
    if ahead and ahead.key.partition(".")[2] in {side, f"distance_{side}"}:
        between = sentence.masked[match.end() : ahead.start]
        if not _ENDS.search(sentence.masked[: match.start()]) and not _ENDS.search(between):
            return ahead.key
    at = next((f for f in reversed(sentence.figures) if f.end <= match.start()), None)
    if at is None or at.key.partition(".")[2] not in {"high", "low"}:
        return ""
    between = sentence.masked[at.end : match.start()]
    beside = re.fullmatch(r"(?: điểm| points)?\)?,? ?(?:là |tức |which is |also )?", between)
    return at.key if beside and at.key.endswith(f".{side}") else ""


_ZONE = {
    "vi": re.compile(r"(?<!\w)(?:(?P<high>quá mua)|(?P<low>quá bán)|(?P<mid>trung tính))(?!\w)"),
    "en": re.compile(r"\b(?:(?P<high>overbought)|(?P<low>oversold)|(?P<mid>neutral))\b"),
}


def zones(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Overbought from 70 up, oversold from 30 down, neutral between."""
    spoken = re.search(r"rsi|động lượng|momentum", sentence.masked)
    for match in _ZONE[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or (match["mid"] and not spoken):
            continue
        key = subject(sentence, match.start(), case)
        row = rivals.row_before(sentence, match.start())
        if len(row) > 1:
            reason = _zone_of_all(sentence, match, row, case)
            yield Claim(match.start(), match.end(), ", ".join(row), reason, figures=False)
            continue
        rows = [f for f in sentence.figures if f.key.endswith(".rsi14")]
        before = [f for f in rows if f.end <= match.start()]
        beside = before[-1] if before else next(iter(rows), None)
        value = beside.value if beside else case.sheet.value(f"{key}.rsi14")
        reason = "names a zone of an RSI that no fact gives"
        if value is not None:
            fits = _in_zone(sentence.masked[: match.start()], match, value)
            reason = "" if fits else f"is wrong: the RSI is {value:.1f}"
        yield Claim(match.start(), match.end(), f"{key}.rsi14", reason, figures=False)


_NEAR = re.compile(
    r"(?<!\w)(?:close to|near|just above|just below|gần|sát|ngay trên|ngay dưới|tiệm cận|"
    r"approaching)[^,.;]{0,10}$"
)
_APART = re.compile(
    r"(?<!\w)(?:chưa|không|cách|neither|nor|not|short of|below|under|beneath|shy of|far from|"
    r"before|dưới|từ|rời|out of|left)"
    r"(?: (?:show|signs? of|cho thấy|có|dấu hiệu|tín hiệu|it is|being|becoming|it becomes|turning|"
    r"vào|vùng|rơi|trạng thái|tình trạng|ngưỡng|yet|in|the|far from|tới|đến|khỏi))* $"
)


def _zone_of_all(sentence: Sentence, match: re.Match[str], row: list[str], case: Case) -> str:
    values = [case.sheet.value(f"{key}.rsi14") for key in row]
    if None in values:
        return "names a zone of an RSI that no fact gives"
    before = sentence.masked[: match.start()]
    wrong = [value for value in values if value and not _in_zone(before, match, value)]
    return f"is wrong: the RSI is {wrong[0]:.1f}" if wrong else ""


def _in_zone(before: str, match: re.Match[str], value: Decimal) -> bool:
    """Whether an RSI is where the words put it: in the zone, near it, or not yet in it."""
    if match["low"] and _UNDER.search(before):
        return value <= 30
    if _NEAR.search(before):
        return abs(value - (70 if match["high"] else 30)) <= NEAR_ZONE
    zone = "high" if value >= 70 else "low" if value <= 30 else "mid"
    return (match[zone] is not None) is not bool(_APART.search(before))


_UNDER = re.compile(r"(?<!\w)(?:dưới|below|under|beneath)(?: (?:vùng|ngưỡng|the))* $")
NEAR_ZONE = 5

_TOGETHER = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<same>cùng chiều|đồng pha|đồng thuận)|(?P<other>ngược chiều|trái chiều|"
        r"lệch pha))(?: (?:với|so với) )?"
    ),
    "en": re.compile(
        r"\b(?:(?P<same>in step|in line|in the same direction|in tandem|alongside|together)|"
        r"(?P<other>in the opposite direction|opposite(?: way)?|diverged))\b(?: (?:with|as|to|"
        r"from|of) )?"
    ),
}
_ONE_OF_TWO = re.compile(r"(?<!\w)(?:một trong hai thị trường|one of the two markets)(?!\w)")


def one_of_two(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """That coins or equities hardly moved: Bitcoin, or the first index, the one to be named."""
    for match in _ONE_OF_TWO.finditer(sentence.masked):
        lead = next((state.key for state in case.sheet.indices if state.known), "")
        named = {item.key for item in sentence.names} & {state.key for state in case.sheet.indices}
        moves = [change(case.sheet, key) for key in (lead, "btc")]
        still = any(value is not None and abs(value) < Decimal("0.5") for value in moves)
        reason = (
            ""
            if still and named <= {lead}
            else "speaks of a market that did move, or of another index"
        )
        end = match.end() + len(re.split("[,.;]", sentence.masked[match.end() :])[0])
        yield Claim(
            match.start(), end, f"{lead}.change_percent, btc.change_percent", reason, figures=False
        )


_EQUITIES = re.compile(r"cổ phiếu|chứng khoán|thị trường cổ phiếu|equities|stocks|the stock market")


def together(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Two things moved the same way or not: both named, or coins against equities."""
    for match in _TOGETHER[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or re.search(
            "tương quan|correlation", sentence.masked
        ):
            continue
        keys = list(dict.fromkeys(item.key for item in sentence.names))
        if len(keys) < 2 and _WIDTH.search(sentence.masked[: match.end() + 12]):
            key = keys[0] if keys else case.subject
            yield Claim(match.start(), match.end(), *_width(key, match, case), figures=False)
            continue
        if len(keys) > 2:
            keys = [key for key in keys if key != "crypto"]
        lead = next((state.key for state in case.sheet.indices if state.known), "")
        if len(keys) == 1 and _EQUITIES.search(sentence.masked):
            keys.append(lead)
        moves = [value for key in keys if (value := change(case.sheet, key)) is not None]
        if len(keys) < 2 or len(moves) != len(keys):
            if match["other"] or len(keys) > 1:
                yield Claim(
                    match.start(),
                    match.end(),
                    "",
                    "compares directions that no facts prove",
                    figures=False,
                )
            continue
        alike = len({(value > 0) - (value < 0) for value in moves}) == 1
        reason = "" if alike is (match["same"] is not None) else "is wrong the other way round"
        evidence = ", ".join(f"{key}.change_percent" for key in keys)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_WIDTH = re.compile(r"(?<!\w)(?:độ rộng|breadth|(?:số )?mã(?: (?:tăng|giảm))?|stocks)(?!\w)")


def _width(key: str, match: re.Match[str], case: Case) -> tuple[str, str]:
    """Whether breadth and the index went the same way."""
    move = change(case.sheet, key)
    ups, downs = case.sheet.value(f"{key}.advances"), case.sheet.value(f"{key}.declines")
    if move is None or ups is None or downs is None:
        return "", "compares directions that no facts prove"
    alike = (ups - downs) * move > 0
    reason = "" if alike is (match["same"] is not None) else "is wrong the other way round"
    return f"{key}.advances, {key}.declines, {key}.change_percent", reason


_ABSURD = re.compile(
    r"(?<!\w)(?:giảm trần|tăng sàn|(?<!mã )(?:giảm|lao dốc|rơi|sụt|lùi)(?: mạnh| nhẹ| sâu)? lên|"
    r"(?:tăng|nhích|bật|leo)(?: mạnh| nhẹ| vọt)? xuống|(?:số )?điểm (?:tăng trần|giảm sàn)|"
    r"(?:rose|climbed|gained|surged) down|(?:fell|dropped|lost|plunged) up)(?!\w)"
)


def absurd(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Words that contradict each other."""
    for match in _ABSURD.finditer(sentence.masked):
        yield Claim(match.start(), match.end(), "", "contradicts itself", figures=False)


_UNPROVABLE = {
    "vi": re.compile(
        r"(?<!\w)(?:lần đầu(?: tiên)?(?= (?:kể từ|trong|sau|từ|vượt|đóng|thủng|tăng|giảm))|"
        r"chưa từng (?:có|thấy)|hiếm (?:có|thấy)|"
        r"(?:mua|bán) ròng|thỏa thuận đột biến)(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?:for the )?first time (?:since|in|ever)|unprecedented|never before|net (?:bought|"
        r"sold|buying|selling|buyers|sellers))\b"
    ),
}


# Net buying and selling, in the words of either language.
_BUYS, _SELLS = r"mua ròng|net (?:b(?:ought|uy))", r"bán ròng|net (?:sold|sell)"
_NET = {"mua": _BUYS, "bou": _BUYS, "buy": _BUYS, "bán": _SELLS, "sol": _SELLS, "sel": _SELLS}


def _figure_beside(sentence: Sentence, match: re.Match[str]) -> Figure | None:
    """The bare figure that the words have behind them: "bán ròng 214 tỷ đồng"."""
    behind = (item for item in sentence.figures if 0 <= item.start - match.end() <= 16)
    return next((item for item in behind if not item.is_reference), None)


def _beside(item: Source, figure: Figure, words: str) -> bool:
    """Whether the item has these words right before that figure, or right behind it."""
    text = numbers.lower(numbers.normal(f"{item.title}. {item.summary}"))
    places = [
        number.start
        for language in ("vi", "en")
        for number in numbers.numbers(text, language)
        if not number.problem and abs(number.value) == abs(figure.value)
    ]
    near = [re.split(r"[.;,]\s", text[max(0, at - 40) : at])[-1] for at in places]
    return not places or any(re.search(words, part) for part in near)


def unprovable(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What no fact of the sheet can prove; a cited item that says the same can."""
    for match in _UNPROVABLE[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        cited = [case.items[name] for name in sentence.cited if name in case.items]
        words = _NET.get(re.sub(r"\W*(?:ròng|net)\W*", "", match[0])[:3], re.escape(match[0]))
        said = [i.id for i in cited if re.search(words, f"{i.title}. {i.summary}".lower())]
        if said and (figure := _figure_beside(sentence, match)):
            said = [name for name in said if _beside(case.items[name], figure, words)]
        reason = "" if said else "claims what no fact and no cited item proves"
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=False)
