"""Words of direction that only say which stocks or coins are counted."""

from __future__ import annotations

import re

from reports.writing.verification.figures import counting
from reports.writing.verification.reading import around, nouns
from reports.writing.verification.reading.motion import Motion
from reports.writing.verification.reading.sentences import Sentence

_ONE_COUNT = {
    "vi": re.compile(
        r"(?:\x01|(?<!\w)(?:mã|cổ phiếu|đồng tiền|đồng|phía|bên)(?: tăng (?:và|lẫn|so với))?)"
        r"(?: đã| cùng| giá)* $"
    ),
    "en": re.compile(
        r"\x01 (?:stocks? |shares |issues |names |coins |of them |of these )?(?:were |was |that )?$"
    ),
}
# "65 mã trong", "5 stocks ended": whose colour follows
_COLOURED = re.compile(
    r"\x01 (?:mã|cổ phiếu)(?: \w+){0,3} $|"
    r"\x01 (?:stocks |shares |names )?(?:ended |closed |finished |were )?$"
)


def is_count(sentence: Sentence, motion: Motion) -> bool:
    """Whether a word of direction only tells what a count counts: "five stocks advanced"."""
    if motion.text == "declines" and re.search(r"\b(?:advanc(?:es|ers)|gainers)", sentence.masked):
        return True
    if re.match(
        r" (?:ones|coins|stocks|issues|names|đồng|mã)(?!\w)", sentence.masked[motion.end :]
    ):
        return True
    if _of_stocks(sentence, motion) or _OF_THOSE.search(sentence.masked[: motion.start]):
        return True
    if _tells_of_stocks(sentence, motion):
        return True
    if re.match("sắc|in(?:to)? the", motion.text) and _COLOURED.search(
        sentence.masked[: motion.start]
    ):
        return True
    return bool(_ONE_COUNT[sentence.language].search(sentence.masked[: motion.start]))


def _tells_of_stocks(sentence: Sentence, motion: Motion) -> bool:
    """Whether the word says what the stocks of a count beside it did: "5 made it into the "
    "green"."""
    return any(
        motion in counting.told_by(sentence, figure)
        for figure in sentence.figures
        if figure.key.endswith((".advances", ".declines"))
    )


# "coins that rose", "the number of declines", "số đồng tiền tăng"
_OF_THOSE = re.compile(
    r"(?<!\w)(?:(?:coins|tokens|stocks|shares|issues|names|those) (?:that|which)|"
    r"(?:total|number|tally|count) of|số (?:đồng tiền|đồng|mã|cổ phiếu)|(?:ở|trong) chiều|"
    r"số (?:mã|cổ phiếu) (?:tăng|giảm)(?:,| và)) $"
)


def _of_stocks(sentence: Sentence, motion: Motion) -> bool:
    """Whether a count of stocks stands before: "five stocks on HoSE advanced"."""
    earlier = [item for item in sentence.figures if item.end <= motion.start]
    if not earlier or around.measure(earlier[-1]) != "count":
        return False
    between = sentence.masked[earlier[-1].end : motion.start]
    return bool(re.fullmatch(nouns.COUNT_FILL[sentence.language], between))
