"""Figures in rows: ranges, windows side by side, chances, where a move began."""

from __future__ import annotations

import re
from itertools import pairwise

from reports.writing.verification.figures import windows
from reports.writing.verification.reading.around import alike, measure, right
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CLOSE, LEVELS, Names

_RANGE = re.compile(r"^\)? ?(?:điểm |points )?(?:–|-|đến|tới|to|and|và) ?\(?$")
_SWING = re.compile(
    r"(?<!\w)(?:dao động|biên độ|vùng|khoảng|moved|ranged?|traded|between|within|swung)(?!\w)"
)


def started(sentence: Sentence, figure: Figure) -> Names | None:
    """Where a move began: "from 1,277 …"."""
    if measure(figure) not in {"points", "usd"}:
        return None
    found = re.search(
        r"(?<!\w)(?:từ|(?<!away )from)(?: mức| vùng|"
        r" mốc)? ?$",
        sentence.masked[: figure.start],
    )
    return (
        frozenset(["previous_close", "open", "low", "high", "report_close", "report_price"])
        if (
            found
            and not re.search(r"(?:đảo chiều|bật|hồi)[^,.;]*$", sentence.masked[: found.start()])
        )
        else None
    )


_EDGES = ("high", "peak", "top", "đỉnh", "cao nhất")
_HIGH = r"(?:high|peak|top|đỉnh|cao nhất)s?"
_LOW = r"(?:low|trough|bottom|đáy|thấp nhất)s?"
_HIGH_AND_LOW = rf"(?:{_HIGH}[^,.;\x01]{{1,24}}{_LOW}|{_LOW}[^,.;\x01]{{1,24}}{_HIGH})(?!\w)"
_EDGE_TO_EDGE = re.compile(
    r"[^.;\x01]{0,40}?(?<!\w)(?:between|from|giữa|từ)[^.;,\x01]{0,28}\x01+(?: points| điểm)?"
    r" (?:and|to|và|đến|tới|lên)[^.;,\x01]{0,28}\x01"
)
_FITTED = re.compile(
    r"(?<!\w)(?:fit(?:s|ted)?|within|inside|into|band|span(?:s|ned)?|spread|swing|swung|stayed|"
    r"confined|contained|limited|moved|covered|gói|nằm|phạm vi|xê dịch|dao động|rung lắc|"
    r"biến động|bó hẹp|giằng co|chênh|rộng)(?!\w)[^.;,\x01]*$"
)
_BETWEEN_EDGES = (
    re.compile(
        rf"(?<!\w)(?:between|gap|difference|distance|spread|swing|span|separat\w+|giữa|chênh|"
        rf"khoảng cách)(?!\w)[^,.;\x01]{{0,40}}{_HIGH_AND_LOW}[^,.;\x01]{{0,24}}$|"
        rf"{_HIGH_AND_LOW}[^,.;\x01]{{0,24}}cách nhau[^,.;\x01]{{0,12}}$|"
        rf"(?:{_HIGH} (?:to|xuống|đến) {_LOW}|{_LOW} (?:to|lên|đến) {_HIGH})(?: phiên)?,"
        r"[^,.;\x01]{0,28}(?:moved|spanned|covered|swung|"
        r"travel\w+|dao động|biến động|xê dịch) $"
    ),
    re.compile(
        rf"^ (?:separat\w+|divid\w+|(?:lay |stood |ran )?between|giữa|ngăn cách|phân cách)"
        rf"(?!\w)[^,.;\x01]{{0,20}}{_HIGH_AND_LOW}|"
        rf"^ (?:from|từ) (?:the |its |mức )?(?:{_HIGH} (?:to|xuống|đến) {_LOW}|"
        rf"{_LOW} (?:to|lên|đến) {_HIGH})(?!\w)"
    ),
)
_APART = re.compile(r"^ (?:apart|từ (?:đáy|đỉnh))(?!\w)")
_ANY_WINDOW = re.compile(r"\d+[ -](?:phiên|tuần|session|week)|volatility|lần lượt|respectively")


def spanned(sentence: Sentence, figure: Figure) -> Names | None:
    """How far a session's edges lie apart: "fitted into 0.8%, between 937 and 944"."""
    if measure(figure) != "percent":
        return None
    after = sentence.figures[sentence.place(figure) + 1 :][:2]
    edges = {item.key.rpartition(".")[2] for item in after} == {"low", "high"}
    if not edges and not holds(sentence.masked, _EDGES):
        return None
    behind, start = right(sentence, figure), sentence.clause(figure.start)[0]
    whole, before = sentence.masked[: figure.start], sentence.masked[start : figure.start]
    if _ANY_WINDOW.search(before):
        return None
    apart = _APART.match(behind) and re.search(_HIGH_AND_LOW, before)
    if apart or _BETWEEN_EDGES[0].search(whole) or _BETWEEN_EDGES[1].search(behind):
        return frozenset(("range_percent",))
    if edges and _EDGE_TO_EDGE.match(behind) and _FITTED.search(before):
        return frozenset(("range_percent",))
    return None


_SHARE = re.compile(
    r"(?<!\w)(?:thống trị|tỷ trọng|thị phần|chiếm|phần của|dominance|share|accounts? for|"
    r"makes? up)(?!\w)"
)
_SHARES = {"btc": "dominance_btc", "eth": "dominance_eth"}


def share(sentence: Sentence, figure: Figure) -> Names | None:
    """A share of the crypto market is that of the coin named last: "… of Ethereum 17.2%"."""
    if measure(figure) != "percent" or not _SHARE.search(sentence.masked[: figure.start]):
        return None
    earlier = [item for item in sentence.names if item.end <= figure.start]
    if not earlier or earlier[-1].key not in _SHARES:
        return None
    between = sentence.masked[earlier[-1].end : figure.start]
    if re.search(r"[;.\x01]|tăng|giảm|rose|fell|gain|lost|(?<!makes )up|down", between):
        return None
    return frozenset((_SHARES[earlier[-1].key],))


# "likelier than one above resistance": what stands before is of the other outcome
_RIVAL = re.compile(
    r"(?:higher|lower|greater|smaller|likely|likelier) than "
    r"(?=that|one|the (?:chance|odds|probability|case)|an? (?:close|move|case))"
)


def chance(sentence: Sentence, figure: Figure) -> Names | None:
    """A probability is of the side that the words beside it name."""
    if figure.fact is None or figure.fact.unit != "chance":
        return None
    if figure.step and not _OF_CHANCE.search(sentence.masked):
        return frozenset(
            ("something else",)
        )  # written digits are a chance only where the text says so
    if other := _against(sentence, figure):
        return frozenset(name for name, _ in CHANCES) - {other}
    if dealt := _dealt(sentence, figure):
        return dealt
    behind = re.split("[,;.]", right(sentence, figure))[0].split("\x01")[0]
    before = _RIVAL.split(re.split("[,;.]", sentence.masked[: figure.start])[-1])[-1]
    if all(re.search(words, before) for words in ("hỗ trợ|support", "kháng cự|resistance")):
        return frozenset(("p_between",))
    behind = "" if before.endswith("(") else behind  # "below 965 points (46%)"
    for text in (before.split("\x01")[-1], behind, before):
        for name, words in CHANCES:
            if words.search(text):
                return frozenset((name,))
    if _THIS_CASE.search(before):
        return frozenset(name for name, _ in CHANCES)  # told in the sentence before
    row = [item.start for item in sentence.figures if item.unit == "chance"]
    if len(row) == 3:
        return frozenset((("p_above", "p_between", "p_below")[row.index(figure.start)],))
    if len(row) == 2:
        start = row[0] if row.index(figure.start) else 0
        return _told_chance([*reversed(re.split("[,;.]", sentence.masked[start : figure.start]))])
    if len(row) != 1:
        return None
    clauses = [*reversed(re.split("[,;.]", sentence.masked[: figure.start]))]
    return _told_chance([*clauses, *re.split("[,;.]", right(sentence, figure))])


_THIS_CASE = re.compile(
    r"(?<!\w)(?:(?:this|that|such a) (?:case|outcome|scenario|one|path)|"
    r"(?:trường hợp|kịch bản|khả năng|điều) (?:này|đó|ấy))(?!\w)"
)


def _dealt(sentence: Sentence, figure: Figure) -> Names | None:
    """The outcome of a chance in a row of them where all stand behind theirs, or all before:
    "a close above A at 42% and one below B at 46%", "42% for one above A, 46% for one below B".
    """
    row = [item for item in sentence.figures if item.unit == "chance"]
    if len(row) < 2:
        return None
    edges = [0, *(item.end for item in row)]
    ends = [*(item.start for item in row), len(sentence.masked)]
    parts = [_told_chance([sentence.masked[a:b]]) for a, b in zip(edges, ends, strict=True)]
    behind, before = parts[:-1], parts[1:]
    at = [item.start for item in row].index(figure.start)
    for own, rest in ((behind, parts[-1]), (before, parts[0])):
        if rest is None and None not in own and len(set(own)) == len(own):
            return own[at]
    return None


def _against(sentence: Sentence, figure: Figure) -> str:
    """The outcome whose chance stands right before: "44% against 31%"."""
    at = sentence.place(figure)
    last = sentence.figures[at - 1] if at else figure
    between = sentence.masked[last.end : figure.start]
    if last.unit != "chance" or not re.fullmatch(r" (?:so với|against|versus|vs\.?) ", between):
        return ""
    return last.key.partition(".")[2]


def _told_chance(clauses: list[str]) -> Names | None:
    """The side that the nearest clause tells: "a close above 1,200, at odds of 51%"."""
    for clause in clauses:
        if all(re.search(words, clause) for words in ("hỗ trợ|support", "kháng cự|resistance")):
            return frozenset(("p_between",))
        for name, words in CHANCES:
            if words.search(clause):
                return frozenset((name,))
    return None


_OF_CHANCE = re.compile(
    r"xác suất|khả năng|kịch bản|lịch sử|thống kê|tần suất|một năm qua|"
    r"chance|probabilit|odds|likel|"
    r"scenario|histor|statistic|past year|weight|frequen|cases"
)
_CHANCE_WORDS = {
    "p_between": r"giữa|trong vùng|đi ngang|(?:giữ|trong|giữ nguyên) vùng|vùng giữa|between|"
    r"in between|middle(?= (?:scenario|case|outcome|one|path)(?!\w))|sideways|tích lũy|giằng co|"
    r"neither(?! (?:side|way|direction|outcome|case))|consolidat\w+|range-bound|drift(?:s|ing)?|"
    r"within(?! \w+ (?:sessions|days|weeks))|inside|range",
    "p_above": r"trên|vượt|lấy lại|trở lại|reclaim\w*|regain\w*|tăng|kháng cự|"
    r"above|over(?! (?:the )?(?:next|last|past|coming|following|five|course|a|\d+)(?!\w))|"
    r"upper|beyond|higher|upside|resistance",
    "p_below": r"dưới|thủng|giảm|hỗ trợ|below|under|lower|downside|support",
}
CHANCES = tuple(
    (name, re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for name, words in _CHANCE_WORDS.items()
)


def windowed(sentence: Sentence, figure: Figure) -> Names | None:
    """One of several windows: "-1.2% (20-session)", "5, 20 and 60 sessions ago: a, b, c"."""
    if measure(figure) not in {"percent", "points"}:
        return None
    if told := windows.in_row(sentence, figure) or windows.off(sentence, figure):
        return told
    window = _OWN_WINDOW.match(right(sentence, figure))
    if window and re.match(r"[ -]?average", right(sentence, figure)[window.end() :]):
        return None
    size = window["w"] if window else _nth_window(sentence, figure)
    if not size:
        return None
    for words, names in _FAMILIES:
        if words.search(sentence.masked[: figure.start]):
            return frozenset(name.format(w=size) for name in names)
    if measure(figure) == "percent" and _FAMILIES[1][0].search(right(sentence, figure)):
        return frozenset((f"distance_sma{size}",))  # "a, b and c below its 20-, 50- and …"
    return None


_STRETCH = re.compile(
    rf"(?<!\w)(?P<w>\d{{1,3}}|{EN_WORDS}|{VI_WORDS}) (?:sessions|phiên)"
    r"(?! (?:giảm|tăng|liên|of|in a))"
)


_ONE_ROW = re.compile(r",? ?(?:và|and|so với|against)? ?")


_LEVELS_OR_SWINGS = re.compile(r"trung bình|average|biến động|volatility")


def over_stretch(sentence: Sentence, figure: Figure) -> Names | None:
    """The move over the stretch that its part opens with: "against 20 sessions earlier the fall is
    1.4%", "the last five sessions alone added 2.4%".
    """
    if told := windows.behind(sentence, figure):
        return told
    name = figure.key.rpartition(".")[2]
    if not name.startswith("return"):
        return None
    if not _LEVELS_OR_SWINGS.search(sentence.masked) and (size := _nth_window(sentence, figure)):
        return frozenset((f"return{size}",))
    row, at = sentence.figures, sentence.place(figure)
    first = at
    while first and _ONE_ROW.fullmatch(sentence.masked, row[first - 1].end, row[first].start):
        first -= 1
    before = re.split(r"[.;\x01]", sentence.masked[: row[first].start])[-1]
    opened = list(_STRETCH.finditer(before))
    if _STRETCH.search(re.split(r"[,.;\x01]", right(sentence, figure))[0]):
        return None  # "… and 1.4% below that of 20 sessions earlier"
    if not opened or _LEVELS_OR_SWINGS.search(before):
        return None
    row = row[first : first + len(opened)]
    joined = all(
        _ONE_ROW.fullmatch(sentence.masked, one.end, two.start) for one, two in pairwise(row)
    )
    if len(opened) == len(row) > 1 and joined:  # "over 5 and 60 sessions: a and b"
        return frozenset((f"return{word_value(opened[at - first]['w'])}",))
    if first != at:
        return None
    return frozenset((f"return{word_value(opened[-1]['w'])}",))


_OWN_WINDOW = re.compile(
    r"^\)?(?: điểm| points)? ?(?:\((?:đường |trung bình |the )?|của |trong |over |for |in |"
    r"of |(?:so )?với (?:đường |trung bình )?)(?:the )?"
    r"(?P<w>\d{1,3})[ -](?:phiên|session|day)"
)
_FAMILIES = (
    (re.compile(r"biến động|volatility"), ("volatility{w}",)),
    (
        re.compile(r"trung bình|bình quân|average|đường \d|\d[ -](?:session|day) (?:line|one)"),
        ("distance_sma{w}", "sma{w}"),
    ),
    (re.compile(r"(?<!\w)(?:so với|against|than|ago|over|trong|qua)(?!\w)"), ("return{w}",)),
)
_WINDOW = re.compile(
    r"(?P<w>\d{1,3})(?=[ -](?:phiên|session)|-?(?:,| và| and) \d{1,3}[ -](?:phiên|session)|"
    r"-?(?:,| và| and) \d{1,3}-?(?:,| và| and))"
)


_ALL_THREE = re.compile(
    r"(?:\x01[^;.]* (?:its|the|all) three (?:moving )?averages|"
    r"(?:cả )?ba đường(?: trung bình)?)(?= ?[,.;:]|$)"
)


def _nth_window(sentence: Sentence, figure: Figure) -> str:
    """The window that has a figure's place in two rows of one length."""
    row = [i for i in sentence.figures if i.start == figure.start or alike(i, figure)]
    if len(row) < 2:
        return ""
    text, own = sentence.masked, windows.run(sentence, figure)
    if all(_WINDOW.search(text, a.end, b.start) for a, b in pairwise(row)):
        return ""  # each is led up to by a window of its own
    if 1 < len(own) < len(row):  # "… averages, at a and b, but below the 200-session one, at c"
        start = max((item.end for item in row if item.end <= own[0].start), default=0)
        before = [match["w"] for match in _WINDOW.finditer(text, start, own[0].start)]
        if len(before) == len(own):
            return before[[item.start for item in own].index(figure.start)]
    for part in (text[: row[0].start], text[row[-1].end :].split(";")[0]):
        sizes = [match["w"] for match in _WINDOW.finditer(part)]
        if len(sizes) == len(row):
            return sizes[[item.start for item in row].index(figure.start)]
        if sizes:
            return ""
    if len(row) == 3 and _ALL_THREE.search(text):
        return ("20", "50", "200")[[item.start for item in row].index(figure.start)]
    return ""


def in_range(sentence: Sentence, figure: Figure) -> Names | None:
    """The ends of a range, lower first: low and high of a session, support and resistance."""
    if measure(figure) not in {"points", "usd", ""}:
        return None
    at = sentence.place(figure)
    before = sentence.masked[: figure.start]
    likely = any(item.unit == "chance" for item in sentence.figures)
    if likely and (figure.key.endswith((".support", ".resistance")) or _OUTCOME.search(before)):
        return frozenset(("support", "resistance"))
    if at + 1 < len(sentence.figures) and _joined(sentence, figure, sentence.figures[at + 1]):
        return _range_names(before, lower=True) | _supposed_edges(sentence, figure)
    if at and _joined(sentence, sentence.figures[at - 1], figure):
        opening = sentence.masked[: sentence.figures[at - 1].start]
        return _range_names(opening, lower=False) | _supposed_edges(sentence, figure)
    return None


def _supposed_edges(sentence: Sentence, figure: Figure) -> Names:
    """A supposition may be about the stretch between any two levels."""
    return LEVELS | CLOSE if sentence.is_hypothetical(figure.start) else frozenset()


# where a scenario ends: no other level has chances of its own
_OUTCOME = re.compile(
    r"(?<!\w)(?:(?:a|an) (?:close|finish)|one|(?:kịch bản|xác suất|tần suất)[^,.;\x01]{0,24})"
    r" (?:above|below|over|under|trên|dưới)(?: mốc)? $"
)


def _joined(sentence: Sentence, first: Figure, second: Figure) -> bool:
    between = sentence.masked[first.end : second.start]
    if not _RANGE.match(between):
        return False
    if re.search(r"(?:và|and) ?\(?$", between):
        opening = sentence.masked[: first.start]
        return bool(re.search(r"(?:giữa|between|từ|from) ?\(?$", opening))
    if re.search(r"(?:đến|tới|to) ?$", between):
        opening = sentence.masked[: first.start]
        return bool(re.search(r"(?:từ|from|khoảng|phạm vi)[^,.;]{0,12}$", opening))
    return True


def _range_names(before: str, lower: bool) -> Names:
    if re.search(r"(?<!\w)(?:hỗ trợ|support)[^,.;]*$", before):
        return frozenset(("support", "resistance"))
    if re.search(
        r"(?:dao động|rung lắc|giằng co|moved|ranged?|traded|swung|fluctuated|oscillated)"
        r"[^;.]*(?:giữa|between) ?$",
        before,
    ):
        return frozenset(("low", "high"))
    if re.search(r"(?:giữa|between) ?$", before) and not re.search(r"hỗ trợ|support", before):
        return frozenset(("low", "high", "support", "resistance"))
    session = re.search(
        r"(?:dao động|rung lắc|giằng co|moved|ranged?|traded|biên độ|swung|fluctuated|oscillated)"
        r"[^;.]*$",
        before,
    )
    if session:
        return frozenset(("low",) if lower else ("high",))
    moved = re.search(r"(?:từ|from) ?$", before)
    if moved and not _SWING.search(before):
        return (
            frozenset(("support", "previous_close", "open", "low", "low_20", "low_52w"))
            if (lower)
            else frozenset(("resistance", "close", "high", "high_20", "high_52w"))
        )
    lows = ("low", "support", "low_20", "low_52w", "round_below")
    highs = ("high", "resistance", "high_20", "high_52w", "round_above")
    return frozenset(lows if lower else highs)
