"""A split of the indices told without their noun: "three down and two up", "ba giảm, hai tăng"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from reports.facts import CRYPTO_SUBJECTS
from reports.writing.verification.case import Case
from reports.writing.verification.claims import tallies
from reports.writing.verification.claims.found import N_EN, N_VI, Claim, changes, number_in
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.sentences import Sentence

_COUNT = {
    "vi": re.compile(
        rf"(?<!\w)(?P<n>{N_VI})(?: (?:chỉ số|đã|đều|cùng|đóng cửa|khép phiên|kết phiên))* $"
    ),
    "en": re.compile(
        rf"(?<![\w-])(?P<n>{N_EN})(?: (?:indices|indexes|others?|were|are|was|is|closed|ended|"
        r"finished|of them))* $"
    ),
}
_JOINT = re.compile(
    r"(?:,|;|:)?(?: (?:and|while|but|against|to|versus|và|còn|trong khi|trong lúc|so với|nhưng))* "
)
_INDICES = re.compile(r"(?<!\w)(?:indices|indexes|chỉ số)(?!\w)")
_COINS = re.compile(r"(?<!\w)(?:coins?|tokens?|đồng tiền|mã|stocks|shares|cổ phiếu)(?!\w)")


def split(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Two counts side by side, each of the indices that went its way."""
    if case.section == "crypto" or _COINS.search(sentence.masked):
        return
    counts = []
    for motion in motions(sentence.masked, sentence.language):
        told = _COUNT[sentence.language].search(sentence.masked[: motion.start])
        if told and not motion.negated and not sentence.is_hypothetical(motion.start):
            counts.append((told, motion))
    pairs = [
        (one, two)
        for one, two in pairwise(counts)
        if _JOINT.fullmatch(sentence.masked, one[1].end, two[0].start())
        and one[1].way != two[1].way
    ]
    if not pairs or any(item.key in CRYPTO_SUBJECTS for item in sentence.names):
        return
    told_of = [told for two in pairs for told, _ in two]
    numbers = {told.start(): number_in(sentence, told, "n") or 0 for told in told_of}
    if not _INDICES.search(sentence.masked) and sum(numbers.values()) != len(changes(case.sheet)):
        return
    evidence = ", ".join(f"{key}.change" for key in changes(case.sheet))
    for told, motion in dict.fromkeys(item for two in pairs for item in two):
        reason = tallies.count_fault(numbers[told.start()], motion, case)
        yield Claim(told.start(), motion.end, evidence, reason)
