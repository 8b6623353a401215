"""Whose a figure or a statement is: the index or coin that the text names for it."""

from __future__ import annotations

import itertools
import re

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.reading.around import alike, right
from reports.writing.verification.reading.names import Name
from reports.writing.verification.reading.sentences import Figure, Sentence


def subject_of(sentence: Sentence, figure: Figure, running: str, lead: str = "") -> set[str]:
    """The subjects that a figure may belong to by the names around it; empty when any will do."""
    before, names = sentence.masked[: figure.start], sentence.names
    if owner := _OWNER.match(right(sentence, figure)):
        at = figure.end + owner.end()
        named = [item for item in names if item.start == at]
        if named:
            return {named[0].key}
    if figure.unit == "count" and (pair := _PAIR.match(right(sentence, figure))):
        at = figure.end + pair.end()
        if place := next((item.key for item in names if item.start == at), ""):
            return {place}
    earlier = [item for item in names if item.end <= figure.start]
    if earlier and _OWN.fullmatch(before[earlier[-1].end :]):
        return {earlier[-1].key}
    if rival := _rival_own(sentence, figure, earlier):
        return {rival}
    together = _respectively(sentence, figure, earlier)
    if together:
        return together
    for name in reversed(earlier):
        if not name.compared:
            return {name.key, lead} if _of_market(sentence, figure, earlier, lead) else {name.key}
    if not earlier and (introduced := _introduced(sentence, figure)):
        return {introduced}
    if not earlier and (place := _place(sentence, figure)):
        return {place}
    if running:
        return {running, lead} if lead else {running}
    return {item.key for item in names}


def _of_market(sentence: Sentence, figure: Figure, earlier: list[Name], lead: str) -> bool:
    """Whether a supposed volume is the whole exchange's: "if A passes … and B …, on volume "
    "above"."""
    if ".volume" not in figure.key or not sentence.is_hypothetical(figure.start):
        return False
    start, _ = sentence.clause(figure.start)
    return earlier[-1].end <= start and lead in {name.key for name in earlier}


# The first of two counts that are told with their place: "205 to 155 on UPCoM".
_PAIR = re.compile(
    r"^(?: stocks| mã)? (?:to|against|versus|so với|–|-) \x01+(?: stocks| mã)? "
    r"(?:on|in|at|ở|tại|trên|\x04+)(?: the| sàn)? "
)
# As in a 2.68% drop in VN-Index.
_OWNER = re.compile(
    r"^(?:\)|%| điểm| points?| mã| tỷ đồng)*(?: (?:(?:straight |daily )?"
    r"(?:gain|rise|advance|loss|fall|drop|decline|slide|session)(?:s|es)?|phiên(?: tăng| giảm)?))?"
    r"(?:(?: (?:đã|vừa|cũng|mark|level|was|has|been|gave|way|lost|reclaimed|broken|regained|"
    r"cleared))*)"
    r" ?(?:của|of|for|on|in|by|cho|ở|tại|được|bị) (?:chỉ số |sàn |the )?"
)
# As in VN30 (2.1%), in VN30's 2.1%, in VN30, which rose 2.1%.
_OWN = re.compile(
    r" ?\(?(?:ở |tại |at )?|(?:'s|’s) (?:(?:gain|rise|loss|fall|drop|decline) of )?|"
    r",? (?:which|vốn|vốn chỉ) (?:only |just )?\w+ (?:by )?|"
    r" (?:(?:cũng|lại|vẫn|chỉ) )?(?:tăng|giảm)(?: nhẹ| mạnh)? "
)


# As in "ahead of HNX30 with 1.69%", where what is ahead had its own figure already.
_WITH = re.compile(
    r",? (?:(?:with|on|at|với|ở|tại|đạt|chỉ|only|just|up|down|tăng|giảm)"
    r"(?: (?:mức|a|an|its|gain|loss|rise|fall|of|tăng|giảm|chỉ|only|just))*|"
    r"\((?:mức |with |a )?(?:tăng|giảm|gain|loss|rise|fall|up|down)(?: of)?) \(?"
)


def _rival_own(sentence: Sentence, figure: Figure, earlier: list[Name]) -> str:
    """The yardstick right before a figure, when what it measures has a like figure already."""
    if not earlier or not earlier[-1].compared:
        return ""
    rival = earlier[-1]
    if not _WITH.fullmatch(sentence.masked[rival.end : figure.start]):
        return ""
    measured = [item.end for item in earlier if not item.compared]
    since = measured[-1] if measured else 0
    own = [f for f in sentence.figures if since <= f.start < rival.start and alike(f, figure)]
    return rival.key if own else ""


def _place(sentence: Sentence, figure: Figure) -> str:
    """Where a count was taken, told behind it: "by 281 to 86 on HNX"."""
    if not figure.fact or figure.fact.unit != "count":
        return ""
    _, end = sentence.clause(figure.start)
    later = [item for item in sentence.names if figure.end <= item.start < end]
    if len({item.key for item in later}) != 1:
        return ""
    before = sentence.masked[figure.end : later[0].start]
    return (
        later[0].key
        if re.search(r"(?:\b(?:on|in|at)|trên|ở|tại|\x04+)(?: the| sàn)? $", before)
        else ""
    )


def _introduced(sentence: Sentence, figure: Figure) -> str:
    """Who follows an opening such as "At 1,023.94, the VN30 …"."""
    start, end = sentence.clause(figure.start)
    if sentence.masked[:start].strip() or not _OPENING.match(sentence.masked):
        return ""
    for name in sentence.names:
        if _THEN_NAMED.fullmatch(sentence.masked, end, name.start):
            return name.key
    return ""


_THEN_NAMED = re.compile(
    r"[,:–—]? ?(?:the |chỉ số |(?:the |a )?(?:gain|rise|loss|fall|drop|decline|move) (?:of|in|for) "
    r"(?:the )?|(?:mức|đà) (?:tăng|giảm) của )?"
)
# Names of indices in other words; of which the first is, the sheet knows.
COLLECTIVE = re.compile(
    r"(?<!\w)(?:(?P<large>large[- ]caps?|blue[- ]chips?|(?:nhóm|cổ phiếu)(?: cổ phiếu)? "
    r"(?:vốn hóa )?lớn|bluechips?)|(?:the )?(?:broad(?:er)? market|whole market)|"
    r"(?:toàn )?thị trường(?: chung)|toàn thị trường|mặt bằng chung)(?!\w)"
)
_OPENING = re.compile(r"^\W*(?:với|ở|tại|từ|sau khi|at|with|from|after|having|up|down)(?!\w)")


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
    if len(row) < 2 and (found := _earlier_row(sentence, figure, earlier)):
        return {found}
    distinct = list({name.key: name for name in earlier}.values())
    if len(row) < 2 and re.search(r"respectively|lần lượt", sentence.masked):
        row = distinct
    if len(row) < 2:
        return set()
    following = [item for item in sentence.figures if item.start >= row[-1].end]
    row_of = [item for item in following if alike(item, figure)]
    if len(row_of) == len(row):
        return {row[[item.start for item in row_of].index(figure.start)].key}
    return {name.key for name in row} if row is not distinct else set()


def _earlier_row(sentence: Sentence, figure: Figure, earlier: list[Name]) -> str:
    """The pair of a pair: "A and B fared better than C, losing 1.5% and 1.7%"."""
    at, figures = sentence.place(figure), sentence.figures
    for first in (at - 1, at):
        if not 0 <= first < len(figures) - 1 or not alike(figures[first], figures[first + 1]):
            continue
        between = sentence.masked[figures[first].end : figures[first + 1].start]
        if not re.fullmatch(r"(?: points| điểm)? (?:and|và|against|versus|so với|to) ", between):
            continue
        opens = sentence.masked[: figures[first].start].endswith((": ", "("))
        for one, two in itertools.pairwise(earlier):
            joined = sentence.masked[one.end : two.start]
            row = re.fullmatch(r" (?:and|và) ", joined) and "to " not in between
            if (row or (opens and two.compared)) and not one.compared:
                return (one, two)[at - first].key
    return ""


# What no index can be mistaken for.
_WITHOUT_NAME = {
    f"crypto.{name}"
    for name in [
        "fear_greed",
        "dominance_btc",
        "dominance_eth",
        "market_cap",
        "volume_24h",
        "coins",
    ]
}


def subject_fault(figure: Figure, allowed: set[str], sheet: FactSheet) -> str:
    """Why the figure is another index's than the text names."""
    subject = figure.key.partition(".")[0]
    if not allowed or subject in allowed or figure.key in _WITHOUT_NAME:
        return ""
    if allowed & set(CRYPTO_SUBJECTS) and (
        subject == "crypto" or (allowed == {"crypto"} and subject in CRYPTO_SUBJECTS)
    ):
        return ""
    names = " or ".join(sorted(sheet.index_name(key) for key in allowed))
    return f"belongs to {sheet.index_name(subject)}, but the text speaks of {names}"


# "Although it lost the least, A …", "Dù giảm ít nhất, A …": who it is follows the comma
_AHEAD = re.compile(
    r"^\W*(?:(?:although|though|while|even though|after|before|despite|having|when|since|as)\b"
    r"(?: (?:it|its)\b|(?= (?:being |having )?\w+(?:ing|ed)\b))|(?:dù|tuy|mặc dù|sau khi|"
    r"trước khi|dẫu|"
    r"khi)(?: (?:đã|vẫn|chỉ|là|có|cũng|còn|bị|chịu))* (?=tăng|giảm|mất|mở|đóng|đứng|lùi|rơi|vượt|"
    r"đi|"
    r"bật|nhích|lên|xuống|chạm|thủng|dẫn|yếu|mạnh|thu hẹp|nới|thêm))[^.;]*?, (?:the |chỉ số )?$"
)


def ahead(sentence: Sentence, position: int) -> str:
    """The name that an opening clause without one leads up to, "" when it does not."""
    first = next((item for item in sentence.names if not item.compared), None)
    if first is None or first.start < position:
        return ""
    return first.key if _AHEAD.search(sentence.masked[: first.start]) else ""


_ADVERBS = re.compile(
    r"(?:'s|’s)?(?: (?:has|had|was|is|also|still|only|just|itself|again|đã|cũng|vẫn|còn|lại|chỉ|"
    r"đang|chính|\w+ly))* "
)
_PLACED = re.compile(
    r"(?<!\w)(?:on|of|in|into|from|than|to|at|by|trên|của|ở|tại|với|vào|từ|sàn)"
    r"(?: (?:the|chỉ số|sàn))* $"
)
_EXCHANGES = frozenset(("hose", "hnx", "upcom", "sàn hose", "sàn hnx", "sàn upcom"))


def beside(sentence: Sentence, position: int) -> str:
    """The index right before a verb, as in "in a session when VN-Index climbed"; "" when none."""
    last = next((item for item in reversed(sentence.names) if item.end <= position), None)
    if last is None or sentence.low[last.start : last.end] in _EXCHANGES:
        return ""
    if not _ADVERBS.fullmatch(sentence.masked, last.end, position):
        return ""
    return "" if _PLACED.search(sentence.masked[: last.start]) else last.key


def speaker(sentence: Sentence, position: int, running: str) -> str:
    """The subject of what is said at a position: the name before it that is no yardstick."""
    earlier = [item for item in sentence.names if item.end <= position and not item.compared]
    if earlier:
        return earlier[-1].key
    later = [item for item in sentence.names if item.start >= position and not item.compared]
    if later and re.match(r"^\W*(?:là|was|were)?\W*$", sentence.masked[position : later[0].start]):
        return later[0].key
    return ahead(sentence, position) or running or (later[0].key if later else "")
