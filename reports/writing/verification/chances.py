"""One outcome of a scenario held against another: "44%, higher than the case below support"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, subject
from reports.writing.verification.ranges import CHANCES
from reports.writing.verification.sentences import Figure, Sentence

_SPOKEN = re.compile(r"xác suất|tần suất|kịch bản|khả năng|probabilit|chance|odds|likel|scenario")
_LIKELIER = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<more>(?:cao|lớn|nhỉnh|nhiều) hơn|vượt)|(?P<less>(?:thấp|nhỏ|ít) hơn|kém))"
        r"(?: (?:hẳn|rõ rệt|một chút|đôi chút|so với|mức|của|cho|là))*"
        r"(?= \(?\x01| (?:hai |cả hai )?(?:kịch bản|xác suất|tần suất|khả năng))"
    ),
    "en": re.compile(
        r"\b(?:(?P<more>higher|greater|larger|more likely|likelier)|"
        r"(?P<less>lower|smaller|less likely)) than(?: (?:the|that|of|for|its|in|a|an|at))*"
    ),
}
_REST = re.compile(r"(?<!\w)(?:còn lại|kia|the other|the others|either)(?!\w)")
_SIDES = ("p_above", "p_between", "p_below")


def likelier(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which of two outcomes is called the likelier: by their chances, whatever may come."""
    if not _SPOKEN.search(sentence.masked):
        return
    for match in _LIKELIER[sentence.language].finditer(sentence.masked):
        beside = next((f for f in sentence.figures if 0 <= f.start - match.end() <= 2), None)
        if beside is not None and beside.unit != "chance":
            continue  # "the chance of a close higher than 1,080 points"
        own = _before(sentence, match.start(), case)
        if own is None:
            continue
        key, value = own
        rivals = _behind(sentence, match.end(), key, case)
        if not rivals:
            continue
        fits = all((value > rival) is (match["more"] is not None) for rival in rivals.values())
        same = value in rivals.values()
        reason = "" if fits and not same else "is wrong the other way round"
        evidence = ", ".join((key, *rivals))
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


def _before(sentence: Sentence, position: int, case: Case) -> tuple[str, Decimal] | None:
    """The chance that is compared: the last one written, or the outcome that the words tell."""
    written = [f for f in _written(sentence) if f.end <= position]
    if written:
        return written[-1].key, written[-1].value
    for clause in reversed(re.split("[,;.]", sentence.masked[:position])):
        if name := _told(clause):
            key = f"{subject(sentence, position, case)}.{name}"
            value = case.sheet.value(key)
            return None if value is None else (key, value)
    return None


def _behind(sentence: Sentence, position: int, key: str, case: Case) -> dict[str, Decimal]:
    """The chances that it is held against: one written, one told in words, or both others."""
    stop = re.search("[.;]", sentence.masked[position:])
    end = position + stop.start() if stop else len(sentence.masked)
    owner, _, own = key.partition(".")
    if _REST.search(sentence.masked, position, end):
        names = [name for name in _SIDES if name != own]
    else:
        written = [f for f in _written(sentence) if position <= f.start < end]
        until = written[0].start if written else end
        told = sentence.masked[position:until]
        if written and "," not in told:
            return {written[0].key: written[0].value}
        name = _told(told)
        named = [item.key for item in sentence.names if position <= item.start < end]
        owner = named[0] if named else owner
        names = [name] if name else []
    found = {f"{owner}.{name}": case.sheet.value(f"{owner}.{name}") for name in names}
    return {name: value for name, value in found.items() if value is not None and name != key}


def _written(sentence: Sentence) -> list[Figure]:
    return [figure for figure in sentence.figures if figure.unit == "chance"]


def _told(text: str) -> str:
    return next((name for name, words in CHANCES if words.search(text)), "")
