"""Seven sessions, seven titles: each names the largest fact of its day."""

from __future__ import annotations

import re

import pytest

from reports.document import (
    Evidence,
    Figure,
    Scenarios,
    Section,
    Table,
    faults,
    from_json,
    references,
    texts,
    to_json,
)
from reports.facts import FactSheet
from reports.publishing.render import plain_text
from reports.writing.verification import verify
from reports.writing.writers.analyst import Analyst, skeleton
from reports.writing.writers.angles import angles
from reports.writing.writers.base import Brief, Draft
from reports.writing.writers.reading import read
from tests.reports.sessions import NAMES, session, sheet_of

LARGEST = {
    "flat": ("move", "vnindex.close"),
    "missing": ("lead_missing", "vn30.close"),
    "short_history": ("move", "vnindex.change"),
    "slump": ("biggest_loss", "vnindex.sessions_biggest_loss"),
    "split": ("split", "hnx30.change_percent"),
    "stale": ("stopped", "vnindex.close"),
    "surge": ("biggest_gain", "vnindex.sessions_biggest_gain"),
}
each_session = pytest.mark.parametrize("name", NAMES)


def written(name: str) -> tuple[FactSheet, Draft]:
    data = session(name)
    sheet = sheet_of(data)
    return sheet, Analyst().write(Brief(sheet, data["edition"]))


def said(text: str, sheet: FactSheet, language: str) -> str:
    return plain_text(text, sheet, language).replace("\u00a0", " ")


def whole(draft: Draft, sheet: FactSheet, language: str) -> str:
    document = draft.vi if language == "vi" else draft.en
    return "\n".join(said(text, sheet, language) for text in texts(document))


def part(draft: Draft, name: str) -> Section:
    return next(section for section in draft.vi.sections if section.id == name)


@each_session
@pytest.mark.parametrize("language", ["vi", "en"])
def test_title_and_standfirst_are_those_that_an_editor_approved(name: str, language: str) -> None:
    sheet, draft = written(name)
    document = draft.vi if language == "vi" else draft.en
    expected = session(name)["expected"][language]
    assert said(document.title, sheet, language) == expected["title"]
    assert said(document.standfirst, sheet, language) == expected["standfirst"]


def test_the_seven_titles_differ() -> None:
    assert set(NAMES) == set(LARGEST)
    for language in ("vi", "en"):
        assert len({session(name)["expected"][language]["title"] for name in NAMES}) == 7


@each_session
def test_the_title_names_the_largest_fact_of_the_day(name: str) -> None:
    sheet, draft = written(name)
    kind, key = LARGEST[name]
    assert angles(read(sheet, "afternoon"))[0].kind == kind
    for document in (draft.vi, draft.en):
        assert key in {item.key for item in references(document.title)}


@each_session
def test_a_report_of_each_session_can_be_published(name: str) -> None:
    sheet, draft = written(name)
    names = [state.display_name for state in sheet.indices]
    for document in (draft.vi, draft.en):
        assert faults(document, sheet.facts, names) == []
        assert from_json(to_json(document)) == document


@each_session
def test_the_check_of_figures_directions_and_claims_doubts_no_sentence(name: str) -> None:
    sheet, draft = written(name)
    for language, document in (("vi", draft.vi), ("en", draft.en)):
        checked = verify(document, sheet, {}, [], language)
        assert len(checked) > 20
        assert [(item.sentence, item.reason) for item in checked if not item.passed] == []


def test_a_report_is_the_same_each_time_it_is_written() -> None:
    assert written("split") == written("split")


def test_the_crypto_section_says_whether_coins_went_with_equities() -> None:
    sheet, draft = written("slump")
    assert re.search(r"Bitcoin[^.]*ngược chiều", whole(draft, sheet, "vi"))
    together = written("surge")[1], written("surge")[0]
    assert re.search(r"cùng (?:chiều|đi lên)", whole(*together, "vi"))
    table = part(draft, "crypto").blocks[0]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows][:2] == ["Bitcoin", "Ethereum"]
    assert table.directions[:2] == ("up", "down")
    told = whole(draft, sheet, "en")
    assert "$115,140" in told
    assert "$3.97 trillion" in told
    assert "115.140 USD" in whole(draft, sheet, "vi")
    assert "3,97 nghìn tỷ USD" in whole(draft, sheet, "vi")


def test_without_an_overview_there_is_no_crypto_section() -> None:
    sheet, draft = written("short_history")
    assert "crypto" not in {section.id for section in draft.vi.sections}
    assert "Bitcoin" not in whole(draft, sheet, "vi")


def test_figures_that_ended_early_are_not_called_a_close() -> None:
    sheet, draft = written("stale")
    for word in ("đóng cửa ở", "khép phiên", "chốt phiên", "kết phiên"):
        assert word not in whole(draft, sheet, "vi")
    assert "closed at" not in whole(draft, sheet, "en")


def test_the_large_caps_are_held_against_the_whole() -> None:
    sheet, draft = written("split")
    assert "1,20 điểm phần trăm" in whole(draft, sheet, "vi")
    assert "1.20 percentage points" in whole(draft, sheet, "en")


def test_the_skeleton_has_the_blocks_of_code_that_other_writers_keep() -> None:
    data = session("surge")
    draft = skeleton(Brief(sheet_of(data), data["edition"]))
    kinds = {section.id: [block.kind for block in section.blocks] for section in draft.vi.sections}
    assert list(kinds) == [
        "what-happened", "indices", "trend", "crypto", "scenarios", "calendar", "numbers",
    ]  # fmt: skip
    assert Figure.kind in kinds["what-happened"]
    assert kinds["indices"][0] == kinds["crypto"][0] == Table.kind
    assert kinds["scenarios"][0] == Scenarios.kind
    assert kinds["numbers"][-1] == Evidence.kind
