"""Whether what a sentence says stands in the item that it cites: of the same, the same way.

The rules know no topic: a figure, a way or a superlative is looked for in the part of the item
that has it, and that part must be of the names and things that the sentence tells it of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from reports.writing.verification.case import Case
from reports.writing.verification.cited import reported, sources, topics
from reports.writing.verification.cited.parts import (
    COINS,
    KEPT,
    Part,
    at,
    closer,
    kinds,
    parts,
    shared,
    strangers,
    ways_in,
    word_of,
)
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading import numbers, plain
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import Motion
from reports.writing.verification.reading.numbers import Number
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.results import Source

_STOP = re.compile(r"[.;](?=\s|$)")
_LIST_ENDS = re.compile(r"[.;](?=\s|$)|(?<!\w)(?:trong khi|while|whereas)(?!\w)")


def read(item: Source, sentence: Sentence) -> tuple[Part, ...]:
    """The parts of an item, as the sentence that cites it names things."""
    text = numbers.normal(f"{item.title}. {item.summary}")
    return parts(text, numbers.lower(text), _shown(sentence))


def said_by(sentence: Sentence, item: Source) -> tuple[Part, ...]:
    return parts(_shown(sentence), sentence.masked, f"{item.title}. {item.summary}")


def figures_of(item: Source) -> tuple[Number, ...]:
    """The figures of an item, as both languages write them."""
    return _figures(numbers.lower(numbers.normal(f"{item.title}. {item.summary}")))


@lru_cache(maxsize=256)
def _figures(low: str) -> tuple[Number, ...]:
    return tuple(
        number
        for language in ("vi", "en")
        for number in numbers.numbers(plain.covered(low, language), language)
        if not number.problem and not numbers.is_foreign(number, low, language)
    )


_HIDDEN = re.compile("\x01+")


def _shown(sentence: Sentence) -> str:
    """The sentence with its capitals; what stands in place of figures is no name."""
    shown, end = [], 0
    for match in _HIDDEN.finditer(sentence.masked):
        shown += [sentence.text[end : match.start()], "0" * (match.end() - match.start())]
        end = match.end()
    return "".join([*shown, sentence.text[end:]])


def is_other(
    sentence: Sentence, figure: Figure, item: Source, number: Number, rivals: Sequence[Number]
) -> bool:
    """Whether the item tells its figure `number` of something else than the sentence does.

    `rivals` are its other figures.
    """
    told = read(item, sentence)
    low = numbers.lower(numbers.normal(f"{item.title}. {item.summary}"))
    starts = [each.start for each in (number, *rivals)]
    said = at(said_by(sentence, item), figure.start)
    if reported.IN_TURN.search(sentence.masked):
        return False
    if owner := _named_each(told, low, number.start, starts):
        return bool(said.names) and not shared(said.names, frozenset((owner,)))
    place = _each(low, number.start, starts)
    if place is None:
        return False
    own = at(told, place)
    if kinds(said.terms) - frozenset(term for part in told for term in part.terms):
        return True  # of goods or of a trade that the item does not name
    others = {at(told, rival.start) for rival in rivals if rival.unit != number.unit}
    others -= {at(told, rival.start) for rival in rivals if rival.unit == number.unit}
    if said.names and own.names and strangers(said, own, set(told) - others):
        return not own.names <= said.names
    alike = numbers.language_of(low) == sentence.language
    title = len(item.title)
    known = frozenset(name for part in told if part.end <= title for name in part.names)
    known = known if own.end <= title else frozenset()
    beside = {abs(f.value) for f in sentence.figures if said.start <= f.start < said.end}
    return any(
        closer(said, own, other, alike, known, rival.unit == number.unit)
        for rival in rivals
        if abs(rival.value) not in beside
        and (other := at(told, _each(low, rival.start, starts) or rival.start)) is not own
    )


def _each(low: str, position: int, figures: Sequence[int]) -> int | None:
    """Where the thing of a figure stands: before "lần lượt" its pair, None where it has none.

    `figures` is where all of the item stand.
    """
    found = _told_in_turn(low, position, figures)
    if found is None:
        return position
    start, word, after = found
    before = [at for at in sorted(set(figures)) if start <= at < word]
    if len(before) < len(after):
        return None
    return before[len(before) - len(after) + after.index(position)]


def _told_in_turn(
    low: str, position: int, figures: Sequence[int]
) -> tuple[int, int, list[int]] | None:
    """Where a sentence begins, its "lần lượt" stands, and the figures behind it, this one too."""
    start = max((m.end() for m in _STOP.finditer(low, 0, position)), default=0)
    word = next((m for m in reported.IN_TURN.finditer(low, start, position)), None)
    if word is None:
        return None
    stop = _LIST_ENDS.search(low, word.end())
    end = stop.start() if stop else len(low)
    after = [at for at in sorted(set(figures)) if word.end() <= at < end]
    return (start, word.start(), after) if position in after else None


def _named_each(
    told: tuple[Part, ...], low: str, position: int, figures: Sequence[int]
) -> str | None:
    """Whose a figure behind "lần lượt" is, where names stand before it: "A và B … 5 và 7"."""
    found = _told_in_turn(low, position, figures)
    if found is None:
        return None
    start, word, after = found
    names = sorted(
        {name for part in told for name in part.named if start <= low.find(name, start) < word},
        key=lambda name: low.find(name, start),
    )
    return names[after.index(position)] if len(names) == len(after) > 1 else None


_WORD_BEFORE = re.compile(r"[^\W\d_]+ $")


def is_name(sentence: Sentence, figure: Figure, case: Case) -> bool:
    """Whether digits are part of a name that the cited item has: "RON 95", "Nikkei 225".

    What has a unit, or stands behind the name of an index or a coin of ours, is a figure.
    """
    before = _WORD_BEFORE.search(sentence.text, 0, figure.start)
    if before is None or not before[0][0].isupper() or figure.unit:
        return False
    if any(name.start <= before.start() < name.end for name in sentence.names):
        return False
    name = f"{before[0]}{figure.text.strip()}".lower()
    return any(name in sources.text_of(item) for item in sources.cited(sentence, case))


def is_reversed(sentence: Sentence, figure: Figure, item: Source, position: int) -> bool:
    """Whether the item tells the figure at a position as having gone the other way."""
    said = at(said_by(sentence, item), figure.start)
    told = at(read(item, sentence), position)
    if (
        figure.unit in {"percent", "pp"}
        and not told.ways
        and _MOVED.search(sentence.masked[: figure.start])
    ):
        text = numbers.normal(f"{item.title}. {item.summary}")
        return not ways_in(reported.sentence_of(text, position))
    return len(said.ways) == 1 and len(told.ways) == 1 and said.ways != told.ways


# "tăng 54,4%", "up by 3%": a figure told as a move
_MOVED = re.compile(
    r"(?<!\w)(?:tăng|giảm|rose|fell|gained|lost|(?<!making )(?<!made )(?<!makes )up|down|climbed|"
    r"dropped|grew)(?: (?:thêm|tới|khoảng|by|"
    r"about|a))? ?$"
)


def held_to(sentence: Sentence, case: Case) -> list[Source]:
    """The items that a sentence of the news cites."""
    return sources.cited(sentence, case) if case.section == sources.NEWS else []


_INDEX = re.compile(r"(?<!\w)(?:chỉ số|rổ|phiên (?:này|\d)|index|indices|basket|session)(?!\w)")
_ALL = re.compile(
    r"(?<!\w)(?:hai|ba|bốn|năm|two|three|four|five|both|all|các|mọi) (?:chỉ số|đồng tiền|indices|"
    r"coins)"
)


def is_ours(sentence: Sentence, position: int, case: Case) -> bool:
    """Whether the clause speaks of an index of the sheet, or shows a figure of the sheet's."""
    start, end = sentence.clause(position)
    indices = {state.key for state in case.sheet.indices}
    named = [
        item.start
        for item in sentence.names
        if item.key in indices and not sources.BOARD.fullmatch(sentence.low[item.start : item.end])
    ]
    inside = [item for item in sentence.figures if start <= item.start < end]
    told = " ".join(sources.text_of(item) for item in sources.cited(sentence, case))
    if inside and not any(item.fact for item in inside):  # "6.4 points above the VN30 index"
        named = [at for at in named if not _tells_of(sentence, at, told)]
    return (
        any(start <= at < end for at in named)
        or any(item.fact for item in inside)
        or bool(_ALL.search(sentence.masked, start, end))
        or bool(named and _INDEX.search(sentence.masked, start, end))
    )


def _tells_of(sentence: Sentence, position: int, told: str) -> bool:
    """Whether an item speaks of the index named there."""
    name = next(item for item in sentence.names if item.start == position)
    return sentence.low[name.start : name.end] in told


def ways(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which way something went without a figure: as the item has it of the same thing."""
    items = held_to(sentence, case)
    if not items:
        return
    for item in items:
        told = read(item, sentence)
        alike = numbers.language_of(sources.text_of(item)) == sentence.language
        for part in said_by(sentence, item):
            if len(part.ways) != 1 or "\x01" in sentence.masked[part.start : part.end]:
                continue
            if sentence.is_hypothetical(part.start) or is_ours(sentence, part.start, case):
                continue
            near = _nearest(part, told, alike)
            found = frozenset(way for own in near for way in own.ways)
            if len(found) == 1 and found != part.ways and KEPT not in part.ways:
                if any(_may_be(part, own, alike) and own.ways >= part.ways for own in told):
                    continue
                word = word_of(sentence.masked, part)
                yield Claim(*word, "", sources.UNPROVEN, figures=False)


def _may_be(said: Part, own: Part, alike: bool) -> bool:
    """Whether both tell of a thing in common, and name nothing that differs."""
    mine, theirs = (said.things, own.things) if alike else (said.terms, own.terms)
    apart = said.names and own.names and not shared(said.names, own.names)
    return bool(mine & theirs) and not apart


def _nearest(said: Part, told: tuple[Part, ...], alike: bool) -> list[Part]:
    """The parts of an item that share most with a part of the sentence."""

    def weight(own: Part) -> int:
        mine, theirs = (said.things, own.things) if alike else (said.terms, own.terms)
        return len(mine & theirs) + 9 * shared(said.names, own.names)

    most = max(map(weight, told))
    return [own for own in told if weight(own) == most] if most else []


_BOTH = re.compile(r"(?<!\w)(?:and|và|both|cùng|đều)(?!\w)")
_IN = re.compile(
    r"(?<!\w)(?:vào(?: rổ)?|thêm|đón|kết nạp|add(?:s|ed|ing|ition)?|join(?:s|ed|ing)?|enter(?:s|"
    r"ed|ing)?|"
    r"in|includ(?:es|ed|ing)|tak(?:es?|ing) in)(?!\w)"
)
_OUT = re.compile(
    r"(?<!\w)(?:ra(?: khỏi)?|rời|loại|bỏ|drop(?:s|ped|ping)?|remov(?:es|ed|ing|al)|leav(?:es?|"
    r"ing)|left|"
    r"exit(?:s|ed|ing)?|exclud\w+|out)(?!\w)"
)


def members(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What joins a basket or leaves it, as the cited item has it."""
    items = held_to(sentence, case)
    for item in items:
        low = sources.text_of(item)
        told = {name: way for name, way, _ in _joins(read(item, sentence), low)}
        if len(set(told.values())) < 2:
            continue
        for name, way, word in _joins(said_by(sentence, item), sentence.masked):
            if name in told or name not in low:
                reason = "" if told.get(name) is way else sources.UNPROVEN
                yield Claim(*word, item.id, reason, figures=False)


def _joins(found: tuple[Part, ...], low: str) -> Iterator[tuple[str, bool, tuple[int, int]]]:
    """Each name of a part that tells one of the two ways, and where its word stands."""
    for part in found:
        into, out = (words.search(low, part.start, part.end) for words in (_IN, _OUT))
        word = into or out
        if word and not (into and out) and _NAMED.search(low, part.start, part.end):
            for name in _NAMED.findall(low, part.start, part.end):
                if name in part.names:
                    yield name, word is into, word.span()


_NAMED = re.compile(r"(?<![\w&])[a-z][a-z0-9]{2}(?![\w&])")


def listed(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether "two stocks" are counted out behind the words, in a sentence that cites: A and B."""
    named = {
        name
        for item in held_to(sentence, case)[:1]
        for part in said_by(sentence, item)
        if part.end > match.end()
        for name in part.names
        if name in sentence.masked[match.end() :]
        and not any(sentence.low[i.start : i.end] == name for i in sentence.names)
    }
    return len(named) == numbers.word_value(match[0].split(" ")[0])


_BECAUSE = re.compile(
    r"(?<!\w)(?:because(?: of)?|due to|thanks to|owing to|vì|nhờ|bởi)(?!\w) (?P<why>[^,.;]+)"
)
_CAUSE = re.compile(
    r"(?<!\w)(?:because|due|as|after|on|amid|thanks|owing|with|helped|driven|vì|do|nhờ|khi|bởi|"
    r"sau khi|khiến|nói|said|warned|blamed|citing)(?!\w)"
)


def causes(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A cause of what an item tells, where the item gives none, or none of such things."""
    items = held_to(sentence, case)
    if not items or not holds(
        sentence.masked, ("because", "due", "thanks", "owing", "vì", "nhờ", "bởi")
    ):
        return
    for match in _BECAUSE.finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or is_ours(sentence, match.start(), case):
            continue
        if not any(_CAUSE.search(sources.text_of(item)) for item in items):
            yield Claim(match.start(), match.end(), "", sources.UNPROVEN, figures=False)


def agrees(sentence: Sentence, position: int, way: int, case: Case) -> str:
    """The cited item that tells such a direction of the thing that the words there speak of."""
    items = held_to(sentence, case)
    if not items or is_ours(sentence, position, case):
        return ""
    for item in items:
        told = read(item, sentence)
        alike = numbers.language_of(sources.text_of(item)) == sentence.language
        said = at(said_by(sentence, item), position)
        if _BOTH.search(sentence.masked[said.start : said.end].strip()[4:]):
            continue
        near = _nearest(said, told, alike)
        if frozenset(told for own in near for told in own.ways) != {way}:
            continue
        if any((said.terms & own.terms) - COINS or shared(said.names, own.names) for own in near):
            return item.id
        if any(alike and (said.things & own.things) - COINS for own in near):
            return item.id
    return ""


def direction(sentence: Sentence, motion: Motion, case: Case, what: str) -> tuple[str, str]:
    """Evidence, and why no cited item tells that direction of the same thing."""
    evidence, reason = sources.direction(sentence, motion, case, what)
    if not reason:
        return evidence, ""
    way = -motion.way if motion.negated else motion.way
    said = agrees(sentence, motion.start, way, case) or _figured(sentence, motion, way, case)
    said = said or _dropped(sentence, motion, case)
    return (said, "") if said else ("", reason)


_DROPPED = re.compile(r"drop(?:s|ped|ping)? (?P<name>[a-z][a-z0-9]{2})(?![\w&])")


def _dropped(sentence: Sentence, motion: Motion, case: Case) -> str:
    """The cited item that tells of leaving a basket what the sentence says it drops."""
    found = _DROPPED.match(sentence.masked, motion.start)
    for item in held_to(sentence, case) if found else []:
        left = [
            name
            for name, into, _ in _joins(read(item, sentence), sources.text_of(item))
            if not into
        ]
        if found and found["name"] in left:
            return item.id
    return ""


def _figured(sentence: Sentence, motion: Motion, way: int, case: Case) -> str:
    """The cited item that tells that way beside the figure that the direction leads up to."""
    figure = next((f for f in sentence.figures if f.start >= motion.end and f.fact is None), None)
    if figure is None or not _LEADS_TO.fullmatch(sentence.masked, motion.end, figure.start):
        return ""
    for item in held_to(sentence, case):
        told = read(item, sentence)
        for number in figures_of(item):
            if abs(number.value) == abs(figure.value) and way in at(told, number.start).ways:
                return item.id
    return ""


_LEADS_TO = re.compile(r" (?:(?:from|to|by|từ|còn|xuống|lên|về|thêm|tới|đến|mức|khoảng) ){0,3}\$?")


def speaks_of_item(sentence: Sentence, motion: Motion, case: Case) -> str:
    """What a direction is of, where the sentence cites an item and speaks of nothing of ours."""
    named = any(i.end <= motion.start for i in sentence.names if not i.compared)
    if not sentence.cited or (named and case.section != sources.NEWS):
        return ""
    if named and is_ours(sentence, motion.start, case):
        return ""
    spoken = case.section == sources.NEWS or topics.spoken(sentence.masked[: motion.start])
    return "what it cites" if spoken else ""
