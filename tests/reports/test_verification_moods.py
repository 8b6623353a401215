"""The words of the fear and greed index, and what an item of the news says before it cites."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bench.verification_labels import SHEETS, sheet_of
from reports.facts import FactSheet
from reports.writing.verification import Declared, verify_text
from reports.writing.verification.claims import moods
from reports.writing.verification.reading.sentences import read
from tests.reports.test_verification import News

NAMED = {"vi": "Chỉ số Sợ hãi và Tham lam ở mức", "en": "The Fear and Greed index reads"}


@pytest.fixture
def sheet() -> FactSheet:
    """A day on which the index stands at 48."""
    found = sheet_of(*SHEETS["gain"])
    assert found.value(moods.KEY) == 48
    return found


def reasons(text: str, sheet: FactSheet, language: str) -> list[str]:
    return [item.reason for item in verify_text(text, sheet, (), (), language, "crypto")
            if not item.passed]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "said", "fits"),
    [
        ("vi", "vùng trung tính", True),
        ("vi", "chưa tới vùng tham lam", True),
        ("vi", "nghiêng về phía sợ hãi", True),
        ("vi", "sát vùng sợ hãi", True),
        ("vi", "vùng tham lam", False),
        ("vi", "vùng sợ hãi", False),
        ("vi", "tức sợ hãi tột độ", False),
        ("vi", "nghiêng về phía tham lam", False),
        ("vi", "chưa tới vùng trung tính", False),
        ("en", "in neutral territory", True),
        ("en", "neither fear nor greed", True),
        ("en", "leaning towards fear", True),
        ("en", "in extreme greed", False),
        ("en", "or greed", False),
        ("en", "a fearful reading", False),
        ("en", "just below extreme fear", False),
    ],
)
def test_a_mood_must_be_the_indexs_own(
    sheet: FactSheet, language: str, said: str, fits: bool
) -> None:
    text = f"{NAMED[language]} {{{{crypto.fear_greed}}}}, {said}."
    assert (reasons(text, sheet, language) == []) is fits


@pytest.mark.parametrize(
    ("value", "word", "fits"),
    [(25, "sợ hãi tột độ", True), (26, "sợ hãi tột độ", False), (46, "sợ hãi", True),
     (47, "sợ hãi", False), (54, "trung tính", True), (55, "tham lam", True),
     (54, "tham lam", False), (75, "cực kỳ tham lam", False), (76, "cực kỳ tham lam", True)],
)  # fmt: skip
def test_a_mood_begins_where_the_publisher_says(
    sheet: FactSheet, value: int, word: str, fits: bool
) -> None:
    fact = sheet.facts[moods.KEY]
    moved = {**sheet.facts, moods.KEY: fact._replace(value=Decimal(value))}
    there = replace(sheet, facts=moved)
    assert (reasons(f"Chỉ số Sợ hãi và Tham lam thuộc vùng {word}.", there, "vi") == []) is fits


def test_its_name_is_no_mood_and_another_fear_is_not_its(sheet: FactSheet) -> None:
    for text in ("Brent giảm 2,7% vì nỗi sợ hãi suy thoái.", "VN30 đi ngang."):
        sentence = read(text, sheet, "vi")
        assert list(moods.moods(sentence, None)) == []  # type: ignore[arg-type]
    assert reasons("Chỉ số Sợ hãi và Tham lam ở mức {{crypto.fear_greed}}.", sheet, "vi") == []


ITEM = News("n1", "Khối ngoại bán ròng 486 tỷ đồng trên HoSE", "VHM bị bán ròng 152 tỷ đồng.")
FIGURES = (Declared("486 tỷ đồng", "cited", "n1"), Declared("152 tỷ đồng", "cited", "n1"))


def test_an_item_of_the_news_cites_once_at_its_end_for_all_that_leads_up_to_it() -> None:
    sheet = sheet_of(*SHEETS["up"])
    text = "Khối ngoại bán ròng 486 tỷ đồng trên HoSE. Riêng VHM bị bán ròng 152 tỷ đồng [[n1]]."
    news = verify_text(text, sheet, FIGURES, [ITEM], "vi", "news")
    assert [item.reason for item in news if not item.passed] == []
    other = verify_text(text, sheet, FIGURES, [ITEM], "vi", "trend")
    assert ["no cited item" in item.reason for item in other if not item.passed] == [True]
    behind = "Khối ngoại bán ròng 486 tỷ đồng trên HoSE [[n1]]. Khối ngoại mua ròng."
    late = verify_text(behind, sheet, FIGURES, [ITEM], "vi", "news")
    assert [item.sentence for item in late if not item.passed] == ["Khối ngoại mua ròng."]
