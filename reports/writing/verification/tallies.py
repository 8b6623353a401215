"""How many of the indices went which way, counted anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.records import streak
from reports.writing.verification import members
from reports.writing.verification.case import Case
from reports.writing.verification.found import (
    MOST,
    N_EN,
    N_VI,
    NEARLY_ALL,
    Claim,
    changes,
    number_in,
)
from reports.writing.verification.hints import holds
from reports.writing.verification.motion import FLAT, Motion, motions
from reports.writing.verification.sentences import Sentence

_DID = "closed|ended|finished|settled|rose|fell|gained|lost|advanced|declined|were|are"
_TALLY = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?P<none>không (?:có )?(?:một )?chỉ số nào)|"
        rf"(?P<all>(?:cả|tất cả|toàn bộ)(?: (?P<total>{N_VI}))?|mọi)(?: các)? chỉ số|"
        rf"trong (?:số )?(?P<of2>{N_VI}) chỉ số(?: có số liệu)?,? (?:có )?"
        rf"(?P<some2>{N_VI})(?= (?:tăng|giảm|"
        rf"đứng|đi ngang))|"
        rf"(?P<some>{N_VI})(?: chỉ số)?(?: trong(?: tổng)?(?: số)?|/|"
        rf"trên) ?(?P<of>{N_VI}) chỉ số|"
        rf"(?P<most>đa số|phần lớn|hầu hết|đa phần)(?: các)? chỉ số|"
        rf"(?P<plain>{N_VI}) chỉ số(?! (?:có số liệu)))(?: chính| chứng khoán| có số liệu| đều|"
        rf" cùng)*(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:(?P<none>(?:none of the(?: {N_EN})?|no) (?:indices|indexes|index)|none of them)|"
        rf"(?P<all>all(?: of)?(?: the)?(?: (?P<total>{N_EN}))?|every|both)(?: main|"
        rf" major)? (?:indices|indexes|index)|"
        rf"of(?: the)? (?P<of2>{N_EN})(?: main| major)? (?:indices|indexes)(?: with figures)?,? "
        rf"(?P<some2>{N_EN})|"
        rf"(?P<some>{N_EN})(?: out)? of(?: the)? (?P<of>{N_EN})(?: main| major)? (?:indices|"
        rf"indexes)|"
        rf"all (?P<total2>{N_EN})(?= (?:{_DID}))|"
        rf"(?P<some3>{N_EN})(?: out)? of(?: the)? (?P<of3>{N_EN})(?= (?:{_DID}))|"
        rf"(?P<most>most(?: of the)?|a majority of|the majority of)(?: main| major)? (?:indices|"
        rf"indexes)|"
        rf"(?P<plain>{N_EN}) (?:indices|indexes))(?: with figures)?\b"
    ),
}
_MORE = {
    "vi": re.compile(
        rf"(?:,|và|;|còn) (?P<n>{N_VI}) (?:chỉ số )?(?=tăng|giảm|đứng|đi ngang|không đổi)"
    ),
    "en": re.compile(
        rf"(?:,|and|;|while) (?P<n>{N_EN}) (?:others? )?(?=rose|fell|stood|were|was|gained|lost|"
        rf"declined)"
    ),
}


def tallies(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Counts of indices, counted anew: "ba trong năm chỉ số tăng, hai giảm"."""
    if not holds(sentence.masked, _OF_INDICES[sentence.language]):
        return
    words = motions(sentence.masked, sentence.language)
    for match in _TALLY[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        motion = _next(words, match.end(), sentence)
        if members.others(sentence, match):
            continue
        if motion is None or (_is_elliptic(match) and not _INDICES.search(sentence.masked)):
            continue
        if run := _RUN.match(sentence.masked, motion.end):
            yield Claim(match.start(), run.end(), *_runs(sentence, match, motion, run, case))
            continue
        yield Claim(match.start(), motion.end, *_tally(sentence, match, motion, case))
        at = motion.end
        for more in _MORE[sentence.language].finditer(sentence.masked, at):
            following = next((item for item in words if item.start == more.end()), None)
            if following is None:
                continue
            reason = _count_fault(number_in(sentence, more, "n"), following, case)
            yield Claim(more.start("n"), following.end, _evidence(case), reason)


_RUN = re.compile(
    rf" (?:for )?(?P<k>{N_VI}|{N_EN}) (?:sessions?|days?|phiên) (?:in a row|running|liên tiếp|"
    r"liền|liên tục)(?!\w)"
)


def _runs(
    sentence: Sentence, match: re.Match[str], motion: Motion, run: re.Match[str], case: Case
) -> tuple[str, str]:
    """ "Three of the five have fallen three sessions in a row": counted by the closes."""
    length = number_in(sentence, run, "k") or 0
    keys = [key for key in changes(case.sheet) if key in case.sheet.series]
    runs = [streak(case.sheet.series[key].closes) * motion.way for key in keys]
    real = sum(value >= length for value in runs)
    parts = match.groupdict()
    group = next((n for n in ("some", "some2", "some3", "plain", "total") if parts.get(n)), "")
    count = number_in(sentence, match, group) if group else len(keys)
    reason = "" if count == real else f"is wrong: {real} of the indices did that"
    return ", ".join(f"{key} closes" for key in keys), reason


_OF_INDICES = {
    "vi": ("chỉ số",),
    "en": ("indices", "indexes", " index", "none of them", "all ", "of "),
}
_INDICES = re.compile(r"\b(?:index|indices|indexes)\b")


def _is_elliptic(match: re.Match[str]) -> bool:
    """Whether the text counts without saying what: "all five closed lower"."""
    parts = match.groupdict()
    return bool(parts.get("total2") or parts.get("some3"))


def _next(words: list[Motion], position: int, sentence: Sentence) -> Motion | None:
    found = next((item for item in words if item.start >= position), None)
    if found is None or re.search(r"[,.;:]", sentence.masked[position : found.start]):
        return None
    return found


def _evidence(case: Case) -> str:
    return ", ".join(f"{key}.change" for key in changes(case.sheet))


def _signs(case: Case) -> list[int]:
    values = [case.sheet.value(f"{key}.change") for key in changes(case.sheet)]
    rounded = [(value or Decimal(0)).quantize(Decimal("0.01")) for value in values]
    return [(value > 0) - (value < 0) for value in rounded]


def _count_fault(count: int | None, motion: Motion, case: Case) -> str:
    real = sum(sign == motion.way for sign in _signs(case))
    if motion.way == FLAT:
        slight = [v for v in changes(case.sheet).values() if abs(v) < Decimal("0.1")]
        if count in {real, len(slight)}:
            return ""
    return "" if count == real else f"is wrong: {real} of the indices did that"


def _tally(sentence: Sentence, match: re.Match[str], motion: Motion, case: Case) -> tuple[str, str]:
    known, every = len(changes(case.sheet)), len(case.sheet.indices)
    signs, evidence = _signs(case), _evidence(case)
    real = sum(sign == motion.way for sign in signs)
    if match["none"]:
        return evidence, _count_fault(0, motion, case)
    parts = match.groupdict()
    if match["all"] or parts.get("total2"):
        group = next((name for name in ("total", "total2") if parts.get(name)), "")
        total = number_in(sentence, match, group) if group else known
        if match[0].startswith("both"):
            total = 2
        if total != known or not known:
            return evidence, f"is wrong: {known} indices are known"
        return evidence, _count_fault(known, motion, case)
    if match["most"]:
        nearly = match["most"] == "hầu hết"
        fits = real > known * (NEARLY_ALL if nearly else MOST) or (nearly and real * 4 >= known * 3)
        return evidence, "" if fits else f"is wrong: {real} of {known} indices did that"
    whole = next((name for name in ("of", "of2", "of3") if parts.get(name)), "of")
    if match[whole] and number_in(sentence, match, whole) not in {known, every}:
        return evidence, f"is wrong: {known} indices are known"
    if match["some2"]:
        return evidence, _count_fault(number_in(sentence, match, "some2"), motion, case)
    some = next(name for name in ("some", "some3", "plain") if parts.get(name))
    return evidence, _count_fault(number_in(sentence, match, some), motion, case)
