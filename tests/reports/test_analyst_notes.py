"""Short notes, and what makes a full report worth writing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from reports.analysis import build_facts
from reports.document import Callout, Evidence, Paragraph, faults, from_json, texts, to_json
from reports.facts import FactSheet
from reports.publishing.render import plain_text
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief, Draft
from reports.writing.writers.notes import REASONS, is_material
from tests.reports.sessions import session, sheet_of
from tests.reports.test_facts import end_of_day, market


def noted(reason: str, detail: str = "", sheet: FactSheet | None = None) -> tuple[FactSheet, Draft]:
    found = sheet or sheet_of(session("flat"))
    return found, Analyst().note(Brief(found, "evening"), reason, detail)


def said(draft: Draft, sheet: FactSheet, language: str) -> str:
    document = draft.vi if language == "vi" else draft.en
    lines = (plain_text(text, sheet, language) for text in texts(document))
    return "\n".join(lines).replace("\u00a0", " ")


def disputed() -> FactSheet:
    first, *others = end_of_day()
    doubted = replace(
        first, agreement="disputed", second_price=Decimal(1780), second_source="vndirect"
    )
    return build_facts(market([doubted, *others]))


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("name", ["flat", "surge", "slump", "stale", "missing"])
def test_a_note_is_short_complete_and_can_be_published(reason: str, name: str) -> None:
    sheet, draft = noted(reason, sheet=sheet_of(session(name)))
    names = [state.display_name for state in sheet.indices]
    for document in (draft.vi, draft.en):
        assert faults(document, sheet.facts, names) == []
        assert from_json(to_json(document)) == document
        assert [section.id for section in document.sections] == ["what-happened", "numbers"]
        assert isinstance(document.sections[-1].blocks[-1], Evidence)
    assert len(said(draft, sheet, "vi").split()) < 260


def test_a_note_without_news_says_that_nothing_changed_and_what_comes_next() -> None:
    sheet, draft = noted("unchanged")
    assert "báo cáo trước" in said(draft, sheet, "vi")
    assert "since the last report" in said(draft, sheet, "en")
    assert "24/8" in said(draft, sheet, "vi")
    assert not any(isinstance(block, Callout) for block in draft.vi.sections[0].blocks)


def test_a_note_on_a_dispute_names_the_index() -> None:
    sheet, draft = noted("disputed", sheet=disputed())
    point = next(block for block in draft.vi.sections[0].blocks if isinstance(block, Callout))
    assert "VN-Index" in point.text
    assert "Hai nguồn lệch nhau về VN-Index" in said(draft, sheet, "vi")
    both = "Vietcap ghi VN-Index ở 1.768,12 điểm, còn VNDirect ghi 1.780,00 điểm"
    assert both in said(draft, sheet, "vi")
    assert "Two sources differ on VN-Index" in said(draft, sheet, "en")


@pytest.mark.parametrize("reason", ["disputed", "unverified"])
def test_the_title_of_a_held_note_is_about_the_market(reason: str) -> None:
    sheet, draft = noted(reason, sheet=disputed())
    assert plain_text(draft.vi.title, sheet, "vi").replace("\u00a0", " ") == (
        "VN-Index tăng mạnh 1,95% lên 1.768,12"
    )
    assert plain_text(draft.en.title, sheet, "en") == "VN-Index climbed 1.95% to 1,768.12"
    assert reason in draft.en.standfirst
    assert reason in said(draft, sheet, "en").partition("What happened")[2]


def test_notes_without_news_name_the_level_and_their_own_time() -> None:
    first, later = (
        replace(sheet_of(session("flat")), now=datetime(2026, 8, day, 1, 30, tzinfo=UTC))
        for day in (22, 23)
    )
    titles = [
        plain_text(noted("unchanged", sheet=sheet)[1].vi.title, sheet, "vi").replace("\u00a0", " ")
        for sheet in (first, later)
    ]
    assert all("1.734,76 điểm" in title for title in titles)
    assert [title.partition(" đến ")[2] for title in titles] == ["8h30 ngày 22/8", "8h30 ngày 23/8"]


def test_an_unproven_figure_is_not_blamed_on_a_dispute() -> None:
    _, draft = noted("unverified", sheet=disputed())
    point = next(block for block in draft.vi.sections[0].blocks if isinstance(block, Callout))
    assert "VN-Index" not in point.text


def test_a_note_names_the_open_point_that_it_is_given() -> None:
    sheet, draft = noted("unverified", "HNX30")
    assert "Chưa kiểm chứng: HNX30" in said(draft, sheet, "vi")


@pytest.mark.parametrize("detail", ["1.768,12 điểm", "{{vnindex.target}}", "[[n3]]"])
def test_a_detail_with_figures_of_its_own_is_left_out(detail: str) -> None:
    sheet, draft = noted("unverified", detail)
    assert detail not in said(draft, sheet, "vi")
    assert faults(draft.vi, sheet.facts) == []


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(KeyError):
        noted("bored")


def test_a_note_tells_the_state_of_the_market_with_references_alone() -> None:
    _, draft = noted("unchanged")
    first = draft.vi.sections[0].blocks[0]
    assert isinstance(first, Paragraph)
    assert "{{vnindex.close}}" in first.text


# material


def after(sheet: FactSheet, **values: str) -> FactSheet:
    """The sheet an hour later with other values, by key with `__` for the dot."""
    changed = {name.replace("__", "."): Decimal(value) for name, value in values.items()}
    facts = {
        key: fact._replace(value=changed.get(key, fact.value)) for key, fact in sheet.facts.items()
    }
    return replace(sheet, now=sheet.now + timedelta(hours=1), facts=facts)


def test_the_same_close_an_hour_later_is_nothing_new() -> None:
    sheet = sheet_of(session("flat"))
    assert not is_material(after(sheet), sheet)


def test_the_first_report_is_always_new() -> None:
    assert is_material(sheet_of(session("flat")), None)


@pytest.mark.parametrize(
    ("values", "new"),
    [
        ({"hnx30__close": "1"}, True),
        ({"vnindex__volume": "1"}, False),
        ({"btc__price": "118500"}, False),
        ({"btc__price": "118700"}, True),
        ({"eth__price": "4100"}, True),
        ({"crypto__fear_greed": "63"}, False),
        ({"crypto__fear_greed": "44"}, True),
    ],
)
def test_a_price_or_a_large_move_of_coins_is_new(values: dict[str, str], new: bool) -> None:
    sheet = sheet_of(session("flat"))
    assert is_material(after(sheet, **values), sheet) is new


def test_an_index_that_came_back_a_new_day_or_real_numbers_are_new() -> None:
    sheet = sheet_of(session("flat"))
    assert is_material(sheet, sheet_of(session("missing")))
    assert is_material(replace(sheet, simulated=True), sheet)
    first, *others = sheet.indices
    day = first.session_day
    assert day
    moved = (replace(first, session_day=day + timedelta(days=3)), *others)
    assert is_material(replace(sheet, indices=moved), sheet)
    doubted = (replace(first, agreement="disputed"), *others)
    assert is_material(replace(sheet, indices=doubted), sheet)
