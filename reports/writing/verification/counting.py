"""What a count counts: stocks that rose, sessions in a row, coins."""

from __future__ import annotations

import re

from reports.writing.verification import around, wording
from reports.writing.verification.around import alike, fits, left, right
from reports.writing.verification.sentences import Figure, Sentence
from reports.writing.verification.streaks import OVER
from reports.writing.verification.wording import Names

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
    behind, before = right(sentence, figure), left(sentence, figure)
    whole = wording.OUT_OF[sentence.language]
    if whole[0].search(before) and whole[1].search(behind):
        return frozenset(("coins",))
    if re.search(_ENDS_STREAK, before) or (
        _RUN_OF.search(before) and OVER.search(behind.partition(".")[0])
    ):
        fell = re.match(
            r"(?: phiên)? (?:giảm|straight (?:loss|fall|declin)|loss|fall|declin)", behind
        )
        return frozenset(("broken_streak_down" if fell else "broken_streak_up",))
    none_saw = re.match(r" (?:phiên gần nhất, (?:chưa|không) phiên nào|saw )", behind)
    if none_saw and re.search(r"(?:trong|of the last) $", before):
        return _unmatched(behind)
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


_RUN_OF = re.compile(r"(?<!\w)(?:(?:run|streak|series) of|chuỗi|mạch) $")
_ENDS_STREAK = re.compile(
    r"(?<!\w)(?:(?:cắt đứt|chấm dứt|ngắt|kết thúc|chặn|đứt|dừng|phá)(?: \w+)? (?:chuỗi|mạch)|"
    r"(?:broke|ended|"
    r"snapped|halted|stopped) "
    r"(?:a|its|the) (?:run|streak|series) of) $"
)


def _unmatched(behind: str) -> Names:
    """The count of sessions that none of exceeded: by volume, or by the close."""
    lower = re.search(r"thấp hơn|ít hơn|nhỏ hơn|below|lower|less", behind.split(".")[0])
    volume = re.search(r"giao dịch|khối lượng|thanh khoản|trade|volume", behind.split(".")[0])
    side = "lowest" if lower else "highest"
    return frozenset((f"sessions_{side}_volume" if volume else f"sessions_{side}",))
