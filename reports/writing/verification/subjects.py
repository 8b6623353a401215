"""Whose a figure or a statement is: the index or coin that the text names for it."""

from __future__ import annotations

import re

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.around import alike, right
from reports.writing.verification.names import Name
from reports.writing.verification.sentences import Figure, Sentence


def subject_of(sentence: Sentence, figure: Figure, running: str, lead: str = "") -> set[str]:
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
    if not earlier and (introduced := _introduced(sentence, figure)):
        return {introduced}
    if running:
        return {running, lead} if lead else {running}
    return {item.key for item in names}


def _introduced(sentence: Sentence, figure: Figure) -> str:
    """Who follows an opening such as "At 1,023.94, the VN30 …"."""
    start, end = sentence.clause(figure.start)
    if sentence.masked[:start].strip() or not _OPENING.match(sentence.masked):
        return ""
    for name in sentence.names:
        if re.fullmatch(r"[,:–—]? (?:the |chỉ số )?", sentence.masked[end : name.start]):
            return name.key
    return ""


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


def speaker(sentence: Sentence, position: int, running: str) -> str:
    """The subject of what is said at a position: the name before it that is no yardstick."""
    earlier = [item for item in sentence.names if item.end <= position and not item.compared]
    if earlier:
        return earlier[-1].key
    later = [item for item in sentence.names if item.start >= position and not item.compared]
    if later and re.match(r"^\W*(?:là|was|were)?\W*$", sentence.masked[position : later[0].start]):
        return later[0].key
    return running or (later[0].key if later else "")
