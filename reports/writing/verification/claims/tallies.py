"""How many of the indices went which way, counted anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS
from reports.records import streak
from reports.writing.verification.case import Case
from reports.writing.verification.claims import members
from reports.writing.verification.claims.beyond import moves_beyond
from reports.writing.verification.claims.found import (
    MOST,
    N_EN,
    N_VI,
    NEARLY_ALL,
    Claim,
    changes,
    number_in,
)
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import FLAT, Motion, motions
from reports.writing.verification.reading.numbers import word_value
from reports.writing.verification.reading.sentences import Sentence

SLIGHT = Decimal("0.1")  # percent; an index that moved less was all but flat
_DID = (
    "closed|ended|finished|settled|rose|fell|gained|lost|advanced|declined|dropped|slipped|climbed|"
    "were|are|have|had"
)
_TALLY = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?P<none>(?:không|chẳng|chưa) (?:có )?(?:một )?chỉ số nào"
        rf"(?: trong (?:số )?(?:cả )?{N_VI} chỉ số)?)|(?P<notall>không phải (?:cả|tất cả|mọi)"
        rf"(?: (?P<total3>{N_VI}))?(?: các)? chỉ số)|"
        rf"(?P<all>(?:cả|tất cả|toàn bộ)(?: (?P<total>{N_VI}))?|mọi)(?: các)? chỉ số|"
        rf"trong (?:số )?(?P<of2>{N_VI}) chỉ số(?: có (?:số|dữ) liệu)?,? (?:có )?"
        rf"(?P<some2>{N_VI})(?: chỉ số)?(?= (?:tăng|giảm|"
        rf"đứng|đi ngang))|"
        rf"(?P<some>{N_VI})(?: chỉ số)?(?: trong(?: tổng)?(?: số)?|/|"
        rf"trên) ?(?P<of>{N_VI}) chỉ số|"
        rf"(?P<most>đa số|phần lớn|hầu hết|đa phần)(?: các)? chỉ số|"
        rf"(?<!trong )(?P<plain>{N_VI}) chỉ số(?! (?:có số liệu)))(?: chính| chứng khoán|"
        rf" có số liệu| đều|"
        rf" cùng)*(?!\w)"
    ),
    "en": re.compile(
        rf"(?<!\w)(?:(?P<none>(?:(?:none|not (?:a single )?one) of the(?: {N_EN})?|no|"
        rf"not (?:a single|one))(?: main| major)? (?:indices|indexes|index)|(?:none|"
        rf"not one) of them|(?:of|among)(?: the)?(?: {N_EN})?(?: main)? (?:indices|indexes),? none|"
        rf"(?:none|not one) of the {N_EN}(?= (?:{_DID})))|(?P<notall>not (?:all|every one)"
        rf"(?: of)?(?: the)?(?: (?P<total3>{N_EN}))? (?:indices|indexes)|not every index)|"
        rf"(?P<all>all(?: of)?(?: the)?(?: (?P<total>{N_EN}))?|every|both)(?: main|"
        rf" major)? (?:indices|indexes|index)|"
        rf"of(?: the)? (?P<of2>{N_EN})(?: main| major)? (?:indices|indexes)(?: with (?:figures|"
        rf"data)| that have (?:figures|data))?,? "
        rf"(?P<some2>{N_EN})|"
        rf"(?P<some>{N_EN})(?: out)? of(?: the)? (?P<of>{N_EN})(?: main| major)? (?:indices|"
        rf"indexes)|"
        rf"all (?P<total2>{N_EN})(?= (?:{_DID}))|"
        rf"(?P<some3>{N_EN})(?: out)? of(?: the)? (?P<of3>{N_EN})(?= (?:{_DID}))|"
        rf"(?P<most>most(?: of the)?|a majority of|the majority of)(?: main| major)? (?:indices|"
        rf"indexes)|"
        rf"(?P<plain>{N_EN}) (?:indices|indexes)|(?P<plain2>one|a single|1) index(?! (?:or|to|"
        rf"which)\b))(?: with (?:figures|data))?(?!\w)"
    ),
}
_MORE = {
    "vi": re.compile(
        rf"(?:,|và|;|còn) (?P<n>{N_VI}) (?:chỉ số )?(?=tăng|giảm|đứng|đi ngang|không đổi)"
    ),
    "en": re.compile(
        rf"(?:,|and|;|while) (?P<n>{N_EN}) (?:others? )?(?=rose|fell|stood|were|was|gained|lost|"
        rf"declined|advanced|dropped|climbed|up\b|down\b|flat\b)"
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
        apposed = _APPOSED.match(marked(sentence), match.end())
        motion = _next(words, apposed.end() if apposed else match.end(), sentence)
        if members.others(sentence, match):
            continue
        if motion is None or (_is_elliptic(match) and not _of_all(sentence, match, case)):
            continue
        if run := _RUN.match(sentence.masked, motion.end):
            yield Claim(match.start(), run.end(), *_runs(sentence, match, motion, run, case))
            continue
        beyond = moves_beyond(sentence, motion, case)
        did = beyond[1] if beyond and beyond[1] is not None else _did(motion, case)
        if apposed and apposed["names"] and _named(sentence, apposed) != did:
            reason = "is wrong: others did so, or these did not"
            yield Claim(match.start(), motion.end, "", reason, figures=False)
            continue
        if beyond:
            yield from _measured(sentence, match, *beyond, case)
            continue
        yield Claim(match.start(), motion.end, *_tally(sentence, match, motion, case))
        yield from _listed(sentence, motion.end, _did(motion, case))
        at = motion.end
        for more in _MORE[sentence.language].finditer(sentence.masked, at):
            following = next((item for item in words if item.start == more.end()), None)
            if following is None:
                continue
            reason = count_fault(number_in(sentence, more, "n"), following, case)
            yield Claim(more.start("n"), following.end, _evidence(case), reason)


_KNOWN = {
    "vi": re.compile(
        rf"(?<!\w)(?P<n>{N_VI}) chỉ số(?: chính)?(?: hiện| đang)? (?:có|đủ)(?: đủ)? (?:số|dữ) liệu|"
        rf"có (?:đủ )?(?:số|dữ) liệu (?:của|cho) (?P<m>{N_VI})(?:(?: trong(?: số)?|/)"
        rf" ?(?P<of>{N_VI}))? chỉ số(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?P<n>{N_EN}) (?:main )?(?:indices|indexes) (?:with|that have|for which there are|"
        rf"have) "
        rf"(?:figures|data)|(?:figures|data) (?:are|were|is) (?:only )?available for (?:only )?"
        rf"(?P<m>{N_EN})(?: (?:out )?of(?: the)? (?P<of>{N_EN}))?(?: main)? (?:indices|indexes)\b"
    ),
}


def known(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """How many indices the sheet knows: "of the four indices with figures"."""
    if not holds(sentence.masked, ("số liệu", "dữ liệu", "figures", "data")):
        return
    for match in _KNOWN[sentence.language].finditer(sentence.masked):
        count = number_in(sentence, match, "n" if match["n"] else "m")
        whole = number_in(sentence, match, "of") if match["of"] else None
        real, every = len(changes(case.sheet)), len(case.sheet.indices)
        fits = count == real and whole in {None, every}
        reason = "" if fits else f"is wrong: {real} indices are known"
        yield Claim(match.start(), match.end(), _evidence(case), reason)


_ORDINAL_RUN = r"(?:for )?an? (?P<k2>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) "
_RUN = re.compile(
    rf" (?:points? |điểm )?(?:for |in |trong |suốt )?(?P<least>at least |ít nhất )?"
    rf"(?:(?:liên tiếp |liên tục )?(?P<k>{N_VI}|{N_EN}) "
    r"(?:(?:consecutive|straight|successive) (?:sessions?|days?)|(?:sessions?|days?|phiên) "
    r"(?:in a row|running|liên tiếp|liền|liên tục))|"
    rf"{_ORDINAL_RUN}(?:consecutive|straight|successive) (?:session|day)|"
    r"phiên thứ (?P<k3>hai|ba|tư|bốn|năm|sáu|bảy|tám|chín|mười) (?:liên tiếp|liền|liên tục))(?!\w)"
)


def _runs(
    sentence: Sentence, match: re.Match[str], motion: Motion, run: re.Match[str], case: Case
) -> tuple[str, str]:
    """ "Three of the five have fallen three sessions in a row": counted by the closes."""
    ordinal = run["k2"] or run["k3"]
    length = (word_value(ordinal) if ordinal else number_in(sentence, run, "k")) or 0
    keys = [key for key in changes(case.sheet) if key in case.sheet.series]
    runs = [streak(case.sheet.series[key].closes) * motion.way for key in keys]
    real = sum(value >= length for value in runs)
    if not run["least"] and real != sum(value == length for value in runs):
        real = sum(value == length for value in runs)
    parts = match.groupdict()
    group = next(
        (n for n in ("some", "some2", "some3", "plain", "plain2", "total") if parts.get(n)), ""
    )
    count = number_in(sentence, match, group) if group else len(keys)
    reason = "" if count == real else f"is wrong: {real} of the indices did that"
    return ", ".join(f"{key} closes" for key in keys), reason


_LIST = re.compile(
    r"(?: (?:points?|điểm|trong phiên(?: này)?|hôm nay|on the day|today))*"
    r"(?::| [–—-]|,? (?:đó )?(?:là|gồm|namely|they are)| \(|,(?= \x03+(?:,| and| và) "
    r"(?:(?:and |và )?\x03+(?:,| and| và)? ?)*(?:[.;]|$))) ?(?:các )?(?:chỉ số )?(?:the )?"
    r"(?P<names>\x03+(?:(?:, and|, và|,| and| và) \x03+)*)(?=[.,;)]|$)"
)


def _did(motion: Motion, case: Case) -> set[str]:
    keys = changes(case.sheet)
    did = {key for key, sign in zip(keys, _signs(case), strict=True) if sign == motion.way}
    if motion.way == FLAT:
        did |= {key for key, value in keys.items() if abs(value) < SLIGHT}
    return did


# "two indices, A and B, rose"
_APPOSED = re.compile(
    r"(?:,| \(| [–—-]) ?(?:namely |là |gồm |including )?(?P<names>\x03+(?:(?:, and|, và|,| and|"
    r" và) "
    r"\x03+)*)(?:,|\)| [–—-]) "
)


def _named(sentence: Sentence, match: re.Match[str]) -> set[str]:
    start, end = match.span("names")
    return {item.key for item in sentence.names if start <= item.start < end}


def _listed(sentence: Sentence, position: int, did: set[str]) -> Iterator[Claim]:
    """Those that the text goes on to name: "three rose: A, B and C"."""
    listed = _LIST.match(marked(sentence), position)
    if listed is None:
        return
    start, end = listed.span("names")
    named = {item.key for item in sentence.names if start <= item.start < end}
    reason = "" if named == did else "is wrong: others did so, or these did not"
    yield Claim(start, end, ", ".join(sorted(did)), reason, figures=False)


def _measured(
    sentence: Sentence, match: re.Match[str], end: int, did: set[str] | None, case: Case
) -> Iterator[Claim]:
    """ "Two of the five rose more than 1.69%": how many moved beyond a figure, or another's "
    "move."""
    if did is None:
        yield Claim(match.start(), end, "", "compares what no facts prove")
        return
    parts, every = match.groupdict(), len(changes(case.sheet))
    group = next((n for n in ("some", "some2", "some3", "plain", "plain2") if parts.get(n)), "")
    whole = next((n for n in ("of", "of2", "of3", "total", "total2") if parts.get(n)), "")
    count = number_in(sentence, match, group) if group else every
    fits = len(did) == (0 if match["none"] else count)
    if match["most"] or match["notall"]:
        fits = len(did) * 2 > every if match["most"] else len(did) < every
    if whole and number_in(sentence, match, whole) != every:
        fits = False
    reason = "" if fits else f"is wrong: {len(did)} of the indices did that"
    yield Claim(match.start(), end, _evidence(case), reason, yardstick=True)
    yield from _listed(sentence, end, did)


_OF_INDICES = {
    "vi": ("chỉ số",),
    "en": ("indices", "indexes", " index", "none of them", "all ", "of "),
}
_INDICES = re.compile(r"\b(?:index|indices|indexes)\b")


_WITH_FIGURES = re.compile(r"số liệu|figures|data")


def _is_elliptic(match: re.Match[str]) -> bool:
    """Whether the text counts without saying what: "all five closed lower"."""
    parts = match.groupdict()
    return bool(parts.get("total2") or parts.get("some3"))


def _of_all(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether what is counted without a noun are the indices: named so, or as many as they are."""
    if _INDICES.search(sentence.masked):
        return True
    if case.section == "crypto" or any(i.key in CRYPTO_SUBJECTS for i in sentence.names):
        return False
    group = "of3" if match["of3"] else "total2"
    return number_in(sentence, match, group) == len(case.sheet.indices)


def _next(words: list[Motion], position: int, sentence: Sentence) -> Motion | None:
    found = next((item for item in words if item.start >= position), None)
    if found is None or _APART.search(sentence.masked, position, found.start):
        side = _BY_REFERENCE.match(sentence.masked, position)
        if side is None:
            return None
        way = 1 if side["up"] else -1
        return Motion(side.start("way"), side.end(), way, "", side["way"], negated=False)
    return found


# "closed above their previous close": a rise
_BY_REFERENCE = re.compile(
    r"[^,.;:\x01]{0,30}?(?<!\w)(?P<way>(?P<up>trên|above|cao hơn)|(?:dưới|below|thấp hơn))"
    r"(?: (?:mức|giá|its|their|the))* (?:tham chiếu|previous close|reference)s?(?!\w)"
)


# What stands between a count and a word that is said of something else.
_APART = re.compile(
    r"[,.;:]|(?<!\w)(?:though|although|while|but|whereas|yet|dù|nhưng|song|mặc dù|trong khi)(?!\w)"
)


def _evidence(case: Case) -> str:
    return ", ".join(f"{key}.change" for key in changes(case.sheet))


def _signs(case: Case) -> list[int]:
    values = [case.sheet.value(f"{key}.change") for key in changes(case.sheet)]
    rounded = [(value or Decimal(0)).quantize(Decimal("0.01")) for value in values]
    return [(value > 0) - (value < 0) for value in rounded]


def count_fault(count: int | None, motion: Motion, case: Case) -> str:
    real = sum(sign == motion.way for sign in _signs(case))
    if motion.way == FLAT:
        slight = [v for v in changes(case.sheet).values() if abs(v) < SLIGHT]
        if count in {real, len(slight)}:
            return ""
    return "" if count == real else f"is wrong: {real} of the indices did that"


def _tally(sentence: Sentence, match: re.Match[str], motion: Motion, case: Case) -> tuple[str, str]:
    known, every = len(changes(case.sheet)), len(case.sheet.indices)
    signs, evidence = _signs(case), _evidence(case)
    real = sum(sign == motion.way for sign in signs)
    if match["none"]:
        said = re.search(rf"(?:of the|trong(?: số)?(?: cả)?) (?P<of>{N_VI}|{N_EN})", match[0])
        if said and word_value(said["of"]) not in {None, known, every}:
            return evidence, f"is wrong: {known} indices are known"
        return evidence, count_fault(0, motion, case)
    if match["notall"]:
        if match["total3"] and number_in(sentence, match, "total3") not in {known, every}:
            return evidence, f"is wrong: {known} indices are known"
        return evidence, "" if 0 < real < known else f"is wrong: {real} of the indices did that"
    parts = match.groupdict()
    if match["all"] or parts.get("total2"):
        group = next((name for name in ("total", "total2") if parts.get(name)), "")
        total = number_in(sentence, match, group) if group else known
        if match[0].startswith("both"):
            total = 2
        if total != known or not known:
            return evidence, f"is wrong: {known} indices are known"
        return evidence, count_fault(known, motion, case)
    if match["most"]:
        nearly = match["most"] == "hầu hết"
        fits = real > known * (NEARLY_ALL if nearly else MOST) or (nearly and real * 4 >= known * 3)
        return evidence, "" if fits else f"is wrong: {real} of {known} indices did that"
    whole = next((name for name in ("of", "of2", "of3") if parts.get(name)), "of")
    wholes = {known} if _WITH_FIGURES.search(match[0]) else {known, every}
    if match[whole] and number_in(sentence, match, whole) not in wholes:
        return evidence, f"is wrong: {known} indices are known"
    if match["some2"]:
        return evidence, count_fault(number_in(sentence, match, "some2"), motion, case)
    if parts.get("plain2"):
        return evidence, count_fault(1, motion, case)
    some = next(name for name in ("some", "some3", "plain") if parts.get(name))
    return evidence, count_fault(number_in(sentence, match, some), motion, case)
