"""A replay of real sessions: no report reads like another, however alike the days are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import pytest

from reports.document import (
    REFERENCE,
    Callout,
    Document,
    ListBlock,
    Paragraph,
    faults,
    references,
    texts,
)
from reports.facts import FactSheet
from reports.publishing.render import plain_text
from reports.writing.verification import verify
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief, Draft
from reports.writing.writers.speech import book
from tests.reports.sessions import real_bars, real_sheet

SESSIONS = 120
WEEK = 5
MOST = SESSIONS // 4
DAYS = (
    r"thứ (?:Hai|Ba|Tư|Năm|Sáu|Bảy)|Chủ nhật|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|"
    r"February|March|April|May|June|July|August|September|October|November|December"
)
# Three stretches of the history: a bull market, a quiet one, and the last sessions of it.
STARTS = (500, 1300, len(real_bars()) - SESSIONS)
replayed = pytest.mark.parametrize("start", STARTS)
both = pytest.mark.parametrize("language", ["vi", "en"])


@lru_cache(maxsize=len(STARTS))
def replay(start: int) -> list[tuple[FactSheet, Draft]]:
    """Each session's closing report, which knows the one of the session before."""
    found: list[tuple[FactSheet, Draft]] = []
    for at in range(start, start + SESSIONS):
        previous = found[-1][0] if found else None
        sheet = real_sheet(at, previous)
        found.append((sheet, Analyst().write(Brief(sheet, "afternoon"))))
    return found


def documents(start: int, language: str) -> list[Document]:
    return [draft.vi if language == "vi" else draft.en for _, draft in replay(start)]


def prose(document: Document) -> Iterator[str]:
    """Every text of sentences.

    Left out are captions and cells, headings of sections, which are ours in every report, and the
    names and rules of the scenarios: the rules settle a bet and must read the same each time.
    """
    yield document.title
    yield document.standfirst
    for section in document.sections:
        for block in section.blocks:
            match block:
                case Paragraph(text):
                    yield text
                case ListBlock(items):
                    yield from items
                case Callout(title, text):
                    yield from (title, text)


def masked(text: str) -> str:
    """The text without what differs from day to day by itself: figures, days and dates."""
    plain = REFERENCE.sub("#", text.replace("\u00a0", " "))
    return re.sub(r"\d+", "#", re.sub(DAYS, "@", plain, flags=re.IGNORECASE))


def sentences(document: Document) -> set[str]:
    found = (re.split(r"(?<=[.?])\s+", masked(text)) for text in prose(document))
    return {sentence for parts in found for sentence in parts}


@replayed
@both
def test_no_sentence_stands_in_more_than_a_quarter_of_the_reports(
    start: int, language: str
) -> None:
    counts = Counter(
        item for document in documents(start, language) for item in sentences(document)
    )
    assert len(counts) > 300
    often = {sentence: count for sentence, count in counts.items() if count > MOST}
    assert often == {}


@replayed
@both
def test_no_two_reports_share_a_title(start: int, language: str) -> None:
    titles = [
        plain_text(document.title, sheet, language)
        for (sheet, _), document in zip(replay(start), documents(start, language), strict=True)
    ]
    assert len(set(titles)) == SESSIONS
    templates = Counter(masked(document.title) for document in documents(start, language))
    assert max(templates.values()) <= SESSIONS // 8


@replayed
@both
def test_no_paragraph_comes_again_within_a_week(start: int, language: str) -> None:
    paragraphs = [
        {
            masked(block.text)
            for section in document.sections
            for block in section.blocks
            if isinstance(block, Paragraph)
        }
        for document in documents(start, language)
    ]
    for at, own in enumerate(paragraphs):
        for later in paragraphs[at + 1 : at + WEEK]:
            assert own & later == set()


@replayed
def test_every_report_can_be_published_and_says_the_same_in_both_languages(start: int) -> None:
    for sheet, draft in replay(start):
        keys = []
        for document in (draft.vi, draft.en):
            assert faults(document, sheet.facts) == []
            keys.append({item.key for text in texts(document) for item in references(text)})
        assert keys[0] == keys[1]


@replayed
@both
def test_the_check_of_figures_directions_and_claims_doubts_no_sentence(
    start: int, language: str
) -> None:
    doubts = [
        (item.sentence, item.reason)
        for (sheet, _), document in list(
            zip(replay(start), documents(start, language), strict=True)
        )[:: SESSIONS // 20]
        for item in verify(document, sheet, {}, [], language)
        if not item.passed
    ]
    assert doubts == []


def test_each_phrase_names_the_same_facts_in_both_languages() -> None:
    words = {
        "it",
        "verb",
        "Verb",
        "first",
        "First",
        "ends",
        "when",
        "name",
        "day",
        "weekday",
        "time",
    }

    def named(text: str) -> list[str]:
        return sorted(set(re.findall(r"\{([\w.]+)", text)) - words)

    assert len(book()) > 200
    for group, phrases in book().items():
        for phrase in phrases:
            assert phrase.vi, group
            assert named(phrase.vi) == named(phrase.en), phrase


def test_a_group_has_no_phrase_twice() -> None:
    for group, phrases in book().items():
        if not group.startswith(("verb.", "level.", "agreement.")):
            assert len({phrase.vi for phrase in phrases}) == len(phrases), group
