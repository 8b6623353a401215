"""Distances and moves in words that the facts decide: "within two points of its session low"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims import levels
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading import around, moments, wording
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import DOWN, UP, Motion, motions
from reports.writing.verification.reading.names import FOREIGN, LIQUIDITY
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CLOSE, LEVELS

_MEASURES = {
    "vi": ("điểm", "phần ", "nửa"),
    "en": ("point", "percent", "per cent", "half", "third", "quarter", "fifth", "tenth"),
}
_AMOUNT = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<less>chưa (?:đến|tới|đầy)|không (?:đến|tới|đầy)|dưới) |"
        r"(?P<more>hơn|trên|ít nhất|quá) |(?P<near>gần|suýt soát) |"
        r"(?P<about>khoảng|chừng|xấp xỉ|tầm) )?"
        rf"(?:(?P<n>nửa|{VI_WORDS})(?P<and>(?: điểm)? rưỡi)? (?P<unit>điểm(?! (?:nhấn|sáng|tựa|yếu|"
        r"mạnh|đáng|cần|mua|bán|tích cực|tiêu cực|phần trăm))|phần trăm)|"
        r"(?P<part>một nửa|phân nửa|nửa(?= số)|(?P<top>một|hai|ba|bốn|năm|bảy|"
        r"chín) phần (?P<of>hai|ba|tư|"
        r"năm|sáu|mười)))"
        r"(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<less>within|less than|fewer than|under|not even|just under|no more than) |"
        r"(?P<more>more than|over|at least|just over|upwards of) |(?P<near>nearly|almost|"
        r"close to) |"
        r"(?P<about>about|around|roughly|some|approximately) )?"
        rf"(?:(?P<n>half an?|an?|{EN_WORDS})(?P<and> and a half)?[ -](?P<unit>points?|per ?cent)|"
        r"(?P<part>half|(?P<top>a|one|two|three|four|five|seven|nine)[ -](?P<of>thirds?|quarters?|"
        r"fifths?|sixths?|"
        r"tenths?)))\b(?! of (?:the )?(?:coins|five|four|"
        r"indices)| (?:straight|consecutive|successive|sessions?|days?|weeks?|time|gain|loss|fall|"
        r"rise|decline|scenario|report|index|an? hour|hour)\b)"
    ),
}
_PARTS = {
    "hai": 2, "ba": 3, "tư": 4, "năm": 5, "sáu": 6, "mười": 10, "third": 3, "quarter": 4,
    "fifth": 5, "sixth": 6, "tenth": 10,
}  # fmt: skip
_NEEDS = re.compile(
    r" (?:more )?(?:to|để)(?!\w)"
)  # "it needs six points to reach 950": so it stands
# What ties an amount to the level behind it, and how the close lies to that.
_BEHIND = {
    "vi": re.compile(
        r" (?:nữa )?(?:(?P<up>(?:bên )?trên|cao hơn(?: so với)?)|(?P<down>(?:bên )?dưới|"
        r"thấp hơn(?: so với)?|(?:nữa )?(?:để|là|mới|thì)? ?(?:chạm|lấy lại|lên|tới|đến|vượt))|"
        r"so với)(?!\w)"
    ),
    "en": re.compile(
        r" (?:(?P<up>above|over|higher than|clear of|north of|off (?=(?:its|the)(?: [\w-]+)* "
        r"(?:low|bottom|trough)))|(?P<down>below|under|beneath|lower than|short of|shy of|south of|"
        r"off|of its (?:value|worth) (?:since|from)(?= (?:its|the)(?: [\w-]+)* (?:high|peak))|"
        r"(?:more )?to (?:reach|regain|reclaim|touch|hit|clear|get (?:back )?(?:to|above)))|of|"
        r"from|away from)\b"
    ),
}
_BEFORE = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<up>(?:nằm |đứng |ở )?trên|cao hơn(?: so với)?|vượt)|"
        r"(?P<down>(?:nằm |đứng |ở )?dưới|thấp hơn(?: so với)?|kém)|(?:khoảng )?cách(?: (?:tới|"
        r"đến|với|"
        r"từ đó (?:tới|đến)))?)(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<up>above|over|past)|(?P<down>below|under|short of|shy of)|(?:gap|distance) to)\b"
    ),
}
_LINK = re.compile(
    r"(?: điểm| points?)?(?: (?:chỉ|còn|là|đúng|by|just|only|tới|cả|is|was|"
    r"now|has|narrowed|shrunk|to|thu hẹp))*,? ?"
)
_STEP = re.compile(r" ?(?:by |thêm |tới |mất |just |only |chỉ |a )*")
_TAKES = re.compile(
    r"(?<!\w)(?:(?P<down>mất|bốc hơi|đánh rơi)|(?P<up>thêm|cộng|có thêm))(?: (?:thêm|tới))? $"
)
_LASTING = re.compile(
    r"(?<!\w)(?:tuần|tháng|quý|năm qua|phiên qua|phiên gần|weeks?|months?|quarter to|years?|"
    r"sessions|24 giờ|24 hours)(?!\w)"
)
LESS, MORE, NEAR, ABOUT, PLAIN = (Decimal(text) for text in ("0.3", "1.34", "0.88", "0.12", "0.05"))


def amounts(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Points, percents and parts in words, where a level or a day's change says what they are."""
    if not holds(sentence.masked, _MEASURES[sentence.language]):
        return
    for match in _AMOUNT[sentence.language].finditer(sentence.masked):
        if told := _bracketed(sentence, match):
            yield told
            continue
        needs = _NEEDS.match(sentence.masked, match.end())
        if sentence.cited or (sentence.is_hypothetical(match.start()) and not needs):
            continue
        hedged = match["less"] or match["more"] or match["near"] or match["about"]
        if not hedged and not match["part"]:
            continue  # a plain figure belongs in digits
        start, _ = sentence.clause(match.start())
        if FOREIGN.search(sentence.masked, start, match.start()):
            continue
        found = _restated(sentence, match) or _level_behind(sentence, match, case)
        found = found or _level_before(sentence, match, case) or _framed(sentence, match, case)
        found = found or _of_stocks(sentence, match, case) or _move(sentence, match, case)
        if found is not None:
            yield found


def _size(match: re.Match[str]) -> tuple[Decimal, bool] | None:
    """The amount, and whether it is a share of the level rather than points."""
    if match["part"]:
        if not match["top"]:
            return Decimal("0.5"), True
        top = 1 if match["top"] == "a" else word_value(match["top"])
        return Decimal(top or 0) / _PARTS[match["of"].rstrip("s")], True
    words = match["n"]
    if words.startswith(("half", "nửa")):
        value = Decimal("0.5")
    else:
        number = 1 if words in {"a", "an"} else word_value(words)
        if not number:
            return None
        value = Decimal(number) + (Decimal("0.5") if match["and"] else 0)
    if match["unit"].startswith("p") and "oint" not in match["unit"]:
        return value / 100, True
    return value, False


def _unlike(match: re.Match[str], real: Decimal, size: Decimal) -> str:
    """Why the amount, as it is hedged, does not tell this distance."""
    if match["less"]:
        floor = size * LESS if size > 1 or match["part"] else Decimal(0)
        fits = floor <= real <= size if match["less"] in _UP_TO else floor <= real < size
    elif match["more"]:
        room = (Decimal("0.01") if match["unit"] else Decimal(0)) if size < 1 else Decimal(1)
        fits = size < real <= max(size * MORE, size + room)
    elif match["near"]:
        fits = size * NEAR <= real < size
    else:
        fits = abs(real - size) <= size * (ABOUT if match["about"] else PLAIN)
    if fits:
        return ""
    digits = Decimal("0.0001") if size < 1 else Decimal("0.01")
    return f"is wrong: it is {real.quantize(digits)}"


_UP_TO = {"within", "no more than"}


def _held(
    match: re.Match[str], tie: re.Match[str], at: levels.Target, key: str, case: Case
) -> tuple[str, str] | None:
    """Evidence and reason for an amount between the close and a level."""
    size, close = _size(match), case.sheet.value(f"{key}.close")
    level = at[2] if at[2] is not None else case.sheet.value(f"{key}.{at[1]}")
    if size is None or close is None or not level:
        return None
    away = close - level
    if (tie["up"] and away <= 0) or (tie["down"] and away >= 0):
        return at[1], f"is wrong: the close stands {'below' if away < 0 else 'above'} it"
    real = abs(away) / level if size[1] else abs(away)
    return f"{key}.close, {at[1]}", _unlike(match, real, size[0])


def _level_behind(sentence: Sentence, match: re.Match[str], case: Case) -> Claim | None:
    tie = _BEHIND[sentence.language].match(sentence.masked, match.end())
    at = _level(sentence, tie.end()) if tie else None
    if tie is None or at is None or not _is_of_close(sentence, match.start()):
        return None
    found = _held(match, tie, at, subject(sentence, match.start(), case), case)
    return Claim(match.start(), at[0], *found, figures=False) if found else None


def _level_before(sentence: Sentence, match: re.Match[str], case: Case) -> Claim | None:
    start, _ = sentence.clause(match.start())
    for tie in _BEFORE[sentence.language].finditer(sentence.masked, start, match.start()):
        at = _level(sentence, tie.end())
        if at is None or not _LINK.fullmatch(sentence.masked, at[0], match.start()):
            continue
        if not _is_of_close(sentence, tie.start()):
            return None
        found = _held(match, tie, at, subject(sentence, tie.start(), case), case)
        return Claim(tie.start(), match.end(), *found, figures=False) if found else None
    return None


# "so với đỉnh 52 tuần, VN-Index đã thấp hơn một phần tư"
_FRAME = re.compile(
    r"(?<!\w)(?:so với|compared (?:with|to)|measured against)(?!\w)|^\W*(?:from|since|từ|"
    r"kể từ)(?!\w)"
)
_FRAME_SIDE = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<down>thấp|giảm|mất|lùi|kém)|(?P<up>cao|tăng|nhỉnh))(?: hơn)? $"
    ),
    "en": re.compile(r" (?:(?P<down>lower|below|down)|(?P<up>higher|above|up))\b"),
}


_FRAME_DOWN = re.compile(
    r"\b(?:(?P<down>down|lower|off|lost|fallen|declined)|(?P<up>up|higher|risen|gained))(?: by)? $"
)


def _framed(sentence: Sentence, match: re.Match[str], case: Case) -> Claim | None:
    """The level named first: "compared with its 52-week high, it is a quarter lower"."""
    frame = _FRAME.search(sentence.masked, 0, match.start())
    at = _level(sentence, frame.end()) if frame else None
    if at is None or at[0] >= match.start():
        return None
    if sentence.language == "vi":
        side = _FRAME_SIDE["vi"].search(sentence.masked[: match.start()])
    else:
        side = _FRAME_SIDE["en"].match(sentence.masked, match.end())
        side = side or _FRAME_DOWN.search(sentence.masked[: match.start()])
    if side is None or not _is_of_close(sentence, match.start()):
        return None
    found = _held(match, side, at, subject(sentence, match.start(), case), case)
    if found and found[1] and match[0].startswith("hơn "):  # "thấp hơn một phần tư": by a quarter
        key = subject(sentence, match.start(), case)
        if plain := _AMOUNT["vi"].fullmatch(match[0].removeprefix("hơn ")):
            found = _held(plain, side, at, key, case) or found
    return Claim(match.start(), match.end(), *found, figures=False) if found else None


_OR = re.compile(r"\)?(?:,? ?(?:tức(?: là)?|hay|nghĩa là|or|that is|in other words|—|–) ?|, ?| \()")


_OF_MOVE = re.compile(
    r" (?:of )?(?:the |that |as |mức |đà |con số |so với |của )|(?:'s|’s)? ?(?:gain|loss|rise|fall)"
)


def _restated(sentence: Sentence, match: re.Match[str]) -> Claim | None:
    """The percentage right before in other words: "32.65%, or nearly a third"."""
    last = next((f for f in reversed(sentence.figures) if f.end <= match.start()), None)
    if last is None or not match["part"] or around.measure(last) != "percent":
        return None
    if not _OR.fullmatch(sentence.masked, last.end, match.start()):
        return None
    if _OF_MOVE.match(sentence.masked, match.end()):
        return None  # "1.2%, about half the fall of VN-Index"
    size = _size(match)
    reason = _unlike(match, abs(last.value) / 100, size[0]) if size else ""
    return Claim(match.start(), match.end(), last.key or last.text, reason, figures=False)


_OF_ALL = re.compile(r"(?: (?:of|số|trong) [^,.;()\x01]{1,32})? \(")


def _bracketed(sentence: Sentence, match: re.Match[str]) -> Claim | None:
    """A part with its percentage behind: "a quarter (25%) below the lower level"."""
    size = _size(match) if match["part"] else None
    beside = next((f for f in sentence.figures if f.start >= match.end()), None)
    if size is None or beside is None or beside.problem or around.measure(beside) != "percent":
        return None
    if not _OF_ALL.fullmatch(sentence.masked, match.end(), beside.start):
        return None
    reason = _unlike(match, abs(beside.value) / 100, size[0])
    return Claim(match.start(), match.end(), beside.key or beside.text, reason, figures=False)


_STOCKS = re.compile(
    r" (?:of )?(?:all )?(?:the )?(?:số |các |tổng số )*(?:mã|cổ phiếu|stocks|shares|issues|"
    r"names)(?!\w)"
    r"[^,.;:]*?(?=\w)"
)


def _of_stocks(sentence: Sentence, match: re.Match[str], case: Case) -> Claim | None:
    """The share of an exchange's stocks that rose or fell: "more than four-fifths of stocks"."""
    told = _STOCKS.match(sentence.masked, match.end())
    _, end = sentence.clause(match.end())
    words = [m for m in motions(sentence.masked, sentence.language) if match.end() <= m.start < end]
    if not match["part"] or told is None or not words or not words[0].way:
        return None
    inside = [n.key for n in sentence.names if match.end() <= n.start < end]
    key = inside[0] if inside else subject(sentence, match.start(), case)
    counts = [case.sheet.value(f"{key}.{name}") for name in ("advances", "declines", "unchanged")]
    ups, downs, still = (value or Decimal(0) for value in counts)
    size, total = _size(match), ups + downs + still
    if size is None or None in counts[:2] or not total:
        return None
    real = (ups if words[0].way * (-1 if words[0].negated else 1) > 0 else downs) / total
    name = f"{key}.advances, {key}.declines"
    return Claim(match.start(), words[0].end, name, _unlike(match, real, size[0]), figures=False)


_IN_SESSION = re.compile(r" (?:của |trong )?(?:cả )?(?:phiên|ngày)(?! \d)(?!\w)")


def _level(sentence: Sentence, position: int) -> levels.Target | None:
    """The level at a position; an extreme with the session behind it is the session's own."""
    at = levels.target(sentence, position)
    inside = _IN_SESSION.match(sentence.masked, at[0]) if at else None
    if at is None or inside is None or not at[1].startswith(("low", "high")):
        return at
    return inside.end(), at[1].partition("_")[0], None


def _is_of_close(sentence: Sentence, position: int) -> bool:
    """Whether it is the close that is so far from it, and no other moment, and no volume."""
    start, _ = sentence.clause(position)
    if LIQUIDITY.search(sentence.masked, start, position):
        return False
    return moments.of(sentence, position) == moments.CLOSE


def _move(sentence: Sentence, match: re.Match[str], case: Case) -> Claim | None:
    """ "Rose more than twenty points": the day's change."""
    words = motions(sentence.masked, sentence.language)
    motion = next(
        (
            item
            for item in reversed(words)
            if item.end <= match.start()
            and _STEP.fullmatch(sentence.masked, item.end, match.start())
        ),
        None,
    )
    if motion is None and (takes := _TAKES.search(sentence.masked[: match.start()])):
        way = DOWN if takes["down"] else UP
        motion = Motion(takes.start(), takes.end(), way, "", takes[0], negated=False)
    size = _size(match)
    start, end = sentence.clause(match.start())
    if motion is None or not motion.way or motion.negated or size is None or match["part"]:
        return None
    if _LASTING.search(sentence.masked, start, end) or LIQUIDITY.search(
        sentence.masked, start, motion.start
    ):
        return None
    if moments.of(sentence, motion.start) != moments.CLOSE:
        return None
    name = "change_percent" if size[1] else "change"
    key = f"{subject(sentence, motion.start, case)}.{name}"
    value = case.sheet.value(key)
    if value is None:
        return None
    if value * motion.way <= 0:
        reason = f"is wrong: the session {'rose' if value > 0 else 'fell' if value else 'was flat'}"
    else:
        real = abs(value) / 100 if size[1] else abs(value)
        reason = _unlike(match, real, size[0])
    return Claim(motion.start, match.end(), key, reason, figures=False)


_HINTS = ("nearer", "closer", "farther", "further", "gần ", "xa ")
_NEARER = re.compile(
    r"(?<!\w)(?:nearer|closer|(?P<far>farther|further))(?: (?:to|from)(?: (?:the|its|today's))*"
    r"(?: (?:close|closing level|index|it)(?!\w))?)?|(?<!\w)(?:gần|(?P<xa>xa))(?: (?:mức |giá |"
    r"điểm )?(?:đóng cửa|chỉ số)(?= hơn))?"
)
_THAN = re.compile(
    r"(?: points?| điểm)?\)?,? (?:than(?: (?:to|from|it is to))?|hơn(?: so với)?)(?= )"
)
_TO = re.compile(r"(?: (?:the|its|với))*")


def nearer(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Of two levels the one nearer to the close: "closer to its support than to its resistance"."""
    if not holds(sentence.masked, _HINTS) or not holds(sentence.masked, (" than", " hơn")):
        return
    for match in _NEARER.finditer(sentence.masked):
        if not holds(sentence.masked[match.end() :], (" than", " hơn")):
            continue
        key = subject(sentence, match.start(), case)
        at = _TO.match(sentence.masked, match.end())
        one = _level(sentence, at.end() if at else match.end())
        if one is None and match[0] not in {"gần", "xa"}:
            own = [f for f in sentence.figures if f.end <= match.start() and _is_level(f)]
            one = (match.end(), own[-1].key, own[-1].value) if own else None
        than = _THAN.match(sentence.masked, one[0]) if one else None
        other = _level(sentence, than.end()) if than else None
        close = case.sheet.value(f"{key}.close")
        if one is None or than is None or other is None or close is None:
            continue
        row = [
            i[2] if i[2] is not None else case.sheet.value(f"{key}.{i[1]}") for i in (one, other)
        ]
        if row[0] is None or row[1] is None or sentence.is_hypothetical(match.start()):
            continue
        far = bool(match["far"] or match["xa"])
        fits = (abs(row[0] - close) > abs(row[1] - close)) is far
        reason = "" if fits else "is wrong the other way round"
        yield Claim(match.start(), than.end(), f"{one[1]}, {other[1]}", reason, figures=False)


def _is_level(figure: Figure) -> bool:
    return figure.key.partition(".")[2] in LEVELS


_MEETING = (
    "trùng",
    " là",
    " is ",
    " was ",
    "đúng bằng",
    "coincid",
    " also",
    "same as",
    "identical",
    "match",
    "equal",
    "level with",
    "bằng ",
)
_SAME = re.compile(
    r"(?<!\w)(?:trùng(?: khớp)?(?: đúng)? với|(?:chính|cũng|đồng thời) là|"
    r"(?:is|are|was|were) also|(?:đúng|vừa) bằng|bằng(?: đúng)?|equal(?:s|led)?(?: to)?|level with|"
    r"coincid(?:es?|ed|ing) with|(?:the )?same as|identical (?:to|with)|"
    r"match(?:es|ed|ing)|"
    # "resistance, 1,085 points, is its 20-session average"
    r"(?<=\x01)(?: points?| điểm)?\)?,? (?:is|was|là|which is)(?= (?:(?:the|its|đường|mức) )*"
    r"(?:\d+[ -](?:session|week|day)|trung bình|đỉnh|đáy|\d+ phiên)))"
)
_ITSELF = re.compile(
    r"(?<!\w)(?:đó|đây|this|that|which|(?:mức|điểm|mốc|con số) (?:này|ấy))(?: level| mark)? $"
)
_NOT_OF_LEVELS = re.compile(r" (?:volume|turnover|trong (?:\x01|\d)|in (?:\x01|\d))")
_ENDED = re.compile(
    r"(?<!\w)(?:đóng cửa|chốt|kết phiên|khép|dừng|clos\w+|finish\w*|ended|settled)(?!\w)"
)
_BOTH = re.compile(r"(?<!\w)(?:coincide|trùng nhau)(?! with|\w)")
AS_ONE = Decimal("0.001")  # how far, of a level, lies what still coincides with it


def meetings(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Two levels told as one: "support at 1,059, which coincides with the 20-session average"."""
    if not holds(sentence.masked, _MEETING):
        return
    for match in _BOTH.finditer(sentence.masked):
        before = wording.phrases(sentence.masked[: match.start()], sentence.language)
        pair = [item for item in before if item.names & LEVELS][-2:]
        values = [_values(sentence, item.names, match, case) for item in pair]
        if len(values) == 2:
            yield Claim(match.start(), match.end(), "", _far_apart(*values), figures=False)
    for match in _SAME.finditer(sentence.masked):
        gap = levels.GAPS[sentence.language].match(sentence.masked, match.end())
        at = gap.end() if gap else match.end()
        found = wording.phrases(sentence.masked, sentence.language)
        named = next((i for i in found if i.start <= at + 1 and at < i.end + 2), None)
        if named is None or not named.names & LEVELS:
            continue
        traded = "volume" in sentence.masked[named.start : named.end]
        if traded or _NOT_OF_LEVELS.match(sentence.masked, named.end):
            continue
        earlier = [i for i in found if i.end <= match.start() and i.names & LEVELS]
        told = [f for f in sentence.figures if f.end <= match.start()]
        last = next((f for f in reversed(told) if around.measure(f) == "points"), None)
        if last is not None and (
            last is told[-1] or not earlier or _ITSELF.search(sentence.masked[: match.start()])
        ):
            own = [last.value]
        else:
            own = _values(sentence, earlier[-1].names if earlier else frozenset(), match, case)
        if not told and not earlier and _ENDED.search(sentence.masked, 0, match.start()):
            own = _values(sentence, CLOSE, match, case)
        others = _values(sentence, named.names, match, case)
        if not own:
            continue
        yield Claim(match.start(), named.end, "", _far_apart(own, others), figures=False)


def _far_apart(own: list[Decimal], others: list[Decimal]) -> str:
    meet = any(abs(one - two) <= abs(one) * AS_ONE for one in own for two in others)
    return "" if meet else "is wrong: the two levels lie apart"


def _values(
    sentence: Sentence, names: wording.Names, match: re.Match[str], case: Case
) -> list[Decimal]:
    key = subject(sentence, match.start(), case)
    found = [case.sheet.value(f"{key}.{name}") for name in names & (LEVELS | CLOSE)]
    return [value for value in found if value is not None]
