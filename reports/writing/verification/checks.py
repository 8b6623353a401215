"""The check of a text, and of a whole document text by text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reports.document import (
    REFERENCE,
    Block,
    Document,
    Scenario,
    Scenarios,
    Sources,
    Table,
    references,
    texts_of,
)
from reports.facts import CRYPTO_SUBJECTS, Fact, FactSheet
from reports.publishing import labels
from reports.writing.verification import dates, directions
from reports.writing.verification.case import Case, result
from reports.writing.verification.claims import finders
from reports.writing.verification.figures import evidence
from reports.writing.verification.reading import sentences, subjects
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.results import Checked, Declared, Source

LATEST_SUBJECT = 50  # characters before the name that a sentence is about
HEADLINE = "headline"  # the section of title and standfirst
NEWS = "news"


def verify_text(
    text: str,
    sheet: FactSheet,
    declared: Sequence[Declared],
    items: Sequence[Source],
    language: str,
    section: str = "",
    editor: bool = False,
) -> list[Checked]:
    """Every figure, direction and claim of a text, passed or failed with the reason.

    With `editor`, a bare figure needs no declaration: it must match a fact of what it speaks of.
    """
    known = {item.id: item for item in items}
    case = Case(sheet, declared, known, language, section, editor, _lead(sheet, section))
    return list(_text(text, case))


def _lead(sheet: FactSheet, section: str) -> str:
    """What a sentence without a name is about: the first known index, in its section crypto."""
    if section == "crypto":
        return "crypto"
    return next((state.key for state in sheet.indices if state.known), "")


def _text(text: str, case: Case) -> Iterator[Checked]:
    read = [sentences.read(raw, case.sheet, case.language) for raw in sentences.split(text)]
    if case.section == NEWS:
        _share_citations(read)
    for sentence in read:
        if case.supposed:
            sentence.hypothetical = [(0, len(sentence.masked))]
        yield from _sentence(sentence, case)
        carried = _carried(sentence, case.lead)
        if case.section == "crypto" and carried not in CRYPTO_SUBJECTS:
            carried = ""
        case = case.about(carried or case.subject)


def _share_citations(read: Sequence[Sentence]) -> None:
    """An item of the news names its source once, at its end: that counts for what leads up to it"""
    said: list[str] = []
    for sentence in reversed(read):
        said = sentence.cited or said
        sentence.cited = said


def _carried(sentence: Sentence, lead: str) -> str:
    """The subject that the next sentence takes over: what this one opens with, or the first index.

    After several indices, "the index" is the first of the sheet when it was among them.
    """
    named = [item for item in sentence.names if not item.compared]
    if len({item.key for item in named}) > 1 and lead in {item.key for item in named}:
        return lead
    first = next(iter(named), None)
    if first is None or first.start > LATEST_SUBJECT:
        return ""
    moved = motions(sentence.masked[: first.start], sentence.language)
    return "" if moved or "\x01" in sentence.masked[: first.start] else first.key


def _sentence(sentence: Sentence, case: Case) -> Iterator[Checked]:
    for text, reason in sentence.faults:
        yield result(sentence, case, text[:60], "observed", "", reason)
    found = list(finders.check(sentence, case))
    claimed = [(item.start, item.end) for item in found]
    for item in found:
        words = sentence.text[item.start : item.end]
        yield result(sentence, case, words, "claim", item.evidence, item.reason)
    spans = [(i.start, i.end) for i in found if i.figures]
    yardsticks = [(i.start, i.end) for i in found if i.yardstick]
    yield from evidence.check(sentence, case, spans, yardsticks)
    for word, proof, reason in directions.loose(sentence, case, claimed):
        yield result(sentence, case, word, "direction", proof, reason)
    for day in dates.check(sentence, case):
        yield result(sentence, case, day.text, "date", "", day.reason)


def verify(
    document: Document,
    sheet: FactSheet,
    declared_by_section: Mapping[str, Sequence[Declared]],
    items: Sequence[Source],
    language: str,
    editor: bool = False,
) -> list[Checked]:
    """Every figure, direction and claim of a document; title and standfirst are its "headline"."""
    known = {item.id: item for item in items}

    def case(section: str) -> Case:
        declared = declared_by_section.get(section, ())
        return Case(sheet, declared, known, language, section, editor, _lead(sheet, section))

    found = [
        item
        for text in (document.title, document.standfirst)
        for item in _text(text, case(HEADLINE))
    ]
    for section in document.sections:
        found += _text(section.title, case(section.id))
        for block in section.blocks:
            found += _block(block, case(section.id))
    return found


def _block(block: Block, case: Case) -> Iterator[Checked]:
    match block:
        case Sources():
            return
        case Table():
            yield from _table(block, case)
        case Scenarios(items):
            for item in items:
                yield from _scenario(item, case)
        case _:
            for text in texts_of([block]):
                yield from _text(text, case)


def _table(block: Table, case: Case) -> Iterator[Checked]:
    """The cells of a table that our code made: each reference is its row's own."""
    yield from _text(block.caption, case)
    for row in block.rows:
        head = sentences.read(row[0], case.sheet, case.language)
        owners = {item.key for item in head.names}
        for cell in row:
            yield from _cell(cell, head, owners, case)


def _cell(cell: str, head: Sentence, owners: set[str], case: Case) -> Iterator[Checked]:
    sentence = sentences.read(cell, case.sheet, case.language)
    for figure in sentence.figures:
        reason = ""
        if figure.fact is None and figure.is_reference:
            reason = "names no known fact"
        elif figure.is_reference:
            reason = subjects.subject_fault(figure, owners, case.sheet)
        elif not case.editor:
            reason = "is neither a reference nor declared"
        elif not any(not evidence.unlike(figure, fact) for fact in _of(owners, case)):
            reason = "matches no fact of its row"
        yield result(
            head if reason else sentence, case, figure.text, "observed", figure.key, reason
        )


def _of(owners: set[str], case: Case) -> Iterator[Fact]:
    for fact in case.sheet.facts.values():
        if not owners or fact.key.partition(".")[0] in owners:
            yield fact


def _scenario(item: Scenario, case: Case) -> Iterator[Checked]:
    """A scenario tells what may be; its chance must be that of the side that its rule names."""
    supposed = replace(case, supposed=True)
    for text in (item.name, item.rule):
        yield from _text(text, supposed)
    match = REFERENCE.fullmatch(item.probability)
    key = match[1] if match else item.probability
    fact = case.sheet.facts.get(key)
    sentence = sentences.read(item.rule, case.sheet, case.language)
    names = {reference.key.partition(".")[2] for reference in references(item.rule)}
    side = {
        frozenset(("resistance",)): "p_above",
        frozenset(("support",)): "p_below",
        frozenset(("support", "resistance")): "p_between",
    }.get(frozenset(names))
    reason = ""
    if fact is None or fact.unit != "chance":
        reason = "is no chance of the sheet"
    elif side and key.partition(".")[2] != side:
        reason = "is the chance of another scenario"
    text = labels.written(fact, case.language) if fact else item.probability
    yield result(sentence, case, text, "derived", key, reason)
