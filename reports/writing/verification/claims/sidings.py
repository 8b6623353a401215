"""Which side the stocks of a board lean to, and how closely two indices move, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Sentence

_SIDES = ("buy", "sell", "bên ", "phe ", "bulls", "bears")
_LEANING = re.compile(
    r"(?<!\w)(?:(?:lean|tilt|skew)(?:s|ed|ing)?(?: (?:clearly|heavily|firmly|slightly|strongly|"
    r"still|mostly))?(?: (?:to|towards?|in favou?r of))(?: the)? |favou?r(?:s|ed|ing)? (?:the )?|"
    r"(?:đông|nhiều|áp đảo) hơn (?:ở|về|thuộc về) (?:bên|phe) )"
    r"(?:(?P<up>buy(?:ing|ers)?|bulls|mua)|(?P<down>sell(?:ing|ers)?|bears|bán))(?:[ -]side)?(?!\w)"
)
_CROWD = re.compile(
    r"(?<!\w)(?:(?P<up>buyers|bulls|(?:bên|phe) mua)|(?P<down>sellers|bears|(?:bên|phe) bán))"
    r"(?: (?:were|was|are|still|clearly|vẫn|cũng|đang|lại))*"
    r" (?:more numerous|in the majority|outnumber\w*|ahead|(?:đông|nhiều) hơn|chiếm đa số)(?!\w)"
)
_MOMENTUM = re.compile(r"(?<!\w)(?:động lượng|rsi|momentum|frequenc\w+|tần suất)(?!\w)")
_OTHER_WAY = "is wrong the other way round"


def leanings(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Breadth leaned to the sell side", "buyers were more numerous": by the counts of stocks."""
    if not holds(sentence.masked, _SIDES) or _MOMENTUM.search(sentence.masked):
        return
    for words in (_LEANING, _CROWD):
        for found in words.finditer(sentence.masked):
            if sentence.is_hypothetical(found.start()) or sentence.cited:
                continue
            keys = [f.key for f in sentence.figures if f.key.endswith((".advances", ".declines"))]
            limits = [f.key for f in sentence.figures if f.key.endswith((".ceilings", ".floors"))]
            key = subject(sentence, found.start(), case)
            names = ("ceilings", "floors") if limits and not keys else ("advances", "declines")
            for figure_key in (keys or limits)[:1]:
                key = figure_key.partition(".")[0]
            ups, downs = (case.sheet.value(f"{key}.{name}") for name in names)
            if ups is None or downs is None:
                continue
            fits = ups > downs if found["up"] else downs > ups
            evidence = f"{key}.{names[0]}, {key}.{names[1]}"
            yield Claim(
                found.start(), found.end(), evidence, "" if fits else _OTHER_WAY, figures=False
            )


CLOSE, LOOSE = Decimal("0.6"), Decimal("0.8")  # below the first nothing is close; above: nor loose
_CLOSELY = re.compile(
    r"(?<!\w)(?:(?:gần như )?(?:cùng|sát|khớp|chung) nhịp|(?:đi|bám|theo) (?:rất |khá )?sát|"
    r"đi cùng nhau|khăng khít|chặt(?: chẽ)?|tương quan (?:rất |khá )?cao|lockstep|closely|tightly|"
    r"tight|hand in hand|strong(?:ly)?|high|move together|moves with|in step with)(?!\w)"
)
_LOOSELY = re.compile(
    r"(?<!\w)(?:ít (?:khi )?(?:đi|theo|bám|gắn|cùng)(?: (?:cùng|sát|theo))*|nhịp riêng|lối riêng|"
    r"lỏng(?: lẻo)?|rời(?: rạc)?|tương quan (?:rất |khá )?(?:thấp|yếu)|own (?:rhythm|way|path)|"
    r"rarely (?:moves?|follows?|tracks?)|loosely|loose|weak(?:ly)?|low|little|independently)(?!\w)"
)


def correlations(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Almost in lockstep, with a correlation of …": the words beside a correlation's figure."""
    rows = [figure for figure in sentence.figures if figure.key.endswith(".correlation20")]
    if len(rows) != 1 or rows[0].fact is None:
        return
    value = rows[0].fact.value
    cuts = [m.end() for m in re.finditer(r"[.;](?=\s)", sentence.masked[: rows[0].start])]
    start = max(cuts, default=0)
    loose = list(_LOOSELY.finditer(sentence.masked, start))
    close = [
        m
        for m in _CLOSELY.finditer(sentence.masked, start)
        if not any(m.start() < other.end() and other.start() < m.end() for other in loose)
    ]
    if len(close) + len(loose) != 1 or re.search(
        r"(?<!\w)(?:không|chưa|not|no longer|hơn|than|nhất|most|least)(?!\w)", sentence.masked
    ):
        return
    found = (close or loose)[0]
    if value < CLOSE if close else value >= LOOSE:
        reason = "claims more than the facts prove"
        yield Claim(found.start(), found.end(), rows[0].key, reason, figures=False)
