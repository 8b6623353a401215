"""Levels that a condition supposes, and levels that are told of as lying above or below others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from reports.writing.verification.reading.sentences import Figure, Sentence

# "as long as it stays above" supposes what holds already
_KEPT = re.compile(
    r"(?<!\w)(?:giữ|duy trì|còn|vẫn|bám|trụ|h[oe]ld(?:s|ing)?|stay(?:s|ed|ing)?|remain(?:s|ing)?|"
    r"keep(?:s|ing)?|while|still)(?!\w)"
)
# What goes on as it is, in whichever clause of the condition.
_LASTING = re.compile(
    r"(?<!\w)(?:tiếp tục|tiếp diễn|đi ngang|giằng co|tích lũy|dao động|mắc kẹt|kẹt|đứng yên|"
    r"loanh quanh|"
    r"dừng|continu(?:e|es|ing)|sideways|flat|drift(?:s|ing)?|consolidat(?:e|es|ing)|range-bound|"
    r"seesaws?|swings?|hovers?|stuck|caught|trapped|capped|rejected|turned (?:away|back)|"
    r"moves? (?:flat|sideways))(?!\w)"
)
_STILL = re.compile(
    r"(?<!\w)(?:stays?|remains?|keeps? (?:closing|trading)|continues? to [a-z]+|"
    r"(?:vẫn|còn|tiếp tục)(?: (?:đóng cửa|ở|đứng|nằm|được|giao dịch|neo|phía|bên))*) $"
)
NEGATED = re.compile(
    r"(?<!\w)(?:không|chưa|chẳng|not|never|fail(?:s|ed|ing)? to|unable to|n't|n’t|yet to|without)"
    r"(?: (?!\w*\x01)\w+){0,2} $"
)
_HOLDING = re.compile(r"giữ|bảo vệ|trụ|duy trì|h[oe]ld|kept|keep|defend|protect|stay|remain")
_HOLDS = re.compile(r"(?<!\w)(?:hold|stay|remain|keep|giữ|trụ|duy trì)\w*(?: \w+)? $")
_RETAKING = re.compile(
    r"lấy lại|giành lại|quay lại trên|trở lại trên|vượt|reclaim|regain|retook|retak|back above|"
    r"(?:moved|climbed|rose) back above|surpass|clear"
)
_IF = re.compile(
    r"(?<!\w)(?:nếu|khi|một khi|chừng nào|trừ khi|miễn là|if|unless|should|once|as long as)(?!\w)"
    r"[^.;]*$"
)
# "it may test 975 points, a level just above its average": said of the level, not of the close
_LEVEL_IS = re.compile(
    r"(?:-point|-điểm| điểm| points?)?(?: mark| level)?\)?(?P<told>,? ?(?:an? (?:level|mark|zone|"
    r"area)|(?:một )?(?:mức|vùng|ngưỡng|mốc)(?: này)?|which (?:is|lies|sits|stands|would be)|lies|"
    r"đang ở|is now|"
    r"sits|stands|runs|nằm|đứng|"
    r"vốn))?,?(?: (?:that is|vừa|chỉ|just|only|slightly|still|well|far|cũng|vẫn|còn|nằm|đứng|also|"
    r"ngay|đang|hơi|a little|a touch))* ?"
)
_LEVELS = {
    "support", "resistance", "round_above", "round_below", "round_crossed", "sma20", "sma50",
    "sma200",
}  # fmt: skip


def supposed(sentence: Sentence, start: int, end: int, way: int, stands: int) -> str:
    """Why a level cannot come to be kept, lost or retaken as the words at `start` suppose it.

    What is to be kept must hold now; what is to be retaken, or crossed, must not.
    """
    before, word = sentence.masked[:start], sentence.masked[start:end]
    if NEGATED.search(before) and _IF.search(before):
        holding = _HOLDING.match(word) or _HOLDS.search(before)
        if holding and stands == way:
            return "is wrong: the level does not hold now"
        if not holding and _RETAKING.match(word) and stands == -way:
            return "names as still to come what holds already"
        return ""
    clause, _ = sentence.clause(start)
    if _NOW.search(before, clause):
        return "" if stands == way else "is wrong: the level does not hold now"
    if stands == -way and _STILL.search(before, clause) and not _crossed(before):
        return "supposes to last what does not hold now"
    kept = bool(
        _KEPT.search(sentence.masked[max(0, start - 24) : end])
        or _LASTING.search(before, clause)
        or _is_aside(sentence, clause, start)
    )
    return "names as still to come what holds already" if stands == way and not kept else ""


# "it is currently below its average, which leans to …": so it stands
_NOW = re.compile(r"(?<!\w)(?:đang|hiện|vị trí|currently|now)(?: (?:đang|nằm|đứng|ở))* $")


def _crossed(before: str) -> bool:
    """Whether another level is crossed first: "once it reclaims A and stays above B"."""
    return bool(_RETAKING.search(before) or "\x01" in before)


def _is_aside(sentence: Sentence, clause: int, start: int) -> bool:
    """Whether the words only add where it stands: "… may be a rebound, below its average"."""
    verb = sentence.masked[clause:start].strip()
    return bool(clause) and verb in {"", "still", "all", "vẫn", "đều", "và", "and", "nằm", "ở"}


def level_of(sentence: Sentence, start: int) -> Figure | None:
    """The level right before a relation that is said of it, as of a thing still to come."""
    own = next((f for f in reversed(sentence.figures) if f.end <= start), None)
    if own is None or own.key.partition(".")[2] not in _LEVELS:
        return None
    found = _LEVEL_IS.fullmatch(sentence.masked, own.end, start)
    ahead = sentence.is_hypothetical(own.start)
    return own if found and (found["told"] or ahead) else None


def lies(own: Figure, others: Sequence[Decimal | None], way: int) -> str:
    """Why one level does not lie to the others as the text has it."""
    if any(level is None for level in others):
        return "names a level that no fact gives"
    wrong = any(level is not None and (own.value - level) * way <= 0 for level in others)
    return "is wrong: the level lies on the other side" if wrong else ""
