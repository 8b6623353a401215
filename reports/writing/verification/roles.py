"""What a figure's surroundings say that it is: whose, which fact, in which unit."""

from __future__ import annotations

import re
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, Fact, FactSheet
from reports.writing.verification import wording
from reports.writing.verification.names import LIQUIDITY, Name
from reports.writing.verification.numbers import unit_after
from reports.writing.verification.sentences import Figure, Sentence
from reports.writing.verification.wording import CHANGES, CLOSE, LEVELS, MOVES, Names

NEAR_NOUN = 14  # characters between a noun and the preposition that takes its figure

_ADVERB = {
    "vi": r"(?:mạnh|nhẹ|sâu|thêm|tới|đến|gần|hơn|khoảng|xấp xỉ|vọt|vỏn vẹn|chỉ|tổng cộng|được|đi|"
    r"điểm|nhanh|tiếp|bởi|ít nhất|nhiều nhất|mạnh nhất|sâu nhất|tương ứng|lần lượt|nhất|là|\()",
    "en": r"(?:by|about|around|nearly|almost|roughly|another|a|further|some|just|only|sharply|"
    r"slightly|up|down|on|the day|most|least|respectively|\()",
}
_MOVE_BEFORE = {
    language: re.compile(
        rf"(?<!\w)(?P<verb>{verbs})(?P<between>(?:[ ,]*{_ADVERB[language]})*) ?\(?$"
    )
    for language, verbs in (
        (
            "vi",
            r"tăng|giảm|nhích|mất|cộng|thêm|rơi|sụt|lùi|bật|hồi phục|phục hồi|bứt phá|lao dốc|"
            r"trượt|bốc hơi|vọt|hạ|lấy lại|đi ngang|đánh rơi|đánh mất|leo|tụt|sập|tiến",
        ),
        (
            "en",
            r"up|down|rose|risen|fell|fallen|gained|lost|climbed|dropped|surged|plunged|added|shed|"
            r"advanced|declined|edged|slid|slipped|tumbled|slumped|jumped|rallied|soared|dipped|"
            r"eased|sank|retreated|rebounded|recovered|gains? of|loss(?:es)? of|rise of|fall of|"
            r"drop of|flat|inched|ticked|rising|falling|gaining|losing|climbing|dropping",
        ),
    )
}
_APART_BEFORE = {
    "vi": re.compile(r"(?<!\w)(?:cao hơn|thấp hơn|nhiều hơn|ít hơn|cách|vượt|kém|hơn|trên|dưới)(?P<rest>[^,.;]*)$"),
    "en": re.compile(r"(?<!\w)(?:higher|lower|above|below|off)(?P<rest>(?: by)?) ?$"),
}
_RELATION = {
    "vi": re.compile(
        r"(?<!\w)(?:trên|dưới|vượt(?: qua| lên)?|qua|thủng|xuyên thủng|mất|lấy lại|chạm|giữ(?: được)?|"
        r"quay lại|bảo vệ|sát|gần|về|tới|lên|xuống)"
        r"(?: (?:mốc|ngưỡng|mức|vùng|quanh|sát|lại|khỏi|được))* ?\(?$"
    ),
    "en": re.compile(
        r"\b(?:above|below|over|under|past|through|beyond|reclaim(?:ed|s)?|broke|breaks?|held|"
        r"holds?|near|beneath|crossed)(?: (?:the|its|mark|level|of|at))* ?\(?$"
    ),
}
_AGAINST = {
    "vi": re.compile(
        r"^(?:\)|%| điểm| điểm phần trăm)* ?(?:so với|dưới|trên|từ|tính từ|khỏi|cách)"
        r"(?: (?:mức|đường|vùng|mốc|điểm|giá trị|khối lượng))* "
    ),
    "en": re.compile(
        r"^(?:\)| points?)* ?(?:above|below|over|under|from|off|against|short of|versus|than|"
        r"compared with|higher than|lower than|more than|less than)(?: (?:its|the|their|that of))* "
    ),
}
_APPOSITION = {
    "vi": re.compile(r"^(?: điểm)?(?: \((?:là )?|, (?:là|tức|cũng là) (?:cả )?)(?:mức |đường )*"),
    "en": re.compile(r"^(?: points?)?(?: \(|, (?:which is |also )?)(?:its |the |a )"),
}
_RANGE = re.compile(r"^\)? ?(?:điểm |points )?(?:–|-|đến|tới|to|and|và) ?\(?$")
_LIST = re.compile(
    r"^(?: điểm| points| mã)*[)%]? ?(?:,|và|and|;|/|or|hoặc|hay|\()?(?: (?:và|and|lần lượt|hay))?"
    r" ?\(?$"
)
_WINDOW_GOES_ON = re.compile(r"(?:,|và|and|that of|đường) (?P<w>\d{1,3})(?:[ -](?:phiên|session|day))? ?\(?$")
_AVERAGE = re.compile(r"(?<!\w)(?:trung bình|ma|sma|average)")
_SWING = re.compile(
    r"(?<!\w)(?:dao động|biên độ|vùng|khoảng|moved|ranged?|traded|between|within|swung)(?!\w)"
)
_MEASURED = {
    "points": "points", "percent": "percent", "proportion": "percent", "chance": "percent",
    "percentage_points": "pp", "shares": "shares", "vnd": "vnd", "usd": "usd", "count": "count",
    "ratio": "plain", "coefficient": "plain", "index": "plain",
}  # fmt: skip
# What may follow a reference whose rendering ends with a bare number.
_FOLLOWS = {
    "points": {"", "points"},
    "count": {"", "stocks", "shares"},
    "ratio": {"", "points", "times", "stocks"},
    "coefficient": {""},
    "index": {"", "points"},
}
UNSTATED: dict[str, Names] = {
    "points": frozenset(("close", "change")),
    "percent": frozenset(("change_percent",)),
    "shares": frozenset(("volume",)),
    "vnd": frozenset(("value",)),
    "usd": frozenset(("price",)),
}
MEANING = {
    "close": "the close", "previous_close": "the previous close", "support": "support",
    "resistance": "resistance", "volume": "volume", "value": "trading value",
    "advances": "stocks that rose", "declines": "stocks that fell", "open": "the open",
    "high": "the session's high", "low": "the session's low", "change": "the change",
    "change_percent": "the change in percent", "volume_avg20": "average volume",
    "unchanged": "unchanged stocks", "ceilings": "stocks at the ceiling",
    "floors": "stocks at the floor", "rsi14": "the RSI",
}  # fmt: skip


def unit_fault(figure: Figure, sentence: Sentence) -> str:
    """Why the word after a reference does not fit the unit that it is written with."""
    if figure.fact is None:
        return ""
    unit, word = unit_after(sentence.masked, figure.end)
    if not unit:
        return ""
    expected = _FOLLOWS.get(figure.fact.unit)
    if expected is None:
        if unit in {"stocks", "shares"} and figure.fact.unit in {"percent", "proportion", "chance"}:
            return ""  # "{{…}} cổ phiếu": a share of the stocks
        return f"is written with its unit already, so “{word}” must not follow it"
    if unit in expected:
        return ""
    return f"is in {figure.fact.unit}, not “{word}”"


def left(sentence: Sentence, figure: Figure) -> str:
    """The text before a figure, without finished parentheses."""
    text = sentence.masked[: figure.start]
    while True:
        shorter = re.sub(r"\([^()]*\) ?", lambda match: " " * len(match[0]), text)
        if shorter == text:
            return text
        text = shorter


def right(sentence: Sentence, figure: Figure) -> str:
    return sentence.masked[figure.end :]


def measure(figure: Figure) -> str:
    """points, percent, shares, …: what kind of quantity a figure is, "" when nothing says so."""
    if figure.fact:
        return _MEASURED.get(figure.fact.unit, "")
    return {"stocks": "count"}.get(figure.unit, figure.unit)


def expected_names(sentence: Sentence, figure: Figure) -> Names | None:
    """The fact names that the words around a figure allow; None when they leave it open."""
    if measure(figure) == "count" or (figure.step and figure.unit in {"", "stocks"}):
        counted = _counted(sentence, figure) or _in_order(sentence, figure)
        if counted or measure(figure) == "count":
            return counted
    if figure.fact and figure.fact.unit == "ratio" and _PER_ONE.match(right(sentence, figure)):
        return frozenset(("breadth_ratio",))
    for find in (_chance, _moved, _windowed, _against, _in_range, _next_average, _started, _related):
        if found := find(sentence, figure):
            return found
    named, inside = _nearest(sentence, figure)
    if named and inside:
        return named | _levels_beside(sentence, figure, named)
    later = _predicate(sentence, figure) or _in_order(sentence, figure) or named
    return later or _inherited(sentence, figure) or _generic(sentence, figure)


def spoken_of(sentence: Sentence, figure: Figure) -> Names:
    """Everything of the figure's kind that the sentence names anywhere."""
    if measure(figure) != "percent":
        return frozenset()
    found = wording.phrases(sentence.masked, sentence.language)
    return frozenset().union(*(_fits(item.names, figure) for item in found if not item.is_weak))


def _levels_beside(sentence: Sentence, figure: Figure, named: Names) -> Names:
    """What else a preposition may lead to where the sentence talks of levels."""
    if named & CLOSE and not named & LEVELS and measure(figure) == "points":
        before = left(sentence, figure)
        noun = re.search(r"(?:đóng cửa|chốt phiên|kết phiên|closed|ended|finished)[^,.;]*$", before)
        down = re.search(r"(?:xuống|fell|dropped|dipped|slid|sank|slipped|down) (?:\w+ )?$", before)
        up = re.search(r"(?:lên|rose|climbed|jumped|gained|up) (?:\w+ )?$", before)
        if not noun and (down or up) and _TURN.search(sentence.masked):
            return frozenset(("low",) if down else ("high",))
        if not noun and not down and not up and _LEVEL_WORDS.search(sentence.masked):
            return GENERIC
    return frozenset()


_TURN = re.compile(
    r"(?<!\w)(?:có lúc|trong phiên có|during the session|at one point|intraday|earlier in|recovered|"
    r"before it|rồi (?:hồi|đảo|lùi|quay|bật))(?!\w)"
)


def touched(sentence: Sentence, figure: Figure, way: int) -> bool:
    """Whether a verb tells how far a session went before it turned: "fell to 1,020 before …"."""
    name = figure.key.partition(".")[2]
    return name == ("low" if way < 0 else "high") and bool(_TURN.search(sentence.masked))


def _started(sentence: Sentence, figure: Figure) -> Names | None:
    """Where a move began: "from 1,277 …"."""
    if measure(figure) not in {"points", "usd"}:
        return None
    found = re.search(r"(?<!\w)(?:từ|from)(?: mức| vùng| mốc)? ?$", sentence.masked[: figure.start])
    return frozenset("previous_close open low high report_close report_price".split()) if (
        found and not re.search(r"(?:đảo chiều|bật|hồi)[^,.;]*$", sentence.masked[: found.start()])
    ) else None


def _related(sentence: Sentence, figure: Figure) -> Names | None:
    """Behind "above" and the like stands a level, by its own name or any."""
    if measure(figure) not in {"points", "usd", ""}:
        return None
    if not _RELATION[sentence.language].search(sentence.masked[: figure.start]):
        return None
    named, _ = _nearest(sentence, figure, within=24)
    if named and named & LEVELS:
        return named & LEVELS
    called = apposition(sentence, figure)
    return called or GENERIC | CLOSE | {"previous_close", "open", "report_close"}


def _chance(sentence: Sentence, figure: Figure) -> Names | None:
    """A probability is of the side that the words beside it name."""
    if figure.fact is None or figure.fact.unit != "chance":
        return None
    behind = re.split("[,;.]", right(sentence, figure))[0].split("\x01")[0]
    before = re.split("[,;.]", sentence.masked[: figure.start])[-1]
    for text in (behind, before.split("\x01")[-1], before):
        for name, words in _CHANCES:
            if words.search(text):
                return frozenset((name,))
    row = [item.start for item in sentence.figures if item.unit == "chance"]
    return frozenset((("p_above", "p_between", "p_below")[row.index(figure.start)],)) if (
        len(row) == 3
    ) else None


_PER_ONE = re.compile(
    r"^ (?:stocks? |mã |cổ phiếu )?(?:down|up|fell|rose|falling|rising|giảm|tăng)?[^,.;]{0,10}"
    r"(?:for (?:each|every)|trên (?:một|mỗi)|mới có|ứng với|cho mỗi|thì có)"
)
_CHANCES = (
    ("p_between", re.compile(r"(?<!\w)(?:giữa|trong vùng|đi ngang|between|in between|within|inside|range)(?!\w)")),
    ("p_above", re.compile(r"(?<!\w)(?:trên|vượt|tăng|kháng cự|above|over|beyond|higher|upside|resistance)(?!\w)")),
    ("p_below", re.compile(r"(?<!\w)(?:dưới|thủng|giảm|hỗ trợ|below|under|lower|downside|support)(?!\w)")),
)  # fmt: skip


def _windowed(sentence: Sentence, figure: Figure) -> Names | None:
    """One of several windows: "-1.2% (20-session)", "5, 20 and 60 sessions ago: a, b, c"."""
    if measure(figure) not in {"percent", "points"}:
        return None
    window = _OWN_WINDOW.match(right(sentence, figure))
    size = window["w"] if window else _nth_window(sentence, figure)
    if not size:
        return None
    before = sentence.masked[: figure.start]
    for words, names in _FAMILIES:
        if words.search(before):
            return frozenset(name.format(w=size) for name in names)
    return None


_OWN_WINDOW = re.compile(
    r"^\)?(?: điểm| points)? ?(?:\((?:đường |trung bình |the )?|của |trong |over |for |in |of )(?:the )?"
    r"(?P<w>\d{1,3})[ -](?:phiên|session|day)"
)
_FAMILIES = (
    (re.compile(r"biến động|volatility"), ("volatility{w}",)),
    (re.compile(r"trung bình|bình quân|average"), ("distance_sma{w}", "sma{w}")),
    (re.compile(r"so với|against|than|ago|over|trong|qua"), ("return{w}",)),
)
_WINDOW = re.compile(r"(?P<w>\d{1,3})(?=[ -](?:phiên|session)|(?:,| và| and) \d{1,3}[ -](?:phiên|session)"
                     r"|(?:,| và| and) \d{1,3}(?:,| và| and))")  # fmt: skip


def _nth_window(sentence: Sentence, figure: Figure) -> str:
    """The window that has a figure's place in two rows of one length."""
    row = [item for item in sentence.figures if _alike(item, figure)]
    windows = [match["w"] for match in _WINDOW.finditer(sentence.masked[: row[0].start])]
    if len(row) < 2 or len(windows) != len(row):
        return ""
    return windows[[item.start for item in row].index(figure.start)]


def _alike(first: Figure, second: Figure) -> bool:
    """Whether two figures are of one kind, as far as their units tell."""
    kinds = {measure(first), measure(second)}
    return len(kinds - {""}) < 2 or bool(first.step and second.step and first.unit == second.unit)


def _predicate(sentence: Sentence, figure: Figure) -> Names | None:
    """What the words behind a figure say that it is: "1,250 points is the first resistance"."""
    behind = right(sentence, figure).split("\x01")[0]
    for phrase in wording.phrases(behind, sentence.language):
        if _IS.search(behind[: phrase.start]) and (fits := _fits(phrase.names, figure)):
            return fits
    return None


_IS = re.compile(
    r"^(?: điểm| points)?[^,.;()]{0,14}(?:\(|(?<!\w)(?:là|is|was|as|của|of|over|trong|thành|làm)(?!\w))"
    r"[^,.;()]{0,24}$"
)


def _in_order(sentence: Sentence, figure: Figure) -> Names | None:
    """Two nouns, then two figures: "declines outnumbered advances, 308 to 90"."""
    at, row = sentence.place(figure), sentence.figures
    pairs = [(row[at - 1], figure)] if at else []
    pairs += [(figure, row[at + 1])] if at + 1 < len(row) else []
    pair = next(
        (two for two in pairs if _VERSUS.match(sentence.masked[two[0].end : two[1].start])), None
    )
    if pair is None or not _alike(*pair):
        return None
    before = sentence.masked[: pair[0].start]
    nouns = [
        fits
        for phrase in wording.phrases(before[before.rfind("\x01") + 1 :], sentence.language)
        if not phrase.is_weak and (fits := _fits(phrase.names, figure))
    ]
    if len(nouns) < 2:
        return None
    return nouns[-1] if pair[1] is figure else nouns[-2]


_VERSUS = re.compile(r"^(?: mã| stocks| điểm| points)? ?(?:so với|trên|to|against|versus|vs\.?|–|-|/|:) ?$")


def _generic(sentence: Sentence, figure: Figure) -> Names | None:
    """What a figure is that nothing names: a level where the text talks of levels, or the usual."""
    kind = measure(figure)
    start, end = sentence.clause(figure.start)
    if kind == "points" and _LEVEL_WORDS.search(sentence.masked, start, end):
        return GENERIC | CLOSE | {"change"}
    return UNSTATED.get(kind)


GENERIC = frozenset(
    "support resistance round_above round_below round_crossed report_support report_resistance".split()
)
_LEVEL_WORDS = re.compile(
    r"(?<!\w)(?:mốc|mức|ngưỡng|vùng|phía trên|phía dưới|thử thách|giữ|rào cản|bệ đỡ|chỗ dựa|mark|level|"
    r"holds?|test|downside|upside|barrier|floor|whether|lies|hurdle|mất|lost|broken|passed|vượt)(?!\w)"
)


def apposition(sentence: Sentence, figure: Figure) -> Names | None:
    """What the text calls a level right behind it: "1,750 points (the 20-session average)"."""
    if measure(figure) != "points":
        return None
    opened = _APPOSITION[sentence.language].match(right(sentence, figure))
    if not opened:
        return None
    at = figure.end + opened.end()
    for phrase in wording.phrases(sentence.masked, sentence.language):
        behind = sentence.masked[phrase.end : phrase.end + 1]
        if phrase.start <= at < phrase.end and behind in {"", ")", ".", ","}:
            return phrase.names & LEVELS or None
    return None


def _counted(sentence: Sentence, figure: Figure) -> Names | None:
    behind, before = right(sentence, figure), left(sentence, figure)
    whole = wording.OUT_OF[sentence.language]
    if whole[0].search(before) and whole[1].search(behind):
        return frozenset(("coins",))
    if re.search(r"(?:phiên nào trong(?: số)?|none of the (?:last|past)) $", before):
        lower = re.search(r"thấp hơn|below|lower", behind)
        return frozenset(("sessions_lowest" if lower else "sessions_highest",))
    for name, pattern in wording.COUNTED_AFTER[sentence.language]:
        if pattern.search(behind):
            return frozenset((name,))
    for name, pattern in wording.COUNTED_BEFORE[sentence.language]:
        if pattern.search(before):
            return frozenset((name,))
    return None


def _moved(sentence: Sentence, figure: Figure) -> Names | None:
    """Right behind a verb of motion a figure is a move, and which one the window tells."""
    if measure(figure) not in {"points", "percent", "pp", ""}:
        return None
    if not move_before(sentence, figure):
        return None
    start, end = sentence.clause(figure.start)
    for phrase in wording.phrases(sentence.masked, sentence.language):
        near = start <= phrase.start < end or phrase.end == start - 1
        windows = {name for name in phrase.names if name.startswith(("return", "since_report"))}
        if near and windows:
            return frozenset(windows)
    if LIQUIDITY.search(sentence.masked[start : figure.start]):
        return frozenset(("volume_vs_avg20",))
    return CHANGES


def move_before(sentence: Sentence, figure: Figure) -> re.Match[str] | None:
    """The verb of motion that a figure completes, as in "tăng nhẹ 3,2 điểm"."""
    before = left(sentence, figure)
    found = _MOVE_BEFORE[sentence.language].search(before)
    if not found:
        found = _MOVE_BEFORE[sentence.language].search(sentence.masked[: figure.start])
    return found


def _against(sentence: Sentence, figure: Figure) -> Names | None:
    """A distance: "1.2% above its 20-session average", "cao hơn trung bình 20 phiên 1,2%"."""
    behind = right(sentence, figure)
    found = wording.phrases(sentence.masked, sentence.language)
    if opened := _AGAINST[sentence.language].match(behind):
        at = figure.end + opened.end()
        for phrase in found:
            if phrase.start <= at < phrase.end or 0 <= phrase.start - at <= 2:
                return _distances(phrase.names)
    before = left(sentence, figure)
    apart = _APART_BEFORE[sentence.language].search(before)
    if apart and measure(figure) in {"percent", "points", "pp"}:
        inside = [item for item in found if apart.start() <= item.start < figure.start]
        named = next((_distances(item.names) for item in reversed(inside)), None)
        if not apart["rest"].strip(" bysovớimức") and not named:
            clause, _ = sentence.clause(figure.start)
            ahead = [i for i in found if clause <= i.start < apart.start() and i.names & LEVELS]
            named = _distances(ahead[-1].names) if ahead else None
        if named and named & MOVES and (measure(figure) != "points" or named <= CHANGES):
            return named
    return None


def _distances(names: Names) -> Names:
    if "previous_close" in names:
        return CHANGES | {"open_gap"}
    if names & CLOSE and len(names & LEVELS) == 0:
        return names | MOVES
    return frozenset(name for name in names if name in MOVES) or names


def _in_range(sentence: Sentence, figure: Figure) -> Names | None:
    """The ends of a range, lower first: low and high of a session, support and resistance."""
    if measure(figure) not in {"points", "usd", ""}:
        return None
    at = sentence.place(figure)
    before = sentence.masked[: figure.start]
    if at + 1 < len(sentence.figures) and _joined(sentence, figure, sentence.figures[at + 1]):
        return _range_names(before, lower=True)
    if at and _joined(sentence, sentence.figures[at - 1], figure):
        return _range_names(sentence.masked[: sentence.figures[at - 1].start], lower=False)
    return None


def _joined(sentence: Sentence, first: Figure, second: Figure) -> bool:
    between = sentence.masked[first.end : second.start]
    if not _RANGE.match(between):
        return False
    if re.search(r"(?:và|and) ?\(?$", between):
        opening = sentence.masked[: first.start]
        return bool(re.search(r"(?:giữa|between|từ|from) ?\(?$", opening))
    if re.search(r"(?:đến|tới|to) ?$", between):
        return bool(re.search(r"(?:từ|from)[^,.;]{0,12}$", sentence.masked[: first.start]))
    return True


def _range_names(before: str, lower: bool) -> Names:
    if re.search(r"(?<!\w)(?:hỗ trợ|support)[^,.;]*$", before):
        return frozenset(("support", "resistance"))
    session = re.search(r"(?:dao động|moved|ranged?|traded|biên độ|swung)[^;.]*$", before)
    if session:
        return frozenset(("low",) if lower else ("high",))
    moved = re.search(r"(?:từ|from) ?$", before)
    if moved and not _SWING.search(before):
        return frozenset(("support", "previous_close", "open", "low", "low_20", "low_52w")) if (
            lower
        ) else frozenset(("resistance", "close", "high", "high_20", "high_52w"))
    lows = ("low", "support", "low_20", "low_52w", "round_below")
    highs = ("high", "resistance", "high_20", "high_52w", "round_above")
    return frozenset(lows if lower else highs)


def _nearest(sentence: Sentence, figure: Figure, within: int = 90) -> tuple[Names | None, bool]:
    """The names of the last phrase before a figure that no other figure lies behind.

    With it, whether the phrase stands in the figure's own clause.
    """
    before = left(sentence, figure)
    start = max(before.rfind("\x01"), before.rfind(";"), len(before) - within) + 1
    clause, _ = sentence.clause(figure.start)
    inside = [item for item in wording.phrases(before, sentence.language) if item.start >= start]
    for at, phrase in reversed(list(enumerate(inside))):
        near = phrase.start >= clause
        if fits := _fits(phrase.names, figure):
            strong = inside[at - 1] if at and phrase.is_weak else None
            if strong and strong.start >= clause and phrase.start - strong.end < NEAR_NOUN:
                return _fits(strong.names, figure) or fits, near
            return fits, near
        if near and not phrase.names & CLOSE:
            return phrase.names, near
    return None, False


def _next_average(sentence: Sentence, figure: Figure) -> Names | None:
    """The second of "its 20-session (…) and 50-session average (…)"."""
    window = _WINDOW_GOES_ON.search(left(sentence, figure))
    if not window or not _AVERAGE.search(sentence.masked[: window.start()]):
        return None
    return frozenset(f"{name}sma{window['w']}" for name in ("", "distance_"))


def _fits(names: Names, figure: Figure) -> Names:
    """The names that a figure of this measure can have."""
    kind = measure(figure)
    if not kind:
        return names
    return frozenset(name for name in names if name in wording.BY_MEASURE.get(kind, names))


def _inherited(sentence: Sentence, figure: Figure) -> Names | None:
    """A list goes on: what the figure before is, this one is, too, when their kinds agree."""
    at = sentence.place(figure)
    if not at:
        return None
    earlier = sentence.figures[at - 1]
    if not _alike(earlier, figure):
        return None
    if not _LIST.match(sentence.masked[earlier.end : figure.start]):
        return None
    return expected_names(sentence, earlier)


def role_fault(figure: Figure, fact: Fact, names: Names, sheet: FactSheet) -> str:
    """Why a fact is not what the words before the figure call it."""
    subject, _, name = fact.key.partition(".")
    if name in names or _same_value(fact, subject, names, sheet):
        return ""
    if not figure.is_reference and not names & _known(subject, sheet):
        return ""
    wanted = " or ".join(sorted(MEANING.get(item, item) for item in names)[:4])
    return f"is {MEANING.get(name, name)}, but the words around it speak of {wanted}"


def _same_value(fact: Fact, subject: str, names: Names, sheet: FactSheet) -> bool:
    values = [sheet.value(f"{subject}.{name}") for name in names]
    return any(value == fact.value for value in values if value is not None)


def _known(subject: str, sheet: FactSheet) -> set[str]:
    return {key.partition(".")[2] for key in sheet.facts if key.startswith(f"{subject}.")}


def subject_of(sentence: Sentence, figure: Figure, running: str) -> set[str]:
    """The subjects that a figure may belong to by the names around it; empty when any will do."""
    before, names = sentence.masked[: figure.start], sentence.names
    owner = re.match(
        r"^(?:\)|%| điểm| points| mã| tỷ đồng)* ?(?:của|of|for|on|cho|ở|tại) (?:chỉ số |the )?",
        right(sentence, figure),
    )
    if owner:
        at = figure.end + owner.end()
        named = [item for item in names if item.start == at]
        if named:
            return {named[0].key}
    earlier = [item for item in names if item.end <= figure.start]
    if earlier and re.fullmatch(r" ?\(?(?:ở |tại |at )?", before[earlier[-1].end :]):
        return {earlier[-1].key}
    together = _respectively(sentence, figure, earlier)
    if together:
        return together
    for name in reversed(earlier):
        if not name.compared:
            return {name.key}
    if running:
        return {running}
    return {item.key for item in names}


def _respectively(sentence: Sentence, figure: Figure, earlier: list[Name]) -> set[str]:
    """Names in a row before figures in a row belong pair by pair."""
    if len(earlier) < 2:
        return set()
    row = [earlier[-1]]
    for name in reversed(earlier[:-1]):
        between = sentence.masked[name.end : row[0].start]
        if not re.fullmatch(r"\s?(?:,|và|and|cùng|lẫn|/|, and|, và|or|hay)\s?", between):
            break
        row.insert(0, name)
    if len(row) < 2:
        return set()
    following = [item for item in sentence.figures if item.start >= row[-1].end]
    alike = [item for item in following if _alike(item, figure)]
    if len(alike) == len(row):
        return {row[[item.start for item in alike].index(figure.start)].key}
    return {name.key for name in row}


def subject_fault(figure: Figure, allowed: set[str], sheet: FactSheet) -> str:
    """Why the figure is another index's than the text names."""
    subject = figure.key.partition(".")[0]
    if not allowed or subject in allowed:
        return ""
    if allowed & set(CRYPTO_SUBJECTS) and (
        subject == "crypto" or (allowed == {"crypto"} and subject in CRYPTO_SUBJECTS)
    ):
        return ""
    names = " or ".join(sorted(sheet.index_name(key) for key in allowed))
    return f"belongs to {sheet.index_name(subject)}, but the text speaks of {names}"


def is_negative_move(fact: Fact) -> bool:
    return fact.key.partition(".")[2] in MOVES and fact.value < Decimal(0)


def speaker(sentence: Sentence, position: int, running: str) -> str:
    """The subject of what is said at a position: the name before it that is no yardstick."""
    earlier = [item for item in sentence.names if item.end <= position and not item.compared]
    if earlier:
        return earlier[-1].key
    later = [item for item in sentence.names if item.start >= position and not item.compared]
    if later and re.match(r"^\W*(?:là|was|were)?\W*$", sentence.masked[position : later[0].start]):
        return later[0].key
    return running or (later[0].key if later else "")
