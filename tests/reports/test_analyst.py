"""The offline analyst: complete in both languages, whatever the market did or the feed lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reports.analysis import IndexInput, MarketData, build_facts
from reports.document import (
    Callout,
    Document,
    Evidence,
    Paragraph,
    Scenarios,
    Table,
    faults,
    from_json,
    references,
    texts,
    to_json,
)
from reports.facts import FactSheet, Gap
from reports.publishing.render import plain_text
from reports.writing.writers import WRITERS, writer
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief, Draft, WriterError
from reports.writing.writers.reading import move_of
from tests.reports.test_facts import end_of_day, market

Change = Callable[[IndexInput], IndexInput]


def all_of(change: Change) -> tuple[IndexInput, ...]:
    return tuple(change(index) for index in end_of_day())


def at(day: int, hour: int, minute: int) -> datetime:
    """A moment of August 2026 in UTC."""
    return datetime(2026, 8, day, hour, minute, tzinfo=UTC)


def by(percent: str) -> Change:
    """The index with a close that far from its previous close."""

    def moved(index: IndexInput) -> IndexInput:
        assert index.previous_close is not None
        price = (index.previous_close * (100 + Decimal(percent)) / 100).quantize(Decimal("0.01"))
        return replace(index, price=price)

    return moved


def timed(moment: datetime, stale: bool = False) -> Change:
    return lambda index: replace(index, as_of=moment, stale=stale)


def mixed() -> tuple[IndexInput, ...]:
    moves = zip(end_of_day(), ("-0.6", "1.1", "0", "-3.4", "0.05"), strict=True)
    return tuple(by(percent)(index) for index, percent in moves)


def ranged() -> tuple[IndexInput, ...]:
    low, high = Decimal("1731.20"), Decimal("1770.05")
    first = replace(end_of_day()[0], open=Decimal(1735), low=low, high=high)
    return (first, *end_of_day()[1:])


def disputed() -> tuple[IndexInput, ...]:
    words = ("disputed", "confirmed", "confirmed", "single", "single")
    pairs = zip(end_of_day(), words, strict=True)
    return tuple(replace(index, agreement=word) for index, word in pairs)


def only_the_first() -> tuple[IndexInput, ...]:
    first, *others = end_of_day()
    return (first, *(replace(index, price=None, error="503") for index in others))


def without_fields(index: IndexInput) -> IndexInput:
    return replace(
        index, volume=None, value=None, advances=None, declines=None, unchanged=None, ceilings=None
    )


def old_bars() -> MarketData:
    data = market()
    return replace(data, bars={code: list(rows)[:-6] for code, rows in data.bars.items()})


IN_SESSION, LUNCH = at(21, 3, 21), at(21, 4, 30)
SHAPES: dict[str, tuple[MarketData, str]] = {
    "as it was": (market(), "afternoon"),
    "all down": (market(all_of(by("-1.7"))), "afternoon"),
    "all plunged": (market(all_of(by("-6.2"))), "evening"),
    "all surged": (market(all_of(by("4.2"))), "evening"),
    "flat": (market(all_of(by("0"))), "afternoon"),
    "barely up": (market(all_of(by("0.04"))), "afternoon"),
    "mixed": (market(mixed()), "afternoon"),
    "with a range": (market(ranged()), "afternoon"),
    "first missing": (
        market([replace(end_of_day()[0], price=None, error="403"), *end_of_day()[1:]]),
        "afternoon",
    ),
    "all but one missing": (market(only_the_first()), "afternoon"),
    "disputed": (market(disputed()), "afternoon"),
    "bare prices": (market(all_of(without_fields)), "afternoon"),
    "one index": (market(end_of_day()[2:3]), "afternoon"),
    "in session": (market(all_of(timed(IN_SESSION)), now=at(21, 3, 22)), "morning"),
    "lunch": (market(all_of(timed(LUNCH)), now=at(21, 4, 50)), "noon"),
    "stale in session": (market(all_of(timed(IN_SESSION, True)), now=at(21, 7, 0)), "afternoon"),
    "stopped at noon": (market(all_of(timed(LUNCH, True))), "afternoon"),
    "next morning": (market(now=at(24, 1, 30)), "morning"),
    "weekend": (market(now=at(22, 8, 0)), "afternoon"),
    "holiday": (market(all_of(timed(at(28, 7, 46))), now=at(31, 8, 0)), "evening"),
    "no history": (market(count=0), "afternoon"),
    "short history": (market(count=12), "afternoon"),
    "some history": (market(count=55), "afternoon"),
    "old history": (old_bars(), "afternoon"),
    "record high": (market(all_of(by("60"))), "afternoon"),
    "record low": (market(all_of(by("-40"))), "afternoon"),
    "simulated": (
        market(all_of(lambda index: replace(index, source="demo")), simulated=True),
        "afternoon",
    ),
}


def written(name: str) -> tuple[FactSheet, Draft]:
    data, edition = SHAPES[name]
    sheet = build_facts(data)
    return sheet, Analyst().write(Brief(sheet, edition))


def spoken(document: Document, sheet: FactSheet, language: str) -> list[str]:
    """The texts with their figures written out, no-break spaces kept."""
    return [plain_text(text, sheet, language) for text in texts(document)]


def vietnamese(name: str) -> str:
    sheet, draft = written(name)
    return "\n".join(spoken(draft.vi, sheet, "vi")).replace("\u00a0", " ")


def english(name: str) -> str:
    sheet, draft = written(name)
    return "\n".join(spoken(draft.en, sheet, "en")).replace("\u00a0", " ")


def prose(document: Document) -> list[str]:
    blocks = [block for section in document.sections for block in section.blocks]
    found = [block.text for block in blocks if isinstance(block, Paragraph | Callout)]
    return [document.standfirst, *found]


every_shape = pytest.mark.parametrize("name", SHAPES)


@every_shape
def test_a_report_names_known_facts_and_no_figure_of_its_own(name: str) -> None:
    sheet, draft = written(name)
    assert faults(draft.vi, sheet.facts) == []
    assert faults(draft.en, sheet.facts) == []


@every_shape
def test_both_languages_have_the_same_sections_blocks_and_facts(name: str) -> None:
    _, draft = written(name)
    assert [section.id for section in draft.vi.sections] == [s.id for s in draft.en.sections]
    for left, right in zip(draft.vi.sections, draft.en.sections, strict=True):
        assert [block.kind for block in left.blocks] == [block.kind for block in right.blocks]

    def named(document: Document) -> set[str]:
        return {item.key for text in texts(document) for item in references(text)}

    assert named(draft.vi) == named(draft.en)


@every_shape
def test_a_report_is_a_document_that_its_own_reader_accepts(name: str) -> None:
    _, draft = written(name)
    for document in (draft.vi, draft.en):
        assert from_json(to_json(document)) == document


@every_shape
def test_sentences_and_paragraphs_stay_short(name: str) -> None:
    sheet, draft = written(name)
    for language, document in (("vi", draft.vi), ("en", draft.en)):
        for text in prose(document):
            said = plain_text(text, sheet, language)
            sentences = re.split(r"(?<=[.?])\s+", said)
            assert len(sentences) <= 5, said
            assert max(len(sentence.split()) for sentence in sentences) <= 35, said


CAUSES = re.compile(
    r"\b(nhờ|vì|bởi|khiến|do đó|because|due to|thanks to|owing to|driven by|caused)\b", re.I
)
ADVICE = re.compile(
    r"\b(nên mua|nên bán|khuyến nghị|chắc chắn|should (buy|sell)|will rise)\b", re.I
)


@every_shape
def test_nothing_is_explained_advised_or_exclaimed(name: str) -> None:
    for text in (vietnamese(name), english(name)):
        assert not CAUSES.search(text)
        assert not ADVICE.search(text)
        assert "!" not in text
        assert "  " not in text
        assert "None" not in text


@every_shape
def test_no_figure_parts_from_its_unit(name: str) -> None:
    _, draft = written(name)
    for document in (draft.vi, draft.en):
        for text in texts(document):
            assert not re.search(r"\}\} (điểm|mã|phiên|points|stocks|%)", text), text


SIGNED = re.compile(r"(tăng|giảm)[^.,;{}]*\{\{(\w+\.(?:change|return20))\|abs\}\}")
SIGNED_EN = re.compile(
    r"(up|rose|climbed|surged|down|fell|dropped|plunged)\s\{\{(\w+\.(?:change|return20))\|abs\}\}"
)
SIDES = re.compile(
    r"(cao hơn|thấp hơn|above|below)[^.;{}]*\{\{(\w+\.distance_sma20)\|abs\}\}"
    r"|\{\{(\w+\.distance_sma20)\|abs\}\} (above|below)"
)
UPWARD = {"tăng", "up", "rose", "climbed", "surged", "cao hơn", "above"}


@every_shape
def test_verbs_agree_with_the_sign_of_their_figure(name: str) -> None:
    sheet, draft = written(name)
    for document, pattern in ((draft.vi, SIGNED), (draft.en, SIGNED_EN)):
        for text in texts(document):
            for verb, key in pattern.findall(text):
                assert (sheet.facts[key].value >= 0) is (verb in UPWARD), text
            for match in SIDES.finditer(text):
                word, key = match[1] or match[4], match[2] or match[3]
                assert (sheet.facts[key].value >= 0) is (word in UPWARD), text


def plain(text: str) -> str:
    """The text with ordinary spaces, where a title keeps words and numbers on one line."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("percent", "vi", "en"),
    [
        ("0", "đi ngang|giằng co|lình xình", "flat"),
        ("0.09", "đi ngang|giằng co|lình xình", "flat"),
        ("-0.09", "đi ngang|giằng co|lình xình", "flat"),
        ("0.1", "tăng nhẹ", "edged up"),
        ("-0.49", "giảm nhẹ", "edged down"),
        ("0.5", "tăng", "rose"),
        ("-1.49", "giảm", "fell"),
        ("1.5", "tăng mạnh", "climbed"),
        ("-2.99", "giảm mạnh", "dropped"),
        ("3", "tăng vọt", "surged"),
        ("-3", "lao dốc", "plunged"),
    ],
)
def test_the_verb_of_the_title_fits_the_size_of_the_move(percent: str, vi: str, en: str) -> None:
    index = replace(end_of_day()[0], previous_close=Decimal(2000))
    index = replace(index, price=Decimal(2000) + 20 * Decimal(percent))
    draft = Analyst().write(Brief(build_facts(market([index], count=0)), "afternoon"))
    title = plain(draft.vi.title).lower()
    assert re.search(rf"(?<!\w)(?:{vi})(?! (?:nhẹ|mạnh|vọt))(?!\w)", title)
    assert en in plain(draft.en.title)


def test_a_move_is_sized_as_it_reads_with_two_decimals() -> None:
    assert move_of(Decimal("0.096")).size == "slight"
    assert move_of(Decimal("-2.996")).size == "extreme"


@pytest.mark.parametrize(
    ("name", "vi", "en"),
    [
        ("as it was", "Cả 5 chỉ số cùng tăng", "All five indices rose"),
        ("all down", "Cả 5 chỉ số cùng giảm", "All five indices fell"),
        ("first missing", "Cả 4 chỉ số có số liệu cùng tăng", "All four indices with figures"),
        ("all but one missing", "Chỉ có số liệu của VN-Index.", "Only VN-Index has figures."),
        (
            "mixed",
            "2 chỉ số tăng, 2 chỉ số giảm và 1 chỉ số đứng yên",
            "two indices rose, two fell and one stood still",
        ),
    ],
)
def test_the_standfirst_counts_what_rose_and_fell(name: str, vi: str, en: str) -> None:
    assert vi in vietnamese(name)
    assert en in english(name)


def test_the_title_says_the_move_and_the_level() -> None:
    assert re.match(
        r"VN-Index tăng mạnh 1,95% lên 1\.768,12, phiên tăng mạnh nhất trong \d+ phiên\n",
        vietnamese("as it was"),
    )
    assert re.match(
        r"VN-Index climbed 1\.95% to 1,768\.12, the best day in \d+ sessions\n",
        english("as it was"),
    )


def test_the_headline_falls_to_the_next_index_when_the_first_is_missing() -> None:
    title = vietnamese("first missing").partition("\n")[0]
    assert title.startswith("VN30 tăng mạnh")
    assert "Chưa có số liệu của VN-Index" in vietnamese("first missing")


def test_nothing_known_is_the_only_refusal() -> None:
    nothing = build_facts(market(all_of(lambda index: replace(index, price=None))))
    with pytest.raises(WriterError):
        Analyst().write(Brief(nothing, "afternoon"))


@pytest.mark.parametrize("name", ["in session", "lunch"])
def test_a_session_that_goes_on_is_not_called_closed(name: str) -> None:
    sheet, draft = written(name)
    head = " ".join(plain_text(text, sheet, "vi") for text in (draft.vi.title, prose(draft.vi)[1]))
    assert "đóng cửa ở" not in head
    assert "closed at" not in plain_text(prose(draft.en)[1], sheet, "en")


def test_a_midday_report_speaks_of_the_morning_session() -> None:
    assert "phiên sáng" in vietnamese("lunch").lower()
    assert "morning" in english("lunch")


@pytest.mark.parametrize("name", ["next morning", "weekend"])
def test_a_report_between_sessions_names_the_day_of_the_last_one(name: str) -> None:
    title = vietnamese(name).partition("\n")[0]
    assert title.endswith("(phiên 21/8)")
    assert english(name).partition("\n")[0].endswith("on 21 August")


@pytest.mark.parametrize("name", ["no history", "short history", "old history"])
def test_without_usable_history_there_is_no_trend_and_the_report_says_so(name: str) -> None:
    _, draft = written(name)
    assert {"trend", "scenarios"}.isdisjoint(section.id for section in draft.vi.sections)
    assert re.search(r"Không có phần xu hướng|Chưa đủ phiên", vietnamese(name))
    assert re.search(r"No trend section|Too few sessions", english(name))


def test_a_close_next_to_its_average_is_called_neither_above_nor_below() -> None:
    sheet, draft = written("mixed")
    assert abs(sheet.facts["vnindex.distance_sma20"].value) < Decimal("0.1")
    for language, document, about, side in (
        ("vi", draft.vi, "xấp xỉ|gần như ngang", "cao hơn|thấp hơn|trên|dưới"),
        ("en", draft.en, "about|almost level", "above|below"),
    ):
        told = "\n".join(spoken(document, sheet, language)).replace("\u00a0", " ")
        average = "trung bình 20 phiên" if language == "vi" else r"(?:the|its) 20-session average"
        assert len(re.findall(rf"(?:{about})[^.\n]*? {average}(?! volume)", told)) == 2
        assert not re.search(rf"(?:{side})(?: đường)? {average}(?! volume)", told)


def test_what_is_too_old_of_crypto_is_told_apart_from_what_nobody_answered() -> None:
    sheet = build_facts(market())
    found = replace(
        sheet,
        gaps=(
            *sheet.gaps,
            Gap("btc.price", "unknown", "binance: as-of time 2026-08-20T01:00:00Z is too old"),
            Gap("crypto.dominance_eth", "unknown", "coingecko: status 502"),
            Gap("crypto.market_cap", "unknown", "coingecko: status 502"),
        ),
    )
    draft = Analyst().write(Brief(found, "afternoon"))
    told = "\n".join(spoken(draft.vi, found, "vi"))
    assert "chưa có số liệu mới về Bitcoin, lần cập nhật gần nhất đã quá cũ" in told
    assert re.search(r"chưa có số liệu về [^.\n]*Ethereum", told)
    assert "ethereum" not in told
    assert "no fresh figures for Bitcoin; the last update is too old" in "\n".join(
        spoken(draft.en, found, "en")
    )


def test_the_old_history_is_named_with_its_day() -> None:
    assert "12/8/2026" in vietnamese("old history")
    assert "12 August 2026" in english("old history")


def test_simulated_numbers_are_called_simulated_in_title_and_notes() -> None:
    said, told = vietnamese("simulated"), english("simulated")
    assert "mô phỏng" in said.partition("\n")[0].lower()
    assert "simulated" in told.partition("\n")[0].lower()
    assert said.lower().count("mô phỏng") > 2
    assert "mô phỏng" not in vietnamese("as it was").lower()


def test_holidays_of_the_coming_weeks_are_named() -> None:
    assert "31/8, 1/9 và 2/9" in vietnamese("as it was")
    assert "31 August, 1 September and 2 September" in english("as it was")


def test_scenarios_exclude_each_other_and_name_both_levels() -> None:
    _, draft = written("as it was")
    section = next(section for section in draft.vi.sections if section.id == "scenarios")
    block = next(block for block in section.blocks if isinstance(block, Scenarios))
    assert [item.probability for item in block.items] == [
        "{{vnindex.p_above}}",
        "{{vnindex.p_between}}",
        "{{vnindex.p_below}}",
    ]
    above, between, below = (item.rule for item in block.items)
    assert "trên {{vnindex.resistance}}" in above
    assert "từ {{vnindex.support}} đến {{vnindex.resistance}}" in between
    assert "dưới {{vnindex.support}}" in below


@every_shape
def test_the_table_has_a_row_for_each_index_coloured_by_its_sign(name: str) -> None:
    sheet, draft = written(name)
    table = next(
        block
        for section in draft.vi.sections
        for block in section.blocks
        if isinstance(block, Table)
    )
    assert len(table.rows) == len(sheet.indices)
    for state, row, direction in zip(sheet.indices, table.rows, table.directions, strict=True):
        change = sheet.value(f"{state.key}.change")
        expected = "" if change is None else ("flat", "up", "down")[(change > 0) - (change < 0)]
        assert direction == expected
        assert ("–" in row) is not state.known


@every_shape
def test_a_report_ends_with_the_numbers_and_their_evidence(name: str) -> None:
    _, draft = written(name)
    assert draft.vi.sections[-1].id == "numbers"
    assert isinstance(draft.vi.sections[-1].blocks[-1], Evidence)


def test_the_analyst_is_registered_by_its_name() -> None:
    assert "analyst" in WRITERS
    assert writer("analyst").name == "analyst"
    assert written("as it was")[1].writer == "analyst"


@pytest.mark.parametrize(
    ("below", "said"), [("0", True), ("0.004", True), ("0.01", False), ("0.03", False)]
)
def test_a_close_is_the_high_itself_only_where_both_are_written_alike(
    below: str, said: bool
) -> None:
    """Three hundredths of a point under 1,770.05 are 0.002 %, and still not the high."""
    first, *others = ranged()
    assert first.high
    near = replace(first, price=first.high - Decimal(below))
    draft = Analyst().write(Brief(build_facts(market([near, *others])), "afternoon"))
    (text,) = [text for text in prose(draft.en) if "{{vnindex.high}}" in text]
    assert bool(re.search(r"session high itself|right at its session high", text)) is said
