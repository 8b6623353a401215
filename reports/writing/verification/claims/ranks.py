"""The largest gain, the smallest loss, who came second, which outcome is likeliest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change, changes
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.figures.ranges import CHANCES
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.sentences import Figure, Sentence

_EXTREME = {
    "vi": re.compile(
        r"(?<!\w)(?:(?:mức|đà) (?P<move>tăng|giảm)(?: điểm)? |(?=\w+ nhất thuộc về))"
        r"(?:(?P<most>lớn|cao|mạnh|sâu|nhiều)|(?P<least>nhỏ|thấp|ít|nhẹ|khiêm tốn|yếu)) nhất"
        r"(?! (?:trong |của |kể từ |từ )?(?:vòng |hơn |gần )?(?:\d+|\x01+|một|hai|nhiều) "
        r"(?:phiên|tuần|tháng))(?!\w)"
    ),
    "en": re.compile(
        r"\bthe (?:(?P<most>largest|biggest|steepest|sharpest|deepest|strongest|heaviest|best)|"
        r"(?P<least>smallest|mildest|weakest|lightest|shallowest))"
        r"(?: (?:percentage )?(?P<move>gain|rise|advance|loss|fall|drop|decline|move)s?)?"
        r"(?= (?:and|while|but|went|was|were|came|belonged|to|in|by|"
        r"of the (?:day|session|five|four|seven|indices|group|coins)|"
        r"among|at)\b|[,.;]| ?$)(?! (?:in|of|since|for) (?:the )?(?:last|past|\d|\x01|a |more than|"
        r"(?:week|month|year)))"
    ),
}
_BEHIND = re.compile(
    r"(?: (?:of the (?:day|session|five|four|indices|group)|trong (?:năm|5|bốn|4|các) chỉ số|"
    r"hôm nay|"
    r"phiên này|thuộc|về|là|của|thuộc về|went|was|were|came|belonged|seen|recorded|made|to|in|by|"
    r"at|"
    r"from|that|of|chỉ số|the|among|all|seven|bảy|7|coins?|đồng(?: tiền)?|tracked|theo dõi|được|"
    r"group|nhóm|is))* (?=\x03)"
)
_FALL = re.compile(r"giảm|loss|fall|drop|decline")


def extremes(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The largest gain went to A, the smallest to B": by the day's changes."""
    if not holds(sentence.masked, ("nhất", "est")):
        return
    text, falling = marked(sentence), None
    for match in _EXTREME[sentence.language].finditer(text):
        ranked = re.search("strongest|weakest|best", match[0]) and not match["move"]
        if sentence.is_hypothetical(match.start()) or ranked:
            continue
        key = holder(sentence, text, match)
        moves = changes(case.sheet)
        if key in CRYPTO_SUBJECTS and key != "crypto":
            coins = {name: change(case.sheet, name) for name in CRYPTO_SUBJECTS if name != "crypto"}
            moves = {name: value for name, value in coins.items() if value is not None}
        if match["move"] and match["move"] != "move":
            falling = bool(_FALL.search(match["move"]))
        elif falling is None:
            falling = told_fall(text[: match.start()], moves)
        if key not in moves:
            continue
        reason = _extreme_fault(moves, key, falling, match["most"] is not None, case)
        evidence = ", ".join(f"{name}.change_percent" for name in moves)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


def field(key: str, sheet: FactSheet) -> dict[str, Decimal]:
    """All that the one is ranked among: the coins, or the known indices."""
    if key not in CRYPTO_SUBJECTS:
        return changes(sheet)
    coins = {name: change(sheet, name) for name in CRYPTO_SUBJECTS if name != "crypto"}
    return {name: value for name, value in coins.items() if value is not None}


def told_fall(before: str, moves: dict[str, Decimal]) -> bool:
    """Whether the words tell a fall; by what most did when they tell nothing."""
    found = re.findall(r"gain|rise|rose|advance|tăng|loss|lost|fell|fall|drop|decline|giảm", before)
    if found:
        return found[-1] in {"loss", "lost", "fell", "fall", "drop", "decline", "giảm"}
    return sum(value < 0 for value in moves.values()) * 2 > len(moves)


def holder(sentence: Sentence, text: str, match: re.Match[str]) -> str:
    """Who has it: named right behind, or last before."""
    if behind := _BEHIND.match(text, match.end()):
        return next(i.key for i in sentence.names if i.start == behind.end())
    earlier = [item for item in sentence.names if item.end <= match.start() and not item.compared]
    return earlier[-1].key if earlier else ""


def _extreme_fault(
    moves: dict[str, Decimal], key: str, falling: bool, most: bool, case: Case
) -> str:
    inside = {name: v for name, v in moves.items() if (v < 0 if falling else v > 0)}
    if key not in inside:
        return f"tells {'a fall' if falling else 'a rise'}, but there was none"
    best = (max if most else min)(inside.values(), key=abs)
    if inside[key] == best:
        return ""
    return f"is wrong: {case.sheet.index_name(key)} was not {'first' if most else 'last'}"


_NEXT = (
    "theo sau", "tiếp theo", "tiếp đến", "kế đến", "kế đó", "sau đó", "xếp sau", "đứng sau",
    "followed by", "ahead of", "with ",
)  # fmt: skip
_SECOND = {
    "vi": re.compile(
        r"(?<!\w)(?:theo sau|tiếp theo|tiếp đến|kế đến|kế đó|sau đó|xếp sau|đứng sau)(?: lần lượt)?"
        r"(?: là)? (?:chỉ số )?(?=\x03)"
    ),
    "en": re.compile(
        r"\b(?:followed by|ahead of|with (?=\x03+ (?:second|next)))(?: the)? ?(?=\x03)"
    ),
}
_FIRST = {
    "vi": r"dẫn đầu|nhất",
    "en": r"led|first|strongest|best|most|hardest|largest|biggest|steepest|weakest|worst|top",
}
_WORST = re.compile(
    r"giảm[^,.;]*nhất|yếu nhất|kém nhất|dẫn đầu đà giảm|fell|lost|weakest|worst|hardest|declin|drop"
)


def seconds(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Who came next behind the first: "VN-Index led, followed by VN30"."""
    if not holds(sentence.masked, _NEXT):
        return
    text = marked(sentence)
    for match in _SECOND[sentence.language].finditer(text):
        before = text[: match.start()]
        if sentence.is_hypothetical(match.start()) or not re.search(
            rf"(?<!\w)(?:{_FIRST[sentence.language]})(?!\w)[^.;]*$", before
        ):
            continue
        key = next((i.key for i in sentence.names if i.start == match.end()), "")
        moves = field(key, case.sheet)
        if key not in moves or len(moves) < 2:
            continue
        falling = bool(_WORST.search(re.split(r"[.;:]", before)[-1]))
        order = sorted(moves, key=lambda name: moves[name], reverse=not falling)
        reason = "" if key == order[1] else f"is wrong: {case.sheet.index_name(order[1])} came next"
        yield Claim(match.start(), match.end(), f"{key}.change_percent", reason, figures=False)


_LED = r"(?P<{}>\x03+(?:(?:, and|, và|,| and| và) \x03+)*)"
_LED_BY = re.compile(
    r"(?<!\w)(?:(?:led|headed|dragged|pulled|weighed|driven|paced|lifted)(?: (?:(?:to the )?"
    r"(?:(?P<up>higher|up|upside)|(?P<down>lower|down|downside))))? by|dẫn đầu (?:là|bởi|thuộc về)|"
    r"(?:kéo|dẫn dắt)(?: (?:xuống|lên))? bởi|trong đó nổi bật là) " + _LED.format("names") + "|"
    r"(?<!\w)(?:with|với|do) " + _LED.format("names2") + r" (?:leading|dẫn đầu)(?: the| đà| mức)?"
    r"(?: (?:(?P<up2>gains?|advances?|rise|way up|climb|rebound|tăng)|(?P<down2>declines?|"
    r"loss(?:es)?|"
    r"falls?|way down|way lower|drop|retreat|slide|giảm)))?(?!\w)"
)


_FALLS = {"decline", "fall", "drop", "losses", "loss", "retreat", "slide", "sell-off", "đà giảm"}
_NOUNS = re.compile(
    r"(?<!\w)(?:advance|rally|gains?|rise|climb|rebound|đà tăng|đà giảm|decline|fall|drop|losses|"
    r"loss|"
    r"retreat|slide|sell-off)(?!\w)"
)


def led_by(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Four coins fell, led lower by A and B": those that moved the most that way."""
    text = marked(sentence)
    for match in _LED_BY.finditer(text):
        keys = [i.key for i in sentence.names if match.start() <= i.start < match.end()]
        moves = changes(case.sheet)
        if not set(keys) <= set(moves):
            moves = field("btc", case.sheet)
        words = motions(sentence.masked[: match.start()], sentence.language)
        said = [item.way for item in words if item.way]
        way = said[0] if said else 0  # of several, what the sentence opens with
        if told := _NOUNS.findall(sentence.masked[: match.start()]):
            way = -1 if told[-1] in _FALLS else 1
        if not way:  # "led by A, all five rose"
            later = motions(sentence.masked, sentence.language)
            way = next((item.way for item in later if item.start > match.end() and item.way), 0)
        if match["up"] or match["up2"] or match["down"] or match["down2"]:
            way = 1 if match["up"] or match["up2"] else -1
        if not way or sentence.is_hypothetical(match.start()) or not set(keys) <= set(moves):
            continue
        order = sorted(moves, key=lambda name: moves[name] * way, reverse=True)
        fits = set(order[: len(keys)]) == set(keys) and all(moves[k] * way > 0 for k in keys)
        reason = "" if fits else "is wrong: others did so, or these did not"
        yield Claim(match.start(), match.end(), ", ".join(keys), reason, figures=False)


_WHICH = r"(?= (?:(?:outcome|scenario|result|case|path|ending)\b(?!s)|of the)|[,.;]| ?$)"
_ODDS = r"(?:observed )?(?:probability|chance|odds|frequency)\b"
_LIKELIEST = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<most>nhiều khả năng nhất|có khả năng nhất|khả năng cao nhất|"
        r"thường gặp nhất|(?:xác|tần) suất(?: (?!\x01)\w+){0,3} (?:cao|lớn) nhất|"
        r"(?:cao|lớn|phổ biến|nhiều) nhất(?= trong (?:ba|các|số các) (?:kịch bản|khả năng)))|"
        r"(?P<least>ít khả năng nhất|khả năng thấp nhất|hiếm gặp nhất|"
        r"(?:xác|tần) suất(?: (?!\x01)\w+){0,3} (?:thấp|nhỏ) nhất|"
        r"(?:thấp|nhỏ|hiếm) nhất(?= trong (?:ba|các|số các) (?:kịch bản|khả năng))))(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:(?P<most>(?:most (?:likely|frequent|common|probable)|likeliest|commonest){_WHICH}|"
        rf"(?:highest|largest|greatest) {_ODDS})|"
        rf"(?P<least>(?:least (?:likely|frequent|common|probable)|rarest){_WHICH}|"
        rf"(?:lowest|smallest) {_ODDS}))"
    ),
}


def likeliest(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which of the three outcomes is called the most or the least likely."""
    for match in _LIKELIEST[sentence.language].finditer(sentence.masked):
        rows = [f for f in sentence.figures if f.fact and f.fact.unit == "chance"]
        one = rows[0] if len(rows) == 1 else _ranked(sentence, match, rows)
        found = one.key if one else _outcome(sentence, case)
        subject, _, name = found.partition(".")
        chances = {
            side: value
            for side in ("p_above", "p_between", "p_below")
            if (value := case.sheet.value(f"{subject}.{side}")) is not None
        }
        if name not in chances and _DESCRIBED.match(sentence.masked, match.end()):
            continue  # "the least common one may still come": whichever that is
        if name not in chances:
            yield Claim(match.start(), match.end(), "", "compares what no facts prove")
            continue
        best = (max if match["most"] else min)(chances.values())
        reason = "" if chances[name] == best else "claims more than the facts prove"
        yield Claim(match.start(), match.end(), found, reason, figures=False)


_DESCRIBED = re.compile(
    r"(?: (?:scenario|case|outcome|one|path|of the three|trong ba kịch bản|trong số đó))*"
    r"(?: (?:cũng|vẫn|chưa chắc|không (?:phải|có nghĩa|đồng nghĩa)|có thể)| (?:may|might|can|"
    r"could|still|need|"
    r"(?:is|are|does|do) (?:no|not)|is only|remains only))(?!\w)"
)


def _ranked(sentence: Sentence, match: re.Match[str], rows: list[Figure]) -> Figure | None:
    """The chance that a rank is said of: right before it, or the next one of its part."""
    before = [figure for figure in rows if figure.end <= match.start()]
    if before and re.fullmatch(r"\)?,? ?", sentence.masked[before[-1].end : match.start()]):
        return before[-1]
    behind = next((figure for figure in rows if figure.start >= match.end()), None)
    if behind is None or re.search("[;.]", sentence.masked[match.end() : behind.start]):
        return None
    return behind


def _outcome(sentence: Sentence, case: Case) -> str:
    """The outcome that the words tell, by the level or the side that they name."""
    names = {f.key.partition(".")[2] for f in sentence.figures}
    subject = next((f.key.partition(".")[0] for f in sentence.figures if f.key), case.subject)
    if {"support", "resistance"} <= names:
        return f"{subject}.p_between"
    side = next((name for name, words in CHANCES if words.search(sentence.masked)), "")
    return f"{subject}.{side}"
