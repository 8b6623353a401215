"""Coins over 24 hours against equities over a session: which way each went, told one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.facts import CRYPTO_SUBJECTS
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import FLAT, Motion, motions
from reports.writing.verification.reading.sentences import Sentence

_PARTS = re.compile(
    r"[,;:.–—](?=\s|$)|(?<!\w)(?:and|while|whereas|còn|và|trong khi|but|nhưng)(?!\w)"
)
_EACH = re.compile(
    r"\W*(?:(?P<first>the former|the first|bên thứ nhất|vế đầu)|(?P<second>the latter|the second|"
    r"bên thứ hai|vế sau)|(?P<any>(?:the )?one(?: side| market)?(?! of)|the other(?: side|"
    r" market)?|(?:một|mỗi) bên|bên (?:này|kia|còn lại)|(?:một )?thị trường (?:này|kia)))(?!\w)"
)
_HOURS = re.compile(r"(?<!\w)(?:24[ -](?:giờ|hours?|h)|24h)(?!\w)")
_SESSION = re.compile(r"(?<!\w)(?:phiên|sessions?|trading day|ngày giao dịch)(?!\w)")
STILL = 0.3  # percent that may be called flat


def one_by_one(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "One rose over 24 hours, the other fell in the session", "the former …, the latter …"."""
    pair = _pair(sentence)
    if pair is None or not holds(
        sentence.masked, ("bên", "other", "former", "latter", "one ", "vế")
    ):
        return
    start = 0
    ends = [(m.start(), m.end()) for m in _PARTS.finditer(sentence.masked)]
    for end, following in [*ends, (len(sentence.masked), 0)]:
        each = _EACH.match(sentence.masked, start, end)
        words = [m for m in motions(sentence.masked, sentence.language) if start <= m.start < end]
        if each and words and not sentence.is_hypothetical(start):
            yield _side(sentence, each, words[0], end, pair, case)
        start = following


def _pair(sentence: Sentence) -> tuple[str, str, bool] | None:
    """The coin or all coins, the index, and whether the coins are named first."""
    coins = [item for item in sentence.names if item.key in CRYPTO_SUBJECTS]
    coins = [item for item in coins if item.key != "crypto"] or coins
    indices = [item for item in sentence.names if item.key not in CRYPTO_SUBJECTS]
    if not coins or not indices:
        return None
    return coins[0].key, indices[0].key, coins[0].start < indices[0].start


def _side(
    sentence: Sentence,
    each: re.Match[str],
    motion: Motion,
    end: int,
    pair: tuple[str, str, bool],
    case: Case,
) -> Claim:
    coin, index, coins_first = pair
    hours = _HOURS.search(sentence.masked, each.start(), end)
    session = _SESSION.search(sentence.masked, each.start(), end)
    if each["first"] or each["second"]:
        keys = [coin if (each["first"] is not None) is coins_first else index]
    elif bool(hours) is not bool(session):
        keys = [coin if hours else index]
    else:
        keys = [coin, index]
    fits = any(_went(motion, key, case) for key in keys)
    reason = "" if fits else "is wrong the other way round"
    evidence = ", ".join(f"{key}.change_percent" for key in keys)
    return Claim(each.start(), motion.end, evidence, reason, figures=False)


def _went(motion: Motion, key: str, case: Case) -> bool:
    value = change(case.sheet, key)
    if value is None:
        return False
    if motion.way == FLAT:
        return (abs(value) <= STILL) is not motion.negated
    return (value * motion.way > 0) is not motion.negated


_APART = re.compile(
    r"(?<!\w)(?:(?P<apart>(?:went|go|going|moved?|moving|gone) (?:their )?(?:separate|different|"
    r"opposite|own) (?:ways|directions)|parted ways|(?:went|moved|ran|ending) (?:against|"
    r"counter to)(?= \x03)|directions? (?:differ\w*|diverge\w*)|out of step|(?:đi|rẽ|theo) (?:về |"
    r"sang |theo )?(?:hai|hai phía|khác) (?:hướng|ngả|chiều)|(?:trái|ngược) (?:hướng|"
    r"với)(?: nhau)?|khác (?:hướng|chiều)(?: nhau)?)|(?P<alike>(?:đi |theo )?cùng hướng|"
    r"the same direction|same way))(?!\w)"
)
_NOT = re.compile(r"(?<!\w)(?:không|chưa|chẳng|not|never)(?: \w+){0,2} $")


def apart(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The two went separate ways", "hai thị trường không đi cùng hướng": coins and equities."""
    pair = _pair(sentence)
    if pair is None:
        return
    for match in _APART.finditer(marked(sentence)):
        if sentence.is_hypothetical(match.start()):
            continue
        values = [change(case.sheet, key) for key in pair[:2]]
        known = [value for value in values if value is not None]
        told = (match["alike"] is not None) is not bool(
            _NOT.search(sentence.masked[: match.start()])
        )
        if len(known) < len(values):
            reason = "compares directions that no facts prove"
        else:
            alike = known[0] * known[1] > 0
            reason = "" if alike is told else "is wrong the other way round"
        evidence = f"{pair[0]}.change_percent, {pair[1]}.change_percent"
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)
