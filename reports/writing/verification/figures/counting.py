"""What a count counts: stocks that rose, sessions in a row, coins."""

from __future__ import annotations

import re
from itertools import pairwise

from reports.writing.verification.claims.streaks import OVER
from reports.writing.verification.reading import around, nouns, wording
from reports.writing.verification.reading.around import alike, fits, left, right
from reports.writing.verification.reading.motion import DOWN, FLAT, UP, Motion, motions
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.traded import by_volume
from reports.writing.verification.reading.wording import Names

PER_ONE = re.compile(
    r"^ (?:stocks? |mã |cổ phiếu )?(?:down|up|fell|rose|falling|rising|giảm|tăng)?[^,.;]{0,10}"
    r"(?:for (?:each|every)|trên (?:một|mỗi)|mới có|ứng với|cho mỗi|thì có)"
)

PER_EACH = re.compile(
    r"(?<!\w)(?:for (?:each|every)|cứ|mỗi|ứng với)(?: một| mỗi)?"
    r"(?: (?:falling|rising|declining|advancing|losing|gaining))? (?:stock|share|one|name|mã|"
    r"cổ phiếu)"
    r"[^.;\x01]*$"
)


def in_order(sentence: Sentence, figure: Figure) -> Names | None:
    """Two nouns, then two figures: "declines outnumbered advances, 308 to 90"."""
    at, row = sentence.place(figure), sentence.figures
    pairs = [(row[at - 1], figure)] if at else []
    pairs += [(figure, row[at + 1])] if at + 1 < len(row) else []
    pair = next(
        (two for two in pairs if _VERSUS.match(sentence.masked[two[0].end : two[1].start])), None
    )
    if pair is None or not alike(*pair):
        return None
    before = sentence.masked[: pair[0].start]
    nouns = [
        fitting
        for phrase in wording.phrases(before[before.rfind("\x01") + 1 :], sentence.language)
        if not phrase.is_weak and (fitting := fits(phrase.names, figure))
    ]
    joined = _AND.search(sentence.masked[pair[0].end : pair[1].start])
    if len(nouns) < 2 or (joined and around.measure(figure) != "count"):
        return None
    return nouns[-1] if pair[1] is figure else nouns[-2]


_AND = re.compile(r"(?<!\w)(?:and|và)(?!\w)")
_VERSUS = re.compile(
    r"^(?: điểm| points)? ?(?:so với|trên|to|against|versus|vs\.?|–|-|/|:|and|"
    r"và) ?$"
)


def counted(sentence: Sentence, figure: Figure) -> Names | None:
    behind, before = right(sentence, figure), left(sentence, figure).removesuffix("(")
    whole = nouns.OUT_OF[sentence.language]
    if whole[0].search(before) and whole[1].search(behind):
        return frozenset(("coins",))
    if found := _run(before, behind) or _respectively(sentence, figure):
        return found
    none_saw = re.match(r" (?:phiên gần nhất, (?:chưa|không) phiên nào|saw )", behind)
    if none_saw and re.search(r"(?:trong|of the last) $", before):
        return _unmatched(behind)
    if _WITHIN.search(before) and (none := _NO_OTHER.match(behind)):
        return _unmatched(behind[none.end() :])
    if _NO_SESSION.search(before):
        return _unmatched(behind)
    if not_so_far := _NOT_SO_FAR.search(before):
        return _unmatched(not_so_far[0])
    if found := _ranked(sentence, figure, before):
        return found
    for name, pattern in nouns.COUNTED_AFTER[sentence.language]:
        if pattern.search(behind):
            return frozenset((name,))
    if found := sided(sentence, figure) or _contrary(sentence, figure):
        return found
    if found := _announced(sentence, before):
        return found
    told = told_by(sentence, figure) if around.measure(figure) == "count" else []
    return frozenset((_WAYS[told[0].way],)) if told else None


# "số mã tăng, giảm và đứng giá lần lượt là a, b và c"
_NAMED_ROW = re.compile(
    r"(?<!\w)mã (?P<names>(?:tăng trần|giảm sàn|tăng|giảm|đứng giá)(?:(?:, | và )(?:số )?(?:mã )?"
    r"(?:tăng trần|giảm sàn|tăng|giảm|đứng giá))+)[^.;:\x01]{0,24} lần lượt (?:là|ở|đạt|có)[: ]*$"
)
_ROW_NAMES = {
    "tăng trần": "ceilings", "giảm sàn": "floors", "tăng": "advances", "giảm": "declines",
    "đứng giá": "unchanged",
}  # fmt: skip


def _respectively(sentence: Sentence, figure: Figure) -> Names | None:
    """The count that has this one's place in a row of names and a row of figures."""
    if "lần lượt" not in sentence.masked:
        return None
    row = [item for item in sentence.figures if around.measure(item) == "count"]
    told = next(
        (
            (at, found)
            for at, item in enumerate(row)
            if (found := _NAMED_ROW.search(sentence.masked, 0, item.start))
        ),
        None,
    )
    if told is None or figure not in row:
        return None
    names = re.findall("|".join(_ROW_NAMES), told[1]["names"])
    place = row.index(figure) - told[0]
    return frozenset((_ROW_NAMES[names[place]],)) if 0 <= place < len(names) else None


_WAYS = {UP: "advances", DOWN: "declines", FLAT: "unchanged"}
_UNTIL = re.compile(
    r"[,;:.–—\x01]|(?<!\w)(?:và|and|còn|while|whereas|as|when|khi|trong khi|but|nhưng|dù|though|"
    r"than|"
    r"hơn|so với|against|to)(?!\w)"
)
_OF_STOCKS = re.compile(
    r"(?<!\w)(?:mã|cổ phiếu|stocks?|shares|issues|names|constituents|those)(?!\w)"
    r"(?P<told>[^\x01]*)$"
)
_OTHER_NOUN = re.compile(r" (?:phiên|ngày|lần|đồng|sessions?|days?|times|coins?|tokens?)(?!\w)")
_PLACED_IN = re.compile(
    r"(?:(?:on|of|in|across|\x04+|trên|ở|tại|trong|thuộc|the|sàn)(?: the| sàn)?|^(?: mã|"
    r" cổ phiếu)?) $"
)


def told_by(sentence: Sentence, figure: Figure) -> list[Motion]:
    """The words of direction that tell what the stocks of a count did, in its own part of the
    sentence: "237 stocks on the rise", "số mã chìm trong sắc đỏ là 264"; none when they disagree.
    """
    text = sentence.masked
    if _OTHER_NOUN.match(text, figure.end):
        return []
    stop = _UNTIL.search(text, figure.end)
    end = stop.start() if stop else len(text)
    named = [item.start for item in sentence.names if figure.end <= item.start < end]
    end = min([end, *(at for at in named if not _PLACED_IN.search(text[figure.end : at]))])
    words = motions(text, sentence.language)
    told = [item for item in words if figure.end <= item.start < end]
    told = [item for item in told if item.way == told[0].way]
    if not told:
        start = max((m.end() for m in _UNTIL.finditer(text, 0, figure.start)), default=0)
        stocks = _OF_STOCKS.search(text, start, figure.start)
        told = [i for i in words if stocks and stocks.start("told") <= i.start < figure.start]
    return told if len({(item.way, item.negated) for item in told}) == 1 else []


_OTHER_WAY = re.compile(
    r"(?: mã| cổ phiếu| stocks?| shares| issues| of them| vẫn| đã| (?:on|\x04+|ở) [\w-]+)*"
    r" (?:(?:đi |lội )?ngược(?: dòng| thị trường| chiều| xu hướng| số đông)|"
    r"(?:buck(?:ed|ing)|def(?:ied|ying)|(?:went|moved|going) against) the "
    r"(?:trend|market|tide|crowd|sell-off|rally))(?!\w)"
)


def _contrary(sentence: Sentence, figure: Figure) -> Names | None:
    """The few that went the other way than those whose count is named: "357 fell, 5 bucked …"."""
    if not _OTHER_WAY.match(sentence.masked, figure.end):
        return None
    counts = [item for item in sentence.figures if around.measure(item) == "count"]
    named = {_by_noun(sentence, item) for item in counts if item is not figure} - {""}
    return frozenset((_OTHER[named.pop()],)) if len(named) == 1 else None


# "the lowest in a year, or 261 sessions", "thấp nhất hơn một năm, tính trên 261 phiên"
_RESTATED = re.compile(
    r"(?:[,:;–—]| -|\() ?(?:(?:or|that is|namely|more precisely|to be exact|hay|tức(?: là)?|"
    r"cụ thể(?: là)?|chính xác(?: hơn)?(?: là)?|(?:counted |measured |reckoned |taken )?(?:over|"
    r"across|in)|(?:tính |đo |xét )?(?:trên|trong|qua)|a stretch of|a span of|quãng)"
    r"(?: (?:the|last|past|a span of|a stretch of|vòng|cả))* )?$"
)


def _announced(sentence: Sentence, before: str) -> Names | None:
    """What the words before a count say that it is: first those behind the last count, which has
    its own: "extended its run to 8 sessions and closed at the highest in 184".
    """
    patterns = nouns.COUNTED_BEFORE[sentence.language]
    texts = [before]
    counts = [item.end for item in sentence.figures if around.measure(item) == "count"]
    last = max((end for end in counts if end <= len(before)), default=0)
    if last:
        texts.insert(0, " " * last + before[last:])
    if restated := _RESTATED.search(before):
        texts.append(f"{before[: restated.start()]} ")
    for text in texts:
        for name, pattern in patterns:
            if pattern.search(text) and (text is not texts[-1] or not restated or _of_run(name)):
                return frozenset((name,))
    return None


def _of_run(name: str) -> bool:
    return name.startswith(("sessions_", "streak_"))


def _run(before: str, behind: str) -> Names | None:
    """A run that the day has ended, or that goes on: "ended a run of 3 straight declines"."""
    ended, told = _ENDS_STREAK.search(before), _WAY.match(behind)
    if ended or (_RUN_OF.search(before) and OVER.search(behind.partition(".")[0])):
        if not told and not (ended and _OWN_WAY.search(ended[0])):
            return frozenset(("broken_streak_down", "broken_streak_up"))
        return frozenset((f"broken_streak_{_way(told[0] if told else before)}",))
    if told and _TO_END.search(before):  # "ending 3 sessions of losses"
        return frozenset((f"broken_streak_{_way(told[0])}",))
    if told and _AFTER.search(before):
        return frozenset((f"broken_streak_{_way(told[0])}", f"streak_{_way(told[0])}"))
    part = before.rpartition("\x01")[2]
    if _ROW.match(behind) and _OWN_WAY.search(part):
        return frozenset((f"streak_{_way(part)}",))
    if streak := _STREAK.match(behind):
        over = OVER.search(behind.partition(".")[0]) or _TO_END.search(before)
        return frozenset((f"{'broken_' if over else ''}streak_{_way(streak[0])}",))
    if (streak := _LONG_RUN.search(before)) and _SESSIONS.match(behind):
        over = _TO_END.search(before[: streak.start()]) or OVER.search(behind.partition(".")[0])
        return frozenset((f"{'broken_' if over else ''}streak_{_way(streak[1])}",))
    if told and _IN_A_ROW.search(told[0]):
        return frozenset((f"streak_{_way(told[0])}",))
    return None


def _way(text: str) -> str:
    """The way that the last word of direction tells."""
    return "down" if [*_OWN_WAY.finditer(text)][-1]["down"] else "up"


# "its 3-session winning streak", "the longest losing streak at 6 sessions"
_STREAK = re.compile(
    r"[ -](?:session|day)s?[ -](?:(?:winning|losing|rising|falling) (?:streak|run)|"
    r"(?:streak|run) of (?:gains|rises|advances|losses|falls|declines))(?!\w)"
)
_LONG_RUN = re.compile(
    r"(?<!\w)((?:mạch|chuỗi)(?: phiên)? (?:giảm|tăng)|(?:losing|falling|winning|rising) "
    r"(?:run|streak))(?!\w)[^.;,\x01]*,? ?$"
)
_SESSIONS = re.compile(r"[ -](?:phiên|ngày|sessions?|days?)(?!\w)")
_TO_END = re.compile(
    r"(?<!\w)(?:cắt đứt|cắt|chấm dứt|dứt|ngắt|kết thúc|khép lại|chặn|đứt|dừng|phá|bẻ gãy|br(?:oke|"
    r"eaks|"
    r"eaking)|end(?:ed|s|ing)|snap(?:ped|s|ping)|halt(?:ed|s|ing)|stop(?:ped|s|ping)|"
    r"to (?:break|end|snap|halt|stop))"
    r"(?: (?:an?|its|the|\w+))? $"
)
# "has lost ground for 6 sessions in a row"
_ROW = re.compile(
    r"(?:st|nd|rd|th)? (?:sessions?|days|phiên) (?:in a row|running|liên tiếp|liền|"
    r"liên tục)(?! giảm| tăng)"
)
_IN_A_ROW = re.compile(r"liên tiếp|liền|straight|consecutive|successive")


# "In 168 sessions, none had a larger volume"
_WITHIN = re.compile(
    r"(?<!\w)(?:(?:trong|suốt|qua)(?: (?:vòng|cả))?|(?:in|over|of|for|across)(?: (?:the|all)(?: "
    r"(?:last|past|previous))?)?) $"
)
_NO_OTHER = re.compile(
    r" (?:phiên|sessions?|days)(?: (?:gần nhất|gần đây|vừa qua|qua|trở lại đây))?,? "
    r"(?:(?:chưa|không|chẳng)(?: (?:có|một))* (?:phiên|ngày) nào|none|no (?:other )?(?:one|session|"
    r"day)s?|not (?:one|a single (?:one|session)))(?!\w)"
)
_NO_SESSION = re.compile(
    r"(?<!\w)(?:phiên nào trong(?: số)?|(?:none|no (?:other )?(?:session|day)|not (?:one|a single "
    r"session))(?: (?:of|among|in|over))?(?: the)?(?: (?:last|past|previous))?) $"
)
_NOT_SO_FAR = re.compile(
    r"(?<!\w)(?:not|never|n't) (?:lost|fallen|dropped|declined|gained|risen|climbed) (?:as|so|"
    r"this) "
    r"(?:much|far|hard)[^.;,\x01]* (?:in|for|over)(?: the (?:last|past))? $"
)
_RANK = re.compile(
    r"(?<!\w)(?:(?P<low>(?:thấp|nhỏ|ít|yếu) nhất|lowest|least|lightest|thinnest|smallest)|"
    r"(?P<high>(?:cao|lớn|mạnh|nhiều|sâu) nhất|highest|heaviest|largest|biggest|strongest|"
    r"steepest|sharpest|deepest))"
    r"(?: (?:kể từ|trong|của|vòng|suốt|gần|in|of|over|for|the|last|past|more|than))* $"
)
_SESSION_HIGH = re.compile(r"[ -]session (?:high|peak|(?P<low>low|trough))(?!\w)")
_MOVED = re.compile(
    r"(?<!\w)(?:(?:the|this|its|day's|session's) (?:(?P<up>gain|rise|advance|increase)|loss|fall|"
    r"drop|decline))"
    r"(?: (?:is|was|thus|also|now|therefore))* (?:the |its |(?:the )?[\w-]+(?:'s|’s) )?$"
)


def _ranked(sentence: Sentence, figure: Figure, before: str) -> Names | None:
    """What is the most in so many sessions: the volume named before, or a move right before."""
    high = _SESSION_HIGH.match(sentence.masked, figure.end)
    if high and by_volume(sentence.masked, figure.start, high.end()):
        return frozenset((f"sessions_{'lowest' if high['low'] else 'highest'}_volume",))
    rank = _RANK.search(before)
    if rank is None:
        return None
    if moved := _MOVED.search(before[: rank.start()]):
        return frozenset((f"sessions_biggest_{'gain' if moved['up'] else 'loss'}",))
    thin = rank[0].startswith(("lightest", "thinnest", "heaviest"))
    if thin or by_volume(sentence.masked, rank.start(), figure.end):
        return frozenset((f"sessions_{'lowest' if rank['low'] else 'highest'}_volume",))
    return None


_OTHER = {
    "advances": "declines",
    "declines": "advances",
    "ceilings": "floors",
    "floors": "ceilings",
}


def sided(sentence: Sentence, figure: Figure) -> Names | None:
    """One of two counts held against each other, of which only one is named, or neither.

    "Declines led, 237 against 142 advances", "sellers won, 305 to 86", and where a pair before had
    both names: "221 against 155" after "296 advances against 67 declines".
    """
    pair = _versus(sentence, figure)
    if pair is None or around.measure(figure) != "count":
        return None
    first, second = pair
    named = _by_noun(sentence, second)
    if named:
        return frozenset((named if figure is second else _OTHER[named],))
    ahead = left(sentence, first)
    ahead, earlier = _own_part(ahead), sentence.figures[: sentence.place(first)]
    nouns = [
        name
        for phrase in wording.phrases(ahead, sentence.language)
        for name in phrase.names & frozenset(_OTHER)
    ]
    if len(nouns) == 2 and nouns[0] != nouns[1]:
        return frozenset((nouns[0] if figure is first else nouns[1],))
    if len(nouns) == 1:
        return frozenset((nouns[0] if figure is first else _OTHER[nouns[0]],))
    if nouns:
        return None
    for one, two in pairwise(reversed(earlier)):
        row = _named(sentence, two), _named(sentence, one)
        if all(row) and row[0] != row[1]:
            return frozenset((row[0] if figure is first else row[1],))
    return None


def _named(sentence: Sentence, figure: Figure) -> str:
    """The side that an earlier count is of, by its own noun or by that of a pair before it."""
    names = in_order(sentence, figure) or counted(sentence, figure) or frozenset()
    return next(iter(names), "") if len(names) == 1 and names <= frozenset(_OTHER) else ""


def _own_part(before: str) -> str:
    """What stands before a figure without the words that belong to the figure before it."""
    _, last, rest = before.rpartition("\x01")
    if not last:
        return rest
    opened = _NEW_PART.search(rest)
    return rest[opened.end() :] if opened else ""


_NEW_PART = re.compile(r"[,;:]|(?<!\w)(?:while|whereas|but|còn|nhưng)(?!\w)")


def _versus(sentence: Sentence, figure: Figure) -> tuple[Figure, Figure] | None:
    """The two figures that are held against each other, this one among them."""
    at, row = sentence.place(figure), sentence.figures
    pairs = [(row[at - 1], figure)] if at else []
    pairs += [(figure, row[at + 1])] if at + 1 < len(row) else []
    pairs = [two for two in pairs if _VERSUS.match(sentence.masked[two[0].end : two[1].start])]
    return pairs[0] if pairs and alike(*pairs[0]) else None


def _by_noun(sentence: Sentence, figure: Figure) -> str:
    """The side that the words right behind a count name, or those right before it."""
    behind, before = right(sentence, figure), left(sentence, figure)
    rows = [(nouns.COUNTED_AFTER[sentence.language], behind)]
    rows += [(nouns.COUNTED_BEFORE[sentence.language], before)]
    for patterns, text in rows:
        for name, pattern in patterns:
            if name in _OTHER and pattern.search(text):
                return name
    return ""


# "after 3 losing sessions": the run that has just ended, or that goes on
_AFTER = re.compile(
    r"(?<!\w)(?:sau|after|following)(?: (?:chuỗi|mạch|tới|đến|a run of|a streak of|the last))* $"
)
_SIDES = (
    r"(?<!\w)(?:(?P<down>giảm|đi xuống|mất điểm|loss(?:es)?|lost|losing|falls?|fallen|"
    r"fell|falling|"
    r"declin(?:es?|ed|ing)|drop(?:s|ped)?|down)|tăng|đi lên|gain(?:s|ed|ing)?|rose|"
    r"ris(?:es?|en|ing)|advance[sd]?|climbed|"
    r"winning|up)(?!\w)"
)
_WAY = re.compile(
    r"(?:[ -](?:phiên|ngày|liên tiếp|liền|straight|consecutive|successive|daily|trading|sessions?|"
    rf"days?|of))*[ -]{_SIDES}"
)
_OWN_WAY = re.compile(_SIDES)
_RUN_OF = re.compile(r"(?<!\w)(?:(?:run|streak|series) of|chuỗi|mạch) $")
_ENDS_STREAK = re.compile(
    r"(?<!\w)(?:(?:cắt đứt|cắt|chấm dứt|dứt|ngắt|kết thúc|khép lại|chặn|đứt|dừng|phá|"
    r"bẻ gãy)(?: \w+)? (?:chuỗi|mạch)|(?:cắt đứt|chấm dứt|ngắt|kết thúc)|"
    r"(?:br(?:oke|eaks|eaking)|end(?:ed|s|ing)|snap(?:ped|s|ping)|halt(?:ed|s|ing)|"
    r"stop(?:ped|s|ping)|to (?:break|end|snap|halt|stop)|"
    r"cut(?:s|ting)?(?: short)?|(?:put(?:s|ting)?|brought|brings) an end to) "
    r"(?:(?:an?|its|the) )?(?:(?:losing|winning|falling|"
    r"rising) )?(?:run|streak|series) of) $"
)


def _unmatched(behind: str) -> Names:
    """The count of sessions that none of exceeded: by volume, or by the close."""
    said = behind.split(".")[0]
    than = _MORE_OR_LESS.search(said)
    volume = re.search(r"giao dịch|khối lượng|thanh khoản|khớp lệnh|traded?|volume|turnover", said)
    if moved := _SO_FAR.search(said):
        return frozenset((f"sessions_biggest_{'loss' if moved['down'] else 'gain'}",))
    side = "lowest" if than and than["less"] else "highest"
    return frozenset((f"sessions_{side}_volume" if volume else f"sessions_{side}",))


# "chưa phiên nào giảm mạnh đến vậy", "none fell further"
_SO_FAR = re.compile(
    r"(?<!\w)(?:(?P<down>giảm|mất|lao dốc|fell|fallen|lost|dropped|declined)|tăng|rose|risen|"
    r"gained|"
    r"climbed)(?: điểm)? (?:mạnh|sâu|nhiều|lớn|further|more|harder|(?:as|so|this) (?:much|far|"
    r"hard))"
    r"(?!\w)"
)
_MORE_OR_LESS = re.compile(
    r"(?<!\w)(?:(?P<less>(?:thấp|ít|nhỏ|kém|mỏng) hơn|below|lower|less|smaller|lighter|"
    r"thinner|fewer)|"
    r"(?:cao|nhiều|lớn|mạnh) hơn|above|higher|more|larger|bigger|heavier|greater)(?!\w)"
)
